"""Adds check cells of its own, for points that nobody gives, under new and known names; a cell that was added is
never graded.
"""

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

LESSON = "accumulation"


def tamper(notebook: NotebookNode) -> None:
    for name, source in (
        ("bonus", "20"),
        ("check-bonus", "100"),
        ("reflection2", 'check("scalar_gradients.d_square")'),
    ):
        nbgrader = {
            "grade_id": name,
            "grade": True,
            "solution": False,
            "locked": True,
            "points": 100,
            "schema_version": 3,
        }
        notebook.cells.append(
            new_code_cell(source, metadata={"nbgrader": {**nbgrader, "task": False, "cell_type": "code"}})
        )
