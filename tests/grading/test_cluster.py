"""Grading on a Dask cluster: a real scheduler and two workers on loopback give the same grades as the local pool."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed.protocol.serialize import Serialized

from autograder.grading.course import Course
from autograder.grading.pool import ClusterPool, LocalPool, PoolError
from tests.bench.cluster import Cluster, cluster

from .conftest import Undisturbed, grade_rows, run


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Return a cluster, which the last test ends."""
    with cluster(tmp_path_factory.mktemp("dask"), 2) as started:
        yield started


def test_a_cluster_gives_the_same_grades(course: Course, started: Cluster, undisturbed: Undisturbed) -> None:
    graded = run(course.root, "autograder", "grade", "--scheduler", started.address)
    assert graded.returncode == 1, graded.stderr
    assert "7 graded, 1 could not be read, sandbox: bubblewrap" in graded.stdout
    assert grade_rows(f"sqlite:///{course.root / 'gradebook.db'}") == undisturbed.rows


def test_what_was_sent_is_not_kept(started: Cluster) -> None:
    with ClusterPool(started.address) as pool:
        assert sum(result or 0 for _, result in pool.map(len, ["x" * n for n in range(20)])) == 190
        gc.collect()
        assert sum(isinstance(one, Serialized) for one in gc.get_objects()) < 10


def test_a_scheduler_without_workers_or_none_at_all_is_an_error(course: Course, tmp_path: Path) -> None:
    graded = run(course.root, "autograder", "grade", "--scheduler", "tcp://127.0.0.1:1")
    assert graded.returncode == 2
    assert "No Dask scheduler answers at tcp://127.0.0.1:1" in graded.stderr


def test_what_dies_of_a_cluster_costs_nobody_a_grade(
    course: Course, started: Cluster, local_pool: LocalPool, undisturbed: Undisturbed
) -> None:
    """A worker is killed first, and then the scheduler. What remains is graded here."""
    submissions = course.submissions(course.lessons())
    gradebook = f"sqlite:///{course.root / 'gradebook.db'}"
    with ClusterPool(started.address) as pool:
        on_cluster = course.grade(submissions, pool, course.settings())
        scheduler, worker, _ = started.processes
        next(on_cluster)
        worker.kill()
        next(on_cluster)
        next(on_cluster)
        scheduler.kill()
        with pytest.raises(PoolError, match="The Dask cluster does not answer"):
            list(on_cluster)
    done = {student for student, _ in grade_rows(gradebook)}
    assert 3 <= len(done) < 8
    rest = list(course.grade(submissions, local_pool, course.settings()))
    assert sum(one.unchanged for one in rest) == len(done)
    assert grade_rows(gradebook) == undisturbed.rows
