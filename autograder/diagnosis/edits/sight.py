"""What stands in a text beside the place of an edit: names, functions and short expressions that may belong there."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ..text import parameters
from .positions import Code
from .tables import LEFT_OUT

_MOST_NAMES = 12
_MOST_PARTS = 10
_MOST_CALLS = 10
_LONGEST_PART = 40


@dataclass(frozen=True)
class Sight:
    """What stands beside the edits of one unit of a text.

    `names` and `parts` are those of the unit, `parts` as short expressions; `counters` are the names that its loops count with. `calls` are functions of one argument, and `again`
    is what the text gives a value more than once. `tensors` says that the text works with tensors.
    """

    names: tuple[str, ...]
    parts: tuple[bytes, ...]
    counters: tuple[str, ...]
    calls: tuple[bytes, ...]
    again: frozenset[bytes]
    tensors: bool


def sights(code: Code, units: Sequence[ast.stmt]) -> Iterator[tuple[ast.stmt, Sight]]:
    """Yield each unit with what stands in sight of its edits."""
    functions = [node.name for node in ast.walk(code.tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    calls, again = _functions(code), _given_again(code)
    tensors = b"torch" in code.data or b".grad" in code.data
    for unit in units:
        names = _names(unit, functions)
        yield unit, Sight(names, _parts(code, unit, names, calls), _counters(unit), calls, again, tensors)


def _given_again(code: Code) -> frozenset[bytes]:
    """Return what may be set again: in another place, or in a loop."""
    given = Counter(map(code.words, _targets(code.tree)))
    loops = (node for node in ast.walk(code.tree) if isinstance(node, ast.For | ast.While))
    in_loops = (code.words(target) for loop in loops for target in _targets(loop))
    return frozenset(words for words, times in given.items() if times > 1).union(in_loops)


def _targets(tree: ast.AST) -> Iterator[ast.Name | ast.Subscript]:
    """Yield the names and the entries that statements of a tree give a value."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (one for one in targets if isinstance(one, ast.Name | ast.Subscript))


def _names(top: ast.stmt, functions: Collection[str]) -> tuple[str, ...]:
    """Return the names of parameters and of what is assigned, those that are met first, first."""
    found: dict[str, None] = {}
    for node in ast.walk(top):
        match node:
            case ast.FunctionDef() | ast.Lambda():
                found |= dict.fromkeys(one.arg for one in parameters(node))
            case ast.Name(name, ast.Store()):
                found[name] = None
    for name in (*functions, "self", "_"):
        found.pop(name, None)
    return tuple(found)[:_MOST_NAMES]


def _counters(top: ast.stmt) -> tuple[str, ...]:
    loops = (node for node in ast.walk(top) if isinstance(node, ast.For | ast.comprehension))
    return tuple(dict.fromkeys(loop.target.id for loop in loops if isinstance(loop.target, ast.Name)))


def _functions(code: Code) -> tuple[bytes, ...]:
    """Return the functions of one argument that the text calls, and those that belong beside them."""
    called: dict[bytes, None] = {}
    for node in ast.walk(code.tree):
        match node:
            case ast.Call(ast.Name(name), [_], []) if name not in ("range", "len", "print", "zip", "enumerate"):
                called[name.encode()] = None
            case ast.Call(ast.Attribute(ast.Name(module), name), [_], []) if module in ("math", "np", "torch"):
                called[f"{module}.{name}".encode()] = None
    for origin, names in LEFT_OUT.items():
        if re.search(rb"\b%b\." % origin, code.data):
            called |= dict.fromkeys(origin + b"." + name for name in names)
    return tuple(called)[:_MOST_CALLS]


def _parts(code: Code, top: ast.stmt, names: Sequence[str], calls: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return short expressions that may be missing elsewhere: those that stand in the text, and functions of names."""
    parts: dict[bytes, None] = {}
    for node in ast.walk(top):
        match node:
            case ast.Call(_, [_, *_], _) | ast.BinOp() | ast.Subscript(ctx=ast.Load()) | ast.Attribute(ctx=ast.Load()):
                words = code.group(node)
                if len(words) <= _LONGEST_PART and b"\n" not in words:
                    parts[words] = None
    one_minus = [b"(1-%b)" % name.encode() for name in names[:4]]
    found = [*one_minus, *list(parts)[:_MOST_PARTS]]
    called = [one for one in calls if re.search(rb"\b%b\(" % re.escape(one), code.data)]
    found += [b"%b(%b)" % (one, name.encode()) for one in called[:3] for name in names[:3]]
    found += [b"%b%b" % (one, name) for one in called[:3] for name in one_minus[:3]]
    return tuple(dict.fromkeys(found))
