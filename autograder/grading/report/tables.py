"""A class report → the same tables as CSV, for a spreadsheet. No cell is a formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...verdict import Outcome
from ..lms.tables import written
from .rows import ClassReport, ExercisePlace


def csv_files(report: ClassReport) -> Mapping[str, bytes]:
    """Return the content of each file by its name without `.csv`. The first row of a table has its headings."""
    rows: dict[str, list[Sequence[str | float]]] = {
        "everyone": [
            ("student", *(one.folder for one in report.lessons), "points", "right", "not attempted"),
            *(
                (
                    one.student,
                    *("" if graded is None or graded.reason else graded.score for graded in one.by_lesson),
                    one.score,
                    one.count(Outcome.RIGHT),
                    one.count(Outcome.NOT_ATTEMPTED),
                )
                for one in report.students
            ),
        ],
        "help": [
            ("student", "points", "reasons"),
            *((one.student, one.score, " ".join(one.reasons)) for one in report.needing_help),
        ],
        "mistakes": [
            ("mistake", "exercise", "students", "of", "who"),
            *(
                (one.slug, row.place.id, len(row.students), row.of, "; ".join(row.students))
                for one in report.misconceptions
                for row in one.rows
            ),
        ],
        "findings": [
            ("finding", "students", "of", "exercises", "who"),
            *(
                (one.title, len(one.students), one.of, _ids(one.places), "; ".join(one.students))
                for one in report.findings
            ),
        ],
        "exercises": [
            ("exercise", "difficulty", "right", "named mistake", "wrong otherwise", "not attempted", "not checked"),
            *(
                (one.place.id, one.place.difficulty, one.right, one.named, one.unnamed, one.open, one.unchecked)
                for one in report.exercises
            ),
        ],
        "look": [
            ("student", "lesson", "state", "what was seen"),
            *((one.student, one.lesson, one.status, " ".join(one.sentences)) for one in report.to_look_at),
        ],
        "flagged": [
            ("student", "exercise", "why"),
            *((one.student, one.place.id, one.why) for one in report.flagged),
        ],
    }
    return {name: written([[_cell(one) for one in row] for row in table]) for name, table in rows.items()}


def _ids(places: Sequence[tuple[ExercisePlace, int]]) -> str:
    return "; ".join(place.id for place, _ in places)


def _cell(value: str | float) -> str:
    # A name may contain surrogates, which UTF-8 can't encode.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else f"{value:g}"
