"""A gradebook in PostgreSQL, on a real server that the tests start: the same grades, and a second run that does nothing."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from autograder.grading.course import Course, CourseError
from autograder.grading.pool import LocalPool
from tests.postgresql import PROGRAMS, postgresql

from .conftest import Undisturbed, grade_rows, run

pytestmark = pytest.mark.skipif(not PROGRAMS, reason="PostgreSQL is not installed: make setup installs it")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Return the URL of a database `autograd` on a server of its own."""
    with postgresql() as url:
        yield url


def test_the_gradebook_can_be_in_postgresql(
    course: Course, server: str, local_pool: LocalPool, undisturbed: Undisturbed
) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\nc.CourseDirectory.db_url = {server!r}\n")
    on_server = Course(course.root)
    on_server.generate_assignment(course.lessons()[0])
    submissions = on_server.submissions(on_server.lessons())
    graded = list(on_server.grade(submissions, local_pool, on_server.settings()))
    assert not any(one.unchanged for one in graded)
    by_student = {one.submission.student: one.to_dict() for one in graded}
    assert by_student == {one.submission.student: one.to_dict() for one in undisturbed.graded}
    assert grade_rows(server) == undisturbed.rows
    again = list(on_server.grade(submissions, local_pool, on_server.settings()))
    assert all(one.unchanged for one in again)
    assert {one.submission.student: one.to_dict() for one in again} == by_student


def test_nbgraders_own_commands_work_on_it_too(course: Course, server: str) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\nc.CourseDirectory.db_url = {server!r}\n")
    lesson = course.lessons()[0]
    before = grade_rows(server)
    graded = run(course.root, "nbgrader", "autograde", lesson, "--student", "ada", "--force")
    assert graded.returncode == 0, graded.stderr
    assert grade_rows(server) == before
    # A submission goes with what we keep of it.
    removed = run(course.root, "nbgrader", "db", "student", "remove", "ada", "--force")
    assert removed.returncode == 0, removed.stderr
    assert {student for student, _ in grade_rows(server)} == {student for student, _ in before} - {"ada"}


def test_a_server_that_does_not_answer_is_an_error(course: Course) -> None:
    config = course.root / "nbgrader_config.py"
    url = "postgresql+psycopg://autograder@127.0.0.1:1/autograd"
    config.write_text(f"{config.read_text()}\nc.CourseDirectory.db_url = {url!r}\n")
    graded = run(course.root, "autograder", "grade")
    assert graded.returncode == 2
    assert "The gradebook can't be used" in graded.stderr
    assert "Traceback" not in graded.stderr


def test_a_lost_connection_costs_nobody_a_grade(
    course: Course, server: str, local_pool: LocalPool, undisturbed: Undisturbed
) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\nc.CourseDirectory.db_url = {server!r}\n")
    course = Course(course.root)
    submissions = course.submissions(course.lessons())
    # As if nothing were graded yet, so that each grade is written as soon as it is there.
    for one in submissions:
        run(course.root, "nbgrader", "db", "student", "remove", one.student, "--force")
    grading = course.grade(submissions, local_pool, course.settings())
    next(grading)
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as other:
        other.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = 'autograd'"
        )
    with pytest.raises(CourseError, match="The gradebook can't be used"):
        list(grading)
    again = list(course.grade(submissions, local_pool, course.settings()))
    assert sum(one.unchanged for one in again) == 1
    assert grade_rows(server) == undisturbed.rows
