"""A wrong answer as the findings look at it: what was asked, what came back, and its text."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from ..comparing import Rows, Scales, is_right, scales_of
from ..exercise import Case, Exercise, Raises
from ..mistake import Point
from ..observation import Call
from .numbers import Array, Table, arrays_by_path, table_of
from .text import Function, Text, parameters, text_of


@dataclass(frozen=True)
class Wrong:
    """A wrong answer: the question, the arguments and right answers, the parts beside them, the calls, and the text.

    `case` is the first case that is wrong.
    """

    exercise: Exercise
    cases: Sequence[Case]
    points: Sequence[Point]
    rows: Rows
    calls: Sequence[Call]
    source: str
    case: int
    write_call: Callable[[Case], str]

    @cached_property
    def text(self) -> Text | None:
        """The answer's text; None where there is none that is Python."""
        return text_of(self.source) if self.source else None

    @cached_property
    def function(self) -> Function | None:
        """The function in the text that the exercise asks for; None where there is none."""
        return self.text.function(self.exercise.name) if self.text is not None else None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What the arguments are called: by what asks, by the answer itself, by the exercise's function, or by their place."""
        most = max((len(point.arguments) for point in self.points), default=0)
        found = tuple(one.arg for one in parameters(self.function)) if self.function is not None else ()
        if self.exercise.ask is not None:
            # The first of them is the student's names.
            found = parameters_of(self.exercise.ask)[1:]
        if len(found) < most and self.exercise.forward is not None:
            found = parameters_of(self.exercise.forward)
        if len(found) < most:
            return tuple(f"argument {i}" for i in range(1, most + 1))
        return tuple(f"`{name}`" for name in found[:most])

    @cached_property
    def scales(self) -> Scales:
        """The sizes of the right numbers by path, on which it depends how near is near enough."""
        return scales_of(self.rows)

    @cached_property
    def arrays(self) -> dict[str, tuple[Array, ...]]:
        """The parts of the answer that are numbers, by path."""
        return arrays_by_path(self.exercise, self.rows, self.scales)

    def table(self, path: str) -> Table:
        """Return the numbers of one path over all cases."""
        return table_of(self.exercise, self.points, self.arrays[path], self.names)

    @cached_property
    def tables(self) -> dict[str, Table]:
        """The numbers by path."""
        return {path: self.table(path) for path in self.arrays}

    @cached_property
    def wrong_paths(self) -> tuple[str, ...]:
        """The paths of numbers that are wrong somewhere."""
        return tuple(path for path, table in self.tables.items() if not table.right.all())

    def is_wrong_at_alone(self, path: str) -> bool:
        """Whether there are other entries than that of a path, and all of them are right at every case."""
        others = [
            part for row in self.rows for part in row if part.path != path and not part.path.startswith(f"{path}[")
        ]
        return bool(others) and all(is_right(self.exercise, part, self.scales) for part in others)

    def matters(self, position: int) -> bool:
        """Whether the right answer changes when the argument at a position does, at some case.

        What can't be moved, as a function, is exchanged with that of another case.
        """
        of_cases = [point.arguments[position] for point in self.points if position < len(point.arguments)]
        for point in self.points:
            if isinstance(point.reference, Raises) or position >= len(point.arguments):
                continue
            moved = _moved(point.arguments[position])
            for other in (moved,) if moved is not None else of_cases:
                arguments = [*point.arguments[:position], other, *point.arguments[position + 1 :]]
                if differs(self.value_at(arguments), point.reference):
                    return True
        return False

    def value_at(self, arguments: Sequence[object]) -> object:
        """Return the right answer at other arguments; None where there is none."""
        try:
            return self.exercise.reference(*arguments)
        except Exception:
            return None


def _moved(argument: object) -> object:
    """Return an argument moved by a little: a flag or a label turned, a number grown; None where that can't be done."""
    match argument:
        case bool():
            return not argument
        case int():
            return 1 - argument if argument in (0, 1) else argument + 1
        case float() | np.ndarray():
            return argument * 1.13 + 0.017
        case torch.Tensor() if argument.is_floating_point():
            return argument.detach() * 1.13 + 0.017
        case list():
            return [_moved(one) for one in argument]
    return None


def differs(a: object, b: object) -> bool:
    """Whether two right answers differ."""
    if a is None or b is None:
        return False
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() != b.keys() or any(differs(a[key], b[key]) for key in a)
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) != len(b) or any(differs(one, other) for one, other in zip(a, b, strict=True))
    if isinstance(a, np.ndarray | float | int) and isinstance(b, np.ndarray | float | int):
        return np.shape(a) != np.shape(b) or not np.allclose(a, b, rtol=1e-9, atol=1e-12)
    return bool(type(a) is type(b) and a != b)


def parameters_of(function: Callable[..., object]) -> tuple[str, ...]:
    """Return the names of the parameters of one of our own functions; () where it does not tell them."""
    try:
        return tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return ()
