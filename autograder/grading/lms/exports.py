"""Exporters for `nbgrader export`: plain CSV, and the grade book of Canvas or Moodle with the scores filled in.

A file of the LMS is filled in and otherwise left as it is. So the LMS finds in it what it has put there itself, and no
score can get to another student than the one whose row it stands in.
"""

from __future__ import annotations

import re
import sys
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeVar

from nbgrader.api import Gradebook, MissingEntry, Student, SubmittedAssignment
from nbgrader.plugins import ExportPlugin
from traitlets import Dict, Unicode

from ..scores import NO_RESPONSE
from .classlist import Person, names_of, person_of, squashed
from .tables import Table, TableError, defused, read, written

Thing = TypeVar("Thing")

# `Quiz: 02_chain_rule (Real)`, `Chain rule (4711)`
_HEADING = re.compile(r"(?:[^:]+: )?(?P<name>.*?)(?: \((?P<note>[^()]*)\))?")
_COLLECTED = re.compile(r"(?P<name>.*)_(?P<number>\d+)")


@dataclass(frozen=True)
class Score:
    """A student's points in a lesson, after the late penalty."""

    student: str
    lesson: str
    points: float

    @property
    def text(self) -> str:
        """The points with at most two decimals: both grade books keep two."""
        return f"{round(self.points, 2):.10g}"


def after_penalty(score: float, penalty: float | None) -> float:
    """Return what is left of a score."""
    return max(0.0, score - (penalty or 0.0))


class CsvExport(ExportPlugin):
    """nbgrader's own table, with one column more: the grader's comments. Cells are quoted if they need it."""

    def export(self, gradebook: Gradebook) -> None:
        """Write `grades.csv`, or what `--to` says."""
        names = ("student_id", "last_name", "first_name", "email")
        times = ("assignment", "duedate", "timestamp")
        scores = ("raw_score", "late_submission_penalty", "score", "max_score")
        rows: list[Sequence[str]] = [(*times, *names, *scores, "comment")]
        for lesson in _chosen(gradebook.assignments, "name", self.assignment):
            for student in _chosen(gradebook.students, "id", self.student):
                try:
                    one = gradebook.find_submission(lesson.name, student.id)
                    when, raw, penalty = one.timestamp, one.score, one.late_submission_penalty
                    said = _said_of(one)
                except MissingEntry:
                    when, raw, penalty, said = None, 0.0, 0.0, ""
                values = (lesson.name, lesson.duedate, when, student.id, student.last_name, student.first_name)
                points = (raw, penalty, after_penalty(raw, penalty), lesson.max_score)
                rows.append(["" if value is None else str(value) for value in (*values, student.email, *points, said)])
        path = Path(self.to or "grades.csv")
        path.write_bytes(written(rows))
        self.log.info("Wrote %s", path)


def _said_of(submission: SubmittedAssignment) -> str:
    """Return what the grader says of a submission, such as an answer that a person should look at."""
    said: dict[str, list[str]] = {}
    for comment in (comment for notebook in submission.notebooks for comment in notebook.comments):
        if comment.auto_comment and comment.auto_comment != NO_RESPONSE:
            said.setdefault(comment.auto_comment, []).append(comment.name)
    return " ".join(f"{', '.join(names)}: {text}" for text, names in said.items())


class _LmsExport(ExportPlugin):
    """Fills scores into a file of the LMS. Without such a file, makes one that the LMS imports."""

    template = Unicode(
        "", help="The grade book that the LMS exported. Without one, the file is made from the gradebook."
    ).tag(config=True)
    columns = Dict(help="By lesson, the heading of its column in the template, if it is not the lesson's name.").tag(
        config=True
    )

    default_to: ClassVar[str]
    headings: ClassVar[tuple[str, ...]]
    first_student: ClassVar[int]

    def export(self, gradebook: Gradebook) -> None:
        """Write the file. Log the students and lessons for which it has no place."""
        lessons = {one.name: one.max_score for one in _chosen(gradebook.assignments, "name", self.assignment)}
        students = _chosen(gradebook.students, "id", self.student)
        exported = {one.id for one in students}
        scores = [
            Score(one.student.id, lesson, after_penalty(one.score, one.late_submission_penalty))
            for lesson in lessons
            for one in gradebook.assignment_submissions(lesson)
            if one.student.id in exported
        ]
        path = Path(self.to or self.default_to)
        if self.template:
            try:
                table = read(Path(self.template), self.headings)
            except TableError as error:
                self.log.error("%s can't be used: %s", self.template, error)
                sys.exit(1)
            path.write_bytes(self._filled(table, lessons, students, scores))
        else:
            path.write_bytes(written(self._made(lessons, students, scores)))
            self.log.info("No template is set: %s holds the %d students of the gradebook", path, len(students))
        self.log.info("Wrote %s", path)

    @abstractmethod
    def _made(
        self, lessons: dict[str, float], students: Sequence[Student], scores: Sequence[Score]
    ) -> list[Sequence[str]]:
        """Return the rows of a file that the LMS reads."""

    @abstractmethod
    def _rows_of(self, person: Person, rows: dict[int, Person]) -> list[list[int]]:
        """Return the rows that may be a student's, one list for each kind of match, the most certain first."""

    def _filled(
        self, table: Table, lessons: dict[str, float], students: Sequence[Student], scores: Sequence[Score]
    ) -> bytes:
        rows = {i: person_of(table.row(i)) for i in range(1, len(table.rows)) if self._is_student(table, i)}
        row_of = self._matched(students, rows, {one.student for one in scores})
        columns = {lesson: self._column(table, lesson) for lesson in lessons}
        for lesson, column in columns.items():
            if column is None:
                self.log.warning("%s has no column for %s", self.template, lesson)
            else:
                self._check_maximum(table, column, lesson, lessons[lesson])
        changes = {
            (i, column): safe
            for i in rows
            for column, cell in enumerate(table.rows[i])
            if (safe := defused(cell.value)) != cell.value
        }
        if changes:
            self.log.warning(
                "%d cells in %s would be formulas in a spreadsheet; each got an apostrophe", len(changes), self.template
            )
        filled = 0
        for score in scores:
            row, column = row_of.get(score.student), columns[score.lesson]
            if row is None or column is None:
                continue
            before = table.rows[row][column].value.strip() if column < len(table.rows[row]) else "N/A"
            if before.upper() in ("EX", "N/A"):
                self.log.warning("%s has %r in %s; it was not changed", score.student, before, score.lesson)
                continue
            changes[row, column] = score.text
            filled += 1
        empty = len(rows) - len({row_of[one.student] for one in scores if one.student in row_of})
        self.log.info("%d scores filled in; %d rows have no submission and were left as they are", filled, empty)
        return table.filled(changes)

    def _matched(self, students: Sequence[Student], rows: dict[int, Person], handed_in: set[str]) -> dict[str, int]:
        """Return the row of each student. Log each student with no row, or with no certain one."""
        row_of = {}
        for student in students:
            certain = (found[0] for found in self._rows_of(_person(student), rows) if len(set(found)) == 1)
            if (row := next(certain, None)) is not None:
                row_of[student.id] = row
        taken = Counter(row_of.values())
        for student in students:
            if student.id in row_of and taken[row_of[student.id]] > 1:
                self.log.warning("%s has no scores in the file: another student has the same row", student.id)
                del row_of[student.id]
            elif student.id not in row_of and student.id in handed_in:
                self.log.warning("%s has no scores in the file: no row certainly belongs to this student", student.id)
        return row_of

    def _is_student(self, table: Table, row: int) -> bool:
        return row >= self.first_student and any(cell.value.strip() for cell in table.rows[row])

    def _check_maximum(self, table: Table, column: int, lesson: str, most: float) -> None:
        """Log each lesson that has other points in the LMS."""

    def _column(self, table: Table, lesson: str) -> int | None:
        wanted = str(self.columns.get(lesson, ""))
        if wanted:
            found = [i for i, heading in enumerate(table.header) if heading == wanted]
            return found[0] if len(found) == 1 else None
        names = {squashed(lesson), squashed(lesson.lstrip("0123456789_")), squashed(lesson.lstrip("0"))}
        notes = {
            i: match["note"]
            for i, heading in enumerate(table.header)
            if (match := _HEADING.fullmatch(heading)) and squashed(match["name"]) in names
        }
        if len(notes) > 1:
            # Moodle exports a grade also as a percentage and as a letter, and the feedback beside it.
            notes = {i: note for i, note in notes.items() if note == "Real"}
        return next(iter(notes)) if len(notes) == 1 else None


class CanvasExport(_LmsExport):
    """Puts scores into Canvas's grade book: *Grades*, *Export*, and afterwards *Import*."""

    default_to = "canvas.csv"
    headings = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
    first_student = 1

    def _made(
        self, lessons: dict[str, float], students: Sequence[Student], scores: Sequence[Score]
    ) -> list[Sequence[str]]:
        given = {(one.student, one.lesson): one.text for one in scores}
        rows: list[Sequence[str]] = [
            (*self.headings, *lessons),
            ("    Points Possible", "", "", "", "", *[f"{most:g}" for most in lessons.values()]),
        ]
        for student in students:
            collected = _COLLECTED.fullmatch(student.id)
            number = student.lms_user_id or (collected["number"] if collected else "")
            own = "" if collected else student.id
            name = ", ".join(filter(None, (student.last_name, student.first_name))) or student.id
            cells = [given.get((student.id, lesson), "") for lesson in lessons]
            rows.append((name, number, own, own, "", *cells))
        return rows

    def _rows_of(self, person: Person, rows: dict[int, Person]) -> list[list[int]]:
        own, email = person.id.casefold(), person.email.casefold()
        ids = {i: [one.casefold() for one in row.ids] for i, row in rows.items()}
        collected = _COLLECTED.fullmatch(person.id)
        return [
            [i for i, row in rows.items() if person.number and row.number == person.number],
            [i for i, those in ids.items() if own in those],
            [i for i, those in ids.items() if email and email in those],
            [i for i, row in rows.items() if row.number == person.id],
            # A folder of a download, as `nbgrader zip_collect` has named it.
            [
                i
                for i, row in rows.items()
                if collected and row.number == collected["number"] and squashed(collected["name"]) in row.names
            ],
        ]

    def _is_student(self, table: Table, row: int) -> bool:
        # The rows that say how many points there are, and whose scores are hidden.
        first = table.rows[row][0].value
        return super()._is_student(table, row) and bool(first.strip()) and "Points Possible" not in first

    def _check_maximum(self, table: Table, column: int, lesson: str, most: float) -> None:
        for row in table.rows[1:4]:
            if "Points Possible" in row[0].value and column < len(row):
                given = row[column].value.strip().replace(",", ".")
                if given != f"{most:g}" and not (given and _number(given) == most):
                    self.log.warning("%s has %g points here and %s in Canvas", lesson, most, given or "none")


class MoodleExport(_LmsExport):
    """Puts scores into Moodle's grades: *Grades*, *Export*, *Plain text file*, and afterwards *Import*, *CSV file*."""

    default_to = "moodle.csv"
    headings = (
        "First name",
        "Last name",
        "Surname",
        "Full name",
        "ID number",
        "Username",
        "Email address",
        "Identifier",
    )
    first_student = 1

    def _made(
        self, lessons: dict[str, float], students: Sequence[Student], scores: Sequence[Score]
    ) -> list[Sequence[str]]:
        given = {(one.student, one.lesson): one.text for one in scores}
        rows: list[Sequence[str]] = [("First name", "Last name", "ID number", "Email address", *lessons)]
        for student in students:
            own = student.lms_user_id or student.id
            email = student.email or (student.id if "@" in student.id else "")
            cells = [given.get((student.id, lesson), "") for lesson in lessons]
            rows.append((student.first_name or "", student.last_name or "", own, email, *cells))
        return rows

    def _rows_of(self, person: Person, rows: dict[int, Person]) -> list[list[int]]:
        ids = {i: {one.casefold() for one in (*row.ids, row.email) if one} for i, row in rows.items()}
        collected = _COLLECTED.fullmatch(person.id)
        name = squashed(collected["name"] if collected else person.id)
        return [
            [i for i, those in ids.items() if person.number and person.number.casefold() in those],
            [i for i, those in ids.items() if person.id.casefold() in those],
            [i for i, those in ids.items() if person.email and person.email.casefold() in those],
            # The grading worksheet of one assignment, which has the numbers that Moodle's downloads have.
            [i for i, row in rows.items() if collected and row.number == collected["number"] and name in row.names],
            [i for i, row in rows.items() if person.names & row.names or name in row.names],
        ]

    def _column(self, table: Table, lesson: str) -> int | None:
        # The worksheet is of one assignment, and calls its column nothing but this.
        if "Identifier" in table.header and list(self.assignment) == [lesson]:
            return table.header.index("Grade") if "Grade" in table.header else None
        return super()._column(table, lesson)


def _chosen(things: Iterable[Thing], key: str, names: Sequence[object]) -> list[Thing]:
    wanted = {str(one) for one in names}
    return [one for one in things if not wanted or getattr(one, key) in wanted]


def _person(student: Student) -> Person:
    names = names_of(student.first_name or "", student.last_name or "")
    return Person(student.id, student.lms_user_id or "", (), student.email or "", names)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
