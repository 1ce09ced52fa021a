"""What crosses from the student's side to the judge's: plain data of one form, and nothing else."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from autograder import observation as module
from autograder.observation import Call, EngineRun, Observation, Raised, UnreadableError, Value

NUMBER = Value(kind="number", type="float", text="1.5", dtype="float", numbers=(1.5,))
NUMBERS = Value(kind="sequence", type="list", items=(NUMBER, NUMBER))
NOTHING = Value(kind="nothing", type="NoneType")
COLUMN = Value(kind="array", type="Tensor", dtype="float32", shape=(2, 1), numbers=(1.0, 2.0), requires_grad=True)
RAISED = Raised(
    types=("ValueError", "Exception", "BaseException"), text="no", line="raise ValueError('no')", own=True, stub="f"
)
FULL = Observation(
    exercise="lesson.answer",
    answer=Value(kind="callable", type="function", text="<function answer>"),
    calls=(
        Call(
            value=Value(kind="mapping", type="dict", keys=("a", 3, 0.5), items=(NUMBER, NUMBERS, NOTHING)),
            engine_runs=(EngineRun(True, False, True),),
            forward_mode=2,
            changed=(0, 2),
            printed="a\nb ü \ud800",
            warnings=("UserWarning: careful",),
        ),
        Call(raised=RAISED),
    ),
    scaled=Call(value=COLUMN),
    source="def answer(x):\n    return x\n",
)


def plain() -> dict[str, Any]:
    """Return an observation as the plain data that travels."""
    data = json.loads(FULL.to_json())
    assert isinstance(data, dict)
    return data


def test_round_trip() -> None:
    assert Observation.from_json(FULL.to_json()) == FULL
    empty = Observation(exercise="lesson.answer")
    assert Observation.from_json(empty.to_json()) == empty


@pytest.mark.parametrize("number", [math.inf, -math.inf, -0.0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2])
def test_round_trip_keeps_every_bit(number: float) -> None:
    value = Value(kind="number", type="float", numbers=(number,))
    (call,) = Observation.from_json(Observation("lesson.answer", calls=(Call(value=value),)).to_json()).calls
    assert call.value is not None
    assert (call.value.numbers[0], math.copysign(1, call.value.numbers[0])) == (number, math.copysign(1, number))


def test_round_trip_of_nan() -> None:
    value = Value(kind="array", type="ndarray", shape=(3,), numbers=(math.nan, 1.0, math.nan))
    (call,) = Observation.from_json(Observation("lesson.answer", calls=(Call(value=value),)).to_json()).calls
    assert call.value is not None
    assert [math.isnan(number) for number in call.value.numbers] == [True, False, True]


def test_text_is_ascii() -> None:
    assert FULL.to_json().isascii()


def replaced(path: str, new: Any) -> str:
    """Return the full observation as JSON with what stands at a dotted path replaced or added."""
    data = plain()
    inner: Any = data
    *way, last = path.split(".")
    for step in way:
        inner = inner[int(step) if isinstance(inner, list) else step]
    inner[int(last) if isinstance(inner, list) else last] = new
    return json.dumps(data)


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {"kind": "number", "type": "float", "numbers": [1.0]}
    for _ in range(depth):
        value = {"kind": "sequence", "type": "list", "items": [value]}
    return value


@pytest.mark.parametrize(
    ("path", "new"),
    [
        # fields that there are not
        ("points", 100),
        ("calls.0.verdict", "right"),
        ("calls.0.value.reference", 1.0),
        ("calls.1.raised.code", "exit()"),
        ("calls.0.engine_runs.0.more", 1),
        # wrong types
        ("exercise", None),
        ("exercise", 5),
        ("answer", "callable"),
        ("answer.kind", "object"),
        ("calls", {"0": 1}),
        ("calls.0", None),
        ("calls.0.value", [1.0]),
        ("calls.0.forward_mode", "2"),
        ("calls.0.forward_mode", -1),
        ("calls.0.changed", [-7]),
        ("calls.0.engine_runs.0.retain_graph", 1),
        ("calls.1.raised.types", []),
        ("calls.1.raised.own", "yes"),
        ("calls.1.raised.stub", 3),
        ("scaled.value.numbers", ["1.0", "2.0"]),
        ("scaled.value.numbers", [True, False]),
        ("scaled.value.requires_grad", 0),
        ("source", ["def answer(): pass"]),
        # too much
        ("exercise", "x" * 201),
        ("answer.text", "x" * (module.MAX_TEXT + 1)),
        ("calls.0.printed", "x" * 501),
        ("calls.0.warnings", ["w"] * 21),
        ("calls.1.raised.types", ["E"] * 51),
        ("source", "x" * 20_001),
        ("calls", [{}] * 101),
        ("answer.items", [{"kind": "nothing", "type": "NoneType"}] * 1001),
        # what does not fit together
        ("scaled.value.shape", [3]),
        ("scaled.value.shape", [-1, -2]),
        ("scaled.value.shape", []),
        ("scaled.value.shape", [1] * 17 + [2]),
        ("scaled.value.shape", [2**32, 2**32]),
        ("scaled.value.shape", [2**70]),
        ("calls.0.value.keys", ["a", "b"]),
        ("calls.0.value.items.0.numbers", []),
        ("calls.0.value.items.0.numbers", [1.0, 2.0]),
        ("calls.0.value.items.0.kind", "truth"),
        ("calls.0.value.items.0.shape", [1]),
        # too deep
        ("answer", nested(module.MAX_DEPTH + 1)),
        ("answer", nested(100)),
    ],
)
def test_anything_else_is_refused(path: str, new: Any) -> None:
    if path.endswith("items.0.kind"):
        text = replaced(path, new).replace('"numbers": [1.5]', '"numbers": []')
    else:
        text = replaced(path, new)
    with pytest.raises(UnreadableError, match="could not be read"):
        Observation.from_json(text)


def test_same_depth_and_size_that_are_written_are_read() -> None:
    Observation.from_json(replaced("answer", nested(module.MAX_DEPTH)))
    numbers = [0.5] * module.MAX_NUMBERS
    array = {"kind": "array", "type": "ndarray", "shape": [len(numbers)], "numbers": numbers}
    Observation.from_json(replaced("scaled.value", array))
    array["shape"], array["numbers"] = [len(numbers) + 1], [*numbers, 1.0]
    with pytest.raises(UnreadableError):
        Observation.from_json(replaced("scaled.value", array))


def test_missing_field_is_refused() -> None:
    data = plain()
    del data["exercise"]
    with pytest.raises(UnreadableError):
        Observation.from_json(json.dumps(data))


DEEP = "[" * 100_000
NO_OBSERVATIONS = ["", " ", "null", "3", "[]", '"exercise"', "{", "{'exercise': 1}", "nan", "\x00", "9" * 5000, DEEP]


@pytest.mark.parametrize("text", [*NO_OBSERVATIONS, f'{{"exercise": {DEEP}', '{"calls": [{"value": ' * 1000])
def test_what_is_no_observation_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError, match="could not be read"):
        Observation.from_json(text)


def test_very_deep_json_is_refused() -> None:
    value = '{"kind":"sequence","type":"list","items":[' * 50_000 + "]}" * 50_000
    with pytest.raises(UnreadableError):
        Observation.from_json(f'{{"exercise": "lesson.answer", "answer": {value}}}')


def test_too_long_is_refused_unread() -> None:
    text = FULL.to_json()
    with pytest.raises(UnreadableError, match=f"{module.MAX_BYTES + 1} characters"):
        Observation.from_json(text + " " * (module.MAX_BYTES + 1 - len(text)))
    assert Observation.from_json(text + " " * (module.MAX_BYTES - len(text))) == FULL


def test_message_of_a_refusal_is_short() -> None:
    with pytest.raises(UnreadableError) as caught:
        Observation.from_json(json.dumps({"exercise": "x", "y" * 100_000: 1}))
    assert len(str(caught.value)) <= 300
