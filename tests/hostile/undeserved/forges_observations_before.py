"""Sends observations ahead of every check, before anybody knows its inputs; they answer no question, since none has
their number.
"""

from ..sources import CLAIMED, TO_GRADER

LESSON = "scalar_gradients"
FIRST = (
    TO_GRADER
    + CLAIMED
    + """
to_grader(b"".join(framed({"id": n, "outputs": [], "observation": claimed("scalar_gradients.d_square", 3, 2.0)}) for n in range(1, 200)))
"""
)
CELLS = {
    "d_square": """
def d_square(x):
    return 2.0
""",
}
