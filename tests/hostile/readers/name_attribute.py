"""Is a student whose name would end an attribute of the page; in no page must it run."""

from __future__ import annotations

from nbformat import NotebookNode, writes

STUDENT = '" onmouseover="hit()" x=\''


def notebook(answered: NotebookNode) -> bytes:
    return writes(answered).encode()
