"""The numbers of a wrong answer in a table: each beside the right one and the arguments that it belongs to."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..comparing import Mask, Rows, Scales, right_numbers
from ..exercise import Exercise
from ..mistake import Point
from ..reading import Numbers, Part


@dataclass(frozen=True)
class Table:
    """Numbers in rows of equal length: what came back, what is right, whether it is that, the case, and the place in its array.

    `quantities` has by name what the arguments are at each number: a number for all of an array, or its own entry. `nan`
    says that an argument has none there.
    """

    got: Numbers
    want: Numbers
    right: Mask
    case: NDArray[np.int64]
    index: NDArray[np.int64]
    quantities: Mapping[str, Numbers]
    rtol: float
    atol: float

    def same(self, a: Numbers, b: Numbers) -> Mask:
        """Which numbers of two rows are near enough to be told as the same; nan is the same as nothing.

        Whether a number is right is the judge's to say: see `right`.
        """
        return np.isfinite(b) & (np.abs(a - b) <= self.atol + self.rtol * np.abs(b))

    def where(self, mask: Mask) -> Table:
        """Return the rows that a mask names."""
        return replace(
            self,
            got=self.got[mask],
            want=self.want[mask],
            right=self.right[mask],
            case=self.case[mask],
            index=self.index[mask],
            quantities={name: numbers[mask] for name, numbers in self.quantities.items()},
        )


@dataclass(frozen=True)
class Array:
    """One part of an answer at one case, as an array beside the right one, and which of its numbers are right."""

    case: int
    got: Numbers
    want: Numbers
    right: Mask


def arrays_by_path(exercise: Exercise, rows: Rows, scales: Scales) -> dict[str, tuple[Array, ...]]:
    """Return the parts of an answer that are numbers, by path; those of a sequence of numbers as one array.

    A part whose type or shape is wrong anywhere is left out.
    """
    found: dict[str, list[Array]] = {}
    broken: set[str] = set()
    by_sequence = [_by_sequence(row) for row in rows]
    # What has more than two numbers at one case is a sequence at each.
    long = {key for row in by_sequence for key, parts in row.items() if len(parts) > 2}
    for i, row in enumerate(by_sequence):
        for path, parts in _pooled(row, long):
            beside = [one for part in parts if (one := _beside_right(exercise, part, scales)) is not None]
            if len(beside) < len(parts):
                broken.add(path)
                continue
            got, want, right = beside[0] if path == parts[0].path else map(np.array, zip(*beside, strict=True))
            found.setdefault(path, []).append(Array(i, got, want, right))
    return {path: tuple(arrays) for path, arrays in found.items() if path not in broken}


def _beside_right(exercise: Exercise, part: Part, scales: Scales) -> tuple[Numbers, Numbers, Mask] | None:
    """Return a part's numbers, the right ones, and which are right; None where its type or shape is wrong."""
    numbers, right = part.numbers(), right_numbers(exercise, part, scales)
    return None if numbers is None or right is None else (*numbers, right)


def _by_sequence(row: Sequence[Part]) -> Mapping[str, Sequence[Part]]:
    """Return the parts of a row by the path of their sequence, if they are single numbers of one; else by a key of their own."""
    sequences: dict[str, list[Part]] = {}
    for part in row:
        within = re.fullmatch(r"(.*)\[\d+\]", part.path)
        single = isinstance(part.reference, np.ndarray) and part.reference.ndim == 0
        sequences.setdefault(within[1] if within and single else f"={part.path}", []).append(part)
    return sequences


def _pooled(sequences: Mapping[str, Sequence[Part]], long: Container[str]) -> Iterator[tuple[str, Sequence[Part]]]:
    """Yield the parts of a row by path; the numbers of a long sequence under the path of the sequence."""
    for key, parts in sequences.items():
        if key in long:
            yield key, parts
        else:
            yield from ((part.path, (part,)) for part in parts)


def table_of(exercise: Exercise, points: Sequence[Point], arrays: Sequence[Array], names: Sequence[str]) -> Table:
    """Return the numbers of one path over all cases."""
    columns = []
    for array in arrays:
        size = array.want.size
        arguments = points[array.case].arguments
        quantities = {
            name: _beside(argument, array.want.shape) for name, argument in zip(names, arguments, strict=False)
        }
        columns.append((np.full(size, array.case), np.arange(size), quantities))
    want = np.concatenate([one.want.ravel() for one in arrays])
    scale = float(np.abs(want).max(initial=0.0, where=np.isfinite(want)))
    all_names = list(dict.fromkeys(name for column in columns for name in column[2]))
    return Table(
        got=np.concatenate([one.got.ravel() for one in arrays]),
        want=want,
        right=np.concatenate([one.right.ravel() for one in arrays]),
        case=np.concatenate([column[0] for column in columns]),
        index=np.concatenate([column[1] for column in columns]),
        quantities={
            name: np.concatenate([column[2].get(name, np.full(column[0].size, np.nan)) for column in columns])
            for name in all_names
        },
        rtol=exercise.rtol,
        atol=exercise.atol * (scale or 1.0),
    )


def as_array(argument: Any) -> Numbers | None:
    """Return an argument as numbers; None of what is none."""
    if isinstance(argument, torch.Tensor):
        argument = argument.detach().double().numpy()
    if isinstance(argument, str) or callable(argument):
        return None
    try:
        array = np.asarray(argument, dtype=np.float64)
    except (TypeError, ValueError, RuntimeError):
        return None
    return array


def _beside(argument: Any, shape: tuple[int, ...]) -> Numbers:
    """Return an argument's numbers at each number of an array of this shape; nan where none belongs to it."""
    array = None if isinstance(argument, bool) else as_array(argument)
    size = int(np.prod(shape, dtype=np.int64))
    if array is None or (array.ndim and array.shape != shape):
        return np.full(size, np.nan)
    return np.broadcast_to(array, shape).ravel()
