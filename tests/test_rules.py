"""A rule that an author's module breaks is reported with its place, what was expected, and what to do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest

from autograder import lessons
from autograder.exercise import Lesson, case
from autograder.lessons import all_lessons
from autograder.mistake import Mistake, wrong_value
from autograder.modules import LessonError
from autograder.rules import broken_rules

LESSON, OTHER = all_lessons()[:2]


@pytest.mark.parametrize("lesson", all_lessons(), ids=lambda lesson: lesson.name)
def test_the_lessons_keep_the_rules(lesson: Lesson) -> None:
    assert broken_rules(lesson, all_lessons()) == []


def with_exercise(**changes: object) -> Lesson:
    """Return the lesson with other words in the module for `d_square`."""
    exercises = [replace(one, **changes) if one.name == "d_square" else one for one in LESSON.exercises]
    return replace(LESSON, exercises=tuple(exercises))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"hints": ("One.", "Two.", "Two.")}, "Expected 4 different hints; got 2."),
        ({"hints": ("One.", "Two.", "Three.", "Four.", "Four.")}, "Expected 5 different hints; got 4."),
        ({"hints": ("One.", "Two.", "Three.", "It is 8.6 there.")}, "got the right answer, 8.6. Take the number out."),
        ({"cases": LESSON.exercises[1].cases[:2]}, "Expected 3 inputs at least; got 2."),
        ({"cases": (case(1.3, 2.4), case(1.5, 2.6), case(1.7, 2.8))}, "Expected `reference` to compute a right answer"),
        ({"way": "recorded"}, "Expected `cases=(case(),)` for a recorded answer"),
        ({"way": "manual"}, "Expected `way` to be one of 'hand', 'autograd', 'any', 'recorded'; got 'manual'."),
        ({"number": "2.99"}, "Expected a `number` that begins with '1.'; got '2.99'."),
        ({"id": "chain_rule.d_square"}, "Expected an `id` as 'scalar_gradients.name'"),
        ({"id": "scalar_gradients.d-square"}, "got 'scalar_gradients.d-square'."),
        ({"difficulty": 7}, "Expected `difficulty` to be a whole number from 1 to 5; got 7."),
        ({"importance": 2.5}, "Expected `importance` to be a whole number from 1 to 5; got 2.5."),
        ({"minutes": 0}, "Expected `minutes` to be greater than 0; got 0."),
        ({"points": -1}, "Expected `points` to be greater than 0; got -1."),
    ],
    ids=str,
)  # fmt: skip
def test_a_broken_rule_names_the_exercise(changes: dict[str, object], said: str) -> None:
    (told,) = broken_rules(with_exercise(**changes), all_lessons())
    assert told.startswith("autograder/lessons/scalar_gradients.py, scalar_gradients.") or "id" in changes
    assert said in told


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"number": "1.1"}, "Expected one exercise with the number 1.1; got 2."),
        ({"id": LESSON.exercises[0].id}, f"Expected one exercise with the id {LESSON.exercises[0].id}; got 2."),
    ],
    ids=str,
)
def test_what_two_exercises_share_is_reported(changes: dict[str, object], said: str) -> None:
    told = broken_rules(with_exercise(**changes), all_lessons())[0]
    assert told == f"autograder/lessons/scalar_gradients.py: {said} Give each its own."


def test_what_an_exercise_shares_with_another_lesson_is_reported() -> None:
    told = broken_rules(with_exercise(number=OTHER.exercises[0].number), all_lessons())
    assert f"Expected one exercise with the number {OTHER.exercises[0].number}; got 2." in told[0]


def test_two_lessons_with_one_number_are_reported() -> None:
    told = broken_rules(replace(LESSON, number=OTHER.number, exercises=()), all_lessons())
    assert told == [
        f"autograder/lessons/scalar_gradients.py: Expected a lesson with a number of its own; got {OTHER.number}, which "
        f"{OTHER.name} has too. Change `number` in LESSON."
    ]


def test_a_lesson_with_another_name_than_its_module_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, f"{lessons.__name__}.elsewhere", SimpleNamespace(LESSON=LESSON))
    with pytest.raises(LessonError, match=r"^lessons/elsewhere\.py: Expected LESSON to have the name of its module"):
        lessons._lesson("elsewhere")


def with_mistakes(*mistakes: Mistake, name: str = "d_square") -> Lesson:
    """Return the lesson with more mistakes in one of its exercises, after those that are known."""
    exercises = [
        replace(one, mistakes=(*one.mistakes, *mistakes)) if one.name == name else one for one in LESSON.exercises
    ]
    return replace(LESSON, exercises=tuple(exercises))


def harmless(answer: Callable[..., object]) -> Mistake:
    return wrong_value("harmless", "It is not what was asked for.", answer)


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (wrong_value("Its_Own", "Look.", lambda *_: 99.5), "Expected a slug of small letters, digits and hyphens"),
        (wrong_value("its-own", "Look", lambda *_: 99.5), "to end in a full stop or a question mark; got 'Look'."),
        (wrong_value("its-own", "Look.", lambda slope: slope), "to take the right answer and the arguments of the call"),
        (wrong_value("its-own", "It is 8.6.", lambda *_: 99.5), "got the right answer, 8.6. Take the number out."),
        (Mistake("its-own", "Look."), "Expected the mistake 'its-own' to say how it shows; got nothing."),
        (LESSON.exercises[1].mistakes[0], "Expected one mistake with the slug"),
    ],
)  # fmt: skip
def test_a_mistake_that_breaks_a_rule_is_reported(mistake: Mistake, said: str) -> None:
    (told,) = broken_rules(with_mistakes(mistake), all_lessons())
    assert told.startswith("autograder/lessons/scalar_gradients.py, scalar_gradients.d_square: ")
    assert said in told


@pytest.mark.parametrize(
    "answer",
    [lambda slope, x: slope, lambda slope, x: slope * (1 + 1e-9), lambda slope, x: 2 * x if x < 100 else 0],
    ids=["the right answer", "within tolerance", "differs elsewhere"],
)
def test_a_mistake_that_would_pass_is_reported(answer: Callable[..., object]) -> None:
    (told,) = broken_rules(with_mistakes(harmless(answer)), all_lessons())
    assert "Expected the mistake 'harmless' to differ from the right answer; got the same at all public inputs" in told
    assert "Add a case where the two differ" in told


@pytest.mark.parametrize(
    "answer",
    [lambda slope, x: slope if x < 0 else -slope, lambda *_: None, lambda slope, x: [slope], lambda *_: float("nan")],
    ids=["differs at one input", "nothing", "another shape", "not a number"],
)
def test_a_mistake_that_any_input_shows_is_not(answer: Callable[..., object]) -> None:
    assert broken_rules(with_mistakes(harmless(answer)), all_lessons()) == []
    assert broken_rules(with_mistakes(harmless(lambda line, *_: line[:1]), name="tangent"), all_lessons()) == []
