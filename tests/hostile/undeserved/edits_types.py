"""Makes the check cells text to read, some of them raw; the instructor's are run."""

from nbformat import NotebookNode

LESSON = "vector_backward"


def tamper(notebook: NotebookNode) -> None:
    kinds = ["markdown", "raw"]
    for cell in notebook.cells:
        nbgrader = cell.metadata.get("nbgrader", {})
        if nbgrader.get("grade") and cell.cell_type == "code":
            cell.cell_type, kinds = kinds[0], kinds[::-1]
            cell.source = "Well done! **20 of 20**"
            del cell["outputs"], cell["execution_count"]
