"""Finite differences in an answer's text. Reads the text and never runs it."""

from __future__ import annotations

import ast
import operator
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise, product

from .observation import MAX_TEXT
from .source import UNREADABLE, answering, kept, nodes_of

_LARGEST_STEP = 0.2
_LARGE = 100.0  # a factor that may be one over a step
_DEPTH = 8
_MOST_WORK = 100_000
_ROUNDS = 3
# What returns the numbers that it is given, in another form.
_TRANSPARENT = frozenset(
    {"array", "asarray", "clone", "copy", "deepcopy", "detach", "double", "float", "float64", "item", "list", "numpy"}
    | {"as_tensor", "squeeze", "tensor", "tolist"}
)


class Names(dict[str, ast.expr]):
    """Maps a name to the expression that it stands for. Names can refer to each other, so the number of look-ups is limited."""

    def __init__(self, meanings: dict[str, ast.expr], work: Iterator[int]) -> None:
        super().__init__(meanings)
        self._work = work

    def spend(self) -> None:
        """Count one look-up. Raises RecursionError when the limit is reached."""
        if next(self._work, None) is None:
            raise RecursionError


def is_readable(source: str) -> bool:
    """Whether a text can be read at all: it is Python, and neither too long nor too deep."""
    # A text of the most characters that are kept may be cut off.
    return bool(source.strip()) and len(source) < MAX_TEXT and _read(source)[1]


def says_finite_difference(source: str) -> bool:
    """Whether a text evaluates the same thing at two points, and divides the difference by how far these are apart.

    Two terms of a numerator are the same thing at two points where they are alike but for some parts, as `f(x + h)` and
    `f(x - h)` are. Their distance is what these parts differ by. It is found by putting in numbers for the names, so a step
    may have any name, stand in an argument, a default or a global, or be written out. A step in the imaginary direction
    counts too. What an `assert` compares is no answer. Text that is not Python says nothing.
    """
    return _read(source)[0]


@kept
def _read(source: str) -> tuple[bool, bool]:
    """Return whether a function in a text is a finite difference, and whether all of the text can be read."""
    found, work = False, iter(range(_MOST_WORK))
    try:
        for node in nodes_of(source):
            if isinstance(node, ast.FunctionDef | ast.Lambda):
                found = _says_difference(node, work) or found
    except UNREADABLE:
        return found, False
    return found, True


def _says_difference(function: ast.FunctionDef | ast.Lambda, work: Iterator[int]) -> bool:
    nodes = tuple(answering(function))
    names = Names(_meanings(function, nodes), work)
    operations = [node for node in nodes if isinstance(node, ast.BinOp)]
    return any(
        _is_difference_over_one(node, names)
        if isinstance(node.op, ast.Add | ast.Sub)
        else isinstance(node.op, ast.Div | ast.Mult) and _is_difference_quotient(node, names)
        for node in operations
    )


def _is_difference_over_one(node: ast.expr, names: Names) -> bool:
    """Whether two points are apart by 1, over which nobody has to divide."""
    return any(_runs_along(apart, ast.Constant(1), names) for apart in _apart(node, names))


def _is_difference_quotient(node: ast.expr, names: Names) -> bool:
    over, under = _factors(node, names)
    large = [number for number in map(_number, over) if number is not None and abs(number) >= _LARGE]
    runs = [*under, *(ast.Constant(1 / number) for number in large)]
    runs += [ast.BinOp(a, ast.Mult(), b) for a, b in pairwise(under)]
    return any(
        _runs_along(apart, run, names) for numerator in over for apart in _apart(numerator, names) for run in runs
    )


def _apart(numerator: ast.expr, names: Names) -> Iterator[list[ast.expr]]:
    """Yield, for each way in which a numerator is a difference of the same thing at two points, how these are apart."""
    terms = list(_terms(numerator, names))
    for plus, minus in product(terms, terms):
        if minus[1] and not plus[1] and (differing := _differing(plus[0], minus[0], names)):
            yield [ast.BinOp(a, ast.Sub(), b) for a, b in differing]
    for term, _ in terms:
        match term:
            case ast.Attribute(inner, "imag") | ast.Call(ast.Name("imag") | ast.Attribute(_, "imag"), [inner]):
                yield from ([step] for step in _imaginary_steps(inner, names))


def _imaginary_steps(node: ast.expr, names: Names) -> Iterator[ast.expr]:
    """Yield the steps that are made in the imaginary direction within an expression, over the imaginary unit."""
    for inner in ast.walk(_meant(node, names)):
        if isinstance(inner, ast.BinOp | ast.Call | ast.Name):
            for term, _ in _terms(inner, names):
                unit = ast.BinOp(term, ast.Div(), ast.Constant(1j))
                if _value(term, names, {}).imag and not _value(unit, names, {}).imag:
                    yield unit
                match term:
                    case ast.Call(ast.Name("complex"), [_, step]):
                        yield step


def _differing(a: ast.expr, b: ast.expr, names: Names, depth: int = _DEPTH) -> list[tuple[ast.expr, ast.expr]]:
    """Return the parts in which two expressions differ, where they are the same thing otherwise; none where they are not."""
    a, b = _meant(a, names), _meant(b, names)
    children = _alike(a, b)
    if children is None or not depth:
        return []
    found = []
    for one, other in children:
        if ast.dump(one) != ast.dump(other):
            found += _differing(one, other, names, depth - 1) or [(one, other)]
    return found


def _alike(a: ast.expr, b: ast.expr) -> list[tuple[ast.expr, ast.expr]] | None:
    """Return what two expressions of the same form are made of, in pairs; None where their forms differ."""
    match a, b:
        case (ast.Call(f, _, f_words), ast.Call(g, _, g_words)) if [word.arg for word in f_words] == [
            word.arg for word in g_words
        ] and len(a.args) == len(b.args):
            pairs = [*zip(a.args, b.args, strict=True)]
            pairs += [(one.value, other.value) for one, other in zip(f_words, g_words, strict=True)]
            if ast.dump(f) == ast.dump(g):
                return pairs
            # A method is called of something, which may be what differs.
            if isinstance(f, ast.Attribute) and isinstance(g, ast.Attribute) and f.attr == g.attr:
                return [(f.value, g.value), *pairs]
        case ast.BinOp(), ast.BinOp() if type(a.op) is type(b.op):
            return [(a.left, b.left), (a.right, b.right)]
        case ast.UnaryOp(), ast.UnaryOp() if type(a.op) is type(b.op):
            return [(a.operand, b.operand)]
        case ast.Attribute(), ast.Attribute() if a.attr == b.attr:
            return [(a.value, b.value)]
        case ast.Subscript(), ast.Subscript() if ast.dump(a.slice) == ast.dump(b.slice):
            return [(a.value, b.value)]
        case (ast.List() | ast.Tuple(), ast.List() | ast.Tuple()) if len(a.elts) == len(b.elts):
            return [*zip(a.elts, b.elts, strict=True)]
    return None


def _runs_along(apart: Sequence[ast.expr], run: ast.expr, names: Names) -> bool:
    """Whether a denominator is how far two points are apart, or a multiple of it, whatever its names stand for."""
    return all(_is_multiple(one, run, names) for one in apart)


def _is_multiple(distance: ast.expr, run: ast.expr, names: Names) -> bool:
    known: dict[str, float] = {}
    first = _value(run, names, known)
    if not known:
        return _is_constant_step(distance, first, names) or _is_large_step(distance, first, names)
    ratios = []
    for n in range(_ROUNDS):
        atoms = {text: _drawn(text, n) for text in known}
        over, under = _value(distance, names, atoms), _value(run, names, atoms)
        if not under or not over:
            return False
        ratios.append(over / under)
    return all(abs(ratio - ratios[0]) <= 1e-4 * abs(ratios[0]) for ratio in ratios)


def _is_constant_step(distance: ast.expr, run: complex, names: Names) -> bool:
    """Whether a distance is that number or a simple multiple of it; in a direction, it is so where that is 1."""
    atoms: dict[str, float] = _Ones()
    ratio = _value(distance, names, atoms) / run if run and abs(run) <= 2 * _LARGEST_STEP else 0
    return bool(ratio) and abs(ratio) <= _LARGE and abs(24 * ratio - round((24 * ratio).real)) < 1e-3


def _is_large_step(distance: ast.expr, run: complex, names: Names) -> bool:
    """Whether two points on both sides of a third one are as far apart as that number, wherever they are.

    Such a difference is exact for a parabola.
    """
    match distance:
        case ast.BinOp(one, ast.Sub(), other) if run:
            if not (isinstance(_meant(one, names), ast.BinOp) and isinstance(_meant(other, names), ast.BinOp)):
                return False
            known: dict[str, float] = {}
            _value(distance, names, known)
            drawn = [_value(distance, names, {text: _drawn(text, n) for text in known}) for n in range(_ROUNDS)]
            return bool(known) and all(abs(each - run) < 1e-9 or abs(each + run) < 1e-9 for each in drawn)
    return False


class _Ones(dict[str, float]):
    """The number 1 for every text."""

    def __missing__(self, text: str) -> float:
        return 1.0


def _drawn(text: str, n: int) -> float:
    """Return a number between 1 and 2 for a text, another one in each round."""
    return 1 + zlib.crc32(f"{n} {text}".encode(errors="replace")) / 2**32


def _value(node: ast.expr, names: Names, atoms: dict[str, float], depth: int = 3 * _DEPTH) -> complex:
    """Return what an expression is where each part of it that can't be computed is a number; these are kept in `atoms`."""
    meant = _meant(node, names)
    try:
        match meant:
            case ast.Constant(int() | float() | complex() as value):
                return complex(value)
            case ast.UnaryOp(ast.USub(), operand) if depth:
                return -_value(operand, names, atoms, depth - 1)
            case ast.BinOp(left, op, right) if depth and type(op) in _OPERATORS:
                return complex(
                    _OPERATORS[type(op)](_value(left, names, atoms, depth - 1), _value(right, names, atoms, depth - 1))
                )
    except (ArithmeticError, ValueError):
        return 0j
    text = ast.unparse(meant)
    found = atoms[text] if isinstance(atoms, _Ones) or text in atoms else atoms.setdefault(text, _drawn(text, 0))
    return complex(found)


_OPERATORS: Mapping[type[ast.operator], Callable[[complex, complex], complex]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


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
    # A change stands for the name from there on: what is changed is what the name stood for before.
    once |= dict(reversed([pair for node in nodes for pair in _changed(node, once)]))
    # An argument without a default, or a name assigned twice, stands for itself: it can be anything.
    return once | {name: ast.Name(id=name) for name in names if name not in once}


def _changed(node: ast.AST, before: Mapping[str, ast.expr]) -> Iterator[tuple[str, ast.expr]]:
    """Yield a name that is moved, or into one element of which something is written, and what it then stands for."""
    match node:
        case ast.Assign([ast.Subscript(ast.Name(name))], value):
            yield name, value
        case ast.AugAssign(ast.Subscript(ast.Name(name), index), ast.Add() | ast.Sub() as sign, value):
            yield name, ast.BinOp(ast.Subscript(_unwrapped(before.get(name, ast.Name(name))), index), sign, value)
        case ast.AugAssign(ast.Name(name), ast.Add() | ast.Sub() as sign, value) if name in before:
            yield name, ast.BinOp(before[name], sign, value)


def _unwrapped(node: ast.expr) -> ast.expr:
    """Return what a copy, or the same numbers in another form, is made of."""
    while True:
        match node:
            case ast.Call(ast.Attribute(inner, name), []) if name in _TRANSPARENT:
                node = inner
            case ast.Call(ast.Name(name) | ast.Attribute(_, name), [inner]) if name in _TRANSPARENT:
                node = inner
            case _:
                return node


def _meant(node: ast.expr, names: Names) -> ast.expr:
    """Return the expression that a name or a copy stands for."""
    names.spend()
    for _ in range(8):
        node = _unwrapped(node)
        if not (isinstance(node, ast.Name) and node.id in names):
            break
        node = names[node.id]
    return node


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
