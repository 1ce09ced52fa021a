"""What an answer's text says, as the names that it calls. Reads the text and never runs it.

`difference` looks for finite differences.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from functools import lru_cache

from .observation import SMALL

# What is raised where a text can't be read.
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
_FEW_DIGITS = frozenset({"around", "bfloat16", "f4", "float16", "float32", "half", "round", "single"})
# What finds a derivative from a fitted curve or from symbols: by these names, whatever the module is called.
LIBRARY = frozenset({"Derivative", "derivative", "diff", "lambdify", "polyfit", "sympify"})
_MANY = frozenset({"arange", "fft", "ifft", "linspace", "mean", "range", "sum"})


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
    except UNREADABLE:
        body = []
    starts = [min(one.lineno for one in (node, *getattr(node, "decorator_list", ()))) for node in body]
    start = max((one for one in starts if one <= line), default=line)
    return defines("\n".join(source.splitlines()[start - 1 :]), name)


# What a text says is asked more than once for each answer, and students hand in the same text.
kept = lru_cache(maxsize=512)


@kept
def names_called(source: str) -> frozenset[str]:
    """Return the names of the functions that a text calls.

    For `torch.func.vjp(f, x)`, the name is `vjp`.
    """
    try:
        nodes = nodes_of(source)
    except UNREADABLE:
        return frozenset()
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    return frozenset(_name_of(one) for one in calls if isinstance(one, ast.Name | ast.Attribute))


@kept
def hides_overflow(source: str) -> bool:
    """Whether a text ignores or records the warning of an overflow, or catches its error and goes on.

    What turns a warning into an error hides nothing, and neither does a handler that raises.
    """
    try:
        return any(_hides(node) for node in nodes_of(source))
    except UNREADABLE:
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


@kept
def uses_backward_result(source: str) -> bool:
    """Whether a text uses what a call of `backward` returns, in place or by the name that it gives it."""
    try:
        nodes = nodes_of(source)
    except UNREADABLE:
        return False
    passes = {id(node) for node in nodes if isinstance(node, ast.Call) and _is_pass(node)}
    given = [node for node in nodes if isinstance(node, ast.Assign) and id(node.value) in passes]
    names = {target.id for node in given for target in node.targets if isinstance(target, ast.Name)}
    alone = {id(node.value) for node in nodes if isinstance(node, ast.Expr)} | {id(node.value) for node in given}
    read = (node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    return bool(passes - alone) or any(node.id in names for node in read)


def _is_pass(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "backward"


@kept
def may_read_grad(source: str) -> bool:
    """Whether a text reads a `.grad`, or can't be read itself."""
    try:
        nodes = nodes_of(source)
    except UNREADABLE:
        return True
    return not nodes[1:] or any(isinstance(node, ast.Attribute) and node.attr == "grad" for node in nodes)


@kept
def may_catch(source: str) -> bool:
    """Whether a text uses a parameter in a block that can catch what it raises, or can't be read itself."""
    try:
        nodes = nodes_of(source)
    except UNREADABLE:
        return True
    blocks = (node for node in nodes if isinstance(node, ast.Try | ast.TryStar | ast.With))
    inside = (node for block in blocks for statement in block.body for node in ast.walk(statement))
    parameters = {node.arg for node in nodes if isinstance(node, ast.arg)}
    return not nodes[1:] or any(isinstance(node, ast.Name) and node.id in parameters for node in inside)


@kept
def detaches_or_retains_late(source: str) -> bool:
    """Whether a text detaches a tensor, or calls `retain_grad` after its first `backward` alone."""
    try:
        calls = [node for node in nodes_of(source) if isinstance(node, ast.Call)]
        attributes = {node.attr for node in nodes_of(source) if isinstance(node, ast.Attribute)}
    except UNREADABLE:
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
    return min(called_of(source, LIBRARY), default="")


@kept
def says_complex(source: str) -> bool:
    """Whether a text computes with complex numbers."""
    try:
        for node in nodes_of(source):
            match node:
                case ast.Constant(complex()) | ast.Call(ast.Name("complex")):
                    return True
                case ast.Attribute(_, "complex64" | "complex128" | "cfloat" | "cdouble"):
                    return True
                case ast.Call(ast.Attribute(ast.Name("cmath"))):
                    return True
    except UNREADABLE:
        pass
    return False


def says_samples(source: str) -> bool:
    """Whether a text makes or sums up many points."""
    try:
        return any(isinstance(node, ast.Name | ast.Attribute) and _name_of(node) in _MANY for node in nodes_of(source))
    except UNREADABLE:
        return False


def _name_of(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


@kept
def says_few_digits(source: str) -> bool:
    """Whether a text says why a right formula's value may have few digits: a small constant, rounding, or a short type.

    What an `assert` compares is no part of the value.
    """
    try:
        for node in answering(tree_of(source)):
            match node:
                case ast.Constant(float() as number) if 0 < abs(number) <= SMALL:
                    return True
                case ast.Name(name) | ast.Attribute(_, name) if name in _FEW_DIGITS:
                    return True
                case ast.Constant(str() as name) if name in _FEW_DIGITS:
                    return True
                case ast.FormattedValue(_, _, ast.JoinedStr()):
                    return True
    except UNREADABLE:
        pass
    return False


def called_of(source: str, names: frozenset[str]) -> frozenset[str]:
    """Return those of some names that a text calls and does not define."""
    called = names_called(source) & names
    return called and called - {node.name for node in nodes_of(source) if isinstance(node, ast.FunctionDef)}


@lru_cache(maxsize=32)
def nodes_of(source: str) -> tuple[ast.AST, ...]:
    """Return all nodes of a text. Raises one of `UNREADABLE` where it is no Python.

    Cached, because each answer needs them twice in a row.
    """
    return tuple(ast.walk(tree_of(source)))


@lru_cache(maxsize=32)
def tree_of(source: str) -> ast.Module:
    """Return the tree of a text, which may be indented. Raises one of `UNREADABLE` where it is no Python."""
    return ast.parse(textwrap.dedent(source))


def answering(function: ast.AST) -> Iterator[ast.AST]:
    """Yield all that a function is made of, but for what it asserts."""
    waiting = [function]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.Assert))
