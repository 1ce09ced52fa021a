"""The observation that the probe makes of an answer: plain data with a size limit, and no object of the student.

An `Observation` is the only thing that crosses from the student's side to the judge's. It travels as JSON text, and
`Observation.from_json` refuses whatever does not have exactly this form.
"""

from __future__ import annotations

import json
import math
from typing import Annotated, Literal, Self

import msgspec
from msgspec import Meta

MAX_BYTES = 4_000_000
MAX_NUMBERS = 20_000
MAX_DIMENSIONS = 16
MAX_DEPTH = 5
MAX_TEXT = 20_000
# A number that is no larger may be a step.
SMALL = 1e-3

# What an answer by hand can read that was made before its call.
Read = Literal["gradient", "small", "table", "tracked"]
Short = Annotated[str, Meta(max_length=200)]
Line = Annotated[str, Meta(max_length=500)]
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Size = Annotated[int, Meta(ge=0)]

Kind = Literal["number", "array", "truth", "text", "nothing", "blank", "sequence", "mapping", "callable", "other"]


class UnreadableError(ValueError):
    """An observation is too large, is not JSON, or does not have the form of an `Observation`."""


class Value(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One value, written down.

    `numbers` holds a number (one), an array (all elements, row by row) or a truth value (0 or 1), as float64;
    `items` the elements of a sequence or the values of a mapping, whose keys are in `keys`.
    """

    kind: Kind
    type: Short
    text: Text = ""
    dtype: Short = ""
    shape: Annotated[tuple[Size, ...], Meta(max_length=MAX_DIMENSIONS)] = ()
    numbers: Annotated[tuple[float, ...], Meta(max_length=MAX_NUMBERS)] = ()
    items: Annotated[tuple[Value, ...], Meta(max_length=1000)] = ()
    keys: Annotated[tuple[Line | int | float, ...], Meta(max_length=1000)] = ()
    requires_grad: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError if the value contradicts itself or is nested deeper than `MAX_DEPTH`."""
        whole = True
        match self.kind:
            case "number" | "truth":
                whole = len(self.numbers) == 1 and not self.shape
            case "array":
                whole = bool(self.shape) and math.prod(self.shape) == len(self.numbers)
            case "mapping":
                whole = len(self.keys) == len(self.items)
        if not whole:
            raise ValueError(f"what it says of its {self.kind} does not fit together")
        level, depth = self.items, 0
        while level:
            if depth == MAX_DEPTH:
                raise ValueError(f"its values are nested deeper than {MAX_DEPTH}")
            level, depth = tuple(item for value in level for item in value.items), depth + 1


class Raised(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An exception: its class and the classes that it derives from, its text, and the student's line it came through.

    `own` says that it was raised in the student's own code and not in a library, and `stated` that a `raise` or an `assert`
    there raised it, and no operator. `stub` names the student's function or method in which a `raise NotImplementedError`
    raised it; it is "" for anything else.
    """

    types: Annotated[tuple[Short, ...], Meta(min_length=1, max_length=50)]
    text: Line
    line: Line
    own: bool
    stated: bool = False
    stub: Short = ""

    def is_stub_of(self, name: str) -> bool:
        """Whether the answer of this name, or a method of it, has no body yet."""
        return self.stub.partition(".")[0] == name


class EngineRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reverse pass of the autograd engine, and the arguments of its call.

    `accumulates` is true of `backward`, which adds into `.grad`, and false of `autograd.grad`, which returns. `nodes`
    counts the nodes of the graph; `built_ahead` says whether the graph was there when the pass before began; `largest` is
    the number of entries of the largest tensor that the graph saved. `again` says whether the pass before went through some
    of its nodes, and `adds` whether one of its leaves had a gradient before it.
    """

    retain_graph: bool
    create_graph: bool
    accumulates: bool
    nodes: Size = 0
    built_ahead: bool = False
    largest: Size = 0
    again: bool = False
    adds: bool = False

    @property
    def keeps_graph(self) -> bool:
        """Whether the pass was asked to keep its graph. The transforms of `torch.func` always do that on their own."""
        return self.retain_graph and (self.accumulates or not self.create_graph)


class Call(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One call of the answer: its result or exception, and what it did during the call.

    `used` has the names of the library functions through which the autograd engine was entered, as `jacobian`, and, of
    answers by hand, of the operations on tensors, with `overflow` where an exponential was too large, and `hidden overflow`
    where nobody was told of one. Of answers by hand, `called` has the library functions that the student's code called, as `numpy.gradient`; `near` says whether one function
    was called at two points very near each other, and `elsewhere` whether a thread or a process got work. `left_off` says
    whether tracking was off after the call. `rows` is the largest number of passes that `vmap` ran as one.
    """

    value: Value | None = None
    raised: Raised | None = None
    engine_runs: Annotated[tuple[EngineRun, ...], Meta(max_length=1000)] = ()
    forward_mode: Size = 0
    used: Annotated[tuple[Short, ...], Meta(max_length=200)] = ()
    called: Annotated[tuple[Short, ...], Meta(max_length=200)] = ()
    near: bool = False
    elsewhere: bool = False
    left_off: bool = False
    rows: Size = 1
    changed: Annotated[tuple[Size, ...], Meta(max_length=100)] = ()
    printed: Line = ""
    warnings: Annotated[tuple[Line, ...], Meta(max_length=20)] = ()


class Observation(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """All that the judge knows about an answer to one exercise.

    `answer` is what the exercise's name is bound to (None where it is not defined), `calls` has one entry a case.
    `scaled` is the last case once more, with every gradient that enters the engine doubled, or else halved: a result that
    came through autograd changes with it, a formula's does not. `source` is the text of the answer, with the functions and
    classes that it reaches; `borrowed` names those of other cells. Of answers by hand, `reads` says what it reads that was
    made before the call: "small" for a small number, "table" for many numbers, "tracked" for a tensor with a gradient,
    "gradient" for what the cells' texts say was made of one. `failed` says what the probe itself stumbled over; then there
    is nothing else.
    """

    exercise: Short
    answer: Value | None = None
    calls: Annotated[tuple[Call, ...], Meta(max_length=100)] = ()
    scaled: Call | None = None
    source: Text = ""
    borrowed: Annotated[tuple[Short, ...], Meta(max_length=50)] = ()
    reads: Annotated[tuple[Read, ...], Meta(max_length=4)] = ()
    failed: Line = ""

    def to_json(self) -> str:
        """Return the observation as JSON text; NaN and infinity as Python's json module writes them."""
        return json.dumps(msgspec.to_builtins(self), allow_nan=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the observation in a JSON text.

        Raises
        ------
        UnreadableError
            When the text is larger than `MAX_BYTES`, is not JSON, or is not an observation.
        """
        if len(text) > MAX_BYTES:
            raise UnreadableError(f"the observation has {len(text)} characters; {MAX_BYTES} is the most that is read")
        try:
            return msgspec.convert(json.loads(text), cls)
        except (ValueError, RecursionError, msgspec.ValidationError) as error:
            raise UnreadableError(f"the observation could not be read: {error}"[:300]) from None
