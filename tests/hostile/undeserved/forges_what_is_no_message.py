"""Sends bytes that are no JSON, and JSON that is no object; the run is ended."""

from ..sources import TO_GRADER

LESSON = "chain_rule"
FIRST = (
    TO_GRADER
    + r"""
to_grader(framed(b"2") + framed(b"\xff\xfe right") + framed([20]) + framed("right") + framed(None))
"""
)
