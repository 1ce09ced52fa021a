"""What may be missing at an expression: a factor, a term, a power, a call, a step of an array."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .positions import Code, Edit, Spot
from .sight import Sight

# Into longer expressions nothing is put in: it would be work without an end.
_LONGEST = 200
_FEW_NAMES = 4
# What is done to an array or a tensor.
_STEPS = (
    b".sum(0)",
    b".T",
    b".sum()",
    b".mean()",
    b".prod()",
    b"[::-1]",
    b".detach()",
    b".item()",
    b".clone()",
    b"[0]",
)
# By what another expression is joined: the kind, the operator and the rank.
_JOINED = (
    ("slip.dropped-factor", b"*", 6.0),
    ("slip.dropped-factor", b"/", 6.5),
    ("slip.dropped-term", b"+", 6.0),
    ("slip.dropped-term", b"-", 6.5),
)


def may_lack(code: Code, spot: Spot) -> bool:
    """Whether something may be put in at an expression."""
    # The value of an option is no part of what is computed.
    return spot.role != "keyword" and _is_number_like(spot.node, spot.parent) and len(code.group(spot.node)) <= _LONGEST


def missing(code: Code, sight: Sight, spot: Spot) -> Iterator[Edit]:
    """Yield what may be missing at an expression; at a part of one, it is less likely."""
    yield from _factors(code, sight, spot)
    yield from _terms(code, sight, spot)
    yield _put(code, spot, "slip.dropped-power", b"%b**2" % code.group(spot.node), 3.5)
    yield from _calls(code, sight, spot)
    yield from _parts(code, sight, spot)
    yield from _products(code, sight, spot)
    yield from _steps(code, spot)


def _put(code: Code, spot: Spot, kind: str, new: bytes, rank: float) -> Edit:
    return code.replace(kind, spot.node, new, rank + (0.0 if spot.whole else 1.0), spot.shown, adds=True)


def _factors(code: Code, sight: Sight, spot: Spot) -> Iterator[Edit]:
    words = code.group(spot.node)
    for factor in (b"2", *(name.encode() for name in sight.names)):
        if factor != words:
            yield _put(code, spot, "slip.dropped-factor", b"%b*%b" % (words, factor), 3.5)
            yield _put(code, spot, "slip.dropped-factor", b"%b/%b" % (words, factor), 4.0)
    for name in sight.names[:_FEW_NAMES]:
        yield _put(code, spot, "slip.dropped-factor", b"%b/len(%b)" % (words, name.encode()), 4.0)


def _terms(code: Code, sight: Sight, spot: Spot) -> Iterator[Edit]:
    words = code.group(spot.node)
    for term in (b"1", *(name.encode() for name in sight.names)):
        for sign in (b"+", b"-"):
            yield _put(code, spot, "slip.dropped-term", b"%b%b%b" % (words, sign, term), 5.0)


def _calls(code: Code, sight: Sight, spot: Spot) -> Iterator[Edit]:
    words = code.words(spot.node)
    for call in sight.calls if not isinstance(spot.node, ast.Constant) else ():
        yield _put(code, spot, "slip.dropped-call", b"%b(%b)" % (call, words), 5.2)
    if not spot.whole:
        yield _put(code, spot, "slip.dropped-call", b"abs(%b)" % words, 4.0)


def _parts(code: Code, sight: Sight, spot: Spot) -> Iterator[Edit]:
    """Yield an expression joined to one that stands elsewhere."""
    words = code.group(spot.node)
    if spot.whole or isinstance(spot.node, ast.BinOp | ast.Call) or isinstance(spot.parent, ast.BinOp):
        for part in sight.parts:
            if part != words:
                for kind, sign, rank in _JOINED:
                    yield _put(code, spot, kind, b"%b%b%b" % (words, sign, part), rank)


def _products(code: Code, sight: Sight, spot: Spot) -> Iterator[Edit]:
    """Yield products of matrices."""
    words = code.group(spot.node)
    if spot.whole and (sight.tensors or b"np" in code.data):
        for name in sight.names[:_FEW_NAMES]:
            for new in (b"%b.T@%b", b"%b@%b"):
                yield _put(code, spot, "slip.dropped-factor", new % (name.encode(), words), 5.0)


def _steps(code: Code, spot: Spot) -> Iterator[Edit]:
    """Yield what is done to an array or a tensor."""
    words = code.group(spot.node)
    if (spot.whole or isinstance(spot.parent, ast.BinOp)) and not isinstance(spot.node, ast.Constant):
        for step in _STEPS:
            kind, rank = ("slip.transpose", 3.2) if step == b".T" else ("slip.dropped-call", 4.5)
            yield _put(code, spot, kind, words + step, rank)
        if spot.whole:
            yield _put(code, spot, "slip.shape", words + b".ravel()", 6.0)


def _is_number_like(node: ast.expr, parent: ast.AST | None) -> bool:
    """Whether something may be put in at an expression: at values, and not at what is called or assigned to."""
    if not isinstance(
        node, ast.BinOp | ast.Call | ast.Name | ast.Attribute | ast.Subscript | ast.UnaryOp | ast.Constant
    ):
        return False
    if isinstance(node, ast.Constant) and (isinstance(node.value, bool) or not isinstance(node.value, int | float)):
        return False
    if isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
        return False
    match parent:
        case ast.Call(function, _, _) if function is node:
            return False
        case ast.Attribute() | ast.Subscript() | ast.Expr() | ast.For() | ast.keyword() | ast.Compare() | ast.Slice():
            return False
        case ast.With() | ast.withitem() | ast.If() | ast.While() | ast.comprehension() | ast.Starred():
            return False
    return True
