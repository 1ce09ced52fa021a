"""What the numbers of wrong answers say, on exercises of a stranger's: the findings know no lesson."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
import torch

from autograder.exercise import Array, Exercise, Raises, case, gradient
from autograder.judge import judge
from autograder.lessons import find
from autograder.probe import probe
from autograder.verdict import Outcome, Verdict
from tests.answering import exercise_of, namespace_of


def bump(x: torch.Tensor) -> torch.Tensor:
    return torch.exp(-x * x) + 3 * x


SLOPE = exercise_of(case(-1.3), case(0.4), case(2.2), forward=bump, reference=gradient(bump))
LOSS = exercise_of(
    *(case(p, y) for p, y in ((0.3, 1), (0.3, 0), (0.72, 1), (0.64, 0))),
    reference=lambda p, y: -math.log(p if y else 1 - p),
)
VECTOR = exercise_of(
    case(Array((1.3, -0.7, 2.1))), case(Array((0.4, 1.9, -1.2, 0.8))), reference=lambda x: 2 * x * np.exp(x)
)
PAIR = exercise_of(case(0.7), case(-1.9), reference=lambda x: {"height": x**3, "slope": 3 * x * x})
SIGNS = exercise_of(case(2.5), case(0.7), case(-1.2), reference=lambda x: abs(x) + math.floor(x) / 3)
LIST = exercise_of(case(3, 1.7), case(4, -0.6), reference=lambda n, x: [x**k for k in range(1, n + 1)])
FLAG = exercise_of(
    *(case(x, flag) for x in (1.4, -0.8) for flag in (True, False)), reference=lambda x, flag: 2 * x if flag else x * x
)


def told(exercise: Exercise, source: str) -> Verdict:
    observation = probe(exercise, namespace_of(source), exercise.cases)
    return judge(exercise, exercise.cases, observation.to_json())


@pytest.mark.parametrize(
    ("exercise", "source", "kind", "words"),
    [
        (
            SLOPE,
            "def answer(t):\n    return 3 - 2 * t * math.exp(-(int(t) ^ 2))",
            "behaviour.bitwise-power",
            "`int(t) ^ 2` in line 2",
        ),
        (SLOPE, "def answer(t):\n    return 14.0", "behaviour.unused-parameter", "`t`"),
        (
            find("scalar_gradients.grad_of"),
            "def grad_of(f, x):\n    t = torch.tensor(x, requires_grad=True)\n    (t**2).backward()\n    return t.grad",
            "behaviour.unused-parameter",
            "`f` is never used",
        ),
        (SLOPE, "q = 2.0\ndef answer(t):\n    return 3 - 2 * q", "behaviour.unused-parameter", "`q`"),
        (SLOPE, "def answer(t):\n    return 3.0 + 0 * t", "behaviour.constant", "3 at every input"),
        (SLOPE, "def answer(t):\n    return int(3 - 2 * t * math.exp(-t * t))", "behaviour.rounded", "cut"),
        (SLOPE, "def answer(t):\n    return round(3 - 2 * t * math.exp(-t * t), 2)", "behaviour.rounded", "2 decimal"),
        (SLOPE, "def answer(t):\n    return (3 - 2 * t * math.exp(-t * t)) * t", "behaviour.factor", "times `t`"),
        (
            SLOPE,
            "def answer(t):\n    return (3 - 2 * t * math.exp(-t * t)) / t**2",
            "behaviour.factor",
            "divided by `t`",
        ),
        (SLOPE, "def answer(t):\n    return 3 - 2 * t * math.exp(-t * t) + t", "behaviour.term", "plus `t`"),
        (SLOPE, "def answer(t):\n    return 2.5 - 2 * t * math.exp(-t * t)", "behaviour.term", "0.5 too small"),
        (SLOPE, "def answer(t):\n    return (3 - 2 * t * math.exp(-t * t)) ** 2", "behaviour.function", "square"),
        (SLOPE, "def answer(t):\n    return 1.004 * (3 - 2 * t * math.exp(-t * t))", "behaviour.factor", "1.004"),
        (SLOPE, "def answer(t):\n    return 3 - 2 * t * (1 - 1e-3 * t) * math.exp(-t * t)", "behaviour.close", "%"),
        (
            SLOPE,
            "def answer(t):\n    return (4 * t * t - 2) * math.exp(-t * t)",
            "behaviour.second-derivative",
            "derivative",
        ),
        (SLOPE, "def answer(t):\n    return math.sin(t)", "evidence.slope", "step of 0.001"),
        (
            LOSS,
            "def answer(p, y):\n    return -math.log(p) * (1 if y else 0.3 + p)",
            "behaviour.one-side",
            "where `y` is 1",
        ),
        (LOSS, "def answer(p, y):\n    return -math.log(p)", "behaviour.unused-parameter", "`y`"),
        (FLAG, "def answer(x, up):\n    return 2 * x if up else x + 1", "behaviour.one-side", "where `up` is True"),
        (SIGNS, "def answer(x):\n    return abs(x) + int(x) / 3", "behaviour.one-side", "where `x` is negative"),
        (VECTOR, "def answer(v):\n    return (2 * v * np.exp(v))[::-1]", "behaviour.arranged", "reverse"),
        (VECTOR, "def answer(v):\n    return np.roll(2 * v * np.exp(v), 1)", "behaviour.arranged", "shifted"),
        (VECTOR, "def answer(v):\n    return np.sort(2 * v * np.exp(v))", "behaviour.arranged", "sorted"),
        (
            VECTOR,
            "def answer(v):\n    r = 2 * v * np.exp(v)\n    r[-1] += 1\n    return r",
            "behaviour.one-side",
            "last",
        ),
        (VECTOR, "def answer(v):\n    return 2 * np.exp(v)", "behaviour.factor", "divided by `v`"),
        (PAIR, "def answer(x):\n    return {'height': 3 * x * x, 'slope': x**3}", "behaviour.exchanged", "exchanged"),
        (PAIR, "def answer(x):\n    return {'height': x**3, 'slope': x**3}", "behaviour.exchanged", "`['slope']`"),
        (PAIR, "def answer(x):\n    return {'height': x**3, 'slope': 3 * x}", "behaviour.factor", "`['slope']`"),
        (LIST, "def answer(n, x):\n    return [x**k for k in range(n)]", "behaviour.factor", "divided by `x`"),
        (LIST, "def answer(n, x):\n    return [x**k for k in range(n, 0, -1)]", "behaviour.arranged", "reverse"),
    ],
)
def test_what_the_numbers_say(exercise: Exercise, source: str, kind: str, words: str) -> None:
    verdict = told(exercise, source)
    assert verdict.outcome is Outcome.WRONG
    assert verdict.finding is not None
    assert (verdict.finding.kind, verdict.message) == (kind, verdict.finding.sentence)
    assert words in verdict.message


@pytest.mark.parametrize(
    ("source", "kind", "words"),
    [
        ("def answer(x):\n    print(x.exp())", "none.printed", "print"),
        ("def answer(x):\n    x = x * 2", "none.no-return", "no `return`"),
        ("def answer(x):\n    if x > 0:\n        return x", "none.way-without-return", "without a `return`"),
        (
            "def answer(x):\n    x = torch.tensor(x, requires_grad=True)\n    return x.grad",
            "none.no-backward",
            "no `backward()`",
        ),
        (
            "def answer(x):\n    a = torch.tensor(x, requires_grad=True)\n    b = torch.tensor(x, requires_grad=True)\n"
            "    (a * a).backward()\n    return b.grad",
            "none.unused-leaf",
            "Nothing is computed from `b`, which line 3 makes",
        ),
        (
            "def answer(x):\n    a = torch.tensor(x, requires_grad=True)\n    b = torch.tensor(x, requires_grad=True)\n"
            "    c = a * b\n    (a * a).backward()\n    return b.grad",
            "none.other-tensor",
            "did not reach",
        ),
        (
            "def answer(x):\n    a = torch.tensor(x, requires_grad=True)\n    (a * a).backward()\n    a.grad = None\n    return a.grad",
            "none.cleared",
            "line 4",
        ),
        ("def answer(x):\n    found = []\n    return found.append(x)", "none.method", "`append`"),
    ],
)
def test_why_it_is_none(source: str, kind: str, words: str) -> None:
    exercise = exercise_of(case(-1.3), case(0.4), reference=lambda x: 2 * x)
    if kind == "none.printed":
        source = source.replace("x.exp()", "2 * x")
    verdict = told(exercise, source)
    assert verdict.finding is not None
    assert (verdict.finding.kind, verdict.message) == (kind, verdict.finding.sentence)
    assert words in verdict.message


def test_an_entry_that_is_none_is_told_by_its_leaf() -> None:
    exercise = exercise_of(case(-1.3), case(0.4), reference=lambda x: (2 * x, 0.0))
    source = (
        "def answer(x):\n    a = torch.tensor(x, requires_grad=True)\n    b = torch.tensor(x, requires_grad=True)\n"
    )
    source += "    (a * a).backward()\n    return a.grad, b.grad"
    finding = told(exercise, source).finding
    assert finding is not None
    assert (finding.kind, finding.place.text) == ("none.unused-leaf", "b")


@pytest.mark.parametrize(
    "source",
    [
        "answer = lambda t: 3 - 2 * t / math.exp(t * t)",
        "def answer(*everything):\n    t, = everything\n    return torch.tensor(3 - 2 * t * math.exp(-t * t))",
        "def answer(t, unused=None):\n    y = 5\n    return np.float64(3) - 2 * t * np.exp(-t * t)",
        "k = 3\ndef answer(t):\n    return k - 2 * t * math.exp(-t ** 2)",
    ],
)
def test_right_answer_gets_no_finding(source: str) -> None:
    verdict = told(SLOPE, source)
    assert (verdict.outcome, verdict.message, verdict.finding) == (Outcome.RIGHT, "", None)


@pytest.mark.parametrize(
    "value",
    [
        "math.nan",
        "1e308",
        "'text'",
        "[]",
        "{}",
        "{'a': 1}",
        "np.zeros((2, 0))",
        "True",
        "...",
        "object()",
        "[[1], [2, 3]]",
    ],
)
@pytest.mark.parametrize("exercise", [SLOPE, LOSS, VECTOR, PAIR, LIST, FLAG])
def test_whatever_comes_back_something_is_said(exercise: Exercise, value: str) -> None:
    verdict = told(exercise, f"def answer(*arguments):\n    return {value}")
    assert verdict.outcome is not Outcome.RIGHT
    assert verdict.message
    assert "not right here" not in verdict.message


@pytest.mark.parametrize("zeros", ["[0.0, 0.0, 0.0]", "[0, 0, 0]"])
def test_zeros_alone_are_no_rounded_numbers(zeros: str) -> None:
    # The right numbers are 0.2, 0.46 and 0.68.
    source = f"def explain_s1():\n    return {{'left_over': {zeros}, 'fresh': [1.0, 2.0, 3.0]}}"
    verdict = told(find("accumulation.explain_s1"), source)
    assert verdict.finding is not None
    assert verdict.finding.kind == "evidence.zero"


BY_LABEL = exercise_of(
    *(case(x, y) for x, y in ((1.3, 1), (2.1, 1), (-0.7, 0), (-1.9, 0))), reference=lambda x, y: -y / x + (1 - y) * x**2
)
BY_SIGN = exercise_of(
    *(case(x, y) for x, y in ((1.3, 0.7), (2.1, 0.4), (-0.7, -0.2), (-1.9, -2.2))),
    reference=lambda x, y: math.exp(x * y) + x,
)


def test_what_may_be_due_to_either_of_two_arguments_is_put_down_to_none() -> None:
    assert "where `y` is 1, and wrong where `y` is 0" in told(BY_LABEL, "def answer(x, y):\n    return -y / x").message
    # Both arguments have the same sign everywhere.
    source = "def answer(x, y):\n    return math.exp(x * y) + abs(x)"
    verdict = told(BY_SIGN, source)
    assert verdict.finding is not None
    assert verdict.finding.kind == "behaviour.some-inputs"


@pytest.mark.parametrize("slopes", ["{3: 5, 0: 0, -2: -3}", "{3: 5, 0: 1, -2: -5}", "{3: 6, 0: 0.7, -2: -4}"])
def test_what_is_read_off_a_picture_is_no_exact_relation(slopes: str) -> None:
    verdict = told(find("scalar_gradients.predictions"), f"predictions = {slopes}")
    assert verdict.finding is not None
    assert verdict.finding.kind == "evidence.size"
    # In the last alone one entry is wrong.
    assert ("other entries are right" in verdict.message) == ("0.7" in slopes)


def test_an_exception_that_is_asked_for_is_no_number() -> None:
    def reference(x: float) -> Any:
        return Raises("ValueError") if x < 0 else 3 * x

    exercise = exercise_of(case(-1.0), case(2.0), case(0.7), reference=reference)
    verdict = told(exercise, "def answer(x):\n    if x < 0:\n        raise ValueError\n    return 3 * x * x")
    assert verdict.finding is not None
    assert verdict.finding.kind == "behaviour.factor"


def test_what_other_exercises_ask_for_is_not_tried_with_arguments_that_do_not_fit() -> None:
    # Among them are functions that loop for as long as they like.
    exercise = find("scalar_gradients.central_difference")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        verdict = told(
            exercise, "def central_difference(f, x, h=1e-5):\n    return (f(x + h) - f(x - h)) * 0.7 + x**3 / h"
        )
    assert verdict.finding is not None


def test_the_answer_to_another_exercise_is_told_as_that() -> None:
    verdict = told(find("scalar_gradients.d_square"), "def d_square(x):\n    return 6 * x - 4")
    assert verdict.finding is not None
    assert verdict.finding.kind == "behaviour.other-exercise"
    assert "`d_poly`" in verdict.message


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("return {'height': x**3, 'slope': math.sin(x)}", "math.sin(x)"),
        ("return dict(slope=math.sin(x), height=x**3)", "math.sin(x)"),
        ("s = math.sin(x)\n    h = x**3\n    return {'height': h, 'slope': s}", "math.sin(x)"),
        # What a name stands for in the end is not told by the line that gives it first, or by another function's line.
        ("s = math.sin(x)\n    s += 1\n    return {'height': x**3, 'slope': s}", ""),
        ("def other():\n        s = 4\n    s = math.sin(x)\n    return {'height': x**3, 'slope': s}", ""),
        ("return {'height': x**3, 'slope': math.cos(x), **{'slope': math.sin(x)}}", ""),
        (
            "if x > 0:\n        return {'height': x**3, 'slope': math.sin(x)}\n    return {'height': x**3, 'slope': 1.7}",
            "",
        ),
    ],
)
def test_the_expression_is_shown_that_a_wrong_entry_is(body: str, text: str) -> None:
    verdict = told(PAIR, f"def answer(x):\n    {body}")
    assert verdict.finding is not None
    assert (verdict.finding.place.entry, verdict.finding.place.text) == ("['slope']", text)
    assert (f"`['slope']` is `{text}`." in verdict.message) == bool(text)


@pytest.mark.parametrize(
    ("exercise", "source"),
    [
        ("no_grad.message_of", "def message_of(fn):\n    return ''"),
        ("custom_functions.version_error", "def version_error(fn):\n    return ''"),
        ("chain_rule.dz_dx", "def dz_dx(fn):\n    return 0.7"),
    ],
)
def test_a_parameter_that_is_never_used_is_shown_where_it_stands(exercise: str, source: str) -> None:
    finding = told(find(exercise), source).finding
    assert finding is not None
    assert (finding.kind, finding.place.text, finding.place.line) == ("behaviour.unused-parameter", "fn", 1)
    assert finding.place.code[finding.place.column :] == "fn):"


def test_an_empty_text_is_shown() -> None:
    assert told(find("no_grad.message_of"), "def message_of(fn):\n    return ''").answer == "''"


def test_no_address_is_told() -> None:
    source = (
        "def message_of(fn):\n    try:\n        fn()\n    except Exception as error:\n"
        "        return str(error.__traceback__)\n    return ''"
    )
    verdict = told(find("no_grad.message_of"), source)
    assert "'<traceback object>'" in verdict.message


SIZES = exercise_of(case(0.5), case(3.0), reference=lambda x: {"large": x > 1, "slope": 4 * x**3})
COUNT = exercise_of(case(5), case(7), reference=lambda n: n * 1_000_000)
SCALES = exercise_of(case(1.3), case(-0.7), reference=lambda x: [1e-3 * x, x, 1e3 * x])
NAMED = exercise_of(
    case(0.7), case(-1.9), reference=lambda x: {"height": x**3, "slope": 3 * x * x, "name": "cube", "odd": True}
)


def test_what_is_within_the_tolerance_of_the_judge_is_told_as_right() -> None:
    # At the small input, half the tolerance is more than the tolerance of the small number alone.
    off = SIZES.atol * 4 * 3.0**3 / 2
    verdict = told(SIZES, f"def answer(x):\n    return {{'large': True, 'slope': 4 * x**3 + {off}}}")
    assert "1 of 2 entries are right." in verdict.message


def test_what_the_judge_takes_for_wrong_is_told_as_wrong() -> None:
    # Of a whole number, one too many is wrong, however near it is.
    verdict = told(COUNT, "def answer(n):\n    return n * 1_000_000 + 1")
    assert verdict.message == "The result is too large at every input that was tried."
    # A small entry is compared by its own size, and not by that of the others.
    verdict = told(SCALES, "def answer(x):\n    return [1.5e-3 * x, x, 1e3 * x]")
    assert "is right in the others, and wrong in the first entry" in verdict.message


def test_what_float16_can_not_hold_is_not_rounded_to_it() -> None:
    assert "the right number times `n`" in told(COUNT, "def answer(n):\n    return n * n * 1_000_000").message


@pytest.mark.parametrize(
    ("entries", "rest"),
    [
        ("'height': x**3, 'slope': 2 * x**2, 'name': 'cube', 'odd': True", " The other entries are right."),
        ("'height': x**3, 'slope': 2 * x**2, 'name': 'square', 'odd': True", ""),
        ("'height': x**3 + math.sin(x), 'slope': math.cos(x) + 3, 'name': 'cube', 'odd': True", ""),
    ],
)
def test_what_is_said_of_the_other_entries_is_true(entries: str, rest: str) -> None:
    message = told(NAMED, f"def answer(x):\n    return {{{entries}}}").message
    assert ("The other entries are right." in message) == bool(rest)
    assert "is right." not in message


def test_numbers_near_zero_are_not_cut_ones() -> None:
    exercise = exercise_of(case(0.3), case(0.7), case(-0.4), reference=lambda x: [x, x * x, 1.2 + x * x])
    near = told(exercise, "def answer(x):\n    return [1e-7 * x, 1e-7 * x * x, 1.0 + 1e-7 * x]").finding
    cut = told(exercise, "def answer(x):\n    return [int(x), int(x * x), int(1.2 + x * x)]").finding
    assert near is not None
    assert cut is not None
    assert (near.kind == "behaviour.rounded", cut.kind == "behaviour.rounded") == (False, True)


def test_a_sequence_is_one_whole_at_each_input() -> None:
    # At the last input it has two numbers, which is a pair where each is.
    def reference(n: int, x: float) -> list[float]:
        return [x**k for k in range(n)]

    exercise = exercise_of(case(3, 1.7), case(4, -0.6), case(2, 0.3), reference=reference)
    finding = told(exercise, "def answer(n, x):\n    return [0.7 + 0 * x if n > 2 else x] * n").finding
    assert finding is not None
    assert "at every input" not in finding.sentence
