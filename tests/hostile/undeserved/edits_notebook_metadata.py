"""Says in the notebook's metadata that it was graded already, without walls and by another kernel; none of it is
read.
"""

from nbformat import NotebookNode

LESSON = "no_grad"


def tamper(notebook: NotebookNode) -> None:
    notebook.metadata["kernelspec"] = {"name": "lenient", "display_name": "Lenient", "language": "text"}
    notebook.metadata["autograder"] = {"notes": [], "sandbox": "none", "score": 20, "verdicts": []}
    notebook.metadata["celltoolbar"] = "Create Assignment"
    for cell in notebook.cells:
        cell.metadata["autograder"] = {"points": 20, "outcome": "right"}
        cell["id"] = notebook.cells[0]["id"]
