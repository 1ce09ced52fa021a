"""Edits of calls: another function, no call, other arguments, and brackets that end elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import combinations

from .positions import Code, Edit
from .tables import MODULES, NEIGHBOURS, RESHAPING, TRIMMING, WITH_A_SIGN


def call(code: Code, node: ast.Call) -> Iterator[Edit]:
    """Yield the edits of a call: of its function, its arguments, its options and its brackets."""
    match node.func:
        case ast.Attribute(value, name):
            yield from _method(code, node, value, name)
        case ast.Name(name):
            yield from _neighbours(code, node, name)
            yield from _first_argument(code, node, name)
            if name == "range":
                yield from _bounds(code, node)
    match node.args, node.keywords:
        case [ast.BinOp() as argument], []:
            yield from _split(code, node, argument)
            yield from _spread(code, node, argument)
    yield from exchanged(code, node, node.args, "slip.exchanged-arguments", 1.5)
    yield from _without_option(code, node)


def _method(code: Code, node: ast.Call, value: ast.expr, name: str) -> Iterator[Edit]:
    yield from _neighbours(code, node, name)
    # Of a function of a module there is no object that could stand for the call.
    if not (isinstance(value, ast.Name) and value.id in MODULES and node.args):
        kind = "slip.shape" if name in RESHAPING else "slip.extra-call"
        yield code.replace(kind, node, code.words(value), 1.9)
    yield from _first_argument(code, node, name)
    if name.endswith("_") and not name.endswith("__") and isinstance(value, ast.Name):
        at = code.end(value)
        yield Edit("slip.in-place", at, at, b".detach().clone()", node, 1.9, True)
    if name == "backward" and not node.keywords:
        inner = b", ".join([*(code.words(one) for one in node.args), b"retain_graph=True"])
        new = b"%b(%b)" % (code.words(node.func), inner)
        yield code.replace("slip.keyword", node, new, 3.0, adds=True)
    if name == "tensor" and node.args and not node.keywords:
        new = b"%b(%b, requires_grad=True)" % (code.words(node.func), code.words(node.args[0]))
        yield code.replace("slip.keyword", node, new, 3.0, adds=True)


def _bounds(code: Code, node: ast.Call) -> Iterator[Edit]:
    """Yield a `range` with another end, or another start."""
    for last in node.args[-1:]:
        for change in (b"+1", b"-1"):
            yield code.replace("slip.index", last, code.group(last) + change, 2.0, node)
    if len(node.args) == 1:
        yield code.replace("slip.index", node, b"range(1, %b+1)" % code.group(node.args[0]), 1.9)


def _without_option(code: Code, node: ast.Call) -> Iterator[Edit]:
    """Yield a call without its last argument, where that has a name."""
    for keyword in node.keywords:
        before = [*node.args, *(one.value for one in node.keywords if one is not keyword)]
        if keyword.arg is None or not all(code.end(one) < code.start(keyword.value) for one in before):
            continue
        start = max((code.end(one) for one in before), default=code.end(node.func) + 1)
        if b"\n" not in code.data[start : code.end(keyword.value)]:
            yield Edit("slip.keyword", start, code.end(keyword.value), b"", node, 2.5)


def _first_argument(code: Code, node: ast.Call, name: str) -> Iterator[Edit]:
    """Yield the first argument in place of a call that has no other, or that only trims a number."""
    trims = name in TRIMMING
    if node.args and (trims or len(node.args) == 1) and not isinstance(node.args[0], ast.Starred):
        yield code.replace("slip.extra-call", node, code.group(node.args[0]), 1.2 if trims else 1.5)


def _split(code: Code, node: ast.Call, argument: ast.BinOp) -> Iterator[Edit]:
    """Yield a call whose brackets end earlier: `f(a * b * c)` as `f(a * b) * c`."""
    before: ast.expr = argument
    while isinstance(before, ast.BinOp) and code.pair_around(before) is None:
        before = before.left
        end = code.end(before)
        new = b"%b)%b" % (code.data[code.start(node) : end], code.data[end : code.end(argument)])
        yield code.replace("slip.brackets", node, new, 1.9)


def _spread(code: Code, node: ast.Call, argument: ast.BinOp) -> Iterator[Edit]:
    """Yield a call of a sum as a sum of calls, which it is for straight lines only."""
    if isinstance(argument.op, ast.Add | ast.Sub):
        function, between = code.words(node.func), b"+" if isinstance(argument.op, ast.Add) else b"-"
        parts = (code.words(argument.left), code.words(argument.right))
        new = b"%b(%b)%b%b(%b)" % (function, parts[0], between, function, parts[1])
        yield code.replace("slip.brackets", node, new, 1.9)


def _neighbours(code: Code, node: ast.Call, name: str) -> Iterator[Edit]:
    """Yield a call of a function that is taken for the one that is called."""
    end = code.end(node.func)
    start = end - len(name.encode())
    others = dict.fromkeys(one for group in NEIGHBOURS if name in group for one in sorted(group))
    for other in others:
        if other != name:
            yield Edit("slip.function", start, end, other.encode(), node, 2.0)
    # The sine and the cosine are taken for one another together with the sign of a derivative.
    if name in WITH_A_SIGN:
        words = code.words(node)
        at = start - code.start(node)
        new = words[:at] + WITH_A_SIGN[name] + words[at + len(name) :]
        yield code.replace("slip.function", node, b"-" + new, 2.1)


def exchanged(code: Code, node: ast.expr, items: Sequence[ast.expr], kind: str, rank: float) -> Iterator[Edit]:
    """Yield an expression in which two of its items stand in each other's place."""
    for a, b in combinations(items[:5], 2):
        # What is asked and what is taken are not mixed up.
        if isinstance(a, ast.Starred | ast.Compare) or isinstance(b, ast.Starred | ast.Compare):
            continue
        middle = code.data[code.end(a) : code.start(b)]
        new = code.words(b) + middle + code.words(a)
        yield Edit(kind, code.start(a), code.end(b), new, node, rank)
