"""The edits of a text, the likeliest first."""

from __future__ import annotations

import ast
import re
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from .expressions import edits_at
from .missing import may_lack, missing
from .positions import Code, Edit, Spot
from .sight import Sight, sights
from .statements import edits_of

# The least rank of what is missing.
_MISSING = 3.2


@dataclass(frozen=True)
class Aim:
    """What is known of a mistake, for the order of trying.

    `functions` are those in which it is likely, `name` belongs into the text, and `kinds` are slips that fit the numbers.
    Functions and classes that are `borrowed` stay as they are.
    """

    functions: frozenset[str] = frozenset()
    name: str = ""
    kinds: frozenset[str] = frozenset()
    borrowed: frozenset[str] = frozenset()


def by_rank(code: Code, aim: Aim) -> Iterator[Edit]:
    """Yield the edits, the likeliest first. What is less likely is not made before it is wanted."""
    units = tuple(_units(code.tree, aim.borrowed))
    near = tuple(one for one in units if isinstance(one, ast.FunctionDef) and one.name in aim.functions)
    for group in (near, tuple(one for one in units if one not in near)):
        yield from _ranked(code, group, aim)


def _ranked(code: Code, units: tuple[ast.stmt, ...], aim: Aim) -> Iterator[Edit]:
    # The answer stands before the functions that it calls, and what it does last is the likeliest.
    starts = [one.lineno for one in units]
    edits, later = _made(code, units)
    wanted = re.compile(rb"\b%b\b" % re.escape(aim.name.encode())) if aim.name else None

    def fits(edit: Edit) -> bool:
        return edit.kind in aim.kinds or bool(wanted and wanted.search(edit.new))

    def order(edit: Edit) -> tuple[float, int, int]:
        return edit.rank, bisect(starts, edit.shown.lineno), -edit.shown.lineno

    likely = bisect(edits, _MISSING, key=lambda edit: edit.rank)
    # What puts in an expression makes numbers agree more easily: it never comes before what is likely.
    yield from sorted((edit for edit in edits[:likely] if fits(edit) and not edit.adds), key=order)
    yield from sorted((edit for edit in edits[:likely] if edit.adds or not fits(edit)), key=order)
    unlikely = [*edits[likely:], *(edit for spot, sight in later for edit in missing(code, sight, spot))]
    yield from sorted(filter(fits, unlikely), key=order)
    yield from sorted((edit for edit in unlikely if not fits(edit)), key=order)


@lru_cache(maxsize=64)
def _made(code: Code, units: tuple[ast.stmt, ...]) -> tuple[tuple[Edit, ...], tuple[tuple[Spot, Sight], ...]]:
    """Return the edits of some units that are made at once, by rank, and where something may be missing too."""
    edits: list[Edit] = []
    later: list[tuple[Spot, Sight]] = []
    for unit, sight in sights(code, units):
        for found in _walk(unit, None, ""):
            if isinstance(found, Spot):
                edits += edits_at(code, sight, found)
                later += [(found, sight)] * may_lack(code, found)
            else:
                edits += edits_of(code, sight, found)
    return tuple(sorted(edits, key=lambda edit: edit.rank)), tuple(later)


def _walk(node: ast.AST, parent: ast.AST | None, role: str) -> Iterator[Spot | ast.stmt]:
    """Yield what can be changed of a tree: its expressions, but for hints and decorators, and its statements."""
    if isinstance(node, ast.JoinedStr | ast.arguments | ast.arg | ast.alias):
        return
    if isinstance(node, ast.expr):
        yield Spot(node, parent, role)
    elif isinstance(node, ast.stmt):
        yield node
    match node:
        case ast.Subscript() | ast.Call(ast.Name("range")):
            role = "index"
    left_out = [*getattr(node, "decorator_list", []), getattr(node, "annotation", None), getattr(node, "returns", None)]
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.keyword(_, ast.Constant() as value):
                # The number of an option says little without its call.
                yield Spot(value, node, "keyword")
            case _ if child not in left_out:
                yield from _walk(child, node, role)


def _units(tree: ast.Module, borrowed: frozenset[str]) -> Iterator[ast.stmt]:
    """Yield what has names of its own: the statements at the top of a text, and those of a class in place of the class."""
    for top in tree.body:
        if isinstance(top, ast.FunctionDef | ast.ClassDef) and top.name in borrowed:
            continue
        if isinstance(top, ast.ClassDef):
            yield from top.body
        else:
            yield top
