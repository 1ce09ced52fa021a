"""Goes to the course through the root directory of other processes; no process must be seen, or its root entered."""

CELL = """
for process in ("self", 1, os.getppid(), GRADER, PID):
    try:
        print("ESCAPED", open(f"/proc/{process}/root{COURSE}/gradebook.db").read())
    except OSError as refused:
        print(refused)
"""
