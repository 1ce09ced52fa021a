"""Variants of an answer's text, each with one thing changed. They are made from text, as text, and nothing is run here.

An edit is a pair of byte positions in the text and what stands between them instead. Its rank says how likely it is: what
people mix up comes first, what merely makes numbers agree comes last.

`ranking` says in which order edits come, and goes through the text. `expressions`, `operators` and `calls` change an
expression, `missing` puts something in beside one, and
`statements` and `blocks` change a statement and where it stands. `positions` says where a
part of a text stands, `sight` what stands beside it, and `tables` what is taken for what.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ..text import Text
from .positions import code_of
from .ranking import Aim, by_rank

__all__ = ["Aim", "Variant", "enclosing", "variants"]

_MOST = 2000
# Of longer texts there are no variants: they would be work without an end.
_LONGEST_TEXT = 6_000
_NO_AIM = Aim()
# A list that holds itself is never a right answer. To make an array of it takes gigabytes, within NumPy, where nothing stops it.
_PUT_INTO_ITSELF = re.compile(
    rb"\b(\w+)(?:\.(?:append|appendleft|extend|insert|add|update|setdefault)\((?:[^()\n]*,)?|\[[^]\n]*\] *=)"
    rb"[ (\[{]*\1[ )\]}]*(?:[,);\n]|$)"
)


@dataclass(frozen=True, slots=True)
class Variant:
    """A text with one thing changed: the kind of slip that it mends, the text, and the student's words around it.

    `adds` says that the edit puts in an expression, which makes numbers agree more easily than to take one away.
    """

    kind: str
    source: str
    shown: ast.expr | ast.stmt
    rank: float
    adds: bool


def variants(text: Text, aim: Aim = _NO_AIM) -> Iterator[Variant]:
    """Yield the variants of a text, the likeliest first, and no two that are the same."""
    if len(text.source) > _LONGEST_TEXT:
        return
    code, seen = code_of(text), {text.source}
    for edit in islice(by_rank(code, aim), _MOST):
        before, after = code.data[: edit.start], code.data[edit.end :]
        lines = before[before.rfind(b"\n") + 1 :] + edit.new + after.partition(b"\n")[0]
        source = (before + edit.new + after).decode(errors="replace")
        if source not in seen and _PUT_INTO_ITSELF.search(lines) is None:
            seen.add(source)
            yield Variant(edit.kind, source, edit.shown, edit.rank, edit.adds)


def enclosing(text: Text, nodes: Sequence[ast.expr | ast.stmt]) -> ast.expr | ast.stmt:
    """Return the smallest expression or statement that holds all of these."""
    spans = [_span(node) for node in nodes]
    start, end = min(one[0] for one in spans), max(one[1] for one in spans)
    around = [
        node
        for node in ast.walk(text.tree)
        if isinstance(node, ast.expr | ast.stmt) and _span(node)[0] <= start and _span(node)[1] >= end
    ]
    return min(around, key=lambda node: _size(text, node), default=nodes[0])


def _span(node: ast.expr | ast.stmt) -> tuple[tuple[int, int], tuple[int, int]]:
    return (node.lineno, node.col_offset), (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)


def _size(text: Text, node: ast.expr | ast.stmt) -> int:
    return len(text.segment(node))
