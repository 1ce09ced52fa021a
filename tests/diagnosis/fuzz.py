"""Checks broken answers by the thousand, and looks for one that the check itself breaks on.

`python -m tests.diagnosis.fuzz --minutes 10` says how many there were and how long the slowest took, and ends with an error
at the first crash.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from autograder import view
from autograder.diagnosis.edits import variants
from autograder.diagnosis.harmless import computes_only
from autograder.diagnosis.search import Budget
from autograder.diagnosis.text import text_of
from tests.bench.diagnosis import Checked, checked
from tests.corpus import Wrong, by_hand, right

_MEMORY = 8 << 30
_PIECE = re.compile(r"\w+|\s+|[^\w\s]+")
_STRANGE = ("é", "𝒙", "1e999", "float('nan')", "[]", "None", "…", "-0.0", "1j", "''", "lambda: 0", "\t", "(", ":", "@")


@dataclass
class Tally:
    """How many answers were checked and how many of them ran, and the seconds of the slowest and its text."""

    seen: int = 0
    ran: int = 0
    slowest: float = 0.0
    source: str = ""


def broken(rng: random.Random) -> Iterator[Wrong]:
    """Yield answers with edits on edits, with pieces lost, doubled, exchanged or made strange, or one exercise's for another's."""
    whole = [(exercise, source) for exercise, _, source in right()]
    whole += [(one.exercise, one.source) for one in by_hand()]
    while True:
        exercise, source = rng.choice(whole)
        for _ in range(rng.randint(1, 4)):
            source = _edited(source, rng) if rng.random() < 0.6 else _cut(source, rng)
        if rng.random() < 0.05:
            source = source.replace(f"def {exercise.name}", f"def {(other := rng.choice(whole)[0]).name}")
            exercise = other
        yield Wrong(exercise, "fuzz", source)


def _edited(source: str, rng: random.Random) -> str:
    text = text_of(source)
    made = list(variants(text)) if text is not None else []
    return rng.choice(made).source if made else source


def _cut(source: str, rng: random.Random) -> str:
    pieces = _PIECE.findall(source)
    if not pieces:
        return source
    i, j = sorted(rng.choices(range(len(pieces)), k=2))
    match rng.randrange(4):
        case 0:
            del pieces[i]
        case 1:
            pieces.insert(i, pieces[j])
        case 2:
            pieces[i], pieces[j] = pieces[j], pieces[i]
        case _:
            pieces[i] = rng.choice(_STRANGE)
    return "".join(pieces)


def check(one: Wrong, budget: Budget) -> Checked | None:
    """Check an answer, and show what was found, as a notebook does; None of one that is not run."""
    text = text_of(one.source)
    if text is None or not computes_only(text):
        return None
    found = checked(one, budget)
    if found is not None:
        view.text(found.verdict)
        view.panel(found.verdict)
    return found


def fuzz(minutes: float, seed: int = 0) -> Tally:
    """Check broken answers for some minutes, and return how many."""
    tally, end = Tally(), time.monotonic() + 60 * minutes
    for one in broken(random.Random(seed)):
        if time.monotonic() > end:
            break
        tally.seen += 1
        try:
            found = check(one, Budget())
        except Exception:
            print(f"The check of {one.exercise.id} broke on:\n{one.source}", file=sys.stderr)
            raise
        if found is not None:
            tally.ran += 1
            if found.seconds > tally.slowest:
                tally.slowest, tally.source = found.seconds, one.source
    return tally


def main() -> None:
    """Check for as many minutes as are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    tally = fuzz(asked.minutes, asked.seed)
    print(f"{tally.seen:,} answers, {tally.ran:,} of them ran, no crash. The slowest check took {tally.slowest:.2f} s:")
    print(tally.source)


if __name__ == "__main__":
    main()
