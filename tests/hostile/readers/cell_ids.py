"""Gives all cells one id, and one of a million characters; it must be graded."""

from __future__ import annotations

import json

from nbformat import NotebookNode


def notebook(answered: NotebookNode) -> bytes:
    for cell in answered.cells:
        cell["id"] = "same"
    answered.cells[0]["id"] = "x" * 1_000_000
    return json.dumps(answered).encode()
