"""Puts outputs of a full score into the check cells, and a verdict beside them; outputs that are handed in are not
read.
"""

from nbformat import NotebookNode

LESSON = "vector_backward"


def tamper(notebook: NotebookNode) -> None:
    verdict = {"exercise": "vector_backward.jacobian", "outcome": "right", "points": 3.0, "max_points": 3.0}
    data = {"text/plain": "20", "application/vnd.autograder.verdict+json": verdict}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [NotebookNode(output_type="execute_result", data=data, metadata={}, execution_count=1)]
