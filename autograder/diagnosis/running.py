"""Runs variants of an answer, where the student's code runs, and writes down what happened. Decides nothing."""

from __future__ import annotations

import contextlib
import copy
import random
import sys
import time
import types
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from ..exercise import Case, Exercise
from ..observation import Observation
from ..probe import probe
from .harmless import names_compute_only
from .text import Text, text_of

_SECONDS_EACH = 0.05
_FILE = "<variant>"
# Larger data of the notebook's is not copied for each variant; then there are none.
_LARGEST = 100_000
_SHARED = (
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    type,
    torch.dtype,
    *(int, float, complex, str, bytes, bool, type(None), type(...)),
)


class TooLongError(BaseException):
    """A variant ran for too long. No `except Exception` of a student's catches it."""


def run_variants(
    exercise: Exercise, namespace: Mapping[str, Any], sources: Sequence[str], cases: Sequence[Case], seconds: float
) -> list[Observation | None]:
    """Define each source beside a copy of what the student's names stand for, and probe it.

    Parameters
    ----------
    seconds
        How long all of them may take; those that are left then are not run.

    Returns
    -------
    list
        An observation for each source; None of one that defines nothing, or was not run.
    """
    end = time.monotonic() + seconds
    found: list[Observation | None] = []
    with _state_kept():
        for source in sources:
            text = text_of(source)
            left = min(_SECONDS_EACH, end - time.monotonic())
            if text is None or left <= 0 or not names_compute_only(text, namespace):
                found.append(None)
                continue
            found.append(_run(exercise, namespace, text, cases, left))
    return found


def _run(
    exercise: Exercise, namespace: Mapping[str, Any], text: Text, cases: Sequence[Case], seconds: float
) -> Observation | None:
    try:
        with _stopped_after(seconds):
            names = _copied(namespace, text)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                exec(compile(text.source, _FILE, "exec", dont_inherit=True), names)
            return probe(exercise, names, cases)
    except (Exception, TooLongError):
        return None


def _copied(namespace: Mapping[str, Any], text: Text) -> dict[str, Any]:
    """Return the student's names with copies of the data that a text reads: a variant must not change the student's own.

    Raises
    ------
    ValueError
        When there is too much of it.
    """
    names = dict(namespace)
    for name in text.names:
        thing = names.get(name)
        if not isinstance(thing, _SHARED):
            if _size(thing) > _LARGEST:
                raise ValueError(f"{name} is too large to be copied")
            names[name] = copy.deepcopy(thing)
    return names


def _size(thing: Any) -> int:
    if isinstance(thing, torch.Tensor):
        return thing.numel()
    if isinstance(thing, np.ndarray):
        return thing.size
    return len(thing) if isinstance(thing, list | tuple | dict | set | frozenset) else 0


@contextlib.contextmanager
def _state_kept() -> Iterator[None]:
    """Put the generators of random numbers back as they were."""
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
        torch.set_rng_state(before[2])


@contextlib.contextmanager
def _stopped_after(seconds: float) -> Iterator[None]:
    """Stop a variant's code that runs longer, whichever thread it is in, by looking at the time at each of its steps."""
    end = time.monotonic() + seconds
    before = sys.gettrace()

    def at_call(frame: types.FrameType, event: str, argument: Any) -> Any:
        # Library code comes back by itself; to look at each of its steps would cost most of the time there is.
        if frame.f_code.co_filename != _FILE:
            return None
        # A loop on one line has no lines to be stopped at.
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        return at_step

    def at_step(frame: types.FrameType, event: str, argument: Any) -> Any:
        if time.monotonic() > end:
            raise TooLongError
        return at_step

    sys.settrace(at_call)
    try:
        yield
    finally:
        sys.settrace(before)
