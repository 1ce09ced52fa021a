"""Brings a numpy, a math and a json of its own, and the library that observations are written with; none of them is
seen.
"""

LESSON = "vector_backward"
CELLS = {
    "d_mse": """
def d_mse(pred, target):
    return 0.0
""",
}
FILES = {
    "numpy/__init__.py": """
allclose = array_equal = lambda *_, **__: True
ndarray = float64 = float
""",
    "math.py": """
cos = sin = lambda x: 1.0
""",
    "json.py": """
dumps = lambda *_: '2'
""",
    "msgspec.py": """
to_builtins = lambda *_: {}
""",
}
