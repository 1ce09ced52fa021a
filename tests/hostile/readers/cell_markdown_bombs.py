"""Writes markdown that costs parsers more time than there is; its page must be written in time."""

from __future__ import annotations

from nbformat import NotebookNode, writes
from nbformat.v4 import new_markdown_cell

BOMBS = [
    "[" * 50_000,
    "![" * 25_000,
    "> " * 20_000,
    "- " * 10_000 + "x",
    "*a **b " * 10_000,
    "`" * 50_000 + "x" + "`" * 49_999,
    "<" * 50_000,
    "<!--" * 20_000,
    "<a href='" * 4_000,
    "&" * 50_000,
    "|" * 1_000 + "\n" + "|-" * 1_000 + "|\n" + "|x" * 1_000,
    "$" * 50_000,
    "\\" * 50_000,
    "[a](" * 10_000,
    "[a]: " * 10_000,
    "_" * 50_000 + "a",
    " " * 50_000 + "x",
    "\n" * 50_000,
    "http://" * 10_000,
    "<div>" * 4_000,
]


def notebook(answered: NotebookNode) -> bytes:
    answered.cells[2:2] = [new_markdown_cell(bomb) for bomb in BOMBS]
    return writes(answered).encode()
