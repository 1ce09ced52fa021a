"""What is found of a wrong answer beyond the known mistakes: a kind, one sentence, and a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


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

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Finding:
        """Read back what `dataclasses.asdict` made.

        Raises
        ------
        TypeError
            When a field has another type than it should, or there is one too many.
        """
        finding = cls(**{**record, "place": Place(**record.get("place", {}))})
        for part in (finding.place, finding):
            for field in fields(part):
                if type(getattr(part, field.name)) is not type(getattr(_EMPTY[type(part)], field.name)):
                    raise TypeError(f"{field.name} is {getattr(part, field.name)!r}"[:200])
        return finding


_EMPTY: Mapping[type, Any] = {Place: Place(), Finding: Finding("", "")}
