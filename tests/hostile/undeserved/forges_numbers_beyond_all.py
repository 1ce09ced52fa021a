"""Sends nan, infinity and integers of a thousand digits for numbers, some in shapes too large to be; what does not
fit together is worth nothing.
"""

from ..sources import SAY

LESSON = "binary_cross_entropy"
FIRST = (
    SAY
    + """
def of(numbers, shape, kind="array"):
    value = f'{{"kind": "{kind}", "type": "f", "dtype": "float64", "shape": {shape}, "numbers": {numbers}}}'
    return '{"exercise": "binary_cross_entropy.sigmoid", "answer": {"kind": "callable", "type": "f"}, "calls": [%s]}' % ", ".join(['{"value": %s}' % value] * 7)

odd = [of("[NaN]", "[]", "number"), of("[Infinity]", "[]", "number"), of("[1e999]", "[]", "number"), of(f"[{'9' * 1000}]", "[]", "number"),
       of("[]", "[0]"), of("[]", f"[{2**62}, {2**62}]"), of("[]", "[-1, 0]"), of("[1.0]", "[1, 1, 1, 1]"), of("[true]", "[]", "truth")]
"""
)
CELLS = {
    "sigmoid": """
def sigmoid(z):
    for observation in odd:
        say(observation)
    return float("inf")
""",
}
