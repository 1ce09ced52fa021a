"""Grades all attacks on the points, here and by stock nbgrader, and writes the table into docs/hostile.md.

With `--count`, only says how many attacks there are of each kind. With `--guessing`, says what random and constant answers
earn of each exercise with partial credit. With `--means`, says what is said of right values by excluded means, and writes that
table alone. With `--handins N`, grades classes of N hostile hand-in
folders, and says how many of them stopped a class or got at somebody else's work.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.document import put_between

from . import escape, guessing, handins, means, reader, stock
from .attack import KINDS, UNTOUCHED, Attack, all_attacks, all_limits, grade_all

PAGE = Path(__file__).parents[2] / "docs" / "hostile.md"
BEGIN, END = "<!-- attacks: written by python -m tests.hostile -->", "<!-- end of the attacks -->"
MEANS = "<!-- means: written by python -m tests.hostile -->", "<!-- end of the means -->"


def main(arguments: Sequence[str]) -> None:
    """Count, or grade and write."""
    attacks = all_attacks()
    if "--count" in arguments:
        _count(attacks)
        return
    if "--guessing" in arguments:
        print("\n".join(guessing.table()))
        return
    if "--means" in arguments:
        _try_means()
        return
    if "--handins" in arguments:
        sys.exit(_hand_in(int(arguments[arguments.index("--handins") + 1])))
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        graded = grade_all(Path(folder, "here"), attacks)
        here = {
            attack.name: graded[attack.name, attack.lesson.folder].score
            - graded[UNTOUCHED, attack.lesson.folder].score
            - attack.honest
            for attack in attacks
        }
        there: dict[str, float | None] = {}
        for attack, score in stock.scores(Path(folder, "stock"), attacks):
            there[attack.name] = None if score is None else max(score - attack.honest, 0.0)
            print(f"{attack.name}: {_points(here[attack.name])} here, {_points(there[attack.name])} there", flush=True)
    summary = _summary(here, there)
    print(summary)
    put_between(PAGE, BEGIN, END, [summary, "", *_table(attacks, here, there)])
    _try_means()


def _try_means() -> None:
    lines = means.table()
    print("\n".join(lines))
    put_between(PAGE, *MEANS, lines)


def _hand_in(number: int) -> int:
    with tempfile.TemporaryDirectory(prefix="handins-") as folder:
        outcome = handins.try_all(Path(folder), number)
    for fault in outcome.faults:
        print(fault.encode("unicode_escape").decode())
    print(f"{outcome.tried} hand-in folders tried; classes stopped, or another's work reached: {len(outcome.faults)}")
    return 1 if outcome.faults else 0


def _count(attacks: Sequence[Attack]) -> None:
    for title, kinds in (
        ("attacks on the points", Counter(one.kind for one in attacks)),
        ("attacks that earn points", Counter(one.lesson.name for one in all_limits())),
        ("right values by excluded means", Counter(one.family for one in means.all_attempts())),
        ("attempts to get out", Counter(one.kind for one in escape.all_escapes())),
        ("notebooks against their readers", Counter(one.kind for one in reader.all_readers())),
    ):
        print(f"{kinds.total()} {title}: {', '.join(f'{n} {kind}' for kind, n in kinds.items())}")


def _summary(here: Mapping[str, float], there: Mapping[str, float | None]) -> str:
    earned, stock_earned = (sum(bool(score) for score in scores.values()) for scores in (here, there))
    stopped = sum(score is None for score in there.values())
    return (
        f"{len(here)} attacks: {earned} earn a point here, {stock_earned} under stock nbgrader, "
        f"which gives no grade at all to {stopped} more."
    )


def _table(attacks: Sequence[Attack], here: Mapping[str, float], there: Mapping[str, float | None]) -> list[str]:
    lines = []
    for kind, does in KINDS.items():
        lines += [f"| **{does[0].upper()}{does[1:]}** | here | stock nbgrader |", "|---|--:|--:|"]
        for attack in attacks:
            if attack.kind == kind:
                points = f"{_points(here[attack.name])} | {_points(there[attack.name])}"
                link = f"../tests/hostile/undeserved/{attack.name}.py"
                lines.append(f"| [{attack.name.partition('_')[2]}]({link}): {attack.tries} | {points} |")
        lines.append("")
    return lines[:-1]


def _points(score: float | None) -> str:
    return "no grade" if score is None else f"{score:g}"


if __name__ == "__main__":
    main(sys.argv[1:])
