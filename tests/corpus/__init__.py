"""Wrong answers: those written by hand, as text, and those made by an edit of a right answer.

`<lesson>.txt` holds answers in other people's styles. They were written from the exercises alone, and not from the edits that
the search for a mistake's place makes. A line `## name: what it is` comes before each.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import islice, takewhile
from pathlib import Path

from autograder import lessons
from autograder.diagnosis.edits import variants
from autograder.diagnosis.text import text_of
from autograder.exercise import Exercise
from tests.answers.own_engine import ENGINE, MLP, VALUE

FOLDER = Path(__file__).parent
# A function of lesson 8 works with the engine of the cells above.
_BEFORE = {"own_engine": f"import contextlib\nimport torch.nn.functional as F\n{VALUE}\n{ENGINE}\n{MLP}\n"}


@dataclass(frozen=True)
class Wrong:
    """A wrong answer; `line` is where an edit made it so, and 0 of one that was written by hand.

    `before` is what stands in the cells above that it needs.
    """

    exercise: Exercise
    note: str
    source: str
    line: int = 0
    before: str = ""


def by_hand() -> Iterator[Wrong]:
    """Yield the wrong answers that people might write."""
    for lesson in lessons.all_lessons():
        path = FOLDER / f"{lesson.name}.txt"
        exercises = {one.name: one for one in lesson.exercises}
        for block in re.split(r"^## ", path.read_text(encoding="utf-8") if path.exists() else "", flags=re.MULTILINE)[
            1:
        ]:
            heading, _, source = block.partition("\n")
            name, _, note = heading.partition(": ")
            # An exercise that a lesson has no longer is left out.
            if name in exercises:
                yield Wrong(exercises[name], note, source, before=_BEFORE.get(lesson.name, ""))


def right() -> Iterator[tuple[Exercise, str, str]]:
    """Yield the right answers in odd styles: the exercise, the style and the text."""
    for lesson in lessons.all_lessons():
        try:
            answers = import_module(f"tests.answers.{lesson.name}").RIGHT
        except ModuleNotFoundError:
            continue
        exercises = {one.id: one for one in lesson.exercises}
        for exercise_id, styles in answers.items():
            for style, source in styles.items():
                if exercise_id in exercises:
                    yield exercises[exercise_id], style, source


def by_edits(most: int, seed: int = 0, every: int = 1) -> Iterator[Wrong]:
    """Yield right answers with one edit in each, up to `most` of one style, the same ones for the same seed.

    Not each is wrong: an edit may change nothing that matters. Only one style in `every` is taken.
    """
    for exercise, style, source in islice(_varied(), 0, None, every):
        text = text_of(source)
        assert text is not None
        rng = random.Random(f"{seed} {exercise.id} {style}")
        made = list(takewhile(lambda one: one.rank < 3, variants(text)))
        rng.shuffle(made)
        for one in islice((one for one in made if _is_python(one.source)), most):
            yield Wrong(exercise, f"{style}: {one.kind}", one.source, one.shown.lineno)


def _varied() -> Iterator[tuple[Exercise, str, str]]:
    """Yield the right answers whose text has a function to be varied."""
    for exercise, style, source in right():
        text = text_of(source)
        if exercise.way != "recorded" and text is not None and text.function(exercise.name) is not None:
            yield exercise, style, source


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True
