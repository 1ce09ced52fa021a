"""Sends JSON nested a hundred thousand times, and objects with a key twice; what can't be read is worth nothing."""

from ..sources import TO_GRADER

LESSON = "accumulation"
FIRST = (
    TO_GRADER
    + """
deep = b'{"id": 1, "observation": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
double = b'{"id": 1, "id": 2, "observation": "{}", "observation": {"points": 20}}'
to_grader(framed(double) + framed(deep))
"""
)
