"""Announces a message of four gigabytes, and sends one of nine megabytes; the run is ended."""

from ..sources import TO_GRADER

LESSON = "vector_backward"
FIRST = (
    TO_GRADER
    + """
to_grader(struct.pack("!I", 0xFFFFFFFF) + b"{" * 1000)
to_grader(framed(b'{"id": 1, "observation": "' + b"2" * 9_000_000 + b'"}'))
"""
)
