"""Is a student whose name is a script; in no page must it run."""

from __future__ import annotations

from nbformat import NotebookNode, writes

STUDENT = "<img src=x onerror=hit()>"


def notebook(answered: NotebookNode) -> bytes:
    return writes(answered).encode()
