"""Attaches what is no dictionary, and names pictures that are not there; it must be graded, and its page be written."""

from __future__ import annotations

import json

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell


def notebook(answered: NotebookNode) -> bytes:
    for attached in (7, [], {"a.png": 7}, {"a.png": {"image/png": ["x", 7]}}, {"a.png": {"image/png": {}}}, None):
        cell = new_markdown_cell("![x](attachment:a.png) ![y](attachment:lost.png) ![z](attachment:)")
        cell["attachments"] = attached
        answered.cells.insert(2, cell)
    return json.dumps(answered).encode()
