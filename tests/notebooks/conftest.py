"""A course directory of its own for each test that grades, and a class graded once for all tests that look at it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from autograder.exercise import Lesson
from autograder.grading.course import Course
from autograder.lessons import all_lessons

ROOT = Path(__file__).parents[2]


def new_course(root: Path, lessons: Sequence[Lesson] | None = None) -> Course:
    """Return a course in `root` with lessons released, all where none is named, and nothing handed in."""
    shutil.copy(ROOT / "nbgrader_config.py", root)
    for tree in ("solutions", "notebooks"):
        shutil.copytree(ROOT / tree, root / tree)
    course = Course(root)
    for lesson in lessons or all_lessons():
        course.generate_assignment(lesson.folder)
    return course


@pytest.fixture
def make_course(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Course]:
    return lambda: new_course(tmp_path_factory.mktemp("course"))
