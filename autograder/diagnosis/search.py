"""One edit of the student's own text that makes the answer right: where it is, the mistake is known, and its place.

The variants are made here, from text, and run by whoever is given as `run`: in the notebook, or behind the walls. What comes
back are observations, and they are judged like any other. Points were given before, and nothing here changes them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import msgspec
import numpy as np

from ..comparing import is_right, scales_of
from ..exercise import Case, Exercise, Raises
from ..finding import Finding
from ..judge import judge
from ..observation import Call, Observation
from ..reading import Part, read
from ..verdict import OF_VALUES, Outcome, Verdict
from .drawing import draw
from .edits import Variant, enclosing, variants
from .harmless import computes_only
from .kinds import slip
from .text import Text, text_of

# The sources of variants, the inputs, the seconds that there are, and whether each is probed as an answer is, or called
# once at the first input → an observation each, or None.
Run = Callable[[Sequence[str], Sequence[Case], float, bool], Sequence[Observation | None]]

_BATCH = 40
_SECONDS_TO_DRAW = 0.05
_SEED = b"one edit away"
_NOT_WRONG = frozenset({Outcome.RIGHT, Outcome.NOT_ATTEMPTED, Outcome.UNREADABLE})
# Right numbers by the wrong way: no small edit makes another way of it.
_OTHER_WAY = frozenset({"autograd-by-hand", "finite-difference", "formula-by-autograd"})


@dataclass(frozen=True)
class Budget:
    """How many variants are tried, and for how many seconds."""

    variants: int = 600
    seconds: float = 0.2


def diagnose(
    exercise: Exercise, cases: Sequence[Case], observation: Observation, verdict: Verdict, run: Run, budget: Budget
) -> Verdict:
    """Return the verdict with the place of the mistake in it, if one edit makes the answer right, and with a picture.

    Parameters
    ----------
    observation
        What was observed of the answer itself, with its text.
    run
        Runs variants where the student's code runs.
    """
    # What one call of the answer can't show, one edit of its text is not tried for.
    if verdict.outcome in _NOT_WRONG or exercise.ask is not None:
        return verdict
    wrong = _first_wrong(exercise, cases, observation.calls)
    text = text_of(observation.source)
    if text is not None and (text.function(exercise.name) is None or not computes_only(text)):
        text = None
    if text is not None and verdict.mistake.rpartition(".")[2] not in _OTHER_WAY:
        with np.errstate(all="ignore"):
            found = _Search(exercise, cases, wrong, run, budget).found(text)
        verdict = _with(verdict, _finding(text, found)) if found else verdict
    if verdict.outcome in OF_VALUES:

        def values(at: Sequence[Case]) -> Sequence[Call | None]:
            seen = run([text.source], at, _SECONDS_TO_DRAW, False) if text is not None else ()
            return seen[0].calls if seen and seen[0] is not None else ()

        return replace(verdict, sketch=draw(exercise, cases, observation.calls, wrong, values))
    return verdict


def _first_wrong(exercise: Exercise, cases: Sequence[Case], calls: Sequence[Call]) -> int:
    for i, (one, call) in enumerate(zip(cases, calls, strict=False)):
        if not _fits(exercise, exercise.reference(*exercise.arguments(one)), call):
            return i
    return 0


def _fits(exercise: Exercise, reference: object, call: Call) -> bool:
    """Whether one call gave the right answer, by its value alone."""
    if isinstance(reference, Raises):
        return call.raised is not None and reference.kind in call.raised.types
    if call.value is None:
        return False
    parts: list[Part] = []
    if read(reference, call.value, "", parts) is not None:
        return False
    scales = scales_of([parts])
    return all(is_right(exercise, part, scales) for part in parts)


def _with(verdict: Verdict, found: tuple[Finding, bool]) -> Verdict:
    """Put a finding into a verdict: the known mistakes know more, and what the numbers say leads where the edit adds."""
    finding, adds = found
    before = verdict.finding
    if before is not None and adds and before.kind.startswith(("behaviour.", "none.")):
        place = replace(finding.place, entry=before.place.entry)
        where = f" Look at `{place.text}` in line {place.line} of `{place.function}`."
        finding = Finding(before.kind, before.sentence + where, place)
    if verdict.outcome in (Outcome.WRONG, Outcome.WRONG_TYPE, Outcome.WRONG_SHAPE) and not verdict.mistake:
        return replace(verdict, finding=finding, message=finding.sentence)
    return replace(verdict, finding=finding)


def _finding(text: Text, found: Sequence[Variant]) -> tuple[Finding, bool]:
    first = found[0]
    alike = [one.shown for one in found if one.kind == first.kind and one.shown.lineno == first.shown.lineno]
    node = enclosing(text, alike)
    place = text.place(node)
    return Finding(first.kind, slip(first.kind).sentence(place), place), first.adds


class _Search:
    """The search for one edit that makes an answer right."""

    def __init__(self, exercise: Exercise, cases: Sequence[Case], wrong: int, run: Run, budget: Budget) -> None:
        self._exercise = exercise
        self._cases = tuple(cases)
        self._run = run
        self._end = time.monotonic() + budget.seconds
        self._most = budget.variants
        self._first = cases[wrong]
        self._reference = exercise.reference(*exercise.arguments(self._first))

    def found(self, text: Text) -> list[Variant]:
        """Return the likeliest edits that make the answer right; none where there is none."""
        waiting = islice(variants(text), self._most)
        while batch := list(islice(waiting, _BATCH)):
            seen = self._observed(batch, (self._first,), probed=False)
            fitting = [one for one, each in zip(batch, seen, strict=False) if self._fits(each)]
            right = list(self._right(fitting))
            if right:
                best = min(one.rank for one in right)
                return [one for one in right if one.rank <= best + 0.5]
            if time.monotonic() > self._end:
                break
        return []

    def _observed(self, batch: Sequence[Variant], cases: Sequence[Case], probed: bool) -> Sequence[Observation | None]:
        left = self._end - time.monotonic()
        return self._run([one.source for one in batch], cases, left, probed) if left > 0 else []

    def _right(self, fitting: Sequence[Variant]) -> Iterator[Variant]:
        """Yield the variants that are right at every input, at others than the answer was called at too."""
        cases = (*self._cases, *self._exercise.grading_cases(_SEED))
        for one in fitting:
            (seen,) = self._observed([one], cases, probed=True) or (None,)
            if seen is not None and self._is_right(one, cases, seen):
                yield one

    def _is_right(self, one: Variant, cases: Sequence[Case], seen: Observation) -> bool:
        told = msgspec.structs.replace(seen, source=one.source)
        return judge(self._exercise, cases, told).outcome is Outcome.RIGHT

    def _fits(self, seen: Observation | None) -> bool:
        return seen is not None and len(seen.calls) == 1 and _fits(self._exercise, self._reference, seen.calls[0])
