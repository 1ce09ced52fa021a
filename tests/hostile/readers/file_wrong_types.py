"""Writes numbers, lists and nothing where cells, texts and names should be; what is left must be graded."""

from __future__ import annotations

import json

from nbformat import NotebookNode

JUNK = [None, 7, [], "x", True, {"cell_type": 7}, {"cell_type": "code", "source": {"a": 1}, "metadata": [], "id": {}}]


def notebook(answered: NotebookNode) -> bytes:
    answered.cells[3:3] = JUNK
    return json.dumps(answered).encode()
