"""Hands in code cells that are HTML, and comments in code that would end the page's own tags; they must be shown as text."""

from __future__ import annotations

from nbformat import NotebookNode, writes
from nbformat.v4 import new_code_cell

CODE = "# </pre></div></body><script>hit()</script>\n'<img src=x onerror=hit()>'\nx = 1  # <!-- --><svg onload=hit()>"


def notebook(answered: NotebookNode) -> bytes:
    answered.cells[2:2] = [new_code_cell(CODE), new_code_cell("%%html\n<script>hit()</script>")]
    return writes(answered).encode()
