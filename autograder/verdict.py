"""The judge's verdict on an answer: an outcome, points, and at most one message. It never contains the reference value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import msgspec

from .finding import Finding
from .sketch import Sketch


class Outcome(StrEnum):
    """The possible outcomes of an answer, in the order in which the judge looks for them."""

    UNREADABLE = "unreadable"
    NOT_ATTEMPTED = "not attempted"
    RAISED = "raised"
    WRONG_TYPE = "wrong type"
    WRONG_SHAPE = "wrong shape"
    NOT_FINITE = "not finite"
    WRONG_STATE = "wrong state"
    RIGHT = "right"
    KNOWN_MISTAKE = "known mistake"
    TELLING_RATIO = "telling ratio"
    WRONG = "wrong"


# A value came back, and it is wrong.
OF_VALUES = frozenset({Outcome.KNOWN_MISTAKE, Outcome.TELLING_RATIO, Outcome.WRONG})

MIME_TYPE = "application/vnd.autograder.verdict+json"


_MAY_BE_LEFT_OUT = frozenset(("finding", "evidence", "sketch", "flag"))


@dataclass(frozen=True)
class Verdict:
    """The judgement of one answer.

    Attributes
    ----------
    mistake
        The stable id of the mistake that the message names, as `scalar_gradients.d_poly.kept-constant`, or "".
    call, answer
        The student's own call and what came of it, as text: the first that was wrong, or else the first.
    printed
        What the answer printed during that call.
    flag
        What a person should look at, in a sentence, or "". It costs no points.
    hints, after
        What helps on with a wrong answer, and what a right one opens. Neither is a part of the plain data.
    finding
        What else was found of a wrong answer, or None.
    evidence
        What a small step of the input does to the function, where the answer is a wrong derivative.
    sketch
        A picture of the wrong answer, or None.
    """

    exercise: str
    outcome: Outcome
    points: float
    max_points: float
    mistake: str = ""
    message: str = ""
    call: str = ""
    answer: str = ""
    printed: str = ""
    hints: tuple[str, ...] = ()
    after: str = ""
    finding: Finding | None = None
    evidence: str = ""
    sketch: Sketch | None = None
    flag: str = ""

    def __repr__(self) -> str:
        """Return the points as a bare number: nbgrader reads a check cell's score from this text."""
        return f"{self.points:g}"

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as plain data, without the exercise's own texts, and without those of the last fields that say nothing."""
        record = msgspec.to_builtins(replace(self, hints=(), after=""))
        del record["hints"], record["after"]
        return {name: value for name, value in record.items() if value or name not in _MAY_BE_LEFT_OUT}

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Verdict:
        """Read back what `to_dict` wrote."""
        read = {
            "outcome": Outcome(record["outcome"]),
            "finding": msgspec.convert(record.get("finding"), Finding | None),
            "sketch": msgspec.convert(record.get("sketch"), Sketch | None),
        }
        return cls(**record | read)
