"""The command `autograder`: what an instructor types."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .exercise import Lesson


class NothingDoneError(click.ClickException):
    """An error before anything was done. It ends the command with status 2; 1 says that some could not be read."""

    exit_code = 2


@click.group()
def main() -> None:
    """Release the lessons of an autograd course, and grade a class."""
    # nbgrader starts `alembic` by name, so the environment has to be on PATH even where it was not activated.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


@main.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON]...")
@click.option("--run", is_flag=True, help="Run the solutions first, and keep their outputs.")
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; fail where notebooks/ is not what solutions/ gives."
)
def release(lessons: tuple[str, ...], run: bool, only_check: bool) -> None:
    """Generate the students' notebooks from solutions/."""
    from . import authoring
    from .grading.course import Course, CourseError

    chosen = _chosen(lessons)
    try:
        course = Course(Path.cwd())
        if only_check:
            stale = authoring.out_of_step(course, chosen)
            if stale:
                raise CourseError(f"not in step with solutions/: {', '.join(stale)}. Run `autograder release`.")
            return
        for lesson in chosen:
            authoring.release(course, lesson, run)
            click.echo(f"released {course.released(lesson.folder).relative_to(course.root)}")
    except CourseError as error:
        raise NothingDoneError(str(error)) from None


@main.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON]...")
@click.option("--student", help="Grade this student's submissions only.")
@click.option("--feedback", is_flag=True, help="Write the feedback pages too.")
@click.option("--workers", type=click.IntRange(1), default=os.cpu_count(), help="How many processes; one a core.")
def grade(lessons: tuple[str, ...], student: str | None, feedback: bool, workers: int) -> None:
    """Grade what is in submitted/ into the gradebook, and print the class.

    The exit status is 0 when every submission got a grade, 1 when some could not be read, and 2 when nothing was graded.
    """
    from .grading.course import Course, CourseError
    from .grading.report import class_tables, mistakes_table
    from .grading.sandbox import SandboxError

    console = Console()
    try:
        course = Course(Path.cwd())
        submissions = course.submissions(tuple(lesson.folder for lesson in _chosen(lessons)))
        if student is not None:
            submissions = [one for one in submissions if one.student == student]
        if not submissions:
            raise CourseError("found nothing to grade: submissions are submitted/<student>/<lesson>/<lesson>.ipynb")
        workers = min(workers, len(submissions))
        with _progress_bar(console) as bar:
            graded = list(bar.track(course.grade(submissions, workers), len(submissions), description="grading "))
            readable = [one.submission for one in graded if not one.reason]
            pages = course.write_feedback(readable, workers) if feedback else iter(())
            failed = [
                (one, why) for one, why in bar.track(pages, len(readable) * feedback, description="feedback") if why
            ]
    except (CourseError, SandboxError) as error:
        raise NothingDoneError(str(error)) from None
    graded.sort(key=lambda one: (one.submission.student, one.submission.lesson))
    for table in (*class_tables(graded), mistakes_table(graded)):
        console.print(table)
    for one, why in failed:
        console.print(f"No feedback for {one.student} in {one.lesson}: {why}", markup=False)
    sys.exit(1 if any(one.reason for one in graded) else 0)


@main.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path("notebooks"))
def progress(folder: Path) -> None:
    """Show what is done and what is next in the notebooks of FOLDER, as saved."""
    from .lessons import all_lessons
    from .progress import saved_verdicts, summarise

    click.echo(repr(summarise(all_lessons(), saved_verdicts(folder, all_lessons()))))


def _progress_bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _chosen(names: tuple[str, ...]) -> tuple[Lesson, ...]:
    """Return the lessons with these names or folders; all of them where none is named."""
    from .lessons import all_lessons

    by_name = {key: lesson for lesson in all_lessons() for key in (lesson.name, lesson.folder)}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise click.UsageError(
            f"there is no lesson {unknown[0]!r}; there are {', '.join(one.folder for one in all_lessons())}"
        )
    return tuple(by_name[name] for name in names) or all_lessons()
