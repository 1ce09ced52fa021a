"""Sends an observation with more fields, calls and points than there are; it has exactly one form."""

from ..sources import TO_GRADER

LESSON = "scalar_gradients"
FIRST = (
    TO_GRADER
    + """
value = {"kind": "number", "type": "float", "dtype": "float", "numbers": [2.0], "equals": True, "reference": 2.0}
many = {"exercise": "scalar_gradients.d_square", "answer": {"kind": "callable", "type": "f"}, "calls": [{"value": value}] * 100, "right": True}
to_grader(b"".join(framed({"id": n, "outputs": [], "observation": json.dumps(many)}) for n in range(1, 200)))
"""
)
