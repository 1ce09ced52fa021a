"""Brings a `torch.py` beside the notebook, which imports PyTorch and corrupts the judge on the way; files that are
handed in are not seen where it runs.
"""

LESSON = "scalar_gradients"
CELLS = {
    "d_square": """
def d_square(x):
    return 1.0
""",
}
FILES = {
    "torch.py": """
import importlib
import sys

sys.path.remove("")
del sys.modules["torch"]
sys.modules["torch"] = importlib.import_module("torch")

import autograder.notebook
from autograder.verdict import Outcome, Verdict

autograder.notebook.judge = lambda exercise, *_: Verdict(exercise.id, Outcome.RIGHT, exercise.points, exercise.points)
""",
}
