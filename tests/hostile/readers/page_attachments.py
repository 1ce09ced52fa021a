"""Attaches pictures that hold scripts, or are none, or of another kind than they say; nothing must run."""

from __future__ import annotations

from nbformat import NotebookNode, writes
from nbformat.v4 import new_markdown_cell

SVG = "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIG9ubG9hZD0iaGl0KCkiLz4="
ATTACHED = {
    "a.svg": {"image/svg+xml": SVG},
    "b.html": {"text/html": "PHNjcmlwdD5oaXQoKTwvc2NyaXB0Pg=="},
    "c.png": {"image/png": '"><script>hit()</script>'},
    'd"onerror=hit()': {"image/png": "x"},
    "e.png": {'image/png" onerror="hit()': "x"},
    "f.png": {},
}


def notebook(answered: NotebookNode) -> bytes:
    for name in ATTACHED:
        cell = new_markdown_cell(f"![x](attachment:{name}) <img src='attachment:{name}'>")
        cell["attachments"] = ATTACHED
        answered.cells.insert(2, cell)
    return writes(answered).encode()
