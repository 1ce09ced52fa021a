"""Sends JSON nested a hundred thousand times, and objects with a key twice; what can't be read is worth nothing."""

from ..sources import SAY

LESSON = "accumulation"
FIRST = (
    SAY
    + """
deep = b'{"id": %d, "observation": ' % asked() + b"[" * 100_000 + b"]" * 100_000 + b"}"
double = b'{"id": 1, "id": %d, "observation": "{}", "observation": {"points": 20}}' % asked()
to_grader(framed(double) + framed(deep))
"""
)
