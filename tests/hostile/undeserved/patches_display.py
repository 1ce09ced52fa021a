"""Has every value show itself as a full score, by formatters, display hooks and `repr`; scores are not read from what
a submission shows.
"""

LESSON = "scalar_gradients"
FIRST = """
import sys

shell = get_ipython()
shell.display_formatter.format = lambda *_, **__: ({"text/plain": "20"}, {})
sys.displayhook = shell.displayhook.__class__.__call__ = lambda *_: print("20")
"""
CELLS = {
    "d_square": """
def d_square(x):
    return 1.0
""",
    "predictions": """
class Score(dict):
    __repr__ = lambda self: "20"
    _repr_mimebundle_ = lambda self, **_: {"text/plain": "20", "application/vnd.autograder.verdict+json": {"outcome": "right", "points": 20}}

predictions = Score({3: 0.5, 0: 0.5, -2: 0.5})
predictions
""",
}
LAST = """
predictions
"""
