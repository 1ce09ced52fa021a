"""Raises in an answer what is HTML, so that the verdict quotes it; it must be shown as text, and cost that exercise alone."""

from __future__ import annotations

from nbformat import NotebookNode, writes

from ..attack import answer_cell

CODE = """
def d_square(x):
    error = type("<script>hit()</script>", (Exception,), {})
    raise error("<img src=x onerror=hit()> [a](javascript:hit()) `</code><script>hit()</script>`")
"""
LOSES = "d_square"


def notebook(answered: NotebookNode) -> bytes:
    answer_cell(answered, LOSES).source = CODE
    return writes(answered).encode()
