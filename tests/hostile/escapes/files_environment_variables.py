"""Looks for what the grader was started with; the environment must be made for the sandbox."""

CELL = """
if os.environ.get("AUTOGRADER_TREASURE") == TREASURE:
    print("ESCAPED")
"""
