"""What can be shown of any wrong answer: something true at an input that the student can try."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ..comparing import is_right
from ..exercise import gradient
from ..finding import Finding, Place
from ..reading import Numbers, Part, subject
from .numbers import as_array
from .wrong import Wrong

_STEP = 0.001
_ADDRESS = r" at 0x[0-9a-fA-F]+"


def evidence(wrong: Wrong) -> Finding:
    """Return something true and specific of the first wrong case."""
    return small_step(wrong) or _numbers(wrong) or _entries(wrong)


# A derivative, beside what a small step does


def small_step(wrong: Wrong) -> Finding | None:
    """Compare a wrong derivative with what a small step of the argument does to the function."""
    exercise = wrong.exercise
    path = next(iter(wrong.wrong_paths), "")
    if exercise.forward is None or path not in wrong.arrays:
        return None
    for array in wrong.arrays[path]:
        if array.case != wrong.case:
            continue
        arguments = wrong.points[array.case].arguments
        position = differentiated(exercise.forward, arguments, array.want)
        if position is None:
            return None
        start = as_array(arguments[position])
        off = np.abs(array.got - array.want)
        if start is None or not np.isfinite(array.got).all():
            return None
        index = np.unravel_index(int(np.argmax(off)), array.want.shape) if array.want.ndim else ()
        change = _change(exercise.forward, arguments, position, index)
        if change is None:
            return None
        told = array.got[index] * _STEP
        name = wrong.names[position]
        at = f"{name} = {start:.4g}" if not index else f"entry {[int(i) for i in index]} of {name} = {start[index]:.4g}"
        sentence = (
            f"At {at}, a step of {_STEP:g} changes the function by {change:.2g}. "
            f"{'Your slope' if not path else f'Your `{path}`'} of {array.got[index]:.4g} says {told:.2g}."
        )
        entry = f"{path}{[int(i) for i in index]}" if index else path
        return Finding("evidence.slope", sentence, Place(entry=entry))
    return None


def differentiated(forward: Any, arguments: Sequence[Any], want: Numbers) -> int | None:
    """Return the position of the argument in which the right answer is the derivative; None where it is another thing."""
    for i in range(len(arguments)):
        try:
            slope = np.asarray(gradient(forward, i)(*arguments))
        except Exception:
            continue
        if slope.shape == want.shape and np.allclose(slope, want, rtol=1e-6, atol=1e-9):
            return i
    return None


def _change(forward: Any, arguments: Sequence[Any], position: int, index: tuple[Any, ...]) -> float | None:
    """Return by how much the function changes when one number of an argument grows by a step."""
    try:
        tensors = [torch.as_tensor(each, dtype=torch.float64).clone() for each in arguments]
        with torch.no_grad():
            before = forward(*tensors).item()
            tensors[position][index] += _STEP
            return float(forward(*tensors).item() - before)
    except Exception:
        return None


# Numbers


def _numbers(wrong: Wrong) -> Finding | None:
    """Tell in which way the numbers are wrong."""
    for path in wrong.wrong_paths:
        table = wrong.tables[path]
        off = ~table.right
        got, want = table.got[off], table.want[off]
        name = subject(path)
        place = Place(entry=path)
        rest = _rest(wrong, path)
        if (np.sign(got) == -np.sign(want)).all() and (want != 0).all():
            return Finding("evidence.sign", f"{name} has the wrong sign{_at_inputs(wrong, path)}.{rest}", place)
        if (got == 0).all():
            return Finding("evidence.zero", f"{name} is 0 where it should not be.{rest}", place)
        if (got > want).all() or (got < want).all():
            way = "large" if (got > want).all() else "small"
            return Finding("evidence.size", f"{name} is too {way}{_at_inputs(wrong, path)}.{rest}", place)
        large, small = int((got > want).sum()), int((got < want).sum())
        are = "is" if large == 1 else "are"
        tried = f"{large} of the numbers that were tried {are} too large, {small} too small"
        sentence = f"{name} is not right: {tried}.{rest}"
        return Finding("evidence.numbers", sentence, place)
    return None


def _at_inputs(wrong: Wrong, path: str) -> str:
    table = wrong.tables[path]
    if len(wrong.arrays[path]) == 1:
        return ""
    return " at every input that was tried" if not table.right.any() else " at each input where it is wrong"


def _rest(wrong: Wrong, path: str) -> str:
    if wrong.is_wrong_at_alone(path):
        return " The other entries are right."
    all_numbers = all(part.numbers() is not None for row in wrong.rows for part in row)
    none_right = len(wrong.arrays) > 1 and len(wrong.wrong_paths) == len(wrong.arrays)
    return f" {_none_of(len(wrong.arrays))} is right." if all_numbers and none_right else ""


def _none_of(count: int) -> str:
    return "Neither entry" if count == 2 else f"None of the {count} entries"


# Truth values, strings and sets


def _entries(wrong: Wrong) -> Finding:
    """Tell which entries are wrong and how many are right, in the call that is shown if it has one that is wrong."""
    row, off = next(
        (
            (row, off)
            for row in (wrong.rows[wrong.case], *wrong.rows)
            if (off := [part for part in row if not is_right(wrong.exercise, part, wrong.scales)])
        ),
        ((), []),
    )
    if not off:
        call = wrong.write_call(wrong.cases[wrong.case])
        return Finding("evidence.result", f"{f'`{call}`' if call else 'It'} gives another result than it should.")
    first = off[0]
    place = Place(entry=first.path)
    name = subject(first.path)
    if _is_reversed(row):
        return Finding("behaviour.arranged", "The result has the right entries in the reverse order.", place)
    right = len(row) - len(off)
    rest = ""
    if len(row) > 1:
        rest = f" {right} of {len(row)} entries are right." if right else f" {_none_of(len(row))} is right."
    match first.got, first.reference:
        case frozenset() as got, frozenset() as want:
            sentence = (
                f"{name} has {_count(len(got & want))} that belong there, and {_count(len(got - want))} that do not."
            )
        case bool() as got, bool():
            sentence = f"{name} is {got}, which is not so."
        case str() as got, str():
            # An address in memory is another one at each run.
            sentence = f"{name} is {re.sub(_ADDRESS, '', got)[:60]!r}, which is not the right text."
        case _:
            sentence = f"{name} is not what was asked for."
    return Finding("evidence.entry", sentence + rest, place)


def _is_reversed(row: Sequence[Part]) -> bool:
    """Whether a list of texts has the right ones in the reverse order."""
    texts = [(part.got, part.reference) for part in row if isinstance(part.reference, str)]
    return len(texts) == len(row) > 1 and [one[0] for one in texts] == [one[1] for one in reversed(texts)]


def _count(n: int) -> str:
    return "none" if not n else f"{n}"
