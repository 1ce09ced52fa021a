"""Writes links that run code when they are clicked, in markdown, HTML and formulas; none must be a link."""

from __future__ import annotations

from nbformat import NotebookNode, writes
from nbformat.v4 import new_markdown_cell

ATTACKS = [
    "[x](javascript:hit())",
    "[x](JaVaScRiPt:hit())",
    "[x](java\tscript:hit())",
    "[x](&#106;avascript:hit())",
    "[x](<javascript:hit()>)",
    "[x][1]\n\n[1]: javascript:hit()",
    "<javascript:hit()>",
    "![x](javascript:hit())",
    "[x](data:text/html;base64,PHNjcmlwdD5oaXQoKTwvc2NyaXB0Pg==)",
    "[x](vbscript:hit())",
    "<a href=' javascript:hit()'>x</a>",
    "<a href='\x01javascript:hit()'>x</a>",
    "<a href='javascript&colon;hit()'>x</a>",
    "<a href=//example.org target=_top ping=//example.org>x</a>",
    "<area href=javascript:hit()>",
    "<a href='https://example.org' onclick=hit()>x</a>",
    "$\\href{javascript:hit()}{x}$",
    "\\begin{equation}\\href{javascript:hit()}{x}\\end{equation}",
]


def notebook(answered: NotebookNode) -> bytes:
    answered.cells[2:2] = [new_markdown_cell(attack) for attack in ATTACKS]
    return writes(answered).encode()
