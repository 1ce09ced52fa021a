"""Sends verdicts where observations are expected, for every question that may come; there is no such message."""

from ..sources import TO_GRADER

LESSON = "scalar_gradients"
FIRST = (
    TO_GRADER
    + """
verdict = {"exercise": "scalar_gradients.d_square", "outcome": "right", "points": 2, "max_points": 2}
to_grader(b"".join(framed({"id": n, "verdict": verdict, "points": 2, "observation": json.dumps(verdict)}) for n in range(1, 200)))
"""
)
