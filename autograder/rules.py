"""The rules for a lesson's module: the ones that it breaks, each with its place, what was expected, and what to do."""

from __future__ import annotations

import math
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, get_args

import numpy as np

from .comparing import first_wrong
from .describe import describe, shown
from .exercise import Case, Exercise, Lesson, Raises, Way
from .expressions import VALUE
from .mistake import Mistake, Point
from .modules import own_lessons
from .reading import Part, plain, read

# How many hints an exercise has at least, and at how many inputs a function is asked.
HINTS, CASES = 4, 3

# A float64 holds each whole number up to here.
_EXACT = 2**53

_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e-?\d+)?")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def module_of(lesson: Lesson) -> str:
    """Return the path of a lesson's module, as an author writes it."""
    return f"{'' if own_lessons() else 'autograder/'}lessons/{lesson.name}.py"


def broken_rules(lesson: Lesson, course: Sequence[Lesson]) -> list[str]:
    """Return the rules that a lesson's module breaks beside the other lessons of the course, a sentence or two for each."""
    others = [one for one in course if one.name != lesson.name]
    exercises = [exercise for one in (*others, lesson) for exercise in one.exercises]
    found = [
        f"{module_of(lesson)}: Expected a lesson with a number of its own; got {lesson.number}, which {one.name} has too. "
        "Change `number` in LESSON."
        for one in others
        if one.number == lesson.number
    ]
    for what in ("id", "number"):
        times = Counter(getattr(exercise, what) for exercise in exercises)
        found += [
            f"{module_of(lesson)}: Expected one exercise with the {what} {value}; got {times[value]}. Give each its own."
            for value in dict.fromkeys(getattr(exercise, what) for exercise in lesson.exercises)
            if times[value] > 1
        ]
    for exercise in lesson.exercises:
        found += [f"{module_of(lesson)}, {exercise.id}: {rule}" for rule in _of_exercise(exercise, lesson)]
    return found


def _of_exercise(exercise: Exercise, lesson: Lesson) -> Iterator[str]:
    card = list(_of_card(exercise, lesson))
    yield from card
    if card:
        return
    yield from _of_cases(exercise)
    try:
        points = _points(exercise, exercise.cases)
    except Exception as error:
        yield (
            f"Expected `reference` to compute a right answer at each case; got {type(error).__name__}: {error}. "
            "Correct `reference` or `cases`."
        )
        return
    yield from (unreadable := list(_of_answers(exercise, points)))
    if unreadable:
        return
    yield from _of_hints(exercise)
    yield from _of_mistakes(exercise, points)


def _of_card(exercise: Exercise, lesson: Lesson) -> Iterator[str]:
    """Yield what is wrong with the fields that an exercise's card and cells are made of."""
    if exercise.lesson != lesson.name or not exercise.name.isidentifier():
        yield f"Expected an `id` as '{lesson.name}.name', with a name that students can define; got {exercise.id!r}. Change it."
    if not exercise.number.startswith(f"{lesson.number}."):
        yield f"Expected a `number` that begins with '{lesson.number}.'; got {exercise.number!r}. Change it."
    if exercise.way not in get_args(Way):
        yield f"Expected `way` to be one of {', '.join(map(repr, get_args(Way)))}; got {exercise.way!r}. Change it."
    for what in ("difficulty", "importance"):
        if (dots := getattr(exercise, what)) not in range(1, 6):
            yield f"Expected `{what}` to be a whole number from 1 to 5; got {dots!r}. Change it."
    for what in ("minutes", "points"):
        if not (amount := getattr(exercise, what)) > 0:
            yield f"Expected `{what}` to be greater than 0; got {amount!r}. Change it."


def _of_cases(exercise: Exercise) -> Iterator[str]:
    if exercise.way == "recorded":
        if [one.arguments for one in exercise.cases] != [()]:
            yield "Expected `cases=(case(),)` for a recorded answer; got other cases. Change them, or change `way`."
    elif any(one.arguments for one in exercise.cases) and len(exercise.cases) < CASES:
        yield (
            f"Expected {CASES} inputs at least; got {len(exercise.cases)}. Add `case(…)`, where wrong answers differ "
            "from the right one."
        )


def _of_answers(exercise: Exercise, points: list[Point]) -> Iterator[str]:
    """Yield the right answers that would not be right if a student gave them."""
    for point in points:
        row: list[Part] = []
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
                problem = read(point.reference, describe(point.reference), "", row)
            is_right = problem is None and first_wrong(exercise, [row]) is None
        except (TypeError, ValueError, OverflowError, np.exceptions.ComplexWarning):
            is_right = False
        if not is_right:
            yield (
                "Expected `reference` to return what can be compared: numbers, truth values, texts, sets of texts or of numbers, and "
                f"dicts, tuples and lists of these; got {shown(point.reference)}. Return it in another form, as its `str`."
            )
            return
        if any(np.abs(pair[1]).max(initial=0) >= _EXACT for part in row if part.whole and (pair := part.numbers())):
            yield (
                f"Expected `reference` to return whole numbers below 2**53; got {shown(point.reference)}. Larger ones are not "
                "compared to their last digit. Return it as its `str`."
            )
            return


def _of_hints(exercise: Exercise) -> Iterator[str]:
    expected, different = max(HINTS, len(exercise.hints)), len(set(exercise.hints))
    if different < expected:
        yield (
            f"Expected {expected} different hints; got {different}. They lead from the shape of the "
            "answer over the kind of mistake and a step on another function to the place to read."
        )
    for text in (*exercise.hints, exercise.after, *(mistake.message for mistake in exercise.mistakes)):
        if told := ", ".join(sorted(given_away(exercise, exercise.cases, text))):
            yield f"Expected help in {text!r}; got the right answer, {told}. Take the number out."


def _of_mistakes(exercise: Exercise, points: list[Point]) -> Iterator[str]:
    for slug, times in Counter(mistake.slug for mistake in exercise.mistakes).items():
        if times > 1:
            yield f"Expected one mistake with the slug {slug!r}; got {times}. Give each its own."
        if not _SLUG.fullmatch(slug):
            yield f"Expected a slug of small letters, digits and hyphens, as 'forgot-factor'; got {slug!r}. Change it."
    for mistake in exercise.mistakes:
        if not mistake.message.rstrip().endswith((".", "?")):
            yield (
                f"Expected the message of the mistake {mistake.slug!r} to end in a full stop or a question mark; got "
                f"{mistake.message[-20:]!r}. Add one."
            )
        if mistake.answers is None:
            if mistake.shows is None and mistake.says is None and not mistake.calls and not mistake.unmoved:
                yield f"Expected the mistake {mistake.slug!r} to say how it shows; got nothing. Give it `shows` or `calls`."
            continue
        try:
            rows = _rows(mistake, points)
        except Exception as error:
            yield (
                f"Expected the function of the mistake {mistake.slug!r} to take the right answer and the arguments of the call; "
                f"got {type(error).__name__}: {error}. Correct the function."
            )
            continue
        if rows is not None and first_wrong(exercise, rows) is None:
            yield (
                f"Expected the mistake {mistake.slug!r} to differ from the right answer; got the same at all public inputs, "
                "so it would pass. Add a case where the two differ, or correct the mistake."
            )


def _points(exercise: Exercise, cases: Sequence[Case]) -> list[Point]:
    """Return the cases with their right answers, without those at which an exception is right."""
    points = [Point(exercise.arguments(one), exercise.right_answer(one)) for one in cases]
    return [point for point in points if not isinstance(point.reference, Raises)]


# As in the judge: what a mistake computes may overflow.
@np.errstate(all="ignore")
def _rows(mistake: Mistake, points: list[Point]) -> list[list[Part]] | None:
    """Return a mistake's values, read as answers are; None if one of them can't be read as an answer."""
    assert mistake.answers is not None
    rows: list[list[Part]] = [[] for _ in points]
    answers = zip(points, mistake.answers(points), rows, strict=True)
    problems = [read(point.reference, describe(answer), "", row) for point, answer, row in answers]
    return None if any(problems) else rows


def given_away(exercise: Exercise, cases: Sequence[Case], prose: str) -> set[str]:
    """Return the numbers in a text that are right answers of an exercise at these inputs.

    Small whole numbers say too little to give an answer away. A text that names an expression gives away the gradients of
    this expression only. The numbers that go into it are no secret, though they can be gradients too.
    """
    known = {0.0, 1.0, 2.0, 3.0}
    if exercise.ask is not None:
        known |= {abs(number) for one in cases for number in _plain_numbers(one.to_plain())}
    told = {number for number in _NUMBER.findall(prose) if abs(float(number)) not in known}
    if not told:
        return told
    with np.errstate(all="ignore"):
        points = _points(exercise, cases)
    right = {abs(number) for point in points for number in _numbers_of(_named(point.reference, prose))}
    return {number for number in told if any(math.isclose(float(number), one, rel_tol=1e-3) for one in right)}


def _named(reference: Any, prose: str) -> Any:
    """Return the gradients of the expressions that a text names in backticks; all of a reference where it names none."""
    groups = [one for one in reference.values() if isinstance(one, dict)] if isinstance(reference, dict) else []
    named = [one for group in groups for text, one in group.items() if f"`{text}`" in prose]
    return [number for one in named for entry, number in one.items() if entry != VALUE] or reference


def _plain_numbers(plain: Any) -> Iterator[float]:
    """Yield the numbers in plain data, and its lengths."""
    if isinstance(plain, dict | list):
        yield float(len(plain))
        for one in plain.values() if isinstance(plain, dict) else plain:
            yield from _plain_numbers(one)
    elif isinstance(plain, int | float):
        yield float(plain)


def _numbers_of(answer: Any) -> list[float]:
    """Return all numbers of a right answer in one row; none where it isn't made of numbers."""
    answer = plain(answer)
    if isinstance(answer, dict):
        answer = list(answer.values())
    if isinstance(answer, tuple | list):
        return [number for one in answer for number in _numbers_of(one)]
    if isinstance(answer, bool | str | set | frozenset) or answer is None:
        return []
    return [float(number) for number in np.asarray(answer, dtype=np.float64).ravel()]
