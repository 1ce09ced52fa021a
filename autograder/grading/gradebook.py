"""What the gradebook keeps of each submission beside nbgrader's own rows, and the one place that writes grades into it.

The grades of a submission and what they were made of are written in one transaction. So a grade is there whole or not at
all, whenever the grader is killed, and the next run knows which submissions it has to grade again.
"""

from __future__ import annotations

import hashlib
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from nbgrader.api import (
    Assignment,
    Base,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.plugins import LateSubmissionPlugin
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import DataError, IntegrityError, SAWarning, SQLAlchemyError
from sqlalchemy.orm import Session

from ..verdict import Verdict
from . import GradingError
from .job import JobResult, Judged
from .submission import Submission, SubmissionError
from .submitted import plain

# In nbgrader's own database, and so made by it, backed up with it, and in the same transactions. nbgrader takes no notice.
_table = Table(
    "autograder_result",
    Base.metadata,
    Column("notebook_id", String(32), ForeignKey(SubmittedNotebook.id, ondelete="CASCADE"), primary_key=True),
    Column("key", String(64), nullable=False),
    Column("work", String(64), nullable=False),
    Column("feedback_key", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("notes", JSON, nullable=False),
    Column("stopped", Boolean, nullable=False),
    Column("sandbox", String(32), nullable=False),
    Column("verdicts", JSON, nullable=False),
)
# What a student's earlier submission was worth: a row for each time that other work took the place of one of its notebooks.
_history = Table(
    "autograder_history",
    Base.metadata,
    Column("id", Integer, primary_key=True),
    Column("notebook_id", String(32), ForeignKey(SubmittedNotebook.id, ondelete="CASCADE"), nullable=False, index=True),
    # When it was replaced, in UTC.
    Column("until", DateTime, nullable=False),
    Column("score", Float, nullable=False),
    Column("mistakes", JSON, nullable=False),
)
# For what is looked up for every submission. Without them the work for one grows with the number of submissions.
_indexes = tuple(
    Index(f"autograder_{table}_{column}", Base.metadata.tables[table].c[column])
    for table, column in (("submitted_notebook", "assignment_id"), ("grade", "notebook_id"), ("comment", "notebook_id"))
)


@dataclass(frozen=True)
class ReplacedWork:
    """What a student's earlier work for a lesson was worth, with all its notebooks.

    Attributes
    ----------
    mistakes
        The ids of the named mistakes in it.
    """

    student: str
    lesson: str
    score: float
    mistakes: frozenset[str]


class GradebookError(GradingError):
    """The gradebook failed; the cause is SQLAlchemy's error."""


@dataclass(frozen=True)
class Provenance:
    """What a grade was made of: digests of all of it and of the student's work alone, and when that was handed in."""

    key: str
    work: str
    timestamp: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Graded(Judged):
    """What came of one submission, with its score.

    Attributes
    ----------
    score
        As in the gradebook: what a grader gave by hand counts, and late penalties are not taken off.
    provenance
        What the grade was made of.
    unchanged
        Whether it was graded in an earlier run.
    """

    score: float
    max_score: float
    provenance: Provenance = Provenance("", "")
    unchanged: bool = False

    @classmethod
    def of(cls, judged: Judged, score: float, max_score: float, provenance: Provenance) -> Graded:
        """Return a job's result with its score."""
        kept = {field.name: getattr(judged, field.name) for field in fields(Judged)}
        return cls(**kept, score=score, max_score=max_score, provenance=provenance)

    @property
    def status(self) -> str:
        """`graded`, `stopped` (graded, but something did not come to its end), or `unreadable`."""
        return "unreadable" if self.reason else "stopped" if self.stopped else "graded"

    @property
    def line(self) -> str:
        """One line about it, or "" if an earlier run graded it."""
        if self.unchanged:
            return ""
        what = f"not graded: {self.reason}" if self.reason else f"{self.score:g} of {self.max_score:g}"
        return f"{self.submission.student or plain(str(self.submission.path))} {self.submission.task} {what}"

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, for programs to read."""
        fields = ("exercise", "outcome", "points", "max_points", "mistake", "message", "flag")
        student, path = self.submission.student, self.submission.path
        who = {"student": student} if student else {"file": plain(str(path))}
        return {
            **who,
            "lesson": self.submission.lesson,
            "notebook": self.submission.notebook,
            "score": self.score,
            "max_score": self.max_score,
            "status": self.status,
            "reason": self.reason or "; ".join(self.notes),
            "sandbox": self.sandbox,
            "verdicts": [{name: getattr(verdict, name) for name in fields} for verdict in self.verdicts],
        }


def by_lesson(graded: Iterable[Graded]) -> list[Graded]:
    """Return one for each student and lesson, in their order, where a lesson may have several notebooks."""
    together: defaultdict[tuple[str, str], list[Graded]] = defaultdict(list)
    for one in graded:
        together[one.submission.student, one.submission.lesson].append(one)
    return [own[0] if len(own) == 1 else _together(own) for own in together.values()]


def _together(notebooks: Sequence[Graded]) -> Graded:
    """Return what came of a lesson's notebooks. It counts as read where one of them was read."""
    first = notebooks[0]
    read = [one for one in notebooks if not one.reason]
    unread = [f"{one.submission.notebook} was not graded: {one.reason}" for one in notebooks if one.reason]
    return replace(
        first,
        submission=replace(first.submission, named=""),
        verdicts=tuple(verdict for one in notebooks for verdict in one.verdicts),
        notes=(*unread, *(note for one in notebooks for note in one.notes)) if read else (),
        stopped=any(one.stopped for one in notebooks),
        sandbox=next((one.sandbox for one in read), ""),
        reason="" if read else "; ".join(unread),
        score=sum(one.score for one in notebooks),
        max_score=sum(one.max_score for one in notebooks),
        unchanged=all(one.unchanged for one in notebooks),
    )


def is_prepared(gradebook: Gradebook) -> bool:
    """Return whether a gradebook's results have the columns of this version of the package."""
    there = inspect(gradebook.engine).get_columns(_table.name)
    return {column["name"] for column in there} == set(_table.columns.keys())


def prepare(gradebook: Gradebook) -> None:
    """Add this package's tables and indexes to a gradebook that lacks them, for whoever writes to it."""
    if not is_prepared(gradebook):
        # Nothing is lost: without it, everything is graded again, to the same grades.
        _table.drop(gradebook.engine)
        _table.create(gradebook.engine)
    _history.create(gradebook.engine, checkfirst=True)
    for index in _indexes:
        index.create(gradebook.engine, checkfirst=True)


def known_grades(gradebook: Gradebook, submissions: Iterable[Submission]) -> dict[Submission, Graded]:
    """Return what earlier runs made of these submissions, with the scores as they are now."""
    asked = {(one.student, one.lesson, one.notebook): one for one in submissions}
    rows = gradebook.db.execute(_QUERY).mappings()
    return {asked[at]: _graded(asked[at], row) for row in rows if (at := _at(row)) in asked}


def replaced(gradebook: Gradebook, since: datetime) -> list[ReplacedWork]:
    """Return the work that other work of its student has replaced since a time in UTC: for each lesson the earliest."""
    rows = gradebook.db.execute(_HISTORY.where(_history.c.until >= since)).mappings()
    found: dict[tuple[str, str], ReplacedWork] = {}
    for row in rows:
        of = row["student_id"], row["lesson"]
        found.setdefault(of, ReplacedWork(*of, row["score"], frozenset(row["mistakes"])))
    return list(found.values())


def _at(row: RowMapping) -> tuple[str, str, str]:
    """Return the student, the lesson and the notebook that a row is about."""
    return row["student_id"], row["lesson"], row["notebook"]


class Recorder:
    """Writes what came of submissions into the gradebook, each in one transaction.

    Parameters
    ----------
    penalties
        Says how much a late submission loses.
    """

    def __init__(self, gradebook: Gradebook, penalties: LateSubmissionPlugin) -> None:
        self._gradebook = gradebook
        self._penalties = penalties
        # Asked once: to ask for the name of every cell of every submission costs more than all the rest.
        self._names = dict(tuple(row) for row in gradebook.db.execute(select(BaseCell.id, BaseCell.name)))
        self._most: dict[tuple[str, str], float] = {
            (row.lesson, row.notebook): row.max_score
            for row in gradebook.db.execute(
                select(Assignment.name.label("lesson"), Notebook.name.label("notebook"), Notebook.max_score).join(
                    Assignment, Assignment.id == Notebook.assignment_id
                )
            )
        }

    def score_of(self, result: JobResult) -> float:
        """Return the score that a submission will have, which is in the gradebook already, without writing anything."""
        one = result.submission
        notebook = self._gradebook.find_submission_notebook(one.notebook, one.lesson, one.student)
        scores = dict(result.scores)
        total = sum(_given(grade, scores.get(self._names[grade.cell_id], 0)) for grade in notebook.grades)
        self._gradebook.db.expunge_all()
        return total

    def record(self, result: JobResult, provenance: Provenance) -> Graded:
        """Write one submission's grades, as nbgrader's SaveAutoGrades and AssignLatePenalties would.

        What was given or written by hand stays. A submission that could not be read scores 0 and has the reason for a
        comment.

        Raises
        ------
        SubmissionError
            When the database takes other submissions, and not this one.
        GradebookError
            When it takes none.
        """
        try:
            return self._record(result, provenance)
        except Exception as error:
            self._gradebook.db.rollback()
            self._gradebook.db.expunge_all()
            if isinstance(error, (DataError, IntegrityError)):
                raise SubmissionError(f"the gradebook does not take it: {str(error.orig)[:200]}") from None
            if isinstance(error, SQLAlchemyError):
                raise GradebookError("the gradebook can't be written") from error
            raise

    def unrecorded(self, result: JobResult, provenance: Provenance) -> Graded:
        """Return what came of a submission whose grades can't be written."""
        return Graded.of(result, 0.0, self._most_of(result.submission), provenance)

    def _most_of(self, submission: Submission) -> float:
        return self._most[submission.lesson, submission.notebook]

    def _record(self, result: JobResult, provenance: Provenance) -> Graded:
        student, lesson, db = result.submission.student, result.submission.lesson, self._gradebook.db
        with _uncommitted(db()), warnings.catch_warnings():
            # nbgrader reads a submission that it has not added yet, which is harmless, and SQLAlchemy warns of it.
            warnings.simplefilter("ignore", SAWarning)
            self._gradebook.update_or_create_student(student)
            # Without a time where none can be read: an earlier one would go on being late.
            row = self._gradebook.update_or_create_submission(lesson, student, timestamp=provenance.timestamp)
        notebook = next(one for one in row.notebooks if one.name == result.submission.notebook)
        # A new one is written below, with its scores. To ask for earlier work would write it without them first.
        if not inspect(row).pending:
            self._remember(row, notebook, provenance.work)
        score = self._write_grades(notebook, result)
        notebook.late_submission_penalty = self._penalty(student, score, row.total_seconds_late)
        values = {
            "key": provenance.key,
            "work": provenance.work,
            "feedback_key": "",
            "reason": result.reason,
            "notes": list(result.notes),
            "stopped": result.stopped,
            "sandbox": result.sandbox,
            "verdicts": [verdict.to_dict() for verdict in result.verdicts],
        }
        db.flush()
        db.execute(delete(_table).where(_table.c.notebook_id == notebook.id))
        db.execute(insert(_table).values(notebook_id=notebook.id, **values))
        db.commit()
        # The session would keep every row that it has seen.
        db.expunge_all()
        return Graded.of(result, score, self._most_of(result.submission), provenance)

    def _remember(self, row: SubmittedAssignment, notebook: SubmittedNotebook, work: str) -> None:
        """Note what a submission was worth with all its notebooks, where other work takes the place of one of them."""
        db = self._gradebook.db
        asked = select(_table.c.notebook_id, _table.c.work, _table.c.reason, _table.c.verdicts)
        all_ = db.execute(asked.where(_table.c.notebook_id.in_([one.id for one in row.notebooks]))).all()
        was = next((one for one in all_ if one.notebook_id == notebook.id), None)
        if was is None or was.reason or was.work == work:
            return
        mistakes = sorted({verdict["mistake"] for one in all_ for verdict in one.verdicts if verdict.get("mistake")})
        score = sum(_given(grade, grade.auto_score) for one in row.notebooks for grade in one.grades)
        until = datetime.now(UTC).replace(tzinfo=None)
        db.execute(insert(_history).values(notebook_id=notebook.id, until=until, score=score, mistakes=mistakes))

    def _write_grades(self, notebook: SubmittedNotebook, result: JobResult) -> float:
        """Set a submitted notebook's grades and comments, and return its score; a cell that is not in it scores 0."""
        scores, comments = dict(result.scores), dict(result.comments)
        total = 0.0
        for grade in notebook.grades:
            grade.auto_score = scores.get(self._names[grade.cell_id], 0)
            grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
            total += _given(grade, grade.auto_score)
        for comment in notebook.comments:
            why = f"Not graded: {result.reason}." if result.reason else comments.get(self._names[comment.cell_id])
            comment.auto_comment = why
        return total

    def _penalty(self, student: str, score: float, seconds_late: float) -> float | None:
        if seconds_late <= 0:
            return None
        penalty = self._penalties.late_submission_penalty(student, score, seconds_late)
        return None if penalty is None else min(max(penalty, 0), score)


@contextmanager
def _uncommitted(session: Session) -> Iterator[None]:
    """Let nbgrader's functions commit nothing, which each of them would do: what they write is to be one transaction."""
    session.commit = lambda: None  # type: ignore[method-assign]
    try:
        yield
    finally:
        del session.commit


def _given(grade: Grade, auto_score: float | None) -> float:
    """Return what a grade comes to with this score by machine."""
    given: float | None = auto_score if grade.manual_score is None else grade.manual_score
    # As nbgrader has it: what is not graded yet has no extra credit either.
    return 0.0 if given is None else given + (grade.extra_credit or 0)


def released_notebooks(gradebook: Gradebook) -> set[tuple[str, str]]:
    """Return the lesson and the name of each notebook that was released."""
    return {(one.name, notebook.name) for one in gradebook.assignments for notebook in one.notebooks}


def due_dates(gradebook: Gradebook) -> dict[tuple[str, str], str]:
    """Return by student and lesson until when a submission is in time, extensions included; penalties depend on it."""
    lessons = {row.id: row for row in gradebook.db.execute(select(Assignment.id, Assignment.name, Assignment.duedate))}
    extensions = gradebook.db.execute(
        select(SubmittedAssignment.student_id, SubmittedAssignment.assignment_id, SubmittedAssignment.extension)
    )
    return {
        (row.student_id, lessons[row.assignment_id].name): f"{lessons[row.assignment_id].duedate} {row.extension}"
        for row in extensions
    } | {("", lesson.name): f"{lesson.duedate} None" for lesson in lessons.values()}


def feedback_keys(
    gradebook: Gradebook, submissions: Iterable[Submission], look: Callable[[Submission], bytes]
) -> dict[Submission, tuple[str, str]]:
    """Return what each submission's feedback would be made of now, and what it was made of when it was written.

    `look` tells what a page is made of beside the grades and comments.
    Submissions that could not be read have no feedback and are left out.
    """
    asked = {(one.student, one.lesson, one.notebook): one for one in submissions}
    digests: defaultdict[str, Any] = defaultdict(hashlib.sha256)
    for query in _FEEDBACK_QUERIES:
        for notebook_id, *values in gradebook.db.execute(query):
            digests[notebook_id].update(repr(values).encode())
    keys = {}
    for row in gradebook.db.execute(_QUERY).mappings():
        submission = asked.get(_at(row))
        if submission is not None and not row["reason"]:
            digest = digests[row["notebook_id"]]
            digest.update(row["key"].encode() + look(submission))
            keys[submission] = (digest.hexdigest(), row["feedback_key"])
    return keys


def feedback_written(gradebook: Gradebook, submission: Submission, feedback_key: str) -> None:
    """Note what a submission's feedback was made of."""
    row = gradebook.find_submission_notebook(submission.notebook, submission.lesson, submission.student)
    gradebook.db.execute(update(_table).where(_table.c.notebook_id == row.id).values(feedback_key=feedback_key))
    gradebook.db.commit()
    gradebook.db.expunge_all()


_SCORES = select(Grade.notebook_id, func.sum(Grade.score).label("score")).group_by(Grade.notebook_id).subquery()
_QUERY = (
    select(
        _table,
        SubmittedAssignment.student_id,
        Assignment.name.label("lesson"),
        Notebook.name.label("notebook"),
        func.coalesce(_SCORES.c.score, 0.0).label("score"),
        Notebook.max_score,
    )
    .join(SubmittedNotebook, SubmittedNotebook.id == _table.c.notebook_id)
    .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
    .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
    .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
    .outerjoin(_SCORES, _SCORES.c.notebook_id == SubmittedNotebook.id)
)
_HISTORY = (
    select(
        _history.c.score,
        _history.c.mistakes,
        SubmittedAssignment.student_id,
        Assignment.name.label("lesson"),
    )
    .join(SubmittedNotebook, SubmittedNotebook.id == _history.c.notebook_id)
    .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
    .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
    .order_by(_history.c.id)
)
_FEEDBACK_QUERIES = (
    select(Grade.notebook_id, Grade.cell_id, Grade.auto_score, Grade.manual_score, Grade.extra_credit).order_by(
        Grade.cell_id
    ),
    select(Comment.notebook_id, Comment.cell_id, Comment.auto_comment, Comment.manual_comment).order_by(
        Comment.cell_id
    ),
    select(SubmittedNotebook.id, SubmittedNotebook.late_submission_penalty),
)


def _graded(submission: Submission, row: RowMapping) -> Graded:
    return Graded(
        submission=submission,
        verdicts=tuple(Verdict.from_dict(verdict) for verdict in row["verdicts"]),
        notes=tuple(row["notes"]),
        stopped=row["stopped"],
        sandbox=row["sandbox"],
        reason=row["reason"],
        score=row["score"],
        max_score=row["max_score"],
        provenance=Provenance(row["key"], row["work"]),
    )
