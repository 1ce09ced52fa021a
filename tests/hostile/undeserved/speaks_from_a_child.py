"""Forks, and has the child answer in its place while it waits; the child, too, has nothing right to say."""

from ..sources import CLAIM

LESSON = "scalar_gradients"
FIRST = CLAIM
CELLS = {
    "d_square": """
def d_square(x):
    if os.fork() == 0:
        claim()
        os._exit(0)
    os.wait()
    return 1.0
""",
}
