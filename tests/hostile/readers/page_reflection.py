"""Writes scripts into the answer that the instructor reads; they must not run."""

from __future__ import annotations

from nbformat import NotebookNode, writes


def notebook(answered: NotebookNode) -> bytes:
    for cell in answered.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "reflection":
            cell.source = "<script>hit()</script>\n\n<img src=x onerror=hit()> [x](javascript:hit())"
    return writes(answered).encode()
