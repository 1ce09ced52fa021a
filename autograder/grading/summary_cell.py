"""Begins a feedback page with what matters: the comments, and the exercises with their points, wrong ones first.

It is a preprocessor of nbgrader's, so that each of its commands writes the same pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.preprocessors import NbGraderPreprocessor

from ..verdict import MIME_TYPE, Outcome, Verdict
from .rebuild import grade_id_of
from .scores import NO_RESPONSE

TEMPLATE = "feedback_summary.html"
# In characters. The whole text stands in its place.
MAX_SENTENCE = 300


@dataclass(frozen=True)
class Row:
    """A graded cell in the summary.

    Attributes
    ----------
    cell
        Its grade id, at which the page has an anchor.
    sentence
        What was found in the answer.
    """

    cell: str
    name: str
    score: float
    points: float
    sentence: str

    @property
    def full(self) -> bool:
        """Whether it has all points."""
        return self.score >= self.points


@dataclass(frozen=True)
class Comment:
    """An instructor's comment, and the cell that it is about."""

    cell: str
    name: str
    comment: str


class AddSummary(NbGraderPreprocessor):
    """Puts the summary before the first cell. It comes after `GetGrades`."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Add the summary to one page."""
        nb["cells"].insert(0, new_markdown_cell(summary(nb, resources["nbgrader"])))
        return nb, resources


def summary(notebook: NotebookNode, page: Mapping[str, Any]) -> str:
    """Return the summary as markdown: one line of HTML, in which nothing is taken for markdown or a formula.

    Parameters
    ----------
    notebook
        The graded notebook, with the scores and comments that `GetGrades` has put into its metadata.
    page
        What nbgrader knows of the page: the notebook's name, the score, the maximum, and the late penalty.
    """
    # Imported here, because it imports torch: nbgrader's other commands do not need it.
    from .. import view

    graded = [cell for cell in notebook["cells"] if grade_id_of(cell)]
    text = (
        view.templates()
        .get_template(TEMPLATE)
        .render(
            title=page["notebook"],
            score=page["score"],
            max_score=page["max_score"],
            late_penalty=page["late_penalty"],
            comments=list(_comments(graded)),
            rows=sorted(_rows(graded), key=lambda row: row.full),
        )
    )
    return " ".join(text.replace("$", "&#36;").replace("\\", "&#92;").split())


def _comments(cells: list[NotebookNode]) -> Iterator[Comment]:
    for cell in cells:
        own = cell["metadata"]["nbgrader"]
        # The table says it of an exercise that was not attempted.
        if own.get("comment") and own["comment"] != NO_RESPONSE:
            yield Comment(own["grade_id"], own["grade_id"], own["comment"])


def _rows(cells: list[NotebookNode]) -> Iterator[Row]:
    for cell in cells:
        own = cell["metadata"]["nbgrader"]
        if "score" in own and own.get("points"):
            verdict = _verdict(cell)
            yield Row(
                own["grade_id"], _name(own["grade_id"], verdict), own["score"] or 0, own["points"], _sentence(verdict)
            )


def _verdict(cell: NotebookNode) -> Verdict | None:
    """Return the verdict of a check cell, whose outputs the grader wrote; None for any other cell."""
    if cell["metadata"]["nbgrader"].get("solution"):
        return None
    records = [one["data"][MIME_TYPE] for one in cell.get("outputs", []) if MIME_TYPE in one.get("data", {})]
    return Verdict.from_dict(records[-1]) if records else None


def _name(grade_id: str, verdict: Verdict | None) -> str:
    from ..lessons import find

    if verdict is None:
        return grade_id
    try:
        exercise = find(verdict.exercise)
    except LookupError:
        return verdict.exercise
    return f"{exercise.number} {exercise.title}"


def _sentence(verdict: Verdict | None) -> str:
    if verdict is None:
        return ""
    if verdict.outcome in (Outcome.RIGHT, Outcome.NOT_ATTEMPTED):
        return f"{verdict.outcome.capitalize()}."
    sentence = verdict.message or f"{verdict.outcome.headline.capitalize()}."
    return sentence if len(sentence) <= MAX_SENTENCE else f"{sentence[:MAX_SENTENCE]} …"
