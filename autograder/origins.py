"""Where an answer's code and numbers come from: whether its text is its own, and what it reads that was made before."""

from __future__ import annotations

import ast
import contextlib
import dis
import linecache
import sys
import sysconfig
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .observation import SMALL, Read
from .passes import made_of_gradients

_TABLE = 4
_FUTURE = 0x1FF0000  # The flags by which `from __future__ import …` changes how a text is compiled.
# What a name stands for that is no number.
_CODE = (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType)
# Files of functions that dataclasses, named tuples and enums make, which have no text.
_MADE = ("<string>", "namedtuple_")
# Where this package's code is from, as the code says it: behind the walls the package is no file.
_OWN_FILES = str(Path(sys._getframe().f_code.co_filename).parent)
# Where the functions are from that an exercise hands to an answer.
HANDED_OUT = f"{_OWN_FILES}/lessons"
_LIBRARIES = (
    "<frozen",
    "<__array_function__",
    _OWN_FILES,
    *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
)


def is_library(filename: str) -> bool:
    """Whether a file is Python's, an installed package's or this package's, and not the student's."""
    return filename.startswith(_LIBRARIES)


def is_text_of(code: types.CodeType) -> bool:
    """Whether the text that stands for a function is the one that it was compiled from, and no other was put there."""
    if code.co_filename.startswith(_MADE) and (code.co_name.startswith("__") or code.co_name == "<lambda>"):
        return True
    text = "".join(linecache.getlines(code.co_filename))
    there = _compiled(text, code.co_flags & _FUTURE).get((code.co_qualname, code.co_firstlineno), ())
    return any(_does(one) == _does(code) for one in there)


@lru_cache(maxsize=64)
def _compiled(text: str, flags: int) -> dict[tuple[str, int], list[types.CodeType]]:
    """Return all the code that a text becomes, by name and line."""
    found: dict[tuple[str, int], list[types.CodeType]] = {}
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        for code in within(compile(text, "<text>", "exec", flags=flags, dont_inherit=True)):
            found.setdefault((code.co_qualname, code.co_firstlineno), []).append(code)
    return found


def within(code: types.CodeType) -> Iterator[types.CodeType]:
    """Yield a code and those of the functions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from within(constant)


def _does(code: types.CodeType) -> tuple[object, ...]:
    """Return what a code does, apart from where it stands."""
    constants = [repr(one) for one in code.co_consts if not isinstance(one, types.CodeType)]
    inner = [_does(one) for one in code.co_consts if isinstance(one, types.CodeType)]
    return code.co_code, code.co_names, code.co_varnames, constants, inner


def read_by_name(code: types.CodeType, namespace: Mapping[str, Any]) -> set[Read]:
    """Return what a code reads by global names that was made before: numbers of the student's, by kind."""
    kinds = {name: kind for name in code.co_names if (kind := _kind(namespace.get(name))) is not None}
    return {kinds[name] for name in _loaded(code, kinds)}


def _loaded(code: types.CodeType, names: Iterable[str]) -> set[str]:
    """Return those of the names by which a code reads global ones: `co_names` holds the names of attributes too."""
    wanted = set(code.co_names).intersection(names)
    if not wanted:
        return set()
    return {
        one.argval
        for one in dis.get_instructions(code)
        if one.opname in ("LOAD_GLOBAL", "LOAD_NAME") and one.argval in wanted
    }


def reads_gradients(name: str, functions: Sequence[types.FunctionType], namespace: Mapping[str, Any]) -> bool:
    """Whether an answer of this name, made of these functions, has numbers that a pass found in an earlier cell.

    It may read them by a global name, or have them from where it was made: in a closure, as a default, in an object.
    """
    there = {one for one, thing in namespace.items() if not isinstance(thing, _CODE)}
    names = {one for function in functions for one in _loaded(function.__code__, there)}
    given = any(one.__closure__ or one.__defaults__ or one.__kwdefaults__ for one in functions)
    if given or not isinstance(namespace.get(name), types.FunctionType):
        # A method has the name of its class there, and not its own.
        names |= {name, *(one.__qualname__.partition(".")[0] for one in functions)}
    return bool(names) and not names.isdisjoint(made_of_gradients(_cells()))


def _cells() -> tuple[str, ...]:
    """Return the texts of the cells that have run: they are of no file that could change."""
    entries = [one for one in tuple(linecache.cache.values()) if len(one) == 4 and one[1] is None]
    return tuple("".join(one[2]) for one in entries)


def held(things: Iterable[Any]) -> set[Read]:
    """Return the kinds of numbers among the things that a function holds, in a closure or as a default."""
    return {kind for one in things if (kind := _kind(one)) is not None}


def _kind(thing: Any) -> Read | None:
    if isinstance(thing, torch.Tensor) and (thing.requires_grad or (thing.is_leaf and thing.grad is not None)):
        return "tracked"
    if type(thing) in (float, np.float64):
        return "small" if 0 < abs(thing) <= SMALL else None
    return "table" if sum(number != int(number) for number in _numbers_in(thing)) >= _TABLE else None


def _numbers_in(thing: Any) -> Iterator[float]:
    """Yield finite numbers that a container has in it, no more than some."""
    with contextlib.suppress(Exception):
        if type(thing) is torch.Tensor or type(thing) is np.ndarray:
            some = thing.reshape(-1)[:20].tolist()
        elif type(thing) is dict:
            some = [*thing.keys(), *thing.values()][:20]
        elif type(thing) in (list, tuple):
            some = thing[:20]
        else:
            return
        for one in some:
            if type(one) in (list, tuple):
                yield from _numbers_in(one)
            elif type(one) in (float, np.float64) and abs(one) < 1e300:
                yield float(one)
