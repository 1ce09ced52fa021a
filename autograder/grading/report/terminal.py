"""A class on the terminal: how far its grading is, the scores, the wrong answers, and the most frequent mistakes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from ...verdict import Outcome
from ..gradebook import Graded
from ..submitted import plain
from .summary import made_by, needs_a_look

if TYPE_CHECKING:
    from ..course import Change

Thing = TypeVar("Thing")


class _Rate(ProgressColumn):
    """The number of submissions a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f}/s" if speed else "")


def shown(things: Iterable[Thing], total: int, doing: str, console: Console) -> Iterator[Thing]:
    """Yield each thing, and show the progress: as a bar on a terminal, and otherwise as a line for each new thing."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, auto_refresh=False) as bar:
        for thing in bar.track(things, total, description=doing):
            bar.refresh()
            line = getattr(thing, "line", "")
            if line and not console.is_terminal:
                click.echo(line, err=console.stderr)
            yield thing


def class_tables(graded: Sequence[Graded]) -> list[Table]:
    """Return the tables of a class: one table for one lesson; for several, the scores and the submissions that need a look."""
    lessons = sorted({one.submission.lesson for one in graded})
    if not lessons:
        return []
    return [_lesson(graded)] if len(lessons) == 1 else [_scores(graded, lessons), _to_look_at(graded)]


def _lesson(graded: Sequence[Graded]) -> Table:
    """Return a table with a row for each student: the score, the number of right answers, and the wrong ones."""
    table = Table(title=f"The class in {graded[0].submission.lesson}", title_justify="left", show_lines=True)
    table.add_column("student", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("right", justify="right", no_wrap=True)
    table.add_column("what was wrong", ratio=1)
    for one in graded:
        right = sum(verdict.outcome is Outcome.RIGHT for verdict in one.verdicts)
        table.add_row(
            escape(one.submission.student),
            f"{one.score:g} / {one.max_score:g}",
            f"{right} / {len(one.verdicts)}" if one.verdicts else "–",
            escape(" ".join([*needs_a_look(one), *_wrong(one)])),
        )
    return table


def _scores(graded: Sequence[Graded], lessons: Sequence[str]) -> Table:
    """Return a table with a row for each student: the score of each lesson, and their sum."""
    table = Table(title="The class", title_justify="left")
    table.add_column("student", no_wrap=True)
    maximum = {one.submission.lesson: one.max_score for one in graded}
    for lesson in lessons:
        table.add_column(f"{lesson.partition('_')[0]}\nof {maximum[lesson]:g}", justify="right")
    table.add_column(f"all\nof {sum(maximum.values()):g}", justify="right")
    by_student: dict[str, dict[str, float]] = {}
    for one in graded:
        by_student.setdefault(one.submission.student, {})[one.submission.lesson] = one.score
    for student, own in sorted(by_student.items()):
        scores = [f"{own[lesson]:g}" if lesson in own else "–" for lesson in lessons]
        table.add_row(escape(student), *scores, f"{sum(own.values()):g}")
    return table


def _to_look_at(graded: Sequence[Graded]) -> Table:
    """Return a table with a row for each submission that was repaired, stopped, could not be read, or has no answer."""
    table = Table(title="What needs a look", title_justify="left")
    table.add_column("student", no_wrap=True)
    table.add_column("lesson", no_wrap=True)
    table.add_column("what was wrong", ratio=1)
    for one in graded:
        sentences = needs_a_look(one)
        if sentences:
            table.add_row(escape(one.submission.student), escape(one.submission.lesson), escape(" ".join(sentences)))
    return table


def loose_text(one: Graded) -> str:
    """Return a loose notebook's result as text: the score, each verdict, and sentences about the whole."""
    # Imported here, because it imports torch: the tables of a class do not need torch.
    from ... import view

    path = plain(str(one.submission.path))
    title = path if one.reason else f"{path}: {one.score:g} of {one.max_score:g}"
    return "\n".join([title, *map(view.text, one.verdicts), *needs_a_look(one), ""])


def changes_table(changes: Sequence[Change]) -> Table:
    """Return the scores that change for the same work, the largest change first."""
    table = Table(title="Scores that change for the same work", title_justify="left")
    for name in ("student", "lesson"):
        table.add_column(name, no_wrap=True)
    for name in ("was", "is", "change"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in sorted(changes, key=lambda one: -abs(one.after - one.before)):
        who, change = one.submission, one.after - one.before
        row = (escape(who.student), escape(who.task), f"{one.before:g}", f"{one.after:g}", f"{change:+g}")
        table.add_row(*row)
    return table


def summary(graded: Sequence[Graded]) -> str:
    """Return a line with the numbers of graded and unchanged submissions, and the tier of the sandbox."""
    new = [one for one in graded if not one.unchanged]
    unread = sum(bool(one.reason) for one in graded)
    walls = sorted({one.sandbox for one in graded if one.sandbox})
    return ", ".join(
        [
            f"{sum(not one.reason for one in new)} graded",
            *[f"{len(graded) - len(new)} unchanged (`autograder report` shows them)"] * (len(new) < len(graded)),
            *[f"{unread} could not be read"] * bool(unread),
            f"sandbox: {', '.join(walls) or 'not needed'}",
        ]
    )


def mistakes_table(graded: Sequence[Graded], most: int = 15) -> Table | None:
    """Return a table of the most frequent mistakes: how many students made each, of those who attempted the exercise.

    None where no mistake was made.
    """
    ranked = made_by(graded)
    if not ranked:
        return None
    table = Table(title=f"The mistakes, {min(most, len(ranked))} of {len(ranked)}", title_justify="left")
    table.add_column("made by", justify="right", no_wrap=True)
    table.add_column("mistake")
    for mistake, students, of in ranked[:most]:
        table.add_row(f"{len(students)} of {of}", escape(mistake))
    return table


def _wrong(one: Graded) -> list[str]:
    """Return the wrong answers with their mistakes, and the number of missing answers."""
    wrong = [v for v in one.verdicts if v.outcome not in (Outcome.RIGHT, Outcome.NOT_ATTEMPTED)]
    missing = sum(verdict.outcome is Outcome.NOT_ATTEMPTED for verdict in one.verdicts)
    named = ", ".join(f"{v.exercise.partition('.')[2]}: {v.mistake.rpartition('.')[2] or v.outcome}" for v in wrong)
    return [f"{named}."] * bool(wrong) + [f"{missing} not attempted."] * (0 < missing < len(one.verdicts))
