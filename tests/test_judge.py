"""The judge looks for the outcomes in one order, gives one message, and fails closed."""

from __future__ import annotations

import itertools
import json
import math
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from autograder.describe import describe
from autograder.exercise import Array, Build, Case, Exercise, Raises, case, gradient
from autograder.judge import judge
from autograder.mistake import Mistake, raising, wrong_value
from autograder.observation import Call, EngineRun, Observation, Raised, Value
from autograder.verdict import Outcome, Verdict
from tests.answering import exercise_of

BACKWARD = EngineRun(retain_graph=False, create_graph=False, accumulates=True)
GRAD = EngineRun(retain_graph=False, create_graph=False, accumulates=False)
POINTS = (0.53, -1.37, 2.19)


def cube(x: torch.Tensor) -> torch.Tensor:
    return x**3


CUBE = exercise_of(
    *(case(x) for x in POINTS),
    way="hand",
    points=3,
    forward=cube,
    reference=gradient(cube),
    mistakes=(
        wrong_value("kept-power", "The exponent should be one less.", lambda slope, x: slope * x),
        wrong_value("twice", "That is twice as much.", lambda slope, x: 2 * slope),
    ),
)
SLOPES = [3 * x**2 for x in POINTS]


def observation_of(exercise: Exercise, values: Sequence[Any], **more: Any) -> Observation:
    """Return what the probe would write down of an answer that returns these values; a `Call` stands for itself."""
    calls = tuple(value if isinstance(value, Call) else Call(value=describe(value)) for value in values)
    fields: dict[str, Any] = {
        "answer": Value(kind="callable", type="function"),
        "calls": calls,
        "source": "def answer(x): return x",
    }
    return Observation(exercise=exercise.id, **fields | more)


def judged(exercise: Exercise, values: Sequence[Any], **more: Any) -> Verdict:
    return judge(exercise, exercise.cases, observation_of(exercise, values, **more).to_json())


def asking(reference: Any, *cases: Case, **more: Any) -> Exercise:
    """Return an exercise with one right answer, the same at every case."""
    return exercise_of(*cases, reference=lambda *_: reference, **more)


def raised(kind: str, text: str = "no", stub: str = "") -> Call:
    return Call(
        raised=Raised(types=(kind, "Exception", "BaseException"), text=text, line="return x", own=True, stub=stub)
    )


# Right answers


def test_right_answer() -> None:
    verdict = judged(CUBE, SLOPES)
    assert verdict == Verdict(
        exercise="lesson.answer",
        outcome=Outcome.RIGHT,
        points=3,
        max_points=3,
        call="answer(0.53)",
        answer="0.8427",
    )


@pytest.mark.parametrize(
    "as_type", [np.float32, np.float64, torch.tensor, np.asarray, lambda x: torch.tensor(x, dtype=torch.float64)]
)
def test_any_number_will_do(as_type: Callable[[float], Any]) -> None:
    assert judged(CUBE, [as_type(x) for x in SLOPES]).outcome is Outcome.RIGHT


@pytest.mark.parametrize(
    ("off", "right"), [(0.0, True), (0.9e-5, True), (-0.9e-5, True), (3e-5, False), (-3e-5, False)]
)
def test_tolerance_is_relative(off: float, right: bool) -> None:
    for position in range(3):
        values = [x * (1 + off * (i == position)) for i, x in enumerate(SLOPES)]
        assert (judged(CUBE, values).outcome is Outcome.RIGHT) == right


@pytest.mark.parametrize(("zero", "right"), [(0.0, True), (1e-6, True), (-1e-6, True), (1e-4, False)])
def test_zero_is_measured_by_the_size_of_the_other_answers(zero: float, right: bool) -> None:
    exercise = replace(CUBE, cases=(case(0.0, exact=True), case(3.0)))
    assert (judged(exercise, [zero, 27.0]).outcome is Outcome.RIGHT) == right
    assert judged(replace(CUBE, cases=(case(0.0),)), [1e-8]).outcome is Outcome.RIGHT
    assert judged(replace(CUBE, cases=(case(0.0),)), [1e-5]).outcome is not Outcome.RIGHT


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        (np.array([1.0, 2.0]), [1, 2]),
        (np.array([1.0, 2.0]), (1.0, torch.tensor(2.0))),
        (np.array([1.0, 2.0]), torch.tensor([1, 2])),
        (np.array([[1.0], [2.0]]), [[1], [2]]),
        (np.array([[1.0], [2.0]]), [np.array([1.0]), torch.tensor([2.0])]),
        ((1.0, 2.0), [1, 2]),
        ((1.0, 2.0), np.array([1, 2])),
        ([1.0, 2.0], (1, 2)),
        ((1.0, np.array([2.0, 3.0])), (1, [2, 3])),
        ((np.array([1.0, 2.0]), np.array([3.0, 4.0])), np.array([[1, 2], [3, 4]])),
        ({"a": 1.0, "b": 2.0}, {"b": 2, "a": 1}),
        ({3: 1.0, -2: 2.0}, {3.0: 1, np.int64(-2): 2}),
        ({"a": {"b": (1.0, 2.0)}}, {"a": {"b": [1, 2]}}),
        (True, True),
        (False, np.False_),
        ("a", "a"),
        ({"a", "b"}, ["b", "a"]),
        ({"a", "b"}, {"a", "b"}),
        (["x", "y"], ("x", "y")),
        (math.inf, np.float32("inf")),
        (np.array([1.0, -math.inf]), [1, -math.inf]),
    ],
)
def test_forms_that_are_taken(reference: Any, value: Any) -> None:
    assert judged(asking(reference), [value]).outcome is Outcome.RIGHT


@pytest.mark.parametrize(
    ("reference", "value", "outcome"),
    [
        (2.0, True, Outcome.WRONG_TYPE),
        (1.0, torch.tensor(True), Outcome.WRONG_TYPE),
        (2.0, "2.0", Outcome.WRONG_TYPE),
        (2.0, None, Outcome.WRONG_TYPE),
        (2.0, ..., Outcome.WRONG_TYPE),
        (2.0, 2 + 0j, Outcome.WRONG_TYPE),
        (2.0, {"x": 2.0}, Outcome.WRONG_TYPE),
        (2.0, len, Outcome.WRONG_TYPE),
        (2.0, [], Outcome.WRONG_TYPE),
        (2.0, [2.0], Outcome.WRONG_SHAPE),
        (2.0, (2.0, 2.0), Outcome.WRONG_SHAPE),
        (2.0, np.array([2.0, 2.0, 2.0]), Outcome.WRONG_SHAPE),  # would be equal if it were broadcast
        (np.array([2.0, 2.0]), 2.0, Outcome.WRONG_SHAPE),
        (np.array([2.0, 2.0]), np.array([[2.0], [2.0]]), Outcome.WRONG_SHAPE),
        (np.array([2.0, 2.0]), np.array([[2.0, 2.0]]), Outcome.WRONG_SHAPE),
        (np.array([2.0, 2.0]), [2.0, True], Outcome.WRONG_TYPE),
        (np.array([1.0, 0.0]), np.array([True, False]), Outcome.WRONG_TYPE),
        (np.array([2.0, 2.0]), [2.0, [2.0]], Outcome.WRONG_TYPE),
        (np.array([[1.0, 2.0, 3.0]]), np.array([[1.0], [2.0], [3.0]]), Outcome.WRONG_SHAPE),
        ((1.0, 2.0), 1.0, Outcome.WRONG_TYPE),
        ((1.0, 2.0), np.array(1.0), Outcome.WRONG_TYPE),
        ((1.0, 2.0), (1.0,), Outcome.WRONG_SHAPE),
        ((1.0, 2.0), (1.0, 2.0, 3.0), Outcome.WRONG_SHAPE),
        ((1.0, 2.0), (1.0, "2"), Outcome.WRONG_TYPE),
        ((1.0, 2.0), {"a": 1.0, "b": 2.0}, Outcome.WRONG_TYPE),
        ({"a": 1.0}, [1.0], Outcome.WRONG_TYPE),
        ({"a": 1.0}, {"b": 1.0}, Outcome.WRONG_TYPE),
        ({"a": 1.0}, {"a": 1.0, "b": 1.0}, Outcome.WRONG_TYPE),
        ({"a": 1.0}, {}, Outcome.WRONG_TYPE),
        (True, 1, Outcome.WRONG_TYPE),
        (True, "True", Outcome.WRONG_TYPE),
        (True, np.array([True]), Outcome.WRONG_TYPE),
        (True, False, Outcome.WRONG),
        ("a", "b", Outcome.WRONG),
        ("a", ["a"], Outcome.WRONG_TYPE),
        ({"a", "b"}, {"a"}, Outcome.WRONG),
        ({"a", "b"}, "ab", Outcome.WRONG_TYPE),
        ({"a", "b"}, [1, 2], Outcome.WRONG_TYPE),
        (["x", "y"], ["y", "x"], Outcome.WRONG),
        (2.0, math.nan, Outcome.NOT_FINITE),
        (2.0, -math.inf, Outcome.NOT_FINITE),
        (np.array([1.0, 2.0]), [1.0, math.nan], Outcome.NOT_FINITE),
        (np.array([1.0, math.inf]), [1.0, -math.inf], Outcome.WRONG),
        (math.inf, 1e300, Outcome.WRONG),
        (2.0, torch.tensor(2.0, requires_grad=True), Outcome.WRONG_STATE),
        (np.array([2.0]), torch.ones(1, requires_grad=True) * 2, Outcome.WRONG_STATE),
        (np.array([2.0, 1.0]), [torch.tensor(2.0, requires_grad=True), 1.0], Outcome.WRONG_STATE),
        ((2.0, 1.0), [torch.tensor(2.0, requires_grad=True), 1.0], Outcome.WRONG_STATE),
        ((2.0, 1.0), torch.tensor([2.0, 1.0], requires_grad=True), Outcome.WRONG_STATE),
    ],
)
def test_forms_that_are_not(reference: Any, value: Any, outcome: Outcome) -> None:
    verdict = judged(asking(reference), [value])
    assert (verdict.outcome, verdict.points) == (outcome, 0)
    assert verdict.message


# The order of the outcomes

FAULTS: dict[Outcome, Any] = {
    Outcome.RAISED: raised("ValueError"),
    Outcome.WRONG_TYPE: "text",
    Outcome.WRONG_SHAPE: [1.0, 2.0],
    Outcome.NOT_FINITE: math.nan,
    Outcome.WRONG_STATE: Call(value=describe(0.1), changed=(0,)),
    Outcome.WRONG: 0.1,
}


@pytest.mark.parametrize(("first", "second"), itertools.combinations(FAULTS, 2), ids=str)
def test_first_that_fits_is_told(first: Outcome, second: Outcome) -> None:
    for where in itertools.permutations(range(3), 2):
        values = list(SLOPES)
        values[where[0]], values[where[1]] = FAULTS[first], FAULTS[second]
        verdict = judged(CUBE, values)
        assert verdict.outcome is first
        assert verdict.call == f"answer({POINTS[where[0]]})"


def test_a_cause_is_told_before_its_consequence() -> None:
    # The other numbers are wrong too: that one of them left its range comes of it.
    opposite = [-slope for slope in SLOPES]
    overflow = raised("OverflowError", "math range error")
    warned = Call(value=describe(-SLOPES[0]), warnings=("RuntimeWarning: overflow encountered in exp",))
    for broken in (math.nan, -math.inf, overflow, warned):
        verdict = judged(CUBE, [broken, *opposite[1:]])
        assert verdict.mistake == "lesson.answer.opposite-sign", broken
        assert verdict.points == 0
    assert "The call raised OverflowError" in judged(CUBE, [overflow, *opposite[1:]]).message
    # Of one that raised for another reason, and of right ones, it is no cause.
    assert judged(CUBE, [raised("ValueError"), *opposite[1:]]).outcome is Outcome.RAISED
    assert judged(CUBE, [math.nan, *SLOPES[1:]]).outcome is Outcome.NOT_FINITE


def test_faults_are_in_the_order_of_the_outcomes() -> None:
    order = list(Outcome)
    assert sorted(FAULTS, key=order.index) == list(FAULTS)
    assert order[:3] == [Outcome.UNREADABLE, Outcome.NOT_ATTEMPTED, Outcome.RAISED]
    assert order[-4:] == [Outcome.RIGHT, Outcome.KNOWN_MISTAKE, Outcome.TELLING_RATIO, Outcome.WRONG]


def test_not_attempted_before_raised() -> None:
    stub = raised("NotImplementedError", stub="answer")
    assert judged(CUBE, [raised("ValueError"), stub, SLOPES[2]]).outcome is Outcome.NOT_ATTEMPTED
    assert judged(CUBE, [raised("NotImplementedError"), *SLOPES[1:]]).outcome is Outcome.RAISED


def test_a_method_that_is_still_a_stub_is_told_by_its_name() -> None:
    verdict = judged(CUBE, [raised("NotImplementedError", stub="answer.backward"), *SLOPES[1:]])
    assert verdict.outcome is Outcome.NOT_ATTEMPTED
    assert verdict.message.startswith("Write the body of `answer.backward` in place of")


def test_an_exception_is_told_after_a_sentence_and_in_short() -> None:
    def told(kind: str, text: str) -> str:
        return judged(CUBE, [raised(kind, text), *SLOPES[1:]]).message

    shapes = told("ValueError", "operands could not be broadcast together with shapes (2,3) (2,)")
    assert shapes.startswith(
        "The shapes of two arrays do not fit together here. Print both shapes just before. The call raised"
    )
    assert told("ZeroDivisionError", "division by zero").startswith("A number was divided by 0 here. The call")
    assert told("OddError", "One thing (or another). And more.").startswith(
        "The call raised OddError: One thing at the"
    )


def test_a_stub_that_an_answer_calls_is_told_under_its_own_name() -> None:
    calls = [raised("NotImplementedError", stub="helper"), *SLOPES[1:]]
    verdict = judged(CUBE, calls)
    assert verdict.outcome is Outcome.RAISED
    assert verdict.message.startswith("`answer` calls `helper`, and `helper` has no body yet.")
    asked = judged(replace(CUBE, ask=lambda *_: 0.0), calls)
    assert asked.outcome is Outcome.NOT_ATTEMPTED
    assert asked.message.startswith("The check of `answer` calls `helper`, and")


def test_own_mistakes_before_ratios_before_plain_wrong() -> None:
    def outcome(values: Sequence[float]) -> tuple[Outcome, str]:
        verdict = judged(CUBE, values)
        return verdict.outcome, verdict.mistake

    assert outcome([2 * x for x in SLOPES]) == (Outcome.KNOWN_MISTAKE, "lesson.answer.twice")
    assert outcome([3 * x for x in SLOPES]) == (Outcome.TELLING_RATIO, "lesson.answer.factor-n")
    assert outcome([2 * x for x in SLOPES[:2]] + [3 * SLOPES[2]]) == (Outcome.WRONG, "")


def test_known_mistake_has_to_fit_everywhere() -> None:
    kept = [slope * x for slope, x in zip(SLOPES, POINTS, strict=True)]
    assert judged(CUBE, kept).mistake == "lesson.answer.kept-power"
    for position in range(3):
        values = [SLOPES[i] if i == position else x for i, x in enumerate(kept)]
        assert judged(CUBE, values).outcome is Outcome.WRONG


def test_known_mistake_has_to_have_the_same_shape() -> None:
    mistake = wrong_value("five", "That is five.", lambda reference, x: 5.0)
    exercise = asking(np.array([1.3, 2.4]), mistakes=(mistake,))
    assert judged(exercise, [[5.0, 5.0]]).outcome is Outcome.WRONG
    assert judged(asking(1.3, mistakes=(mistake,)), [5.0]).mistake == "lesson.answer.five"


def test_mistake_that_is_right_is_none() -> None:
    """At a point where a mistake and the truth are the same, nothing is held against anybody."""
    exercise = replace(CUBE, cases=(case(1.0),))
    assert judged(exercise, [3.0]).outcome is Outcome.RIGHT
    assert judged(exercise, [1.0]).mistake == "lesson.answer.value-for-derivative"


# Mistakes that any exercise can have


@pytest.mark.parametrize(
    ("factor", "slug"),
    [
        (-1, "opposite-sign"),
        (3, "factor-n"),
        (100, "factor-n"),
        (-7, "factor-n"),
        (1 / 3, "factor-1n"),
        (-0.5, "factor-1n"),
    ],
)
def test_telling_ratio(factor: float, slug: str) -> None:
    verdict = judged(CUBE, [factor * x for x in SLOPES])
    assert (verdict.outcome, verdict.mistake) == (Outcome.TELLING_RATIO, f"lesson.answer.{slug}")
    assert ("opposite sign" in verdict.message) == (factor < 0)


@pytest.mark.parametrize("factor", [0.0, 1.5, 1.001, 101, 1 / 101, math.pi, 1e300])
def test_ratio_that_tells_nothing(factor: float) -> None:
    assert judged(CUBE, [factor * x for x in SLOPES]).outcome is Outcome.WRONG


def test_ratio_has_to_be_the_same_for_every_number() -> None:
    exercise = asking(np.array([1.1, 2.3, 0.0]))
    assert judged(exercise, [[-1.1, -2.3, 0.0]]).mistake == "lesson.answer.opposite-sign"
    assert judged(exercise, [[-1.1, 2.3, 0.0]]).outcome is Outcome.WRONG
    assert judged(exercise, [[-1.1, -2.3, 0.1]]).outcome is Outcome.WRONG
    assert judged(asking(np.zeros(2)), [[1.0, 1.0]]).outcome is Outcome.WRONG


def test_ratio_over_all_parts() -> None:
    assert judged(asking((1.1, 2.3)), [(-1.1, -2.3)]).mistake == "lesson.answer.opposite-sign"
    assert judged(asking((1.1, 2.3)), [(-1.1, 2.3)]).outcome is Outcome.WRONG


def test_running_sum() -> None:
    assert judged(CUBE, list(itertools.accumulate(SLOPES))).mistake == "lesson.answer.kept-sum"
    through = exercise_of(*CUBE.cases, way="autograd", forward=cube, reference=gradient(cube))
    sums = [Call(value=describe(x), engine_runs=(BACKWARD,)) for x in itertools.accumulate(SLOPES)]
    assert judged(through, sums).mistake == "lesson.answer.stale-accumulation"
    exercise = exercise_of(
        case(Array((0.5, 2.0))), case(Array((1.7, -0.3))), reference=lambda x: 2 * x, forward=lambda x: (x**2).sum()
    )
    assert judged(exercise, [[1.0, 4.0], [4.4, 3.4]]).mistake == "lesson.answer.kept-sum"


@pytest.mark.parametrize("left_over", [0.0, 0.7, -3.1, 1399.97, -1234.56])
def test_running_sum_goes_on_from_whatever_was_there(left_over: float) -> None:
    """A student tries the function before checking it, and checks it twice."""
    sums = [left_over + x for x in itertools.accumulate(SLOPES)]
    assert judged(CUBE, sums).mistake == "lesson.answer.kept-sum"
    assert judged(CUBE, [np.float32(x) for x in sums]).mistake == "lesson.answer.kept-sum"
    assert judged(CUBE, [*sums[:2], sums[2] + 0.01]).outcome is Outcome.WRONG
    assert judged(CUBE, [sums[0] + 0.1, *sums[1:]]).outcome is Outcome.WRONG


def test_running_sum_of_several_parts() -> None:
    exercise = exercise_of(case(0.5), case(-1.3), case(2.0), reference=lambda x: (x, np.array([x * x, 3.0])))
    parts = [(0.5 + 1, np.array([0.25, 3.0])), (-0.8 + 1, np.array([1.94, 6.0])), (1.2 + 1, np.array([5.94, 9.0]))]
    assert judged(exercise, parts).mistake == "lesson.answer.kept-sum"
    assert judged(exercise, [*parts[:2], (2.2, np.array([5.94, 3.0]))]).outcome is Outcome.WRONG


@pytest.mark.parametrize("value", [0.0, 1.0, 1e3, 1e6, 1e300])
def test_constant_is_no_running_sum(value: float) -> None:
    exercise = exercise_of(case(100.0), case(0.5), case(0.5), reference=lambda x: x)
    assert judged(exercise, [value] * 3).outcome is Outcome.WRONG
    assert judged(replace(CUBE, cases=CUBE.cases[:1]), [SLOPES[0] + 5.0]).outcome is Outcome.WRONG


def test_transposed() -> None:
    exercise = asking(np.array([[1.0, 2.0], [3.0, 5.0]]))
    assert judged(exercise, [[[1, 3], [2, 5]]]).mistake == "lesson.answer.transposed"


def test_length_forgotten() -> None:
    exercise = exercise_of(case(Array((0.5, 2.0))), case(Array((1.7, -0.3, 0.4))), reference=lambda x: 2 * x / len(x))
    arrays = [np.array(one.arguments[0].data) for one in exercise.cases if isinstance(one.arguments[0], Array)]
    assert judged(exercise, [2 * x for x in arrays]).mistake == "lesson.answer.forgot-1n"
    assert judged(exercise, [2 * x / len(x) ** 2 for x in arrays]).mistake == "lesson.answer.extra-1n"


def test_value_for_derivative() -> None:
    assert judged(CUBE, [x**3 for x in POINTS]).mistake == "lesson.answer.value-for-derivative"


@pytest.mark.parametrize(
    ("call", "slug"),
    [
        (Call(value=describe(None), engine_runs=(BACKWARD,)), "backward-returns-none"),
        (Call(value=describe((1.0,)), engine_runs=(GRAD,)), "grad-returns-tuple"),
        (
            Call(value=describe(None), warnings=("UserWarning: The .grad of a Tensor that is not a leaf",)),
            "grad-of-non-leaf",
        ),
        (
            raised("RuntimeError", "Only Tensors of floating point and complex dtype can require gradients"),
            "integer-tensor",
        ),
        (raised("RuntimeError", "Trying to backward through the graph a second time"), "second-backward"),
        (raised("RuntimeError", "grad can be implicitly created only for scalar outputs"), "backward-on-vector"),
        (raised("RuntimeError", "Mismatch in shape: grad_output[0] has a shape of"), "vector-shape"),
        (raised("RuntimeError", "element 0 of tensors does not require grad"), "untracked"),
        (raised("RuntimeError", "a leaf Variable that requires grad is being used"), "inplace-on-leaf"),
        (raised("RuntimeError", "has been modified by an inplace operation"), "inplace-on-saved"),
        (raised("RuntimeError", "Can't call numpy() on Tensor that requires grad"), "numpy-on-tracked"),
        (raised("AttributeError", "'float' object has no attribute 'backward'"), "backward-on-number"),
        (raised("AttributeError", "'float' object has no attribute 'requires_grad_'"), "math-on-tensor"),
        (raised("AttributeError", "'NoneType' object has no attribute 'zero_'"), "no-grad-yet"),
        (raised("TypeError", "unsupported operand type(s) for ^: 'float' and 'int'"), "caret-for-power"),
        (raised("NotImplementedError", "\"bitwise_xor_cpu\" not implemented for 'Float'"), "caret-for-power"),
        (raised("KeyboardInterrupt", ""), "interrupted"),
        (raised("ValueError", "Only Tensors of floating point"), ""),
        (raised("RuntimeError", "something else"), ""),
        (Call(value=describe(None)), ""),
    ],
)
def test_mistake_that_shows(call: Call, slug: str) -> None:
    exercise = replace(CUBE, way="autograd")
    verdict = judged(exercise, [call, *SLOPES[1:]], source="def answer(x): return x.grad")
    assert verdict.mistake == (f"lesson.answer.{slug}" if slug else "")
    assert verdict.points == 0


def test_own_mistake_that_shows_comes_first() -> None:
    own = raising("own", "This one is known here.", "RuntimeError", "second time")
    verdict = judged(replace(CUBE, mistakes=(own,)), [raised("RuntimeError", "a second time"), *SLOPES[1:]])
    assert (verdict.outcome, verdict.mistake) == (Outcome.RAISED, "lesson.answer.own")
    assert (
        verdict.message == "This one is known here. The call raised RuntimeError: a second time at the line `return x`."
    )


def test_state_that_shows() -> None:
    own = Mistake("warned", "It warned you.", shows=lambda call: bool(call.warnings))
    exercise = replace(CUBE, mistakes=(own,))
    values = [SLOPES[0], Call(value=describe(SLOPES[1]), warnings=("UserWarning: careful",)), SLOPES[2]]
    verdict = judged(exercise, values)
    assert (verdict.outcome, verdict.mistake) == (Outcome.WRONG_STATE, "lesson.answer.warned")
    assert verdict.call == f"answer({POINTS[1]})"


def test_function_that_must_not_be_called() -> None:
    own = Mistake("library", "Write it yourself.", calls=frozenset({"jacobian"}))
    exercise = replace(CUBE, mistakes=(own,))
    verdict = judged(exercise, SLOPES, source="def answer(x): return torch.autograd.functional.jacobian(cube, x)")
    assert (verdict.outcome, verdict.mistake) == (Outcome.WRONG_STATE, "lesson.answer.library")
    assert judged(exercise, SLOPES, source="def answer(jacobian): return jacobian").outcome is Outcome.RIGHT


# By hand, by autograd


def test_by_hand_refuses_autograd_and_differences() -> None:
    values = [*SLOPES[:2], Call(value=describe(SLOPES[2]), engine_runs=(BACKWARD,))]
    assert judged(CUBE, values).mistake == "lesson.answer.autograd-by-hand"
    values = [*SLOPES[:2], Call(value=describe(SLOPES[2]), forward_mode=1)]
    assert judged(CUBE, values).mistake == "lesson.answer.autograd-by-hand"
    difference = "def answer(x, h=1e-5): return ((x + h) ** 3 - (x - h) ** 3) / (2 * h)"
    assert judged(CUBE, SLOPES, source=difference).mistake == "lesson.answer.finite-difference"
    assert judged(replace(CUBE, way="any"), SLOPES, source=difference).outcome is Outcome.RIGHT


@pytest.mark.parametrize(
    ("called", "mistake"),
    [
        ("numpy.gradient", "finite-difference"),
        ("sympy.core.expr.Expr.diff", "library-derivative"),
        ("numpy.polyfit", "library-derivative"),
    ],
)
def test_by_hand_refuses_what_a_library_was_called_for_and_no_name(called: str, mistake: str) -> None:
    calls = [Call(value=describe(value), called=(called,)) for value in SLOPES]
    assert judged(CUBE, calls).mistake == f"lesson.answer.{mistake}"
    name = called.rpartition(".")[2]
    assert judged(CUBE, SLOPES, source=f"def answer(x): return {name}(x)").outcome is Outcome.RIGHT
    engine = replace(CUBE, ask=lambda *_: None)
    assert judged(engine, SLOPES, source=f"def answer(x): return {name}(x)").mistake == f"lesson.answer.{mistake}"


def by_autograd(values: Sequence[Any], scaled: Any, exercise: Exercise = CUBE) -> Verdict:
    calls = [Call(value=describe(value), engine_runs=(BACKWARD,)) for value in values]
    again = msgspec.structs.replace(scaled, engine_runs=(BACKWARD,))
    return judged(replace(exercise, way="autograd"), calls, scaled=again)


def test_by_autograd_wants_the_engine() -> None:
    assert judged(replace(CUBE, way="autograd"), SLOPES).mistake == "lesson.answer.formula-by-autograd"
    right = by_autograd(SLOPES, Call(value=describe(2 * SLOPES[-1])))
    assert right.outcome is Outcome.RIGHT
    pointless = by_autograd(SLOPES, Call(value=describe(SLOPES[-1])))
    assert (pointless.outcome, pointless.points) == (Outcome.WRONG_STATE, 0)
    assert pointless.mistake == "lesson.answer.formula-by-autograd"


def test_a_number_that_was_kept_is_told_from_one_that_no_pass_found() -> None:
    calls = [Call(value=describe(value), engine_runs=(BACKWARD,)) for value in SLOPES]
    verdict = judged(replace(CUBE, way="autograd"), calls, scaled=Call(value=describe(SLOPES[-1])))
    assert (verdict.points, verdict.mistake) == (0, "lesson.answer.formula-by-autograd")
    assert "what it had kept" in verdict.message


def test_pointless_pass_is_seen_in_any_order_of_keys() -> None:
    exercise = replace(asking({"a": 1.5, "b": 2.5}), way="autograd")
    swapped = {"b": 2.5, "a": 1.5}
    verdict = by_autograd([swapped], Call(value=describe(swapped)), exercise)
    assert verdict.mistake == "lesson.answer.formula-by-autograd"
    doubled = Call(value=describe({"b": 5.0, "a": 1.5}))
    assert by_autograd([swapped], doubled, exercise).outcome is Outcome.RIGHT


def test_each_entry_of_a_derivative_comes_through_the_engine() -> None:
    exercise = replace(asking((1.5, 2.5), forward=cube), way="autograd")
    assert by_autograd([(1.5, 2.5)], Call(value=describe((3.0, 5.0))), exercise).outcome is Outcome.RIGHT
    half = by_autograd([(1.5, 2.5)], Call(value=describe((3.0, 2.5))), exercise)
    assert (half.mistake, half.points) == ("lesson.answer.formula-by-autograd", 0)
    assert "a part of your result" in half.message


def test_argument_changed() -> None:
    values = [SLOPES[0], Call(value=describe(SLOPES[1]), changed=(1,)), SLOPES[2]]
    verdict = judged(CUBE, values)
    assert (verdict.outcome, verdict.mistake) == (Outcome.WRONG_STATE, "lesson.answer.argument-changed")
    assert "second argument" in verdict.message
    assert judged(replace(CUBE, changes=True), values).outcome is Outcome.RIGHT


# Cases in which an exception is right


def test_exception_that_is_asked_for() -> None:
    exercise = exercise_of(
        case(0.5),
        case(-1.5),
        case(2.5),
        points=2,
        reference=lambda x: Raises("ValueError", also="KeyError") if x < 0 else 3.0 * x,
        mistakes=(wrong_value("squared", "Not squared.", lambda slope, x: x * x),),
    )
    assert judged(exercise, [1.5, raised("ValueError"), 7.5]).outcome is Outcome.RIGHT
    assert judged(exercise, [1.5, raised("KeyError"), 7.5]).outcome is Outcome.RIGHT
    assert judged(exercise, [1.5, raised("TypeError"), 7.5]).outcome is Outcome.RAISED
    assert judged(exercise, [raised("ValueError"), raised("ValueError"), 7.5]).outcome is Outcome.RAISED
    silent = judged(exercise, [1.5, -4.5, 7.5])
    assert (silent.outcome, silent.mistake, silent.points) == (Outcome.WRONG, "lesson.answer.should-raise", 0)
    assert judged(exercise, [0.25, raised("ValueError"), 6.25]).mistake == "lesson.answer.squared"


# Recorded answers


def recorded(value: Any, **more: Any) -> Verdict:
    exercise = asking({3: 6.0, 0: 0.0, -2: -4.0}, case(), way="recorded", points=3, **more)
    observation = Observation(exercise=exercise.id, answer=describe(value), calls=(Call(value=describe(value)),))
    return judge(exercise, exercise.cases, observation.to_json())


def test_recorded_answers() -> None:
    assert recorded({3: 6, 0: 0, -2: -4}).points == 3
    assert recorded({3: ..., 0: ..., -2: ...}).outcome is Outcome.NOT_ATTEMPTED
    assert recorded(...).outcome is Outcome.NOT_ATTEMPTED
    assert recorded(None).outcome is Outcome.NOT_ATTEMPTED
    assert recorded([6, 0, -4]).outcome is Outcome.WRONG_TYPE
    assert recorded({3: 5, 0: 0, -2: -4}).points == 0
    assert recorded({3: 5, 0: 0, -2: -4}).call == "answer"


# Partial credit

PARTIAL = exercise_of(
    case(0.5), case(1.7), points=2, partial=True, reference=lambda x: {"a": x, "b": 2 * x, "c": 3 * x, "d": 4 * x}
)


def entries(x: float, **other: Any) -> dict[str, Any]:
    return {"a": x, "b": 2 * x, "c": 3 * x, "d": 4 * x} | other


@pytest.mark.parametrize(
    ("first", "second", "points"),
    [
        ({}, {}, 2),
        ({"a": 9.0}, {"a": 9.0}, 1.5),
        ({"a": 9.0}, {}, 1.5),
        ({}, {"a": 9.0}, 1.5),
        ({"a": 9.0}, {"b": 9.0}, 1),
        ({"a": 9.0, "b": 9.0, "c": 9.0}, {}, 0.5),
        ({"a": 9.0, "b": 9.0, "c": 9.0, "d": 9.0}, {}, 0),
        ({"a": "text"}, {}, 1.5),
        ({"a": None, "b": ...}, {}, 1),
        ({"a": [1.0, 2.0]}, {}, 1.5),
        ({"a": math.nan}, {}, 1.5),
        ({"a": torch.tensor(0.5, requires_grad=True)}, {}, 0),
        ({"e": 9.0}, {}, 0),
    ],
)
def test_each_entry_earns_its_share(first: dict[str, Any], second: dict[str, Any], points: float) -> None:
    verdict = judged(PARTIAL, [entries(0.5, **first), entries(1.7, **second)])
    assert verdict.points == points
    assert (verdict.outcome is Outcome.RIGHT) == (points == 2)
    assert judged(replace(PARTIAL, partial=False), [entries(0.5, **first), entries(1.7, **second)]).points in (0, 2)


@pytest.mark.parametrize("other", [None, 3.0, {"a": 1.7}, raised("ValueError"), [1.7, 3.4, 5.1, 6.8]])
def test_no_share_where_a_case_has_no_entries(other: Any) -> None:
    for values in ([entries(0.5), other], [other, entries(1.7)]):
        verdict = judged(PARTIAL, values)
        assert (verdict.points, verdict.outcome is Outcome.RIGHT) == (0, False)


def test_thirds_stay_below_the_whole() -> None:
    exercise = asking({"a": 1.0, "b": 2.0, "c": 3.0}, partial=True, points=2)
    points = [judged(exercise, [{"a": 1.0, "b": b, "c": c}]).points for b in (2.0, 0.0) for c in (3.0, 0.0)]
    assert points == [2, 1.3333, 1.3333, 0.6667]
    assert all(judged(exercise, [{"a": 1.0, "b": 2.0, "c": 3.0}]).points <= exercise.points for _ in points)


def test_an_entry_that_is_a_dict_is_right_as_a_whole() -> None:
    exercise = asking({"a": {"b": True, "c": False}, "d": {"b": False, "c": False}}, partial=True, points=2)
    word = {"b": False, "c": False}
    # The same in each entry is a guess.
    assert judged(exercise, [{"a": word, "d": word}]).points == 0
    assert judged(exercise, [{"a": {**word, "b": True}, "d": dict.fromkeys(word, True)}]).points == 1
    assert judged(exercise, [{"a": word, "d": dict.fromkeys(word, True)}]).points == 0


# What can't be read is worth nothing


@pytest.mark.parametrize(
    "observation",
    [
        "",
        "null",
        "{}",
        "not JSON",
        "[" * 100_000,
        json.dumps({"exercise": "lesson.answer", "points": 3}),
        json.dumps({"exercise": "lesson.answer", "calls": "all right"}),
        observation_of(CUBE, SLOPES[:2]),
        observation_of(CUBE, [*SLOPES, SLOPES[0]]),
        observation_of(CUBE, []),
        observation_of(replace(CUBE, id="lesson.other"), SLOPES),
        Observation(exercise=CUBE.id),
        Observation(exercise="lesson.other"),
        Observation(exercise=CUBE.id, calls=tuple(Call(value=describe(x)) for x in SLOPES)),
        Observation(exercise=CUBE.id, answer=describe(SLOPES), calls=tuple(Call(value=describe(x)) for x in SLOPES)),
        observation_of(CUBE, [Call(), Call(), Call()]),
        observation_of(CUBE, [*SLOPES[:2], Call()]),
    ],
)
def test_fails_closed(observation: Observation | str) -> None:
    text = observation if isinstance(observation, str) else observation.to_json()
    verdict = judge(CUBE, CUBE.cases, text)
    assert verdict.points == 0
    assert verdict.max_points == 3
    assert verdict.outcome is not Outcome.RIGHT
    assert verdict.message


def test_other_exercise_s_observation_is_unreadable() -> None:
    verdict = judge(CUBE, CUBE.cases, observation_of(replace(CUBE, id="lesson.other"), SLOPES))
    assert (verdict.outcome, verdict.exercise) == (Outcome.UNREADABLE, "lesson.answer")
    assert "lesson.other" in verdict.message


def test_autograd_without_its_second_look_is_unreadable() -> None:
    calls = [Call(value=describe(x), engine_runs=(BACKWARD,)) for x in SLOPES]
    assert judged(replace(CUBE, way="autograd"), calls).outcome is Outcome.UNREADABLE


# What a verdict says


def numbers_told(record: Any) -> list[float]:
    """Return every number that stands anywhere in a verdict, in its text too."""
    if isinstance(record, dict):
        return [x for value in record.values() for x in numbers_told(value)]
    if isinstance(record, int | float):
        return [float(record)]
    return [float(x) for x in re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?", str(record))]


@pytest.mark.parametrize(
    "values",
    [
        [x + 0.1 for x in SLOPES],
        [2 * x for x in SLOPES],
        [-x for x in SLOPES],
        [x**3 for x in POINTS],
        list(itertools.accumulate(SLOPES))[::-1],
        ["a", "b", "c"],
        [[x, x] for x in POINTS],
        [math.nan] * 3,
        [raised("ValueError")] * 3,
        [None] * 3,
        [Call(value=describe(0.1), engine_runs=(BACKWARD,))] * 3,
        [Call(value=describe(0.1), changed=(0,))] * 3,
    ],
)
def test_reference_is_not_told(values: list[Any]) -> None:
    verdict = judged(CUBE, values)
    assert verdict.outcome is not Outcome.RIGHT
    told = numbers_told(verdict.to_dict()) + numbers_told(" ".join(verdict.hints))
    assert not any(math.isclose(x, slope, rel_tol=1e-3) for x in told for slope in SLOPES)


def test_first_wrong_place_is_told_without_its_value() -> None:
    exercise = exercise_of(
        case(Array((1.0, 2.0))), case(Array((3.0, 4.0))), reference=lambda x: {"up": np.outer(x, x) * 1.37, "down": x}
    )
    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    wrong = np.outer(y, y) * 1.37
    wrong[1, 0] = 0.0
    verdict = judged(exercise, [{"up": np.outer(x, x) * 1.37, "down": x}, {"down": y, "up": wrong}])
    assert "`['up']`" in verdict.message
    assert "[1, 0]" in verdict.message
    assert verdict.finding is not None
    assert verdict.finding.place.entry == "['up'][1, 0]"
    assert verdict.call == "answer(array([3.0, 4.0]))"
    assert "16.44" not in verdict.message


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        (0.5, "0.5"),
        (3, "3"),
        ("a", "'a'"),
        (True, "True"),
        (Array((1.0, 2.0)), "array([1.0, 2.0])"),
        (Array(((1.0, 2.0),), "torch"), "tensor([[1.0, 2.0]])"),
        (Build("wave", (0.5, 2.0)), "wave(0.5, 2)"),
        (Build("wave"), "wave"),
        ((0.5, Build("wave", (1.0,))), "[0.5, wave(1)]"),
    ],
)
def test_call_is_written_as_the_student_would(argument: Any, text: str) -> None:
    exercise = exercise_of(case(0.5, argument), builders={"wave": lambda *numbers: len})
    assert judged(exercise, [1.0]).call == f"answer(0.5, {text})"


def test_printed_text_is_that_of_the_wrong_call() -> None:
    calls = [Call(value=describe(x), printed=f"call {i}") for i, x in enumerate([SLOPES[0], 0.0, SLOPES[2]])]
    assert judged(CUBE, calls).printed == "call 1"
    assert judged(CUBE, [raised("ValueError"), *calls[1:]]).printed == ""


def test_hints_are_there_until_it_is_right() -> None:
    assert judged(CUBE, [0.0, 0.0, 0.0]).hints == CUBE.hints
    assert judged(CUBE, SLOPES).hints == ()


# The judge is pure


def test_same_observation_same_verdict_whatever_the_settings() -> None:
    text = observation_of(CUBE, [x**3 for x in POINTS]).to_json()
    verdicts = [judge(CUBE, CUBE.cases, text)]
    with torch.no_grad():
        verdicts.append(judge(CUBE, CUBE.cases, text))
    with np.errstate(all="raise"):
        verdicts.append(judge(CUBE, CUBE.cases, text))
        assert judged(CUBE, [1e308, *SLOPES[1:]]).outcome is Outcome.WRONG
    dtype = torch.get_default_dtype()
    try:
        torch.set_default_dtype(torch.float16)
        verdicts.append(judge(CUBE, CUBE.cases, text))
    finally:
        torch.set_default_dtype(dtype)
    assert all(verdict == verdicts[0] for verdict in verdicts)
    assert verdicts[0].outcome is Outcome.KNOWN_MISTAKE


@pytest.mark.parametrize("value", [1e308, -1e308, 5e-324, 1.7976931348623157e308, 0.0, math.inf, math.nan])
def test_extreme_numbers_warn_of_nothing(value: float) -> None:
    """A warning would go to stderr, and nbgrader gives no points for a check cell that writes there."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert judged(CUBE, [value, *SLOPES[1:]]).points == 0
        assert judged(CUBE, [value] * 3).points == 0
        assert judged(asking(np.array([1e-300, 1e300])), [[value, value]]).points == 0
        assert judged(asking({"a": 1e-3, "b": 2.0}, partial=True), [{"a": value, "b": 2.0}]).points == 0.5


# What was measured


MEASURED = asking(
    {"t requires grad": False, "gradients": ["zeros", "None"], "gradient of b": np.array([1.0, 2.0])},
    measure=lambda x: lambda result: result,
)
AS_ASKED = {"t requires grad": False, "gradients": ["zeros", "None"], "gradient of b": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({"t requires grad": True}, "After the call, `t requires grad` is True. Expected False."),
        ({"gradients": ["zeros", "full"]}, "After the call, `gradients[1]` is full. Expected None."),
        ({"gradient of b": [1.0, 5.0]}, "After the call, `gradient of b` is right in the first entry, and wrong"),
        ({"gradient of b": [1.0]}, "After the call, `gradient of b`: expected shape (2,); got shape (1,)."),
    ],
)
def test_what_was_measured_is_not_shown_as_the_result(found: dict[str, Any], message: str) -> None:
    verdict = judged(MEASURED, [AS_ASKED | found])
    assert verdict.message.startswith(message)
    assert verdict.answer == ""


def test_right_values_without_a_text_are_flagged() -> None:
    verdict = judged(CUBE, SLOPES, source="")
    assert (verdict.outcome, verdict.points) == (Outcome.RIGHT, CUBE.points)
    assert "should look at it" in verdict.flag
    assert judged(replace(CUBE, way="any"), SLOPES, source="").flag == ""
    assert judged(CUBE, SLOPES).flag == ""
    assert judged(CUBE, [0.0, 0.0, 0.0], source="").flag == ""


def test_backward_kernel_is_not_by_hand() -> None:
    calls = [Call(value=describe(x), used=("sigmoid_backward",)) for x in SLOPES]
    assert judged(CUBE, calls).mistake == "lesson.answer.autograd-by-hand"


def test_the_ratio_of_one_number_would_give_the_right_one_away() -> None:
    verdict = judged(asking(17, case(), way="recorded"), [34])
    assert (verdict.outcome, verdict.message) == (Outcome.WRONG, "The result is too large.")
    twice = judged(asking({3: 6.0, -2: -4.0}, case(), way="recorded"), [{3: 12.0, -2: -8.0}])
    assert twice.message.startswith("Your answer is exactly 2 times the right one, in every entry.")


def test_none_is_told_by_whether_a_backward_pass_ran_and_what_is_read() -> None:
    def told(*runs: EngineRun, attribute: str = "item", source: str = "def answer(x): return x.grad.item()") -> str:
        error = raised("AttributeError", f"'NoneType' object has no attribute '{attribute}'").raised
        call = Call(raised=error, engine_runs=runs)
        return judged(replace(CUBE, way="autograd"), [call, *SLOPES[1:]], source=source).message

    assert told().startswith("`.grad` is None, because no backward pass ran in this call.")
    assert told(BACKWARD).startswith("`.grad` is None here. Only a leaf tensor")
    for source in (
        "def answer(x): return (x**3).backward().item()",
        "def answer(x):\n    y = (x**3).backward()\n    return y.item()",
    ):
        assert told(BACKWARD, source=source).startswith(
            "Your function uses what `backward()` returns, and that is None."
        )
    for runs in ((), (BACKWARD,)):
        assert "`.grad`" not in told(*runs, source="def answer(x): return helper(x).item()")
        assert "`.grad`" not in told(*runs, attribute="backward")
