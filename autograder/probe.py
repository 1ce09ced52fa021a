"""Calls a student's answer and records what happened. Decides nothing.

The probe runs where the student's code runs: in the notebook's kernel, or inside the sandbox. What it returns is an
`Observation`, plain data, which the judge reads elsewhere.
"""

from __future__ import annotations

import contextlib
import dis
import functools
import io
import traceback
import types
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from .calls import Calls
from .describe import describe
from .exercise import Case, Exercise
from .observation import Call, Observation, Raised, Value
from .origins import is_library
from .overflows import Overflows
from .reached import borrowed_by, read_by, source_of
from .reading import moved
from .settings import Kept, fresh_settings
from .watching import Operations, engine_watched, pass_counter, passes_limited

_RAISE = dis.opmap["RAISE_VARARGS"]
# By what each gradient that enters the engine is multiplied. What goes through it twice may come out the same at one of them.
_SCALES = (2.0, 0.5)
_MAX_USED = 200
# PyTorch asks this of a tensor that it gives a tangent to, and of no other.
_SETS_TANGENT = "_has_same_storage_numel"


def probe(exercise: Exercise, namespace: Mapping[str, Any], cases: Sequence[Case]) -> Observation:
    """Call the answer in `namespace` once for each case, and return what happened.

    Parameters
    ----------
    exercise
        The question.
    namespace
        The student's global names.
    cases
        The inputs, one call each.
    """
    with fresh_settings() as settings:
        try:
            return _observed(exercise, namespace, cases, settings)
        # What student code has replaced may be what is needed here: that costs this check and no other.
        except Exception as error:
            return Observation(exercise=exercise.id, failed=f"{type(error).__name__}: {error}"[:500])


def _observed(exercise: Exercise, namespace: Mapping[str, Any], cases: Sequence[Case], settings: Kept) -> Observation:
    if exercise.name not in namespace:
        return Observation(exercise=exercise.id)
    answer = namespace[exercise.name]
    if exercise.way == "recorded":
        value = describe(answer)
        return Observation(exercise=exercise.id, answer=value, calls=(Call(value=value),))
    if not callable(answer):
        return Observation(exercise=exercise.id, answer=describe(answer))
    asked = answer if exercise.ask is None else functools.partial(exercise.ask, namespace)
    calls: tuple[Call, ...] = ()
    watched = _is_watched(exercise)
    reads = read_by(exercise.name, namespace) if watched else ()
    ran: dict[int, types.CodeType] = {}
    for case in cases:
        settled = bool(calls) and _settles(exercise, calls[-1])
        calls += (calls[-1] if settled else _call(exercise, asked, case, settings, ran=ran),)
    returned = [(case, call.value) for case, call in zip(cases, calls, strict=True) if call.value is not None]
    return Observation(
        exercise=exercise.id,
        answer=describe(answer),
        calls=calls,
        scaled=_scaled(exercise, asked, *returned[-1], settings, namespace)
        if exercise.way == "autograd" and returned
        else None,
        source=source_of(answer, namespace, ran.values() if watched else None),
        borrowed=borrowed_by(exercise.name, answer, namespace),
        reads=reads,
    )


def _settles(exercise: Exercise, call: Call) -> bool:
    """Whether a call settles the verdict, so that the calls that are left count as this one."""
    if call.raised is None:
        return False
    # Who interrupts an endless loop means the whole check. A body that is not written yet is missing at every input.
    return "KeyboardInterrupt" in call.raised.types or call.raised.is_stub_of(exercise.name)


def _scaled(
    exercise: Exercise,
    answer: Callable[..., Any],
    case: Case,
    value: Value,
    settings: Kept,
    namespace: Mapping[str, Any],
) -> Call:
    """Call the answer at a case again, with other gradients in the engine: the first that move its value, or the last."""
    for scale in _SCALES:
        _clear_caches(namespace)
        call = _call(exercise, answer, case, settings, scale)
        if call.value is None or moved(value, call.value) or not (call.engine_runs or call.forward_mode):
            break
    # What came of other gradients is the result of no call of the student's.
    _clear_caches(namespace)
    return call


def _clear_caches(namespace: Mapping[str, Any]) -> None:
    """Clear each cache of `functools`. A number that is kept there does not come through the engine again."""
    for each in list(namespace.values()):
        if type(each) is functools._lru_cache_wrapper:
            each.cache_clear()


def _is_watched(exercise: Exercise) -> bool:
    """Whether the functions are noted that an answer calls: an engine has its own numbers, and calls its pieces often."""
    return exercise.way == "hand" and exercise.ask is None


def _call(
    exercise: Exercise,
    answer: Callable[..., Any],
    case: Case,
    settings: Kept,
    scale: float = 1.0,
    ran: dict[int, types.CodeType] | None = None,
) -> Call:
    """Call the answer at one case, with its output caught and the autograd engine watched.

    The student's code that ran in an answer by hand is put into `ran`.
    """
    arguments = exercise.arguments(case)
    untouched = exercise.arguments(case)
    entries = [list(one) if isinstance(one, list) else [] for one in arguments]
    measured = exercise.measure(*arguments) if exercise.measure is not None else None
    printed = io.StringIO()
    value = raised = None
    left_off = False
    # An answer by hand has no business in the engine, by whatever way: all the passes that it makes are counted.
    by_hand = exercise.way == "hand"
    count = pass_counter() if by_hand else None
    before = count() if count is not None else 0
    calls, overflows = Calls(), Overflows()
    watched = _is_watched(exercise)
    watch_calls = calls if watched else contextlib.nullcontext()
    watch_overflows = overflows if watched else contextlib.nullcontext()
    with (
        warnings.catch_warnings(record=True) as warned,
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        passes_limited(),
        engine_watched(scale, _call.__code__) as watch,
        Operations(watch.used) if by_hand else contextlib.nullcontext(),
    ):
        warnings.simplefilter("always")
        try:
            with settings.in_place(), watch_overflows, watch_calls:
                result = answer(*arguments)
                left_off = not torch.is_grad_enabled()
        # An answer may call exit(), or be interrupted in an endless loop: both are outcomes, not ends of the check.
        except BaseException as error:
            raised = _raised(error)
        else:
            # What the result does when it is looked into is the answer's doing too.
            with watch_calls:
                value = _judged(result, measured)
    if ran is not None:
        ran |= calls.ran
    if count is not None and not watch.runs and count() > before + 1:
        watch.ran(False, False, False)
    if overflows.hidden:
        watch.used.add("hidden overflow")
    if overflows.lost:
        calls.names.add("sys.settrace")
    if _SETS_TANGENT in watch.used:
        watch.forward_mode += 1
    return Call(
        value=value,
        raised=raised,
        engine_runs=tuple(watch.runs),
        forward_mode=watch.forward_mode,
        used=tuple(sorted(watch.used)[:_MAX_USED]),
        called=tuple(sorted(calls.names)[:_MAX_USED]),
        near=calls.near,
        elsewhere=calls.elsewhere,
        left_off=left_off,
        rows=watch.rows,
        changed=tuple(
            i
            for i, (now, was, held) in enumerate(zip(arguments, untouched, entries, strict=True))
            if _differs(now, was) or _holds_others(now, held)
        ),
        printed=printed.getvalue()[:500],
        warnings=tuple(f"{each.category.__name__}: {each.message}"[:500] for each in warned[:20]),
    )


def _judged(value: Any, measured: Callable[[Any], Any] | None) -> Value:
    """Return the value that the exercise judges: the result, or what it measures after the call."""
    if measured is None:
        return describe(value)
    try:
        return describe(measured(value))
    except Exception:
        return describe(value)


def _raised(error: BaseException) -> Raised:
    types_ = tuple(kind.__name__[:200] for kind in type(error).__mro__ if issubclass(kind, BaseException))
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames[1:] if not is_library(frame.filename)]
    try:
        text = " ".join(str(error).split())[:500]
    except Exception:
        text = "(its text could not be read)"
    return Raised(
        types=types_[:50],
        text=text,
        line=((theirs[-1].line or "") if theirs else "")[:500],
        own=len(frames) > 1 and not is_library(frames[-1].filename),
        stated=bool(raised_by := _raised_by(error)),
        stub=raised_by if isinstance(error, NotImplementedError) else "",
    )


def _raised_by(error: BaseException) -> str:
    """Return which function or method of the student's raised an error by a statement; "" where none did.

    An operator of NumPy or PyTorch has no frame of its own: its error comes from the student's frame too.
    """
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    if at is None:
        return ""
    code = at.tb_frame.f_code
    if is_library(code.co_filename) or code.co_code[at.tb_lasti] != _RAISE:
        return ""
    return code.co_qualname.partition(".<locals>")[0][:200]


def _holds_others(now: Any, held: list[Any]) -> bool:
    """Whether a list has other functions in it than it had, or in another order. Two that were built are never equal."""
    return isinstance(now, list) and any(
        callable(one) and one is not other for one, other in zip(held, now, strict=False)
    )


def _differs(now: Any, was: Any) -> bool:
    """Whether an argument was changed in place; functions and models are not looked into.

    A leaf that came to be differentiated gets its gradient. Any other tensor has none.
    """
    if isinstance(was, torch.Tensor):
        same = isinstance(now, torch.Tensor) and now.requires_grad == was.requires_grad
        same = same and (was.requires_grad or now.grad is None)
        same = same and now.dtype == was.dtype and now.shape == was.shape
        return not (same and torch.equal(now.detach(), was.detach()))
    if isinstance(was, np.ndarray):
        same = isinstance(now, np.ndarray) and now.dtype == was.dtype
        return not (same and np.array_equal(now, was, equal_nan=True))
    if isinstance(was, list):
        same = isinstance(now, list) and len(now) == len(was)
        return not same or any(_differs(a, b) for a, b in zip(now, was, strict=True))
    if isinstance(was, int | float | str):
        return now is not was and (type(now) is not type(was) or bool(now != was))
    return False
