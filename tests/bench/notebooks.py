"""What a student waits for: an import, a check; and what a developer waits for: all notebooks under nbval."""

from __future__ import annotations

import contextlib
import importlib
import io
import statistics
import subprocess
import sys
import time

from autograder.lessons import all_lessons
from autograder.notebook import check
from tests.answering import namespace_of

from .course import ROOT
from .table import Row, spread


def rows() -> list[Row]:
    """Measure, and return the rows of the table."""
    checks = [seconds * 1000 for seconds in _check_times()]
    return [
        Row(
            "`from autograder import check`, beyond torch's own import, of 7",
            spread(_import_times(), "s"),
            "0.2 s",
        ),
        Row(f"`check()`, median over {len(checks)} right answers", f"{statistics.median(checks):.1f} ms", "50 ms"),
        Row("`check()`, the slowest of them", f"{max(checks):.0f} ms"),
        Row(f"nbval on all {2 * len(all_lessons())} notebooks, two workers", f"{_nbval_time():.0f} s", "120 s"),
    ]


def _import_times() -> list[float]:
    program = (
        "import time, torch; t = time.perf_counter(); from autograder import check; print(time.perf_counter() - t)"
    )
    command = [sys.executable, "-c", program]
    return [float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(7)]


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
        tested = subprocess.run([*pytest, *arguments], cwd=ROOT, check=False, capture_output=True, text=True)
        if tested.returncode:
            raise RuntimeError(f"nbval failed:\n{tested.stdout[-3000:]}")
    return time.perf_counter() - start
