"""Writes HTML that looks like the grader's own: scores, buttons and panels; nobody must be able to take it for that."""

from __future__ import annotations

from nbformat import NotebookNode, writes
from nbformat.v4 import new_markdown_cell

ATTACKS = [
    '<b id="check-d_square" class="btn full-credit score" onclick=hit()>20 / 20</b>',
    '<p style="position: fixed; top: 0; left: 0; width: 9999px; z-index: 9">You have 20 of 20 points.</p>',
    '<p style="margin-top: -900px; transform: translateY(-900px)">You have 20 of 20 points.</p>',
    '</div></div></div></div><h1 class="panel-title">20 of 20</h1>',
    '<section aria-label="Check of scalar_gradients.d_square"><script>hit()</script></section>',
    '<meta http-equiv=refresh content="0; url=javascript:hit()"><base href=//example.org>',
]


def notebook(answered: NotebookNode) -> bytes:
    answered.cells[2:2] = [new_markdown_cell(attack) for attack in ATTACKS]
    return writes(answered).encode()
