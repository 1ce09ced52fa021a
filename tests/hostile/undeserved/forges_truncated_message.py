"""Begins a message and never ends it; the run is ended, and what was checked keeps its verdict."""

from ..sources import TO_GRADER

LESSON = "no_grad"
FIRST = TO_GRADER
CELLS = {
    "freeze": """
to_grader(framed({"id": 30, "observation": "x" * 5000})[:1000])

def freeze(t):
    return t
""",
}
