"""Inside the walls there are questions and no answers, and student code imports another copy of this package than asks them."""

from __future__ import annotations

import dis
import gc
import importlib
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from types import CodeType, FunctionType, ModuleType
from typing import Any

from ... import figures, lessons
from ...exercise import Lesson

_WITHOUT: Mapping[str, Any] = {"forward": None, "mistakes": (), "more_cases": None, "passes": None}


def redact() -> None:
    """Leave student code a copy of this package of its own to import, and neither copy a right answer.

    Whatever is done to modules that can be imported is done to that copy. The one that probes answers is this one. Its
    lessons must have been imported.
    """
    _forget_answers(lessons)
    package = __name__.partition(".")[0]
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]
    importlib.import_module(f"{package}.notebook")
    for module in pkgutil.iter_modules(figures.__path__):
        importlib.import_module(f"{figures.__name__}.{module.name}")
    _forget_answers(importlib.import_module(lessons.__name__))
    gc.collect()


def _forget_answers(package: ModuleType) -> None:
    """Leave of each lesson only what it takes to ask: its builders, what measures an effect, and the hints."""
    withheld = importlib.import_module("..exercise", package.__name__).withheld
    for lesson in package.all_lessons():
        module = sys.modules[f"{package.__name__}.{lesson.name}"]
        kept = {"LESSON", *_needed(lesson, vars(module))}
        for name in [name for name in vars(module) if not name.startswith("__") and name not in kept]:
            delattr(module, name)
        asked = (replace(one, reference=withheld, **_WITHOUT) for one in lesson.exercises)
        vars(module)["LESSON"] = replace(lesson, exercises=tuple(asked))
    package._lesson.cache_clear()
    package.all_lessons.cache_clear()
    package.all_lessons()


def _needed(lesson: Lesson, module: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of a lesson's module that a question reaches."""
    seen: set[int] = set()
    waiting: list[Any] = [
        one for exercise in lesson.exercises for one in (*exercise.builders.values(), exercise.measure)
    ]
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, FunctionType) and thing.__globals__ is module:
            found = [name for name in _globals_in(thing.__code__) if name in module]
            yield from found
            waiting += [module[name] for name in found]
            waiting += [cell.cell_contents for cell in thing.__closure__ or ()]
            waiting += [*(thing.__defaults__ or ()), *(thing.__kwdefaults__ or {}).values()]
        elif isinstance(thing, partial):
            waiting += [thing.func, *thing.args, *thing.keywords.values()]
        elif isinstance(thing, type) and thing.__module__ == module["__name__"]:
            waiting += [*vars(thing).values(), *thing.__bases__]
        elif isinstance(thing, dict | list | tuple | set):
            waiting += thing.values() if isinstance(thing, dict) else thing
        elif isinstance(thing, staticmethod | classmethod):
            waiting.append(thing.__func__)
        elif isinstance(thing, property):
            waiting += [thing.fget, thing.fset]


def _globals_in(code: CodeType) -> Iterator[str]:
    """Yield the global names that a code looks up, those of its inner functions with them."""
    yield from (one.argval for one in dis.get_instructions(code) if one.opname in ("LOAD_GLOBAL", "LOAD_NAME"))
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals_in(constant)
