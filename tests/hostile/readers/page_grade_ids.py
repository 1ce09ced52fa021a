"""Gives cells of its own grade ids that are scripts, and the grader's comments; none must get into a page."""

from __future__ import annotations

import json

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

SCRIPT = "<script>hit()</script>"


def notebook(answered: NotebookNode) -> bytes:
    metadata = {"nbgrader": {"grade_id": SCRIPT, "grade": True, "solution": True, "points": SCRIPT, "comment": SCRIPT}}
    answered.cells.insert(2, new_code_cell("1", metadata=metadata))
    return json.dumps(answered).encode()
