"""Finds finite differences in the text of an answer. Parses the text and never runs it."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Sequence
from functools import lru_cache

_LARGEST_STEP = 0.2
_LARGE = 100.0  # a factor from this size on may be 1 / step
_STEP_NAMES = frozenset({"h", "eps", "epsilon", "delta", "dx", "step"})
_SAMPLED = frozenset(f"{module}.{name}" for module in ("np", "numpy", "torch") for name in ("gradient", "diff"))
_DEPTH = 8
_MOST_WORK = 100_000


class Names(dict[str, ast.expr]):
    """Maps a name to the expression that it stands for. Names can refer to each other, so the number of look-ups is limited."""

    def __init__(self, meanings: dict[str, ast.expr], work: Iterator[int]) -> None:
        super().__init__(meanings)
        self._work = work

    def spend(self) -> None:
        """Count one look-up. Raises RecursionError when the limit is reached."""
        if next(self._work, None) is None:
            raise RecursionError


def names_called(source: str) -> frozenset[str]:
    """Return the names of the functions that a text calls. For `torch.func.vjp(f, x)`, the name is `vjp`."""
    try:
        calls = [node.func for node in _nodes(source) if isinstance(node, ast.Call)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    attributes = {function.attr for function in calls if isinstance(function, ast.Attribute)}
    return frozenset(attributes | {function.id for function in calls if isinstance(function, ast.Name)})


def says_finite_difference(source: str) -> bool:
    """Return whether a text divides the difference of two values by the small step between their arguments.

    Recognised is a quotient whose denominator is a step or a multiple of it, and whose numerator is a difference of
    terms in which something is moved by that step. A step is a number of at most 0.2, a name that stands for one, or a
    name that steps go by, as `h` and `eps`, where it stands for nothing else. Recognised is a secant's slope too,
    `(f(a) - f(b)) / (a - b)`, whatever stands between its ends. Text that is not Python says nothing.
    """
    try:
        work = iter(range(_MOST_WORK))
        functions = [node for node in _nodes(source) if isinstance(node, ast.FunctionDef | ast.Lambda)]
        return any(_differences(function, work) for function in functions)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


@lru_cache(maxsize=32)
def _nodes(source: str) -> tuple[ast.AST, ...]:
    """Return all nodes of a text. Cached, because each answer needs them twice in a row."""
    return tuple(ast.walk(ast.parse(textwrap.dedent(source))))


def _differences(function: ast.FunctionDef | ast.Lambda, work: Iterator[int]) -> bool:
    nodes = tuple(ast.walk(function))
    names = Names(_meanings(function, nodes), work)
    for node in nodes:
        match node:
            case ast.Call(ast.Attribute(ast.Name(module), name)) if f"{module}.{name}" in _SAMPLED:
                return True
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Mult):
            over, under = _factors(node, names)
            steps = {step for factor in under for step in _steps(factor, names)}
            steps |= {repr(1 / n / k) for n in map(_number, over) if n is not None and n >= _LARGE for k in (1, 2)}
            if steps and any(steps & _moved_by(factor, names) for factor in over):
                return True
            if any(_is_secant(numerator, denominator, names) for numerator in over for denominator in under):
                return True
    return False


def _is_secant(numerator: ast.expr, denominator: ast.expr, names: Names) -> bool:
    """Return whether a quotient is `(f(a) - f(b)) / (a - b)`, at any distance of `a` and `b`."""
    apart, values = _taken_apart(denominator, names), _taken_apart(numerator, names)
    if apart is None or values is None:
        return False
    match values:
        case ast.Call(f, [a, *_]), ast.Call(g, [b, *_]) if ast.unparse(f) == ast.unparse(g):
            return {ast.unparse(a), ast.unparse(b)} == {ast.unparse(each) for each in apart}
    return False


def _taken_apart(node: ast.expr, names: Names) -> tuple[ast.expr, ast.expr] | None:
    """Return the two terms of a difference; None for another expression."""
    match list(_terms(node, names)):
        case [(left, False), (right, True)]:
            return left, right
    return None


def _factors(node: ast.expr, names: Names, depth: int = _DEPTH) -> tuple[list[ast.expr], list[ast.expr]]:
    """Return the factors of a product or quotient: those of the numerator, and those of the denominator."""
    meant = _meant(node, names)
    if depth and isinstance(meant, ast.BinOp) and isinstance(meant.op, ast.Div | ast.Mult):
        over, under = _factors(meant.left, names, depth - 1)
        more_over, more_under = _factors(meant.right, names, depth - 1)
        if isinstance(meant.op, ast.Div):
            more_over, more_under = more_under, more_over
        return over + more_over, under + more_under
    if isinstance(meant, ast.UnaryOp):
        return _factors(meant.operand, names, depth - 1) if depth else ([meant], [])
    return [node], []


def _moved_by(difference: ast.expr, names: Names) -> set[str]:
    """Return the small steps that are added to something in a term of a difference, as text."""
    terms = list(_terms(difference, names))
    if not any(negative for _, negative in terms):
        return set()
    return {step for term, _ in terms for step in _moves(term, names)}


def _terms(
    node: ast.expr, names: Names, negative: bool = False, depth: int = _DEPTH
) -> Iterator[tuple[ast.expr, bool]]:
    """Yield the terms of a sum or difference, and whether each is subtracted."""
    meant = _meant(node, names)
    match meant:
        case ast.BinOp(left, ast.Add() | ast.Sub() as sign, right) if depth:
            yield from _terms(left, names, negative, depth - 1)
            yield from _terms(right, names, negative ^ isinstance(sign, ast.Sub), depth - 1)
        case ast.UnaryOp(ast.USub(), operand) if depth:
            yield from _terms(operand, names, not negative, depth - 1)
        case _:
            yield meant, negative


def _meanings(function: ast.FunctionDef | ast.Lambda, nodes: Sequence[ast.AST]) -> dict[str, ast.expr]:
    """Return the names that always stand for one expression: arguments with a default, and names assigned once."""
    arguments = function.args.posonlyargs + function.args.args
    pairs: list[tuple[str, ast.expr | None]] = [
        (argument.arg, None) for argument in arguments + function.args.kwonlyargs
    ]
    defaults = dict(
        zip(reversed([argument.arg for argument in arguments]), reversed(function.args.defaults), strict=False)
    )
    defaults |= {
        argument.arg: default
        for argument, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
        if default is not None
    }
    pairs = [(name, defaults.get(name)) for name, _ in pairs]
    for node in nodes:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            pairs.append((node.target.id, node.value))
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value = node.targets[0], node.value
            if isinstance(target, ast.Name):
                pairs.append((target.id, value))
            elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
                pairs.extend(
                    (name.id, part)
                    for name, part in zip(target.elts, value.elts, strict=True)
                    if isinstance(name, ast.Name)
                )
    names = [name for name, _ in pairs]
    once = {name: value for name, value in pairs if value is not None and names.count(name) == 1}
    once |= dict(reversed([pair for node in nodes for pair in _written_into(node)]))
    # An argument without a default, or a name assigned twice, can be anything, so it stands for itself.
    return once | {name: ast.Name(id=name) for name in names if name not in once}


def _written_into(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield the name of an array into which one element is written, and what the array then stands for."""
    match node:
        case ast.Assign([ast.Subscript(ast.Name(name))], value):
            yield name, value
        case ast.AugAssign(ast.Subscript(ast.Name(name)) as element, ast.Add() | ast.Sub() as sign, value):
            yield name, ast.BinOp(element, sign, value)


def _meant(node: ast.expr, names: Names) -> ast.expr:
    names.spend()
    for _ in range(5):
        if not (isinstance(node, ast.Name) and node.id in names):
            break
        node = names[node.id]
    return node


def _steps(denominator: ast.expr, names: Names, depth: int = _DEPTH) -> Iterator[str]:
    """Yield the small steps that a denominator may be a multiple of, as text."""
    if _is_step(denominator, names):
        yield ast.unparse(denominator)
    number = _number(denominator)
    if number is not None and abs(number) <= 2 * _LARGEST_STEP:
        yield repr(number / 2)
    if depth:
        match denominator:
            case ast.Name(name) if isinstance(names.get(name), ast.BinOp):
                yield from _steps(names[name], names, depth - 1)
            case ast.BinOp(left, ast.Mult(), right):
                yield from _steps(left, names, depth - 1)
                yield from _steps(right, names, depth - 1)
            case ast.BinOp(left, ast.Sub(), right):
                yield from _moves(left, names)
                yield from _moves(right, names)


def _moves(node: ast.expr, names: Names, depth: int = 4) -> Iterator[str]:
    """Yield the small steps that something within `node`, or `node` itself, is moved by, as text."""
    for inner in ast.walk(node):
        names.spend()
        if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Add | ast.Sub):
            for side in (inner.left, inner.right):
                yield from _step_texts(side, names)
        elif depth and isinstance(inner, ast.Name) and isinstance(names.get(inner.id), ast.BinOp | ast.Call):
            yield from _moves(names[inner.id], names, depth - 1)


def _step_texts(node: ast.expr, names: Names, depth: int = _DEPTH) -> Iterator[str]:
    """Yield a step as text, and the steps that it stands for: along one axis of a vector, h is `h * e`."""
    if not depth or not _is_step(node, names):
        return
    yield ast.unparse(node)
    match node:
        case ast.Name(name) if name in names and names[name] is not node:
            yield from _step_texts(names[name], names, depth - 1)
        case ast.BinOp(left, ast.Mult(), right):
            yield from _step_texts(left, names, depth - 1)
            yield from _step_texts(right, names, depth - 1)


def _is_step(node: ast.expr, names: Names, depth: int = _DEPTH) -> bool:
    """Return whether an expression is a small number, a name for one, or a product with one."""
    meant = _meant(node, names)
    if isinstance(meant, ast.Name | ast.Attribute):
        return any(_name(each).lower() in _STEP_NAMES for each in (node, meant))
    if depth and isinstance(meant, ast.BinOp) and isinstance(meant.op, ast.Mult):
        return _is_step(meant.left, names, depth - 1) or _is_step(meant.right, names, depth - 1)
    number = _number(meant)
    return number is not None and 0 < abs(number) <= _LARGEST_STEP


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(name) | ast.Attribute(_, name):
            return name
    return ""


def _number(node: ast.expr) -> float | None:
    """Return the value of a constant expression; None for another one."""
    match node:
        case ast.Constant(int() | float() as value) if not isinstance(value, bool):
            return float(value)
        case ast.UnaryOp(ast.USub(), operand):
            number = _number(operand)
            return None if number is None else -number
        case ast.BinOp(left, op, right):
            a, b = _number(left), _number(right)
            if a is None or b is None:
                return None
            try:
                match op:
                    case ast.Pow() if abs(b) <= 400:
                        result = a**b
                        return result if isinstance(result, float) else None
                    case ast.Div():
                        return a / b
                    case ast.Mult():
                        return a * b
            except ArithmeticError:
                return None
    return None
