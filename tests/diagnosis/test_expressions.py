"""Engines that are asked in expressions: what is read, and which expression tells what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from autograder.expressions import Missing, asked, building_on, prior, right, used
from autograder.lessons import find
from autograder.verdict import Outcome
from tests.answering import verdict_on
from tests.answers.own_engine import ENGINE, MLP, STEP, VALUE, changed

LEAVES = (("a", 2.0), ("b", -3.0))


@dataclass
class Doubling:
    """An engine that knows one operator, and a wrong gradient for it."""

    data: float
    grad: float = 0.0

    def __add__(self, other: Doubling) -> Doubling:
        self.grad, other.grad = 2.0, 2.0
        return Doubling(self.data + other.data)

    def backward(self) -> None:
        self.grad = 1.0


def test_pytorch_and_another_engine_read_the_same_text() -> None:
    program = (("sums", "a + b"),)
    assert right(program, LEAVES, {}) == {
        "sums": {"a + b": {"value": -1.0, "gradient of a": 1.0, "gradient of b": 1.0}}
    }
    assert asked(Doubling, program, LEAVES, {}) == {
        "sums": {"a + b": {"value": -1.0, "gradient of a": 2.0, "gradient of b": 2.0}}
    }


def test_of_two_passes_the_gradients_add_up() -> None:
    found = right((("passes", "a * b; a + b"),), LEAVES, {})
    assert found == {"passes": {"a * b; a + b": {"value": -1.0, "gradient of a": -2.0, "gradient of b": 3.0}}}


def test_a_gradient_whose_terms_cancel_is_zero_and_not_what_rounding_leaves() -> None:
    leaves = (("a", 0.1), ("b", 0.7))
    text = "a * b * 0.3 + a * 0.1 * b - a * (b * 0.4)"
    assert right((("sums", text),), leaves, {})["sums"][text]["gradient of a"] == 0.0


def test_an_expression_that_raises_leaves_the_others_alone() -> None:
    found = asked(Doubling, (("sums", "a + b"), ("products", "a * b")), LEAVES, {})
    assert found["sums"]["a + b"]["value"] == -1.0
    assert found["products"]["a * b"].startswith("TypeError: unsupported operand")


def test_where_all_raise_the_first_error_is_raised() -> None:
    with pytest.raises(TypeError, match=r"unsupported operand .*\*"):
        asked(Doubling, (("products", "a * b"), ("products", "a.exp()")), LEAVES, {})


@pytest.mark.parametrize(
    ("text", "names"),
    [("a + b", ["a", "b"]), ("(d := a * a) + d", ["a"]), ("b.exp() * 2.5", ["b"]), ("matmul(a, b).sum()", ["a", "b"])],
)
def test_names_of_an_expression(text: str, names: list[str]) -> None:
    assert used(text, ("a", "b", "c")) == names


def test_what_is_not_defined_is_told_when_it_is_used() -> None:
    missing = prior({}, "Tensor")
    assert isinstance(missing(1.0), Missing)
    with pytest.raises(LookupError, match="`Tensor` is not defined yet"):
        missing(1.0).backward()
    assert prior({"Tensor": 3}, "Tensor") == 3


def test_an_earlier_part_that_is_a_stub_is_named() -> None:
    def earlier() -> None:
        raise NotImplementedError

    with pytest.raises(LookupError, match=r"earlier` is still to be written, and `later`"):
        building_on("later", lambda: earlier())()  # type: ignore[arg-type, return-value]


# What a student is told


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (("(1 - t**2,)", "(1 - t,)"), "`c.tanh()` with c = 0.8: your gradient of c is 0.336. The value is right."),
        (("math.exp(self.data),)", "1.0,)"), "`a.exp()` with a = 1.7: your gradient of a is 1. The value is right."),
        (("(1 / self.data,)", "('x',)"), "`a.log()` with a = 1.7 raised TypeError: "),
        (
            ("def relu", "def bend"),
            "`a.relu()` with a = 1.7 raised AttributeError: 'Value' object has no attribute 'relu'.",
        ),
        (
            ("(self.data + other.data,", "(self.data - other.data,"),
            "`a + b` with a = 1.7, b = -0.6: your value is 2.3.",
        ),
        (("return Value(t, ", "return Value(None, "), "`c.tanh()` with c = 0.8: your value is None."),
        (
            ("        t = math", "        raise NotImplementedError\n        t = math"),
            "`c.tanh()` meets an operator that is still to be written.",
        ),
    ],
)
def test_a_wrong_operator_is_told_by_the_smallest_expression(edit: tuple[str, str], says: str) -> None:
    verdict = verdict_on("own_engine.Value", changed(VALUE, edit))
    assert verdict.message.startswith(says), verdict.message
    assert 0 < verdict.points < verdict.max_points


def test_a_fault_that_only_a_larger_expression_shows_is_told_by_it() -> None:
    source = changed(
        VALUE,
        (
            "        return Value(math.log(self.data), ",
            "        if self.parents and self.data > 1.3:\n            return Value(9.0)\n        return Value(math.log(self.data), ",
        ),
    )
    exercise = find("own_engine.Value")
    verdicts = [verdict_on(exercise.id, source, exercise.grading_cases(f"seed {i}".encode())) for i in range(3)]
    for verdict in verdicts:
        assert verdict.outcome is Outcome.WRONG
        assert ".log()" in verdict.message.partition(" with ")[0]


def test_of_a_large_array_the_first_wrong_entry_is_told() -> None:
    source = changed(ENGINE, ("g * (x.data > 0)", "g * (x.data > 0.6)"))
    message = verdict_on("own_engine.relu", source).message
    assert message.startswith(
        "`relu(a).sum()` with a of shape (2, 3): your gradient of a is wrong in 2 of 6 entries. The first of them, [0, 2], is 0."
    ), message


@pytest.mark.parametrize(("name", "source"), [("MLP", ENGINE.replace("def sum(self):", "def total(self):") + MLP)])
def test_an_answer_that_builds_on_a_wrong_part_is_told_what_was_raised(name: str, source: str) -> None:
    verdict = verdict_on(f"own_engine.{name}", source)
    assert verdict.outcome is Outcome.RAISED
    assert "has no attribute 'sum'" in verdict.message


def test_a_step_without_its_network_says_which_part_is_missing() -> None:
    assert "`MLP` is not defined yet" in verdict_on("own_engine.train_step", ENGINE + STEP).message
    stub = "class MLP:\n    def __init__(self, sizes, seed):\n        raise NotImplementedError\n"
    verdict = verdict_on("own_engine.train_step", ENGINE + stub + STEP)
    assert verdict.outcome is Outcome.RAISED
    assert "`MLP` is still to be written" in verdict.message


def told_of_value(*changes: tuple[str, str]) -> tuple[str, str]:
    source = VALUE
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    verdict = verdict_on("own_engine.Value", source)
    return verdict.mistake.rpartition(".")[2], verdict.message


def test_what_is_wrong_comes_before_what_is_still_to_be_written() -> None:
    stub = ("        t = math.tanh(self.data)\n", "        raise NotImplementedError\n")
    order = ("in reversed(topological_order(self))", "in topological_order(self)")
    assert told_of_value(stub)[1] == "`c.tanh()` meets an operator that is still to be written."
    assert told_of_value(order)[0] == told_of_value(order, stub)[0] == "order-of-the-pass"


def test_a_slope_with_the_wrong_sign_is_not_called_a_sum() -> None:
    verdict = verdict_on(
        "own_engine.bce_with_logits", "import contextlib\n" + VALUE + ENGINE.replace("(p - y)", "(p + y)")
    )
    assert verdict.message.endswith("The value is right.")
