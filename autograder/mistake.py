"""What a known mistake is: a slug, how it shows, and one sentence to the student who made it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .observation import Call


@dataclass(frozen=True)
class Point:
    """One case as a mistake sees it: the arguments, built, and the right answer there."""

    arguments: tuple[Any, ...]
    reference: Any


@dataclass(frozen=True)
class Mistake:
    """A known mistake.

    Attributes
    ----------
    slug
        The last part of its id, `<exercise id>.<slug>`.
    message
        One sentence to the student.
    answers
        What the mistake returns at each point, where it shows in the values; one after the other, as far as asked.
    shows
        Whether one call shows it, where it shows in something other than the values.
    calls
        Names of functions that the answer's text must not call, as `jacobian`.
    """

    slug: str
    message: str
    answers: Callable[[Sequence[Point]], Iterable[Any]] | None = None
    shows: Callable[[Call], bool] | None = None
    calls: frozenset[str] = frozenset()


def wrong_value(slug: str, message: str, answer: Callable[..., Any]) -> Mistake:
    """Return a mistake that shows in the value: `answer(reference, *arguments)` is what it returns at a point."""

    def answers(points: Sequence[Point]) -> Iterable[Any]:
        return (answer(point.reference, *point.arguments) for point in points)

    return Mistake(slug, message, answers=answers)


def raising(slug: str, message: str, kind: str, *parts: str) -> Mistake:
    """Return a mistake that shows as an exception of class `kind` whose text has one of `parts` in it.

    The parts are short, since the texts change between releases of PyTorch; without parts any text will do.
    """

    def shows(call: Call) -> bool:
        if call.raised is None or kind not in call.raised.types:
            return False
        return not parts or any(part.lower() in call.raised.text.lower() for part in parts)

    return Mistake(slug, message, shows=shows)
