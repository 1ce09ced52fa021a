"""A known mistake: its slug, how it shows, and the message to the student who made it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .observation import Call, Value


@dataclass(frozen=True)
class Point:
    """One case as a mistake sees it: the built arguments, and the right answer for them."""

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
        What the student is told: what is wrong, and what to look at.
    answers
        Returns the mistake's answer at each point, one after the other. For a mistake that shows in the values.
    shows
        Whether one call shows the mistake. For a mistake that shows in something other than the values.
    calls
        Names of functions that the text of the answer must not take from a library, as `jacobian`.
    says
        Whether the text of the answer shows the mistake. Where a call must show it too, both do.
    at
        Whether a call with these arguments can show it.
    unmoved
        Entries of the answer that stay as they are where the mistake is made, when every gradient in the engine is changed.
    """

    slug: str
    message: str
    answers: Callable[[Sequence[Point]], Iterable[Any]] | None = None
    shows: Callable[[Call], bool] | None = None
    calls: frozenset[str] = frozenset()
    says: Callable[[str], bool] | None = None
    at: Callable[..., bool] | None = None
    unmoved: frozenset[str] = frozenset()

    def is_shown(self, call: Call, arguments: Sequence[Any], source: str) -> bool:
        """Whether a call with these arguments shows the mistake, and the text of the answer does not speak against it."""
        return (
            self.shows is not None
            and self.shows(call)
            and (self.at is None or self.at(*arguments))
            and (self.says is None or self.says(source))
        )


def wrong_value(slug: str, message: str, answer: Callable[..., Any]) -> Mistake:
    """Return a mistake that shows in the value. `answer(reference, *arguments)` returns the mistake's value."""

    def answers(points: Sequence[Point]) -> Iterable[Any]:
        return (answer(point.reference, *point.arguments) for point in points)

    return Mistake(slug, message, answers=answers)


def wrong_effect(slug: str, message: str, effects: Mapping[str, Any]) -> Mistake:
    """Return a mistake that shows in what the exercise measures: each of these entries has this value."""
    return Mistake(slug, message, shows=lambda call: all(effect(call, key) == value for key, value in effects.items()))


def effect(call: Call, key: str) -> Any:
    """Return an entry of what was measured as a truth value, a text or a number; None for anything else."""
    entry = measured(call, key)
    if entry.kind == "truth":
        return bool(entry.numbers[0])
    return entry.text if entry.kind == "text" else entry.numbers[0] if entry.kind == "number" else None


def measured(call: Call, key: str) -> Value:
    """Return an entry of what was measured, as the probe wrote it down."""
    return entry_of(call.value, key)


def entry_of(value: Value | None, key: str) -> Value:
    """Return an entry of a mapping, and a value that stands for none where there is none."""
    entries = dict(zip(value.keys, value.items, strict=False)) if value is not None else {}
    return entries.get(key, Value(kind="other", type=""))


def raising(slug: str, message: str, kind: str, *parts: str) -> Mistake:
    """Return a mistake that shows as an exception of class `kind` with one of `parts` in its text.

    Keep the parts short: PyTorch changes its texts between releases. Without parts, any text fits.
    """

    def shows(call: Call) -> bool:
        if call.raised is None or kind not in call.raised.types:
            return False
        return not parts or any(part.lower() in call.raised.text.lower() for part in parts)

    return Mistake(slug, message, shows=shows)
