"""Is a student whose name is a template's or a shell's expression; it must stay as it is."""

from __future__ import annotations

from nbformat import NotebookNode, writes

STUDENT = "{{ 7 * 7 }} {% raw %} $(touch hit) `touch hit` %s"


def notebook(answered: NotebookNode) -> bytes:
    return writes(answered).encode()
