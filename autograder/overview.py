"""The progress of a student in a lesson and in the course."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .exercise import Exercise, Lesson
from .verdict import MIME_TYPE, Outcome, Verdict


@dataclass(frozen=True)
class Row:
    """One lesson: the number of right exercises, their points, and the first exercise that is not right."""

    lesson: Lesson
    right: int
    points: float
    next: Exercise | None

    @property
    def max_points(self) -> float:
        """The points of the whole lesson."""
        return sum(exercise.points for exercise in self.lesson.exercises)


@dataclass(frozen=True)
class Progress:
    """The rows of the course, and the lesson in which the student works."""

    rows: tuple[Row, ...]
    here: str = ""

    @property
    def next(self) -> str:
        """A sentence that names the next exercise."""
        if not self.rows:
            return "Your own notebook shows your progress."
        current = [row for row in self.rows if row.lesson.name == self.here]
        for row in (*current, *self.rows):
            if row.next is not None:
                return f"Next: {row.next.number} {row.next.title}, in {row.lesson.number} · {row.lesson.title}."
        return "Everything is done."


def summarise(lessons: Sequence[Lesson], verdicts: Mapping[str, Verdict], here: str = "") -> Progress:
    """Return the progress from these verdicts, given by exercise id."""
    rows = []
    for lesson in lessons:
        known = [verdicts.get(exercise.id) for exercise in lesson.exercises]
        right = [one is not None and one.outcome is Outcome.RIGHT for one in known]
        points = sum(one.points for one in known if one is not None)
        waiting = [exercise for exercise, done in zip(lesson.exercises, right, strict=True) if not done]
        rows.append(Row(lesson, sum(right), points, waiting[0] if waiting else None))
    return Progress(tuple(rows), here)


def saved_verdicts(folder: Path, lessons: Sequence[Lesson]) -> dict[str, Verdict]:
    """Return the verdicts in the saved notebooks `folder/<lesson>/<lesson>.ipynb`. Unreadable notebooks are ignored."""
    found: dict[str, Verdict] = {}
    for lesson in lessons:
        try:
            notebook = json.loads((folder / lesson.folder / f"{lesson.folder}.ipynb").read_text(encoding="utf-8"))
            records = [
                output["data"][MIME_TYPE]
                for cell in notebook["cells"]
                for output in cell.get("outputs", [])
                if MIME_TYPE in output.get("data", {})
            ]
            found |= {verdict.exercise: verdict for verdict in map(Verdict.from_dict, records)}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
    return found
