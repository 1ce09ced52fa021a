"""What an author gets wrong is told with the file, the cell and what to do, and nothing is released."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from autograder import authoring
from autograder.exercise import Lesson
from autograder.grading.course import Course, CourseError
from autograder.lessons import all_lessons
from autograder.mistake import wrong_value

ROOT = Path(__file__).parents[1]
LESSON = all_lessons()[0]
SOLUTION = ROOT / "solutions" / LESSON.folder / f"{LESSON.folder}.ipynb"


@pytest.fixture(scope="module")
def solution() -> NotebookNode:
    return nbformat.read(SOLUTION, as_version=4)


def cell(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    return next(one for one in notebook.cells if one.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def twice(notebook: NotebookNode) -> None:
    notebook.cells.append(copy.deepcopy(cell(notebook, "d_square")))


def without_a_card(notebook: NotebookNode) -> None:
    for one in notebook.cells:
        one.source = one.source.replace("**1.2 · The slope of a parabola**", "")


def without_an_answer_cell(notebook: NotebookNode) -> None:
    notebook.cells.remove(cell(notebook, "d_square"))


def without_a_check_cell(notebook: NotebookNode) -> None:
    cell(notebook, "check-d_square").metadata.nbgrader.grade_id = "check-other"


def with_more_in_the_check_cell(notebook: NotebookNode) -> None:
    cell(notebook, "check-d_square").source += "\nprint('done')"


def worth_more(notebook: NotebookNode) -> None:
    cell(notebook, "check-d_square").metadata.nbgrader.points = 3


def another_graded_cell(notebook: NotebookNode) -> None:
    assertion = copy.deepcopy(cell(notebook, "check-d_square"))
    assertion.metadata.nbgrader.update(grade_id="my-assertion", points=1.5)
    notebook.cells.append(assertion)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (twice, ["the grade id 'd_square' is used 2 times: give each cell its own"]),
        (without_a_card, ["scalar_gradients.d_square has no card, or an old one; put this line above it: **1.2 · "]),
        (without_an_answer_cell, ["scalar_gradients.d_square has no answer cell: make one with the grade id 'd_square'"]),
        (without_a_check_cell, ["scalar_gradients.d_square has no check cell: make one with the grade id 'check-d_sq"]),
        (with_more_in_the_check_cell, ["the check cell of scalar_gradients.d_square holds 'check(", "alone"]),
        (
            worth_more,
            [
                "the check cell of scalar_gradients.d_square is worth 3, the exercise 2: make them the same",
                "add up to 21, and a lesson has 20",
            ],
        ),
        (another_graded_cell, ["the points of its cells add up to 21.5, and a lesson has 20: change what"]),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)  # fmt: skip
def test_what_is_wrong_in_a_notebook_is_told(
    solution: NotebookNode, spoil: Callable[[NotebookNode], None], said: list[str]
) -> None:
    spoiled = copy.deepcopy(solution)
    spoil(spoiled)
    found = "\n".join(authoring.problems(LESSON, spoiled))
    assert [words for words in said if words not in found] == [], found


def with_mistake(answer: Callable[..., object], name: str = "d_square") -> Lesson:
    """Return the lesson with one mistake more in one of its exercises, after those that are known."""
    mistake = wrong_value("harmless", "It is not what was asked for.", answer)
    exercises = [
        replace(one, mistakes=(*one.mistakes, mistake)) if one.name == name else one for one in LESSON.exercises
    ]
    return replace(LESSON, exercises=tuple(exercises))


@pytest.mark.parametrize(
    "answer",
    [lambda slope, x: slope, lambda slope, x: slope * (1 + 1e-9), lambda slope, x: 2 * x if x < 100 else 0],
    ids=["the right answer", "within tolerance", "differs elsewhere"],
)
def test_a_known_mistake_that_would_pass_is_told(solution: NotebookNode, answer: Callable[..., object]) -> None:
    (told,) = authoring.problems(with_mistake(answer), solution)
    assert "the mistake 'harmless' of scalar_gradients.d_square would pass check-d_square" in told
    assert "in autograder/lessons/scalar_gradients.py, add a case where the two differ" in told


@pytest.mark.parametrize(
    "answer",
    [lambda slope, x: slope if x < 0 else -slope, lambda *_: None, lambda slope, x: [slope], lambda *_: float("nan")],
    ids=["differs at one input", "nothing", "another shape", "not a number"],
)
def test_a_mistake_that_any_input_shows_is_not(solution: NotebookNode, answer: Callable[..., object]) -> None:
    assert authoring.problems(with_mistake(answer), solution) == []
    assert authoring.problems(with_mistake(lambda line, *_: line[:1], "tangent"), solution) == []


def test_nothing_is_released_and_the_file_is_named(tmp_path: Path) -> None:
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    shutil.copytree(SOLUTION.parent, tmp_path / "solutions" / LESSON.folder)
    course = Course(tmp_path)
    with pytest.raises(CourseError) as error:
        authoring.release(course, with_mistake(lambda slope, x: slope))
    assert str(error.value).startswith(f"{course.solution(LESSON.folder)}: the mistake 'harmless'")
    assert not course.released(LESSON.folder).exists()
    authoring.release(course, LESSON)
    assert course.released(LESSON.folder).exists()
