"""Edits of statements: what is done to a tensor, an assignment that adds, a test that is turned round."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations

from .blocks import block
from .positions import Code, Edit
from .sight import Sight
from .tables import METHODS_OF_STATEMENTS, NEIGHBOURS, OPERATORS

_OPPOSITE = {b"+=": b"-=", b"-=": b"+=", b"*=": b"/=", b"/=": b"*="}


def edits_of(code: Code, sight: Sight, node: ast.stmt) -> Iterator[Edit]:
    """Yield the edits of a statement, and of the blocks that it has. Those of its expressions are not among them."""
    match node:
        case ast.Return() | ast.Assign() | ast.AugAssign():
            yield from _exchanged_functions(code, node)
            yield from _assignment(code, sight, node)
        case ast.Expr():
            yield from _done(code, sight, node)
        case ast.If(test, _, _) | ast.While(test, _, _):
            yield code.replace("slip.comparison", test, b"not (%b)" % code.words(test), 1.5)
    for body in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
        if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
            yield from block(code, sight, node, body)


def _done(code: Code, sight: Sight, node: ast.Expr) -> Iterator[Edit]:
    """Yield other ways of what a statement does without a name for its result."""
    match node.value:
        case ast.Attribute(_, name) as value if name in METHODS_OF_STATEMENTS:
            yield code.replace("slip.dropped-call", value, code.words(value) + b"()", 1.0)
        case ast.Call(ast.Attribute(ast.Name(owner), name)) if name.endswith("_"):
            start, rest = owner.encode(), code.words(node)[len(owner.encode()) :]
            new = b"%b = %b.detach().clone()%b" % (start, start, rest)
            yield Edit("slip.in-place", code.start(node), code.end(node), new, node, 1.9, True)
        case ast.Name() | ast.BinOp() | ast.UnaryOp() | ast.Attribute() | ast.Call() as value if sight.tensors:
            yield code.replace("slip.dropped-call", value, b"(%b).backward()" % code.words(value), 1.5, adds=True)


def _assignment(code: Code, sight: Sight, node: ast.stmt) -> Iterator[Edit]:
    """Yield an assignment that adds where it replaced, or replaces where it added, or changes the other way."""
    match node:
        case ast.Assign([ast.Name() | ast.Subscript() as target], value) if code.words(target) in sight.again:
            between = code.data[code.end(target) : code.start(value)]
            at = code.end(target) + between.find(b"=")
            yield Edit("slip.accumulate", at, at + 1, b"+=", node, 2.0)
        case ast.AugAssign(target, op, value) if type(op) in OPERATORS:
            operator = OPERATORS[type(op)].encode()
            token = operator + b"="
            at = code.end(target) + code.data[code.end(target) : code.start(value)].find(token)
            if isinstance(target, ast.Name):
                words = code.words(target)
                new = b"%b = %b %b (%b)" % (words, words, operator, code.words(value))
                yield Edit("slip.in-place", code.start(node), code.end(node), new, node, 1.9)
            yield Edit("slip.accumulate", at, at + len(token), b"=", node, 1.5)
            if token in _OPPOSITE:
                kind = "slip.sign" if token in (b"+=", b"-=") else "slip.operator"
                yield Edit(kind, at, at + 2, _OPPOSITE[token], node, 1.0)


def _exchanged_functions(code: Code, node: ast.Return | ast.Assign | ast.AugAssign) -> Iterator[Edit]:
    """Yield a statement in which two functions that are taken for one another stand in each other's place."""
    called: dict[str, list[tuple[int, int]]] = {}
    for call in ast.walk(node):
        match call:
            case ast.Call(ast.Name(name) | ast.Attribute(_, name) as function):
                end = code.end(function)
                called.setdefault(name, []).append((end - len(name.encode()), end))
    for one, other in combinations(sorted(called), 2):
        if any(one in group and other in group for group in NEIGHBOURS):
            places = sorted([*((at, other) for at in called[one]), *((at, one) for at in called[other])])
            new, last = b"", code.start(node)
            for (start, end), name in places:
                new, last = new + code.data[last:start] + name.encode(), end
            yield Edit("slip.exchanged-functions", code.start(node), last, new, node, 2.0)
