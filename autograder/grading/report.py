"""A class at a glance, on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from ..verdict import Outcome
from .course import Graded


def class_table(graded: Sequence[Graded]) -> Table:
    """Return a table with one row a submission: score, what was right, which mistakes were made, what was mended."""
    table = Table(title="The class", title_justify="left", show_lines=True)
    table.add_column("student", no_wrap=True)
    table.add_column("lesson", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("right", justify="right", no_wrap=True)
    table.add_column("what was wrong", ratio=1)
    for one in graded:
        right = sum(verdict.outcome is Outcome.RIGHT for verdict in one.verdicts)
        table.add_row(
            escape(one.submission.student),
            escape(one.submission.lesson),
            f"{one.score:g} / {one.max_score:g}",
            f"{right} / {len(one.verdicts)}" if one.verdicts else "–",
            escape(_what_was_wrong(one)),
        )
    return table


def _what_was_wrong(one: Graded) -> str:
    if one.reason:
        return f"Not graded: {one.reason}."
    sentences = [f"{note[0].upper()}{note[1:]}." for note in one.notes]
    untouched = sum(verdict.outcome is Outcome.NOT_ATTEMPTED for verdict in one.verdicts)
    if untouched:
        sentences.append("Nothing was attempted." if untouched == len(one.verdicts) else f"{untouched} not attempted.")
    wrong = [v for v in one.verdicts if v.outcome not in (Outcome.RIGHT, Outcome.NOT_ATTEMPTED)]
    if wrong:
        named = [f"{v.exercise.partition('.')[2]}: {v.mistake.rpartition('.')[2] or v.outcome}" for v in wrong]
        sentences.append(", ".join(named) + ".")
    return " ".join(sentences)
