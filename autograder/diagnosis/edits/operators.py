"""Edits of operators: another one, an operand too many, and the brackets in a chain of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations

from .positions import Code, Edit
from .sight import Sight
from .tables import EXCHANGES, OPERATORS

_MOST_LINKS = 8


def operation(code: Code, sight: Sight, node: ast.BinOp, parent: ast.AST | None) -> Iterator[Edit]:
    """Yield the edits of an operation: of its operator, its operands and its brackets."""
    token = OPERATORS.get(type(node.op))
    at = None if token is None else code.between(node.left, node.right, token)
    if token is None or at is None:
        return
    left, right = code.group(node.left), code.group(node.right)
    for kind, other, rank in EXCHANGES.get(token, ()):
        yield Edit(kind, *at, other.encode(), node, rank)
    product = token in "*/@//"
    kind = "slip.extra-factor" if product else "slip.extra-term" if token in "+-" else "slip.extra-power"
    # A product with 1 and a sum with 0 change no number: what they change is that the result is no leaf.
    match node.right:
        case ast.Constant(0 | 1 as neutral) if sight.tensors and neutral == int(product) and type(neutral) is not bool:
            yield code.replace("slip.no-leaf", node, left, 1.4)
    yield code.replace(kind, node, left, 1.5)
    rest = {"-": b"-%b", "/": b"1/%b"}.get(token, b"%b") % right
    yield code.replace(kind, node, rest, 2.0 if kind == "slip.extra-factor" else 3.1)
    match node.left, node.op, node.right:
        # A power is taken for a product, and the other way round.
        case ast.Constant(), ast.Mult(), _:
            yield code.replace("slip.operator", node, b"%b**%b" % (right, left), 2.5)
        case _, ast.Pow(), ast.Constant():
            yield code.replace("slip.operator", node, b"%b*%b" % (right, left), 2.5)
    match node.left, node.right:
        case (
            (ast.Call(ast.Name(f), [a], []) | ast.Call(ast.Attribute(ast.Name(), f), [a], [])),
            (ast.Call(ast.Name(g), [b], []) | ast.Call(ast.Attribute(ast.Name(), g), [b], [])),
        ) if f == g and token in "+-":
            new = b"%b(%b%b%b)" % (code.words(node.left.func), code.words(a), token.encode(), code.group(b))
            yield code.replace("slip.brackets", node, new, 1.9)
    if token in ("-", "/", "**", "@"):
        yield code.replace("slip.exchanged-operands", node, right + token.encode() + left, 1.5)
    yield from _brackets(code, node, parent)


def _brackets(code: Code, node: ast.BinOp, parent: ast.AST | None) -> Iterator[Edit]:
    """Yield the other ways to set the brackets in a chain of operations: one pair more, or one less."""
    around = code.pair_around(node)
    if around is not None:
        start, end = around
        # `return(a + b)` and `(x + 2).sum()` need a space there.
        before = b" " if code.data[start - 1 : start].isalnum() else b""
        new = b"%b%b " % (before, code.data[start + 1 : end - 1])
        yield Edit("slip.brackets", start, end, new, node, 1.5)
    yield from _taken_in(code, node)
    if around is None and isinstance(parent, ast.BinOp):
        return
    links = list(code.links(node))[:_MOST_LINKS]
    for i, j in combinations(range(len(links)), 2):
        if (i, j) != (0, len(links) - 1):
            start, end = links[i][0], links[j][1]
            yield Edit("slip.brackets", start, end, b"(%b)" % code.data[start:end], node, 1.5)


def _taken_in(code: Code, node: ast.BinOp) -> Iterator[Edit]:
    """Yield a call with the operand beside it taken into its brackets, or the last one in them left outside."""
    for side, other in ((node.left, node.right), (node.right, node.left)):
        match side:
            case ast.Call(_, [argument], []) if side is node.left and not isinstance(argument, ast.GeneratorExp):
                end = code.end(argument)
                new = code.data[code.end(side) : code.end(other)] + b")"
                yield Edit("slip.brackets", end, code.end(other), new, node, 1.9)
            case ast.Call(_, [ast.BinOp(a)], []):
                new = b")" + code.data[code.end(a) : code.end(side) - 1]
                yield Edit("slip.brackets", code.end(a), code.end(side), new, node, 1.9)
            case ast.Call(ast.Attribute(inner), [], _) if side is node.right:
                new = b"(%b)" % code.data[code.start(node) : code.end(inner)]
                yield Edit("slip.brackets", code.start(node), code.end(inner), new, node, 1.9)
