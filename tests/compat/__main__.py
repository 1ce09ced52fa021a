"""Grades all cases by nbgrader alone and by `autograder grade`, prints the table, and keeps nbgrader's scores."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from .cases import CASES
from .course import make, ours, stock

STORED = Path(__file__).with_name("stock.json")


def main() -> None:
    """Print a line for each case: equal, or where the scores differ. The exit status is 1 where one differs."""
    chosen = [case for case in CASES if not sys.argv[1:] or case.name in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        root, copy = Path(folder) / "stock", Path(folder) / "ours"
        root.mkdir()
        refused = make(root, chosen)
        shutil.copytree(root, copy)
        theirs, mine = stock(root), ours(copy)
    different = 0
    for case in chosen:
        unequal = [
            f"{key.split('/', 1)[1]}: nbgrader {theirs.get(key)}, autograder {mine.get(key)}"
            for key in sorted(theirs | mine)
            if key.startswith(f"{case.name}/") and (key in theirs) == (key in mine) and theirs[key] != mine[key]
        ]
        missing = [key for key in theirs.keys() ^ mine.keys() if key.startswith(f"{case.name}/")]
        said = refused.get(case.name) and f"nbgrader does not release it: {refused[case.name]}"
        different += bool(unequal or missing)
        print(f"{case.name:26} {said or '; '.join([*unequal, *missing]) or 'equal'}")
    names = {case.name for case in CASES} - {case.name for case in chosen}
    kept = json.loads(STORED.read_text()) if STORED.exists() else {}
    kept = {key: points for key, points in kept.items() if key.split("/")[0] in names}
    STORED.write_text(json.dumps(kept | theirs, indent=1, sort_keys=True) + "\n")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
