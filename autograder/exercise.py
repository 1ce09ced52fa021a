"""An exercise: the name to define, the inputs, and the source of the right answer.

An exercise runs no student code. Its reference values come from the forward function, through autograd in float64. Students
can read the package, so it contains no derivative that somebody wrote down.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch

if TYPE_CHECKING:
    from .mistake import Mistake

_MOST_KEPT = 512

Way = Literal["hand", "autograd", "any", "recorded"]

TOOLS: Mapping[Way, str] = {
    "hand": "by hand: a formula in plain Python, `math`, NumPy or tensor arithmetic; no autograd, no finite differences",
    "autograd": "by autograd: `backward` or any other automatic differentiation of PyTorch; no formula of your own",
    "any": "any tool",
    "recorded": "pen and paper, or code in a cell of your own",
}


@dataclass(frozen=True)
class Build:
    """An input that is not plain data, such as a function or a model: the name of a builder and its numbers."""

    builder: str
    numbers: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Array:
    """An array input, as nested tuples, or as a number. The answer gets a NumPy array or a tensor, as `kind` says."""

    data: tuple[Any, ...] | float
    kind: Literal["numpy", "torch"] = "numpy"
    dtype: Literal["float64", "float32", "int64", "uint8", "bool"] = "float64"


Input = int | float | str | bool | Array | Build | tuple["Input", ...]


@dataclass(frozen=True)
class Case:
    """The arguments of one call. An `exact` case is the same for all students, for example where a slope is zero."""

    arguments: tuple[Input, ...] = ()
    exact: bool = False

    def to_plain(self) -> list[Any]:
        """Return the case as plain data, fit for JSON."""
        return [self.exact, [_to_plain(argument) for argument in self.arguments]]

    @classmethod
    def from_plain(cls, plain: Any) -> Case:
        """Return the case that `to_plain` wrote."""
        exact, arguments = plain
        return cls(tuple(_from_plain(argument) for argument in arguments), exact)


def _to_plain(argument: Any) -> Any:
    match argument:
        case Build(builder, numbers):
            return {"build": builder, "numbers": _to_plain(numbers)}
        case Array(data, kind, dtype):
            return {"array": _to_plain(data), "kind": kind, "dtype": dtype}
        case tuple():
            return [_to_plain(item) for item in argument]
    return argument


def _from_plain(plain: Any) -> Any:
    match plain:
        case {"build": builder, "numbers": numbers}:
            return Build(builder, _from_plain(numbers))
        case {"array": data, "kind": kind, "dtype": dtype}:
            return Array(_from_plain(data), kind, dtype)
        case list():
            return tuple(_from_plain(item) for item in plain)
    return plain


def case(*arguments: Input, exact: bool = False) -> Case:
    """Return the `Case` with these arguments."""
    return Case(arguments, exact)


@dataclass(frozen=True)
class Raises:
    """The reference of a case in which the right answer is an exception of this class, or else of the class `also`."""

    kind: str
    also: str = ""


@dataclass(frozen=True)
class Exercise:
    """One question, with one name to define.

    Attributes
    ----------
    id
        `<lesson>.<name it defines>`, as `scalar_gradients.d_poly`.
    number, title, difficulty, importance, minutes, points
        The words of the card above the exercise. Difficulty and importance are from 1 to 5.
    way
        The tools that a student may use. A "recorded" answer is a value and not a function.
    cases
        The public inputs. Those for grading are drawn around them, see `grading_cases`.
    more_cases
        Draws further inputs for grading, if the answers do not depend on the numbers of the public inputs.
    reference
        Takes a case's arguments, built, and returns the right answer: a number, an array of numbers, truth values or
        strings, a bool, a string, a set of strings or of numbers, or a dict, tuple or list of these; or `Raises`. Its form
        is the form asked of the answer. An answer to a whole number is less than 0.5 off, whatever the tolerance is.
    forward
        The function to differentiate, if the answer is its derivative at the arguments.
    builders
        By name, the functions that build the `Build` arguments.
    partial
        Whether each entry of a dict or tuple earns its share of the points.
    changes
        Whether the answer must change its arguments in place.
    measure
        For answers whose effect is judged in place of their result. Takes the built arguments before the call, and
        returns a function that is given the result after it and returns what is judged, in the reference's form.
    ask
        For an answer that one call can't show, such as a class: takes the student's names and the built arguments, does
        what the exercise asks about, and returns what is judged, in the reference's form. It runs where student code runs.
    passes
        How many backward passes an answer makes at a case's arguments, where that is a part of the question.
    dual_numbers
        Whether an answer by hand may compute with dual numbers; elsewhere a class of numbers is flagged.
    rtol, atol
        How far off each number may be: `rtol` times its right size, and `atol` times the largest right size at any input.
        Where a derivative is near 0 its terms cancel. Of float32 there is left what rounding left of the terms.
    mistakes
        The known mistakes, the most specific first. The judge adds those that any exercise can have.
    hints
        Four or more: shape and type, kind of mistake, a step on another function, the place in the lesson.
    after
        What a right answer opens: what it means, another way to it, where it is used. It holds no formula of the answer.
    """

    id: str
    number: str
    title: str
    way: Way
    difficulty: int
    importance: int
    minutes: int
    points: float
    cases: tuple[Case, ...]
    reference: Callable[..., Any]
    hints: tuple[str, ...]
    after: str = ""
    mistakes: tuple[Mistake, ...] = ()
    forward: Callable[..., Any] | None = None
    builders: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    partial: bool = False
    changes: bool = False
    measure: Callable[..., Callable[[Any], Any]] | None = None
    ask: Callable[..., Any] | None = None
    more_cases: Callable[[random.Random], tuple[Case, ...]] | None = None
    passes: Callable[..., int] | None = None
    dual_numbers: bool = False
    rtol: float = 1e-5
    atol: float = 1e-6

    @property
    def lesson(self) -> str:
        """The lesson's name, the first part of the id."""
        return self.id.partition(".")[0]

    @property
    def name(self) -> str:
        """The name that an answer defines, the second part of the id."""
        return self.id.partition(".")[2]

    @property
    def by_effect(self) -> bool:
        """Whether what an answer does is judged, in place of what a call of it returns."""
        return self.measure is not None or self.ask is not None

    def arguments(self, case: Case) -> tuple[Any, ...]:
        """Build the arguments of a case. Each call makes new ones."""
        return tuple(self._build(argument) for argument in case.arguments)

    def right_answer(self, case: Case) -> Any:
        """Return the reference's answer to a case. It is computed once and kept, so leave it as it is."""
        # Of two texts that differ, the cases may be equal: 1 and 1.0 are.
        text = repr(case.arguments)
        if text not in self._right_answers:
            if len(self._right_answers) >= _MOST_KEPT:
                self._right_answers.clear()
            self._right_answers[text] = self.reference(*self.arguments(case))
        return self._right_answers[text]

    @cached_property
    def _right_answers(self) -> dict[str, Any]:
        return {}

    def grading_cases(self, seed: bytes) -> tuple[Case, ...]:
        """Draw inputs that nobody has seen: move every float of the public ones by 3 to 30 %, and keep all else.

        Signs and zeros stay, so a generic input stays generic. The same seed draws the same inputs on
        every machine and Python.
        """
        rng = random.Random(hashlib.sha256(seed + self.id.encode()).digest())
        moved = tuple(
            one if one.exact else replace(one, arguments=tuple(_moved(argument, rng) for argument in one.arguments))
            for one in self.cases
        )
        return moved if self.more_cases is None else (*moved, *self.more_cases(rng))

    def _build(self, argument: Input) -> Any:
        match argument:
            case Build(builder, numbers):
                return self.builders[builder](*numbers)
            case Array(data, "numpy", dtype):
                return np.array(data, dtype=dtype)
            case Array(data, "torch", dtype):
                return torch.tensor(data, dtype=getattr(torch, dtype))
            case tuple():
                return [self._build(item) for item in argument]
        return argument


def withheld(*_: Any) -> Any:
    """Replace a reference in the process that runs student code in grading.

    Raises
    ------
    LookupError
        Always.
    """
    raise LookupError("the right answers are not here while work is graded")


def _moved(argument: Any, rng: random.Random) -> Any:
    """Return the input with every float in it moved by 3 to 30 %, to as many significant digits as it has, and four at least."""
    match argument:
        case bool() | int() | str():
            return argument
        case float():
            digits = max(4, len(repr(argument).partition("e")[0].replace(".", "").lstrip("-0")))
            return float(f"{argument * (1 + rng.choice((-1, 1)) * rng.uniform(0.03, 0.3)):.{digits}g}")
        case Build(builder, numbers):
            return Build(builder, _moved(numbers, rng))
        case Array(data):
            return replace(argument, data=_moved(data, rng))
        case tuple():
            return tuple(_moved(item, rng) for item in argument)
    raise TypeError(f"Expected a number, a string, a tuple, an Array or a Build as an input; got {argument!r}")


def gradient(function: Callable[..., torch.Tensor], argument: int = 0) -> Callable[..., Any]:
    """Return the gradient of `function` in one of its arguments, by reverse-mode autograd in float64.

    Parameters
    ----------
    function
        Takes tensors, returns a scalar tensor.
    argument
        The position of the argument to differentiate in.

    Returns
    -------
    Callable
        Takes floats or arrays; returns a float for a scalar, otherwise an array of the argument's shape.
    """

    def at(*arguments: Any) -> Any:
        tensors = [torch.as_tensor(each, dtype=torch.float64) for each in arguments]
        tensors[argument] = leaf = tensors[argument].detach().clone().requires_grad_()
        # The student may have switched gradients off in this process.
        with torch.enable_grad():
            (result,) = torch.autograd.grad(function(*tensors), leaf)
        return result.item() if result.ndim == 0 else result.numpy()

    return at


@dataclass(frozen=True)
class Lesson:
    """One lesson: its number, a line about what it teaches, and its exercises in the order in which students meet them.

    Its exercises, and the graded cells of its own, are worth `points` together.
    """

    number: int
    name: str
    title: str
    teaches: str
    exercises: tuple[Exercise, ...]
    points: float = 20

    @property
    def minutes(self) -> int:
        """How many minutes its exercises take together."""
        return sum(exercise.minutes for exercise in self.exercises)

    @property
    def folder(self) -> str:
        """The name of the lesson's folder and notebook, as `01_scalar_gradients`."""
        return f"{self.number:02}_{self.name}"
