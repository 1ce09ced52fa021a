"""Right answers of many forms: whole numbers, texts, sets, truth values, and arrays of several dtypes, given and asked for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from autograder.exercise import Array, Exercise, Lesson, case
from autograder.judge import judge
from autograder.mistake import wrong_value
from autograder.probe import probe
from autograder.rules import broken_rules
from autograder.verdict import Verdict
from tests.answering import exercise_of, namespace_of

WORDS = (case("banana split"), case("autograder"), case("a b a"))
NUMBERS = (case(Array((1.5, -2.5, 3.5))), case(Array((-4.5, 5.0, 6.5))), case(Array((7.5, 8.5, -9.5))))
COUNTS = (case(3), case(310), case(504))
PIXELS = tuple(case(Array(row, dtype="uint8")) for row in ((1, 200, 3), (4, 205, 6), (7, 180, 9)))
FLAGS = tuple(case(Array(row, "torch", "bool")) for row in ((True, False), (True, True), (False, False)))

# By form: an exercise, right answers and wrong ones, each the result for the argument `x`.
FORMS: dict[str, tuple[Exercise, tuple[str, ...], tuple[str, ...]]] = {
    "a whole number": (
        exercise_of(*WORDS, reference=len),
        ("len(x)", "float(len(x))", "np.int8(len(x))"),
        ("len(x) + 1", "str(len(x))", "True"),
    ),
    "a large whole number": (
        exercise_of(case(10**6), case(10**7), case(10**9), reference=lambda x: x),
        ("x", "x + 1e-4"),
        ("x + 1", "x - 1.0"),
    ),
    "a text": (
        exercise_of(*WORDS, reference=lambda x: x[::-1]),
        ("x[::-1]", "np.str_(x[::-1])"),
        ("x", "x[::-1] + ' '", "list(x[::-1])"),
    ),
    "a long text": (exercise_of(*COUNTS, reference=lambda x: "ab" * x), ("'ab' * x",), ("'ab' * x + 'c'",)),
    "a list of texts": (
        exercise_of(*WORDS, reference=str.split),
        ("x.split()", "tuple(x.split())", "np.array(x.split())"),
        ("x.split()[::-1] + ['']", "x"),
    ),
    "an array of texts": (
        exercise_of(*WORDS, reference=lambda x: np.array(x.split())),
        ("np.array(x.split())", "x.split()"),
        ("np.array(x.split()[1:])", "x"),
    ),
    "a long list": (
        exercise_of(*COUNTS, reference=lambda x: list(range(x))),
        ("list(range(x))", "np.arange(x)", "[float(i) for i in range(x)]"),
        ("list(range(1, x + 1))", "list(range(x - 1))", "[True] * x"),
    ),
    "a dict of counts": (exercise_of(*WORDS, reference=Counter), ("{c: x.count(c) for c in x}",), ("{c: 1 for c in x}",)),
    "a set of texts": (exercise_of(*WORDS, reference=set), ("set(x)", "frozenset(x)"), ("{'a'}", "{1}")),
    "a set of numbers": (
        exercise_of(*COUNTS, reference=lambda x: {x % 7, 8}),
        ("{x % 7, 8}", "{float(x % 7), np.int64(8)}"),
        ("{8}", "{'8'}", "{x % 7, 8.5}"),
    ),
    "one of NumPy's truth values": (
        exercise_of(*NUMBERS, reference=lambda x: (x > -4).all()),
        ("(x > -4).all()", "bool((x > -4).all())"),
        ("True", "1"),
    ),
    "an array of truth values": (
        exercise_of(*NUMBERS, reference=lambda x: x > 0),
        ("x > 0", "[bool(one > 0) for one in x]"),
        ("x < 0", "(x > 0).astype(int)", "True"),
    ),
    "a table of truth values": (
        exercise_of(*NUMBERS, reference=lambda x: np.greater.outer(x, x)),
        ("x[:, None] > x",),
        ("x[:, None] < x", "x > 0"),
    ),
    "whole numbers of pixels": (
        exercise_of(*PIXELS, reference=lambda x: x.astype(np.int64) + 200),
        ("x.astype(int) + 200", "x + np.uint16(200)"),
        ("x + np.uint8(200)", "x"),
    ),
    "a tensor of truth values": (exercise_of(*FLAGS, reference=lambda x: ~x), ("~x", "x.logical_not()"), ("x",)),
    "a position": (exercise_of(*NUMBERS, reference=np.argmax), ("np.argmax(x)", "int(x.argmax())"), ("np.argmin(x)",)),
}  # fmt: skip


def verdict_on(exercise: Exercise, result: str) -> Verdict:
    """Return the verdict at the inputs of grading."""
    cases = exercise.grading_cases(b"seed")
    observation = probe(exercise, namespace_of(f"def answer(x):\n    return {result}"), cases)
    return judge(exercise, cases, observation.to_json())


@pytest.mark.parametrize("form", FORMS)
def test_an_answer_of_any_form_is_told_from_others(form: str) -> None:
    exercise, right, wrong = FORMS[form]
    assert {result: verdict_on(exercise, result).outcome.value for result in right} == dict.fromkeys(right, "right")
    earned = {result: verdict_on(exercise, result).points for result in wrong}
    assert earned == dict.fromkeys(wrong, 0)


@pytest.mark.parametrize(
    ("form", "result", "mistaken"),
    [
        ("a whole number", "len(x.split())", lambda right, x: len(x.split())),
        ("a text", "x", lambda right, x: x),
        ("an array of texts", "sorted(x.split())[::-1]", lambda right, x: np.array(sorted(x.split())[::-1])),
        ("a set of numbers", "{x % 7}", lambda right, x: right - {8}),
        ("an array of truth values", "x <= 0", lambda right, x: ~right),
        ("whole numbers of pixels", "x + np.uint8(200)", lambda right, x: x + np.uint8(200)),
    ],
)
def test_a_mistake_of_any_form_is_named(form: str, result: str, mistaken: Any) -> None:
    exercise = replace(FORMS[form][0], mistakes=(wrong_value("that", "So it is.", mistaken),))
    assert verdict_on(exercise, result).mistake.endswith(".that")


def problems_of(reference: Any) -> list[str]:
    exercise = exercise_of(case(1), case(2), case(3), reference=reference)
    lesson = Lesson(number=1, name="lesson", title="", teaches="", exercises=(exercise,), points=1)
    return [one for one in broken_rules(lesson, [lesson]) if "`reference`" in one]


@pytest.mark.parametrize("form", FORMS)
def test_release_takes_these_forms(form: str) -> None:
    lesson = Lesson(number=1, name="lesson", title="", teaches="", exercises=(FORMS[form][0],), points=1)
    assert not [one for one in broken_rules(lesson, [lesson]) if "`reference`" in one]


@pytest.mark.parametrize(
    "answer",
    [None, 1j, np.array([1j]), b"a", object(), [0, None], {(1, 2)}, ["a"] * 201, "a" * 20_001, 2**53 + 1, 10**400],
)
def test_release_refuses_an_answer_that_can_not_be_compared(answer: Any) -> None:
    (problem,) = problems_of(lambda x: answer)
    assert "Return it" in problem


def test_a_long_answer_is_shown_in_short() -> None:
    shown = verdict_on(FORMS["a long text"][0], "'ab' * 5000").answer
    assert shown.startswith("abab")
    assert len(shown) == 500
