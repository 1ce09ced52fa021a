"""Reads the secret that the course's inputs are drawn from; it must not find it."""

CELL = """
for folder in (COURSE, ROOT):
    try:
        if open(os.path.join(folder, ".autograder-secret"), "rb").read():
            print("ESCAPED")
    except OSError as refused:
        print(refused)
"""
