"""Sends its observations and ends the process at once, so that nothing contradicts them; the values are judged, and they
are wrong.
"""

from ..sources import CLAIM

LESSON = "scalar_gradients"
FIRST = CLAIM
CELLS = {
    "d_square": """
def d_square(x):
    claim()
    os.kill(os.getpid(), 9)
""",
}
