"""The kinds of slips that one edit mends, and what the student is told of each. An instructor's words are in `misconceptions`."""

from __future__ import annotations

from collections.abc import Mapping

from ..finding import Place

# Each asks about the student's own text, or says what is so of it.
SLIPS: Mapping[str, str] = {
    "slip.sign": "Is a sign wrong there?",
    "slip.operator": "Is an operator wrong there?",
    "slip.extra-factor": "Is there a factor or a divisor too many?",
    "slip.extra-term": "Is there a term too many?",
    "slip.extra-power": "Is there a power too many?",
    "slip.extra-call": "Is a step too many there?",
    "slip.dropped-factor": "Is a factor or a divisor missing there?",
    "slip.dropped-term": "Is a term missing there?",
    "slip.dropped-power": "Is a power missing there?",
    "slip.dropped-call": "Is a step missing there?",
    "slip.dropped-return": "The function computes this, and does not return it.",
    "slip.dropped-statement": "Is a step missing there, or next to it?",
    "slip.number": "Is a number wrong there?",
    "slip.index": "Is an index or a bound wrong there?",
    "slip.brackets": "Which part is computed first there? Check the brackets.",
    "slip.exchanged-operands": "Are the two sides of an operator exchanged there?",
    "slip.exchanged-arguments": "Are two arguments exchanged there?",
    "slip.exchanged-entries": "Are two entries exchanged there?",
    "slip.function": "Is it the function that is meant?",
    "slip.exchanged-functions": "Are two functions exchanged there?",
    "slip.name": "What does each name there stand for?",
    "slip.comparison": "Try the condition there with a value on each side of it.",
    "slip.keyword": "Is an option wrong or missing there?",
    "slip.accumulate": "Should that line replace the value, or add to it?",
    "slip.no-leaf": "That computes a new tensor, and a computed tensor is no leaf.",
    "slip.in-place": "That changes a tensor or an array in place. Who else holds it?",
    "slip.transpose": "Are rows and columns exchanged there?",
    "slip.shape": "Which shape do the numbers have there?",
    "slip.alias": "That is `.grad` itself, and it changes later.",
    "slip.statement": "Does that statement belong there?",
    "slip.order": "Does that statement stand too early or too late?",
    "slip.indent": "Is that statement in the right block? Should it run once, or each time?",
}


def sentence(kind: str, place: Place) -> str:
    """Return what the student is told of a slip, with its place.

    That one change there is enough is seen. That this was the mistake is not: another place may be as good.

    Raises
    ------
    KeyError
        When there is no such kind.
    """
    where = f"`{place.text}` in line {place.line} of `{place.function}`"
    return f"One change at {where} makes your answer right. {SLIPS[kind]}"
