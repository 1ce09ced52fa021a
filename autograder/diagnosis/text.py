"""The text of an answer, as it is read: its functions, its names, and where a part of it stands. It is never run."""

from __future__ import annotations

import ast
import builtins
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ..finding import Place

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

_LONGEST = 200
_DEEPEST = 60
_BUILTINS = frozenset(vars(builtins))
_CONSTANTS = frozenset({"pi", "e", "inf", "nan", "tau", "newaxis"})


@dataclass(frozen=True)
class Text:
    """A text that is Python."""

    source: str
    tree: ast.Module
    lines: tuple[str, ...]

    def function(self, name: str) -> Function | None:
        """Return the function that a name is bound to at the top of the text; the last one, as for Python."""
        for node in reversed(self.tree.body):
            match node:
                case ast.FunctionDef(found) | ast.AsyncFunctionDef(found) if found == name:
                    return node
                case ast.Assign([ast.Name(found)], ast.Lambda() as function) if found == name:
                    return function
        return None

    @property
    def defined(self) -> frozenset[str]:
        """The names that are bound at the top of the text."""
        names = set()
        for node in self.tree.body:
            match node:
                case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                    names.add(name)
                case ast.Assign(targets):
                    names |= {target.id for target in targets if isinstance(target, ast.Name)}
        return frozenset(names)

    def segment(self, node: ast.expr | ast.stmt) -> str:
        """Return the words of a part, verbatim."""
        return ast.get_source_segment(self.source, node) or ""

    def place(self, node: ast.expr | ast.stmt) -> Place:
        """Return where a part stands; of one over several lines, its first line."""
        first, *more = self.segment(node).splitlines() or [""]
        code = self.lines[node.lineno - 1]
        column = len(code.encode()[: node.col_offset].decode(errors="replace"))
        indent = len(code) - len(code.lstrip())
        top = next((one for one in reversed(self.tree.body) if _start(one) <= node.lineno), None)
        return Place(
            text=(first + (" …" if more else ""))[:_LONGEST],
            function=_name_of(top),
            line=node.lineno - (_start(top) if top is not None else 1) + 1,
            code=code[indent:][:_LONGEST],
            column=min(max(column - indent, 0), _LONGEST),
        )


@lru_cache(maxsize=128)
def text_of(source: str) -> Text | None:
    """Return the text; None where it is no Python, or too deeply nested."""
    try:
        with warnings.catch_warnings():
            # Python has warned of it when the cell ran; a check writes nothing to stderr.
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return Text(source, tree, tuple(source.split("\n"))) if _is_flat(tree) else None


def _is_flat(tree: ast.Module) -> bool:
    """Whether a text is not too deeply nested to be walked by functions that call themselves."""
    level: list[ast.AST] = [tree]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return not level


def parameters(function: Function) -> tuple[str, ...]:
    """Return the names of the parameters that are given by position."""
    return tuple(one.arg for one in (*function.args.posonlyargs, *function.args.args))


def own_nodes(function: Function) -> Iterator[ast.AST]:
    """Yield what a function's body is made of, inner functions with it."""
    body = [function.body] if isinstance(function, ast.Lambda) else function.body
    for statement in body:
        yield from ast.walk(statement)


def names_read(function: Function) -> frozenset[str]:
    """Return the names that a function's body reads; one that is added to with `+=` is read too."""
    nodes = tuple(own_nodes(function))
    read = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    changed = {
        node.target.id for node in nodes if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
    }
    return frozenset(read | changed)


def variables_from_outside(text: Text, function: Function) -> Iterator[ast.Name]:
    """Yield the names that a function reads as values and that neither it, nor the text, nor Python defines.

    What is called, or has something taken out of it by a dot, may be a function or a module, and is left out.
    """
    nodes = tuple(own_nodes(function))
    used_as_code = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    used_as_code |= {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    defined = set(_defined(text.tree)) | _BUILTINS | _CONSTANTS
    read = (node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    yield from (node for node in read if node.id not in defined and id(node) not in used_as_code)


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(name, ast.Store() | ast.Del()) | ast.arg(name):
                yield name
            case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                yield name
            case ast.alias(name, other):
                yield (other or name).partition(".")[0]
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name


def _start(statement: ast.stmt) -> int:
    """Return the line that a statement begins in, its decorators with it."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return min([statement.lineno, *(one.lineno for one in statement.decorator_list)])
    return statement.lineno


def _name_of(statement: ast.stmt | None) -> str:
    match statement:
        case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
            return name[:_LONGEST]
        case ast.Assign([ast.Name(name), *_]):
            return name[:_LONGEST]
    return ""
