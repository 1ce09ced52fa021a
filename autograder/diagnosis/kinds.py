"""The kinds of slips that one edit mends, and what the student is told of each. An instructor's words are in `misconceptions`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..finding import Place


@dataclass(frozen=True)
class Slip:
    """A kind of slip: `words` ask about the student's own text, or say what is so of it.

    That one change there is enough is seen. That this was the mistake is not: another place may be as good.
    """

    words: str

    def sentence(self, place: Place) -> str:
        """Return what the student is told, with the place."""
        where = f"`{place.text}` in line {place.line} of `{place.function}`"
        return f"One change at {where} makes your answer right. {self.words}"


SLIPS: Mapping[str, Slip] = {
    "slip.sign": Slip("Is a sign wrong there?"),
    "slip.operator": Slip("Is an operator wrong there?"),
    "slip.extra-factor": Slip("Is there a factor or a divisor too many?"),
    "slip.extra-term": Slip("Is there a term too many?"),
    "slip.extra-power": Slip("Is there a power too many?"),
    "slip.extra-call": Slip("Is a function called there that should not be?"),
    "slip.dropped-factor": Slip("Is a factor or a divisor missing there?"),
    "slip.dropped-term": Slip("Is a term missing there?"),
    "slip.dropped-power": Slip("Is a power missing there?"),
    "slip.dropped-call": Slip("Is a step missing there?"),
    "slip.dropped-return": Slip("The function computes this, and does not return it."),
    "slip.dropped-statement": Slip("Is a step missing there, or next to it?"),
    "slip.number": Slip("Is a number wrong there?"),
    "slip.index": Slip("Is an index or a bound wrong there?"),
    "slip.brackets": Slip("Which part is computed first there? Check the brackets."),
    "slip.exchanged-operands": Slip("Are the two sides of an operator exchanged there?"),
    "slip.exchanged-arguments": Slip("Are two arguments exchanged there?"),
    "slip.exchanged-entries": Slip("Are two entries exchanged there?"),
    "slip.function": Slip("Is it the function that is meant?"),
    "slip.exchanged-functions": Slip("Are two functions exchanged there?"),
    "slip.name": Slip("What does each name there stand for?"),
    "slip.comparison": Slip("Try the condition there with a value on each side of it."),
    "slip.keyword": Slip("Is an option wrong or missing there?"),
    "slip.accumulate": Slip("Should that line replace the value, or add to it?"),
    "slip.no-leaf": Slip("That computes a new tensor, and a computed tensor is no leaf."),
    "slip.in-place": Slip("That changes a tensor or an array in place. Who else holds it?"),
    "slip.transpose": Slip("Are rows and columns exchanged there?"),
    "slip.shape": Slip("Which shape do the numbers have there?"),
    "slip.alias": Slip("That is `.grad` itself, and it changes later."),
    "slip.statement": Slip("Does that statement belong there?"),
    "slip.order": Slip("Does that statement stand too early or too late?"),
    "slip.indent": Slip("Is that statement in the right block? Should it run once, or each time?"),
}


def slip(kind: str) -> Slip:
    """Return a kind of slip."""
    return SLIPS[kind]
