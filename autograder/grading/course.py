"""A course directory, graded in parallel into nbgrader's gradebook and trees.

A pool's processes run submissions; this one alone writes the gradebook. What it has written is known by what it was made
of, so a second run grades only what changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shlex
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatch
from functools import partial
from itertools import count
from pathlib import Path, PurePosixPath

import nbformat
from nbgrader.api import Gradebook, InvalidEntry
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from ..modules import LESSONS, file_of, is_module, needed, own_lessons
from . import (
    GradingError,
    configuration,
    configure,
    feedback,
    formulas,
    from_solutions,
    job,
    pages,
    pictures,
    summary_cell,
)
from .files import File, beside, write_beside
from .gradebook import (
    Earlier,
    GradebookError,
    Graded,
    Provenance,
    Recorder,
    due_dates,
    earlier,
    feedback_keys,
    feedback_written,
    prepare,
    replaced,
)
from .inputs import course_secret, inputs_key
from .job import Job, JobResult, Settings, unfinished
from .pool import Pool
from .preprocessors import Execute, saved_tests, skeleton
from .steps import for_one
from .submission import Submission, SubmissionError, work_of
from .submitted import NEVER_BESIDE, Submitted, files_in, plain
from .times import MAX_TIMESTAMP, TimeError, utc, zone_of

# A grade depends on these modules and on all modules that they import. The second runs behind the walls: its name starts it.
_GRADED_BY = ("autograder.grading.job", "autograder.grading.sandbox.forkserver")

# What the look of a feedback page depends on.
_PAGES_BY = (configure, feedback, formulas, from_solutions, pages, pictures, summary_cell)

# nbgrader's permissions for a graded file.
_PERMISSIONS = 0o444


class CourseError(GradingError):
    """A course can't be released or graded. The text says what was seen and what to do."""


@dataclass(frozen=True)
class Change:
    """A score that changes although the work is the same."""

    submission: Submission
    before: float
    after: float


@dataclass(frozen=True)
class _HandedIn:
    """A submission as it is now: the job that grades it, and the digests of all that its grade depends on."""

    job: Job
    provenance: Provenance
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Plan:
    """The plan of a run: the unchanged submissions, the submissions to grade, and which of those are the same work again."""

    unchanged: tuple[Graded, ...]
    to_grade: tuple[Submission, ...]
    again: frozenset[Submission]


class Course:
    """A directory with a `nbgrader_config.py`, in nbgrader's layout."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._config = configuration.read(self.root)
        self._directory = CourseDirectory(config=self._config)
        self._submitted = Submitted(self._tree(self._directory.submitted_directory), self.solutions_folder)
        self._zone = zone_of(str(self._config.Exchange.get("timezone", "UTC")))
        self._skeletons: dict[tuple[str, str], str] = {}
        self._digests: dict[tuple[str, str], str] = {}
        self._given: dict[str, tuple[File, ...]] = {}

    def _tree(self, name: str) -> Path:
        """Return a folder of nbgrader's, such as `source_directory`, by the name that the configuration gives it."""
        return self.root / name

    @property
    def name(self) -> str:
        """The course's id."""
        return str(self._directory.course_id)

    @property
    def solutions_folder(self) -> Path:
        """The folder of the instructor's notebooks."""
        return self._tree(self._directory.source_directory)

    @property
    def notebooks_folder(self) -> Path:
        """The folder of the students' notebooks."""
        return self._tree(self._directory.release_directory)

    def solution(self, lesson: str, notebook: str = "") -> Path:
        """Return the path of the instructor's notebook of a lesson, which has the lesson's name if it is not told another."""
        return self.solutions_folder / lesson / f"{notebook or lesson}.ipynb"

    def released(self, lesson: str) -> Path:
        """Return the path of the students' notebook of a lesson."""
        return self.notebooks_folder / lesson / f"{lesson}.ipynb"

    def graded(self, submission: Submission) -> Path:
        """Return the path of a submission's graded notebook."""
        folder = self._tree(self._directory.autograded_directory) / submission.student / submission.lesson
        return folder / f"{submission.notebook}.ipynb"

    def feedback(self, submission: Submission) -> Path:
        """Return the path of a submission's feedback page."""
        folder = self._tree(self._directory.feedback_directory) / submission.student / submission.lesson
        return folder / f"{submission.notebook}.html"

    def lessons(self, names: Sequence[str] = ()) -> tuple[str, ...]:
        """Return the folders of the lessons with these names, such as `chain_rule` or `02_chain_rule`. Without a name, return all.

        Raises
        ------
        CourseError
            When there is no such lesson in the course's source directory.
        """
        folders = sorted(
            path.name
            for path in self.solutions_folder.glob("*")
            if not any(fnmatch(path.name, pattern) for pattern in self._directory.ignore) and self.notebooks(path.name)
        )
        by_name = {name: folder for folder in folders for name in (folder, folder.partition("_")[2])}
        unknown = [name for name in names if name not in by_name]
        if unknown:
            raise CourseError(
                f"There is no lesson {unknown[0]!r} in {self._directory.source_directory}/. The lessons are {', '.join(folders)}"
            )
        return tuple(by_name[name] for name in names) or tuple(folders)

    def notebooks(self, lesson: str) -> tuple[str, ...]:
        """Return the names of the instructor's notebooks of a lesson."""
        return tuple(
            sorted(path.stem for path in self.solution(lesson).parent.glob(f"{self._directory.notebook_id}.ipynb"))
        )

    def submissions(self, lessons: Sequence[str], student: str | None = None) -> list[Submission]:
        """Return what is in `submitted/` of these lessons, by student, lesson and notebook.

        A notebook of the instructor's that was not released, as the others of its lesson were, is nobody's task.
        """
        released = self.released_notebooks()
        written = {lesson: self.notebooks(lesson) for lesson in lessons}
        tasks = {
            lesson: [name for name in names if (lesson, name) in released] or names for lesson, names in written.items()
        }
        left_out = self._directory.student_id_exclude.split(",")
        return [one for one in self._submitted.submissions(tasks, student) if one.student not in left_out]

    def work_now(self, submission: Submission) -> str:
        """Return the digest of what is handed in now."""
        return self._submitted.work(submission)

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

    def settings(self) -> Settings:
        """Return the settings for running submissions, from `Execute` in `nbgrader_config.py`."""
        # They come from the preprocessor, so that nbgrader's commands use the same.
        execute = configuration.configured(Execute, self._config)
        return Settings(execute.sandbox, execute.limits())

    def earlier(self, submissions: Sequence[Submission]) -> dict[Submission, Graded]:
        """Return the grades of these submissions from the gradebook. A submission that was not graded yet is left out.

        Raises
        ------
        CourseError
            When the gradebook can't be used.
        """
        with self._gradebook() as gradebook:
            return earlier(gradebook, submissions)

    def replaced(self, since: datetime) -> list[Earlier]:
        """Return the graded work that other work of its student has replaced since a time in UTC.

        Raises
        ------
        CourseError
            When the gradebook can't be used.
        """
        with self._gradebook() as gradebook:
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
            When a lesson has not been released, another run is at work, or the gradebook can't be used.
        SandboxError
            When the walls don't stand.
        """
        with self._alone(), self._gradebook() as gradebook:
            released = self._check_released(gradebook, {(one.lesson, one.notebook) for one in submissions})
            self._check_writable()
            read = partial(self._handed_in, settings, course_secret(self.root), due_dates(gradebook), released)
            known = earlier(gradebook, submissions)
            plan = self._plan(submissions, known, read, force)
            yield from plan.unchanged
            recorder = Recorder(gradebook, self._penalties())
            held: list[tuple[Provenance, JobResult]] = []
            for provenance, result in self._run(plan.to_grade, read, pool):
                if result.submission in plan.again:
                    held.append((provenance, replace(result, notebook="")))
                else:
                    yield self._keep(recorder, provenance, result)
            if not held or self._agreed(held, known, recorder, agree):
                yield from (self._keep(recorder, provenance, result) for provenance, result in held)
            else:
                yield from (self._left_as_it_was(known[result.submission]) for _, result in held)

    def _plan(
        self,
        submissions: Sequence[Submission],
        known: Mapping[Submission, Graded],
        read: Callable[[Submission], _HandedIn],
        force: bool,
    ) -> _Plan:
        """Compare the submissions with those that the grades in the gradebook were made of."""
        unchanged, to_grade, again = [], [], set()
        for submission in submissions:
            before, now = known.get(submission), read(submission).provenance
            whole = before is not None and for_one(partial(self._is_whole, before), lambda _: False)
            if before is not None and whole and before.provenance.key == now.key and not force:
                unchanged.append(self._left_as_it_was(before))
                continue
            to_grade.append(submission)
            if before is not None and whole and before.provenance.work == now.work:
                again.add(submission)
        return _Plan(tuple(unchanged), tuple(to_grade), frozenset(again))

    def _run(
        self, submissions: Iterable[Submission], read: Callable[[Submission], _HandedIn], pool: Pool
    ) -> Iterator[tuple[Provenance, JobResult]]:
        """Grade submissions in a pool; yield each result, whose notebook lies beside its place, and what it was made of."""
        in_flight: dict[Submission, _HandedIn] = {}

        def jobs() -> Iterator[Job]:
            # Each is read again when its turn comes, because a whole class does not fit into memory.
            for submission in submissions:
                in_flight[submission] = read(submission)
                yield in_flight[submission].job

        for task, result in pool.map(job.run, jobs()):
            handed_in = in_flight.pop(task.submission)
            result = result or unfinished(task.submission)
            result = replace(result, submission=task.submission, notes=(*result.notes, *handed_in.notes))
            yield handed_in.provenance, for_one(partial(self._put_beside, result), result.failed)

    def _agreed(
        self,
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

    def _left_as_it_was(self, before: Graded) -> Graded:
        # An earlier run may have left these: it was killed, or was told not to write, before it moved the notebook.
        for_one(partial(beside(self.graded(before.submission)).unlink, missing_ok=True), lambda _: None)
        return replace(before, unchanged=True)

    def _penalties(self) -> LateSubmissionPlugin:
        penalties = AssignLatePenalties(config=self._config)
        penalties.init_plugin()
        return penalties.plugin_inst

    def write_feedback(
        self, submissions: Sequence[Submission], pool: Pool, force: bool = False
    ) -> Iterator[tuple[Submission, str]]:
        """Write the feedback of each graded submission for which anything in it has changed.

        Yields each submission with feedback, and "" or the reason why its page could not be written.
        """
        with self._alone(), self._gradebook() as gradebook:
            templates = file_of("autograder").parent / "templates"
            made_by = (
                *configuration.files(self.root),
                templates / summary_cell.TEMPLATE,
                *sorted((templates / "nbconvert" / "lesson_feedback").iterdir()),
                *(file_of(one.__name__) for one in _PAGES_BY),
            )
            look = b"".join(path.read_bytes() for path in made_by)
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
            for task, written_or_why in pool.map(feedback.write, feedback.by_folder(stale, self._config)):
                whys = written_or_why or ["it ended the process that wrote it"] * len(task.submissions)
                for submission, why in zip(task.submissions, whys, strict=True):
                    if not why:
                        feedback_written(gradebook, submission, keys[submission][0])
                    yield submission, why

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold a lock, so that no other run writes to this course at the same time."""
        with _writing(), (self.root / ".autograder-lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise CourseError(
                    f"another `autograder grade` (process {file.read().strip()}) is grading this course. Wait until it ends."
                ) from None
            file.truncate(0)
            file.write(f"{os.getpid()}")
            file.flush()
            yield

    @contextmanager
    def _gradebook(self) -> Iterator[Gradebook]:
        try:
            with Gradebook(self._directory.db_url, self._directory.course_id) as gradebook:
                prepare(gradebook)
                yield gradebook
        except (SQLAlchemyError, InvalidEntry, GradebookError) as error:
            # Without the SQL statement, which does not help the reader.
            cause = error.__cause__ if isinstance(error, GradebookError) else error
            said = getattr(cause, "orig", None) or cause
            match getattr(said, "sqlite_errorcode", 0) & 0xFF:
                case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
                    raise CourseError(_set_aside(Path(make_url(self._directory.db_url).database or ""))) from error
                case sqlite3.SQLITE_BUSY:
                    what = "another program is writing to it. Wait until it ends, and run this command again. All written grades are kept"
                    raise CourseError(f"The gradebook is locked: {what}.") from error
            # A column or a table that is missing was added by a later nbgrader.
            what = ". An older nbgrader made it: run `nbgrader db upgrade` here" if "no such" in str(said) else ""
            raise CourseError(f"The gradebook can't be used: {said}{what}") from error

    def released_notebooks(self) -> set[tuple[str, str]]:
        """Return the lesson and the name of each notebook that the gradebook knows; none where there is no gradebook yet."""
        url = make_url(self._directory.db_url)
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
            return set()
        with self._gradebook() as gradebook:
            return _released(gradebook)

    def _check_released(self, gradebook: Gradebook, notebooks: set[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return the lesson and the name of each released notebook; raise CourseError where one of these is not among them."""
        known = _released(gradebook)
        for lesson, notebook in sorted(notebooks - known):
            # A course without lessons of ours releases them by nbgrader.
            command = "autograder release" if module_of_lesson(lesson) else "nbgrader generate_assignment"
            what = lesson if notebook == lesson else f"The notebook {notebook} of {lesson}"
            raise CourseError(f"{what} is not in the gradebook. Run `{command} {shlex.quote(lesson)}` first.")
        return known

    def _check_writable(self) -> None:
        """Raise CourseError where no graded notebook can be written, which would be each submission's reason."""
        folder = self._tree(self._directory.autograded_directory)
        folder.mkdir(exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise CourseError(f"Nothing can be written into {folder}. Give yourself the permission to write there.")

    def _handed_in(
        self,
        settings: Settings,
        secret: bytes,
        due: Mapping[tuple[str, str], str],
        released: Collection[tuple[str, str]],
        submission: Submission,
    ) -> _HandedIn:
        """Read a submission as it is now."""
        lesson = submission.lesson
        raw, reason = for_one(lambda: (self._submitted.read(submission), ""), lambda why: (b"", why))
        timestamp, late = for_one(partial(self._timestamp, submission), lambda why: (None, _no_time(why)))
        names = [name for of, name in released if of == lesson]
        others = () if reason else for_one(partial(self._submitted.others, submission, names), lambda _: ())
        notes = (*late, *(f"{other} was handed in too, and was not graded" for other in others[:3]))
        student_key = inputs_key(secret, submission.student)
        work = work_of(raw, reason)
        until = due.get((submission.student, lesson)) or due["", lesson]
        files = () if reason else for_one(partial(self._files, submission), lambda _: ())
        # The instructor's are a part of what all grades of the lesson are made of.
        lying = [_digest(file) for file in files if not file.read_only]
        made_of = (work, self._made_of(submission), student_key.hex(), settings, timestamp, until, notes, lying)
        provenance = Provenance(hashlib.sha256(repr(made_of).encode()).hexdigest(), work, timestamp)
        job = Job(submission, raw, self._skeleton(submission), student_key, settings, own_lessons(), reason, files)
        return _HandedIn(job, provenance, notes)

    def _files(self, submission: Submission) -> tuple[File, ...]:
        """Return what lies beside a submission's notebook when it runs: the instructor's files, and the student's others."""
        ignored = [*self._directory.ignore, *NEVER_BESIDE]
        own = [one for one in self._submitted.beside(submission, ignored) if not one.why]
        given = self._given_with(submission.lesson)
        names = {file.name for file in given}
        lying = (File(one.path.as_posix(), one.content) for one in own)
        # The instructor's come first, so that nothing of the student's lies in their way.
        return (*given, *(file for file in lying if file.name not in names))

    def _given_with(self, lesson: str) -> tuple[File, ...]:
        """Return the instructor's files beside a lesson's notebook, but for those that are the students' to edit."""
        if lesson not in self._given:
            found = files_in(self.solution(lesson).parent, [*self._directory.ignore, *NEVER_BESIDE])
            self._given[lesson] = tuple(
                replace(file, read_only=True) for file in found if file.name not in self._to_edit(lesson)
            )
        return self._given[lesson]

    def _to_edit(self, lesson: str) -> Collection[str]:
        """Return the names of the files that students may edit, by nbgrader's own option."""
        files: Collection[str] = self._config.Autograde.get("exclude_overwriting", {}).get(lesson, ())
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
            with self._gradebook() as gradebook:
                saved = saved_tests(gradebook, *which)
            try:
                self._skeletons[which] = nbformat.v4.writes(skeleton(self.solution(*which), self._config, saved))
            except SubmissionError as error:
                raise CourseError(f"{self.solution(*which).relative_to(self.root)}: {error}") from None
        return self._skeletons[which]

    def _made_of(self, submission: Submission) -> str:
        """Return a digest of all that every grade of a notebook depends on: the instructor's, and the code that judges it."""
        which = lesson, _ = submission.lesson, submission.notebook
        if which not in self._digests:
            digest = hashlib.sha256(self._skeleton(submission).encode())
            digest.update(repr([_digest(file) for file in self._given_with(lesson)]).encode())
            own = module_of_lesson(lesson)
            modules = needed(*_GRADED_BY, *([own] if own else ()))
            for name, path in sorted(modules.items()):
                digest.update(name.encode() + path.read_bytes())
            self._digests[which] = digest.hexdigest()
        return self._digests[which]

    def _is_whole(self, graded: Graded) -> bool:
        return bool(graded.reason) or self.graded(graded.submission).exists()

    def _put_beside(self, result: JobResult) -> JobResult:
        """Write a graded notebook beside its final place. `_keep` moves it there."""
        if result.notebook:
            path = beside(self.graded(result.submission))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.write_text(result.notebook, encoding="utf-8")
            path.chmod(_PERMISSIONS)
        return result

    def _keep(self, recorder: Recorder, provenance: Provenance, result: JobResult) -> Graded:
        """Write the files of a submission, then its grades."""
        result = for_one(partial(self._keep_files, result), result.failed)
        if result.reason:
            for_one(partial(self._take_away, result.submission), lambda _: None)
        return for_one(
            partial(recorder.record, result, provenance),
            lambda why: recorder.unrecorded(result.failed(why), provenance),
        )

    def _keep_files(self, result: JobResult) -> JobResult:
        """Write `autograded/` as nbgrader does: the notebook, and beside it the instructor's files and what else was handed in."""
        if result.reason:
            return result
        path, lesson = self.graded(result.submission), result.submission.lesson
        beside(path).replace(path)
        given = self._given_with(lesson)
        # First, as where the cells run.
        for file in given:
            write_beside(path.parent / file.name, file.content, _PERMISSIONS)
        names = {file.name for file in given}
        # nbgrader copies what is here into feedback/ before it writes the pages there.
        pages = {f"{name}.html" for name in self.notebooks(lesson)}
        left_out = []
        for one in self._submitted.beside(result.submission, [*self._directory.ignore, "*.ipynb", beside(path).name]):
            if one.path.as_posix() in names:
                continue
            taken = (
                _left_out(one.path, "a feedback page has this name") if pages.intersection(one.path.parts[:1]) else ""
            )
            write = partial(self._copy, path.parent / one.path, one.content)
            why = one.why or taken or for_one(write, partial(_left_out, one.path))
            left_out += [why] if why else []
        more = (f"{len(left_out) - 3:,} more files were left out",) if len(left_out) > 3 else ()
        return replace(result, notes=(*result.notes, *left_out[:3], *more))

    def _copy(self, path: Path, content: bytes) -> str:
        write_beside(path, content, _PERMISSIONS)
        return ""

    def _take_away(self, submission: Submission) -> None:
        """Remove what is there of an earlier hand-in, and no longer what the gradebook says."""
        path = self.graded(submission)
        for stale in (path, beside(path), self.feedback(submission)):
            stale.unlink(missing_ok=True)


def _released(gradebook: Gradebook) -> set[tuple[str, str]]:
    return {(one.name, notebook.name) for one in gradebook.assignments for notebook in one.notebooks}


def module_of_lesson(folder: str) -> str:
    """Return the full name of the module that holds the exercises of a lesson's folder; "" where there is none."""
    name = folder.partition("_")[2]
    module = f"{LESSONS}.{name}"
    return module if name.isidentifier() and is_module(module) else ""


def _digest(file: File) -> tuple[str, str]:
    return file.name, hashlib.sha256(file.content).hexdigest()


def _left_out(path: PurePosixPath, why: str) -> str:
    return f"the file {plain(path.name)[:60]!r} was left out: {why}"


def _no_time(why: str) -> tuple[str, ...]:
    return (f"its timestamp.txt can't be read, so it counts as handed in in time ({why})",)


@contextmanager
def _writing() -> Iterator[None]:
    """Turn an error of the disk, such as a full one, into a CourseError that says what it means for the course."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise CourseError(
            f"{error.strerror or error}{where}. All written grades are kept. Remove the cause, and run the same command again."
        ) from error


def _set_aside(gradebook: Path) -> str:
    """Rename a gradebook that can't be read, and overwrite nothing. Return a text that says what to do."""
    aside = next(
        path for n in count(1) if not os.path.lexists(path := gradebook.with_name(f"{gradebook.name}.damaged-{n}"))
    )
    for suffix in ("-journal", "-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            gradebook.with_name(gradebook.name + suffix).rename(aside.with_name(aside.name + suffix))
    return (
        f"{gradebook.name} is damaged, and was renamed to {aside.name}. Put a backup in its place, or recover what can be "
        f"read with `sqlite3 {aside.name} .recover | sqlite3 {gradebook.name}`. Otherwise make a new one with `autograder "
        "release` and `autograder grade`: they grade everything again, but points and comments given by hand are lost."
    )
