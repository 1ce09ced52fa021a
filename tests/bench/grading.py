"""What an instructor waits for: a class graded, against stock nbgrader and against the floor."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from autograder.exercise import Lesson
from autograder.lessons import all_lessons

from .cluster import cluster
from .course import BIN, LESSON, ROOT, honest, make_stock, new_course, scores, with_class
from .process import Ran, Seen, below, private, run
from .table import Row, spread

WORKERS = 2
# So many that all of the start-up is over: some of it is done while the first ones run.
FEW = 4 * WORKERS
_FIRST_LESSONS = 6


@dataclass(frozen=True)
class Sizes:
    """How many submissions are graded: to compare with stock nbgrader, and the small and the large class."""

    compared: int = 300
    small: int = 50
    large: int = 1000

    def __post_init__(self) -> None:
        if min(self.compared, self.small, self.large) < 2 * FEW:
            raise ValueError(f"{2 * FEW} submissions are the fewest: the start-up of {FEW} is taken off")


class Bench:
    """Classes of honest submissions of one lesson, graded in directories of their own below `folder`."""

    def __init__(self, folder: Path, sizes: Sizes, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._sizes = sizes
        self._say = say
        self._course = new_course(folder / "course")
        self._texts = honest(self._course)
        self._numbers = count()

    def parts(self) -> list[Callable[[], list[Row]]]:
        """Return what measures the table's rows, part by part."""
        return [self._compared, self._by_lesson, self._memory, self._scaled, self._distributed]

    def _compared(self) -> list[Row]:
        """Grade each text once with stock nbgrader and with ours, and a class of them with ours, in turn; run the cells bare."""
        texts = len(self._texts)
        # Whole rounds of the texts, so that a submission is on average what it is for stock nbgrader.
        n = texts * -(-self._sizes.compared // texts)
        few: list[Ran] = []
        ours: list[Ran] = []
        rooms: list[Ran] = []
        floors: list[float] = []
        stocks: list[Ran] = []
        for _ in range(3):
            few.append(self._grade(self._new(FEW)))
            ours.append(self._grade(self._new(n)))
            room, stock = self._new(texts), make_stock(self._new(texts))
            rooms.append(self._grade(room))
            floors.append(statistics.mean(self._floor(room)))
            stocks.append(self._stock(stock))
        above = [
            (many.cpu - start.cpu) / (n - FEW) - floor for many, start, floor in zip(ours, few, floors, strict=True)
        ]
        first = [one.lines[0][0] for one in (*few, *ours, *rooms)]
        each = [one.wall / n for one in ours]
        of_stock = [one.wall / texts for one in stocks]
        return [
            Row(f"stock `nbgrader autograde`, {texts} submissions, a submission", spread(of_stock, "s")),
            Row(f"`autograder grade --workers {WORKERS}`, {n} submissions, a submission", spread(each, "s", 3)),
            Row("how many times faster", _times_faster(of_stock, each), "50 ×"),
            Row(
                f"how many times faster in a class of {texts}, with the start",
                _times_faster(of_stock, [one.wall / texts for one in rooms]),
                "20 ×",
            ),
            Row("the scores of both", _differences(scores(room), scores(stock)), "the same"),
            Row(
                "floor: the same cells run bare in a warm fork, a submission, processor time",
                spread(floors, "s", 3),
            ),
            Row("`autograder grade` above the floor, a submission, processor time", spread(above, "s", 3), "0.1 s"),
            Row("from the start to the first verdict", spread(first, "s", 1), "2 s"),
        ]

    def _by_lesson(self) -> list[Row]:
        """Grade a class of each of the first lessons, and take off its start."""
        times: list[float] = []
        for lesson in all_lessons()[:_FIRST_LESSONS]:
            course = new_course(self._folder / f"course-{lesson.name}", lesson)
            texts = honest(course, lesson)
            start, many = (
                self._grade(
                    with_class(course, self._folder / f"{lesson.name}-{n}", texts, n, lesson.folder), lesson=lesson
                )
                for n in (FEW, FEW + len(texts))
            )
            times.append((many.cpu - start.cpu) / len(texts))
        return [
            Row(
                f"processor time a submission, median of the first {_FIRST_LESSONS} lessons",
                spread(times, "s", 3),
                "0.08 s",
            )
        ]

    def _memory(self) -> list[Row]:
        """Grade a few submissions once more, slowly, with a close look at the memory of what is in flight."""
        peaks: list[float] = []
        self._say("memory in flight")
        run(_grade_command(), self._new(FEW), 0.02, lambda seen: peaks.extend(_in_flight(seen)))
        measured = f"{max(peaks):.0f} MB" if peaks else "can't be read without root's rights"
        return [Row("private memory of a submission in flight, peak", measured, "60 MB")]

    def _scaled(self) -> list[Row]:
        """Grade a small class before and after a large one; of the large one, grade it again, write its pages, and report."""
        small, large = self._sizes.small, self._sizes.large
        course = self._new(large)
        few = [self._grade(self._new(FEW))]
        smalls = [self._grade(self._new(small))]
        many = self._grade(course)
        smalls.append(self._grade(self._new(small)))
        few.append(self._grade(self._new(FEW)))
        again = [self._grade(course).wall for _ in range(3)]
        pages = self._grade(course, "--workers", str(WORKERS), "--feedback")
        report = run([BIN / "autograder", "report"], course)
        start = statistics.mean(one.cpu for one in few)
        of_small = [(one.cpu - start) / (small - FEW) for one in smalls]
        of_large = (many.cpu - start) / (large - FEW)
        change = 100 * (of_large / statistics.mean(of_small) - 1)
        at_first = [mib for second, mib in many.memory if second >= many.lines[0][0]]
        return [
            Row(f"processor time a submission in a class of {small}", spread(of_small, "s", 3)),
            Row(
                f"the same in a class of {large:,}",
                f"{of_large:.3f} s ({change:+.0f} %)",
                "within 10 %",
            ),
            Row(f"a class of {large:,}, graded", f"{many.wall:.0f} s, {large / many.wall:.1f} a second"),
            Row(
                "growth of the command's own memory from the first verdict to the last",
                f"{max(at_first) - at_first[0]:.0f} MB",
                "50 MB",
            ),
            Row(f"a second run over the {large:,}, where nothing changed", spread(again, "s", 1), "1 to 2 s"),
            Row(
                f"feedback pages of the {large:,}, a minute, with a look at what changed",
                f"{60 * large / pages.wall:,.0f}",
                "1,000",
            ),
            Row(f"the report on the {large:,}", f"{report.wall:.1f} s", "10 s"),
        ]

    def _distributed(self) -> list[Row]:
        """Grade the same class here and on a cluster of as many workers, in turn."""
        n = self._sizes.small
        here: list[float] = []
        there: list[float] = []
        folder = self._folder / "cluster"
        folder.mkdir()
        with cluster(folder, WORKERS) as on:
            # The cluster's workers start their template processes at their first submissions.
            self._grade(self._new(FEW), "--scheduler", on.address)
            for _ in range(5):
                here.append(_rate(self._grade(self._new(n))))
                there.append(_rate(self._grade(self._new(n), "--scheduler", on.address)))
        share = [100 * b / a for a, b in zip(here, there, strict=True)]
        return [
            Row(f"`--workers {WORKERS}`, first to last verdict of {n}, submissions a second", spread(here, "", 1)),
            Row(f"a Dask cluster of {WORKERS} workers on the same machine, in turn", spread(there, "", 1)),
            Row("the cluster's share of the local throughput", spread(share, "%", 0), "90 %"),
        ]

    def _new(self, n: int) -> Path:
        return with_class(self._course, self._folder / f"class-{next(self._numbers)}", self._texts, n)

    def _stock(self, course: Path) -> Ran:
        ran = run([BIN / "nbgrader", "autograde", LESSON.folder], course)
        self._say(f"nbgrader autograde: {ran.wall:.1f} s, processor time {ran.cpu:.1f} s")
        return ran

    def _grade(self, course: Path, *options: str, lesson: Lesson = LESSON) -> Ran:
        ran = run(_grade_command(*options, lesson=lesson), course)
        self._say(f"{' '.join(['autograder grade', *options])}: {ran.wall:.1f} s, processor time {ran.cpu:.1f} s")
        return ran

    def _floor(self, course: Path) -> list[float]:
        command = [sys.executable, "-m", "tests.bench.floor", str(course), LESSON.folder, str(WORKERS)]
        ran = run(command, ROOT)
        times: list[float] = json.loads(ran.lines[-1][1])
        self._say(f"floor: {statistics.mean(times):.3f} s a submission")
        return times


def _grade_command(*options: str, lesson: Lesson = LESSON) -> list[str | Path]:
    where = options or ("--workers", str(WORKERS))
    return [BIN / "autograder", "grade", lesson.folder, *where]


def _times_faster(stocks: Sequence[float], ours: Sequence[float]) -> str:
    """Return how many times faster each run was than stock nbgrader's run after it, by the seconds a submission."""
    return spread([stock / one for stock, one in zip(stocks, ours, strict=True)], "×", 0)


def _rate(ran: Ran) -> float:
    """Return how many submissions a second were recorded, from the first to the last."""
    times = [second for second, line in ran.lines if f" {LESSON.folder} " in line]
    return (len(times) - 1) / (times[-1] - times[0])


def _in_flight(seen: Mapping[int, Seen]) -> list[float]:
    """Return the private memory of each submission that is running, in MiB: of a fork of a template process, and what it forked."""
    inside = {pid for pid in seen if _is_worker(pid)}
    servers = {pid for pid in inside if seen[pid].parent not in inside}
    forks = [pid for pid in inside if seen[pid].parent in servers]
    return [sum(_private(pid) for pid in {one, *below([one], seen)}) for one in forks]


def _is_worker(pid: int) -> bool:
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return any(b"forkserver.main()" in word for word in words) and not words[0].endswith(b"bwrap")
    return False


def _private(pid: int) -> float:
    with suppress(OSError):
        return private(pid)
    return 0.0


def _differences(ours: Mapping[tuple[str, str], float], stock: Mapping[tuple[str, str], float]) -> str:
    """Say whether two gradebooks hold the same points, or where the first ones differ."""
    differing = sorted(key for key in ours.keys() | stock.keys() if ours.get(key) != stock.get(key))
    if not differing:
        return f"the same in all {len(ours)} cells"
    shown = [
        f"{student} {cell}: {ours.get((student, cell))} and {stock.get((student, cell))}" for student, cell in differing
    ]
    return f"{len(differing)} of {len(ours)} cells differ: {'; '.join(shown[:5])}"
