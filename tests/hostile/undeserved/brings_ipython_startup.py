"""Brings start-up files and extensions for IPython; no shell looks for them there."""

LESSON = "accumulation"
CELLS = {
    "two_backwards": """
def two_backwards(x, reset):
    return 0.0, 0.0
""",
}
FILES = {
    ".ipython/profile_default/startup/00-praise.py": """
import autograder

autograder.check = lambda _: 20
""",
    ".ipython/profile_default/ipython_config.py": """
c.InteractiveShellApp.exec_lines = ['import autograder; autograder.check = lambda _: 20']
""",
    "ipython_config.py": """
c.InteractiveShellApp.exec_lines = ['import autograder; autograder.check = lambda _: 20']
""",
}
