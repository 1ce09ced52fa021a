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
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

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


def without_an_answer_cell(notebook: NotebookNode) -> None:
    notebook.cells.remove(cell(notebook, "d_square"))


def with_a_solution_of_no_exercise(notebook: NotebookNode) -> None:
    notebook.cells.append(
        new_code_cell("def d_sqare(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION")
    )


def with_more_in_the_check_cell(notebook: NotebookNode) -> None:
    cell(notebook, "check-d_square").source += "\nprint('done')"


def another_graded_cell(notebook: NotebookNode) -> None:
    assertion = copy.deepcopy(cell(notebook, "check-d_square"))
    assertion.metadata.nbgrader.update(grade_id="my-assertion", points=1.5)
    assertion.source = "assert True"
    notebook.cells.append(assertion)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (twice, ["Expected one cell with the grade id 'd_square'; got 2. Give each its own."]),
        (
            without_an_answer_cell,
            ["no cell: Expected a code cell that defines d_square between '### BEGIN SOLUTION' and", "got none. Write it"],
        ),
        (
            with_a_solution_of_no_exercise,
            ["Expected the solution of an exercise of autograder/lessons/scalar_gradients.py", "correct the name"],
        ),
        (with_more_in_the_check_cell, [': Expected check("scalar_gradients.d_square") alone; got ', "of its own"]),
        (another_graded_cell, ["scalar_gradients.py: Expected 20 points in a lesson; got 21.5. Change the `points`"]),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)  # fmt: skip
def test_what_is_wrong_in_a_notebook_is_told_with_its_place(
    solution: NotebookNode, spoil: Callable[[NotebookNode], None], said: list[str]
) -> None:
    spoiled = copy.deepcopy(solution)
    spoil(spoiled)
    authoring.put_in_order(LESSON, spoiled)
    found = "\n".join(authoring.problems(LESSON, spoiled))
    assert [words for words in said if words not in found] == [], found


def old_card(notebook: NotebookNode) -> None:
    for one in notebook.cells:
        one.source = one.source.replace(
            "**1.2 · The slope of a parabola** · difficulty ●○○○○", "**1.2 · Old** · difficulty ●●"
        )


def other_points(notebook: NotebookNode) -> None:
    cell(notebook, "check-d_square").metadata.nbgrader.points = 3


def plain_cells(notebook: NotebookNode) -> None:
    for grade_id in ("d_square", "check-d_square"):
        del cell(notebook, grade_id).metadata["nbgrader"]


def jupytext_metadata(notebook: NotebookNode) -> None:
    notebook.cells[3].metadata["lines_to_next_cell"] = 1


def other_minutes(notebook: NotebookNode) -> None:
    notebook.cells[0].source = notebook.cells[0].source.replace(f"About {LESSON.minutes} minutes", "About 7 minutes")


@pytest.mark.parametrize("spoil", [old_card, other_points, plain_cells, jupytext_metadata, other_minutes])
def test_what_the_module_says_is_written_into_the_notebook(
    solution: NotebookNode, spoil: Callable[[NotebookNode], None]
) -> None:
    spoiled = copy.deepcopy(solution)
    spoil(spoiled)
    assert spoiled != solution
    authoring.put_in_order(LESSON, spoiled)
    assert spoiled == solution


def test_an_answer_cell_alone_gets_its_card_and_its_check(solution: NotebookNode) -> None:
    bare = copy.deepcopy(solution)
    del cell(bare, "d_square").metadata["nbgrader"]
    bare.cells.remove(cell(bare, "check-d_square"))
    bare.cells = [one for one in bare.cells if one.id != "card-d-square"]
    authoring.put_in_order(LESSON, bare)
    place = bare.cells.index(cell(bare, "d_square"))
    assert bare.cells[place - 1].source.startswith("**1.2 · The slope of a parabola** · difficulty ●○○○○")
    check, expected = bare.cells[place + 1], cell(solution, "check-d_square")
    assert (check.id, check.source, check.metadata) == (expected.id, expected.source, expected.metadata)
    assert authoring.problems(LESSON, bare) == []


def with_exercise(**changes: object) -> Lesson:
    """Return the lesson with other words in the module for `d_square`."""
    exercises = [replace(one, **changes) if one.name == "d_square" else one for one in LESSON.exercises]
    return replace(LESSON, exercises=tuple(exercises))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"hints": ("One.", "Two.", "Two.")}, "Expected 4 different hints; got 2."),
        ({"cases": LESSON.exercises[1].cases[:2]}, "Expected 3 inputs at least; got 2."),
        ({"hints": ("One.", "Two.", "Three.", "It is 8.6 there.")}, "got the right answer, 8.6. Take the number out."),
        ({"number": "1.1"}, "Expected one exercise with the number 1.1; got 2."),
        ({"points": 3}, "Expected 20 points in a lesson; got 21."),
    ],
    ids=lambda one: next(iter(one)) if isinstance(one, dict) else "",
)  # fmt: skip
def test_what_is_wrong_in_a_module_is_told_with_its_place(
    solution: NotebookNode, changes: dict[str, object], said: str
) -> None:
    lesson, notebook = with_exercise(**changes), copy.deepcopy(solution)
    authoring.put_in_order(lesson, notebook)
    (told,) = authoring.problems(lesson, notebook)
    assert told.startswith("autograder/lessons/scalar_gradients.py")
    assert said in told


def test_the_front_door_lists_the_lessons() -> None:
    text = "Lessons.\n\n| lesson |\n|---|\n| [1 · Old](old) | 1 | Old |\n\nMore.\n"
    shown = authoring.front_door(text, [LESSON])
    row = f"| [1 · {LESSON.title}]({LESSON.folder}/{LESSON.folder}.ipynb) | {LESSON.minutes} | {LESSON.teaches} |"
    assert shown == f"Lessons.\n\n| lesson |\n|---|\n{row}\n\nMore.\n"
    assert authoring.front_door("No table.\n", [LESSON]) == "No table.\n"


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
    assert told.startswith("autograder/lessons/scalar_gradients.py, scalar_gradients.d_square: ")
    assert "Expected the mistake 'harmless' to differ from the right answer; got the same at all public inputs" in told
    assert "Add a case where the two differ" in told


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
    assert str(error.value).startswith(f"{course.solution(LESSON.folder)}: autograder/lessons/scalar_gradients.py")
    assert not course.released(LESSON.folder).exists()
    authoring.release(course, LESSON)
    assert course.released(LESSON.folder).exists()


def test_a_cell_that_raises_is_named_and_the_file_is_left(tmp_path: Path) -> None:
    path = tmp_path / "lesson.ipynb"
    cells = [new_markdown_cell("Text."), new_code_cell("x = 1"), new_code_cell("x / 0"), new_code_cell("x")]
    nbformat.write(new_notebook(cells=cells), path)
    before = path.read_bytes()
    with pytest.raises(CourseError) as error:
        authoring.execute(path)
    assert str(error.value).startswith(f"{path}: cell 3: Expected it to run; got ZeroDivisionError: division by zero.")
    assert str(error.value).endswith("x / 0")
    assert path.read_bytes() == before
