"""The command `autograder`, for instructors."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import click

from .grading import CHOICES, TIERS, GradingError
from .modules import DISTRIBUTION, lessons_of, use_lessons

if TYPE_CHECKING:
    from rich.console import Console

    from .exercise import Lesson
    from .grading import TierChoice
    from .grading.course import Change, Course
    from .grading.gradebook import Graded
    from .grading.pool import ClusterPool, LocalPool
    from .grading.submission import Submission

# The exit status that shells use for Ctrl-C.
_INTERRUPTED = 130
_FINISHING = (
    b"\nInterrupted: finishing the submissions that have begun. A second Ctrl-C stops at once and loses their grades.\n"
)


class NothingDoneError(click.ClickException):
    """An error before anything was done. The exit status is 2; 1 means that some submissions could not be read."""

    exit_code = 2


# What grading needs and a notebook does not, by the names under which it is imported.
GRADING = frozenset(
    ("bleach", "jupyterlab", "nbclient", "nbconvert", "nbformat", "nbgrader", "rich", "sqlalchemy", "traitlets")
)


class _Commands(click.Group):
    """The commands. Most need more than a notebook does, and say so where it is not installed."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            if missing not in GRADING:
                raise
            raise NothingDoneError(
                f"`autograder {ctx.invoked_subcommand}` needs {missing}, and {missing} is not installed. "
                f"Run: pip install '{DISTRIBUTION}[grading]'"
            ) from None


@click.group(cls=_Commands)
def main() -> None:
    """Release the lessons of an autograd course, and grade a class."""
    # nbgrader starts `alembic` by name, so the environment must be on PATH even if nobody activated it.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


@main.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON]...")
@click.option("--run", is_flag=True, help="Run the solutions first, and keep their outputs.")
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; fail if notebooks/ is not up to date with solutions/."
)
def release(lessons: tuple[str, ...], run: bool, only_check: bool) -> None:
    """Put solutions/ in order, generate the students' notebooks, and pack them with the package into dist/."""
    from . import authoring
    from .grading.course import CourseError

    try:
        course = _course()
        chosen = _chosen(lessons)
        if only_check:
            stale = authoring.out_of_step(course, chosen)
            if stale:
                raise CourseError(
                    f"Expected notebooks/ to be up to date with solutions/; these are not: {', '.join(stale)}. Run `autograder release`."
                )
            return
        for lesson in chosen:
            authoring.release(course, lesson, run)
            click.echo(f"released {course.released(lesson.folder).relative_to(course.root)}")
        authoring.write_front_door(course)
        click.echo(f"packed {authoring.pack(course).relative_to(course.root)} for students")
    except GradingError as error:
        raise NothingDoneError(str(error)) from None


@main.command()
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
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder with the lessons of loose notebooks. Take none that a student can write to: its modules run unguarded.",
)
@click.option("--force", is_flag=True, help="Grade unchanged submissions again too.")
@click.option("--yes", is_flag=True, help="Do not ask before a score changes for the same work.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list for programs.")
def grade(
    what: tuple[str, ...],
    student: str | None,
    feedback: bool,
    workers: int,
    scheduler: str | None,
    sandbox: TierChoice | None,
    cell_timeout: float | None,
    memory: int | None,
    folder: Path | None,
    force: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Grade submitted/ into the gradebook and autograded/, or grade loose notebooks and print their verdicts.

    Without a lesson, the command grades all lessons. It grades only submissions that changed. The exit status is 0 if every
    submission got a grade, 1 if some could not be read, 2 if the command could not continue, and 130 if it was interrupted.
    """
    files = [Path(one) for one in what if one.endswith(".ipynb")]
    if files and (len(files) < len(what) or student or feedback or force):
        raise click.UsageError(
            "Loose notebooks are graded without a course. Leave out lessons, --student, --feedback and --force."
        )
    if folder and not files:
        raise click.UsageError("--lessons is for loose notebooks. A course has its lessons in the folder lessons/.")
    # What is imported and built at the start stays, so to look for garbage in it is time lost.
    gc.disable()
    from rich.console import Console

    from .grading.pool import Until

    # With --json, the bar goes to stderr: programs read stdout.
    console = Console(stderr=as_json)
    failed: list[tuple[Submission, str]] = []
    try:
        if files:
            from .grading.job import take_lessons

            take_lessons(str(folder.resolve()) if folder else "")
        else:
            use_lessons(lessons_of(Path.cwd()))
        soon = bool(files) or _something_is_new()
        with _pool(scheduler, workers, sandbox, soon) as opened, _interrupted(console) as interrupted:
            pool = Until(opened, interrupted.is_set)
            from .grading.job import Settings
            from .grading.report import terminal

            if files:
                from .grading.loose import grade_files

                _collect_garbage()
                settings = Settings().but(sandbox, cell_timeout, memory)
                graded = list(terminal.shown(grade_files(files, pool, settings), len(files), "grading ", console))
                graded.sort(key=lambda one: files.index(one.submission.path))
            else:
                from .grading.course import Course

                _collect_garbage()
                course = Course(Path.cwd())
                submissions = course.submissions(course.lessons(what), student)
                if not submissions:
                    raise GradingError(
                        "Expected submissions at submitted/<student>/<lesson>/<notebook>.ipynb; there are none. Collect them first."
                    )
                settings = course.settings().but(sandbox, cell_timeout, memory)
                grading = course.grade(submissions, pool, settings, force, partial(_agree, console, yes))
                graded = list(terminal.shown(grading, len(submissions), "grading ", console))
                graded.sort(key=lambda one: (one.submission.student, one.submission.lesson))
        if feedback and not interrupted.is_set():
            failed = _write_feedback(graded, workers, force, console)
    except GradingError as error:
        raise NothingDoneError(str(error)) from None
    if as_json:
        click.echo(json.dumps([one.to_dict() for one in graded], indent=2))
    else:
        _print(graded, failed, bool(files), console)
    remain = len(files or submissions) - len(graded)
    if remain:
        console.print(f"Interrupted: {remain} remain to be graded. Run the same command again to grade them.")
        sys.exit(_INTERRUPTED)
    sys.exit(1 if failed or any(one.reason for one in graded) else 0)


def _collect_garbage() -> None:
    """Look for garbage again, but not in what is there already."""
    gc.freeze()
    gc.enable()


@contextmanager
def _interrupted(console: Console) -> Iterator[Event]:
    """Note a first Ctrl-C, so that submissions in flight can end. A second Ctrl-C ends the command at once."""
    event = Event()

    def note(*_: object) -> None:
        event.set()
        signal.signal(signal.SIGINT, before)
        # The signal may come during a print, so the console can't be used here.
        os.write(console.file.fileno(), _FINISHING)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, before)


def _agree(console: Console, yes: bool, changes: list[Change]) -> bool:
    """Print the scores that change for the same work. On a terminal, ask whether to write them."""
    from .grading.report import terminal

    console.print(terminal.changes_table(changes))
    if yes or not console.is_terminal:
        return True
    # The progress bar is in this line.
    click.echo(err=console.stderr)
    return click.confirm("Write them?", err=console.stderr)


def _pool(scheduler: str | None, workers: int, sandbox: TierChoice | None, soon: bool) -> LocalPool | ClusterPool:
    from .grading.pool import ClusterPool, LocalPool

    if scheduler is not None:
        return ClusterPool(scheduler)
    named = os.environ.get("AUTOGRADER_SANDBOX")
    pool = LocalPool(workers, sandbox or next((tier for tier in TIERS if tier == named), "auto"))
    if soon:
        # First, because it takes longest. This process imports nbgrader in the meantime.
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


def _write_feedback(graded: list[Graded], workers: int, force: bool, console: Console) -> list[tuple[Submission, str]]:
    """Write the feedback pages. Return each submission whose page could not be written, with the reason."""
    from .grading.course import Course
    from .grading.pool import LocalPool
    from .grading.report import terminal

    with LocalPool(workers) as pool:
        pages = Course(Path.cwd()).write_feedback([one.submission for one in graded], pool, force)
        readable = sum(not one.reason for one in graded)
        return [(submission, why) for submission, why in terminal.shown(pages, readable, "feedback", console) if why]


def _print(graded: list[Graded], failed: list[tuple[Submission, str]], loose: bool, console: Console) -> None:
    from .grading.gradebook import by_lesson
    from .grading.report import terminal

    if loose:
        for one in graded:
            console.print(terminal.loose_text(one), markup=False, highlight=False, soft_wrap=True)
    else:
        graded = by_lesson(graded)
        for table in (
            *terminal.class_tables([one for one in graded if not one.unchanged]),
            terminal.mistakes_table(graded),
        ):
            console.print(table)
    for submission, why in failed:
        console.print(f"No feedback for {submission.student} in {submission.lesson}: {why}", markup=False)
    console.print(terminal.summary(graded), markup=False)


@main.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path("notebooks"))
def progress(folder: Path) -> None:
    """Show the progress in the saved notebooks of FOLDER, and the next exercise."""
    from .lessons import all_lessons
    from .overview import saved_verdicts, summarise
    from .view import progress_text

    click.echo(progress_text(summarise(all_lessons(), saved_verdicts(folder, all_lessons()))))


def _course() -> Course:
    """Return the course in this directory, and take its own lessons if it has some."""
    from .grading.course import Course

    use_lessons(lessons_of(Path.cwd()))
    return Course(Path.cwd())


def _chosen(names: tuple[str, ...]) -> tuple[Lesson, ...]:
    """Return the lessons with these names or folders. Without a name, return all lessons."""
    from .lessons import all_lessons

    by_name = {key: lesson for lesson in all_lessons() for key in (lesson.name, lesson.folder)}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise click.UsageError(
            f"There is no lesson {unknown[0]!r}. The lessons are {', '.join(one.folder for one in all_lessons())}"
        )
    return tuple(by_name[name] for name in names) or all_lessons()


@main.command()
@click.option("--sandbox", type=click.Choice(CHOICES), default="auto")
def doctor(sandbox: TierChoice) -> None:
    """Try to break the walls around student code, and say which walls hold.

    The exit status is 0 if all walls hold, 1 if one does not, and 2 if the sandbox can't be started.
    """
    from rich.console import Console
    from rich.text import Text

    from .grading import doctor
    from .grading.sandbox import Limits, tier_of

    console = Console()
    try:
        tier = tier_of(sandbox)
        found = doctor.examine(tier, Limits())
    except GradingError as error:
        raise NothingDoneError(str(error)) from None
    console.print(f"sandbox: {tier}")
    for one in found:
        mark, style = ("stands", "green") if one.stands else ("does not stand", "red")
        console.print(Text.assemble((f"{mark:15}", style), f"{one.wall}: {one.detail}"), soft_wrap=True)
    root = Path.cwd()
    if (root / "nbgrader_config.py").exists() and doctor.entered_by_others(root):
        console.print(
            f"Other users of this machine can enter {root}. Close it to them: chmod 700 {root}",
            style="yellow", soft_wrap=True, markup=False,
        )  # fmt: skip
    sys.exit(0 if all(one.stands for one in found) else 1)


@main.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON]...")
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("report"),
    show_default=True,
    help="The folder for the pages.",
)
def report(lessons: tuple[str, ...], folder: Path) -> None:
    """Write pages about the class: FOLDER/index.html, to open before the lecture, and a page for each student.

    They show the mistakes with their students, the results of each exercise, and the students who need help. Without a lesson,
    they show all lessons. They need no network and no server.
    """
    from .grading.gradebook import by_lesson
    from .grading.report.html import write
    from .grading.report.summary import summarise

    try:
        course = _course()
        from .lessons import all_lessons

        handed_in = course.submissions(course.lessons())
        folders = course.lessons(lessons) if lessons else tuple(sorted({one.lesson for one in handed_in}))
        graded = course.known_grades([one for one in handed_in if one.lesson in folders])
        if not graded:
            raise GradingError("There is no graded submission yet. Run `autograder grade` first.")
        changed = [one for one, known in graded.items() if course.work_now(one) != known.provenance.work]
        replaced = course.replaced(datetime.now(UTC).replace(tzinfo=None) - timedelta(days=7))
        made = summarise(by_lesson(graded.values()), folders, all_lessons(), handed_in, changed, replaced)
        pages = write(made, folder)
    except GradingError as error:
        raise NothingDoneError(str(error)) from None
    except OSError as error:
        raise NothingDoneError(f"The report can't be written: {error}. Name another folder with --to.") from None
    click.echo(f"{pages[0]}, and a page for each of {len(pages) - 1} students")


@main.command()
@click.option("--write", is_flag=True, help="Add the lines to nbgrader_config.py.")
def adopt(write: bool) -> None:
    """Say what of the nbgrader course in this directory works here and what does not, and which lines its configuration needs.

    The exit status is 0 if everything works, and 1 if something does not.
    """
    from rich.console import Console
    from rich.text import Text

    from .grading import adopting

    console = Console()
    try:
        course = _course()
        found = adopting.examine(course)
        limits = adopting.walls(course)
        added = write and adopting.write_lines(course.root)
    except GradingError as error:
        raise NothingDoneError(str(error)) from None
    for lesson in course.lessons():
        own = [one for one in found if one.lesson == lesson]
        mark, style = ("works", "green") if not own else ("look at it", "yellow")
        console.print(Text.assemble((f"{mark:12}", style), lesson), soft_wrap=True)
        for one in own:
            console.print(f"            {one.place}: {one.sentence}", markup=False, highlight=False, soft_wrap=True)
    console.print("\nThe walls refuse on purpose:")
    for refused in limits:
        console.print(f"  - {refused}", markup=False, highlight=False, soft_wrap=True)
    console.print("\n`autograder grade` works as it is.", end=" ")
    if added:
        console.print("For `nbgrader autograde` and formgrader, nbgrader_config.py has two new lines.", soft_wrap=True)
    elif not adopting.has_lines(course.root):
        console.print("For `nbgrader autograde` and formgrader, nbgrader_config.py needs:\n", soft_wrap=True)
        click.echo(adopting.LINES)
    else:
        console.print("nbgrader_config.py has what `nbgrader autograde` and formgrader need.", soft_wrap=True)
    sys.exit(1 if found else 0)


@main.command()
@click.argument("name")
def new(name: str) -> None:
    """Make a course of your own in the folder NAME, with one lesson that works."""
    from .starting import make

    try:
        folder = make(Path.cwd(), name)
    except GradingError as error:
        raise NothingDoneError(str(error)) from None
    click.echo(f"made {folder.relative_to(Path.cwd())}/. Go there, and run `autograder release --run`")
