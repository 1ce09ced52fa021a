"""Widens the tolerances of every exercise until each number is close enough; those that count are in another process."""

LESSON = "scalar_gradients"
FIRST = """
from autograder.lessons import all_lessons

for lesson in all_lessons():
    for exercise in lesson.exercises:
        object.__setattr__(exercise, "rtol", 1e300)
        object.__setattr__(exercise, "atol", 1e300)
        object.__setattr__(exercise, "way", "any")
"""
CELLS = {
    "d_square": """
def d_square(x):
    return 1.0
""",
    "tangent": """
def tangent(f, x0):
    return 1.0, 1.0
""",
    "d_poly": """
def d_poly(x):
    return 1.0
""",
}
