"""Makes classes of submissions out of the answers that the tests hold.

`make_class` spreads the answers as a class does. `one_of_each_kind` is for tests: who did what is known.
"""

from __future__ import annotations

import copy
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.exercise import Lesson
from tests import corpus
from tests.answering import answers_to, right_answers

NAMES = (
    "ada", "bashir", "chen", "dilara", "emeka", "fatou", "goran", "hana", "ines", "jonas", "kavya", "lena",
    "mateo", "nadia", "olu", "priya", "quentin", "rosa", "sven", "tariq", "uma", "vera", "wanjiru", "xiomara",
)  # fmt: skip
RIGHT, HALF = 4, 3

Answers = dict[str, str]

# How sure the students of a class are, from the surest on: the chance of a right answer to an exercise of difficulty 2.
SKILLS = (
    0.99, 0.97, 0.95, 0.90, 0.86, 0.83, 0.80, 0.77, 0.74, 0.71, 0.68, 0.66,
    0.63, 0.60, 0.57, 0.54, 0.50, 0.45, 0.40, 0.34, 0.27, 0.20, 0.13, 0.06,
)  # fmt: skip
# Mistakes that many exercises know, the frequent ones first. Each student keeps to one of them, since one misunderstanding shows in several places.
HABITS = (
    "value-for-derivative", "still-tracked", "stale-accumulation", "opposite-sign", "forgot-factor", "factor-n",
    "untracked", "forgot-1n", "hard-coded-n", "no-parentheses",
)  # fmt: skip
# How often a wrong answer is the student's habit, and how often it is an answer that somebody wrote by hand.
HABIT, BY_HAND = 0.5, 0.35
# The share of lessons that somebody with no skill does not hand in.
MISSING = 0.4
BROKEN_A_LESSON = 2


@dataclass(frozen=True)
class Student:
    """A student of a class: how sure, and which mistake comes again and again."""

    name: str
    skill: float
    habit: str


def students(seed: int = 0) -> tuple[Student, ...]:
    """Return the class, by name."""
    rng = random.Random(seed)
    skills = rng.sample(SKILLS, len(SKILLS))
    habits = rng.choices(HABITS, [1 / (1 + rank) for rank in range(len(HABITS))], k=len(NAMES))
    return tuple(map(Student, NAMES, skills, habits))


def make_class(root: Path, lesson: Lesson, seed: int = 0) -> dict[str, str]:
    """Write a class's submissions of a lesson into `root/submitted`; return what each student did, by name.

    A few students have nearly all of it right, many are in the middle, and several are lost. Some of those do not hand in
    later lessons. Two submissions are broken. The same seed makes the same class.
    The students' notebook must have been released into `root/notebooks` before.
    """
    notebook, pool = _released(root, lesson), _Pool.of(lesson)
    rng = random.Random(f"{seed} {lesson.name}")
    handing_in = [one for one in students(seed) if lesson.number == 1 or rng.random() > MISSING * (1 - one.skill) ** 2]
    first = BROKEN_A_LESSON * (lesson.number - 1)
    kinds = [list(BROKEN)[-1 - (first + i) % len(BROKEN)] for i in range(BROKEN_A_LESSON)]
    # Who has most of it wrong anyway would not show what became of it.
    unlucky = rng.sample([one.name for one in handing_in if 0.3 < one.skill < 0.9], BROKEN_A_LESSON)
    broken = dict(zip(unlucky, kinds, strict=True))
    done = {}
    for one in handing_in:
        answered = _answered(notebook, pool.answers(lesson, one, random.Random(f"{seed} {lesson.name} {one.name}")))
        what = broken.get(one.name, "")
        _write(root, one.name, lesson, BROKEN[what](answered, lesson) if what else _text(answered))
        done[one.name] = what or "answered"
    return done


@dataclass(frozen=True)
class _Pool:
    """What a class answers to the exercises of a lesson, by exercise id.

    Attributes
    ----------
    right
        The right answers.
    known
        The wrong ones by the slug of their mistake, in the order of their authors.
    by_hand
        The wrong ones that somebody wrote without a look at the known mistakes.
    """

    right: Mapping[str, Sequence[str]]
    known: Mapping[str, Mapping[str, Sequence[str]]]
    by_hand: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, lesson: Lesson) -> _Pool:
        """Return the answers that the tests hold."""
        known: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for id_, answers in answers_to(lesson, "WRONG").items():
            for name, source in answers.items():
                known[id_][name.partition(":")[0]].append(source)
        by_hand = defaultdict(list)
        for one in corpus.by_hand():
            by_hand[one.exercise.id].append(one.source)
        right = {id_: list(styles.values()) for id_, styles in right_answers(lesson).items()}
        return cls(right, known, by_hand)

    def answers(self, lesson: Lesson, student: Student, rng: random.Random) -> Answers:
        """Return a student's answers by exercise id; what is left open is not in it."""
        # Who is stuck leaves the rest of the lesson.
        n = len(lesson.exercises)
        end = n if rng.random() < 2 * student.skill else rng.randrange(n + 1)
        answers = {}
        for exercise in lesson.exercises[:end]:
            if rng.random() < student.skill ** ((exercise.difficulty + 1) / 3):
                answers[exercise.id] = rng.choice(self.right[exercise.id])
            elif rng.random() < 0.6 + 0.4 * student.skill and (wrong := self._wrong(exercise.id, student.habit, rng)):
                answers[exercise.id] = wrong
        return answers

    def _wrong(self, id_: str, habit: str, rng: random.Random) -> str:
        """Return a wrong answer: the student's habit, or else one that is the likelier the earlier its author named it."""
        known, by_hand = self.known.get(id_, {}), self.by_hand.get(id_, ())
        if habit in known and rng.random() < HABIT:
            return rng.choice(known[habit])
        if by_hand and (not known or rng.random() < BY_HAND):
            return rng.choice(by_hand)
        ranks = [1 / (1 + rank) for rank in range(len(known))]
        return rng.choice(rng.choices(list(known.values()), ranks)[0]) if known else ""


def one_of_each_kind(root: Path, lesson: Lesson) -> dict[str, str]:
    """Write 24 submissions of a lesson into `root/submitted`; return what each student did, by name.

    Four have everything right, twelve make as many mistakes as there are, and the others are half finished, untouched or
    broken. The students' notebook must have been released into `root/notebooks` before.
    """
    done: dict[str, str] = {}
    # Who broke one lesson's notebook may have the next one right.
    turned = 5 * (lesson.number - 1) % len(NAMES)
    names = NAMES[turned:] + NAMES[:turned]
    for name, (what, text) in zip(names, submissions(lesson, _released(root, lesson)), strict=True):
        _write(root, name, lesson, text)
        done[name] = what
    return done


def _released(root: Path, lesson: Lesson) -> NotebookNode:
    return nbformat.read(root / "notebooks" / lesson.folder / f"{lesson.folder}.ipynb", as_version=4)


def _write(root: Path, name: str, lesson: Lesson, text: str) -> None:
    path = root / "submitted" / name / lesson.folder / f"{lesson.folder}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def submissions(lesson: Lesson, notebook: NotebookNode) -> Iterator[tuple[str, str]]:
    """Yield 24 submissions, and what each of them is."""
    answers = right_answers(lesson)
    right = [{id_: _nth(list(styles.values()), i) for id_, styles in answers.items()} for i in range(RIGHT)]
    for answer in right:
        yield "right", _text(_answered(notebook, answer))
    mistaken = len(NAMES) - RIGHT - HALF - len(BROKEN)
    wrong = {id_: list(known.values()) for id_, known in answers_to(lesson, "WRONG").items()}
    for i in range(mistaken):
        # The mistakes of an exercise are dealt out one a student; who gets none has that exercise right.
        dealt = {id_: _dealt(known, i, mistaken) for id_, known in wrong.items()}
        yield "mistakes", _text(_answered(notebook, right[i % RIGHT] | {id_: one for id_, one in dealt.items() if one}))
    half = list(right[1].items())
    for n in (len(half) // 2, 1, 0):
        yield ("half finished" if n else "untouched"), _text(_answered(notebook, dict(half[:n])))
    for what, breaking in BROKEN.items():
        yield what, breaking(_answered(notebook, right[0]), lesson)


def _dealt(known: list[str], student: int, students: int) -> str | None:
    """Return the mistake that a student makes in one exercise, such that together they make as many as they can."""
    return known[student] if student < min(len(known), students) else None


def _nth(choices: list[str], n: int) -> str:
    return choices[n % len(choices)]


def _answered(notebook: NotebookNode, answers: Answers) -> NotebookNode:
    """Return the notebook with the answers written into their cells, by exercise id."""
    notebook = copy.deepcopy(notebook)
    by_name = {id_.partition(".")[2]: source for id_, source in answers.items()}
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in by_name:
            cell.source = by_name[grade_id].strip()
    return notebook


def _text(notebook: NotebookNode) -> str:
    return nbformat.writes(notebook)


def _find(notebook: NotebookNode, grade_id: str) -> int:
    return next(
        i for i, cell in enumerate(notebook.cells) if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id
    )


def _endless_loop(notebook: NotebookNode, lesson: Lesson) -> str:
    cell = notebook.cells[_find(notebook, lesson.exercises[1].name)]
    cell.source = f"while True:\n    pass\n\n{cell.source}"
    return _text(notebook)


def _deleted_check(notebook: NotebookNode, lesson: Lesson) -> str:
    del notebook.cells[_find(notebook, f"check-{lesson.exercises[1].name}")]
    return _text(notebook)


def _duplicated_cell(notebook: NotebookNode, lesson: Lesson) -> str:
    for grade_id in (f"check-{lesson.exercises[1].name}", lesson.exercises[1].name):
        index = _find(notebook, grade_id)
        twin = copy.deepcopy(notebook.cells[index])
        # JupyterLab gives a pasted cell an id of its own, and keeps nbgrader's.
        twin["id"] = f"{twin['id']}-copy"
        notebook.cells.insert(index, twin)
    return _text(notebook)


def _edited_check(notebook: NotebookNode, lesson: Lesson) -> str:
    cell = notebook.cells[_find(notebook, f"check-{lesson.exercises[1].name}")]
    cell.source = f"{lesson.exercises[1].points}"
    notebook.cells[_find(notebook, lesson.exercises[1].name)].source = "# nothing here"
    return _text(notebook)


def _not_json(notebook: NotebookNode, lesson: Lesson) -> str:
    return _text(notebook)[:-400]


BROKEN: dict[str, Callable[[NotebookNode, Lesson], str]] = {
    "endless loop": _endless_loop,
    "deleted check cell": _deleted_check,
    "duplicated cells": _duplicated_cell,
    "edited check cell": _edited_check,
    "not JSON": _not_json,
}
