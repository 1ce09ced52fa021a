"""Reads an answer beside the reference: checks the type and shape of each part, and pairs the numbers.

Pure. Types and shapes are checked before values, because a comparison that broadcasts would find `[2, 2, 2]` equal to `2`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .finding import Finding
from .observation import Kind, Value
from .verdict import Outcome

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Leaf = Numbers | bool | str | frozenset[str | float]


@dataclass(frozen=True)
class Problem:
    """Why an answer is not right: an outcome, one message, the slug of a known mistake, and what else was found."""

    outcome: Outcome
    message: str
    slug: str = ""
    case: int = 0
    finding: Finding | None = None
    evidence: str = ""


@dataclass(frozen=True)
class Part:
    """One part of an answer beside the same part of the reference; `got` is None where its type or shape is wrong.

    `path` names the part within the answer, as `["dz_dx"]`; it is "" where the answer is one number or array. `whole`
    says that the reference is made of whole numbers, such as a count.
    """

    path: str
    got: Leaf | None
    reference: Leaf
    whole: bool = False

    @property
    def entry(self) -> str:
        """The start of the path that names an entry of the answer itself: `["detach()"` of `["detach()"]["value"]`."""
        return self.path.partition("][")[0]

    def numbers(self) -> tuple[Numbers, Numbers] | None:
        """Return both as arrays of numbers, or None if they are no numbers."""
        if isinstance(self.got, np.ndarray) and isinstance(self.reference, np.ndarray):
            return self.got, self.reference
        return None


def plain(reference: Any) -> Any:
    """Return NumPy's and PyTorch's truth values and texts as Python's own, in nested lists, and all else as it is."""
    if hasattr(reference, "dtype"):
        array = np.asarray(reference)
        if array.dtype.kind in "bU":
            return array.tolist()
    return reference


def leaf(reference: Any) -> Leaf:
    """Return one part of a reference in the form that is compared."""
    if isinstance(reference, bool | str):
        return reference
    if isinstance(reference, set | frozenset):
        return frozenset(reference)
    return np.asarray(reference, dtype=np.float64)


def read(reference: Any, value: Value, path: str, parts: list[Part]) -> Problem | None:
    """Read `value` beside `reference`. Append one part for each part of the reference, and return the first problem.

    A part of a wrong type or shape is appended too, with None for what the student gave.
    """
    before = len(parts)
    problem = _read(reference, value, path, parts)
    # The parts inside a part that can't be read count as wrong.
    if problem is not None and len(parts) == before:
        parts.extend(Part(below, None, one) for below, one in _leaves(reference, path))
    return problem


def _leaves(reference: Any, path: str) -> Iterator[tuple[str, Leaf]]:
    """Yield the path and the value of each part of a reference."""
    reference = plain(reference)
    if isinstance(reference, dict | tuple | list):
        entries = reference.items() if isinstance(reference, dict) else enumerate(reference)
        for key, one in entries:
            yield from _leaves(one, f"{path}[{key!r}]")
    else:
        yield path, leaf(reference)


def _read(reference: Any, value: Value, path: str, parts: list[Part]) -> Problem | None:
    reference = plain(reference)
    if isinstance(reference, dict):
        return _read_mapping(reference, value, path, parts)
    if isinstance(reference, bool | str):
        return _read_exact(reference, value, path, parts)
    if isinstance(reference, set | frozenset):
        return _read_set(reference, value, path, parts)
    if isinstance(reference, tuple | list):
        return _read_sequence(reference, value, path, parts)
    expected = np.asarray(reference, dtype=np.float64)
    got = _numbers(value)
    if got is None:
        wanted = "a number" if expected.ndim == 0 else f"an array of shape {expected.shape}"
        return Problem(
            Outcome.WRONG_TYPE, f"{_expected(path)} {wanted}; got {what_is(value)}.{_none_hint(value, path)}"
        )
    if got.shape != expected.shape:
        wanted = "a single number" if expected.ndim == 0 else f"shape {expected.shape}"
        message = f"{_expected(path)} {wanted}; got shape {got.shape}."
        return Problem(Outcome.WRONG_SHAPE, message)
    if value.requires_grad or any(item.requires_grad for item in value.items):
        message = f"{subject(path)} still requires grad, so its graph is kept with it. Return it detached, or as a plain number."
        return Problem(Outcome.WRONG_STATE, message, "still-tracked")
    parts.append(Part(path, got, expected, whole=np.asarray(reference).dtype.kind in "iuO"))
    return None


def _read_mapping(reference: dict[Any, Any], value: Value, path: str, parts: list[Part]) -> Problem | None:
    names = ", ".join(repr(key) for key in reference)
    if value.kind != "mapping":
        return Problem(Outcome.WRONG_TYPE, f"{_expected(path)} a dict with the keys {names}; got {what_is(value)}.")
    entries = dict(zip(value.keys, value.items, strict=False))
    for key in reference:
        if key not in entries:
            return Problem(Outcome.WRONG_TYPE, f"{subject(path)} has no key {key!r}. Expected the keys {names}.")
    for key in entries:
        if key not in reference:
            return Problem(
                Outcome.WRONG_TYPE, f"{subject(path)} has the unknown key {key!r}. Expected the keys {names}."
            )
    problems = [read(reference[key], entries[key], f"{path}[{key!r}]", parts) for key in reference]
    return next((problem for problem in problems if problem is not None), None)


def _read_sequence(
    reference: tuple[Any, ...] | list[Any], value: Value, path: str, parts: list[Part]
) -> Problem | None:
    wanted = f"{'a tuple' if isinstance(reference, tuple) else 'a list'} of {len(reference)} elements"
    items = _elements(value)
    if items is None:
        return Problem(
            Outcome.WRONG_TYPE, f"{_expected(path)} {wanted}; got {what_is(value)}.{_none_hint(value, path)}"
        )
    if len(items) != len(reference):
        return Problem(Outcome.WRONG_SHAPE, f"{_expected(path)} {wanted}; got {len(items)} elements.")
    problems = [
        read(one, item, f"{path}[{i}]", parts) for i, (one, item) in enumerate(zip(reference, items, strict=True))
    ]
    return next((problem for problem in problems if problem is not None), None)


def _read_set(reference: set[Any] | frozenset[Any], value: Value, path: str, parts: list[Part]) -> Problem | None:
    texts = all(isinstance(one, str) for one in reference)
    if value.kind != "sequence" or any(item.kind != ("text" if texts else "number") for item in value.items):
        wanted = f"a set of {'strings' if texts else 'numbers'}"
        return Problem(Outcome.WRONG_TYPE, f"{_expected(path)} {wanted}; got {what_is(value)}.")
    got = frozenset(item.text if texts else item.numbers[0] for item in value.items)
    parts.append(Part(path, got, frozenset(reference)))
    return None


def _read_exact(reference: bool | str, value: Value, path: str, parts: list[Part]) -> Problem | None:
    kind, wanted = ("truth", "True or False") if isinstance(reference, bool) else ("text", "a string")
    if value.kind != kind:
        return Problem(Outcome.WRONG_TYPE, f"{_expected(path)} {wanted}; got {what_is(value)}.")
    parts.append(Part(path, value.text if isinstance(reference, str) else bool(value.numbers[0]), reference))
    return None


def numbers_in(value: Value) -> Numbers:
    """Return all numbers of an answer as a 1-D array, in the order in which they are read."""
    if value.items:
        return np.concatenate([numbers_in(item) for item in value.items])
    return np.array([] if value.kind == "truth" else value.numbers)


def moved(before: Value, after: Value) -> bool:
    """Whether the numbers of a value differ by more than a small term that was added to make them differ."""
    old, new = numbers_in(before), numbers_in(after)
    return old.shape != new.shape or not np.allclose(new, old, rtol=0.01, atol=0.0, equal_nan=True)


def _elements(value: Value) -> tuple[Value, ...] | None:
    """Return the elements of a sequence. An array is a sequence of its rows."""
    if value.kind == "sequence":
        return value.items
    if value.kind != "array":
        return None
    got = np.array(value.numbers).reshape(value.shape)
    single: Kind = "truth" if value.dtype == "bool" else "number"
    kind: Kind = single if got.ndim == 1 else "array"
    return tuple(
        Value(
            kind,
            value.dtype,
            "",
            value.dtype,
            row.shape,
            tuple(row.ravel().tolist()),
            requires_grad=value.requires_grad,
        )
        for row in got
    )


def _numbers(value: Value) -> Numbers | None:
    """Return a number, an array or nested sequences of numbers as an array; None for anything else."""
    if value.kind in ("number", "array") and value.dtype != "bool":
        size = math.prod(value.shape) if all(n >= 0 for n in value.shape) else -1
        return np.array(value.numbers).reshape(value.shape) if size == len(value.numbers) else None
    if value.kind == "sequence":
        rows = [_numbers(item) for item in value.items]
        arrays = [row for row in rows if row is not None]
        if arrays and len(arrays) == len(rows) and all(row.shape == arrays[0].shape for row in arrays):
            return np.stack(arrays)
    return None


def not_finite(parts: Sequence[Part]) -> Problem | None:
    """Return a problem if a number is nan or infinite and the reference is not."""
    for part in parts:
        numbers = part.numbers()
        if numbers is not None and not np.isfinite(numbers[0][np.isfinite(numbers[1])]).all():
            return Problem(
                Outcome.NOT_FINITE,
                f"{subject(part.path)} is nan or infinity. Expected a finite number. Print the steps to see which one overflows.",
            )
    return None


def subject(path: str) -> str:
    """Return the words for a part of an answer."""
    return f"The entry `{path}`" if path else "The result"


def _expected(path: str) -> str:
    """Return the first words of a message about a part of an answer."""
    return f"{subject(path)}: expected" if path else "Expected"


_NAMES = {"nothing": "None", "blank": "still `...`", "truth": "a truth value"}
# What Python calls a type, and what people call a value of it. A function's own name tells no more.
_TYPES = {
    "bool": "a truth value",
    "int": "an int",
    "float": "a float",
    "complex": "a complex number",
    "str": "a string",
    "list": "a list",
    "tuple": "a tuple",
    "set": "a set",
    "dict": "a dict",
    "function": "a function",
    "builtin_function_or_method": "a function",
    "method": "a method, which was not called",
}


def what_is(value: Value) -> str:
    """Return what a value is, in words."""
    if value.kind == "array":
        return f"an array of shape {value.shape}"
    return _NAMES.get(value.kind) or _TYPES.get(value.type) or f"a value of type {value.type}"


def _none_hint(value: Value, path: str) -> str:
    is_result = value.kind == "nothing" and not path
    return " Check that each path through the function ends in a `return`." if is_result else ""
