"""The commands that make a course, release it and report on it: `release`, `progress`, `report`, `adopt` and `new`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..grading import GradingError
from ..modules import lessons_of, use_lessons

if TYPE_CHECKING:
    from ..exercise import Lesson
    from ..grading.course import Course


@click.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON]...")
@click.option("--run", is_flag=True, help="Run the solutions first, and keep their outputs.")
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; fail if notebooks/ is not up to date with solutions/."
)
def release(lessons: tuple[str, ...], run: bool, only_check: bool) -> None:
    """Put solutions/ in order, generate the students' notebooks, and pack them with the package into dist/."""
    from .. import authoring

    course = _course()
    chosen = _chosen(lessons)
    if only_check:
        if stale := authoring.out_of_step(course, chosen):
            raise GradingError(
                f"Expected notebooks/ to be up to date with solutions/; these are not: {', '.join(stale)}. Run `autograder release`."
            )
        return
    for lesson in chosen:
        authoring.release(course, lesson, run)
        click.echo(f"released {course.released(lesson.folder).relative_to(course.root)}")
    authoring.write_lesson_table(course)
    click.echo(f"packed {authoring.pack(course).relative_to(course.root)} for students")


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path("notebooks"))
def progress(folder: Path) -> None:
    """Show the progress in the saved notebooks of FOLDER, and the next exercise."""
    from ..lessons import all_lessons
    from ..overview import saved_verdicts, summarise
    from ..view import progress_text

    use_lessons(lessons_of(Path.cwd()))
    click.echo(progress_text(summarise(all_lessons(), saved_verdicts(folder, all_lessons()))))


@click.command()
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
    from ..grading.gradebook import by_lesson
    from ..grading.report.html import write
    from ..grading.report.summary import summarise

    course = _course()
    from ..lessons import all_lessons

    handed_in = course.submissions(course.lessons())
    folders = course.lessons(lessons) if lessons else tuple(sorted({one.lesson for one in handed_in}))
    graded = course.known_grades([one for one in handed_in if one.lesson in folders])
    if not graded:
        raise GradingError("There is no graded submission yet. Run `autograder grade` first.")
    changed = [one for one, known in graded.items() if course.work_now(one) != known.provenance.work]
    replaced = course.replaced(datetime.now(UTC).replace(tzinfo=None) - timedelta(days=7))
    made = summarise(by_lesson(graded.values()), folders, all_lessons(), handed_in, changed, replaced)
    try:
        pages = write(made, folder)
    except OSError as error:
        raise GradingError(f"The report can't be written: {error}. Name another folder with --to.") from None
    click.echo(f"{click.format_filename(pages[0])}, and a page for each of {len(pages) - 1} students")


@click.command()
@click.option("--write", is_flag=True, help="Add the lines to nbgrader_config.py.")
def adopt(write: bool) -> None:
    """Say what of the nbgrader course in this directory works here and what does not, and which lines its configuration needs.

    The exit status is 0 if everything works, and 1 if something does not.
    """
    from rich.console import Console
    from rich.text import Text

    from ..grading import adopting

    console = Console()
    course = _course()
    found = adopting.examine(course)
    limits = adopting.walls(course)
    added = write and adopting.write_lines(course.root)
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


@click.command()
@click.argument("name")
def new(name: str) -> None:
    """Make a course of your own in the folder NAME, with one lesson that works."""
    from ..starting import make

    folder = make(Path.cwd(), name)
    click.echo(f"made {folder.relative_to(Path.cwd())}/. Go there, and run `autograder release --run`")


def _course() -> Course:
    """Return the course in this directory, and take its own lessons if it has some."""
    from ..grading.course import Course

    use_lessons(lessons_of(Path.cwd()))
    return Course(Path.cwd())


def _chosen(names: tuple[str, ...]) -> tuple[Lesson, ...]:
    """Return the lessons with these names or folders. Without a name, return all lessons."""
    from ..lessons import all_lessons

    by_name = {key: lesson for lesson in all_lessons() for key in (lesson.name, lesson.folder)}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise click.UsageError(
            f"There is no lesson {unknown[0]!r}. The lessons are {', '.join(one.folder for one in all_lessons())}"
        )
    return tuple(by_name[name] for name in names) or all_lessons()
