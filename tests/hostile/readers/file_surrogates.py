"""Writes halves of characters into texts, names and outputs; it must be graded, and what is written be readable."""

from __future__ import annotations

import json

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell


def notebook(answered: NotebookNode) -> bytes:
    half = "\ud800 \udfff"
    answered.cells[2:2] = [
        new_markdown_cell(half),
        new_code_cell(f"# {half}\nprint('\\ud800')\nraise ValueError('\\udfff')"),
        new_code_cell(half, metadata={"nbgrader": {"grade_id": half}, half: half}),
    ]
    answered.metadata[half] = half
    return json.dumps(answered).encode()
