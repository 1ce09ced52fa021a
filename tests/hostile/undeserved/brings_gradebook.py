"""Brings a gradebook, a secret and what looks like graded work; the course has its own, one folder further up."""

LESSON = "scalar_gradients"
CELLS = {
    "predictions": """
predictions = {3: 1.0, 0: 1.0, -2: 1.0}
""",
}
FILES = {
    "gradebook.db": """
SQLite format 3
""",
    ".autograder-secret": """
00000000000000000000000000000000
""",
    "autograded/brings_gradebook/01_scalar_gradients/01_scalar_gradients.ipynb": """
{}
""",
    "feedback/feedback.html": """
<b>20 of 20</b>
""",
}
