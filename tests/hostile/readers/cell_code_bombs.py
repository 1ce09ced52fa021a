"""Writes code that costs parsers and highlighters more than they have; what is right must be graded, and the page be written."""

from __future__ import annotations

from nbformat import NotebookNode, writes
from nbformat.v4 import new_code_cell

BOMBS = [
    "(" * 50_000,
    "'" * 50_000,
    '"""' * 20_000,
    "{" * 50_000,
    "f'" + "{" * 20_000,
    "\\\n" * 20_000,
    "%" * 50_000,
    "!" * 1_000,
    "?" * 50_000,
    "@" * 50_000,
    "0_" * 25_000,
    "lambda: " * 10_000 + "0",
    "a." * 20_000 + "a",
    "not " * 20_000 + "1",
    " " * 50_000 + "x",
    "if 1:\n" + "".join(" " * n + "if 1:\n" for n in range(1, 150)),
    "# " + "x" * 200_000,
    "\ufeff" * 1_000,
    "x = 1;" * 50_000,
]


def notebook(answered: NotebookNode) -> bytes:
    answered.cells[2:2] = [new_code_cell(bomb) for bomb in BOMBS]
    return writes(answered).encode()
