"""Replaces the judge, wherever it has been imported, by one that finds everything right; the grader's judge runs in
another process.
"""

LESSON = "scalar_gradients"
FIRST = """
import autograder.judge, autograder.notebook
from autograder.verdict import Outcome, Verdict

def lenient(exercise, *_):
    return Verdict(exercise.id, Outcome.RIGHT, exercise.points, exercise.points)

autograder.judge.judge = autograder.notebook.judge = lenient
autograder.judge.judge.__code__ = lenient.__code__
"""
CELLS = {
    "d_square": """
def d_square(x):
    return 1.0
""",
    "grad_square": """
def grad_square(x):
    return 1.0
""",
}
