"""The kinds of findings: what the student is told of a slip, and what an instructor reads of each kind."""

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
    "slip.sign": Slip("One sign there is the wrong way round."),
    "slip.operator": Slip("One operator there is another than the one that is meant."),
    "slip.extra-factor": Slip("One factor or divisor there is too many."),
    "slip.extra-term": Slip("One term there is too many."),
    "slip.extra-power": Slip("One power there is too many."),
    "slip.extra-call": Slip("One function there is called that should not be."),
    "slip.dropped-factor": Slip("A factor or a divisor is missing there."),
    "slip.dropped-term": Slip("A term is missing there."),
    "slip.dropped-power": Slip("A power is missing there."),
    "slip.dropped-call": Slip("A step is missing there: what is returned has not the last touch."),
    "slip.number": Slip("One number there is another than it should be."),
    "slip.index": Slip("An index or a bound there is off."),
    "slip.brackets": Slip("Which part is computed first there? The brackets hold together other parts than are meant."),
    "slip.exchanged-operands": Slip("The two sides of one operator there are exchanged."),
    "slip.exchanged-arguments": Slip("Two arguments there are exchanged."),
    "slip.exchanged-entries": Slip("Two entries there are exchanged."),
    "slip.function": Slip("One function there is taken for a similar one."),
    "slip.name": Slip("One name there stands for another value than is meant."),
    "slip.comparison": Slip("The condition there is the wrong way round, or includes a case too many or too few."),
    "slip.keyword": Slip("One option there is set the wrong way, or is missing."),
    "slip.accumulate": Slip("Does that line replace a value, or add to it? It does the other one than is meant."),
    "slip.transpose": Slip("Rows and columns are exchanged there."),
    "slip.alias": Slip("That is `.grad` itself and not its value at this moment: what changes later changes it too."),
    "slip.statement": Slip("That statement should not be there."),
    "slip.order": Slip("That statement runs too early or too late: look at its order with the one beside it."),
    "slip.indent": Slip("That statement belongs to another block: is it to run once, or each time?"),
}


def slip(kind: str) -> Slip:
    """Return a kind of slip."""
    return SLIPS[kind]
