"""The kinds of slips that one edit mends, and what the student is told of each. An instructor's words are in `misconceptions`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..finding import Place


@dataclass(frozen=True)
class Slip:
    """A kind of slip: `words` say what to look at in the student's own text."""

    words: str

    def sentence(self, place: Place) -> str:
        """Return what the student is told, with the place."""
        return f"Look at `{place.text}` in line {place.line} of `{place.function}`. {self.words}"


SLIPS: Mapping[str, Slip] = {
    "slip.sign": Slip("One sign there is wrong."),
    "slip.operator": Slip("One operator there is wrong."),
    "slip.extra-factor": Slip("There is one factor or divisor too many."),
    "slip.extra-term": Slip("There is one term too many."),
    "slip.extra-power": Slip("There is one power too many."),
    "slip.extra-call": Slip("One function there should not be called."),
    "slip.dropped-factor": Slip("A factor or a divisor is missing there."),
    "slip.dropped-term": Slip("A term is missing there."),
    "slip.dropped-power": Slip("A power is missing there."),
    "slip.dropped-call": Slip("One step is missing there."),
    "slip.dropped-return": Slip("The function computes this, and does not return it."),
    "slip.dropped-statement": Slip("One step is missing there, or next to it."),
    "slip.number": Slip("One number there is wrong."),
    "slip.index": Slip("An index or a bound there is wrong."),
    "slip.brackets": Slip("Brackets there are missing, or in the wrong place. Which part is computed first?"),
    "slip.exchanged-operands": Slip("The two sides of one operator there are exchanged."),
    "slip.exchanged-arguments": Slip("Two arguments there are exchanged."),
    "slip.exchanged-entries": Slip("Two entries there are exchanged."),
    "slip.function": Slip("One function there is the wrong one."),
    "slip.exchanged-functions": Slip("Two functions there are exchanged."),
    "slip.name": Slip("One name there is the wrong one. What does each name stand for?"),
    "slip.comparison": Slip("The condition there is wrong. Try it with a value on each side of it."),
    "slip.keyword": Slip("One option there is wrong or missing."),
    "slip.accumulate": Slip("Should that line replace the value, or add to it?"),
    "slip.no-leaf": Slip("That computes a new tensor, and a computed tensor is no leaf."),
    "slip.in-place": Slip("That changes a tensor or an array in place. Who else holds it?"),
    "slip.transpose": Slip("Rows and columns are exchanged there."),
    "slip.shape": Slip("The numbers there have the wrong shape."),
    "slip.alias": Slip("That is `.grad` itself, and it changes later."),
    "slip.statement": Slip("That statement should not be there."),
    "slip.order": Slip("That statement stands too early or too late."),
    "slip.indent": Slip("That statement stands in the wrong block. Should it run once, or each time?"),
}


def slip(kind: str) -> Slip:
    """Return a kind of slip."""
    return SLIPS[kind]
