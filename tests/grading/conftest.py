"""A small class for the tests that grade, and the commands as a user runs them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import Page

from autograder.grading.course import Course
from autograder.grading.gradebook import Graded
from autograder.grading.inputs import course_secret
from autograder.grading.pool import LocalPool
from autograder.lessons import all_lessons
from tests import commands
from tests.browser.lab import browsing, chromium
from tests.notebooks.conftest import new_course
from tests.sample_class import NAMES, one_of_each_kind

LESSON = all_lessons()[0]

commands.write_without_waiting()

Command = Callable[..., subprocess.CompletedProcess[str]]
Rows = dict[tuple[str, str], tuple[float | None, float | None, bool]]


@dataclass(frozen=True)
class Undisturbed:
    """What came of each submission of a class, and the rows of its gradebook."""

    graded: tuple[Graded, ...]
    rows: Rows


def run(root: Path, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a course's directory, in an environment that was not activated."""
    return subprocess.run(
        [commands.folder() / command, *arguments],
        cwd=root,
        env=environment(root),
        capture_output=True,
        text=True,
        check=False,
    )


def environment(root: Path) -> dict[str, str]:
    """Return an environment that was not activated, for commands in a course's directory."""
    plain = commands.PLAIN | {"HOME": str(root)}
    # Set where the package to be tested is another one than that which is installed.
    return plain | {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}


def keep(root: Path, *students: str) -> None:
    """Leave only these students' submissions."""
    for student in set(NAMES) - set(students):
        shutil.rmtree(root / "submitted" / student)


def grade_rows(db_url: str) -> Rows:
    """Return all grades in a gradebook, by student and cell: by machine, by hand, and whether they wait for a hand."""
    with Gradebook(db_url, "autograd") as gradebook:
        rows: Rows = {}
        for submission in gradebook.assignment_submissions(LESSON.folder):
            for grade in submission.notebooks[0].grades:
                at = submission.student.id, grade.cell.name
                assert at not in rows
                rows[at] = grade.auto_score, grade.manual_score, bool(grade.needs_manual_grade)
        return rows


@pytest.fixture(scope="session")
def local_pool() -> Iterator[LocalPool]:
    with commands.pool(2) as pool:
        yield pool


@pytest.fixture(scope="session")
def class_of_eight(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Return a course with eight submissions of its first lesson; one is not JSON, one is untouched. Copy it to grade it."""
    course = new_course(tmp_path_factory.mktemp("course"), [LESSON])
    one_of_each_kind(course.root, LESSON)
    keep(course.root, "ada", "emeka", "nadia", "rosa", "sven", "uma", "wanjiru", "xiomara")
    # The inputs come from the secret: with the same one, two gradebooks can be compared to the last digit.
    course_secret(course.root)
    return course


@pytest.fixture(scope="session")
def undisturbed(class_of_eight: Course, local_pool: LocalPool, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """Return what comes of the class, of which nothing is graded yet, when it is graded here and nothing goes wrong."""
    course = Course(shutil.copytree(class_of_eight.root, tmp_path_factory.mktemp("undisturbed") / "course"))
    graded = tuple(course.grade(course.submissions(course.lessons()), local_pool, course.settings()))
    assert len(graded) == 8
    return Undisturbed(graded, grade_rows(f"sqlite:///{course.root / 'gradebook.db'}"))


@pytest.fixture
def course(class_of_eight: Course, tmp_path: Path) -> Course:
    root = tmp_path / "course"
    shutil.copytree(class_of_eight.root, root)
    return Course(root)


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    if chromium() is None:
        pytest.skip("chromium is not installed: make setup installs it")
    with browsing() as browser:
        page = browser.new_page(viewport={"width": 1000, "height": 1400})
        yield page
        page.close()
