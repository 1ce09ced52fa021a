"""Another quantity than the one that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch

from ...exercise import Exercise, gradient
from ...finding import Finding, Place
from ...reading import Numbers, subject
from ..numbers import as_array
from ..wrong import Wrong
from .relation import all_same, telling


def other_quantity(wrong: Wrong, others: Sequence[Exercise]) -> Finding | None:
    """Look for another exercise's answer, the derivative in another variable, a second derivative, or another point."""
    for path in wrong.wrong_paths:
        table = wrong.tables[path]
        # One number alone may be equal to anything.
        if not telling(replace(table, want=table.got)):
            continue
        for kind, words, values in _quantities(wrong, others):
            numbers = _like_path(wrong, path, values)
            if numbers is None or not all_same(table, numbers):
                continue
            if not table.same(numbers, table.want).all():
                return Finding(kind, f"{subject(path)} is {words}, at every input.", Place(entry=path))
    return None


def _quantities(wrong: Wrong, others: Sequence[Exercise]) -> Iterator[tuple[str, str, list[object]]]:
    """Yield what might have been computed in place of the right answer: a kind, words, and the value at each case."""
    arguments = [point.arguments for point in wrong.points]
    for other in others:
        if other.id != wrong.exercise.id and _takes(other, arguments):
            values = [_tried(other.reference, one) for one in arguments]
            yield "behaviour.other-exercise", f"what exercise {other.number} asks for (`{other.name}`)", values
    forward = wrong.exercise.forward
    if forward is not None:
        most = min((len(one) for one in arguments), default=0)
        for i, name in zip(range(most), wrong.names, strict=False):
            slope = gradient(forward, i)
            yield "behaviour.other-variable", f"the derivative in {name}", [_tried(slope, one) for one in arguments]
    yield "behaviour.second-derivative", "the derivative of the right answer", [_slope(wrong, one) for one in arguments]
    at_opposite = [_tried(wrong.exercise.reference, (_minus(one[0]), *one[1:])) if one else None for one in arguments]
    yield "behaviour.other-point", f"the right answer at −{wrong.names[0] if wrong.names else 'x'}", at_opposite


def _takes(other: Exercise, arguments: Sequence[tuple[object, ...]]) -> bool:
    """Whether another exercise is asked with arguments of the same form, all of them numbers."""
    forms = [_form(other.arguments(one)) for one in other.cases]
    return None not in forms and bool(arguments[0]) and all(_form(one) in forms for one in arguments)


def _form(arguments: tuple[object, ...]) -> tuple[object, ...] | None:
    """Return the kinds of arguments; None where one is no number and no array."""
    if any(not isinstance(one, bool | int | float | np.ndarray | torch.Tensor) for one in arguments):
        return None
    return tuple((float if isinstance(one, int) else type(one), np.ndim(one)) for one in arguments)  # type: ignore[arg-type]


def _tried(function: Callable[..., object], arguments: Sequence[object]) -> object:
    """Return the value of one of our own functions at arguments that may not fit it; None where they do not."""
    try:
        return function(*arguments)
    except Exception:
        return None


def _minus(argument: object) -> object:
    return -argument if isinstance(argument, float | np.ndarray) else None


def _slope(wrong: Wrong, arguments: Sequence[object]) -> object:
    """Return the slope of the right answer in a number, by a central difference."""
    if not arguments or not isinstance(arguments[0], float):
        return None
    step = 1e-5 * max(1.0, abs(arguments[0]))
    ends = [_tried(wrong.exercise.reference, (arguments[0] + move, *arguments[1:])) for move in (step, -step)]
    if not all(isinstance(end, float) for end in ends):
        return None
    return (ends[0] - ends[1]) / (2 * step)  # type: ignore[operator]


def _like_path(wrong: Wrong, path: str, values: Sequence[object]) -> Numbers | None:
    """Return the values at the cases of a path in one row, if they have the form of its numbers."""
    columns = []
    for array in wrong.arrays[path]:
        value = values[array.case]
        numbers = None if value is None or isinstance(value, dict | str | bool) else as_array(value)
        if numbers is None or numbers.shape != array.want.shape:
            return None
        columns.append(numbers.ravel())
    return np.concatenate(columns)
