"""What an answer's text says, as the names that it calls. Reads the text and never runs it.

`difference` looks for finite differences.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Callable, Iterator
from functools import lru_cache, wraps
from typing import TypeVar

from .observation import SMALL

Found = TypeVar("Found")

# What is raised where a text can't be read.
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
_FEW_DIGITS = frozenset({"around", "bfloat16", "f4", "float16", "float32", "half", "round", "single"})
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


def _asked_of_text(unreadable: Found) -> Callable[[Callable[[str], Found]], Callable[[str], Found]]:
    """Have a function keep what it finds in a text, and return `unreadable` for a text that can't be read."""

    def decorated(find: Callable[[str], Found]) -> Callable[[str], Found]:
        @kept
        @wraps(find)
        def found(source: str) -> Found:
            try:
                return find(source)
            except UNREADABLE:
                return unreadable

        return found

    return decorated


@_asked_of_text(unreadable=frozenset[str]())
def names_taken(source: str) -> frozenset[str]:
    """Return the names that a text calls and that mean nothing of its own, and those that it takes from a module.

    For `torch.func.vjp(f, x)`, the name is `vjp`. A parameter, a loop variable, a field, or what is assigned or defined in the
    text is its own, whatever library has a function of this name.
    """
    nodes = nodes_of(source)
    own = frozenset(name for node in nodes if (name := _bound_by(node)))
    inner = [one for node in nodes if isinstance(node, ast.ClassDef) for one in ast.walk(node)]
    fields = {name for node in inner if (name := _bound_by(node))}
    called = [node.func for node in nodes if isinstance(node, ast.Call)]
    names = {one.id for one in called if isinstance(one, ast.Name)} - own
    methods = {one.attr for one in called if isinstance(one, ast.Attribute)}
    attributes = [one for one in nodes if isinstance(one, ast.Attribute)]
    of_modules = {one.attr for one in attributes if (root := root_of(one)) and root not in own}
    return frozenset(names | (methods | of_modules) - fields)


def _bound_by(node: ast.AST) -> str:
    """Return the name that a node gives a meaning of the text's own; "" where it gives none."""
    match node:
        case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name) | ast.arg(name):
            return name
        case ast.Name(name, ast.Store()) | ast.Attribute(_, name, ast.Store()):
            return name
    return ""


def root_of(node: ast.AST) -> str:
    """Return the name that an attribute or an element is of; "" where it is of none."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


@_asked_of_text(unreadable=False)
def uses_backward_result(source: str) -> bool:
    """Whether a text uses what a call of `backward` returns, in place or by the name that it gives it."""
    nodes = nodes_of(source)
    passes = {id(node) for node in nodes if isinstance(node, ast.Call) and _is_pass(node)}
    given = [node for node in nodes if isinstance(node, ast.Assign) and id(node.value) in passes]
    names = {target.id for node in given for target in node.targets if isinstance(target, ast.Name)}
    alone = {id(node.value) for node in nodes if isinstance(node, ast.Expr)} | {id(node.value) for node in given}
    read = (node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    return bool(passes - alone) or any(node.id in names for node in read)


def _is_pass(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "backward"


@_asked_of_text(unreadable=True)
def may_read_grad(source: str) -> bool:
    """Whether a text reads a `.grad`, or can't be read itself."""
    nodes = nodes_of(source)
    return not nodes[1:] or any(isinstance(node, ast.Attribute) and node.attr == "grad" for node in nodes)


@_asked_of_text(unreadable=True)
def may_catch(source: str) -> bool:
    """Whether a text uses a parameter in a block that can catch what it raises, or can't be read itself."""
    nodes = nodes_of(source)
    blocks = (node for node in nodes if isinstance(node, ast.Try | ast.TryStar | ast.With))
    inside = (node for block in blocks for statement in block.body for node in ast.walk(statement))
    parameters = {node.arg for node in nodes if isinstance(node, ast.arg)}
    return not nodes[1:] or any(isinstance(node, ast.Name) and node.id in parameters for node in inside)


@_asked_of_text(unreadable=False)
def detaches_or_retains_late(source: str) -> bool:
    """Whether a text detaches a tensor, or calls `retain_grad` after its first `backward` alone."""
    calls = [node for node in nodes_of(source) if isinstance(node, ast.Call)]
    attributes = {node.attr for node in nodes_of(source) if isinstance(node, ast.Attribute)}
    lines: dict[str, int] = {}
    for call in calls:
        if isinstance(call.func, ast.Attribute):
            lines[call.func.attr] = min(lines.get(call.func.attr, call.lineno), call.lineno)
    late = "retain_grad" in lines and lines.get("backward", lines["retain_grad"]) < lines["retain_grad"]
    return late or bool(attributes & {"data", "detach", "detach_"})


@_asked_of_text(unreadable=False)
def says_complex(source: str) -> bool:
    """Whether a text computes with complex numbers."""
    for node in nodes_of(source):
        match node:
            case ast.Constant(complex()) | ast.Call(ast.Name("complex")):
                return True
            case ast.Attribute(_, "complex64" | "complex128" | "cfloat" | "cdouble"):
                return True
            case ast.Call(ast.Attribute(ast.Name("cmath"))):
                return True
    return False


@_asked_of_text(unreadable=False)
def says_samples(source: str) -> bool:
    """Whether a text makes or sums up many points."""
    return any(isinstance(node, ast.Name | ast.Attribute) and _name_of(node) in _MANY for node in nodes_of(source))


def _name_of(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


@_asked_of_text(unreadable=False)
def says_few_digits(source: str) -> bool:
    """Whether a text says why a right formula's value may have few digits: a small constant, rounding, or a short type.

    What an `assert` compares is no part of the value.
    """
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
    return False


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
