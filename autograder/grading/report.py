"""A class at a glance, on the terminal: the scores, what was wrong, and which mistakes were made how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.markup import escape
from rich.table import Table

from ..verdict import Outcome
from .course import Graded


def class_table(graded: Sequence[Graded]) -> Table:
    """Return a table with one row a student: the score of each lesson, and what was wrong."""
    lessons = sorted({one.submission.lesson for one in graded})
    table = Table(title="The class", title_justify="left", show_lines=True)
    table.add_column("student", no_wrap=True)
    for lesson in lessons:
        table.add_column(lesson if len(lessons) == 1 else lesson.partition("_")[0], justify="right", no_wrap=True)
    table.add_column("what was wrong", ratio=1)
    for student in sorted({one.submission.student for one in graded}):
        own = {one.submission.lesson: one for one in graded if one.submission.student == student}
        scores = [f"{own[lesson].score:g} / {own[lesson].max_score:g}" if lesson in own else "–" for lesson in lessons]
        wrong = [(lesson, _what_was_wrong(one, len(own) == 1)) for lesson, one in sorted(own.items())]
        told = [text if len(own) == 1 else f"{lesson.partition('_')[0]}: {text}" for lesson, text in wrong if text]
        table.add_row(escape(student), *scores, escape("\n".join(told)))
    return table


def mistakes_table(graded: Sequence[Graded], most: int = 15) -> Table:
    """Return the mistakes that were made most often, with how many students made each."""
    verdicts = [verdict for one in graded for verdict in one.verdicts if verdict.mistake]
    counts = Counter(verdict.mistake for verdict in verdicts)
    asked = Counter(verdict.exercise for one in graded for verdict in one.verdicts)
    exercises = {verdict.mistake: verdict.exercise for verdict in verdicts}
    table = Table(title=f"The mistakes, {min(most, len(counts))} of {len(counts)}", title_justify="left")
    table.add_column("made by", justify="right", no_wrap=True)
    table.add_column("mistake")
    for mistake, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]:
        table.add_row(f"{n} of {asked[exercises[mistake]]}", escape(mistake))
    return table


def _what_was_wrong(one: Graded, in_detail: bool) -> str:
    """Say what was wrong with a submission; which mistakes were made only where there is room for it."""
    if one.reason:
        return f"Not graded: {one.reason}."
    sentences = [f"{note[0].upper()}{note[1:]}." for note in one.notes]
    untouched = sum(verdict.outcome is Outcome.NOT_ATTEMPTED for verdict in one.verdicts)
    wrong = [v for v in one.verdicts if v.outcome not in (Outcome.RIGHT, Outcome.NOT_ATTEMPTED)]
    if untouched:
        sentences.append("Nothing was attempted." if untouched == len(one.verdicts) else f"{untouched} not attempted.")
    if wrong and in_detail:
        named = (f"{v.exercise.partition('.')[2]}: {v.mistake.rpartition('.')[2] or v.outcome}" for v in wrong)
        sentences.append(f"{', '.join(named)}.")
    elif wrong:
        sentences.append(f"{len(wrong)} wrong: {_counted(str(v.outcome) for v in wrong)}.")
    return " ".join(sentences)


def _counted(words: Iterable[str]) -> str:
    return ", ".join(f"{n} {word}" for word, n in Counter(words).most_common())
