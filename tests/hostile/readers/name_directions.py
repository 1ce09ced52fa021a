"""Is a student whose name turns the direction of writing round and holds invisible signs; it must stay in its place."""

from __future__ import annotations

from nbformat import NotebookNode, writes

STUDENT = "ada\u202egnp.exe\u2066\u200b\ufeff"


def notebook(answered: NotebookNode) -> bytes:
    return writes(answered).encode()
