"""What is handed in now: the job that grades a submission, and the provenance that its grade will have."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import nbformat
from nbgrader.api import Gradebook

from ..modules import needed, own_lessons
from .files import File
from .gradebook import Provenance, due_dates, released_notebooks
from .inputs import course_secret, inputs_key
from .job import Job, Settings
from .layout import CourseError, Layout, module_of_lesson
from .preprocessors import saved_tests, skeleton
from .steps import for_one
from .submission import Submission, SubmissionError, work_of
from .submitted import NEVER_BESIDE, Submitted, files_in
from .times import MAX_TIMESTAMP, TimeError, utc, zone_of

# A grade depends on these modules and on all modules that they import. The second runs behind the walls: its name starts it.
_GRADED_BY = ("autograder.grading.job", "autograder.grading.sandbox.forkserver")


@dataclass(frozen=True)
class HandedIn:
    """A submission as it is now: the job that grades it, and the digests of all that its grade depends on."""

    job: Job
    provenance: Provenance
    notes: tuple[str, ...]


class Reader:
    """Reads submissions as they are now. What a lesson's submissions share is read once.

    Parameters
    ----------
    settings
        How the submissions will run.
    """

    def __init__(self, course: Layout, submitted: Submitted, settings: Settings, gradebook: Gradebook) -> None:
        self._course = course
        self._submitted = submitted
        self._settings = settings
        self._gradebook = gradebook
        self._secret = course_secret(course.root)
        self._due = due_dates(gradebook)
        self._released = released_notebooks(gradebook)
        self._zone = zone_of(str(course.config.Exchange.get("timezone", "UTC")))
        self._skeletons: dict[tuple[str, str], str] = {}
        self._digests: dict[tuple[str, str], str] = {}
        self._given: dict[str, tuple[File, ...]] = {}

    def read(self, submission: Submission) -> HandedIn:
        """Return a submission as it is now. Where it can't be read, its job says why.

        Raises
        ------
        CourseError
            When the instructor's notebook or files can't be given to it.
        """
        lesson = submission.lesson
        raw, reason = for_one(lambda: (self._submitted.read(submission), ""), lambda why: (b"", why))
        timestamp, late = for_one(partial(self._timestamp, submission), lambda why: (None, _no_time(why)))
        names = [name for of, name in self._released if of == lesson]
        others = () if reason else for_one(partial(self._submitted.others, submission, names), lambda _: ())
        notes = (*late, *(f"{other} was handed in too, and was not graded" for other in others[:3]))
        student_key = inputs_key(self._secret, submission.student)
        work = work_of(raw, reason)
        until = self._due.get((submission.student, lesson)) or self._due["", lesson]
        files = () if reason else for_one(partial(self._files, submission), lambda _: ())
        # The instructor's are a part of what all grades of the lesson are made of.
        lying = [_digest(file) for file in files if not file.read_only]
        made_of = (work, self._made_of(submission), student_key.hex(), self._settings, timestamp, until, notes, lying)
        provenance = Provenance(hashlib.sha256(repr(made_of).encode()).hexdigest(), work, timestamp)
        job = Job(
            submission, raw, self._skeleton(submission), student_key, self._settings, own_lessons(), reason, files
        )
        return HandedIn(job, provenance, notes)

    def given_with(self, lesson: str) -> tuple[File, ...]:
        """Return the instructor's files beside a lesson's notebook, but for those that are the students' to edit.

        Raises
        ------
        CourseError
            When one of them can't be given to cells.
        """
        if lesson not in self._given:
            found, left_out = files_given(self._course, lesson)
            if left_out:
                raise CourseError(
                    f"Expected that each submission of {lesson} can have the instructor's files; {left_out[0]}. Put a smaller "
                    "one there, or add its name to c.CourseDirectory.ignore if no cell needs it."
                )
            self._given[lesson] = tuple(
                replace(file, read_only=True) for file in found if file.name not in self._to_edit(lesson)
            )
        return self._given[lesson]

    def _files(self, submission: Submission) -> tuple[File, ...]:
        """Return what lies beside a submission's notebook when it runs: the instructor's files, and the student's others."""
        ignored = [*self._course.ignored, *NEVER_BESIDE]
        own = [one for one in self._submitted.beside(submission, ignored) if not one.why]
        given = self.given_with(submission.lesson)
        names = {file.name for file in given}
        lying = (File(one.path.as_posix(), one.content) for one in own)
        # The instructor's come first, so that nothing of the student's lies in their way.
        return (*given, *(file for file in lying if file.name not in names))

    def _to_edit(self, lesson: str) -> Collection[str]:
        """Return the names of the files that students may edit, by nbgrader's own option."""
        files: Collection[str] = self._course.config.Autograde.get("exclude_overwriting", {}).get(lesson, ())
        return files

    def _timestamp(self, submission: Submission) -> tuple[datetime | None, tuple[str, ...]]:
        """Return when a submission was handed in, if that is known, and what to say of it."""
        raw = self._submitted.timestamp(submission, MAX_TIMESTAMP)
        try:
            return utc(raw.decode(), self._zone) if raw is not None else None, ()
        except TimeError as error:
            return None, _no_time(str(error))
        except UnicodeDecodeError:
            return None, _no_time("it is not text in UTF-8")

    def _skeleton(self, submission: Submission) -> str:
        which = submission.lesson, submission.notebook
        if which not in self._skeletons:
            path = self._course.solution(*which)
            saved = saved_tests(self._gradebook, *which)
            try:
                self._skeletons[which] = nbformat.v4.writes(skeleton(path, self._course.config, saved))
            except SubmissionError as error:
                raise CourseError(f"{path.relative_to(self._course.root)}: {error}") from None
        return self._skeletons[which]

    def _made_of(self, submission: Submission) -> str:
        """Return a digest of all that every grade of a notebook depends on: the instructor's, and the code that judges it."""
        which = lesson, _ = submission.lesson, submission.notebook
        if which not in self._digests:
            digest = hashlib.sha256(self._skeleton(submission).encode())
            digest.update(repr([_digest(file) for file in self.given_with(lesson)]).encode())
            own = module_of_lesson(lesson)
            modules = needed(*_GRADED_BY, *([own] if own else ()))
            for name, path in sorted(modules.items()):
                digest.update(name.encode() + path.read_bytes())
            self._digests[which] = digest.hexdigest()
        return self._digests[which]


def files_given(course: Layout, lesson: str) -> tuple[tuple[File, ...], tuple[str, ...]]:
    """Return the instructor's files beside a lesson's notebooks, and why some of them can't be given to cells."""
    return files_in(course.solution(lesson).parent, [*course.ignored, *NEVER_BESIDE])


def _digest(file: File) -> tuple[str, str]:
    return file.name, hashlib.sha256(file.content).hexdigest()


def _no_time(why: str) -> tuple[str, ...]:
    return (f"its timestamp.txt can't be read, so it counts as handed in in time ({why})",)
