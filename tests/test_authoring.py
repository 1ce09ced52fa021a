"""What an author gets wrong is told with the file, the cell and what to do, and nothing is released."""

from __future__ import annotations

import copy
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder import authoring
from autograder.grading.course import Course, CourseError
from autograder.lessons import all_lessons

ROOT = Path(__file__).parents[1]
LESSON = all_lessons()[0]
SOLUTION = ROOT / "solutions" / LESSON.folder / f"{LESSON.folder}.ipynb"


FIRST_CODE = 2


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


def without_minutes(notebook: NotebookNode) -> None:
    notebook.cells[0].source = notebook.cells[0].source.replace("About ", "In ")


def without_an_import(notebook: NotebookNode) -> None:
    first = next(one for one in notebook.cells if one.cell_type == "code")
    first.source = first.source.replace("import numpy as np\n", "")


def without_code(notebook: NotebookNode) -> None:
    notebook.cells = [one for one in notebook.cells if one.cell_type == "markdown"]


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
        (without_minutes, ["cell 1: Expected a line that begins with '*About 0 minutes'; got none. Write it"]),
        (without_an_import, [f"cell {FIRST_CODE}: Expected the first code cell to import", "there is no 'import numpy as np'. Add it."]),
        (without_code, ["no code cell: Expected the first code cell to import", "no 'import math', 'import numpy as np', 'import torch'."]),
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
    notebook.cells[0].source = re.sub(r"About .* for the exercises", "About 7 minutes", notebook.cells[0].source)


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


def test_the_students_readme_lists_the_lessons() -> None:
    text = "Lessons.\n\n| lesson |\n|---|\n| [1 · Old](old) | 1 | 2 | Old |\n\nMore.\n"
    shown = authoring.with_lesson_table(text, [(LESSON, 25)])
    row = f"| [1 · {LESSON.title}]({LESSON.folder}/{LESSON.folder}.ipynb) | 25 | {LESSON.minutes} | {LESSON.teaches} |"
    assert shown == f"Lessons.\n\n| lesson |\n|---|\n{row}\n\nMore.\n"
    assert authoring.with_lesson_table("No table.\n", [(LESSON, 25)]) == "No table.\n"


def test_minutes_of_reading_leave_answers_and_checks_out() -> None:
    answer = new_code_cell("long " * 5000, metadata={"nbgrader": {"grade_id": "d_square", "grade": False}})
    text = new_markdown_cell("word " * 700)
    assert authoring.reading_minutes(new_notebook(cells=[text, text, new_code_cell("x " * 800), answer])) == 15
    assert authoring.reading_minutes(new_notebook(cells=[text])) == 5


def test_nothing_is_released_and_the_file_is_named(tmp_path: Path) -> None:
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    shutil.copytree(SOLUTION.parent, tmp_path / "solutions" / LESSON.folder)
    course = Course(tmp_path)
    with pytest.raises(CourseError) as error:
        authoring.release(
            course, replace(LESSON, exercises=(replace(LESSON.exercises[0], difficulty=7), *LESSON.exercises[1:]))
        )
    assert str(error.value).startswith("autograder/lessons/scalar_gradients.py, scalar_gradients.predictions: ")
    assert not course.released(LESSON.folder).exists()
    authoring.release(course, LESSON)
    assert course.released(LESSON.folder).exists()


@pytest.mark.parametrize(
    ("stops", "said", "timeout"),
    [
        ("x / 0", "ZeroDivisionError: division by zero", 100),
        ("while True:\n    pass", "no end within 2 s", 2),
        ("import os\nos._exit(1)", "the end of its kernel", 100),
    ],
)
def test_a_cell_that_stops_is_named_and_the_file_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stops: str, said: str, timeout: int
) -> None:
    path = tmp_path / "lesson.ipynb"
    # The last cell has run before.
    last = new_code_cell("x", execution_count=7)
    cells = [new_markdown_cell("Text."), new_code_cell("x = 1"), new_code_cell(stops), last]
    nbformat.write(new_notebook(cells=cells), path)
    before = path.read_bytes()
    monkeypatch.setattr(authoring, "_CELL_TIMEOUT", timeout)
    with pytest.raises(CourseError) as error:
        authoring.execute(path)
    assert str(error.value).startswith(f"{path}: cell 3: Expected it to run; got {said}.")
    assert str(error.value).endswith(stops)
    assert path.read_bytes() == before


def test_a_kernel_that_is_not_installed_is_named(tmp_path: Path) -> None:
    path = tmp_path / "lesson.ipynb"
    kernel = {"name": "no-such-kernel", "display_name": "None"}
    nbformat.write(new_notebook(cells=[new_code_cell("1")], metadata={"kernelspec": kernel}), path)
    with pytest.raises(CourseError, match="Expected a kernel that is installed; got 'no-such-kernel'"):
        authoring.execute(path)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}']
)
def test_a_solution_that_is_no_notebook_is_named(tmp_path: Path, content: str) -> None:
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    course = Course(tmp_path)
    path = course.solution(LESSON.folder)
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(CourseError, match=f"^{re.escape(str(path))}: expected a notebook"):
        authoring.release(course, LESSON)


def test_a_solution_that_is_not_right_is_named_and_the_file_is_left(solution: NotebookNode, tmp_path: Path) -> None:
    spoiled = copy.deepcopy(solution)
    first = spoiled.cells.index(cell(spoiled, "check-d_square"))
    answer = cell(spoiled, "d_square")
    answer.source = "def d_square(x):\n    ### BEGIN SOLUTION\n    return x**2\n    ### END SOLUTION"
    spoiled.cells = [one for one in spoiled.cells[: first + 1] if one is answer or one.cell_type == "code"]
    path = tmp_path / "lesson.ipynb"
    nbformat.write(spoiled, path)
    before = path.read_bytes()
    with pytest.raises(CourseError) as error:
        authoring.execute(path)
    told = [line for line in str(error.value).splitlines() if "scalar_gradients.d_square" in line]
    assert len(told) == 1
    assert told[0].startswith(
        f"{path}: cell {len(spoiled.cells)}: Expected the solution of scalar_gradients.d_square to be right; got "
    )
    assert "Correct the solution" in told[0]
    assert path.read_bytes() == before
