"""What came of a class's submissions, made up: as many as one likes, without running any."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from autograder.exercise import Exercise, Lesson
from autograder.finding import Finding, Place
from autograder.grading.gradebook import Graded
from autograder.grading.submission import Submission
from autograder.mistake import Mistake
from autograder.mistakes import SHOWN, STALE_ACCUMULATION, general
from autograder.verdict import Outcome, Verdict


def submission(student: str, lesson: Lesson) -> Submission:
    """Return a submission where it would lie."""
    return Submission(Path("submitted", student, lesson.folder, f"{lesson.folder}.ipynb"), student, lesson.folder)


def verdict(exercise: Exercise, outcome: Outcome = Outcome.RIGHT, slug: str = "", message: str = "") -> Verdict:
    """Return a verdict; a right one has all points."""
    points = exercise.points if outcome is Outcome.RIGHT else 0
    return Verdict(
        exercise.id, outcome, points, exercise.points, f"{exercise.id}.{slug}" if slug else "", message, answer="2.5"
    )


def graded(student: str, lesson: Lesson, verdicts: Sequence[Verdict], sandbox: str = "bubblewrap") -> Graded:
    """Return what came of a submission with these verdicts."""
    most = sum(exercise.points for exercise in lesson.exercises)
    return Graded(
        submission=submission(student, lesson),
        score=sum(one.points for one in verdicts),
        max_score=most,
        verdicts=tuple(verdicts),
        sandbox=sandbox,
    )


def unreadable(student: str, lesson: Lesson, reason: str = "the file is not valid JSON") -> Graded:
    """Return what comes of a submission that can't be read."""
    most = sum(exercise.points for exercise in lesson.exercises)
    return Graded(submission=submission(student, lesson), score=0, max_score=most, reason=reason)


def make_class(students: Sequence[str], lessons: Sequence[Lesson], seed: int = 0) -> list[Graded]:
    """Return a class in which some know more than others, some mistakes are frequent, and some submissions are broken."""
    rng = random.Random(seed)
    made = []
    for student in students:
        skill = rng.betavariate(4, 2)
        for lesson in lessons:
            chance = rng.random()
            if chance < 0.02:
                made.append(unreadable(student, lesson))
            elif chance > 0.05:
                open_ = chance > 0.99
                answers = [
                    verdict(one, Outcome.NOT_ATTEMPTED) if open_ else _answer(one, skill, rng)
                    for one in lesson.exercises
                ]
                made.append(graded(student, lesson, answers))
    return made


def _answer(exercise: Exercise, skill: float, rng: random.Random) -> Verdict:
    if rng.random() < skill - 0.08 * (exercise.difficulty - 2):
        return verdict(exercise)
    match rng.choices(("mistake", "open", "wrong", "raised"), (6, 2, 1, 1))[0]:
        case "open":
            return verdict(exercise, Outcome.NOT_ATTEMPTED, message="Put your answer into the cell above.")
        case "wrong":
            return _found(exercise, rng)
        case "raised":
            return verdict(exercise, Outcome.RAISED, message="The call raised NameError: name 'y' is not defined.")
    known = _known(exercise)
    one = rng.choices(known, [2.0**-i for i in range(len(known))])[0]
    return verdict(exercise, Outcome.KNOWN_MISTAKE, one.slug, one.message)


def _found(exercise: Exercise, rng: random.Random) -> Verdict:
    """Return a wrong answer of which something was found."""
    line = f"return 2 * x + {exercise.name}_0"
    kind = rng.choice(("slip.sign", "slip.dropped-factor", "behaviour.one-side", "evidence.slope"))
    place = Place("2 * x", exercise.name, 2, line, 7) if kind.startswith("slip.") else Place()
    found = Finding(kind, f"Look at `{place.text}`." if place.text else "It is right where `x` is positive.", place)
    return replace(verdict(exercise, Outcome.WRONG, message=found.sentence), finding=found)


def _known(exercise: Exercise) -> list[Mistake]:
    """Return some mistakes of an exercise, the frequent ones first."""
    shown = [one for one in SHOWN if one.slug in ("backward-returns-none", "untracked", "second-backward")]
    everywhere = [*shown, STALE_ACCUMULATION] if exercise.way == "autograd" else list(general(exercise)[1:])
    return [*everywhere[-1:], *exercise.mistakes, *everywhere[:-1]]
