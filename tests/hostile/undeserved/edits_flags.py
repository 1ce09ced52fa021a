"""Turns check cells into answers and answers into checks by their metadata; the instructor's notebook says which is
which.
"""

from nbformat import NotebookNode

LESSON = "accumulation"


def tamper(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        nbgrader = cell.metadata.get("nbgrader", {})
        if nbgrader:
            nbgrader.update(solution=not nbgrader["solution"], grade=not nbgrader["grade"], locked=False, points=20)
            cell.source = "20"
