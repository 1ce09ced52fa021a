"""Courses to measure in: a directory of their own, one lesson released, and a class of honest submissions."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.exercise import Lesson
from autograder.lessons import all_lessons
from tests.sample_class import BROKEN, one_of_each_kind

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
LESSON = all_lessons()[2]
# The lesson of the course that `autograder new` makes.
SMALL = "01_integration"

# The same course for nbgrader alone: its own preprocessors, and a kernel for each submission.
_STOCK = """
c = get_config()
c.CourseDirectory.course_id = "autograd"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
"""


def new_course(root: Path, lesson: Lesson = LESSON) -> Path:
    """Return a course with one lesson released and nothing handed in."""
    root.mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    shutil.copytree(ROOT / "solutions", root / "solutions")
    subprocess.run([BIN / "autograder", "release", lesson.folder], cwd=root, check=True, capture_output=True)
    return root


def honest(root: Path, lesson: Lesson = LESSON) -> list[str]:
    """Return the texts of all submissions of the class but the broken ones, which nbgrader alone can't grade."""
    done = one_of_each_kind(root, lesson)
    paths = {name: root / "submitted" / name / lesson.folder / f"{lesson.folder}.ipynb" for name in done}
    texts = [paths[name].read_text(encoding="utf-8") for name, what in done.items() if what not in BROKEN]
    shutil.rmtree(root / "submitted")
    return texts


def new_small_course(root: Path) -> tuple[Path, list[str]]:
    """Return the course of two exercises that `autograder new` makes, with a right, a wrong and an untouched submission."""
    root.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([BIN / "autograder", "new", root.name], cwd=root.parent, check=True, capture_output=True)
    subprocess.run([BIN / "autograder", "release"], cwd=root, check=True, capture_output=True)
    solved, untouched = (
        (root / tree / SMALL / f"{SMALL}.ipynb").read_text(encoding="utf-8") for tree in ("solutions", "notebooks")
    )
    right = "return (left + right) / 2 * width"
    assert right in solved
    return root, [solved, solved.replace(right, "return (left + right) * width"), untouched]


def with_class(course: Path, root: Path, texts: list[str], n: int, folder: str = LESSON.folder) -> Path:
    """Return a copy of a course in which n students have handed in, the texts one after the other and again."""
    shutil.copytree(course, root)
    for i in range(n):
        path = root / "submitted" / f"s{i:04d}" / folder / f"{folder}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(texts[i % len(texts)], encoding="utf-8")
    return root


def make_stock(course: Path) -> Path:
    """Turn a course, with its gradebook and what was handed in, into one for nbgrader alone."""
    (course / "nbgrader_config.py").write_text(_STOCK)
    return course


def scores(course: Path, lesson: Lesson = LESSON) -> dict[tuple[str, str], float]:
    """Return the points in a course's gradebook, by student and cell."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "autograd") as gradebook:
        return {
            (submission.student.id, grade.cell.name): grade.score
            for submission in gradebook.assignment_submissions(lesson.folder)
            for grade in submission.notebooks[0].grades
        }
