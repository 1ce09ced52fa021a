"""The facts that hold for every lesson. The first two, that all notebooks run clean, are nbval's: see `make test`.

The fifth, about mistakes, is in `tests/test_exercises.py`.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
import pytest

from autograder import authoring
from autograder.exercise import Lesson
from autograder.grading.course import Course
from autograder.grading.gradebook import Graded
from autograder.lessons import all_lessons
from autograder.verdict import Outcome
from tests import commands
from tests.notebooks.conftest import new_course

ROOT = Path(__file__).parents[2]
LESSONS = pytest.mark.parametrize("lesson", all_lessons(), ids=lambda lesson: lesson.folder)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Graded]:
    """Return the grades of two students: one hands in the untouched notebooks, the other the solutions."""
    course = new_course(tmp_path_factory.mktemp("course"))
    for lesson in all_lessons():
        for student, tree in (("untouched", "notebooks"), ("solved", "solutions")):
            folder = course.root / "submitted" / student / lesson.folder
            folder.mkdir(parents=True)
            shutil.copy(course.root / tree / lesson.folder / f"{lesson.folder}.ipynb", folder)
    with commands.pool(2) as pool:
        graded = list(course.grade(course.submissions(course.lessons()), pool, course.settings()))
    return {(one.submission.student, one.submission.lesson): one for one in graded}


@LESSONS
def test_the_untouched_copy_scores_0_and_nothing_was_attempted(lesson: Lesson, graded: dict) -> None:
    one = graded["untouched", lesson.folder]
    assert (one.reason, one.score, one.max_score) == ("", 0, 20)
    assert {v.exercise: v.outcome for v in one.verdicts} == {e.id: Outcome.NOT_ATTEMPTED for e in lesson.exercises}


@LESSONS
def test_the_solution_scores_everything_through_nbgrader(lesson: Lesson, graded: dict) -> None:
    one = graded["solved", lesson.folder]
    assert (one.reason, one.score, one.max_score) == ("", 20, 20)
    assert {v.exercise: v.outcome for v in one.verdicts} == {e.id: Outcome.RIGHT for e in lesson.exercises}


@LESSONS
def test_cells_behind_the_walls_raise_what_they_raise_in_a_notebook(lesson: Lesson, graded: dict) -> None:
    def raised(tree: Path) -> list[tuple[str, list[str]]]:
        notebook = nbformat.read(tree / lesson.folder / f"{lesson.folder}.ipynb", as_version=4)
        return [
            (cell.source, [one.ename for one in cell.outputs if one.output_type == "error"])
            for cell in notebook.cells
            if cell.cell_type == "code"
        ]

    course = graded["solved", lesson.folder].submission.path.parents[3]
    as_graded = [(source, names) for source, names in raised(course / "autograded" / "solved") if names]
    assert as_graded == [(source, names) for source, names in raised(course / "solutions") if names]


@LESSONS
def test_the_student_copy_holds_no_answer(lesson: Lesson) -> None:
    source = nbformat.read(ROOT / "solutions" / lesson.folder / f"{lesson.folder}.ipynb", as_version=4)
    copy = nbformat.read(ROOT / "notebooks" / lesson.folder / f"{lesson.folder}.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in copy.cells)
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in copy.cells)
    assert "SOLUTION" not in text
    answers = {cell.metadata.nbgrader.grade_id: cell.source for cell in copy.cells if "nbgrader" in cell.metadata}
    cleared = 0
    for cell in source.cells:
        for region in re.findall(r"### BEGIN SOLUTION\n(.*?)\n *### END SOLUTION", cell.source, re.DOTALL):
            released = [line.strip() for line in answers[cell.metadata.nbgrader.grade_id].splitlines()]
            assert not [line for line in region.splitlines() if line.strip() in released and line.strip()]
            cleared += 1
    assert cleared >= len(lesson.exercises)


def test_nothing_but_notebooks_and_the_readme_is_in_the_student_tree() -> None:
    files = {str(path.relative_to(ROOT / "notebooks")) for path in (ROOT / "notebooks").rglob("*") if path.is_file()}
    files = {name for name in files if ".ipynb_checkpoints" not in name}
    assert files == {"README.md"} | {f"{lesson.folder}/{lesson.folder}.ipynb" for lesson in all_lessons()}


def test_releasing_again_changes_nothing() -> None:
    assert authoring.out_of_step(Course(ROOT), all_lessons()) == []


@LESSONS
def test_the_notebook_fits_its_exercises(lesson: Lesson) -> None:
    source = nbformat.read(ROOT / "solutions" / lesson.folder / f"{lesson.folder}.ipynb", as_version=4)
    assert authoring.problems(lesson, source) == []


@LESSONS
def test_outputs_are_fit_for_git(lesson: Lesson) -> None:
    text = (ROOT / "solutions" / lesson.folder / f"{lesson.folder}.ipynb").read_text(encoding="utf-8")
    assert not re.search(
        r"0x[0-9a-f]{6,}|/home/|/tmp/|/root/|/Users/|site-packages|iopub|widget-view|\"version\":", text
    )
