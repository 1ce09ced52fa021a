"""Begins a message and never ends it; the run is ended, and what was checked keeps its verdict."""

from ..sources import SAY

LESSON = "no_grad"
FIRST = SAY
CELLS = {
    "freeze": """
to_grader(framed({"id": asked(), "observation": "x" * 5000})[:1000])

def freeze(t):
    return t
""",
}
