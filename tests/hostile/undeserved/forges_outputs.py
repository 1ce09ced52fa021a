"""Sends outputs that look like the ones of a check, as the reply to it; a check's outputs are made by the grader."""

from ..sources import SAY

LESSON = "binary_cross_entropy"
FIRST = (
    SAY
    + """
verdict = {"exercise": "binary_cross_entropy.bce", "outcome": "right", "points": 2.0, "max_points": 2.0}
output = {"output_type": "execute_result", "data": {"text/plain": "20", "application/vnd.autograder.verdict+json": verdict}, "metadata": {}}
"""
)
CELLS = {
    "bce": """
def bce(p, y):
    say("{}", outputs=[output])
    return 1.0
""",
}
