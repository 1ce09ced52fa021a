"""The picture of a wrong answer: its curve over the slope that is measured, or its entries as bars."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
import torch

from ..exercise import Case, Exercise
from ..observation import Call
from ..reading import Numbers
from ..sketch import Dot, Sketch
from .evidence import differentiated
from .numbers import arrays_by_path
from .right import RightAnswers
from .wrong import parameters_of

# The values of the answer at other inputs; None where it can't be called again.
Values = Callable[[Sequence[Case]], Sequence[Call | None]]

_POINTS = 41
_STEP = 1e-4
_MOST_BARS = 12
# A curve that leaves the measured one this far is cut off.
_FAR = 2.0
# Inputs of more times the middle size are far out.
_FAR_OUT = 5.0


def draw(right: RightAnswers, calls: Sequence[Call], wrong: int, values: Values) -> Sketch | None:
    """Return the picture of an answer that is wrong at the case `wrong`; None where a picture says no more than words."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _curve(right, calls, wrong, values) or _bars(right, calls, wrong)
        except (ArithmeticError, ValueError, TypeError, RuntimeError):
            # One of the exercise's own functions, at an input that it is not made for.
            return None


def _curve(right: RightAnswers, calls: Sequence[Call], wrong: int, values: Values) -> Sketch | None:
    exercise, cases = right.exercise, right.cases
    case, forward = cases[wrong], exercise.forward
    if forward is None or not all(isinstance(one, int | float) for one in case.arguments):
        return None
    want = np.asarray(exercise.right_answer(case))
    position = differentiated(forward, exercise.arguments(case), want) if want.ndim == 0 else None
    if position is None:
        return None
    inputs = _near([_input(one, position) for one in cases], _input(case, position))
    margin = 0.08 * (inputs[-1] - inputs[0]) or 1.0
    grid = np.linspace(inputs[0] - margin, inputs[-1] + margin, _POINTS)
    at = [_with(case, position, float(x)) for x in grid]
    yours = np.array([_number(call) for call in values(at)] or [np.nan] * _POINTS)
    measured = _measured(exercise, case, position, grid)
    checked = [
        (_input(one, position), _number(call), right.fits(i, call))
        for i, (one, call) in enumerate(zip(cases, calls, strict=False))
        if _with(one, position, 0.0) == _with(case, position, 0.0) and _input(one, position) in inputs
    ]
    checked = [one for one in checked if np.isfinite(one[1])]
    finite = measured[np.isfinite(measured)]
    if not finite.size or not (np.isfinite(yours).any() or checked):
        return None
    low, high = _range(finite, np.array([*yours[np.isfinite(yours)], *(one[1] for one in checked)]))

    def place(x: float, y: float) -> Dot:
        return _rounded((x - grid[0]) / (grid[-1] - grid[0])), _rounded((y - low) / (high - low))

    marks = tuple((*place(x, min(max(y, low), high)), is_right) for x, y, is_right in checked)
    name = _names(exercise, position)
    curve = _stretches(grid, yours, low, high, place)
    return Sketch(
        alt=f"Your results as {'a solid line' if curve else 'crosses'}, over {name} from {grid[0]:.3g} to {grid[-1]:.3g}, and as a "
        f"dashed line the slope that is measured there. {sum(one[2] for one in marks)} of {len(marks)} checked inputs are right.",
        ends=(name, f"{grid[0]:.3g}", f"{grid[-1]:.3g}"),
        zero=_rounded(-low / (high - low)) if low <= 0 <= high else None,
        yours=curve,
        measured=_stretches(grid, measured, low, high, place),
        marks=marks,
    )


def _near(inputs: Sequence[float], shown: float) -> list[float]:
    """Return the inputs from the least to the largest, without those far out, where what happens near 0 would be too small."""
    finite = sorted(x for x in inputs if np.isfinite(x))
    near = [x for x in finite if abs(x) <= _FAR_OUT * float(np.median(np.abs(finite)))]
    return near if shown in near and len(near) > 1 else finite


def _input(case: Case, position: int) -> float:
    argument = case.arguments[position]
    return float(argument) if isinstance(argument, int | float) else float("nan")


def _with(case: Case, position: int, x: float) -> Case:
    return replace(case, exact=False, arguments=(*case.arguments[:position], x, *case.arguments[position + 1 :]))


def _number(call: Call | None) -> float:
    """Return the number that a call gave; nan where it gave none."""
    if call is None or call.value is None or call.value.kind != "number" or call.value.shape:
        return float("nan")
    return call.value.numbers[0]


def _measured(exercise: Exercise, case: Case, position: int, grid: Numbers) -> Numbers:
    """Return the slopes of the function along one argument, each by a small step to either side."""
    assert exercise.forward is not None
    tensors = [torch.as_tensor(each, dtype=torch.float64) for each in exercise.arguments(case)]
    before, after = tensors[:position], tensors[position + 1 :]
    with torch.no_grad():
        below, above = (
            np.array([exercise.forward(*before, x, *after).item() for x in torch.from_numpy(grid + move)])
            for move in (-_STEP, _STEP)
        )
    slopes: Numbers = (above - below) / (2 * _STEP)
    return slopes


def _range(measured: Numbers, yours: Numbers) -> tuple[float, float]:
    """Return the range of values that is shown: of all that is measured, and of the answer's as far as that is near."""
    low, high = float(measured.min()), float(measured.max())
    height = (high - low) or max(abs(high), 1.0)
    if yours.size:
        low = min(low, max(float(yours.min()), low - _FAR * height))
        high = max(high, min(float(yours.max()), high + _FAR * height))
    margin = 0.05 * ((high - low) or max(abs(high), 1.0))
    return low - margin, high + margin


def _stretches(
    xs: Numbers, ys: Numbers, low: float, high: float, place: Callable[[float, float], Dot]
) -> tuple[tuple[Dot, ...], ...]:
    """Return a curve as the stretches of it that can be seen."""
    dots = [(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]
    runs = groupby(dots, key=lambda dot: bool(low <= dot[1] <= high))
    return tuple(tuple(place(*dot) for dot in run) for seen, run in runs if seen)


def _bars(answers: RightAnswers, calls: Sequence[Call], wrong: int) -> Sketch | None:
    parts = answers.parts(wrong, calls[wrong])
    for path, (array, *_) in arrays_by_path(answers.exercise, [parts], answers.scales).items():
        got, right = array.got.ravel(), array.right.ravel()
        # Bars that are all wrong say no more than the numbers.
        if not 2 <= got.size <= _MOST_BARS or right.all() or not right.any() or not np.isfinite(got).all():
            continue
        low, high = min(0.0, float(got.min())), max(0.0, float(got.max()))
        height = (high - low) or 1.0
        places = [(_rounded((i + 0.5) / got.size), _rounded((y - low) / height)) for i, y in enumerate(got.tolist())]
        labels = tuple(_label(index) for index in np.ndindex(array.got.shape))
        which = ", ".join(label for label, ok in zip(labels, right, strict=True) if not ok)
        subject = f"the entry {path}" if path else "the result"
        return Sketch(
            alt=f"The numbers in {subject} as bars. Wrong are those at {which}; {int(right.sum())} of {right.size} are right.",
            zero=_rounded(-low / height),
            yours=tuple((place,) for place in places),
            marks=tuple((*place, bool(ok)) for place, ok in zip(places, right, strict=True)),
            labels=labels,
        )
    return None


def _label(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]"


def _names(exercise: Exercise, position: int) -> str:
    names = parameters_of(exercise.forward) if exercise.forward is not None else ()
    return names[position] if position < len(names) else "the input"


def _rounded(share: float) -> float:
    return round(float(share), 3)
