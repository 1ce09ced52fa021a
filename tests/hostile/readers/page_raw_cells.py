"""Hands in raw cells that say they are HTML; they must not be put into the page as such."""

from __future__ import annotations

from nbformat import NotebookNode, writes
from nbformat.v4 import new_raw_cell


def notebook(answered: NotebookNode) -> bytes:
    for kind in ("text/html", "text/markdown", "text/latex", "application/javascript", ""):
        metadata = {"raw_mimetype": kind, "format": kind}
        answered.cells.insert(2, new_raw_cell("<script>hit()</script><img src=x onerror=hit()>", metadata=metadata))
    return writes(answered).encode()
