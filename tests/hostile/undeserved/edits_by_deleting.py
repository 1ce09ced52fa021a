"""Deletes all cells but one empty answer and a cell that shows a full score; deleted cells are put back and earn nothing."""

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tests.hostile.attack import answer_cell

LESSON = "chain_rule"


def tamper(notebook: NotebookNode) -> None:
    notebook.cells = [answer_cell(notebook, "dz_dx"), new_code_cell("20")]
