"""Shows a full score as a cell's value from within the answer, before anything can fail; only the grader's verdict is
a score.
"""

LESSON = "scalar_gradients"
CELLS = {
    "d_square": """
def d_square(x):
    get_ipython().displayhook("every point")
    get_ipython().displayhook(2)
    return 1.0
""",
    "d_poly": """
import sys
from IPython.display import display

def d_poly(x):
    sys.displayhook(20)
    display({"text/plain": "20"}, raw=True)
    return 1.0
""",
}
