"""Grades a large class once, and a small one again and again; prints what is held in between. `python -m tests.hostile.load`.

What a run takes it has to give back: memory, file descriptors, processes, temporary files. The arguments are the size of the
large class, the size of the small one, and how often that is graded: 2000 200 20 without any. Ends with status 1 where
something grew.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from autograder.grading.course import Course
from autograder.grading.pool import LocalPool
from tests.bench.course import honest, new_course, with_class
from tests.bench.process import below, processes

# What caches and the allocator may add, in MiB, to all processes of a run together, from the second round on.
_MORE = 64.0


@dataclass(frozen=True)
class Held:
    """What this process and all that come of it hold: memory in MiB, open files, processes; and temporary files."""

    memory: float
    descriptors: int
    processes: int
    temporary: int

    @classmethod
    def now(cls) -> Held:
        """Look."""
        seen = processes()
        pids = [os.getpid(), *below([os.getpid()], seen)]
        memory, descriptors = 0.0, 0
        for pid in pids:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().split()
            memory += int(rollup[rollup.index("Pss:") + 1]) / 1024
            descriptors += len(list(Path(f"/proc/{pid}/fd").iterdir()))
        return cls(memory, descriptors, len(pids), len(_ours()))

    def __str__(self) -> str:
        """Return it as a line."""
        return f"{self.memory:6.0f} MiB, {self.descriptors} open files, {self.processes} processes, {self.temporary} temporary files"


def _ours() -> list[Path]:
    """Return the temporary files of graders and their pools; others' come and go."""
    return [path for path in Path(tempfile.gettempdir()).iterdir() if path.name.startswith(("autograder-", "pymp-"))]


def main(large: int = 2000, small: int = 200, rounds: int = 20) -> int:
    """Grade, look, and say what grew."""
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        root = Path(folder)
        course = new_course(root / "course")
        texts = honest(course)
        with LocalPool(os.cpu_count() or 1, "auto") as pool:
            again = Course(with_class(course, root / "small", texts, small))
            held = [_graded(again, pool) for _ in range(rounds)]
            held.append(_graded(Course(with_class(course, root / "large", texts, large)), pool))
    second, last = held[1], held[-1]
    grew = [
        name
        for name, more in (("memory", _MORE), ("descriptors", 0), ("processes", 0), ("temporary", 0))
        if getattr(last, name) > getattr(second, name) + more
    ]
    print(f"from the second round to the last, grew: {', '.join(grew) or 'nothing'}")
    return 1 if grew else 0


def _graded(course: Course, pool: LocalPool) -> Held:
    start = time.monotonic()
    submissions = course.submissions(course.lessons())
    graded = sum(1 for _ in course.grade(submissions, pool, course.settings(), force=True))
    held = Held.now()
    print(f"{graded:5} graded in {time.monotonic() - start:5.0f} s: {held}", flush=True)
    return held


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
