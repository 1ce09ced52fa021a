"""Edits of blocks: a statement too many, one that is missing, another order, and another indent."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import pairwise

from .positions import Code, Edit
from .sight import Sight
from .tables import DONE_AT_ONCE, DONE_TO_TENSORS


def block(code: Code, sight: Sight, around: ast.stmt, body: Sequence[ast.stmt]) -> Iterator[Edit]:
    """Yield the edits of one block of a statement."""
    yield from _taken_out(code, around, body)
    for first, second in pairwise(body):
        yield from _in_other_order(code, first, second)
        yield from _moved_in(code, first, second)
        yield from _moved_in_first(code, first, second)
    yield from _moved_out(code, around, body)
    if isinstance(around, ast.FunctionDef):
        yield from _returned(code, body[-1])
    if sight.tensors:
        yield from _done_to_tensors(code, sight, body)


def _taken_out(code: Code, around: ast.stmt, body: Sequence[ast.stmt]) -> Iterator[Edit]:
    """Yield a block without one of its statements, or one that raises where it did nothing."""
    for statement in body:
        if isinstance(statement, ast.Pass) and isinstance(around, ast.If):
            span = code.start(statement), code.end(statement)
            yield Edit("slip.dropped-statement", *span, b"raise ValueError", statement, 1.5, True)
        at = code.whole_lines(statement)
        if at is not None and not isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.Return):
            yield Edit("slip.statement", *at, b" " * statement.col_offset + b"pass\n", statement, 2.5)


def _in_other_order(code: Code, first: ast.stmt, second: ast.stmt) -> Iterator[Edit]:
    one, two = code.whole_lines(first), code.whole_lines(second)
    if one is not None and two is not None and one[1] <= two[0] and not isinstance(second, ast.Return):
        new = _ended(code.data[slice(*two)]) + code.data[one[1] : two[0]] + code.data[slice(*one)]
        yield Edit("slip.order", one[0], two[1], new, first, 1.9)


def _moved_in(code: Code, first: ast.stmt, second: ast.stmt) -> Iterator[Edit]:
    """Yield a statement as the last one of the block before it."""
    at = code.whole_lines(second)
    if not isinstance(first, ast.For | ast.While | ast.With) or at is None or code.whole_lines(first) is None:
        return
    inside = first.body[0].col_offset - second.col_offset
    if inside > 0 and first.body[0].lineno > first.lineno:
        yield Edit("slip.indent", *at, _indented(code.data[slice(*at)], inside), second, 3.0)


def _moved_in_first(code: Code, first: ast.stmt, second: ast.stmt) -> Iterator[Edit]:
    """Yield a statement as the first one of the loop after it: what is set once may have to be set each time."""
    at = code.whole_lines(first)
    if not isinstance(first, ast.Assign) or not isinstance(second, ast.For | ast.While) or at is None:
        return
    top = second.body[0]
    if top.lineno > second.lineno and at[1] <= code.start(second):
        moved = _indented(code.data[slice(*at)], top.col_offset - first.col_offset)
        body = code.start(top) - top.col_offset
        yield Edit("slip.indent", at[0], body, code.data[at[1] : body] + moved, first, 2.8)


def _moved_out(code: Code, around: ast.stmt, body: Sequence[ast.stmt]) -> Iterator[Edit]:
    """Yield the last statement of a block as the first one after it."""
    last = body[-1]
    at = code.whole_lines(last)
    # No `elif` can be moved out, and no statement that stands before an `else`.
    movable = last.end_lineno == around.end_lineno and not code.is_elif(last)
    if isinstance(around, ast.For | ast.While | ast.With | ast.If) and at is not None and movable:
        outside = b" " * (last.col_offset - around.col_offset)
        moved = b"".join(line.removeprefix(outside) for line in code.data[slice(*at)].splitlines(keepends=True))
        left = b"" if len(body) > 1 else b" " * last.col_offset + b"pass\n"
        yield Edit("slip.indent", *at, left + moved, last, 2.0)


def _returned(code: Code, last: ast.stmt) -> Iterator[Edit]:
    """Yield the last statement of a function with a return of what it computes."""
    end = code.end(last)
    match last:
        case ast.Expr(ast.Call(ast.Name("print"), [value])) | ast.Expr(value):
            new = b"return " + code.words(value)
            yield Edit("slip.dropped-return", code.start(last), end, new, last, 1.0, True)
        case ast.Assign([ast.Name(name)]) | ast.AugAssign(ast.Name(name)):
            new = b"\n" + b" " * last.col_offset + b"return " + name.encode()
            yield Edit("slip.dropped-return", end, end, new, last, 1.0, True)


def _done_to_tensors(code: Code, sight: Sight, body: Sequence[ast.stmt]) -> Iterator[Edit]:
    """Yield a block with one more statement, which does something to a tensor, or with one that is not tracked."""
    made: dict[str, ast.stmt] = {}
    for statement in body:
        match statement:
            case ast.Assign([ast.Name(target)]):
                made[target] = statement
        # Right before an `elif`, or between a decorator and its function, no statement can stand.
        parted = isinstance(statement, ast.FunctionDef | ast.ClassDef) or code.is_elif(statement)
        at = code.whole_lines(statement)
        if at is None or parted:
            continue
        for name in sight.names:
            # It is missing before what reads its effect, or right after what it is done to.
            near = name.encode() in code.data[slice(*at)]
            for done in DONE_TO_TENSORS:
                shown = made.get(name, statement) if done in DONE_AT_ONCE else statement
                yield _put_before(code, statement, b"%b.%b" % (name.encode(), done), shown, 4.2 if near else 5.2)
        match statement:
            case ast.AugAssign() | ast.Expr(ast.Call(ast.Attribute())):
                new = b"with torch.no_grad(): " + code.words(statement)
                span = code.start(statement), code.end(statement)
                yield Edit("slip.dropped-statement", *span, new, statement, 3.0, True)


def _put_before(code: Code, statement: ast.stmt, new: bytes, shown: ast.stmt, rank: float) -> Edit:
    """Return the edit that puts a statement before another one, or in place of one that does nothing."""
    start = code.start(statement)
    if isinstance(statement, ast.Pass):
        return Edit("slip.dropped-statement", start, code.end(statement), new, shown, 1.5, True)
    line_end = b"\n" + b" " * statement.col_offset
    return Edit("slip.dropped-statement", start, start, new + line_end, shown, rank, True)


def _indented(lines: bytes, columns: int) -> bytes:
    return b"".join(b" " * columns + line for line in lines.splitlines(keepends=True))


def _ended(lines: bytes) -> bytes:
    return lines if lines.endswith(b"\n") else lines + b"\n"
