"""Hands in a markdown cell of ten million characters; it must be graded, and its page be written in time."""

from __future__ import annotations

from nbformat import NotebookNode, writes
from nbformat.v4 import new_markdown_cell


def notebook(answered: NotebookNode) -> bytes:
    answered.cells.insert(2, new_markdown_cell("*a* " * 2_500_000))
    return writes(answered).encode()
