"""The text of an answer, as it is read: its functions, its names, and where a part of it stands. It is never run."""

from __future__ import annotations

import ast
import builtins
import re
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

    def segment(self, node: ast.expr | ast.stmt | ast.arg) -> str:
        """Return the words of a part, verbatim."""
        return ast.get_source_segment(self.source, node) or ""

    def place(self, node: ast.expr | ast.stmt | ast.arg) -> Place:
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


def parameters(function: Function) -> tuple[ast.arg, ...]:
    """Return the parameters that are given by position."""
    return (*function.args.posonlyargs, *function.args.args)


def returns(function: Function) -> Iterator[ast.Return]:
    """Yield the returns of a function, and not those of functions within it."""
    if isinstance(function, ast.Lambda):
        yield ast.copy_location(ast.Return(function.body), function.body)
        return
    yield from (node for node in _outer_nodes(function) if isinstance(node, ast.Return))


def entry_of_result(function: Function, path: str) -> ast.expr | None:
    """Return the expression that an entry of the result is, as `['dz_dx']` or `[0]`.

    None where the function has several returns or a decorator, or where its result is no dict, tuple or list that it writes out.
    """
    found = _ENTRY.match(path)
    values = [one.value for one in returns(function)]
    if found is None or len(values) != 1 or (not isinstance(function, ast.Lambda) and function.decorator_list):
        return None
    entries: dict[object, ast.expr]
    match values[0]:
        case ast.Tuple(items) | ast.List(items) if not any(isinstance(one, ast.Starred) for one in items):
            entries = dict(enumerate(items))
        case ast.Dict(keys, items) if all(isinstance(one, ast.Constant) for one in keys):
            entries = {one.value: item for one, item in zip(keys, items, strict=True) if isinstance(one, ast.Constant)}
        case ast.Call(ast.Name("dict"), [], keywords) if all(one.arg for one in keywords):
            entries = {one.arg: one.value for one in keywords}
        case _:
            return None
    expression = entries.get(ast.literal_eval(found[1]))
    return _given(function, expression) if isinstance(expression, ast.Name) else expression


_ENTRY = re.compile(r"\[(\d+|'[^'\\]*')\]")


def _given(function: Function, name: ast.Name) -> ast.expr | None:
    """Return the expression that a name is given, if it is given one once and nothing in the function can change it."""
    nodes = tuple(own_nodes(function))
    # Through a dot, an index or `+=` a list or a tensor could be changed.
    changed: list[ast.expr] = [node.target for node in nodes if isinstance(node, ast.AugAssign)]
    changed += [node.value for node in nodes if isinstance(node, ast.Attribute | ast.Subscript)]
    if any(isinstance(one, ast.Name) and one.id == name.id for one in changed):
        return None
    stored = [
        one for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store) and one.id == name.id
    ]
    given = [node for node in _outer_nodes(function) if isinstance(node, ast.Assign) and node.targets == stored]
    return given[0].value if len(given) == 1 else None


def _outer_nodes(function: Function) -> Iterator[ast.AST]:
    """Yield what a function's body is made of in the order of the text, inner functions and classes left out."""
    waiting: list[ast.AST] = [function.body] if isinstance(function, ast.Lambda) else list(reversed(function.body))
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            yield node
            waiting += reversed(list(ast.iter_child_nodes(node)))


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
