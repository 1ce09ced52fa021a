"""Is a student with the longest name that a folder can have; it must be graded as anybody."""

from __future__ import annotations

from nbformat import NotebookNode, writes

STUDENT = "a" * 250


def notebook(answered: NotebookNode) -> bytes:
    return writes(answered).encode()
