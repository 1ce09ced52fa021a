"""Gives check cells the grade ids of answers, and answers those of checks; a check's text is the instructor's."""

from nbformat import NotebookNode

LESSON = "no_grad"


def tamper(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        nbgrader = cell.metadata.get("nbgrader", {})
        name = nbgrader.get("grade_id", "")
        if name:
            nbgrader["grade_id"] = name.removeprefix("check-") if name.startswith("check-") else f"check-{name}"
            cell.source = "import os; os._exit(0)" if name.startswith("check-") else "3"
