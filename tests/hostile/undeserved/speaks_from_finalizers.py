"""Sends its observations from `__del__` and a weak reference's callback when its answer is thrown away; the check is
over or has not begun.
"""

from ..sources import CLAIM

LESSON = "scalar_gradients"
FIRST = CLAIM
CELLS = {
    "d_square": """
import weakref

class Answer(float):
    def __del__(self):
        claim()

def d_square(x):
    weakref.finalize(d_square, claim)
    return Answer(1.0)
""",
}
