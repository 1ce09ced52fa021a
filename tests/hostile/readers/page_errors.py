"""Raises exceptions whose names and messages are HTML; they must be shown as text."""

from __future__ import annotations

from nbformat import NotebookNode, writes
from nbformat.v4 import new_code_cell

CODE = """
class Named(Exception):
    pass
Named.__name__ = Named.__qualname__ = "<script>hit()</script>"
raise Named("<img src=x onerror=hit()>")
"""


def notebook(answered: NotebookNode) -> bytes:
    answered.cells.insert(2, new_code_cell(CODE))
    return writes(answered).encode()
