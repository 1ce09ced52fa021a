"""Answers one exercise right and sends its observation for another; each is asked for by its name."""

from ..sources import CLAIMED, SAY

LESSON = "scalar_gradients"
FIRST = SAY + CLAIMED
CELLS = {
    "d_square": """
def d_square(x):
    return 2 * x
""",
    "d_poly": """
def d_poly(x):
    say(claimed("scalar_gradients.d_square", 3, 2 * x))
    return 2 * x
""",
}
HONEST = 1
