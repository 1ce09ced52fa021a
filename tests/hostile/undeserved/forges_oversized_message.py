"""Announces a message of four gigabytes, and sends one of nine megabytes; the run is ended."""

from ..sources import SAY

LESSON = "vector_backward"
FIRST = (
    SAY
    + """
to_grader(struct.pack("!I", 0xFFFFFFFF) + b"{" * 1000)
to_grader(framed(b'{"id": %d, "observation": "' % asked() + b"2" * 9_000_000 + b'"}'))
"""
)
