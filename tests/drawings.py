"""Judges answers at many drawn inputs: a right one must be right at each of them, and a wrong one at none.

`python -m tests.drawings --drawings 20` names each answer for which that is not so, and ends with an error if there is one.
It takes about twenty minutes of processor time.
"""

from __future__ import annotations

import argparse
import resource
import sys
from collections.abc import Iterable, Iterator
from itertools import chain, starmap

from autograder.diagnosis.search import Budget
from autograder.exercise import Case, Exercise
from autograder.lessons import all_lessons, find
from autograder.verdict import Outcome
from tests.answering import answers_to
from tests.bench.diagnosis import checked
from tests.corpus import Wrong, by_edits, by_hand, right

# In bytes. An edit may leave a loop without an end.
_MEMORY = 8 << 30


def is_right(one: Wrong, cases: tuple[Case, ...]) -> bool:
    """Whether an answer is right at these inputs."""
    found = checked(one, Budget(seconds=0.0), cases)
    return found is not None and found.verdict.outcome is Outcome.RIGHT


def drawn(exercise: Exercise, number: int) -> tuple[Case, ...]:
    """Return the inputs of a drawing."""
    return exercise.grading_cases(f"drawing {number}".encode())


def misjudged(answers: Iterable[Wrong], expected: bool, drawings: range) -> Iterator[tuple[Wrong, list[int]]]:
    """Yield the answers that are not judged as expected, right or wrong, at some drawings, and those drawings."""
    for one in answers:
        if one.exercise.way != "recorded":
            found = [number for number in drawings if is_right(one, drawn(one.exercise, number)) != expected]
            if found:
                yield one, found


def known_mistakes() -> Iterator[Wrong]:
    """Yield the answers that hold the known mistakes."""
    for lesson in all_lessons():
        for exercise_id, answers in answers_to(lesson, "WRONG").items():
            for name, source in answers.items():
                yield Wrong(find(exercise_id), name, source)


def edited() -> Iterator[Wrong]:
    """Yield the answers that one edit made wrong at the public inputs."""
    return (one for one in by_edits(2) if not is_right(one, one.exercise.cases))


def main() -> None:
    """Judge the answers of the tests at as many drawings as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drawings", type=int, default=20)
    drawings = range(parser.parse_args().drawings)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    failed = False
    for what, answers in (
        ("right, and not at", misjudged(starmap(Wrong, right()), True, drawings)),
        ("wrong, and right at", misjudged(chain(known_mistakes(), by_hand(), edited()), False, drawings)),
    ):
        for one, found in answers:
            failed = True
            print(f"{what} {found}: {one.exercise.id}, {one.note}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
