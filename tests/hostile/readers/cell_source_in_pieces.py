"""Writes its texts as lists of single characters, and of what is no text; it must be graded."""

from __future__ import annotations

import json

from nbformat import NotebookNode


def notebook(answered: NotebookNode) -> bytes:
    for cell in answered.cells:
        cell["source"] = [*cell["source"], None, 7, []]
    return json.dumps(answered).encode()
