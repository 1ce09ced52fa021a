"""Prepares a notebook without a course: its own cells in their order, and a check of each exercise of its lesson."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from .. import lessons
from ..exercise import Exercise, Lesson
from .pictures import keep_pictures
from .rebuild import CHECK, Rebuilt, defined_below, fresh_cell, grade_id_of, source_of, why_left_out, with_ids
from .submission import SubmissionError


def stand_alone(submission: Mapping[str, Any]) -> tuple[Lesson, Rebuilt]:
    """Return the lesson of a notebook, and the notebook to run.

    Each exercise is checked once: at the last of its check cells or, where there is none, at the end.

    Raises
    ------
    SubmissionError
        When the notebook checks no exercise of any lesson.
    """
    submitted = submission.get("cells")
    cells = [one for one in submitted if isinstance(one, Mapping)] if isinstance(submitted, list) else []
    reasons = [why_left_out(cell, source_of(cell)) for cell in cells]
    cells = [cell for cell, reason in zip(cells, reasons, strict=True) if not reason]
    checked = {exercise_id: i for i, cell in enumerate(cells) if (exercise_id := _checks(cell))}
    counts = Counter(exercise_id.partition(".")[0] for exercise_id in checked)
    known = [lesson for lesson in lessons.all_lessons() if counts[lesson.name]]
    if not known:
        raise SubmissionError("expected a check cell of a lesson; got none, so the lesson is not known")
    lesson = max(known, key=lambda one: counts[one.name])
    at = {checked[exercise.id]: exercise for exercise in lesson.exercises if exercise.id in checked}
    made = [_check_cell(at[i]) if i in at else _plain_cell(cell) for i, cell in enumerate(cells)]
    made += [_check_cell(exercise) for exercise in lesson.exercises if exercise.id not in checked]
    repairs = (*filter(None, reasons), *defined_below(made), *keep_pictures(made))
    return lesson, Rebuilt(new_notebook(cells=with_ids(made)), repairs)


def _checks(cell: Mapping[str, Any]) -> str:
    found = CHECK.fullmatch(source_of(cell)) if cell.get("cell_type") == "code" else None
    return found[2] if found is not None else ""


def _plain_cell(cell: Mapping[str, Any]) -> NotebookNode:
    made = fresh_cell(cell.get("cell_type"), source_of(cell), cell.get("attachments"))
    if grade_id_of(cell):
        # Only the name, for what is said of the cell.
        made["metadata"]["nbgrader"] = {"grade_id": grade_id_of(cell)[:100], "grade": False, "solution": True}
    return made


def _check_cell(exercise: Exercise) -> NotebookNode:
    nbgrader = {"grade_id": f"check-{exercise.name}", "grade": True, "solution": False, "points": exercise.points}
    cell = fresh_cell("code", f'check("{exercise.id}")')
    cell["metadata"]["nbgrader"] = nbgrader
    return cell
