"""A course directory, graded in parallel into nbgrader's gradebook and trees.

The pool's processes run submissions; this one alone writes the gradebook, a transaction a submission. A submission that
fails costs its author points and nobody else anything.
"""

from __future__ import annotations

import multiprocessing
import os
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution, is_task
from sqlalchemy.exc import SAWarning
from traitlets.config import Config, PyFileConfigLoader

from ..verdict import Verdict
from . import pool
from .hooks import Execute
from .pool import Done, Job, Submission
from .secret import course_secret


class CourseError(Exception):
    """A course that can't be released or graded; the text says what was seen and what to do."""


@dataclass(frozen=True)
class Graded:
    """What came of one submission.

    `reason` says why it could not be read, and is "" for one that got a grade. `notes` are what had to be mended or
    stopped on the way.
    """

    submission: Submission
    score: float
    max_score: float
    verdicts: tuple[Verdict, ...] = ()
    notes: tuple[str, ...] = ()
    reason: str = ""


class Course:
    """A directory with a `nbgrader_config.py`, laid out as nbgrader wants it."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        if not (self.root / "nbgrader_config.py").exists():
            raise CourseError(f"{self.root} has no nbgrader_config.py: run this in the course's directory")
        self._config: Config = PyFileConfigLoader("nbgrader_config.py", path=str(self.root)).load_config()
        self._directory = CourseDirectory(config=self._config)

    def solution(self, lesson: str) -> Path:
        """Return the path of the instructor's notebook of a lesson."""
        return self.root / "solutions" / lesson / f"{lesson}.ipynb"

    def released(self, lesson: str) -> Path:
        """Return the path of the students' notebook of a lesson."""
        return self.root / "notebooks" / lesson / f"{lesson}.ipynb"

    def graded(self, submission: Submission) -> Path:
        """Return the path of a submission's graded notebook."""
        return self.root / "autograded" / submission.student / submission.lesson / f"{submission.lesson}.ipynb"

    def submissions(self, lessons: tuple[str, ...]) -> list[Submission]:
        """Return what is in `submitted/` of these lessons, by student and lesson."""
        return [
            Submission(student.name, lesson, student / lesson / f"{lesson}.ipynb")
            for student in sorted((self.root / "submitted").glob("*"))
            for lesson in lessons
            if (student / lesson / f"{lesson}.ipynb").exists()
        ]

    def generate_assignment(self, lesson: str) -> None:
        """Release one lesson from `solutions/` into `notebooks/` and the gradebook.

        Raises
        ------
        CourseError
            With nbgrader's own log, when it fails.
        """
        api = NbGraderAPI(coursedir=self._directory, config=self._config)
        result = api.generate_assignment(lesson, force=True)
        if not result["success"]:
            raise CourseError(f"nbgrader could not release {lesson}:\n{result['log']}\n{result['error']}")

    def grade(self, submissions: Sequence[Submission], workers: int) -> Iterator[Graded]:
        """Grade submissions into the gradebook and `autograded/`, each as soon as it is done.

        Raises
        ------
        CourseError
            When a lesson has not been released.
        SandboxError
            When the walls don't stand.
        """
        # The settings are those of the preprocessor, so that nbgrader's commands and this one can't differ in them.
        secret, execute = course_secret(self.root), Execute(config=self._config)
        tier, limits = execute.sandbox, execute.limits()
        with self._gradebook() as gradebook, _processes(workers) as executor:
            released = {assignment.name for assignment in gradebook.assignments}
            missing = sorted({one.lesson for one in submissions} - released)
            if missing:
                raise CourseError(f"{missing[0]} is not in the gradebook: run `autograder release {missing[0]}` first")
            jobs = [Job(one, self.solution(one.lesson), secret, tier, limits, self._config) for one in submissions]
            for future in as_completed([executor.submit(pool.run, job) for job in jobs]):
                yield self._record(gradebook, future.result())

    def write_feedback(self, submissions: Sequence[Submission], workers: int) -> Iterator[tuple[Submission, str]]:
        """Write the feedback pages of graded submissions; yield each with "" or why it could not be written."""
        with _processes(workers) as executor:
            futures = {executor.submit(pool.write_feedback, one, self._config): one for one in submissions}
            for future in as_completed(futures):
                yield futures[future], future.result()

    def _gradebook(self) -> Gradebook:
        return Gradebook(self._directory.db_url, self._directory.course_id)

    def _record(self, gradebook: Gradebook, done: Done) -> Graded:
        """Write one submission's grades, as nbgrader's SaveAutoGrades would, and its graded notebook."""
        submission = done.submission
        gradebook.update_or_create_student(submission.student)
        timestamp = self._directory.get_existing_timestamp(str(submission.path.parent))
        known = {"timestamp": timestamp} if timestamp else {}
        with warnings.catch_warnings():
            # nbgrader reads a submission that it has not added yet, which is harmless, and SQLAlchemy warns of it.
            warnings.simplefilter("ignore", SAWarning)
            row = gradebook.update_or_create_submission(submission.lesson, submission.student, **known)
        cells = nbformat.reads(done.notebook, as_version=4).cells if done.notebook else []
        for notebook in row.notebooks:
            if notebook.name == submission.lesson:
                _write_grades(notebook, {cell.metadata.nbgrader.grade_id: cell for cell in cells if _is_known(cell)})
        gradebook.db.commit()
        if row.total_seconds_late > 0:
            place = {"notebook": submission.lesson, "assignment": submission.lesson, "student": submission.student}
            resources = {"nbgrader": {**place, "db_url": self._directory.db_url}}
            AssignLatePenalties(config=self._config).preprocess(nbformat.v4.new_notebook(), resources)
            gradebook.db.refresh(row)
        if done.notebook:
            _write_beside(self.graded(submission), done.notebook)
        return Graded(submission, row.score, row.max_score, done.verdicts, done.notes, done.reason)


def _processes(workers: int) -> Executor:
    # Not forked: a fork would take along the gradebook's connection.
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def _is_known(cell: Any) -> bool:
    return bool(is_grade(cell) or is_solution(cell) or is_task(cell))


def _write_grades(notebook: Any, cells: dict[str, Any]) -> None:
    """Set a submitted notebook's grades and comments; where there are no cells, it could not be read and scores 0."""
    for grade in notebook.grades:
        cell = cells.get(grade.cell.name)
        grade.auto_score = determine_grade(cell)[0] if cell is not None else 0
        grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
    for comment in notebook.comments:
        cell = cells.get(comment.cell.name)
        unchanged = cell is not None and not is_task(cell) and cell.metadata.nbgrader.checksum == compute_checksum(cell)
        comment.auto_comment = "No response." if unchanged else None


def _write_beside(path: Path, text: str) -> None:
    """Write a file in one step: whoever reads it sees the old one or the new one, and never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
