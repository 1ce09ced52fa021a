"""What stands for each picture while a submission is graded. Behind the walls it is all that there is of the figures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Undrawn:
    """Stands for a picture or an explorer while a submission is graded."""

    def __repr__(self) -> str:
        """Return a sentence in place of the picture's text."""
        return "Picture: it is not drawn while work is graded."


def undrawn(*_: object, **__: object) -> Undrawn:
    """Stand for every function that returns a picture, where student code runs while it is graded."""
    return Undrawn()
