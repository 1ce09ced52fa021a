"""What holds for any answer: equal formulas pass, unequal ones fail, and no observation breaks the judge."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from autograder import lessons
from autograder.describe import describe
from autograder.difference import says_finite_difference
from autograder.exercise import Array, Build, Case, Exercise, case, gradient
from autograder.judge import judge
from autograder.observation import Call, EngineRun, Observation, Value
from autograder.probe import probe
from autograder.verdict import Outcome, Verdict
from tests.answering import exercise_of, namespace_of, verdict_on

few = settings(derandomize=True, deadline=None, database=None, max_examples=30)
many = settings(derandomize=True, deadline=None, database=None, max_examples=100)

# Formulas

FORMULAS = {"scalar_gradients.d_square": (2.0, 0.0), "scalar_gradients.d_poly": (6.0, -4.0)}
factors = st.sampled_from([2.0, 3.0, -4.0, 7.0, 0.5])
shifts = st.sampled_from([1.0, -2.0, 0.75, -3.5, 11.0])


@st.composite
def linear(draw: st.DrawFn, a: float, b: float, depth: int = 3) -> str:
    """Draw a text of a·x + b."""
    way = draw(st.integers(0, 8)) if depth else 0
    if way <= 1:
        terms = [draw(st.sampled_from([f"{a} * x", f"x * {a}"])), *([f"{b}"] if b else [])]
        return f"({' + '.join(draw(st.permutations(terms)))})"
    if way == 2:
        part, shift = draw(factors), draw(shifts)
        first, second = draw(linear(part, shift, depth - 1)), draw(linear(a - part, b - shift, depth - 1))
        return f"({first} + {second})"
    if way == 3:
        part, shift = draw(factors), draw(shifts)
        first, second = draw(linear(a + part, b + shift, depth - 1)), draw(linear(part, shift, depth - 1))
        return f"({first} - {second})"
    if way == 4:
        factor = draw(factors)
        return f"{factor} * {draw(linear(a / factor, b / factor, depth - 1))}"
    if way == 5:
        factor = draw(factors)
        return f"({draw(linear(a * factor, b * factor, depth - 1))} / {factor})"
    if way == 6:
        return f"(-{draw(linear(-a, -b, depth - 1))})"
    if way == 7:
        return f"(lambda x: {draw(linear(a, b, depth - 1))})(x)"
    wrapped = draw(
        st.sampled_from(["float({})", "np.float64({})", "math.fsum([{}])", "np.asarray({})", "torch.tensor({})"])
    )
    return wrapped.format(draw(linear(a, b, 0)))


def cell(exercise_id: str, expression: str) -> str:
    return f"def {lessons.find(exercise_id).name}(x):\n    return {expression}\n"


@pytest.mark.parametrize("exercise_id", FORMULAS)
@few
@given(data=st.data())
def test_equal_formula_is_right(exercise_id: str, data: st.DataObject) -> None:
    source = cell(exercise_id, data.draw(linear(*FORMULAS[exercise_id])))
    assert not says_finite_difference(source)
    verdict = verdict_on(exercise_id, source, lessons.find(exercise_id).grading_cases(source.encode()))
    assert verdict.outcome is Outcome.RIGHT, (source, verdict.to_dict())


@pytest.mark.parametrize("exercise_id", FORMULAS)
@few
@given(data=st.data())
def test_unequal_formula_is_not(exercise_id: str, data: st.DataObject) -> None:
    a, b = FORMULAS[exercise_id]
    off_a = data.draw(st.sampled_from([0.0, 1e-3, -0.5, 1.0, -4.0]))
    off_b = data.draw(st.sampled_from([0.0, -1e-2, 0.25, 2.0, -5.0]))
    assume((off_a, off_b) != (0.0, 0.0))
    source = cell(exercise_id, data.draw(linear(a + off_a, b + off_b)))
    verdict = verdict_on(exercise_id, source, lessons.find(exercise_id).grading_cases(source.encode()))
    assert verdict.outcome is not Outcome.RIGHT, source
    assert verdict.points == 0
    assert not verdict.mistake.endswith("finite-difference"), source


# Polynomials

Tree = tuple[Any, ...]
trees = st.recursive(
    st.one_of(st.just(("x",)), st.integers(-3, 3).map(lambda n: ("number", n))),
    lambda inner: st.tuples(st.sampled_from("+-*"), inner, inner),
    max_leaves=8,
)


def text_of(tree: Tree) -> str:
    match tree:
        case ("x",):
            return "x"
        case ("number", n):
            return f"({n})"
        case (sign, left, right):
            return f"({text_of(left)} {sign} {text_of(right)})"
    raise AssertionError(tree)


def derivative_of(tree: Tree) -> Tree:
    """Return the derivative in x, by the rules for sums and products."""
    match tree:
        case ("x",):
            return ("number", 1)
        case ("number", _):
            return ("number", 0)
        case ("*", left, right):
            return ("+", ("*", derivative_of(left), right), ("*", left, derivative_of(right)))
        case (sign, left, right):
            return (sign, derivative_of(left), derivative_of(right))
    raise AssertionError(tree)


def asking_for_slope_of(tree: Tree, way: Any) -> Exercise:
    forward: Callable[..., torch.Tensor] = eval(f"lambda x: {text_of(tree)}")
    cases = (case(0.7), case(-1.6), case(2.3))
    return exercise_of(*cases, way=way, forward=forward, reference=gradient(forward))


def checked(exercise: Exercise, source: str) -> Verdict:
    observation = probe(exercise, namespace_of(source), exercise.cases)
    return judge(exercise, exercise.cases, observation.to_json())


@few
@given(tree=trees, off=st.sampled_from([0.01, -0.5, 3.0]))
@example(tree=("*", ("x",), ("x",)), off=3.0)
def test_polynomials(tree: Tree, off: float) -> None:
    tree = ("+", tree, ("*", ("x",), ("x",)))
    slope = text_of(derivative_of(tree))
    sizes = [abs(eval(slope, {"x": x})) for x in (0.7, -1.6, 2.3)]
    assume(min(sizes) > 1e-3)
    by_hand = asking_for_slope_of(tree, "hand")
    by_autograd = asking_for_slope_of(tree, "autograd")
    formula = f"def answer(x):\n    return {slope}\n"
    backward = f"def answer(x):\n    x = torch.tensor(x, requires_grad=True)\n    ({text_of(tree)}).backward()\n    return x.grad"
    assert checked(by_hand, formula).outcome is Outcome.RIGHT
    assert checked(by_autograd, backward).outcome is Outcome.RIGHT
    assert checked(by_hand, backward).mistake == "lesson.answer.autograd-by-hand"
    assert checked(by_autograd, formula).mistake == "lesson.answer.formula-by-autograd"
    for exercise, source in ((by_hand, formula), (by_autograd, f"{backward}.item()")):
        wrong = checked(exercise, f"{source.rstrip()} + {off * max(sizes)}\n")
        assert wrong.outcome not in (Outcome.RIGHT, Outcome.RAISED)
        assert wrong.points == 0


@few
@given(tree=trees, x=st.floats(-2, 2))
def test_gradient_agrees_with_central_difference(tree: Tree, x: float) -> None:
    forward: Callable[..., Any] = eval(f"lambda x: {text_of(('+', tree, ('x',)))}")
    h = 1e-5
    difference = (forward(x + h) - forward(x - h)) / (2 * h)
    assert gradient(forward)(x) == pytest.approx(difference, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("name", ["doubling_loop", "branch", "wave"])
@few
@given(number=st.floats(0.3, 2), x=st.floats(0.2, 2), sign=st.sampled_from([-1, 1]))
def test_references_of_given_functions(name: str, number: float, x: float, sign: int) -> None:
    slope_of, line_of = lessons.find("scalar_gradients.grad_of"), lessons.find("scalar_gradients.tangent")
    f, h = slope_of.builders[name](number), 1e-6

    def value(at: float) -> float:
        return float(f(torch.tensor(at, dtype=torch.float64)))

    x = sign * x
    difference = (value(x + h) - value(x - h)) / (2 * h)
    assume(abs(difference) < 1e3)  # no jump of the loop between the two points
    slope, intercept = line_of.reference(f, x)
    assert slope_of.reference(f, x) == slope == pytest.approx(difference, rel=1e-5, abs=1e-5)
    assert slope * x + intercept == pytest.approx(value(x))


@pytest.mark.parametrize("at", [0.0, -0.0, 1e-45, float("nan"), float("inf"), -float("inf")])
def test_given_functions_end_at_any_number(at: float) -> None:
    for name, number in itertools.product(("doubling_loop", "branch", "wave"), (0.7, -0.7, 0)):
        f = lessons.find("scalar_gradients.grad_of").builders[name](number)
        assert f(torch.tensor(at, requires_grad=True)).shape == ()


# Ratios


@few
@given(n=st.integers(2, 100), inverse=st.booleans(), sign=st.sampled_from([1, -1]))
def test_whole_ratio_is_named(n: int, inverse: bool, sign: int) -> None:
    exercise = exercise_of(case(0.7), case(-1.6), case(2.3), reference=lambda x: x**3)
    factor = sign * (1 / n if inverse else n)
    calls = tuple(Call(value=describe(factor * one.arguments[0] ** 3)) for one in exercise.cases)
    observation = Observation(exercise.id, answer=describe(len), calls=calls)
    verdict = judge(exercise, exercise.cases, observation)
    assert verdict.mistake == f"lesson.answer.factor-{'1n' if inverse else 'n'}"
    assert f"exactly {'1/' if inverse else ''}{n} " in verdict.message
    assert ("opposite" in verdict.message) == (sign < 0)


# Inputs for grading

numbers = st.one_of(st.floats(-1e6, 1e6, allow_subnormal=False), st.integers(-50, 50))
inputs = st.recursive(
    st.one_of(numbers, st.booleans(), st.text(max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.lists(st.floats(-10, 10, allow_subnormal=False), min_size=1, max_size=3).map(lambda row: Array(tuple(row))),
        st.lists(numbers, max_size=3).map(lambda row: Build("wave", tuple(row))),
    ),
    max_leaves=6,
)


def moved_alike(was: Any, now: Any) -> bool:
    """Whether an input is of the same form, its floats moved by 3 to 30 % and all else as it was."""
    if type(was) is not type(now):
        return False
    match was:
        case Array(data, kind):
            return kind == now.kind and moved_alike(data, now.data)
        case Build(builder, given):
            return builder == now.builder and moved_alike(given, now.numbers)
        case tuple():
            return len(was) == len(now) and all(moved_alike(a, b) for a, b in zip(was, now, strict=True))
        case float() if was:
            return 0.029 <= abs(now / was - 1) <= 0.301
    return bool(was == now)


@many
@given(arguments=st.lists(inputs, min_size=1, max_size=3), seed=st.binary(max_size=8))
def test_drawn_inputs_stay_generic(arguments: list[Any], seed: bytes) -> None:
    exercise = exercise_of(Case(tuple(arguments)), Case(tuple(arguments), exact=True))
    drawn, exact = exercise.grading_cases(seed)
    assert moved_alike(tuple(arguments), drawn.arguments)
    assert exact == exercise.cases[1]
    assert exercise.grading_cases(seed) == (drawn, exact)


def test_a_drawn_input_has_no_fewer_digits() -> None:
    (drawn,) = exercise_of(case(0.613725)).grading_cases(b"seed")
    assert len(repr(drawn.arguments[0])) == len("0.613725")


PINNED = (case(1.365, 3), case(Array((-0.179, 0.0), "torch"), Build("wave", (1.57,))))


def test_drawn_inputs_are_the_same_on_every_machine() -> None:
    exercise = exercise_of(case(1.5, 3), case(Array((-0.25, 0.0), "torch"), Build("wave", (2.0,))))
    assert exercise.grading_cases(b"seed") == PINNED
    assert exercise.grading_cases(b"other") != PINNED
    other = exercise_of(*exercise.cases, id="lesson.other")
    assert other.grading_cases(b"seed") != PINNED


# Observations of any kind

plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers(), st.floats()), inner, max_size=3),
    ),
    max_leaves=10,
)


@many
@given(thing=plain)
def test_description_travels_unchanged(thing: Any) -> None:
    text = Observation("lesson.answer", answer=describe(thing)).to_json()
    assert Observation.from_json(text).to_json() == text


RUN = EngineRun(retain_graph=False, create_graph=False, accumulates=True)
JUDGED = (
    exercise_of(case(0.5), case(1.5), way="hand", reference=lambda x: 2 * x, forward=lambda x: x**2),
    exercise_of(case(0.5), case(1.5), way="autograd", reference=lambda x: 2 * x, points=3),
    exercise_of(case(0.5), partial=True, reference=lambda x: {"a": x, "b": (True, "text"), "c": {"u", "v"}}),
    exercise_of(
        case(Array((1.0, 2.0, 4.0))), reference=lambda x: (np.outer(x, x), x), forward=lambda x: (x**3).sum() / 3
    ),
)
KINDS = ("number", "array", "truth", "text", "nothing", "blank", "sequence", "mapping", "callable", "other")


@st.composite
def values(draw: st.DrawFn, depth: int = 2) -> dict[str, Any]:
    """Draw a value as it travels: nearly always in the right form, and with any content."""
    kind = draw(st.sampled_from(KINDS))
    value: dict[str, Any] = {"kind": kind, "type": draw(st.sampled_from(["float", "ndarray", "tuple"]))}
    one_number = st.one_of(st.floats(), st.sampled_from([0.5, 1.0, 2.0, 3.0]))
    if kind in ("number", "truth"):
        value["numbers"] = [draw(one_number)]
    elif kind == "array":
        value["shape"] = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
        value["numbers"] = draw(
            st.lists(one_number, min_size=math.prod(value["shape"]), max_size=math.prod(value["shape"]))
        )
    elif kind in ("sequence", "mapping") and depth:
        value["items"] = draw(st.lists(values(depth - 1), max_size=3))
        if kind == "mapping":
            keys = st.sampled_from(["a", "b", "c", 3, 0.5])
            value["keys"] = draw(st.lists(keys, min_size=len(value["items"]), max_size=len(value["items"])))
    elif kind == "text":
        value["text"] = draw(st.sampled_from(["u", "v", "text"]))
    if draw(st.integers(0, 4)) == 0:
        value["requires_grad"] = True
    return value


@st.composite
def calls(draw: st.DrawFn) -> dict[str, Any]:
    call: dict[str, Any] = {}
    if draw(st.integers(0, 5)):
        call["value"] = draw(values())
    if draw(st.integers(0, 5)) == 0:
        types = draw(st.lists(st.sampled_from(["ValueError", "RuntimeError", "TypeError"]), min_size=1, max_size=2))
        call["raised"] = {"types": types, "text": draw(st.text(max_size=9)), "line": "", "own": draw(st.booleans())}
        call["raised"]["stub"] = draw(st.sampled_from(["", "f", "answer"]))
    if draw(st.booleans()):
        call["engine_runs"] = [{"retain_graph": False, "create_graph": False, "accumulates": draw(st.booleans())}]
    if draw(st.integers(0, 5)) == 0:
        call["changed"] = [draw(st.integers(0, 9))]
    return call


@st.composite
def observations(draw: st.DrawFn, exercise: Exercise) -> dict[str, Any]:
    count = len(exercise.cases) if draw(st.integers(0, 5)) else draw(st.integers(0, 4))
    observation: dict[str, Any] = {
        "exercise": exercise.id,
        "answer": {"kind": "callable", "type": "function"} if draw(st.integers(0, 5)) else draw(values()),
        "calls": [draw(calls()) for _ in range(count)],
        "source": draw(st.sampled_from(["", "def answer(x): return 2 * x", "("])),
    }
    if draw(st.booleans()):
        observation["scaled"] = draw(calls())
    return observation


def fails_well(exercise: Exercise, text: str) -> None:
    """Judge a text; nothing is raised, and the points are those of the outcome."""
    verdict = judge(exercise, exercise.cases, text)
    assert 0 <= verdict.points <= verdict.max_points == exercise.points
    assert (verdict.points == exercise.points) == (verdict.outcome is Outcome.RIGHT)
    assert (verdict.message == "") == (verdict.outcome is Outcome.RIGHT)
    json.dumps(verdict.to_dict())


@pytest.mark.parametrize("exercise", JUDGED, ids=range(len(JUDGED)))
@many
@given(data=st.data())
def test_no_observation_breaks_the_judge(exercise: Exercise, data: st.DataObject) -> None:
    fails_well(exercise, json.dumps(data.draw(observations(exercise))))


@many
@given(data=st.data(), thing=plain)
def test_no_spoiled_observation_breaks_the_judge(data: st.DataObject, thing: Any) -> None:
    exercise = JUDGED[0]
    call = Call(value=Value(kind="number", type="float", numbers=(1.0,)), engine_runs=(RUN,), warnings=("careful",))
    observation = Observation(exercise.id, answer=describe(len), calls=(call, call), scaled=call)
    spoiled = json.loads(observation.to_json())
    inner: Any = spoiled
    while True:
        key = data.draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner))))
        if not isinstance(inner[key], dict | list) or not inner[key] or data.draw(st.booleans()):
            break
        inner = inner[key]
    inner[key] = json.loads(json.dumps(thing))
    fails_well(exercise, json.dumps(spoiled))


@many
@given(text=st.text(max_size=30))
def test_no_text_breaks_the_judge(text: str) -> None:
    fails_well(JUDGED[0], text)
    assert isinstance(says_finite_difference(text), bool)
