"""Sends an observation with more fields, calls and points than there are; it has exactly one form."""

from ..sources import SAY

LESSON = "scalar_gradients"
FIRST = (
    SAY
    + """
value = {"kind": "number", "type": "float", "dtype": "float", "numbers": [2.0], "equals": True, "reference": 2.0}
many = {"exercise": "scalar_gradients.d_square", "answer": {"kind": "callable", "type": "f"}, "calls": [{"value": value}] * 100, "right": True}
"""
)
CELLS = {
    "d_square": """
def d_square(x):
    say(json.dumps(many))
    return 2.0
""",
}
