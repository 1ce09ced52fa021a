"""The numbers of an answer beside those of the reference: which are right, and what the wrong ones look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .exercise import Exercise, Raises
from .mistake import Mistake, Point
from .observation import Call
from .reading import Leaf, Numbers, Part, Problem, leaf, numbers_in, plain
from .verdict import Outcome

Rows = Sequence[Sequence[Part]]
Mask = NDArray[np.bool_]
# By the path of a part, the size of its reference.
Scales = Mapping[str, float]

# The share of a number by which one is off that can't come from rounding.
_CLEARLY = 0.01
_HALF = 0.5


def first_wrong(exercise: Exercise, parts: Rows) -> tuple[int, int] | None:
    """Return the positions of the first case that is wrong, and of the part of it that is."""
    scales = scales_of(parts)
    for i, row in enumerate(parts):
        for j, part in enumerate(row):
            if not is_right(exercise, part, scales):
                return i, j
    return None


def scales_of(parts: Rows) -> Scales:
    """Return the size of the reference by path: the largest finite magnitude over all cases."""
    scales: dict[str, float] = {}
    for part in (part for row in parts for part in row):
        if isinstance(part.reference, np.ndarray):
            size = np.abs(part.reference).max(initial=0.0, where=np.isfinite(part.reference))
            scales[part.path] = max(scales.get(part.path, 0.0), float(size))
    return scales


def is_right(exercise: Exercise, part: Part, scales: Scales) -> bool:
    """Whether a part is right: numbers within the exercise's tolerance, all else exactly."""
    if part.numbers() is None:
        return not isinstance(part.reference, np.ndarray) and part.got == part.reference
    right = right_numbers(exercise, part, scales)
    return right is not None and bool(right.all())


def right_numbers(exercise: Exercise, part: Part, scales: Scales) -> Mask | None:
    """Return which numbers of a part are right; None where it has no numbers, or those of another shape."""
    numbers = part.numbers()
    if numbers is None or numbers[0].shape != numbers[1].shape:
        return None
    got, reference = numbers
    close = _is_close(got, reference, exercise.rtol, exercise.atol * (scales.get(part.path) or 1.0))
    # A count that is one off is wrong, however large it is.
    return close & (np.abs(got - reference) < _HALF) if part.whole else close


def _is_close(got: Numbers, reference: Numbers, rtol: float, atol: float) -> Mask:
    """Do what `numpy.isclose` does, with `equal_nan`, in a fifth of the time that takes for a few numbers."""
    near = (np.abs(got - reference) <= atol + rtol * np.abs(reference)) & np.isfinite(reference)
    close: Mask = near | (got == reference) | (np.isnan(got) & np.isnan(reference))
    return close


def share(exercise: Exercise, parts: Rows) -> float:
    """Return the share of the entries of a dict or tuple that are right in every case, where each earns its part of the points.

    An entry that is a dict itself is right as a whole: guessing yes and no would earn half of what is in it. An answer that
    says the same in each entry earns nothing for the entry that is so by chance.
    """
    entries = {part.entry for row in parts for part in row}
    if not exercise.partial or not entries:
        return 0.0
    scales = scales_of(parts)
    wrong = {part.entry for row in parts for part in row if not is_right(exercise, part, scales)}
    if wrong and all(_says_the_same(row) for row in parts):
        return 0.0
    return len(entries - wrong) / len(entries)


def _says_the_same(row: Sequence[Part]) -> bool:
    """Whether all entries of an answer hold the same."""
    entries: dict[str, list[tuple[str, object]]] = {}
    for part in row:
        got = part.got.tolist() if isinstance(part.got, np.ndarray) else part.got
        entries.setdefault(part.entry, []).append((part.path.removeprefix(part.entry).lstrip("]"), got))
    first, *others = entries.values()
    return all(other == first for other in others)


def is_mistake(mistake: Mistake, exercise: Exercise, points: Sequence[Point], parts: Rows) -> bool:
    """Whether the answers are those of the mistake at every point, and the mistake's differ from the right ones."""
    if mistake.answers is None:
        return False
    differs = False
    scales = scales_of(parts)
    # Where an exception is the right answer there are no values to compare.
    valued = [(point, row) for point, row in zip(points, parts, strict=True) if not isinstance(point.reference, Raises)]
    for (_, row), answer in zip(valued, mistake.answers([point for point, _ in valued]), strict=True):
        if answer is None:
            return False
        expected = _laid_out(answer)
        if len(expected) != len(row):
            return False
        for part, one in zip(row, expected, strict=True):
            if not is_right(exercise, replace(part, reference=one), scales):
                return False
            differs = differs or not is_right(exercise, replace(part, got=one), scales)
    return differs


def broke(call: Call) -> bool:
    """Whether numbers left their range in a call: it raised, warned or returned what is not finite."""
    if call.raised is not None:
        return "ArithmeticError" in call.raised.types or call.raised.text.startswith("math ")
    return any(" encountered in " in warning for warning in call.warnings) or (
        call.value is not None and not np.isfinite(numbers_in(call.value)).all()
    )


def mostly_wrong(parts: Rows) -> bool:
    """Whether more than half of the numbers are wrong by more than rounding."""
    pairs = [numbers for row in parts for part in row if (numbers := part.numbers()) is not None]
    off = [bool((np.abs(got - want) > _CLEARLY * np.abs(want)).any()) for got, want in pairs]
    return 2 * sum(off) > len(off)


def adds_up(exercise: Exercise, parts: Rows) -> bool:
    """Whether each call gave its right answer on top of what the call before gave, like a `.grad` that is never cleared.

    The value before the first call is not known: the student may have called the function before.
    """
    scales = scales_of(parts)
    rows = [[part.numbers() for part in row] for row in parts]
    for before, row in pairwise(rows):
        if not row or len(before) != len(row):
            return False
        for part, old, new in zip(parts[0], before, row, strict=True):
            if old is None or new is None or old[0].shape != new[0].shape:
                return False
            # Sums carry the rounding of float32; sums that dwarf the gradients would say nothing of them.
            size = max(float(np.abs(one[0]).max(initial=0.0)) for one in (old, new))
            scale = scales.get(part.path) or 1.0
            atol = exercise.atol * scale + 1e-6 * size
            if size > 100 * scale or not np.allclose(new[0] - old[0], new[1], rtol=exercise.rtol, atol=atol):
                return False
    return len(rows) > 1


def _laid_out(answer: Any) -> list[Leaf]:
    """Return the parts of an answer in the order in which a reference of the same form is read."""
    answer = plain(answer)
    if isinstance(answer, dict):
        answer = tuple(answer.values())
    if isinstance(answer, tuple | list):
        return [part for one in answer for part in _laid_out(one)]
    return [leaf(answer)]


def telling_ratio(exercise: Exercise, parts: Rows) -> Problem | None:
    """Name the ratio of answer and reference if it is the same for every number: −1, a whole n, or 1/n."""
    pairs = [numbers for row in parts for part in row if (numbers := part.numbers()) is not None]
    got = np.concatenate([one.ravel() for one, _ in pairs]) if pairs else np.array([])
    reference = np.concatenate([one.ravel() for _, one in pairs]) if pairs else np.array([])
    scale = float(np.abs(reference).max(initial=0.0))
    large = np.abs(reference) > 1e-6 * scale
    # Of one number alone, the ratio would give the right answer away.
    if large.sum() < 2 or scale == 0.0:
        return None
    ratios = got[large] / reference[large]
    ratio = float(ratios[0])
    close = np.allclose(got, ratio * reference, rtol=exercise.rtol, atol=exercise.atol * scale)
    if not close or ratio == 0.0:
        return None
    everywhere = ", in every entry" if exercise.way == "recorded" else ", at every input"
    if abs(ratio + 1) < 1e-4:
        message = "Your answer has exactly the opposite sign. Check the sign in a picture or at one input."
        return Problem(Outcome.TELLING_RATIO, message, "opposite-sign")
    for n in range(2, 101):
        for factor, name in ((n, f"{n} times"), (1 / n, f"1/{n} of")):
            for sign, turned in ((1, ""), (-1, ", with the opposite sign")):
                if abs(ratio - sign * factor) < 1e-4 * factor:
                    message = f"Your answer is exactly {name} the right one{turned}{everywhere}. Check where this factor comes from."
                    return Problem(Outcome.TELLING_RATIO, message, f"factor-{'n' if factor > 1 else '1n'}")
    return None
