"""Has every check cell ask for the one exercise that was answered; the instructor's are run."""

from nbformat import NotebookNode

LESSON = "scalar_gradients"
CELLS = {
    "d_square": """
def d_square(x):
    return 2 * x
""",
}
HONEST = 1


def tamper(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        nbgrader = cell.metadata.get("nbgrader", {})
        if nbgrader.get("grade"):
            cell.source = 'check("scalar_gradients.d_square")'
