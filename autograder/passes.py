"""Follows in the texts of cells what became of gradients: which global names stand for numbers that a pass found.

Reads the texts and runs nothing.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable
from functools import lru_cache

from .source import root_of

# Where autograd hands a gradient out.
_GRADIENTS = frozenset(("grad", "hessian", "hvp", "jacfwd", "jacobian", "jacrev", "jvp", "vhp", "vjp"))
_GRADIENT = "a gradient"
_MOST_TEXT = 500_000

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def made_of_gradients(texts: tuple[str, ...]) -> frozenset[str]:
    """Return the global names that stand for a gradient, or for what was computed from one."""
    flows = [flow for text in texts for flow in _flows_in(text)] if sum(map(len, texts)) <= _MOST_TEXT else []
    found = {_GRADIENT}
    while more := {name for name, sources in flows if name not in found and not sources.isdisjoint(found)}:
        found |= more
    return frozenset(found)


# By the text: between two checks few cells have run.
@lru_cache(maxsize=2000)
def _flows_in(text: str) -> tuple[tuple[str, frozenset[str]], ...]:
    flows = _Flows()
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        flows.visit(ast.parse(text))
    return tuple(flows.found)


class _Flows(ast.NodeVisitor):
    """Collects global names, each with the names in what it is given. `f()` is what a call of `f` can give."""

    def __init__(self) -> None:
        self.found: list[tuple[str, frozenset[str]]] = []
        self._local: frozenset[str] = frozenset()

    def _flow(self, targets: Iterable[ast.AST], sources: Iterable[ast.AST]) -> None:
        names = {name for target in targets if (name := root_of(target))} - self._local
        if names:
            given = _names_in(sources) - self._local
            self.found += [(name, given) for name in names]

    def _function(self, node: _Function) -> None:
        outer, self._local = self._local, self._local | _local_to(node)
        self.found.append((f"{node.name}()", _names_in(node.body) - self._local))
        for statement in node.body:
            self.visit(statement)
        self._local = outer
        self._flow([ast.Name(node.name)], [one for one in (*node.args.defaults, *node.args.kw_defaults) if one])

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.found.append((f"{node.name}()", _names_in(node.body)))
        self._flow([ast.Name(node.name)], [one for one in node.body if not isinstance(one, _Function)])

    def visit_Assign(self, node: ast.Assign) -> None:
        self._flow((one for target in node.targets for one in _parts(target)), [node.value])
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._flow([node.target], [node.value])
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._flow([node.target], [node.value] if node.value else [])
        self.generic_visit(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._flow([node.target], [node.value])
        self.generic_visit(node)

    def visit_For(self, node: ast.For) -> None:
        self._flow(_parts(node.target), [node.iter])
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Take what is handed to a method, as `append`, for a part of the object."""
        if isinstance(node.func, ast.Attribute):
            self._flow([node.func.value], [*node.args, *(one.value for one in node.keywords)])
        self.generic_visit(node)


def _parts(target: ast.expr) -> Iterable[ast.expr]:
    """Return what an assignment writes to: the elements of a tuple, or the one target."""
    return [one for one in ast.walk(target) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)] or [target]


def _names_in(nodes: Iterable[ast.AST]) -> frozenset[str]:
    found = set()
    for node in (inner for one in nodes for inner in ast.walk(one)):
        match node:
            case ast.Attribute(_, name) | ast.Call(ast.Name(name)) if name in _GRADIENTS:
                found.add(_GRADIENT)
            case ast.Call(ast.Name(name)):
                found.add(f"{name}()")
            case ast.Name(name):
                found.add(name)
    return frozenset(found)


def _local_to(function: _Function) -> frozenset[str]:
    nodes = [inner for one in function.body for inner in ast.walk(one)]
    stored = {one.id for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    given = {one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg)}
    shared = {name for one in nodes if isinstance(one, ast.Global | ast.Nonlocal) for name in one.names}
    return frozenset((stored | given) - shared)
