"""Is a student whose name is a formula of a spreadsheet; it must be graded as anybody."""

from __future__ import annotations

from nbformat import NotebookNode, writes

STUDENT = "=HYPERLINK(1)"


def notebook(answered: NotebookNode) -> bytes:
    return writes(answered).encode()
