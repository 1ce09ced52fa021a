"""A course directory, graded in parallel into nbgrader's gradebook and trees.

A pool's processes run submissions; this one alone writes the gradebook. What it has written is known by what it was made
of, so a second run grades only what changed.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties

from ..modules import file_of
from . import configuration, configure, feedback, formulas, from_solutions, job, opening, pages, pictures, summary_cell
from .gradebook import (
    Graded,
    Provenance,
    Recorder,
    ReplacedWork,
    feedback_keys,
    feedback_written,
    known_grades,
    released_notebooks,
    replaced,
)
from .graded_tree import GradedTree
from .handed_in import HandedIn, Reader
from .job import Job, JobResult, Settings, unfinished
from .layout import CourseError, Layout, module_of_lesson
from .pool import Pool
from .preprocessors import Execute
from .steps import for_one
from .submission import Submission
from .submitted import Submitted

__all__ = ["Change", "Course", "CourseError"]

# What the look of a feedback page depends on.
_PAGES_BY = (configure, feedback, formulas, from_solutions, pages, pictures, summary_cell)


@dataclass(frozen=True)
class Change:
    """A score that changes although the work is the same."""

    submission: Submission
    before: float
    after: float


@dataclass(frozen=True)
class _Plan:
    """The plan of a run: the unchanged submissions, the submissions to grade, and which of those are the same work again."""

    unchanged: tuple[Graded, ...]
    to_grade: tuple[Submission, ...]
    again: frozenset[Submission]


class Course(Layout):
    """A directory with a `nbgrader_config.py`, and what is done with it: lessons are released, and submissions graded."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._submitted = Submitted(self.submitted_folder, self.solutions_folder)
        self._tree = GradedTree(self, self._submitted)

    def submissions(self, lessons: Sequence[str], student: str | None = None) -> list[Submission]:
        """Return what is in `submitted/` of these lessons, by student, lesson and notebook.

        A notebook of the instructor's that was not released, as the others of its lesson were, is nobody's task.

        Raises
        ------
        CourseError
            When the gradebook can't be used.
        """
        released = self.released_notebooks()
        written = {lesson: self.notebooks(lesson) for lesson in lessons}
        tasks = {
            lesson: [name for name in names if (lesson, name) in released] or names for lesson, names in written.items()
        }
        left_out = self.directory.student_id_exclude.split(",")
        return [one for one in self._submitted.submissions(tasks, student) if one.student not in left_out]

    def work_now(self, submission: Submission) -> str:
        """Return the digest of what is handed in now."""
        return self._submitted.work(submission)

    def generate_assignment(self, lesson: str) -> None:
        """Release one lesson from `solutions/` into `notebooks/` and the gradebook.

        Raises
        ------
        CourseError
            With nbgrader's own log, when it fails; or when another command is writing to this course.
        """
        api = NbGraderAPI(coursedir=self.directory, config=self.config)
        with opening.alone(self):
            result = api.generate_assignment(lesson, force=True)
        if not result["success"]:
            raise CourseError(f"nbgrader could not release {lesson}:\n{result['log']}\n{result['error']}")

    def settings(self) -> Settings:
        """Return the settings for running submissions, from `Execute` in `nbgrader_config.py`."""
        # They come from the preprocessor, so that nbgrader's commands use the same.
        execute = configuration.configured(Execute, self.config)
        return Settings(execute.sandbox, execute.limits())

    def released_notebooks(self) -> set[tuple[str, str]]:
        """Return the lesson and the name of each notebook that the gradebook knows; none where there is no gradebook yet.

        Raises
        ------
        CourseError
            When the gradebook can't be used.
        """
        if not opening.is_there(self):
            return set()
        with opening.to_read(self) as gradebook:
            return released_notebooks(gradebook)

    def known_grades(self, submissions: Sequence[Submission]) -> dict[Submission, Graded]:
        """Return the grades of these submissions from the gradebook. A submission that was not graded yet is left out.

        Raises
        ------
        CourseError
            When the gradebook can't be used, or another version of this package graded into it.
        """
        with opening.to_read_results(self) as gradebook:
            return known_grades(gradebook, submissions)

    def replaced(self, since: datetime) -> list[ReplacedWork]:
        """Return the graded work that other work of its student has replaced since a time in UTC.

        Raises
        ------
        CourseError
            When the gradebook can't be used, or another version of this package graded into it.
        """
        with opening.to_read_results(self) as gradebook:
            return replaced(gradebook, since)

    def grade(
        self,
        submissions: Sequence[Submission],
        pool: Pool,
        settings: Settings,
        force: bool = False,
        agree: Callable[[list[Change]], bool] = lambda _: True,
    ) -> Iterator[Graded]:
        """Grade submissions into the gradebook and `autograded/`.

        What is handed in for the first time, or anew, is written as soon as it is done. Where the same work is graded
        again, since the lesson or the grader changed, nothing is written before all of it is done.

        Parameters
        ----------
        force
            Grade what has not changed since it was graded, too.
        agree
            Is told which scores change for the same work, and says whether to write them. Where it doesn't, the grades of
            that work stay as they were.

        Raises
        ------
        CourseError
            When a lesson has not been released, another command is writing to this course, or the gradebook can't be used.
        SandboxError
            When the walls don't stand.
        """
        with opening.to_write(self) as gradebook:
            _check_released(gradebook, {(one.lesson, one.notebook) for one in submissions})
            self._tree.check_writable()
            reader = Reader(self, self._submitted, settings, gradebook)
            known = known_grades(gradebook, submissions)
            plan = self._plan(submissions, known, reader, force)
            yield from plan.unchanged
            recorder = Recorder(gradebook, self._penalties())
            keep = partial(self._keep, reader, recorder)
            held: list[tuple[Provenance, JobResult]] = []
            for provenance, result in self._run(plan.to_grade, reader, pool):
                if result.submission in plan.again:
                    held.append((provenance, replace(result, notebook="")))
                else:
                    yield keep(provenance, result)
            if not held or _agreed(held, known, recorder, agree):
                yield from (keep(provenance, result) for provenance, result in held)
            else:
                yield from (self._left_as_it_was(known[result.submission]) for _, result in held)

    def _plan(
        self, submissions: Sequence[Submission], known: Mapping[Submission, Graded], reader: Reader, force: bool
    ) -> _Plan:
        """Compare the submissions with those that the grades in the gradebook were made of."""
        unchanged, to_grade, again = [], [], set()
        for submission in submissions:
            before, now = known.get(submission), reader.read(submission).provenance
            whole = before is not None and self._is_whole(before)
            if before is not None and whole and before.provenance.key == now.key and not force:
                unchanged.append(self._left_as_it_was(before))
                continue
            to_grade.append(submission)
            if before is not None and whole and before.provenance.work == now.work:
                again.add(submission)
        return _Plan(tuple(unchanged), tuple(to_grade), frozenset(again))

    def _run(
        self, submissions: Iterable[Submission], reader: Reader, pool: Pool
    ) -> Iterator[tuple[Provenance, JobResult]]:
        """Grade submissions in a pool; yield each result, whose notebook lies beside its place, and what it was made of."""
        in_flight: dict[Submission, HandedIn] = {}

        def jobs() -> Iterator[Job]:
            # Each is read again when its turn comes, because a whole class does not fit into memory.
            for submission in submissions:
                in_flight[submission] = reader.read(submission)
                yield in_flight[submission].job

        for task, result in pool.map(job.run, jobs()):
            handed_in = in_flight.pop(task.submission)
            result = result or unfinished(task.submission)
            result = replace(result, submission=task.submission, notes=(*result.notes, *handed_in.notes))
            yield handed_in.provenance, for_one(partial(self._tree.put_beside, result), result.failed)

    def _is_whole(self, graded: Graded) -> bool:
        return bool(graded.reason) or for_one(partial(self._tree.holds, graded.submission), lambda _: False)

    def _left_as_it_was(self, before: Graded) -> Graded:
        for_one(partial(self._tree.take_back, before.submission), lambda _: None)
        return replace(before, unchanged=True)

    def _keep(self, reader: Reader, recorder: Recorder, provenance: Provenance, result: JobResult) -> Graded:
        """Write the files of a submission, then its grades."""
        if not result.reason:
            given = reader.given_with(result.submission.lesson)
            result = for_one(partial(self._tree.keep, result, given), result.failed)
        if result.reason:
            for_one(partial(self._tree.take_away, result.submission), lambda _: None)
        return for_one(
            partial(recorder.record, result, provenance),
            lambda why: recorder.unrecorded(result.failed(why), provenance),
        )

    def _penalties(self) -> LateSubmissionPlugin:
        penalties = AssignLatePenalties(config=self.config)
        penalties.init_plugin()
        return penalties.plugin_inst

    def write_feedback(
        self, submissions: Sequence[Submission], pool: Pool, force: bool = False
    ) -> Iterator[tuple[Submission, str]]:
        """Write the feedback of each graded submission for which anything in it has changed.

        Yields each submission with feedback, and "" or the reason why its page could not be written.

        Raises
        ------
        CourseError
            When another command is writing to this course, or the gradebook can't be used.
        """
        with opening.to_write(self) as gradebook:
            look = self._look()
            # The lesson's pictures come from the instructor's notebook.
            solutions = {self.solution(one.lesson, one.notebook) for one in submissions}
            looks = {path: hashlib.sha256(look + path.read_bytes()).digest() for path in solutions}
            keys = feedback_keys(gradebook, submissions, lambda one: looks[self.solution(one.lesson, one.notebook)])
            stale = []
            for submission, (now, written) in keys.items():
                if now == written and for_one(self.feedback(submission).exists, lambda _: False) and not force:
                    yield submission, ""
                else:
                    stale.append(submission)
            for task, written_or_why in pool.map(feedback.write, feedback.by_folder(stale, self.config)):
                whys = written_or_why or ["it ended the process that wrote it"] * len(task.submissions)
                for submission, why in zip(task.submissions, whys, strict=True):
                    if not why:
                        feedback_written(gradebook, submission, keys[submission][0])
                    yield submission, why

    def _look(self) -> bytes:
        """Return all that the look of every feedback page depends on."""
        templates = file_of("autograder").parent / "templates"
        made_by = (
            *configuration.files(self.root),
            templates / summary_cell.TEMPLATE,
            *sorted((templates / "nbconvert" / "lesson_feedback").iterdir()),
            *(file_of(one.__name__) for one in _PAGES_BY),
        )
        return b"".join(path.read_bytes() for path in made_by)


def _check_released(gradebook: Gradebook, notebooks: Collection[tuple[str, str]]) -> None:
    """Raise CourseError where one of these notebooks was not released."""
    for lesson, notebook in sorted(set(notebooks) - released_notebooks(gradebook)):
        # A course without lessons of ours releases them by nbgrader.
        command = "autograder release" if module_of_lesson(lesson) else "nbgrader generate_assignment"
        what = lesson if notebook == lesson else f"The notebook {notebook} of {lesson}"
        raise CourseError(f"{what} is not in the gradebook. Run `{command} {shlex.quote(lesson)}` first.")


def _agreed(
    held: Sequence[tuple[Provenance, JobResult]],
    known: Mapping[Submission, Graded],
    recorder: Recorder,
    agree: Callable[[list[Change]], bool],
) -> bool:
    """Ask whether to write the scores that change for the same work. If no score changes, do not ask."""
    changes = [
        Change(result.submission, known[result.submission].score, recorder.score_of(result)) for _, result in held
    ]
    changes = [change for change in changes if change.before != change.after]
    return not changes or agree(changes)
