"""Right numbers in another place of an array, a dict or a tuple, and which of them are wrong."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np

from ...finding import Finding, Place
from ...reading import Numbers, subject
from ..wrong import Wrong
from .relation import all_same, telling


def exchanged_entries(wrong: Wrong) -> Finding | None:
    """Look for two entries that stand under each other's name, or one that stands under another's."""
    for a, b in combinations(wrong.wrong_paths, 2):
        if _equal(wrong, a, b) and _equal(wrong, b, a):
            sentence = f"`{a}` and `{b}` are exchanged: each has the number that belongs to the other."
            return Finding("behaviour.exchanged", sentence, Place(entry=a))
    for a in wrong.wrong_paths:
        for b in wrong.arrays:
            if a != b and _equal(wrong, a, b):
                sentence = f"The entry `{a}` has the number that belongs to `{b}`."
                return Finding("behaviour.exchanged", sentence, Place(entry=a))
    return None


def _equal(wrong: Wrong, path: str, other: str) -> bool:
    """Whether what stands at a path is what belongs to another, wherever the two differ."""
    mine, theirs = wrong.tables[path], wrong.tables[other]
    if mine.want.shape != theirs.want.shape or not telling(theirs, 1):
        return False
    return bool(theirs.same(mine.got, theirs.want).all() and not mine.same(mine.want, theirs.want).all())


def arranged(wrong: Wrong) -> Finding | None:
    """Look for arrays that hold the right numbers in another order, or sums and steps of them."""
    for path in wrong.wrong_paths:
        arrays = wrong.arrays[path]
        table = wrong.tables[path]
        if not any(one.want.size > 1 for one in arrays):
            continue
        for words, arrange in _ARRANGEMENTS:
            moved = [arrange(one.want) for one in arrays]
            if any(one.shape != array.want.shape for one, array in zip(moved, arrays, strict=True)):
                continue
            numbers = np.concatenate([one.ravel() for one in moved])
            if all_same(table, numbers) and not table.same(numbers, table.want).all():
                sentence = f"{subject(path)} has {words}."
                return Finding("behaviour.arranged", sentence, Place(entry=path))
    return None


def _repeat(number: Callable[[Numbers], float]) -> Callable[[Numbers], Numbers]:
    return lambda want: np.full_like(want, number(want))


_ARRANGEMENTS: tuple[tuple[str, Callable[[Numbers], Numbers]], ...] = (
    ("the right numbers in the reverse order", lambda want: want[::-1] if want.ndim else want),
    ("the right numbers shifted by one place", lambda want: np.roll(want, 1, axis=0) if want.ndim else want),
    ("the right numbers shifted by one place", lambda want: np.roll(want, -1, axis=0) if want.ndim else want),
    ("the right numbers, but sorted", lambda want: np.sort(want, axis=0) if want.ndim else want),
    ("the right numbers with rows and columns exchanged", lambda want: want.T),
    ("the right numbers in another order", lambda want: want.T.reshape(want.shape)),
    ("running sums of the right numbers", lambda want: np.cumsum(want, axis=0) if want.ndim else want),
    ("the steps between the right numbers", lambda want: np.diff(want, axis=0, prepend=0) if want.ndim else want),
    ("the mean of the right numbers in each place", _repeat(lambda want: float(want.mean()))),
    ("the sum of the right numbers in each place", _repeat(lambda want: float(want.sum()))),
    ("the first of the right numbers in each place", _repeat(lambda want: float(want.flat[0]))),
    ("the last of the right numbers in each place", _repeat(lambda want: float(want.flat[-1]))),
)


def where_in_array(wrong: Wrong) -> Finding | None:
    """Tell which entries are wrong, where some are right."""
    for path in wrong.wrong_paths:
        for array in wrong.arrays[path]:
            table = wrong.tables[path].where(wrong.tables[path].case == array.case)
            right = table.right
            if right.all() or not right.any() or array.want.ndim == 0:
                continue
            index = [int(i) for i in np.unravel_index(int(np.argmin(right)), array.want.shape)]
            count = f"{int(right.sum())} of its {right.size} numbers are right"
            sentence = f"{subject(path)} is wrong in part: {count}, and the first wrong one is at {index}."
            return Finding("behaviour.entry", sentence, Place(entry=f"{path}{index}"))
    return None
