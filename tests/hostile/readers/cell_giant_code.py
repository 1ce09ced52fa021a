"""Hands in a code cell of ten million characters; it must be left out, and the others graded."""

from __future__ import annotations

from nbformat import NotebookNode, writes
from nbformat.v4 import new_code_cell


def notebook(answered: NotebookNode) -> bytes:
    answered.cells.insert(2, new_code_cell("x = '" + "x" * 10_000_000 + "'"))
    return writes(answered).encode()
