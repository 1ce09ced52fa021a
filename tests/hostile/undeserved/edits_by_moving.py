"""Moves all check cells to the top and to places where other cells' names are theirs; they are run where the
instructor has them.
"""

from nbformat import NotebookNode

LESSON = "binary_cross_entropy"
CELLS = {
    "sigmoid": """
def sigmoid(z):
    return 0.5
""",
}


def tamper(notebook: NotebookNode) -> None:
    checks = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    notebook.cells = [*checks[::-1], *(cell for cell in notebook.cells if cell not in checks)]
