"""Doubles every check cell, with an easier one under the same name before and after it; one is run, and it is the
instructor's.
"""

import copy

from nbformat import NotebookNode

LESSON = "scalar_gradients"


def tamper(notebook: NotebookNode) -> None:
    doubled = []
    for cell in notebook.cells:
        twin = copy.deepcopy(cell)
        if cell.metadata.get("nbgrader", {}).get("grade"):
            twin["id"], twin.source = f"{cell['id']}-twin", "20"
            doubled += [twin, cell, copy.deepcopy(twin)]
        else:
            doubled.append(cell)
    notebook.cells = doubled
