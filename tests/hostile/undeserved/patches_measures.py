"""Replaces the functions that measure an answer's effect; the probe uses its own copies, which can't be imported."""

LESSON = "no_grad"
FIRST = """
from autograder.lessons import find

def measured(t):
    return lambda result: {"returned": "t itself", "t requires grad": False, "values of t": "as before"}

object.__setattr__(find("no_grad.freeze"), "measure", measured)
"""
CELLS = {
    "freeze": """
def freeze(t):
    return 1
""",
    "safe_copy": """
def safe_copy(t):
    return t
""",
}
