"""The command `autograder grade`: a class, or loose notebooks."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..grading import CHOICES, GradingError, TierChoice
from ..modules import lessons_of, use_lessons

if TYPE_CHECKING:
    from rich.console import Console

    from ..grading.course import Change, Course
    from ..grading.gradebook import Graded
    from ..grading.pool import ClusterPool, LocalPool
    from ..grading.submission import Submission

# The exit status that shells use for Ctrl-C.
INTERRUPTED = 130
_FINISHING = b"\nInterrupted: finishing what has begun. A second Ctrl-C stops at once, and loses that.\n"


@dataclass(frozen=True)
class _Options:
    """What stands on the command line, beside what is to be graded."""

    student: str | None
    feedback: bool
    workers: int
    scheduler: str | None
    sandbox: TierChoice | None
    cell_timeout: float | None
    memory: int | None
    lessons: Path | None
    force: bool
    yes: bool
    as_json: bool


@dataclass(frozen=True)
class _Done:
    """What came of a run: the grades, the pages that failed with the reasons, and how much an interrupt has left to do."""

    graded: list[Graded]
    ungraded: int
    failed: list[tuple[Submission, str]]
    unwritten: int


@click.command()
@click.argument("what", nargs=-1, metavar="[LESSON | FILE.ipynb]...")
@click.option("--student", help="Grade only the submissions of this student.")
@click.option("--feedback", is_flag=True, help="Write the feedback pages too.")
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=os.cpu_count(),
    help="The number of processes. [default: one for each core]",
)
@click.option("--scheduler", metavar="ADDRESS", help="Grade on the Dask cluster of this scheduler, tcp://HOST:PORT.")
@click.option(
    "--sandbox",
    type=click.Choice(CHOICES),
    help="The walls around student code. 'auto' takes the strongest walls of this machine. 'none' grades without walls.",
)
@click.option(
    "--cell-timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Interrupt a cell after this time.",
)
@click.option("--memory", type=click.IntRange(256), metavar="MIB", help="The address space that a submission may add.")
@click.option(
    "--lessons",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder with the lessons of loose notebooks. Take none that a student can write to: its modules run unguarded.",
)
@click.option("--force", is_flag=True, help="Grade unchanged submissions again too.")
@click.option("--yes", is_flag=True, help="Do not ask before a score changes for the same work.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list for programs.")
def grade(what: tuple[str, ...], **given: Any) -> None:
    """Grade submitted/ into the gradebook and autograded/, or grade loose notebooks and print their verdicts.

    Without a lesson, the command grades all lessons. It grades only submissions that changed. The exit status is 0 if every
    submission got a grade, 1 if some could not be read, 2 if the command could not continue, and 130 if it was interrupted.
    """
    options = _Options(**given)
    files = [Path(one) for one in what if one.endswith(".ipynb")]
    if files and (len(files) < len(what) or options.student or options.feedback or options.force):
        raise click.UsageError(
            "Loose notebooks are graded without a course. Leave out lessons, --student, --feedback and --force."
        )
    if options.lessons and not files:
        raise click.UsageError("--lessons is for loose notebooks. A course has its lessons in the folder lessons/.")
    # What is imported and built at the start stays, so to look for garbage in it is time lost.
    gc.disable()
    from rich.console import Console

    # With --json, the bar goes to stderr: programs read stdout.
    console = Console(stderr=options.as_json)
    with _interruptible(console) as interrupted:
        if files:
            done = _grade_loose(files, options, interrupted, console)
        else:
            done = _grade_course(what, options, interrupted, console)
    if options.as_json:
        click.echo(json.dumps([one.to_dict() for one in done.graded], indent=2))
    else:
        _print(done, bool(files), console)
    sys.exit(_status(done, console))


def _grade_loose(files: list[Path], options: _Options, interrupted: Callable[[], bool], console: Console) -> _Done:
    use_lessons(options.lessons.resolve() if options.lessons else None)
    with _pool(options, soon=True) as pool:
        from ..grading.job import Settings
        from ..grading.loose import grade_files
        from ..grading.pool import Until
        from ..grading.report import terminal

        _collect_garbage()
        settings = Settings().but(options.sandbox, options.cell_timeout, options.memory)
        grading = grade_files(files, Until(pool, interrupted), settings)
        graded = list(terminal.shown(grading, len(files), "grading ", console))
    graded.sort(key=lambda one: files.index(one.submission.path))
    return _Done(graded, len(files) - len(graded), [], 0)


def _grade_course(
    names: tuple[str, ...], options: _Options, interrupted: Callable[[], bool], console: Console
) -> _Done:
    use_lessons(lessons_of(Path.cwd()))
    with _pool(options, _something_is_new()) as pool:
        from ..grading.course import Course
        from ..grading.pool import LocalPool, Until
        from ..grading.report import terminal

        _collect_garbage()
        course = Course(Path.cwd())
        submissions = course.submissions(course.lessons(names), options.student)
        if not submissions:
            raise GradingError(
                "Expected submissions at submitted/<student>/<lesson>/<notebook>.ipynb; there are none. Collect them first."
            )
        settings = course.settings().but(options.sandbox, options.cell_timeout, options.memory)
        if isinstance(pool, LocalPool):
            pool.take(settings.sandbox)
        agree = partial(_agree, console, options.yes)
        grading = course.grade(submissions, Until(pool, interrupted), settings, options.force, agree)
        graded = list(terminal.shown(grading, len(submissions), "grading ", console))
    graded.sort(key=lambda one: (one.submission.student, one.submission.lesson))
    failed, unwritten = _write_feedback(course, graded, options, interrupted, console) if options.feedback else ([], 0)
    return _Done(graded, len(submissions) - len(graded), failed, unwritten)


def _write_feedback(
    course: Course, graded: list[Graded], options: _Options, interrupted: Callable[[], bool], console: Console
) -> tuple[list[tuple[Submission, str]], int]:
    """Write the feedback pages. Return each submission whose page failed, with the reason, and how many were not begun."""
    from ..grading.pool import LocalPool, Until
    from ..grading.report import terminal

    readable = sum(not one.reason for one in graded)
    with LocalPool(options.workers) as pool:
        writing = course.write_feedback([one.submission for one in graded], Until(pool, interrupted), options.force)
        pages = list(terminal.shown(writing, readable, "feedback", console))
    failed = [(submission, why) for submission, why in pages if why]
    return failed, readable - len(pages) if interrupted() else 0


def _collect_garbage() -> None:
    """Look for garbage again, but not in what is there already."""
    gc.freeze()
    gc.enable()


@contextmanager
def _interruptible(console: Console) -> Iterator[Callable[[], bool]]:
    """Note a first Ctrl-C, so that what is in flight can end, and yield what tells of it. A second Ctrl-C is a KeyboardInterrupt."""
    noted = False

    def note(*_: object) -> None:
        nonlocal noted
        noted = True
        # Not what was there before: a shell has its background jobs ignore it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        # The signal may come during a print, so the console can't be used here.
        os.write(console.file.fileno(), _FINISHING)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: noted
    finally:
        signal.signal(signal.SIGINT, before)


def _agree(console: Console, yes: bool, changes: list[Change]) -> bool:
    """Print the scores that change for the same work. On a terminal, ask whether to write them."""
    from ..grading.report import terminal

    console.print(terminal.changes_table(changes))
    if yes or not console.is_terminal:
        return True
    # The progress bar is in this line.
    click.echo(err=console.stderr)
    return click.confirm("Write them?", err=console.stderr)


def _pool(options: _Options, soon: bool) -> LocalPool | ClusterPool:
    from ..grading.pool import ClusterPool, LocalPool
    from ..grading.sandbox import SandboxError

    if options.scheduler is not None:
        return ClusterPool(options.scheduler)
    pool = LocalPool(options.workers, options.sandbox or "auto")
    if soon:
        # First, because it takes longest. This process imports nbgrader in the meantime.
        # Walls that do not stand may not be those of the configuration. The first task says so where they are.
        with suppress(SandboxError):
            pool.prepare()
    return pool


def _something_is_new() -> bool:
    """Return whether a submission may be newer than the last grading. Reads only file times, and imports no nbgrader."""
    try:
        graded = Path("gradebook.db").stat().st_mtime
    except OSError:
        return True
    # The modification time may come from the student's machine.
    return any(path.lstat().st_ctime > graded for path in Path("submitted").glob("*/*/*.ipynb"))


def _print(done: _Done, loose: bool, console: Console) -> None:
    from ..grading.gradebook import by_lesson
    from ..grading.report import terminal

    graded = done.graded
    if loose:
        for one in graded:
            console.print(terminal.loose_text(one), markup=False, highlight=False, soft_wrap=True)
    else:
        graded = by_lesson(graded)
        for table in (
            *terminal.class_tables([one for one in graded if not one.unchanged]),
            terminal.mistakes_table(graded),
        ):
            if table is not None:
                console.print(table)
    for submission, why in done.failed:
        console.print(f"No feedback for {submission.student} in {submission.task}: {why}", markup=False)
    console.print(terminal.summary(graded), markup=False)


def _status(done: _Done, console: Console) -> int:
    """Return the exit status. Print what an interrupt has left to do."""
    if done.ungraded:
        console.print(f"Interrupted: {done.ungraded} remain to be graded. Run the same command again to grade them.")
    if done.unwritten:
        console.print(f"Interrupted: {done.unwritten} feedback pages remain. Run the same command again to write them.")
    if done.ungraded or done.unwritten:
        return INTERRUPTED
    return 1 if done.failed or any(one.reason for one in done.graded) else 0
