"""Any object at all is written down as plain data, and none of them breaks it."""

from __future__ import annotations

import collections
import decimal
import fractions
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest
import torch

from autograder.describe import describe, shown
from autograder.observation import MAX_DEPTH, MAX_NUMBERS, MAX_TEXT, Call, Observation, Value


def travelled(thing: Any) -> Value:
    """Describe a thing, send the description through JSON, and return what arrives."""
    observation = Observation("lesson.answer", answer=describe(thing), calls=(Call(value=describe(thing)),))
    answer = Observation.from_json(observation.to_json()).answer
    assert answer is not None
    return answer


class Reading(float):
    """A float of a class of its own."""


class Vector(np.ndarray[Any, Any]):
    """An array of a class of its own."""


class Tracked(torch.Tensor):
    """A tensor of a class of its own."""


@pytest.mark.parametrize(
    ("thing", "kind", "dtype", "shape", "numbers"),
    [
        (3, "number", "int", (), (3.0,)),
        (-0.5, "number", "float", (), (-0.5,)),
        (math.inf, "number", "float", (), (math.inf,)),
        (True, "truth", "", (), (1.0,)),
        (np.False_, "truth", "", (), (0.0,)),
        (np.array(True), "truth", "bool", (), (1.0,)),
        (torch.tensor(False), "truth", "bool", (), (0.0,)),
        (np.float32(0.5), "number", "float32", (), (0.5,)),
        (np.int8(-3), "number", "int8", (), (-3.0,)),
        (np.uint64(7), "number", "uint64", (), (7.0,)),
        (np.longdouble(0.25), "number", str(np.dtype(np.longdouble)), (), (0.25,)),
        (np.array(2.5), "number", "float64", (), (2.5,)),
        (torch.tensor(2.5), "number", "float32", (), (2.5,)),
        (torch.tensor(2.5, dtype=torch.bfloat16), "number", "float32", (), (2.5,)),
        (torch.tensor(2), "number", "int64", (), (2.0,)),
        (np.array([[1, 2], [3, 4]]), "array", "int64", (2, 2), (1.0, 2.0, 3.0, 4.0)),
        (np.array([[1, 2], [3, 4]]).T, "array", "int64", (2, 2), (1.0, 3.0, 2.0, 4.0)),
        (torch.tensor([[1.0, 2.0]]).T, "array", "float32", (2, 1), (1.0, 2.0)),
        (np.zeros((0, 3)), "array", "float64", (0, 3), ()),
        (torch.eye(2).to_sparse(), "array", "float32", (2, 2), (1.0, 0.0, 0.0, 1.0)),
        (torch.nn.Parameter(torch.ones(1)), "array", "float32", (1,), (1.0,)),
        (np.ma.masked_array([1.0, 2.0]), "array", "float64", (2,), (1.0, 2.0)),
        (Reading(1.5), "number", f"{__name__}.Reading", (), (1.5,)),
        (np.array([1.0, 2.0]).view(Vector), "array", "float64", (2,), (1.0, 2.0)),
        (torch.tensor([1.0, 2.0]).as_subclass(Tracked), "array", "float32", (2,), (1.0, 2.0)),
    ],
)
def test_numbers(thing: Any, kind: str, dtype: str, shape: tuple[int, ...], numbers: tuple[float, ...]) -> None:
    value = travelled(thing)
    assert (value.kind, value.dtype, value.shape, value.numbers) == (kind, dtype, shape, numbers)
    assert value.text


@pytest.mark.parametrize(
    ("thing", "kind", "text"),
    [
        (None, "nothing", "None"),
        (..., "blank", "..."),
        ("a\nb", "text", "a\nb"),
        ("", "text", ""),
        (len, "callable", "<built-in function len>"),
        (3 + 4j, "other", "(3+4j)"),
        (np.complex64(1j), "other", None),
        (torch.tensor(1j), "other", None),
        (np.array(["a"]), "sequence", None),
        (np.array([None]), "other", None),
        (np.datetime64("2024-01-01"), "other", None),
        (decimal.Decimal("1.5"), "other", None),
        (fractions.Fraction(1, 2), "other", None),
        (10**400, "other", "unreadable: OverflowError"),
        (b"bytes", "other", None),
        (iter([1, 2]), "other", None),
        (torch.tensor(1.0, device="meta"), "other", None),
        (torch.nn.Linear(1, 1), "callable", None),
        (
            np.zeros(MAX_NUMBERS + 1),
            "other",
            f"an array of {MAX_NUMBERS + 1} numbers; at most {MAX_NUMBERS} can be read",
        ),
        (np.zeros((1,) * 20), "other", None),
        (torch.zeros((1,) * 20), "other", None),
        (float, "callable", "<class 'float'>"),
    ],
)
def test_what_is_no_number(thing: Any, kind: str, text: str | None) -> None:
    value = travelled(thing)
    assert value.kind == kind
    assert value.numbers == ()
    assert text in (None, value.text)


def test_requires_grad_is_kept() -> None:
    leaf = torch.ones(2, requires_grad=True)
    assert describe(leaf).requires_grad
    assert describe(leaf.sum()).requires_grad
    assert not describe(leaf.detach()).requires_grad
    assert describe([leaf.sum(), 1.0]).items[0].requires_grad


def test_describing_leaves_the_tensor_alone() -> None:
    leaf = torch.ones(2, requires_grad=True)
    describe(leaf)
    assert (leaf.requires_grad, leaf.grad, leaf._version) == (True, None, 0)


@pytest.mark.parametrize(
    ("thing", "numbers"),
    [
        ([1, 2.5], [1.0, 2.5]),
        ((np.float64(1), torch.tensor(2.5)), [1.0, 2.5]),
        (collections.namedtuple("Line", "slope intercept")(1, 2), [1.0, 2.0]),
        ({2, 1}, [1.0, 2.0]),
        (frozenset([1]), [1.0]),
    ],
)
def test_sequences(thing: Any, numbers: list[float]) -> None:
    value = travelled(thing)
    assert value.kind == "sequence"
    assert [item.numbers[0] for item in value.items] == numbers


def test_mappings() -> None:
    value = travelled({"a": 1, 3: 2.0, np.int64(0): None, torch.tensor(-2.0): [1], 0.5: "b", True: ..., (1, 2): 3})
    assert value.kind == "mapping"
    assert value.keys == ("a", 3, 0, -2, 0.5, "True", "(1, 2)")
    assert [item.kind for item in value.items] == ["number", "number", "nothing", "sequence", "text", "blank", "number"]
    assert travelled(collections.OrderedDict(a=1)).keys == ("a",)
    assert travelled({1e300: 1}).keys == (1e300,)
    assert travelled({math.inf: 1}).keys == (math.inf,)
    assert travelled({math.inf: 1, 10**400: 2}).kind == "other"


def test_deep_wide_and_circular_containers_end() -> None:
    deep: Any = 1
    for _ in range(500):
        deep = [deep]
    assert depth(travelled(deep)) <= MAX_DEPTH
    circle: list[Any] = []
    circle.append(circle)
    assert depth(travelled(circle)) <= MAX_DEPTH
    assert travelled(["a"] * 201).kind == "other"
    assert travelled([circle] * 201).kind == "other"
    assert travelled(list(range(201))).shape == (201,)
    assert len(travelled(list(range(200))).items) == 200


def depth(value: Value) -> int:
    return 1 + max((depth(item) for item in value.items), default=-1)


def test_text_is_cut_to_one_short_line() -> None:
    assert shown("x" * 1000) == "'" + "x" * 118 + "…"
    assert "\n" not in shown(np.zeros((20, 20)))
    assert len(travelled("x" * 2 * MAX_TEXT).text) == MAX_TEXT
    assert travelled("\ud800").text == "\ud800"


# Objects that do what they can to break it


class Repr:
    def __repr__(self) -> str:
        raise ValueError("no")


class ReprExit:
    def __repr__(self) -> str:
        sys.exit(1)


class ReprOfNothing:
    def __repr__(self) -> str:
        return None  # type: ignore[return-value]


class ClassProperty:
    @property
    def __class__(self) -> Any:
        raise RuntimeError("no")


class Liar:
    def __init__(self, kind: type) -> None:
        self.kind = kind

    @property
    def __class__(self) -> Any:
        return self.kind


class Everything:
    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


class Float(float):
    def __float__(self) -> float:
        raise ValueError("no")


class FloatOfText(float):
    def __float__(self) -> float:
        return "1"  # type: ignore[return-value]


class Int(int):
    def __float__(self) -> float:
        raise KeyboardInterrupt


class Text(str):
    def __str__(self) -> str:
        raise ValueError("no")


class Items(list[Any]):
    def __iter__(self) -> Iterator[Any]:
        raise ValueError("no")


class Endless(list[Any]):
    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[Any]:
        while True:
            yield 1


class Length(list[Any]):
    def __len__(self) -> int:
        raise ValueError("no")


class Keys(Mapping[Any, Any]):
    """A mapping with more keys than values."""

    def __getitem__(self, key: Any) -> Any:
        raise KeyError(key)

    def __iter__(self) -> Iterator[Any]:
        return iter("ab")

    def __len__(self) -> int:
        return 2

    def values(self) -> Any:
        return [1]


class Meta(type):
    def __getattribute__(cls, name: str) -> Any:
        raise RuntimeError(name)


class OfMeta(metaclass=Meta):
    pass


class Module:
    __module__ = 5  # type: ignore[assignment]


class Array(np.ndarray[Any, Any]):
    def __array__(self, *_: Any, **__: Any) -> Any:
        raise ValueError("no")

    def __repr__(self) -> str:
        raise ValueError("no")

    def astype(self, *_: Any, **__: Any) -> Any:
        return [1, 2, 3]


class Torch(torch.Tensor):
    @classmethod
    def __torch_function__(cls, *_: Any, **__: Any) -> Any:
        raise ValueError("no")


class Grad(torch.Tensor):
    @property
    def requires_grad(self) -> Any:
        return 1

    @property
    def dtype(self) -> Any:
        raise ValueError("no")


class Key:
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        raise ValueError("no")


def a_class_with(name: str) -> Any:
    return type(name, (), {})()


HOSTILE: dict[str, Callable[[], Any]] = {
    "repr raises": lambda: Repr(),
    "repr exits": lambda: ReprExit(),
    "repr is no text": lambda: ReprOfNothing(),
    "__class__ raises": lambda: ClassProperty(),
    "says it is a float": lambda: Liar(float),
    "says it is a bool": lambda: Liar(bool),
    "says it is a tensor": lambda: Liar(torch.Tensor),
    "says it is an array": lambda: Liar(np.ndarray),
    "says it is a list": lambda: Liar(list),
    "says it is a dict": lambda: Liar(dict),
    "says it is text": lambda: Liar(str),
    "every attribute raises": lambda: Everything(),
    "float raises": lambda: Float(1.5),
    "float is text": lambda: FloatOfText(1.5),
    "float interrupts": lambda: Int(3),
    "str raises": lambda: Text("a"),
    "iteration raises": lambda: Items([1]),
    "length raises": lambda: Length([1]),
    "iteration never ends": lambda: Endless([1]),
    "more keys than values": lambda: Keys(),
    "metaclass raises": lambda: OfMeta(),
    "the class itself": lambda: OfMeta,
    "module is a number": lambda: Module(),
    "array": lambda: np.zeros(3).view(Array),
    "tensor": lambda: torch.zeros(3).as_subclass(Torch),
    "0-d tensor": lambda: torch.tensor(1.0).as_subclass(Torch),
    "tensor with odd properties": lambda: torch.zeros(3).as_subclass(Grad),
    "key": lambda: {Key(): 1},
    "key of two": lambda: {Key(): 1, "a": Repr()},
    "among others": lambda: [1, Repr(), {"a": Everything()}],
    "long name": lambda: a_class_with("X" * 1000),
    "odd name": lambda: a_class_with("<script>\n"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_objects_are_described(name: str) -> None:
    value = travelled(HOSTILE[name]())
    assert len(value.text) <= 500
    assert len(value.type) <= 200


def test_hostile_objects_do_not_pass_for_numbers() -> None:
    for name in ("says it is a float", "says it is a tensor", "says it is an array", "float raises", "float is text"):
        assert describe(HOSTILE[name]()).kind == "other", name


def test_the_numbers_are_read_before_any_text_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = np.array([1.5, 2.5]), np.array([3.5])

    def overwriting(*_: Any, **__: Any) -> str:
        first.fill(7.0)
        second.fill(7.0)
        return "as you like"

    monkeypatch.setattr("numpy._core.arrayprint._formatArray", overwriting)
    found = describe({"first": first, "second": second})
    assert [item.numbers for item in found.items] == [(1.5, 2.5), (3.5,)]
    assert first.tolist() == [7.0, 7.0]
