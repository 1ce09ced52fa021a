"""Writes the points themselves into the check cells; the instructor's are run."""

from nbformat import NotebookNode

LESSON = "scalar_gradients"


def tamper(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        nbgrader = cell.metadata.get("nbgrader", {})
        if nbgrader.get("grade"):
            cell.source = str(nbgrader["points"])
