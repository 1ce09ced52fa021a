"""Edits of expressions: each kind of expression has its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .calls import call, exchanged
from .missing import may_lack
from .operators import operation
from .positions import Code, Edit, Spot
from .sight import Sight
from .tables import COMPARED, OF_EXPONENTS


def edits_at(code: Code, sight: Sight, spot: Spot) -> Iterator[Edit]:
    """Yield the edits of an expression that are likely. What may be missing too is left to `missing`."""
    node, parent, shown = spot.node, spot.parent, spot.shown
    match node:
        case ast.BinOp():
            yield from operation(code, sight, node, parent)
        case ast.UnaryOp():
            yield from _sign(code, node, shown)
        case ast.Constant():
            yield from _constant(code, node, shown, spot.role)
        case ast.Name(name, ast.Load()) if name in sight.names:
            yield from _name(code, sight, node, shown)
        case ast.Call():
            yield from call(code, node)
        case ast.Compare() | ast.BoolOp() | ast.IfExp():
            yield from _condition(code, node)
        case ast.Tuple(items, ast.Load()) | ast.List(items, ast.Load()):
            if len(items) == 1 and not isinstance(items[0], ast.Starred):
                yield code.replace("slip.shape", node, code.group(items[0]), 1.9, shown)
            yield from exchanged(code, node, items, "slip.exchanged-entries", 1.5)
        case ast.Dict(_, items):
            yield from exchanged(code, node, items, "slip.exchanged-entries", 1.5)
        case ast.Subscript(value, index, ast.Load()):
            yield code.replace("slip.index", node, code.words(value), 3.0)
            yield from _index(code, sight, node, index)
        case ast.Attribute(value, name, ast.Load()):
            yield from _attribute(code, node, value, name)
            if not (isinstance(parent, ast.Call) and parent.func is node) and not isinstance(parent, ast.Attribute):
                yield code.replace("slip.dropped-call", node, code.words(node) + b"()", 3.1, shown)
    if may_lack(code, spot):
        yield from _put_in(code, sight, spot)


def _sign(code: Code, node: ast.UnaryOp, shown: ast.expr) -> Iterator[Edit]:
    """Yield an expression without the minus or the `not` before it."""
    match node:
        case ast.UnaryOp(ast.USub(), operand):
            yield code.replace("slip.sign", node, code.words(operand), 1.0, shown)
            match operand:
                case ast.BinOp(left, ast.Pow(), right):
                    new = b"(-%b)**%b" % (code.group(left), code.group(right))
                    yield code.replace("slip.brackets", node, new, 1.5)
        case ast.UnaryOp(ast.Not(), operand):
            yield code.replace("slip.comparison", node, code.words(operand), 1.0)


def _condition(code: Code, node: ast.Compare | ast.BoolOp | ast.IfExp) -> Iterator[Edit]:
    """Yield another comparison, `and` for `or`, and a test that is turned round."""
    match node:
        case ast.Compare(left, [op], [right]) if type(op) in COMPARED:
            token, others = COMPARED[type(op)]
            at = code.between(left, right, token)
            if at is not None:
                for other in others:
                    yield Edit("slip.comparison", *at, other.encode(), node, 1.5)
        case ast.BoolOp(op, [first, second, *_]):
            token, other = ("and", "or") if isinstance(op, ast.And) else ("or", "and")
            at = code.between(first, second, token)
            if at is not None:
                yield Edit("slip.comparison", *at, other.encode(), node, 2.0)
        case ast.IfExp(test, _, _):
            yield code.replace("slip.comparison", test, b"not (%b)" % code.words(test), 1.5, node)


def _constant(code: Code, node: ast.Constant, shown: ast.expr, role: str) -> Iterator[Edit]:
    value = node.value
    if isinstance(value, bool):
        yield code.replace("slip.keyword", node, str(not value).encode(), 1.0, shown)
    elif isinstance(value, int | float) and abs(value) < 1e6:
        kind = f"slip.{role or 'number'}"
        for other, rank in _numbers_for(value, whole=bool(role)).items():
            if other != value:
                said = "slip.sign" if not role and other == -value else kind
                yield code.replace(said, node, repr(other).encode(), rank, shown)


def _numbers_for(value: int | float, whole: bool) -> dict[int | float, float]:
    """Return the numbers that may be meant by one, with their ranks; for a whole number with a role, whole ones alone."""
    others: dict[int | float, float] = {}
    for number, rank in (
        (value + 1, 1.5),
        (value - 1, 1.5),
        (-value, 2.5),
        (2 * value, 2.0),
        (value / 2, 2.0),
        (0, 3.0),
        (1, 3.0),
        (2, 3.0),
        (3, 3.5),
        (value * 10, 4.0),
        (value / 10, 4.0),
    ):
        if isinstance(value, int) and number == int(number):
            others.setdefault(int(number), rank)
        elif not (isinstance(value, int) and whole):
            others.setdefault(number, rank)
    return others


def _name(code: Code, sight: Sight, node: ast.Name, shown: ast.expr) -> Iterator[Edit]:
    for other in sight.names:
        if other != node.id:
            yield code.replace("slip.name", node, other.encode(), 2.5, shown)
    if shown is not node and isinstance(shown, ast.Call | ast.BinOp | ast.UnaryOp):
        yield code.replace("slip.dropped-term", node, b"1-%b" % node.id.encode(), 4.4, shown, adds=True)


def _index(code: Code, sight: Sight, node: ast.Subscript, index: ast.expr) -> Iterator[Edit]:
    if isinstance(index, ast.Constant) and type(index.value) is int:
        for name in sight.counters:
            yield code.replace("slip.index", index, name.encode(), 2.2, node)
    if isinstance(index, ast.Name):
        for change in (b"-1", b"+1"):
            yield code.replace("slip.index", index, code.words(index) + change, 2.0, node)
    if isinstance(index, ast.Slice):
        value = code.group(node.value)
        lower, upper = (b"" if one is None else code.words(one) for one in (index.lower, index.upper))
        for new in (b"[%b:]" % lower, b"[:%b]" % upper, b"[::-1]"):
            yield code.replace("slip.index", node, value + new, 3.0)


def _attribute(code: Code, node: ast.Attribute, value: ast.expr, name: str) -> Iterator[Edit]:
    if name in ("T", "data", "mT"):
        yield code.replace("slip.transpose" if name != "data" else "slip.extra-call", node, code.words(value), 1.5)
    if name in ("float32", "float64"):
        other = b"float64" if name == "float32" else b"float32"
        yield code.replace("slip.keyword", node, code.words(value) + b"." + other, 3.0)
    if name == "grad":
        yield code.replace("slip.alias", node, code.words(node) + b".clone()", 1.9, adds=True)


def _put_in(code: Code, sight: Sight, spot: Spot) -> Iterator[Edit]:
    """Yield an expression with what is likely to be missing at it, as a sign."""
    node, parent, shown, words = spot.node, spot.parent, spot.shown, code.group(spot.node)
    if not isinstance(node, ast.UnaryOp):
        # The sign that is lost most often is the one in an exponent.
        likely = spot.whole or isinstance(parent, ast.Call)
        rank = 1.2 if _is_call_of(parent, OF_EXPONENTS) else 2.6 if likely else 3.1
        yield code.replace("slip.sign", node, b"-" + words, rank, shown)
    if sight.tensors and isinstance(parent, ast.Call) and isinstance(node, ast.Name):
        yield code.replace("slip.dropped-call", node, b"float(%b)" % words, 2.5, shown, adds=True)
    if sight.tensors and isinstance(parent, ast.Assign) and not isinstance(node, ast.Constant):
        new = b"torch.tensor(%b, requires_grad=True)" % code.words(node)
        yield code.replace("slip.dropped-call", node, new, 2.5, shown, adds=True)


def _is_call_of(node: ast.AST | None, names: frozenset[str]) -> bool:
    match node:
        case ast.Call(ast.Name(name) | ast.Attribute(_, name)):
            return name in names
    return False
