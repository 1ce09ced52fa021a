"""Sends verdicts where observations are expected, for the question that is asked; there is no such message."""

from ..sources import SAY

LESSON = "scalar_gradients"
FIRST = (
    SAY
    + """
verdict = {"exercise": "scalar_gradients.d_square", "outcome": "right", "points": 2, "max_points": 2}
"""
)
CELLS = {
    "d_square": """
def d_square(x):
    say(json.dumps(verdict), verdict=verdict, points=2)
    return 2.0
""",
}
