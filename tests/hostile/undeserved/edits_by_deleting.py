"""Leaves nothing of the notebook but one empty answer and a cell that shows a full score; what is missing is put back
and worth nothing.
"""

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tests.hostile.attack import answer_cell

LESSON = "chain_rule"


def tamper(notebook: NotebookNode) -> None:
    notebook.cells = [answer_cell(notebook, "dz_dx"), new_code_cell("20")]
