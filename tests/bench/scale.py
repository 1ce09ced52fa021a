"""A large class on a Dask cluster with its gradebook in PostgreSQL: what each part takes, and whether that grows.

`python -m tests.bench.scale --submissions 800` grades lesson 3, whose cells load the workers. With `--small` the lesson has
two exercises, and the load is on the scheduler, the database and the command. Each writes its table into docs/scale.md.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import click
import psycopg

from tests.postgresql import PROGRAMS, postgresql

from . import table
from .cluster import cluster
from .course import BIN, LESSON, ROOT, SMALL, honest, new_course, new_small_course, with_class
from .process import Ran, below, processes, run
from .table import Row

COMMAND = "python -m tests.bench.scale"
_WORKERS = 2
# Rates are compared between the first and the last of so many parts.
_PARTS = 5


@click.command()
@click.option("--submissions", type=click.IntRange(50), default=20_000, show_default=True)
@click.option("--small", is_flag=True, help="Of a lesson with two exercises, and not of lesson 3.")
def main(submissions: int, small: bool) -> None:
    """Grade a large class on a cluster, and write what it took into docs/scale.md."""
    if not PROGRAMS:
        raise click.ClickException("PostgreSQL is not installed: make setup installs it")
    with tempfile.TemporaryDirectory(prefix="scale-") as folder, postgresql(waits_for_disk=True) as url:
        if small:
            course, texts = new_small_course(Path(folder) / "course")
            rows = measured(course, texts, SMALL, url, submissions)
        else:
            course = new_course(Path(folder) / "course")
            rows = measured(course, honest(course), LESSON.folder, url, submissions)
    table.show(rows)
    named = f"{COMMAND} --small" if small else COMMAND
    table.write(rows, ROOT / "docs" / "scale.md", f"<!-- written by {named} -->", f"<!-- end of {named} -->")


def measured(course: Path, texts: list[str], lesson: str, url: str, submissions: int) -> list[Row]:
    """Return the rows of the table for the submissions of one lesson, in its folder's name."""
    folder = course.parent
    config = course / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\nc.CourseDirectory.db_url = {url!r}\n")
    # The gradebook of the server has to know the lesson too.
    run([BIN / "autograder", "release", lesson], course)
    root = with_class(course, folder / "class", texts, submissions, lesson)
    on_disk = folder / "cluster"
    on_disk.mkdir()
    with cluster(on_disk, _WORKERS) as on:
        command = [BIN / "autograder", "grade", lesson, "--scheduler", on.address]
        scheduler, *workers = (process.pid for process in on.processes)
        used = {
            "the scheduler": _counter(lambda: [scheduler]),
            "the workers, with what runs behind the walls": _counter(lambda: workers),
            "PostgreSQL": _counter(_postmasters),
        }
        before = {name: seconds() for name, seconds in used.items()}
        empty = _stored(url)
        ran = run(command, root, every=0.5)
        took = {name: seconds() - before[name] for name, seconds in used.items()}
        again = run(command, root, every=0.5)
    size = sum(path.stat().st_size for path in (root / "autograded").rglob("*.ipynb"))
    stored = _stored(url) - empty
    shutil.rmtree(root)
    times = [second for second, line in ran.lines if re.match(rf"s\d+ {lesson} ", line)]
    part = len(times) // _PARTS
    first, last = (part / (some[-1] - some[0]) for some in (times[: part + 1], times[-part - 1 :]))
    return [
        Row(f"submissions of {lesson}, graded", f"{len(times):,} of {submissions:,}"),
        Row("time on the clock", f"{ran.wall / 60:.1f} min, {submissions / ran.wall:.1f} a second"),
        Row("submissions a second, in the first and in the last fifth", f"{first:.1f} and {last:.1f}"),
        *(Row(f"processor time a submission: {name}", _milliseconds(one, submissions)) for name, one in took.items()),
        Row(
            "processor time a submission: the command, which writes the gradebook", _milliseconds(ran.cpu, submissions)
        ),
        Row("growth of the command's memory from the first fifth to the end", f"{_growth(ran, times[part]):.0f} MB"),
        Row("graded notebooks, a submission", f"{size / submissions / 1000:.0f} kB"),
        Row("the database, a submission", f"{stored / submissions / 1000:.1f} kB"),
        Row("a second run, where nothing changed", f"{again.wall:.1f} s"),
    ]


def _counter(roots: Callable[[], list[int]]) -> Callable[[], float]:
    """Return what tells the seconds of processor time of some processes, of theirs, and of those that they waited for."""

    def seconds() -> float:
        seen = processes()
        them = roots()
        return sum(seen[pid].own + seen[pid].waited for pid in {*them, *below(them, seen)} if pid in seen)

    return seconds


def _stored(url: str) -> int:
    """Return how many bytes the database has on the disk."""
    with psycopg.connect(url.replace("+psycopg", "")) as database:
        (size,) = database.execute("select pg_database_size(current_database())").fetchone() or (0,)
    return int(size)


def _postmasters() -> list[int]:
    """Return the processes of PostgreSQL's server that wait for clients."""
    return [pid for pid in processes() if _program(pid) == "postgres"]


def _program(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _milliseconds(seconds: float, submissions: int) -> str:
    return f"{1000 * seconds / submissions:.1f} ms"


def _growth(ran: Ran, since: float) -> float:
    sizes = [mib for second, mib in ran.memory if second >= since]
    return max(sizes) - sizes[0]


if __name__ == "__main__":
    sys.exit(main())
