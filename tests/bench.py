"""Prints how fast the things are that people wait for. Nothing here passes or fails: see the figures."""

from __future__ import annotations

import contextlib
import importlib
import io
import statistics
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from autograder.lessons import all_lessons
from autograder.notebook import check
from tests.answering import namespace_of

ROOT = Path(__file__).parent.parent


def main() -> None:
    """Measure, and print one table."""
    table = Table(title="Figures", title_justify="left")
    table.add_column("what")
    table.add_column("measured", justify="right")
    table.add_column("aim", justify="right")
    import_time = _import_time()
    table.add_row("import autograder, beyond torch's own import (median of 7)", f"{import_time:.2f} s", "0.2 s")
    times = _check_times()
    table.add_row(
        f"check(), median over {len(times)} right answers", f"{statistics.median(times) * 1000:.1f} ms", "50 ms"
    )
    slowest = max(times)
    table.add_row("check(), the slowest of them", f"{slowest * 1000:.0f} ms", "–")
    table.add_row(f"nbval on all {2 * len(all_lessons())} notebooks, two workers", f"{_nbval_time():.0f} s", "120 s")
    Console().print(table)


def _import_time() -> float:
    program = "import time, torch; t = time.perf_counter(); import autograder; print(time.perf_counter() - t)"
    runs = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True) for _ in range(7)
    ]
    return statistics.median(float(run.stdout) for run in runs)


def _check_times() -> list[float]:
    """Return the seconds that the second check of each exercise's first right answer takes."""
    times = []
    for lesson in all_lessons():
        right = importlib.import_module(f"tests.answers.{lesson.name}").RIGHT
        for exercise in lesson.exercises:
            namespace = namespace_of(next(iter(right[exercise.id].values())))
            namespace["check"] = check
            for _ in range(2):
                start = time.perf_counter()
                with contextlib.redirect_stdout(io.StringIO()):
                    exec(f"check({exercise.id!r})._repr_mimebundle_()", namespace)
                last = time.perf_counter() - start
            times.append(last)
    return times


def _nbval_time() -> float:
    pytest = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "--nbval-current-env"]
    start = time.perf_counter()
    for arguments in (
        ["--nbval", "--nbval-sanitize-with", "tests/notebooks/sanitize.cfg", "solutions"],
        ["--nbval-lax", "notebooks"],
    ):
        subprocess.run([*pytest, *arguments], cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
