"""A course directory, graded by nbgrader's own converters, one submission at a time.

Each submission is run in a kernel of its own. One that fails costs its author points and nobody else anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

from ..verdict import MIME_TYPE, Verdict


class CourseError(Exception):
    """A course that can't be released or graded; the text says what was seen and what to do."""


@dataclass(frozen=True)
class Submission:
    """One notebook that a student handed in."""

    student: str
    lesson: str
    path: Path


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
        loader = PyFileConfigLoader("nbgrader_config.py", path=str(self.root))
        self._config: Config = loader.load_config()
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
        result = self._api().generate_assignment(lesson, force=True)
        if not result["success"]:
            raise CourseError(f"nbgrader could not release {lesson}:\n{result['log']}\n{result['error']}")

    def grade(self, submissions: list[Submission], feedback: bool) -> Iterator[Graded]:
        """Grade submissions one after the other into the gradebook, `autograded/` and, if asked for, `feedback/`."""
        api = self._api()
        for submission in submissions:
            reason = _unreadable(submission.path)
            result = api.autograde(submission.lesson, submission.student, force=True)
            if not result["success"]:
                reason = reason or _last_line(result)
                self._score_nothing(submission)
            elif feedback:
                api.generate_feedback(submission.lesson, submission.student, force=True)
            yield self._result(submission, reason if not result["success"] else "")

    def _api(self) -> NbGraderAPI:
        return NbGraderAPI(coursedir=self._directory, config=self._config)

    def _gradebook(self) -> Gradebook:
        return Gradebook(self._directory.db_url, self._directory.course_id)

    def _score_nothing(self, submission: Submission) -> None:
        """Give an ungradable submission 0 in the gradebook, so that nothing of it waits for ever to be graded by hand."""
        with self._gradebook() as gradebook:
            try:
                rows = gradebook.find_submission(submission.lesson, submission.student)
            except MissingEntry:
                return
            for notebook in rows.notebooks:
                for grade in notebook.grades:
                    grade.auto_score, grade.needs_manual_grade = 0, False
            gradebook.db.commit()

    def _result(self, submission: Submission, reason: str) -> Graded:
        with self._gradebook() as gradebook:
            maximum = gradebook.find_assignment(submission.lesson).max_score
            try:
                score = gradebook.find_submission(submission.lesson, submission.student).score
            except MissingEntry:
                score = 0.0
        if reason:
            return Graded(submission, score, maximum, reason=reason)
        notebook = nbformat.read(self.graded(submission), as_version=4)
        repairs = notebook.metadata.get("autograder", {}).get("repairs", [])
        verdicts = tuple(verdict for cell in notebook.cells if (verdict := _verdict(cell)) is not None)
        return Graded(submission, score, maximum, verdicts, (*repairs, *_stops(notebook.cells)))


def _unreadable(path: Path) -> str:
    """Say in a sentence why a file is no notebook; "" if it is one."""
    try:
        nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except json.JSONDecodeError as error:
        return f"the file is not valid JSON (line {error.lineno})"
    except nbformat.reader.NotJSONError:
        return "the file is not valid JSON"
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        return f"the file is not a notebook ({type(error).__name__})"
    return ""


def _last_line(result: dict[str, Any]) -> str:
    lines = [line for line in str(result.get("error") or result.get("log")).splitlines() if line.strip()]
    return lines[-1].strip()[:200] if lines else "nbgrader could not grade it"


def _verdict(cell: Any) -> Verdict | None:
    """Return the verdict that a check cell's output carries."""
    if not cell.metadata.get("nbgrader", {}).get("grade"):
        return None
    for output in cell.get("outputs", []):
        record = output.get("data", {}).get(MIME_TYPE)
        if record is not None:
            try:
                return Verdict.from_dict(record)
            except (TypeError, ValueError):
                return None
    return None


def _stops(cells: list[Any]) -> list[str]:
    """Return a note for each cell of the student's that ended in an error."""
    notes = []
    for cell in cells:
        nbgrader = cell.metadata.get("nbgrader", {})
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                name = f"the answer cell {nbgrader.grade_id!r}" if "grade_id" in nbgrader else "an added cell"
                stopped = output.ename in ("KeyboardInterrupt", "CellTimeoutError")
                what = "did not come to an end and was stopped" if stopped else f"raised {output.ename}"
                notes.append(f"{name} {what}")
                break
    return notes
