"""What an answer earns that knows nothing: the same in each entry, or numbers and words drawn at random.

A guess has the form that is asked. It is judged at drawn inputs, as a submission is.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.exercise import Case, Exercise
from autograder.judge import judge
from autograder.lessons import all_lessons
from autograder.observation import Call, Observation
from autograder.probe import describe

DRAWS = 200
CONSTANTS = (0.0, 1.0, -1.0, 2.0, True, False)

Guess = Callable[[Any], Any]


@dataclass(frozen=True)
class Guessed:
    """What guesses earn of an exercise on average, as shares of its points."""

    exercise: Exercise
    constant: float
    drawn: float


def with_partial_credit() -> Iterator[Exercise]:
    """Yield each exercise that gives a share of its points."""
    for lesson in all_lessons():
        yield from (exercise for exercise in lesson.exercises if exercise.partial)


def guessed(exercise: Exercise, draws: int = DRAWS) -> Guessed:
    """Return what the best constant and what random answers earn."""
    rng = random.Random(exercise.id)
    constant = max(_mean(exercise, lambda leaf, one=one: _constant(leaf, one), draws // 10) for one in CONSTANTS)
    return Guessed(exercise, constant, _mean(exercise, lambda leaf: _drawn(leaf, rng), draws))


def table() -> list[str]:
    """Return a table of all exercises with partial credit, in Markdown."""
    lines = ["| exercise | points | the best constant | random |", "|---|--:|--:|--:|"]
    for one in map(guessed, with_partial_credit()):
        lines.append(f"| `{one.exercise.id}` | {one.exercise.points:g} | {one.constant:.1%} | {one.drawn:.1%} |")
    return lines


def _mean(exercise: Exercise, guess: Guess, draws: int) -> float:
    earned = 0.0
    for number in range(draws):
        cases = exercise.grading_cases(f"draw {number}".encode())
        earned += judge(exercise, cases, _observed(exercise, cases, guess)).points / exercise.points
    return earned / draws


def _observed(exercise: Exercise, cases: Sequence[Case], guess: Guess) -> Observation:
    """Return what the probe would see of an answer that gives a guess for each leaf of the right one."""
    cases = (Case(),) if exercise.way == "recorded" else cases
    answers = [_filled(exercise.reference(*exercise.arguments(one)), guess) for one in cases]
    calls = tuple(Call(value=describe(answer)) for answer in answers)
    answer = describe(answers[0]) if exercise.way == "recorded" else describe(len)
    return Observation(exercise=exercise.id, answer=answer, calls=calls)


def _filled(reference: Any, guess: Guess) -> Any:
    if isinstance(reference, dict):
        return {key: _filled(one, guess) for key, one in reference.items()}
    if isinstance(reference, tuple | list):
        return type(reference)(_filled(one, guess) for one in reference)
    return guess(reference)


def _constant(leaf: Any, constant: float) -> Any:
    if isinstance(leaf, bool):
        return bool(constant)
    return np.full(leaf.shape, float(constant)) if isinstance(leaf, np.ndarray) else float(constant)


def _drawn(leaf: Any, rng: random.Random) -> Any:
    """Return a guess of somebody who knows about how large the numbers are."""
    if isinstance(leaf, bool):
        return rng.random() < 0.5
    if isinstance(leaf, str):
        # A word of the grader's own, as "moved": it comes of what an answer did, and nobody hands it in.
        return "a word"
    if isinstance(leaf, np.ndarray):
        return np.array([rng.gauss(0.0, 2.0) for _ in range(leaf.size)]).reshape(leaf.shape)
    return float(rng.randint(-9, 9)) if float(leaf).is_integer() else rng.gauss(0.0, 2.0)
