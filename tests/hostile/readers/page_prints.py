"""Prints HTML, and escape sequences of terminals that set titles, links and colours; it must be shown as text."""

from __future__ import annotations

from nbformat import NotebookNode, writes
from nbformat.v4 import new_code_cell

CODE = r"""
import sys
print("<script>hit()</script><img src=x onerror=hit()>")
print("\x1b]8;;javascript:hit()\x07a link\x1b]8;;\x07 \x1b]0;title\x07 \x1b[31m<script>hit()</script>\x1b[0m", file=sys.stderr)
print("</pre></div><script>hit()</script>")
"""


def notebook(answered: NotebookNode) -> bytes:
    answered.cells.insert(2, new_code_cell(CODE))
    return writes(answered).encode()
