"""Finds the student's own functions that an answer reaches, and their text. Decides nothing."""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import linecache
import textwrap
import types
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np

from .observation import MAX_TEXT, Read
from .origins import held, is_library, is_text_of, read_by_name, reads_gradients, within

_MAX_BORROWED = 50


def source_of(answer: object, namespace: Mapping[str, Any], ran: Iterable[types.CodeType] | None = None) -> str:
    """Return the text of an answer and of the student's own functions that it reaches, or "" where there is none.

    With `ran`, the code that ran, its text belongs to that too; and where one of them is not compiled from the text that
    stands for it, there is none.
    """
    codes = [function.__code__ for function in _functions_of(answer, namespace)]
    if ran is not None:
        read = {id(one) for code in codes for one in within(code)}
        codes += [code for code in ran if id(code) not in read]
        if not all(map(is_text_of, codes)):
            return ""
    texts: dict[str, None] = {}
    for code in codes:
        # Whatever stands in the file, the check goes on without its text.
        with contextlib.suppress(OSError, TypeError, IndexError, SyntaxError):
            # Of the code, since of a function it would be the text of what that says that it wraps. And not by
            # `inspect.getsource`, which goes through all modules to find the one that a code is of.
            lines = linecache.getlines(code.co_filename)
            text = _class_around("".join(lines), code) if "." in code.co_qualname else ""
            texts[text or textwrap.dedent("".join(inspect.getblock(lines[code.co_firstlineno - 1 :])))] = None
    return "\n\n".join(texts)[:MAX_TEXT]


def borrowed_by(name: str, answer: object, namespace: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the functions and classes that the answer of this name reaches in other cells than its own."""
    found = {(_top(function.__code__), function.__code__.co_filename) for function in _functions_of(answer, namespace)}
    own = {cell for top, cell in found if top == name}
    return tuple(sorted({top[:200] for top, cell in found if own and cell not in own}))[:_MAX_BORROWED]


def _top(code: types.CodeType) -> str:
    """Return the name of the function or class at the top of a cell in which a code stands."""
    return code.co_qualname.partition(".")[0]


@functools.lru_cache(maxsize=32)
def _classes_in(cell: str) -> tuple[tuple[int, int, str], ...]:
    """Return the classes at the top of a cell: the first and the last line, and the text."""
    lines = cell.splitlines(keepends=True)
    tops = (one for one in ast.parse(cell).body if isinstance(one, ast.ClassDef))
    spans = ((min([one.lineno, *(each.lineno for each in one.decorator_list)]), one.end_lineno) for one in tops)
    return tuple((start, end, "".join(lines[start - 1 : end])) for start, end in spans if end is not None)


def _class_around(cell: str, code: types.CodeType) -> str:
    """Return the text of the class in which the code of a method stands; "" where it stands in none."""
    try:
        found = _classes_in(cell)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # A cell with a magic is no Python as a whole.
        return ""
    return next((text for start, end, text in found if start <= code.co_firstlineno <= end), "")


def read_by(name: str, namespace: Mapping[str, Any]) -> tuple[Read, ...]:
    """Return what the answer of this name reads that was made before its first call, by kind."""
    found: set[Read] = set()
    with contextlib.suppress(Exception):
        functions = _functions_of(namespace[name], namespace)
        if reads_gradients(name, functions, namespace):
            found.add("gradient")
        for function in functions:
            found |= read_by_name(function.__code__, namespace)
            found |= held(function.__defaults__ or ())
            found |= held(cell.cell_contents for cell in function.__closure__ or ())
    return tuple(sorted(found))


def _functions_of(answer: object, namespace: Mapping[str, Any]) -> list[types.FunctionType]:
    """Return the functions behind an answer, and those of the student's own that they reach."""
    found: list[types.FunctionType] = []
    seen: set[int] = set()
    waiting: list[object] = [answer]
    while waiting and len(seen) < 50:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        # Whatever an object does when it is looked into, the check goes on without its text.
        with contextlib.suppress(Exception):
            for function in _functions(thing, namespace):
                found.append(function)
                reached = [namespace.get(name) for name in names_in(function.__code__)]
                reached += inspect.getclosurevars(function).nonlocals.values()
                waiting.extend(each for one in reached for each in _members(one) if _is_theirs(each, namespace))
    return found


def _functions(thing: Any, namespace: Mapping[str, Any]) -> list[types.FunctionType]:
    """Return the function behind a partial, and what it wraps or says that it wraps; of a class or instance, its own."""
    while isinstance(thing, functools.partial | np.vectorize):
        thing = thing.func if isinstance(thing, functools.partial) else thing.pyfunc
    around: list[types.FunctionType] = []
    for _ in range(50):
        if not hasattr(thing, "__wrapped__"):
            break
        if isinstance(thing, types.FunctionType) and not is_library(thing.__code__.co_filename):
            around.append(thing)
        thing = thing.__wrapped__
    if isinstance(thing, types.FunctionType):
        return [*around, thing]
    thing = getattr(thing, "__self__", thing)
    kinds = (thing if isinstance(thing, type) else type(thing)).__mro__
    members = [member for kind in kinds if _is_theirs(kind, namespace) for member in vars(kind).values()]
    members = [getattr(member, "__func__", member) for member in members]
    return [member for member in members if isinstance(member, types.FunctionType)]


def names_in(code: types.CodeType) -> Iterator[str]:
    """Yield the names that a function's code looks up, those of its inner functions and comprehensions with them."""
    for one in within(code):
        yield from one.co_names


def _members(thing: object) -> Iterator[object]:
    """Yield a thing, and what is in it if it is a container."""
    yield thing
    if isinstance(thing, types.SimpleNamespace):
        thing = vars(thing)
    if isinstance(thing, dict | list | tuple | set):
        yield from islice(thing.values() if isinstance(thing, dict) else thing, 50)


def _is_theirs(thing: object, namespace: Mapping[str, Any]) -> bool:
    if isinstance(thing, types.FunctionType):
        return not is_library(thing.__code__.co_filename)
    return bool(getattr(thing, "__module__", None) == namespace.get("__name__", "__main__"))
