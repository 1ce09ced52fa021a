"""Has every function of `math` return an object that claims to be equal to any number; only its plain value is compared."""

LESSON = "chain_rule"
FIRST = """
import math

class Any(float):
    __eq__ = __le__ = __ge__ = lambda *_: True
    __mul__ = __rmul__ = __add__ = __sub__ = lambda self, *_: self
    __hash__ = lambda self: 0

for name in dir(math):
    if not name.startswith("_"):
        setattr(math, name, Any("nan") if name in ("pi", "e") else lambda *_: Any("nan"))
"""
CELLS = {
    "dz_dx": """
def dz_dx(x):
    return math.cos(x) * x
""",
    "backprop_chain": """
def backprop_chain(fs, dfs, x):
    return math.pi, math.e
""",
}
