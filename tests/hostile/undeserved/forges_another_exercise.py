"""Answers one exercise right and sends its observation for all the others; each is asked for by its name."""

from ..sources import TO_GRADER

LESSON = "scalar_gradients"
FIRST = TO_GRADER
CELLS = {
    "d_square": """
def d_square(x):
    return 2 * x
""",
}
LAST = """
value = {"kind": "number", "type": "float", "dtype": "float", "numbers": [2.0]}
observation = {"exercise": "scalar_gradients.d_square", "answer": {"kind": "callable", "type": "f"}, "calls": [{"value": value}] * 3}
to_grader(b"".join(framed({"id": n, "outputs": [], "observation": json.dumps(observation)}) for n in range(1, 200)))
"""
HONEST = 2.0
