"""What an answer's text says: finite differences, and names that it calls. Reads the text and never runs it."""

from __future__ import annotations

import ast
import operator
import re
import textwrap
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise, product

from .observation import MAX_TEXT, SMALL

_LARGEST_STEP = 0.2
_LARGE = 100.0  # a factor that may be one over a step
_DEPTH = 8
_MOST_WORK = 100_000
_ROUNDS = 3
_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
# What finds a slope from samples, and what finds a derivative from a fitted curve or from symbols: by these names, whatever
# the module is called.
SAMPLING = frozenset({"approx_derivative", "approx_fprime", "ediff1d", "gradient"})
_FEW_DIGITS = frozenset({"around", "bfloat16", "f4", "float16", "float32", "half", "round", "single"})
LIBRARY = frozenset({"Derivative", "derivative", "diff", "lambdify", "polyfit", "sympify"})
_MANY = frozenset({"arange", "fft", "ifft", "linspace", "mean", "range", "sum"})
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


def defines(source: str, name: str) -> bool:
    """Return whether a cell's text gives a name its value. The text need not be Python that can be parsed."""
    name = re.escape(name)
    return bool(
        re.search(rf"^(?:(?:async\s+)?def|class)\s+{name}\b|^{name}\s*(?::[^=\n]+)?=(?!=)", source, re.MULTILINE)
    )


def is_left_undefined(source: str, name: str, line: int) -> bool:
    """Return whether a cell that stopped at a line, counted from 1, had yet to give a name its value."""
    try:
        body = ast.parse(source).body
    except _UNREADABLE:
        body = []
    starts = [min(one.lineno for one in (node, *getattr(node, "decorator_list", ()))) for node in body]
    start = max((one for one in starts if one <= line), default=line)
    return defines("\n".join(source.splitlines()[start - 1 :]), name)


# What a text says is asked more than once for each answer, and students hand in the same text.
_kept = lru_cache(maxsize=512)


@_kept
def names_called(source: str) -> frozenset[str]:
    """Return the names of the functions that a text calls.

    For `torch.func.vjp(f, x)`, the name is `vjp`.
    """
    try:
        nodes = _nodes(source)
    except _UNREADABLE:
        return frozenset()
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    return frozenset(_name_of(one) for one in calls if isinstance(one, ast.Name | ast.Attribute))


@_kept
def hides_overflow(source: str) -> bool:
    """Whether a text ignores or records the warning of an overflow, or catches its error and goes on.

    What turns a warning into an error hides nothing, and neither does a handler that raises.
    """
    try:
        return any(_hides(node) for node in _nodes(source))
    except _UNREADABLE:
        return False


def _hides(node: ast.AST) -> bool:
    match node:
        case ast.ExceptHandler(type=ast.expr() as kinds, body=body):
            caught = kinds.elts if isinstance(kinds, ast.Tuple) else [kinds]
            names = {_name_of(one) for one in caught if isinstance(one, ast.Name | ast.Attribute)}
            return not names.isdisjoint(_OVERFLOWS) and not isinstance(body[-1], ast.Raise)
        case ast.Call(ast.Name(name) | ast.Attribute(_, name), places, words):
            given = {word.arg: word.value for word in words}
            match name:
                case "errstate" | "seterr":
                    # What is handed over by place, or in a dict, is not read.
                    setting = given.get("over", given.get("all"))
                    return bool(places) or None in given or (setting is not None and not _is_text(setting, _LOUD))
                case "catch_warnings":
                    return "record" in given or ("action" in given and not _is_text(given["action"], _LOUD))
                case "simplefilter" | "filterwarnings":
                    return not _is_text(given.get("action", places[0] if places else None), _LOUD)
    return False


_OVERFLOWS = frozenset({"ArithmeticError", "FloatingPointError", "OverflowError", "RuntimeWarning", "Warning"})
# What is set so shows each overflow.
_LOUD = frozenset({"always", "error", "raise", "warn"})


def _is_text(node: ast.expr | None, texts: frozenset[str]) -> bool:
    return isinstance(node, ast.Constant) and node.value in texts


@_kept
def uses_backward_result(source: str) -> bool:
    """Whether a text uses what a call of `backward` returns, in place or by the name that it gives it."""
    try:
        nodes = _nodes(source)
    except _UNREADABLE:
        return False
    passes = {id(node) for node in nodes if isinstance(node, ast.Call) and _is_pass(node)}
    given = [node for node in nodes if isinstance(node, ast.Assign) and id(node.value) in passes]
    names = {target.id for node in given for target in node.targets if isinstance(target, ast.Name)}
    alone = {id(node.value) for node in nodes if isinstance(node, ast.Expr)} | {id(node.value) for node in given}
    read = (node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    return bool(passes - alone) or any(node.id in names for node in read)


def _is_pass(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "backward"


@_kept
def may_read_grad(source: str) -> bool:
    """Whether a text reads a `.grad`, or can't be read itself."""
    try:
        nodes = _nodes(source)
    except _UNREADABLE:
        return True
    return not nodes[1:] or any(isinstance(node, ast.Attribute) and node.attr == "grad" for node in nodes)


@_kept
def detaches_or_retains_late(source: str) -> bool:
    """Whether a text detaches a tensor, or calls `retain_grad` after its first `backward` alone."""
    try:
        calls = [node for node in _nodes(source) if isinstance(node, ast.Call)]
        attributes = {node.attr for node in _nodes(source) if isinstance(node, ast.Attribute)}
    except _UNREADABLE:
        return False
    lines: dict[str, int] = {}
    for call in calls:
        if isinstance(call.func, ast.Attribute):
            lines[call.func.attr] = min(lines.get(call.func.attr, call.lineno), call.lineno)
    late = "retain_grad" in lines and lines.get("backward", lines["retain_grad"]) < lines["retain_grad"]
    return late or bool(attributes & {"data", "detach", "detach_"})


def says_library_derivative(source: str) -> str:
    """Return the name of a library's function that finds derivatives and that a text calls; "" where it calls none.

    A function of that name which the text itself defines is not the library's.
    """
    return min(_called_of(source, LIBRARY), default="")


@_kept
def says_complex(source: str) -> bool:
    """Whether a text computes with complex numbers."""
    try:
        for node in _nodes(source):
            match node:
                case ast.Constant(complex()) | ast.Call(ast.Name("complex")):
                    return True
                case ast.Attribute(_, "complex64" | "complex128" | "cfloat" | "cdouble"):
                    return True
                case ast.Call(ast.Attribute(ast.Name("cmath"))):
                    return True
    except _UNREADABLE:
        pass
    return False


def says_samples(source: str) -> bool:
    """Whether a text makes or sums up many points."""
    try:
        return any(isinstance(node, ast.Name | ast.Attribute) and _name_of(node) in _MANY for node in _nodes(source))
    except _UNREADABLE:
        return False


def _name_of(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


@_kept
def says_few_digits(source: str) -> bool:
    """Whether a text says why a right formula's value may have few digits: a small constant, rounding, or a short type.

    What an `assert` compares is no part of the value.
    """
    try:
        for node in _answering(_tree(source)):
            match node:
                case ast.Constant(float() as number) if 0 < abs(number) <= SMALL:
                    return True
                case ast.Name(name) | ast.Attribute(_, name) if name in _FEW_DIGITS:
                    return True
                case ast.Constant(str() as name) if name in _FEW_DIGITS:
                    return True
                case ast.FormattedValue(_, _, ast.JoinedStr()):
                    return True
    except _UNREADABLE:
        pass
    return False


def _called_of(source: str, names: frozenset[str]) -> frozenset[str]:
    """Return those of some names that a text calls and does not define."""
    called = names_called(source) & names
    return called and called - {node.name for node in _nodes(source) if isinstance(node, ast.FunctionDef)}


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
    if _called_of(source, SAMPLING):
        return True
    return _read(source)[0]


@_kept
def _read(source: str) -> tuple[bool, bool]:
    """Return whether a function in a text is a finite difference, and whether all of the text can be read."""
    found, work = False, iter(range(_MOST_WORK))
    try:
        for node in _nodes(source):
            if isinstance(node, ast.FunctionDef | ast.Lambda):
                found = _says_difference(node, work) or found
    except _UNREADABLE:
        return found, False
    return found, True


@lru_cache(maxsize=32)
def _nodes(source: str) -> tuple[ast.AST, ...]:
    """Return all nodes of a text. Cached, because each answer needs them twice in a row."""
    return tuple(ast.walk(_tree(source)))


@lru_cache(maxsize=32)
def _tree(source: str) -> ast.Module:
    return ast.parse(textwrap.dedent(source))


def _says_difference(function: ast.FunctionDef | ast.Lambda, work: Iterator[int]) -> bool:
    nodes = tuple(_answering(function))
    names = Names(_meanings(function, nodes), work)
    quotients = (node for node in nodes if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Mult))
    return any(_is_difference_quotient(node, names) for node in quotients)


def _answering(function: ast.AST) -> Iterator[ast.AST]:
    """Yield all that a function is made of, but for what it asserts."""
    waiting = [function]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.Assert))


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
