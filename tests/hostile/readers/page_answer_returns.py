"""Answers with an object whose type and text are HTML; the verdict must show them as text."""

from __future__ import annotations

from nbformat import NotebookNode, writes

from ..attack import answer_cell

CODE = """
def d_square(x):
    print("<script>hit()</script>")
    return type("<script>hit()</script>", (), {"__repr__": lambda self: "<img src=x onerror=hit()>"})()
"""
LOSES = "d_square"


def notebook(answered: NotebookNode) -> bytes:
    answer_cell(answered, LOSES).source = CODE
    return writes(answered).encode()
