"""The numbers of a wrong answer in a table: each beside the right one and the arguments that it belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..exercise import Exercise
from ..mistake import Point
from ..reading import Numbers, Part

Mask = NDArray[np.bool_]
Rows = Sequence[Sequence[Part]]


@dataclass(frozen=True)
class Table:
    """Numbers in rows of equal length: what came back, what is right, the case, and the place in its array.

    `quantities` has by name what the arguments are at each number: a number for all of an array, or its own entry. `nan`
    says that an argument has none there.
    """

    got: Numbers
    want: Numbers
    case: NDArray[np.int64]
    index: NDArray[np.int64]
    quantities: Mapping[str, Numbers]
    rtol: float
    atol: float

    @property
    def right(self) -> Mask:
        """Which numbers are right."""
        return self.same(self.got, self.want)

    def same(self, a: Numbers, b: Numbers) -> Mask:
        """Which numbers of two rows are the same, within the exercise's tolerance; nan is the same as nothing."""
        return np.isfinite(b) & (np.abs(a - b) <= self.atol + self.rtol * np.abs(b))

    def where(self, mask: Mask) -> Table:
        """Return the rows that a mask names."""
        return replace(
            self,
            got=self.got[mask],
            want=self.want[mask],
            case=self.case[mask],
            index=self.index[mask],
            quantities={name: numbers[mask] for name, numbers in self.quantities.items()},
        )


@dataclass(frozen=True)
class Array:
    """One part of an answer at one case, as an array beside the right one."""

    case: int
    got: Numbers
    want: Numbers


def arrays_by_path(rows: Rows) -> dict[str, tuple[Array, ...]]:
    """Return the parts of an answer that are numbers, by path; those of a sequence of numbers as one array.

    A part whose type or shape is wrong anywhere is left out.
    """
    found: dict[str, list[Array]] = {}
    broken: set[str] = set()
    for i, row in enumerate(rows):
        for path, parts in _pooled(row):
            numbers = [part.numbers() for part in parts]
            if any(one is None for one in numbers):
                broken.add(path)
                continue
            pairs = [one for one in numbers if one is not None]
            if path == parts[0].path:
                got, want = pairs[0]
            else:
                got, want = (np.array([float(one[side]) for one in pairs]) for side in (0, 1))
            found.setdefault(path, []).append(Array(i, got, want))
    return {path: tuple(arrays) for path, arrays in found.items() if path not in broken}


def _pooled(row: Sequence[Part]) -> Iterator[tuple[str, Sequence[Part]]]:
    """Yield the parts of a row by path; more than two single numbers of one sequence under the path of the sequence."""
    sequences: dict[str, list[Part]] = {}
    for part in row:
        within = re.fullmatch(r"(.*)\[\d+\]", part.path)
        single = isinstance(part.reference, np.ndarray) and part.reference.ndim == 0
        sequences.setdefault(within[1] if within and single else f"={part.path}", []).append(part)
    for key, parts in sequences.items():
        if key.startswith("=") or len(parts) <= 2:
            yield from ((part.path, (part,)) for part in parts)
        else:
            yield key, parts


def table_of(exercise: Exercise, points: Sequence[Point], arrays: Sequence[Array], names: Sequence[str]) -> Table:
    """Return the numbers of one path over all cases."""
    columns = []
    for array in arrays:
        size = array.want.size
        arguments = points[array.case].arguments
        quantities = {
            name: _beside(argument, array.want.shape) for name, argument in zip(names, arguments, strict=False)
        }
        columns.append((array.got.ravel(), array.want.ravel(), np.full(size, array.case), np.arange(size), quantities))
    scale = max((float(np.abs(one.want).max(initial=0.0)) for one in arrays), default=0.0)
    all_names = list(dict.fromkeys(name for column in columns for name in column[4]))
    return Table(
        got=np.concatenate([column[0] for column in columns]),
        want=np.concatenate([column[1] for column in columns]),
        case=np.concatenate([column[2] for column in columns]),
        index=np.concatenate([column[3] for column in columns]),
        quantities={
            name: np.concatenate([column[4].get(name, np.full(column[1].size, np.nan)) for column in columns])
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
