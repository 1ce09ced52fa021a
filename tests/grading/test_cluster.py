"""Grading on a Dask cluster: a real scheduler and two workers on loopback give the same grades as the local pool."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from distributed import Client

from autograder.grading.course import Course
from autograder.grading.pool import ClusterPool, LocalPool, PoolError

from .conftest import grade_rows, run

DASK = [sys.executable, "-m", "distributed.cli"]


@dataclass(frozen=True)
class Cluster:
    """A scheduler that has two workers: its address, and their processes, the scheduler's first."""

    address: str
    processes: tuple[subprocess.Popen[str], ...]


@contextmanager
def serving(folder: Path) -> Iterator[Cluster]:
    """Start a cluster on loopback, and end it."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *arguments]
        process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    try:
        said = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard").stderr
        assert said is not None
        address = next(found[0] for line in said if (found := re.search(r"tcp://127\.0\.0\.1:\d+", line)))
        for _ in range(2):
            start("worker", address, "--nthreads", "1", "--no-dashboard", "--local-directory", str(folder))
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield Cluster(address, tuple(started))
    finally:
        for process in reversed(started):
            process.terminate()
        for process in reversed(started):
            process.communicate()


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a cluster that nothing happens to."""
    with serving(tmp_path_factory.mktemp("dask")) as cluster:
        yield cluster.address


def test_a_cluster_gives_the_same_grades(course: Course, scheduler: str, local_pool: LocalPool) -> None:
    here = list(course.grade(course.submissions(course.lessons()), local_pool, course.settings()))
    rows = grade_rows(f"sqlite:///{course.root / 'gradebook.db'}")
    graded = run(course.root, "autograder", "grade", "--force", "--scheduler", scheduler)
    assert graded.returncode == 1, graded.stderr
    assert "7 graded, 1 could not be read, sandbox: bubblewrap" in graded.stdout
    assert grade_rows(f"sqlite:///{course.root / 'gradebook.db'}") == rows
    assert len(here) == 8


def test_a_scheduler_without_workers_or_none_at_all_is_an_error(course: Course, tmp_path: Path) -> None:
    graded = run(course.root, "autograder", "grade", "--scheduler", "tcp://127.0.0.1:1")
    assert graded.returncode == 2
    assert "no Dask scheduler answers at tcp://127.0.0.1:1" in graded.stderr


def test_what_dies_of_a_cluster_costs_nobody_a_grade(course: Course, local_pool: LocalPool, tmp_path: Path) -> None:
    """A worker is killed first, and then the scheduler. What remains is graded here."""
    submissions = course.submissions(course.lessons())
    gradebook = course.root / "gradebook.db"
    ungraded = gradebook.read_bytes()
    list(course.grade(submissions, local_pool, course.settings()))
    rows = grade_rows(f"sqlite:///{gradebook}")
    gradebook.write_bytes(ungraded)
    with serving(tmp_path) as cluster, ClusterPool(cluster.address) as pool:
        on_cluster = course.grade(submissions, pool, course.settings())
        scheduler, worker, _ = cluster.processes
        next(on_cluster)
        worker.kill()
        next(on_cluster)
        next(on_cluster)
        scheduler.kill()
        with pytest.raises(PoolError, match="the Dask cluster is lost"):
            list(on_cluster)
    done = {student for student, _ in grade_rows(f"sqlite:///{gradebook}")}
    assert 3 <= len(done) < 8
    rest = list(course.grade(submissions, local_pool, course.settings()))
    assert sum(one.unchanged for one in rest) == len(done)
    assert grade_rows(f"sqlite:///{gradebook}") == rows
