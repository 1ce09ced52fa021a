"""Runs variants of an answer, where the student's code runs, and writes down what happened. Decides nothing."""

from __future__ import annotations

import ast
import builtins
import contextlib
import copy
import dis
import functools
import io
import random
import sys
import time
import types
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from ..describe import describe
from ..exercise import Case, Exercise
from ..observation import Call, Observation
from ..origins import HANDED_OUT, is_library
from ..probe import probe
from ..reached import names_in
from ..watching import passes_limited
from .harmless import computes
from .text import Text, text_of

Clock = Callable[[], float]
Guard = Callable[[Any], Any]

# Seconds on the clock for each second of processor time: a busy machine finds as much as an idle one, up to here.
PATIENCE = 5.0
_SECONDS_EACH = 0.05
# What is written down of an answer takes longer than its calls, the first time above all. Few variants are probed.
_SECONDS_PROBED = 0.5
_FILE = "<variant>"
# Larger data of the notebook's is not copied for each variant; then there are none.
_LARGEST = 100_000
# To write these down runs no code of the student's.
_NUMBERS = (int, float, torch.Tensor, np.ndarray)
_BACKWARD = frozenset(number for number, name in enumerate(dis.opname) if "BACKWARD" in name)
_SHARED = (
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    type,
    torch.dtype,
    *(int, float, complex, str, bytes, bool, type(None), type(...)),
)


class TooLongError(KeyboardInterrupt):
    """A variant ran for too long. As at an interrupt, the calls that are left are not made."""


class TimeLeft:
    """How much processor time is left of some seconds. A busy machine may wait for it, and not without an end."""

    def __init__(self, seconds: float, clock: Clock = time.thread_time) -> None:
        self._clock = clock
        self._end, self._at_latest = clock() + seconds, time.monotonic() + PATIENCE * seconds

    def seconds(self) -> float:
        """Return the seconds that are left, none or less where there are none."""
        return min(self._end - self._clock(), self._at_latest - time.monotonic())


def run_variants(
    exercise: Exercise,
    namespace: Mapping[str, Any],
    sources: Sequence[str],
    cases: Sequence[Case],
    seconds: float,
    probed: bool,
) -> list[Observation | None]:
    """Define each source beside a copy of what the student's names stand for, and call it.

    Parameters
    ----------
    seconds
        How much processor time all of them may take; those that are left then are not run.
    probed
        Whether each is probed as an answer is. Otherwise it is called once a case, and its values are all that is seen.

    Returns
    -------
    list
        An observation for each source; None of one that defines nothing, ran too long, or was not run.
    """
    time_left = TimeLeft(seconds)
    found: list[Observation | None] = []
    text = text_of(sources[0]) if sources else None
    if text is None:
        return [None] * len(sources)
    names, each = _Names(namespace, text), _SECONDS_PROBED if probed else _SECONDS_EACH
    with _kept():
        for source in sources:
            left = min(each, time_left.seconds())
            found.append(_run(exercise, names, source, cases, left, probed) if left > 0 else None)
    return found


def _run(
    exercise: Exercise, names: _Names, source: str, cases: Sequence[Case], seconds: float, probed: bool
) -> Observation | None:
    try:
        codes = _compiled(source)
        mine, guard = names.copy(), _stopped_after(seconds)
        guard(names.replace)(mine, sorted(frozenset().union(*(read for _, read in codes))))
        for code, _ in codes:
            guard(exec)(code, mine)
        if exercise.ask is None:
            mine[exercise.name] = guard(mine[exercise.name])
        if probed:
            seen: Observation = guard(probe)(exercise, mine, cases)
            return seen
        asked = mine[exercise.name] if exercise.ask is None else guard(partial(exercise.ask, mine))
        return Observation(exercise=exercise.id, calls=tuple(_call(exercise, asked, one, guard) for one in cases))
    except (Exception, KeyboardInterrupt):
        return None


Compiled = tuple[types.CodeType, frozenset[str]]


def _compiled(source: str) -> tuple[Compiled, ...]:
    """Compile a source part by part, each with the names that it looks up: a variant differs from others in one part."""
    try:
        return tuple(_compiled_part(part) for part in _parts(source))
    except SyntaxError:
        # A line at the margin belongs to what stands before it, as the end of a long text does.
        return (_compiled_part(source),)


def _parts(source: str) -> Iterator[str]:
    """Yield the parts of a source: each begins with a line at the margin, or with a decorator before it."""
    lines: list[str] = []
    for line in source.splitlines(keepends=True):
        if lines and line[0] not in " \t\n#)]}" and not lines[-1].startswith("@"):
            yield "".join(lines)
            lines = []
        lines.append(line)
    yield "".join(lines)


@functools.lru_cache(maxsize=256)
def _compiled_part(source: str) -> Compiled:
    code = compile(source, _FILE, "exec", dont_inherit=True)
    return code, frozenset(names_in(code))


def _call(exercise: Exercise, asked: Callable[..., Any], case: Case, guard: Guard) -> Call:
    """Call an answer once and write down its value, with no more around it than that takes."""
    arguments = exercise.arguments(case)
    measured = exercise.measure(*arguments) if exercise.measure is not None else None
    try:
        with torch.enable_grad():
            result = asked(*arguments)
            if measured is not None:
                result = guard(measured)(result)
            write = describe if type(result) in _NUMBERS else guard(describe)
            # Below the top no texts are written down, which take the longest.
            return Call(value=write(result, 1))
    except Exception:
        return Call()


class _Names:
    """The student's names, of which each variant gets copies: it must not change the student's own data."""

    def __init__(self, namespace: Mapping[str, Any], text: Text) -> None:
        self._namespace = namespace
        # What no name in the text stands for is an attribute. An edit puts in names of the text, and Python's own.
        said = {node.id for node in ast.walk(text.tree) if isinstance(node, ast.Name)} | set(vars(builtins))
        self._seen: dict[str, bool] = dict.fromkeys(text.defined, False) | dict.fromkeys(
            (name for name in namespace if name not in said), False
        )

    def copy(self) -> dict[str, Any]:
        """Return the names, and what they stand for itself."""
        return dict(self._namespace)

    def replace(self, names: dict[str, Any], read: Iterable[str]) -> None:
        """Put copies in the place of what is read.

        Raises
        ------
        ValueError
            When it reads data that is too large to be copied, or a name for something that reaches outside.
        """
        for name in read:
            if name not in self._seen:
                self._seen[name] = self._is_copied(name)
            if self._seen[name]:
                names[name] = copy.deepcopy(names[name])

    def _is_copied(self, name: str) -> bool:
        thing = self._namespace.get(name)
        if not computes(thing) or _size(thing) > _LARGEST:
            raise ValueError(f"{name} is not copied")
        return not isinstance(thing, _SHARED)


def _size(thing: Any) -> int:
    if isinstance(thing, torch.Tensor):
        return thing.numel()
    if isinstance(thing, np.ndarray):
        return thing.size
    return len(thing) if isinstance(thing, list | tuple | dict | set | frozenset) else 0


class _Nowhere(io.TextIOBase):
    """Where the text goes that variants print."""

    def write(self, text: str) -> int:
        return len(text)


@contextlib.contextmanager
def _kept() -> Iterator[None]:
    """Keep variants quiet, and put back what they may leave otherwise: random numbers, the default dtype."""
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()
    dtype = torch.get_default_dtype()
    nowhere: Any = _Nowhere()
    with (
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
        torch.enable_grad(),
        # The engine's own threads are not watched for the time.
        passes_limited(),
    ):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            random.setstate(before[0])
            np.random.set_state(before[1])
            torch.set_rng_state(before[2])
            torch.set_default_dtype(dtype)


@functools.lru_cache(maxsize=1024)
def _goes_back(code: types.CodeType) -> bool:
    """Whether a code can run a step of its own twice in one call."""
    return not _BACKWARD.isdisjoint(code.co_code[::2])


@functools.lru_cache(maxsize=1024)
def _comes_back(filename: str) -> bool:
    """Whether what runs is a library's, and comes back by itself.

    To look at each of its steps would cost most of the time there is. And an import that is cut off in the middle leaves a
    module broken for all that comes after.
    """
    if filename.startswith("<frozen "):
        return True
    # What an exercise hands to an answer may loop for as long as the answer lets it.
    return is_library(filename) and not filename.startswith(HANDED_OUT)


def _stopped_after(seconds: float) -> Guard:
    """Stop a variant's code that runs longer, whichever thread it is in, by looking at the time at each of its steps.

    The time is this thread's own: a busy machine stops no variant. Returns what wraps all that may run such code. Each call
    is watched anew: Python stops watching when it has raised once.
    """
    end = time.thread_time() + seconds

    def at_call(frame: types.FrameType, event: str, argument: Any) -> Any:
        if _comes_back(frame.f_code.co_filename):
            return None
        if time.thread_time() > end:
            raise TooLongError
        # So does code that never goes back, but for what it calls.
        if not _goes_back(frame.f_code):
            return None
        # A loop on one line has no lines to be stopped at.
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        return at_step

    def at_step(frame: types.FrameType, event: str, argument: Any) -> Any:
        if time.thread_time() > end:
            raise TooLongError
        return at_step

    def guard(function: Any) -> Any:
        def guarded(*arguments: Any) -> Any:
            if time.thread_time() > end:
                raise TooLongError
            before, hook = sys.gettrace(), sys.unraisablehook

            def at_lost(lost: Any) -> None:
                if isinstance(lost.exc_value, TooLongError):
                    sys.settrace(at_call)
                else:
                    hook(lost)

            # What is raised where a generator is closed, or an object ends, is lost, and nothing is watched from then on.
            sys.unraisablehook = at_lost
            sys.settrace(at_call)
            try:
                return function(*arguments)
            finally:
                sys.settrace(before)
                sys.unraisablehook = hook

        # What is read of an answer is read of what this wraps.
        guarded.__wrapped__ = function  # type: ignore[attr-defined]
        return guarded if callable(function) else function

    return guard
