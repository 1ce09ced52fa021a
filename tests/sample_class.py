"""Makes a class of submissions out of the exercises' own answers: right, wrong, half finished, untouched and broken."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.exercise import Lesson
from tests.answering import answers_to, right_answers

NAMES = (
    "ada", "bashir", "chen", "dilara", "emeka", "fatou", "goran", "hana", "ines", "jonas", "kavya", "lena",
    "mateo", "nadia", "olu", "priya", "quentin", "rosa", "sven", "tariq", "uma", "vera", "wanjiru", "xiomara",
)  # fmt: skip
RIGHT, HALF = 4, 3

Answers = dict[str, str]


def make_class(root: Path, lesson: Lesson) -> dict[str, str]:
    """Write 24 submissions of a lesson into `root/submitted`; return what each student did, by name.

    The students' notebook must have been released into `root/notebooks` before.
    """
    released = root / "notebooks" / lesson.folder / f"{lesson.folder}.ipynb"
    notebook = nbformat.read(released, as_version=4)
    done: dict[str, str] = {}
    # Who broke one lesson's notebook may have the next one right.
    turned = 5 * (lesson.number - 1) % len(NAMES)
    names = NAMES[turned:] + NAMES[:turned]
    for name, (what, text) in zip(names, _submissions(lesson, notebook), strict=True):
        path = root / "submitted" / name / lesson.folder / f"{lesson.folder}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        done[name] = what
    return done


def _submissions(lesson: Lesson, notebook: NotebookNode) -> Iterator[tuple[str, str]]:
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
