"""Repeats each of its frames with a better one behind it; the first answer to a question is the one that counts, and
a second ends the run.
"""

from ..sources import CLAIMED, SAY

LESSON = "vector_backward"
FIRST = SAY + CLAIMED
CELLS = {
    "d_mean_square": """
import threading

def d_mean_square(x):
    late = framed({"id": asked(), "observation": claimed("vector_backward.d_mean_square", 3, 1.0)})
    threading.Timer(0.02, to_grader, (late * 100,)).start()
    return x
""",
}
