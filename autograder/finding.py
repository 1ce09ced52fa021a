"""What is found of a wrong answer beyond the known mistakes: a kind, one sentence, and a place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where a wrong answer goes wrong: words of its text, or an entry of its result.

    Attributes
    ----------
    text
        The student's own words, verbatim; "" where the text tells nothing.
    function, line
        The function that they stand in, and the line counted from its first.
    code, column
        That line, and where in it the words begin.
    entry
        The entry of the result, as `['dz_dx']` or `[3]`; "" where it is the whole.
    """

    text: str = ""
    function: str = ""
    line: int = 0
    code: str = ""
    column: int = 0
    entry: str = ""


@dataclass(frozen=True)
class Finding:
    """One finding: `kind` is a stable slug as `slip.sign`, `sentence` is what the student is told."""

    kind: str
    sentence: str
    place: Place = Place()
