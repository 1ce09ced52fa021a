"""The right answers at some inputs, beside which calls are laid. Whether a call is right is decided as the judge decides it."""

from __future__ import annotations

from collections.abc import Sequence

from ..comparing import is_right, scales_of
from ..exercise import Case, Exercise, Raises
from ..observation import Call, Value
from ..reading import Part, read


class RightAnswers:
    """The right answers of an exercise at some inputs, and how near to them is near enough."""

    def __init__(self, exercise: Exercise, cases: Sequence[Case]) -> None:
        self.exercise, self.cases = exercise, cases
        self._references = [exercise.right_answer(one) for one in cases]
        # How near is near enough depends on the size of the right answers over all inputs, whatever came back.
        rows: list[list[Part]] = [[] for _ in self._references]
        for reference, row in zip(self._references, rows, strict=True):
            if not isinstance(reference, Raises):
                read(reference, Value("nothing", "NoneType"), "", row)
        self.scales = scales_of(rows)

    def first_wrong(self, calls: Sequence[Call]) -> int | None:
        """Return the position of the first call whose value is wrong; None where there is none."""
        return next((i for i, call in enumerate(calls) if not self.fits(i, call)), None)

    def fits(self, position: int, call: Call) -> bool:
        """Whether one call gave the right answer, by its value alone."""
        reference = self._references[position]
        if isinstance(reference, Raises):
            # Of a variant's call that raised nothing more is seen; the judge looks at the error later.
            return call.value is None and (call.raised is None or reference.kind in call.raised.types)
        parts: list[Part] = []
        if call.value is None or read(reference, call.value, "", parts) is not None:
            return False
        return all(is_right(self.exercise, part, self.scales) for part in parts)

    def parts(self, position: int, call: Call) -> list[Part]:
        """Return the parts of one call's value beside the right ones; none where there are no values."""
        reference = self._references[position]
        parts: list[Part] = []
        if call.value is not None and not isinstance(reference, Raises):
            read(reference, call.value, "", parts)
        return parts
