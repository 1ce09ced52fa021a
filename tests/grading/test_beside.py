"""What lies beside a notebook is there when its cells run: the student's files, and the instructor's over them."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.grading.course import Course
from autograder.grading.graded_tree import GradedTree
from autograder.grading.layout import Layout
from autograder.grading.pool import LocalPool
from autograder.grading.submission import MAX_BYTES, Submission
from autograder.grading.submitted import Submitted

from .conftest import LESSON, run

MODULE = "def slope(x):\n    return 2 * x\n"
USES_THEM = """
from my_utils import slope

assert open("table.csv").read() == "the instructor's"
assert open("data/own.csv").read() == "the student's"


def d_square(x):
    return slope(x)
"""
EXERCISE = "d_square"


@pytest.fixture
def course(class_of_eight: Course, tmp_path: Path) -> Course:
    """Return a course in which one student handed in a module and data, and the instructor has given a table."""
    root = tmp_path / "course"
    shutil.copytree(class_of_eight.root, root)
    for folder in (root / "submitted").iterdir():
        if folder.name != "uma":
            shutil.rmtree(folder)
    folder = root / "submitted" / "uma" / LESSON.folder
    path = folder / f"{LESSON.folder}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cell = next(one for one in notebook.cells if one.metadata.get("nbgrader", {}).get("grade_id") == EXERCISE)
    cell.source = USES_THEM
    nbformat.write(notebook, path)
    (folder / "data").mkdir()
    (folder / "data" / "own.csv").write_text("the student's")
    (folder / "my_utils.py").write_text(MODULE)
    (folder / "table.csv").write_text("the student's")
    (folder / "numpy.py").write_text("raise SystemExit")
    (root / "solutions" / LESSON.folder / "table.csv").write_text("the instructor's")
    return Course(root)


def score(course: Course) -> float:
    with Gradebook(f"sqlite:///{course.root}/gradebook.db", "autograd") as gradebook:
        grades = gradebook.find_submission_notebook(LESSON.folder, LESSON.folder, "uma").grades
        return next(float(grade.auto_score) for grade in grades if grade.cell.name == f"check-{EXERCISE}")


@pytest.mark.parametrize("command", [("autograder", "grade"), ("nbgrader", "autograde", LESSON.folder)])
def test_files_beside_a_notebook_are_there(course: Course, command: tuple[str, ...]) -> None:
    if command[0] == "autograder":
        # nbgrader itself stops at a folder that has the name of an instructor's file.
        table = course.root / "submitted" / "uma" / LESSON.folder / "table.csv"
        table.unlink()
        table.mkdir()
        (table / "inside.txt").write_text("the student's")
    ran = run(course.root, *command)
    exercise = next(one for one in LESSON.exercises if one.name == EXERCISE)
    assert score(course) == exercise.points, ran.stdout + ran.stderr


def test_a_file_of_the_instructors_that_can_not_be_there_stops_the_grading(course: Course) -> None:
    with (course.root / "solutions" / LESSON.folder / "large.csv").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    ran = run(course.root, "autograder", "grade")
    assert ran.returncode == 2
    assert "the file 'large.csv' was left out: the file is larger than 50 MB" in " ".join(ran.stderr.split())


def test_what_nbgraders_command_leaves_out_is_told(course: Course) -> None:
    with (course.root / "submitted" / "uma" / LESSON.folder / "large.csv").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    run(course.root, "nbgrader", "autograde", LESSON.folder)
    path = course.root / "autograded" / "uma" / LESSON.folder / f"{LESSON.folder}.ipynb"
    notes = nbformat.read(path, as_version=4).metadata["autograder"]["notes"]
    assert "the file 'large.csv' was left out: the file is larger than 50 MB" in notes


def test_nothing_stays_of_an_earlier_hand_in(course: Course, local_pool: LocalPool, tmp_path: Path) -> None:
    (submission,) = course.submissions(course.lessons())
    handed_in, graded = submission.path.parent, course.graded(submission).parent

    def left_after_grading() -> set[str]:
        list(course.grade([submission], local_pool, course.settings()))
        return {path.relative_to(graded).as_posix() for path in graded.rglob("*")}

    (handed_in / "timestamp.txt").write_text("2025-10-03 18:00 UTC")
    # A file of the student's with the name of an instructor's folder.
    (handed_in / "given").touch()
    given = course.solution(LESSON.folder).with_name("given")
    given.mkdir()
    (given / "x.csv").touch()
    always = {submission.path.name, "table.csv", "numpy.py", "given", "given/x.csv"}
    assert left_after_grading() == {*always, "timestamp.txt", "my_utils.py", "data", "data/own.csv"}
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").touch()
    (graded / "link").symlink_to(outside)
    for name in ("timestamp.txt", "my_utils.py", "data/own.csv"):
        (handed_in / name).unlink()
    (handed_in / "data").rmdir()
    (handed_in / "data").write_text("a file now")
    assert left_after_grading() == {*always, "data"}
    assert (outside / "file").exists()
    submission.path.write_text("{")
    assert left_after_grading() == set()


def test_nothing_is_written_or_removed_where_a_link_leads(
    course: Course, local_pool: LocalPool, tmp_path: Path
) -> None:
    (submission,) = course.submissions(course.lessons())
    outside = tmp_path / "outside" / LESSON.folder
    outside.mkdir(parents=True)
    for name in ("file", submission.path.name):
        (outside / name).touch()
    (course.root / "autograded").mkdir()
    (course.root / "autograded" / "uma").symlink_to(outside.parent)
    (graded,) = course.grade([submission], local_pool, course.settings())
    assert graded.reason.endswith("got a link. Remove the link")
    assert {path.name for path in outside.iterdir()} == {"file", submission.path.name}


def test_the_files_stay_until_the_last_notebook_of_a_lesson_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").write_text("")
    layout = Layout(tmp_path)
    for name in ("a", "b"):
        for path in (layout.solution("ps1", name), layout.graded(Submission(Path(), "ada", "ps1", name))):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    tree = GradedTree(layout, Submitted(layout.submitted_folder, layout.solutions_folder))
    graded = layout.graded_folder / "ada" / "ps1"
    (graded / "data.csv").touch()
    left = []
    for name in ("a", "b"):
        tree.take_away(Submission(Path(), "ada", "ps1", name))
        left.append({path.name for path in graded.iterdir()})
    assert left == [{"b.ipynb", "data.csv"}, set()]


def test_a_changed_file_is_a_changed_submission(course: Course) -> None:
    run(course.root, "autograder", "grade")
    (course.root / "submitted" / "uma" / LESSON.folder / "my_utils.py").write_text("def slope(x):\n    return 3 * x\n")
    run(course.root, "autograder", "grade")
    assert score(course) == 0
