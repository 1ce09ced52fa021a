"""Lists the home of who grades, and opens a file there; it must not see it."""

CELL = """
home, name = os.path.split(AT_HOME)
for look in (lambda: name in os.listdir(home), lambda: open(AT_HOME)):
    try:
        if look():
            print("ESCAPED")
    except OSError as refused:
        print(refused)
"""
