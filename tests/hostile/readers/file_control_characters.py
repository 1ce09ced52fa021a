"""Writes control characters, zeros among them, into texts and code; it must be graded, and what is written be readable."""

from __future__ import annotations

import json

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

CONTROL = "".join(map(chr, (*range(32), *range(127, 160), 0xFFFE, 0xFFFF, 0x2028, 0x2029)))


def notebook(answered: NotebookNode) -> bytes:
    answered.cells[2:2] = [
        new_markdown_cell(CONTROL),
        new_code_cell(CONTROL),
        new_code_cell("print(''.join(map(chr, range(160))))"),
    ]
    return json.dumps(answered).encode()
