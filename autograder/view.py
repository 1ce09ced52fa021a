"""Turns verdicts into HTML panels and plain text. Computes nothing, and escapes all text of students."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup, escape

from . import misconceptions
from .exercise import TOOLS, Exercise
from .finding import Place
from .overview import Progress
from .sketch import Sketch
from .verdict import MIME_TYPE, Outcome, Verdict

# These colours have enough contrast on JupyterLab's light and dark themes. The words beside them say the same.
_MARKS: dict[Outcome, tuple[str, str]] = {
    Outcome.RIGHT: ("✓", "#2e8b57"),
    Outcome.NOT_ATTEMPTED: ("○", "#7a7f87"),
}
_WRONG_MARK = ("✗", "#c8472f")
# Of a sketch, in pixels.
_WIDTH, _HEIGHT, _EDGE = 360, 170, 22


@cache
def templates() -> jinja2.Environment:
    """Return the package's templates. HTML templates escape every value."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("autograder", "templates"),
        autoescape=jinja2.select_autoescape(disabled_extensions=("md", "toml", "txt", "yml"), default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "prose": _prose,
        "marked": _marked,
        "sketch": _svg,
        "across": _across,
        "up": _up,
        "path": _path,
        "number": _number,
        "percent": _percent,
        "mistake_name": misconceptions.name,
        "mistake_phrase": misconceptions.phrase,
    }
    return environment


def _prose(message: str) -> Markup:
    """Return a message as escaped HTML. Text between backticks becomes code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(message))))


def _number(value: float) -> str:
    return f"{round(value, 2):g}"


def _percent(share: float) -> str:
    return f"{share:.0%}"


def panel(verdict: Verdict) -> str:
    """Return the panel under a check cell as HTML."""
    mark, colour = _MARKS.get(verdict.outcome, _WRONG_MARK)
    return (
        templates()
        .get_template("panel.html")
        .render(
            verdict=verdict,
            mark=mark,
            colour=colour,
            points=_points(verdict),
            line=_line_of(verdict),
            sketch=_svg(verdict.sketch) if verdict.sketch is not None else "",
            hints=_hints(verdict),
        )
    )


@dataclass(frozen=True)
class _Line:
    """A line of the student's, what it is in words, and the words in it that are marked."""

    where: str
    before: str
    marked: str
    after: str


def _line(place: Place, label: str = "") -> _Line:
    end = len(place.code) if place.text.endswith(" …") else place.column + len(place.text)
    where = f"{label}line {place.line} of {place.function}"
    return _Line(where, place.code[: place.column], place.code[place.column : end], place.code[end:])


def _line_of(verdict: Verdict) -> _Line | None:
    finding = verdict.finding
    if finding is None or not finding.place.code:
        return None
    # Beside a known mistake the line alone would say that the mistake is there.
    is_told = not finding.kind.startswith("slip.") or finding.sentence in verdict.message
    return _line(finding.place, "" if is_told else "one change is enough in ")


def _marked(place: Place) -> Markup:
    """Return a student's line as code, with the words marked that the finding is about."""
    line = _line(place)
    return Markup("<code>{}<mark>{}</mark>{}</code>").format(line.before, line.marked, line.after)


def _hints(verdict: Verdict) -> list[tuple[int, str]]:
    """Return the hints with their numbers: first the one that fits what was found, then those after it, then the others."""
    numbered = list(enumerate(verdict.hints, 1))
    if verdict.outcome in (Outcome.WRONG_TYPE, Outcome.WRONG_SHAPE, Outcome.NOT_ATTEMPTED, Outcome.UNREADABLE):
        return numbered
    first = 1 if verdict.finding is not None or verdict.mistake else 0
    return numbered[first:] + numbered[:first]


def _svg(sketch: Sketch) -> Markup:
    """Return a sketch as an inline picture. Its colours are those of the text around it, and one that stands out."""
    return Markup(
        templates()
        .get_template("sketch.html")
        .render(
            sketch=sketch, width=_WIDTH, height=_HEIGHT, bar=round(0.6 * _across(1 / max(len(sketch.labels), 1)), 1)
        )
    )


def _across(share: float) -> float:
    return round(_EDGE + share * (_WIDTH - 2 * _EDGE), 1)


def _up(share: float) -> float:
    return round(_HEIGHT - _EDGE - share * (_HEIGHT - 2 * _EDGE), 1)


def _path(dots: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{_across(x)} {_up(y)}" for x, y in dots)


def bundle(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict by MIME type: its points as a bare number, its panel, its text, and the verdict as plain data.

    What shows the cell takes one of them, so a reader meets the verdict once. nbgrader reads the points from `text/plain`;
    a program that shows no HTML takes the text.
    """
    return {
        "text/plain": repr(verdict),
        "text/html": panel(verdict),
        "text/markdown": _fenced(text(verdict)),
        MIME_TYPE: verdict.to_dict(),
    }


def _fenced(lines: str) -> str:
    """Return a text as a block of Markdown that shows it as it is, whatever stands in it."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", lines)), default=0))
    return f"{fence}text\n{lines}\n{fence}"


def ladder(hints: tuple[str, ...], taken: int) -> str:
    """Return the first `taken` hints as an HTML list."""
    return templates().get_template("hints.html").render(hints=hints[:taken], total=len(hints))


def text(verdict: Verdict) -> str:
    """Return the verdict as plain text, for a terminal or a screen reader."""
    lines = [f"{verdict.exercise}: {verdict.outcome.headline}, {_points(verdict)}"]
    if verdict.message:
        lines += _wrapped(verdict.message)
    line = _line_of(verdict)
    if line is not None:
        lines.append(f"    {line.where}: {line.before}>>{line.marked}<<{line.after}")
    if verdict.call and verdict.outcome is not Outcome.RIGHT:
        lines.append(f"  {verdict.call} gave {verdict.answer}" if verdict.answer else f"  the call: {verdict.call}")
    if verdict.evidence:
        lines += _wrapped(verdict.evidence)
    if verdict.flag:
        lines += _wrapped(f"For the instructor: {verdict.flag}")
    return "\n".join(lines)


def _wrapped(sentences: str) -> list[str]:
    """Return lines of at most 88 characters, since JupyterLab breaks a longer one in the middle of a word."""
    return textwrap.wrap(
        sentences, 88, initial_indent="  ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def card(exercise: Exercise) -> str:
    """Return the card above an exercise as one line of Markdown."""
    return (
        f"**{exercise.number} · {exercise.title}** · difficulty {_dots(exercise.difficulty)} "
        f"· importance {_dots(exercise.importance)} · {exercise.minutes} min · {exercise.points:g} "
        f"{'point' if exercise.points == 1 else 'points'} · {TOOLS[exercise.way]}"
    )


def _points(verdict: Verdict) -> str:
    return f"{verdict.points:g} of {verdict.max_points:g} {'point' if verdict.max_points == 1 else 'points'}"


def _dots(n: int) -> str:
    return "●" * n + "○" * (5 - n)


def comparison(cells: list[tuple[str, str]]) -> str:
    """Return one row of a comparison as an HTML table."""
    return templates().get_template("comparison.html").render(cells=cells)


def progress_text(progress: Progress) -> str:
    """Return a bar of text for each lesson, and the next exercise."""
    width = max((len(row.lesson.title) for row in progress.rows), default=0)
    lines = []
    for row in progress.rows:
        n = len(row.lesson.exercises)
        full = round(20 * row.right / max(n, 1))
        bar = "█" * full + "░" * (20 - full)
        score = f"{row.right} of {n} right, {row.points:g} of {row.max_points:g} points"
        lines.append(f"{row.lesson.number} · {row.lesson.title:<{width}}  {bar}  {score}")
    return "\n".join([*lines, progress.next])


def progress_html(progress: Progress) -> str:
    """Return an HTML table with a bar for each lesson, and the next exercise."""
    return templates().get_template("progress.html").render(progress=progress)
