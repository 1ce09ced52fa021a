"""Where an answer is right: on one side of a property of its arguments, or at some inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ...comparing import Mask
from ...finding import Finding, Place
from ...reading import Numbers, subject
from ..numbers import Table, as_array
from ..wrong import Wrong
from .relation import relation


def one_side(wrong: Wrong) -> Finding | None:
    """Look for a property of the arguments that parts the right numbers from the wrong ones."""
    # What an `ask` is given is no argument of the student's.
    for path in wrong.wrong_paths if wrong.exercise.ask is None else ():
        table = wrong.tables[path]
        right = table.right
        # That zero times anything is zero says nothing.
        if not (right & (np.abs(table.want) > table.atol)).any():
            continue
        sides = (*_sides(table), *_sides_by_case(wrong, table))
        side = _likeliest([one for one in sides if _parted(one, right) is not None])
        words = _parted(side, right) if side is not None else None
        if words is None:
            continue
        found = relation(table.where(~right)) if (~right).sum() > 1 else None
        more = f" There it is {found.words}." if found is not None else ""
        sentence = f"{subject(path)} is right {words[0]}, and wrong {words[1]}.{more}"
        return Finding("behaviour.one-side", sentence, Place(entry=path))
    return None


@dataclass(frozen=True)
class Side:
    """A property of the arguments: where it holds, and the words for where it does and where it does not.

    `of` says which argument has it, and `switch` that the argument is one of two things, as a label or a flag.
    """

    holds: Mask
    words: str
    otherwise: str
    of: str = ""
    switch: bool = False


def _likeliest(sides: Sequence[Side]) -> Side | None:
    """Return the property that is told of those that part right from wrong; None where it may be one argument's or another's."""
    switches = [one for one in sides if one.switch]
    found = switches or sides
    return found[0] if len({one.of for one in found}) == 1 else None


def _parted(side: Side, right: Mask) -> tuple[str, str] | None:
    if side.holds.all() or not side.holds.any():
        return None
    if (side.holds == right).all():
        return side.words, side.otherwise
    if (side.holds == ~right).all():
        return side.otherwise, side.words
    return None


def _sides(table: Table) -> Iterator[Side]:
    for name, q in table.quantities.items():
        if not np.isfinite(q).all():
            continue
        if set(q.tolist()) <= {0.0, 1.0}:
            yield Side(q == 1, f"where {name} is 1", f"where {name} is 0", name, switch=True)
            continue
        zero = " or zero" if (q == 0).any() else ""
        yield Side(q < 0, f"where {name} is negative", f"where {name} is positive{zero}", name)
        yield Side(q > 0, f"where {name} is positive", f"where {name} is negative{zero}", name)
        yield Side(q == 0, f"where {name} is 0", f"where {name} is not 0", name)
        large = np.abs(q) > 1
        # One number on a side may be there for any reason.
        if min(large.sum(), (~large).sum()) > 1:
            yield Side(large, f"where {name} is larger than 1 in size", f"where {name} is at most 1 in size", name)
        yield from _thresholds(name, q, table.right)
    if table.index.max(initial=0) > 0:
        last = np.array([i == table.index[table.case == c].max() for i, c in zip(table.index, table.case, strict=True)])
        yield Side(table.index == 0, "in the first entry", "in the others")
        yield Side(last, "in the last entry", "in the others")


def _thresholds(name: str, q: Numbers, right: Mask) -> Iterator[Side]:
    """Yield the size of an argument from which on an answer is wrong, where a wide gap lies before it."""
    size = np.abs(q)
    if right.any() and (~right).any():
        largest, smallest = size[right].max(), size[~right].min()
        if smallest > 2 * largest:
            yield Side(size > largest, f"from {name} = ±{smallest:.3g} on", f"up to {name} = ±{largest:.3g}", name)


def _sides_by_case(wrong: Wrong, table: Table) -> Iterator[Side]:
    """Yield the properties that a whole case has: how many arguments, of which type, with how many entries."""
    given = [point.arguments for point in wrong.points]
    most = max(len(one) for one in given)
    left_out = np.array([len(one) < most for one in given], dtype=np.bool_)
    yield Side(
        left_out[table.case], "where the last argument is left out", "where all arguments are given", switch=True
    )
    for i, name in enumerate(wrong.names):
        for one in _properties(name, [arguments[i] if i < len(arguments) else None for arguments in given]):
            yield replace(one, holds=one.holds[table.case])


def _properties(name: str, given: Sequence[object]) -> Iterator[Side]:
    """Yield the properties of one argument. Each holds in some of the cases."""

    def side(values: Sequence[bool], words: str, otherwise: str, switch: bool = False) -> Side:
        return Side(
            np.array(values, dtype=np.bool_), f"where {name} {words}", f"where {name} {otherwise}", name, switch
        )

    if any(isinstance(one, bool) for one in given):
        yield side([one is True for one in given], "is True", "is False", switch=True)
        return
    yield side([isinstance(one, int) for one in given], "is a whole number", "is a float")
    dimensions = [_dimensions(one) for one in given]
    for n in sorted(set(dimensions)):
        words = "is a single number" if n == 0 else f"has {n} dimension{'s' if n > 1 else ''}"
        yield side([one == n for one in dimensions], words, "has another shape")
    lengths = [_length(one) for one in given]
    what = "rows" if max(dimensions) > 1 else "entries"
    for shorter, longer in pairwise(sorted(set(lengths))):
        at_least = [one >= longer for one in lengths]
        # Any two cases that differ in length are parted by it, whatever else they differ in.
        if min(sum(at_least), len(lengths) - sum(at_least)) > 1:
            yield side(at_least, f"has {longer} {what} or more", f"has {shorter} {what} or fewer")


def _dimensions(argument: object) -> int:
    array = as_array(argument)
    return -1 if array is None else array.ndim


def _length(argument: object) -> int:
    try:
        return len(argument)  # type: ignore[arg-type]
    except TypeError:
        return 0


def some_inputs(wrong: Wrong) -> Finding | None:
    """Tell one input at which the answer is right, and one at which it is not."""
    path = next(iter(wrong.wrong_paths), None)
    if path is None or len(wrong.arrays[path]) < 2:
        return None
    table = wrong.tables[path]
    right = {int(case) for case in set(table.case) if table.right[table.case == case].all()}
    telling = {int(case) for case, large in zip(table.case, np.abs(table.want) > table.atol, strict=True) if large}
    shown = sorted(right & telling)
    if not shown:
        return None
    good, bad = (wrong.write_call(wrong.cases[case]) for case in (shown[0], wrong.case))
    # What an `ask` does with an answer is no call of the student's.
    if not good or not bad:
        return None
    way = _way(wrong, path)
    return Finding("behaviour.some-inputs", f"It is right at `{good}`, and {way} at `{bad}`.", Place(entry=path))


def _way(wrong: Wrong, path: str) -> str:
    for array in wrong.arrays[path]:
        if array.case == wrong.case and array.want.ndim == 0:
            if float(np.sign(array.got)) == -float(np.sign(array.want)) != 0:
                return "has the wrong sign"
            return "too large" if array.got > array.want else "too small"
    return "wrong"
