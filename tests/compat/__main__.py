"""Grades all cases in three ways, prints the table into docs/compat.md, and keeps nbgrader's own scores.

`python -m tests.compat [CASE]...`
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .cases import CASES, Case
from .course import by_autograder, by_nbgrader, digests, make, unequal

STORED = Path(__file__).with_name("stock.json")
_PAGE = Path(__file__).parents[2] / "docs" / "compat.md"
_TABLE = "| assignment | `nbgrader autograde` | `autograder grade` |\n|---|---|---|\n"


def main() -> None:
    """Print a row for each case: equal, or where the scores differ. The exit status is 1 where one differs."""
    chosen = [case for case in CASES if not sys.argv[1:] or case.name in sys.argv[1:]]
    stored: dict[str, Any] = json.loads(STORED.read_text()) if STORED.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder) / name for name in ("stock", "hooked", "ours")]
        refused = make(places[0], chosen)
        for place in places[1:]:
            shutil.copytree(places[0], place)
        released = [case.name for case in chosen if case.name not in refused]
        made = digests(places[0])
        new = [name for name in released if stored.get(name, {}).get("made_of") != made[name]]
        scores = by_nbgrader(places[0], new)
        stored |= {name: {"made_of": made[name], "scores": _of(name, scores)} for name in new}
        STORED.write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n")
        stock = {key: points for name in released for key, points in stored[name]["scores"].items()}
        hooked = by_nbgrader(places[1], released, ours=True)
        ours, why = by_autograder(places[2], released)
    rows, wrong = [], 0
    for case in chosen:
        cells = [_cell(case, refused, unequal(case.name, stock, scores), why) for scores in (hooked, ours)]
        wrong += any(cell.startswith("**") for cell in cells)
        rows.append(f"| {case.name} | {' | '.join(cells)} |\n")
        print(rows[-1], end="", flush=True)
    if len(chosen) == len(CASES):
        before, _, _ = _PAGE.read_text().partition(_TABLE)
        _PAGE.write_text(f"{before}{_TABLE}{''.join(rows)}")
    sys.exit(1 if wrong else 0)


def _of(case: str, scores: dict[str, float | None]) -> dict[str, float | None]:
    return {key: points for key, points in scores.items() if key.startswith(f"{case}/")}


def _cell(case: Case, refused: dict[str, str], differ: Sequence[str], why: dict[str, str]) -> str:
    if case.name in refused:
        return f"nbgrader does not release it: {refused[case.name]}"
    if not differ:
        return "equal"
    if case.on_purpose:
        return f"other on purpose: {case.on_purpose}"
    if case.name in why:
        return f"refused: {why[case.name]}"
    return f"**unequal** {'; '.join(differ)}"


if __name__ == "__main__":
    main()
