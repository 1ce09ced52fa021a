"""One edit of the student's own text that makes the answer right: where it is, the mistake is known, and its place.

The variants are made here, from text, and run by whoever is given as `run`: in the notebook, or behind the walls. What comes
back are observations, and they are judged like any other. Points were given before, and nothing here changes them.
"""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import msgspec
import numpy as np

from ..exercise import Case, Exercise
from ..finding import Finding
from ..judge import RAISED, judge
from ..observation import Call, Observation
from ..verdict import OF_VALUES, Outcome, Verdict
from .drawing import draw
from .edits import Aim, Variant, enclosing, variants
from .expressions import functions_of, narrowed
from .harmless import computes_only
from .kinds import sentence
from .right import RightAnswers
from .running import Clock, TimeLeft
from .text import Text, text_of

# The sources of variants, the inputs, the seconds that there are, and whether each is probed as an answer is, or called
# once at the first input → an observation each, or None.
Run = Callable[[Sequence[str], Sequence[Case], float, bool], Sequence[Observation | None]]

# The likeliest come in a batch of their own: where they do, nothing waits for the others.
_FIRST_BATCH = 24
_BATCH = 40
_MADE_FOR_EACH = 4
_SECONDS_TO_DRAW = 0.05
_SEED = b"one edit away"
_NOT_WRONG = frozenset({Outcome.RIGHT, Outcome.NOT_ATTEMPTED, Outcome.UNREADABLE})
# Where no known mistake is named, the finding leads.
_UNEXPLAINED = frozenset({Outcome.WRONG, Outcome.WRONG_TYPE, Outcome.WRONG_SHAPE, Outcome.NOT_FINITE, Outcome.RAISED})
_OF_FORM = frozenset({Outcome.WRONG_TYPE, Outcome.WRONG_SHAPE})
# What is missing in a result can be put in at any step on the way to it, and that step is not wrong for it.
_ANYWHERE = frozenset({"slip.dropped-factor", "slip.dropped-term", "slip.dropped-power"})
# Right numbers by the wrong way, as by a function of a library: no small edit makes another way of it.
_OTHER_WAY = ("autograd-by-hand", "finite-difference", "formula-by-autograd", "library-")
# What may change a state and leave the numbers as they are.
_OF_STATE = frozenset(
    [
        "slip.dropped-call",
        "slip.extra-call",
        "slip.dropped-statement",
        "slip.statement",
        "slip.order",
        "slip.indent",
        "slip.keyword",
        "slip.alias",
        "slip.in-place",
        "slip.no-leaf",
        "slip.exchanged-arguments",
        "slip.comparison",
        "slip.name",
    ]
)


@dataclass(frozen=True)
class Budget:
    """How many variants are tried, of an answer whose mistake is known how many, and for how many seconds of processor time."""

    variants: int = 1200
    of_known: int = 1200
    seconds: float = 0.17


def diagnose(
    exercise: Exercise,
    cases: Sequence[Case],
    observation: Observation,
    verdict: Verdict,
    run: Run,
    budget: Budget,
    clock: Clock = time.thread_time,
) -> Verdict:
    """Return the verdict with the place of the mistake in it, if one edit makes the answer right, and with a picture.

    Parameters
    ----------
    observation
        What was observed of the answer itself, with its text.
    run
        Runs variants where the student's code runs.
    clock
        Returns the processor time that this thread, and what `run` runs, have taken so far.
    """
    if verdict.outcome in _NOT_WRONG or exercise.way == "recorded":
        return verdict
    values = RightAnswers(exercise, cases)
    wrong = values.first_wrong(observation.calls[: len(cases)])
    text = text_of(observation.source)
    if text is not None and (exercise.name not in text.defined or not computes_only(text)):
        text = None
    by_other_way = verdict.mistake.rpartition(".")[2].startswith(_OTHER_WAY) and wrong is None
    if text is not None and not by_other_way:
        with np.errstate(all="ignore"):
            most = budget.of_known if verdict.mistake else budget.variants
            seen = _Seen(observation, verdict, values, wrong)
            found = _Search(exercise, cases, seen, run, TimeLeft(budget.seconds, clock), most).found(text)
        verdict = _with(verdict, _finding(text, found)) if found else verdict
    if verdict.outcome in OF_VALUES:

        def curve(at: Sequence[Case]) -> Sequence[Call | None]:
            seen = run([text.source], at, _SECONDS_TO_DRAW, False) if text is not None else ()
            return seen[0].calls if seen and seen[0] is not None else ()

        return replace(verdict, sketch=draw(values, observation.calls, wrong or 0, curve))
    return verdict


# The slips that fit what the numbers say.
_FITTING: Mapping[str, frozenset[str]] = {
    "sign": frozenset({"slip.sign", "slip.exchanged-operands", "slip.extra-call"}),
    "factor": frozenset(
        {
            "slip.extra-factor",
            "slip.extra-power",
            "slip.operator",
            "slip.number",
            "slip.dropped-call",
            "slip.dropped-factor",
            "slip.dropped-power",
        }
    ),
    "term": frozenset({"slip.dropped-term", "slip.extra-term", "slip.sign", "slip.number"}),
}


def _aim(verdict: Verdict) -> Aim:
    """Return where to look first, by what was found before."""
    if verdict.outcome is Outcome.TELLING_RATIO:
        ratio = "sign" if verdict.mistake.endswith("opposite-sign") else "factor"
        return Aim(kinds=_FITTING[ratio])
    finding = verdict.finding
    if finding is None:
        return Aim()
    unused = re.match(r"`(\w+)` is never used", finding.sentence)
    return Aim(
        functions=functions_of(finding.place.entry) if finding.kind == "evidence.expression" else frozenset(),
        name=unused[1] if unused else "",
        kinds=_FITTING.get(finding.kind.removeprefix("behaviour."), frozenset()),
    )


def _with(verdict: Verdict, found: tuple[Finding, bool]) -> Verdict:
    """Put a finding into a verdict: the known mistakes know more, and what the numbers say leads where the edit adds."""
    finding, adds = found
    before = verdict.finding
    if verdict.mistake and adds and finding.kind in _ANYWHERE and not finding.place.code.startswith("return"):
        return verdict
    leads = before is not None and (adds or before.kind == "none.unused-leaf")
    if before is not None and leads and before.kind.startswith(("behaviour.", "none.")):
        place = replace(finding.place, entry=before.place.entry)
        where = f" Look at `{place.text}` in line {place.line} of `{place.function}`."
        finding = Finding(before.kind, before.sentence + where, place)
    if verdict.mistake or verdict.outcome not in _UNEXPLAINED:
        return replace(verdict, finding=finding)
    message = finding.sentence
    if before is not None and before.kind == "evidence.expression":
        # The smallest expression that is wrong is told first.
        message = f"{verdict.message} {message}"
    elif RAISED in verdict.message:
        # What a call raised is told after its cause.
        message += f" {verdict.message[verdict.message.find(RAISED) :]}"
    elif verdict.outcome in _OF_FORM and before is None:
        # What was asked for is told first.
        message = f"{verdict.message} {message}"
    # What a small step does led before, and stays true.
    steps = before.sentence if before is not None and before.kind == "evidence.slope" else verdict.evidence
    return replace(verdict, finding=finding, message=message, evidence=steps)


def _finding(text: Text, found: Sequence[Variant]) -> tuple[Finding, bool]:
    first = found[0]
    node = enclosing(text, [one.shown for one in found])
    place = text.place(node)
    return Finding(first.kind, sentence(first.kind, place), place), first.adds


@dataclass(frozen=True)
class _Seen:
    """What is known of the answer: its observation and verdict, the right values, and its first wrong call, if there is one."""

    observation: Observation
    verdict: Verdict
    values: RightAnswers
    wrong: int | None


class _Search:
    """The search for one edit that makes an answer right."""

    def __init__(
        self, exercise: Exercise, cases: Sequence[Case], answer: _Seen, run: Run, time_left: TimeLeft, most: int
    ) -> None:
        self._exercise = exercise
        self._cases = tuple(cases)
        self._answer = answer
        self._run = run
        self._time, self._most = time_left, most
        # The first call of each variant, and what is right there.
        self._first, self._at_first = cases[answer.wrong or 0], (answer.values, answer.wrong or 0)
        found = answer.verdict.finding
        small = narrowed(self._first, found.place.entry) if exercise.ask is not None and found is not None else None
        if small is not None:
            self._first, self._at_first = small, (RightAnswers(exercise, (small,)), 0)
        # The slip is looked for in the student's own cell. What another cell defines has a check of its own, or was given.
        self._aim = replace(_aim(answer.verdict), borrowed=frozenset(answer.observation.borrowed))

    def found(self, text: Text) -> list[Variant]:
        """Return the likeliest edits that make the answer right; none where there is none."""
        # Few edits change a state alone, and to make the others takes time too.
        made = islice(variants(text, self._aim), _MADE_FOR_EACH * self._most)
        likely = (
            one
            for one in made
            if (self._answer.wrong is not None or one.kind in _OF_STATE) and not self._adds_to_a_gradient(one)
        )
        waiting = islice(likely, self._most)
        first = (self._first,)
        batch = list(islice(waiting, _FIRST_BATCH))
        # Of an answer that is slow itself no variant would end in its time.
        own, *seen = self._observed([text.source, *(one.source for one in batch)], first) or [None]
        while own is not None and batch:
            right = self._right([one for one, each in zip(batch, seen, strict=False) if self._fits(each)])
            if right:
                return right
            batch = list(islice(waiting, _BATCH)) if self._time.seconds() > 0 else []
            seen = list(self._observed([one.source for one in batch], first)) if batch else []
        return []

    def _adds_to_a_gradient(self, one: Variant) -> bool:
        """Whether a variant puts a factor or a term beside a gradient that autograd has computed. That would be a formula of one's own."""
        is_gradient = (isinstance(node, ast.Attribute) and node.attr == "grad" for node in ast.walk(one.shown))
        return self._exercise.way == "autograd" and one.kind in _ANYWHERE and any(is_gradient)

    def _observed(
        self, sources: Sequence[str], cases: Sequence[Case], probed: bool = False
    ) -> Sequence[Observation | None]:
        left = self._time.seconds()
        return self._run(sources, cases, left, probed) if left > 0 else []

    def _fits(self, seen: Observation | None) -> bool:
        values, position = self._at_first
        return seen is not None and len(seen.calls) == 1 and values.fits(position, seen.calls[0])

    def _right(self, fitting: Sequence[Variant]) -> list[Variant]:
        """Return the likeliest variants that are right in every way, as an answer is, and at others than its own inputs too."""
        right: list[Variant] = []
        # Where the numbers point, unlikely edits are tried first too.
        for one in sorted(self._with_the_state(self._with_right_values(fitting)), key=lambda one: one.rank):
            # The place needs no others than those beside the first.
            if right and (one.rank > right[0].rank + 0.5 or not _is_beside(one, right[0])):
                continue
            (seen,) = self._observed([one.source], self._cases, probed=True) or (None,)
            if seen is None or self._raises_by_accident(seen):
                continue
            if self._judged(one, self._cases, seen).outcome is Outcome.RIGHT:
                right.append(one)
        return right

    def _raises_by_accident(self, seen: Observation) -> bool:
        """Whether a variant raises where the answer did not, and not by a statement. Its edit puts no missing check in."""
        pairs = zip(self._answer.observation.calls, seen.calls, strict=False)
        return any(before.raised is None and now.raised is not None and not now.raised.stated for before, now in pairs)

    def _with_right_values(self, fitting: Sequence[Variant]) -> list[Variant]:
        """Return the variants that give the right values at the answer's inputs, and at further ones."""
        if not fitting:
            return []
        cases, values = self._cases, self._answer.values
        further = self._exercise.grading_cases(_SEED)
        if self._exercise.ask is not None:
            # One call asks for much here, and those that are probed are called too.
            cases, further = (cases[self._answer.wrong or 0],), further[-1:]
            values = RightAnswers(self._exercise, cases)
        n, at_further = len(cases), RightAnswers(self._exercise, further)
        observed = self._observed([one.source for one in fitting], (*cases, *further))
        return [
            one
            for one, seen in zip(fitting, observed, strict=False)
            if seen is not None
            and len(seen.calls) == n + len(further)
            and values.first_wrong(seen.calls[:n]) is None
            and at_further.first_wrong(seen.calls[n:]) is None
        ]

    def _with_the_state(self, fitting: Sequence[Variant]) -> Sequence[Variant]:
        """Return the variants that may leave a right state, where the answer's is wrong, by one call that shows it.

        To write down all that one call does takes a part of the time that all calls take.
        """
        telling = self._telling_call() if fitting and self._answer.wrong is None else None
        if telling is None:
            return fitting
        cases, before = telling
        observed = self._observed([one.source for one in fitting], cases, probed=True)
        return [
            one
            for one, seen in zip(fitting, observed, strict=False)
            if seen is not None and self._judged(one, cases, seen).mistake != before.mistake
        ]

    def _telling_call(self) -> tuple[tuple[Case], Verdict] | None:
        """Return the first case at which one call shows what is wrong, with the verdict; None where one doesn't."""
        answer = self._answer
        for case, call in zip(self._cases, answer.observation.calls, strict=False):
            alone = msgspec.structs.replace(answer.observation, calls=(call,))
            verdict = judge(self._exercise, (case,), alone)
            if verdict.mistake and (verdict.outcome, verdict.mistake) == (
                answer.verdict.outcome,
                answer.verdict.mistake,
            ):
                return (case,), verdict
        return None

    def _judged(self, one: Variant, cases: Sequence[Case], seen: Observation) -> Verdict:
        return judge(self._exercise, cases, msgspec.structs.replace(seen, source=one.source))


def _is_beside(one: Variant, other: Variant) -> bool:
    return one.kind == other.kind and one.shown.lineno == other.shown.lineno
