"""What is said of wrong answers: the place, a finding, or evidence; and how long that takes.

By itself it prints what is said of each answer that was written by hand, and writes the figures into docs/benchmarks.md:
`python -m tests.bench.diagnosis`; with `--every 5` only one answer in five is looked at. All times are processor time, which a busy machine changes least.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import re
import signal
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice

import torch

from autograder.diagnosis.running import run_variants
from autograder.diagnosis.search import Budget, diagnose
from autograder.exercise import Case
from autograder.grading.engine import BUDGET
from autograder.judge import judge
from autograder.misconceptions import KINDS
from autograder.probe import probe
from autograder.verdict import Outcome, Verdict
from tests.answering import namespace_of
from tests.cells import forgotten_cells
from tests.corpus import Wrong, by_edits, by_hand, right

from .course import ROOT
from .table import BEGIN_TOLD, END_TOLD, Row, spread, write

_EDITS_EACH = 1
# An edit may make an endless loop of an answer. The first import of a part of PyTorch takes seconds too.
_SECONDS_TO_END = 6.0


@dataclass(frozen=True)
class Checked:
    """A wrong answer, what was said of it, and how many seconds that took: all of the check, and the search alone."""

    wrong: Wrong
    verdict: Verdict
    seconds: float
    searched: float

    @property
    def found(self) -> str:
        """What was found, the best first: a place in the text or the result, a finding without one, evidence, or nothing."""
        verdict, finding = self.verdict, self.verdict.finding
        if finding is not None and (finding.place.text or finding.place.entry):
            return "place"
        if verdict.outcome is Outcome.RAISED and " at the line `" in verdict.message:
            return "place"
        # Of an exception, a type, a shape or a way that was not asked for, the outcome itself tells what is wrong.
        if verdict.mistake or verdict.outcome is not Outcome.WRONG or (finding is not None and finding.kind in KINDS):
            return "finding"
        return "evidence" if finding is not None else "nothing"


@forgotten_cells()
def checked(wrong: Wrong, budget: Budget, cases: tuple[Case, ...] | None = None) -> Checked | None:
    """Check an answer as a notebook does; None of one that does not run at all, or does not end."""
    exercise = wrong.exercise
    cases = exercise.cases if cases is None else cases
    _import_all()
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            _interrupted_after(_SECONDS_TO_END),
        ):
            warnings.simplefilter("ignore")
            namespace = namespace_of(wrong.before + wrong.source)
    except (Exception, KeyboardInterrupt):
        return None
    start = time.process_time()
    with _interrupted_after(_SECONDS_TO_END):
        observation = probe(exercise, namespace, cases)
    if any(call.raised is not None and call.raised.types[:1] == ("KeyboardInterrupt",) for call in observation.calls):
        return None
    verdict = judge(exercise, cases, observation.to_json())
    run = partial(run_variants, exercise, namespace)
    judged = time.process_time()
    verdict = diagnose(exercise, cases, observation, verdict, run, budget)
    end = time.process_time()
    return Checked(wrong, verdict, end - start, end - judged)


@cache
def _import_all() -> None:
    """Import what checks need, as a notebook does, and what `torch.func` needs.

    That takes a second and more, and an interrupt would leave it half imported.
    """
    importlib.import_module("autograder.notebook")
    torch.func.grad(lambda x: x * x)(torch.tensor(1.0))


@contextlib.contextmanager
def _interrupted_after(seconds: float) -> Iterator[None]:
    """Interrupt what does not end, as a student would."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGPROF, interrupt)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@cache
def by_hand_checked(every: int = 1) -> tuple[Checked, ...]:
    """Return what is said of the answers written by hand, those that are right left out; of one answer in `every`."""
    return tuple(_wrong(checked(one, Budget()) for one in islice(by_hand(), 0, None, every)))


@cache
def by_edits_checked(every: int = 1) -> tuple[Checked, ...]:
    """Return what is said of the answers made by an edit, those that are right left out; of one style in `every`."""
    return tuple(_wrong(checked(one, Budget()) for one in by_edits(_EDITS_EACH, every=every)))


def _wrong(all_of_them: Iterable[Checked | None]) -> Iterator[Checked]:
    return (one for one in all_of_them if one is not None and one.verdict.outcome is not Outcome.RIGHT)


def too_tame(answers: Iterable[Wrong]) -> Iterator[Wrong]:
    """Yield the answers that are right at the public inputs and wrong at some that are drawn for grading."""
    for one in answers:
        public = checked(one, Budget(seconds=0.0))
        if public is None or public.verdict.outcome is not Outcome.RIGHT:
            continue
        for seed in range(5):
            again = checked(one, Budget(seconds=0.0), one.exercise.grading_cases(f"{seed}".encode()))
            if again is not None and again.verdict.outcome is not Outcome.RIGHT:
                yield one
                break


def rows(every: int = 1) -> list[Row]:
    """Return the figures; those of one answer in `every`."""
    made: list[Row] = []
    by_edit = by_edits_checked(every)
    for name, all_of_them in (("written by hand", by_hand_checked(every)), ("made by an edit", by_edit)):
        counts = Counter(one.found for one in all_of_them)
        shares = ", ".join(
            f"{kind} {counts[kind] / len(all_of_them):.1%}" for kind in ("place", "finding", "evidence", "nothing")
        )
        made.append(
            Row(f"{len(all_of_them):,} wrong answers {name}: the best that is told", shares, "place or finding 95 %")
        )
        seconds = sorted(one.seconds for one in all_of_them)
        made.append(Row(f"a check of those {name}", _times(seconds), "at most 0.3 s"))
    graded = _wrong(checked(one, BUDGET) for one in islice(by_hand(), 0, None, 4 * every))
    searched = sorted(one.searched for one in graded)
    made.append(
        Row(
            "written by hand, with the limits of grading: the search",
            _times(searched),
            "at most 0.1 s",
        )
    )
    edited = [one for one in by_edit if shown_line(one)]
    there = sum(shown_line(one) == one.wrong.line for one in edited)
    made.append(
        Row("made by an edit: a line is shown", f"{len(edited) / len(by_edit):.1%}", "90 %"),
    )
    made.append(Row("… and it is the line of the edit", f"{there / len(by_edit):.1%}"))
    answers = list(islice(right(), 0, None, every))
    false = sum(_is_scolded(one) for one in answers)
    made.append(Row(f"of {len(answers):,} right answers, those with a finding", str(false), "0"))
    return made


def _times(seconds: Sequence[float]) -> str:
    return f"{spread(seconds, 's')}, 99 % within {seconds[int(0.99 * (len(seconds) - 1))]:.2f} s"


def shown_line(one: Checked) -> int:
    """Return the line of the whole text that the student is shown; 0 where there is none."""
    finding = one.verdict.finding
    raised = re.search(r" at the line `(.+)`\.$", one.verdict.message, re.DOTALL)
    shown = finding.place.code if finding is not None and finding.place.text else raised[1] if raised else None
    lines = [i for i, line in enumerate(one.wrong.source.split("\n"), 1) if line.strip() == shown]
    return one.wrong.line if one.wrong.line in lines else lines[0] if lines else 0


def _is_scolded(one: tuple[object, str, str]) -> bool:
    exercise, style, source = one
    found = checked(Wrong(exercise, style, source), Budget())  # type: ignore[arg-type]
    return found is None or found.verdict.outcome is not Outcome.RIGHT or found.verdict.finding is not None


def main(say: Callable[[str], object] = print) -> None:
    """Print what is said of each, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="look at one answer in so many")
    every = parser.parse_args().every
    for one in by_hand_checked(every):
        finding = one.verdict.finding
        kind = finding.kind if finding is not None else ""
        say(f"{one.found:9} {one.seconds:.2f} {one.wrong.exercise.id}: {one.wrong.note}")
        say(f"    {one.verdict.outcome} {one.verdict.mistake.rpartition('.')[2]} {kind}: {one.verdict.message[:180]}")
        if finding is not None and finding.place.text:
            say(f"    {finding.place.line}: {finding.place.text}")
    figures = rows(every)
    for row in figures:
        say(f"{row.what}: {row.measured} ({row.aim})")
    write(figures, ROOT / "docs" / "benchmarks.md", BEGIN_TOLD, END_TOLD)


if __name__ == "__main__":
    sys.exit(main())
