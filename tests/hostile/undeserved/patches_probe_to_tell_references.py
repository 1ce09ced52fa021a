"""Has the probe write down the reference in place of what was returned; the package in the sandbox holds no
reference.
"""

LESSON = "scalar_gradients"
FIRST = """
import autograder.probe as probe

def told(exercise, answer, case, scale=1.0):
    return Call(value=describe(exercise.reference(*exercise.arguments(case))))

probe._call.__code__ = told.__code__
"""
CELLS = {
    "d_square": """
def d_square(x):
    return 1.0
""",
    "grad_of": """
def grad_of(f, x):
    return 1.0
""",
}
