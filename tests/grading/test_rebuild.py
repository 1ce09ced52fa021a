"""A submission is put into the instructor's notebook, whatever was done to the cells."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.grading.rebuild import grade_id_of, rebuild
from autograder.grading.standalone import stand_alone
from autograder.grading.submission import SubmissionError


def answer(grade_id: str, source: str) -> NotebookNode:
    return new_code_cell(source, metadata={"nbgrader": {"grade_id": grade_id, "solution": True, "grade": False}})


def check(grade_id: str) -> NotebookNode:
    metadata = {"nbgrader": {"grade_id": grade_id, "solution": False, "grade": True, "locked": True, "points": 2}}
    return new_code_cell(f"check('{grade_id}')", metadata=metadata)


@pytest.fixture
def skeleton() -> NotebookNode:
    cells = [
        new_markdown_cell("# Title", id="title"),
        new_code_cell("import torch", id="imports"),
        answer("f", "def f(): raise NotImplementedError"),
        check("check-f"),
        new_code_cell("print('worked')", id="worked"),
        answer("g", "def g(): raise NotImplementedError"),
        check("check-g"),
    ]
    return new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})


@pytest.fixture
def submission(skeleton: NotebookNode) -> NotebookNode:
    nb = copy.deepcopy(skeleton)
    nb.cells[2].source = "def f(): return 1"
    nb.cells[5].source = "def g(): return 2"
    return nb


WHOLE = [
    "# Title",
    "import torch",
    "def f(): return 1",
    "check('check-f')",
    "print('worked')",
    "def g(): return 2",
    "check('check-g')",
]


def sources(nb: NotebookNode) -> list[str]:
    return [cell.source for cell in nb.cells]


def test_answers_are_put_in_place_and_nothing_needs_mending(skeleton: NotebookNode, submission: NotebookNode) -> None:
    rebuilt = rebuild(skeleton, submission)
    assert sources(rebuilt.notebook) == WHOLE
    assert rebuilt.repairs == ()


def _delete_check(nb: NotebookNode) -> None:
    del nb.cells[3]


def test_what_was_written_into_a_check_cell_runs_before_the_original(
    skeleton: NotebookNode, submission: NotebookNode
) -> None:
    submission.cells[3].source = "def f(): return 3"
    rebuilt = rebuild(skeleton, submission)
    assert sources(rebuilt.notebook) == [*WHOLE[:3], "def f(): return 3", *WHOLE[3:]]
    assert rebuilt.repairs == ("the check cell 'check-f' had been edited: the original was run",)


def test_what_was_written_into_a_check_cell_outlives_a_lost_answer(
    skeleton: NotebookNode, submission: NotebookNode
) -> None:
    submission.cells[2] = new_code_cell("def f(): return 1")
    submission.cells[3].source = "def f(): return 3"
    assert sources(rebuild(skeleton, submission).notebook)[2:5] == [*WHOLE[2:3], "def f(): return 3", *WHOLE[3:4]]


def _retype_check(nb: NotebookNode) -> None:
    nb.cells[3]["cell_type"] = "markdown"


def _double_check(nb: NotebookNode) -> None:
    nb.cells.insert(3, copy.deepcopy(nb.cells[3]))


def _move_check(nb: NotebookNode) -> None:
    nb.cells.append(nb.cells.pop(3))


def _tag(nb: NotebookNode) -> None:
    for cell in nb.cells:
        cell.metadata["tags"] = ["skip-execution", "raises-exception"]


def _worth_more(nb: NotebookNode) -> None:
    nb.cells[3].metadata.nbgrader.update(points=100, locked=False, solution=True)


def _kernel(nb: NotebookNode) -> None:
    nb.metadata["kernelspec"] = {"name": "evil"}


def _outputs(nb: NotebookNode) -> None:
    nb.cells[3]["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": "2"}, "metadata": {}}]


def _no_ids(nb: NotebookNode) -> None:
    for cell in nb.cells:
        cell.pop("id")


def _delete_prose(nb: NotebookNode) -> None:
    del nb.cells[4], nb.cells[0]


def _retype_answer(nb: NotebookNode) -> None:
    nb.cells[2]["cell_type"] = "raw"


@pytest.mark.parametrize(
    ("harm", "repair"),
    [
        (_delete_check, "the check cell 'check-f' was missing: it was put back"),
        (_retype_check, "the check cell 'check-f' had been edited: the original was run"),
        (_double_check, "the check cell 'check-f' was there twice: one was taken"),
        (_move_check, ""),
        (_tag, ""),
        (_worth_more, ""),
        (_kernel, ""),
        (_outputs, ""),
        (_no_ids, ""),
        (_delete_prose, ""),
        (_retype_answer, ""),
    ],
)
def test_harm_to_the_instructors_cells_changes_nothing(
    skeleton: NotebookNode, submission: NotebookNode, harm: Callable[[NotebookNode], None], repair: str
) -> None:
    whole = rebuild(skeleton, submission).notebook
    harm(submission)
    rebuilt = rebuild(skeleton, submission)
    assert rebuilt.notebook == whole
    assert rebuilt.repairs == ((repair,) if repair else ())


def test_a_missing_answer_is_the_stub(skeleton: NotebookNode, submission: NotebookNode) -> None:
    del submission.cells[2]
    rebuilt = rebuild(skeleton, submission)
    assert sources(rebuilt.notebook)[2] == "def f(): raise NotImplementedError"
    assert rebuilt.repairs == ("the answer cell 'f' was missing: it was put back",)


def test_added_cells_stay_where_they_were_without_their_metadata(
    skeleton: NotebookNode, submission: NotebookNode
) -> None:
    submission.cells.insert(2, new_code_cell("helper = 1", metadata={"tags": ["skip-execution"]}))
    submission.cells.insert(0, new_markdown_cell("my notes"))
    submission.cells.append(new_code_cell("last = 1", metadata={"nbgrader": {"grade_id": "forged", "grade": True}}))
    rebuilt = rebuild(skeleton, submission)
    assert sources(rebuilt.notebook) == ["my notes", *WHOLE[:2], "helper = 1", *WHOLE[2:], "last = 1"]
    added = [cell for cell in rebuilt.notebook.cells if cell.source in ("my notes", "helper = 1", "last = 1")]
    assert [cell.metadata for cell in added] == [{}, {}, {}]


def test_an_edited_worked_cell_runs_after_the_original(skeleton: NotebookNode, submission: NotebookNode) -> None:
    submission.cells[4].source = "print('tried something')"
    assert sources(rebuild(skeleton, submission).notebook)[4:6] == ["print('worked')", "print('tried something')"]


def test_both_copies_of_a_doubled_answer_run_in_their_order(skeleton: NotebookNode, submission: NotebookNode) -> None:
    second = copy.deepcopy(submission.cells[2])
    second.source = "def f(): return 3"
    submission.cells.insert(3, second)
    rebuilt = rebuild(skeleton, submission)
    assert sources(rebuilt.notebook)[2:4] == ["def f(): return 1", "def f(): return 3"]
    assert rebuilt.repairs == ("the answer cell 'f' was there twice: both were run, in their order",)
    ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in rebuilt.notebook.cells]
    assert ids.count("f") == 1


@pytest.mark.parametrize(
    "garbage",
    [
        {},
        {"cells": None},
        {"cells": "text"},
        {"cells": [None, 1, "x", [], {}]},
        {"cells": [{"cell_type": 7, "source": 7, "metadata": 7, "id": []}]},
        {"cells": [{"cell_type": "code", "source": ["a", 1, "b"], "metadata": {"nbgrader": {"grade_id": ["f"]}}}]},
        {"cells": [{"cell_type": "code", "metadata": {"nbgrader": "f"}}]},
    ],
)
def test_what_has_nothing_of_the_lesson_is_told(skeleton: NotebookNode, garbage: dict[str, Any]) -> None:
    with pytest.raises(SubmissionError, match="no graded cell of this lesson"):
        rebuild(skeleton, garbage)


def test_nothing_is_taken_on_trust(skeleton: NotebookNode) -> None:
    garbage = {"cells": [None, {}, *[{"source": "x = 1", "metadata": {"nbgrader": {"grade_id": "f"}}}] * 2]}
    rebuilt = rebuild(skeleton, garbage)
    graded = [cell for cell in rebuilt.notebook.cells if "nbgrader" in cell.metadata]
    assert [cell.metadata.nbgrader.grade_id for cell in graded] == ["f", "check-f", "g", "check-g"]
    assert [cell.source for cell in graded if cell.metadata.nbgrader.grade] == ["check('check-f')", "check('check-g')"]


def _lose_metadata(nb: NotebookNode) -> None:
    for cell in nb.cells:
        cell["metadata"] = {}


def _lose_all_names(nb: NotebookNode) -> None:
    _lose_metadata(nb)
    _no_ids(nb)


def _replace_answer(nb: NotebookNode) -> None:
    nb.cells[2] = new_code_cell(nb.cells[2].source)


@pytest.mark.parametrize("harm", [_lose_metadata, _lose_all_names, _replace_answer])
def test_answers_that_lost_their_names_are_known_by_their_place(
    skeleton: NotebookNode, submission: NotebookNode, harm: Callable[[NotebookNode], None]
) -> None:
    harm(submission)
    rebuilt = rebuild(skeleton, submission)
    assert sources(rebuilt.notebook) == WHOLE
    lost = "the answer cell {!r} had lost its name: what stood in its place was taken"
    names = {_lose_all_names: ("f", "g"), _replace_answer: ("f",)}.get(harm, ())
    assert rebuilt.repairs == tuple(lost.format(name) for name in names)


def test_all_that_stands_in_an_answers_place_runs_in_its_order(
    skeleton: NotebookNode, submission: NotebookNode
) -> None:
    submission.cells[2:3] = [new_markdown_cell("why"), new_code_cell("def f(): return 1"), new_code_cell("f()")]
    rebuilt = rebuild(skeleton, submission)
    assert sources(rebuilt.notebook)[2:6] == ["why", "def f(): return 1", "f()", "check('check-f')"]


def test_what_a_student_types_again_stays_where_it_is(skeleton: NotebookNode, submission: NotebookNode) -> None:
    submission.cells[5:5] = [new_code_cell("import torch"), new_code_cell("y = f()"), new_code_cell("check('check-f')")]
    rebuilt = rebuild(skeleton, submission)
    assert sources(rebuilt.notebook) == [*WHOLE[:5], "import torch", "y = f()", "check('check-f')", *WHOLE[5:]]


def test_an_exercise_is_checked_where_it_is_asked_last_in_a_course_and_in_a_loose_notebook() -> None:
    asks = 'check("scalar_gradients.d_square")'
    check_cell = {**check("check-d_square"), "source": asks}
    own = [answer("d_square", "stub"), NotebookNode(check_cell), answer("other", "stub"), check("check-other")]
    lower = [new_code_cell("d_square = lambda x: 2 * x"), new_code_cell(asks), new_code_cell("print()")]
    submission = new_notebook(cells=[*copy.deepcopy(own[:2]), *lower, *copy.deepcopy(own[2:])])
    rebuilt = rebuild(new_notebook(cells=own), submission)
    expected = ["stub", lower[0].source, asks, "print()", "stub", "check('check-other')"]
    assert sources(rebuilt.notebook) == expected
    assert [grade_id_of(cell) for cell in rebuilt.notebook.cells] == [
        "d_square",
        "",
        "check-d_square",
        "",
        "other",
        "check-other",
    ]
    assert rebuilt.repairs == (
        "the check of 'scalar_gradients.d_square' was asked again further down: it counts there",
    )
    _, loose = stand_alone(submission)
    assert not loose.repairs
    at = [i for i, cell in enumerate(loose.notebook.cells) if cell.metadata.get("nbgrader", {}).get("grade")][:1]
    assert [loose.notebook.cells[i - 1].source for i in at] == [lower[0].source]


def test_an_answer_below_its_check_is_told_in_a_course_and_in_a_loose_notebook() -> None:
    asks = 'check("scalar_gradients.d_square")'
    own = [answer("d_square", "stub"), NotebookNode({**check("check-d_square"), "source": asks})]
    told = "a cell below the check of 'd_square' defines 'd_square' again: the check was asked before that"
    for source in (
        "def d_square(x):\n    return 2 * x",
        "d_square = lambda x: 2 * x",
        "x = 1\nd_square: object = None",
    ):
        submission = new_notebook(cells=[*copy.deepcopy(own), new_code_cell(source)])
        assert told in rebuild(new_notebook(cells=copy.deepcopy(own)), submission).repairs
        assert told in stand_alone(submission)[1].repairs
    for source in ("d_square == 1", "print(d_square)", "d_square_2 = 1", "  # def d_square"):
        submission = new_notebook(cells=[*copy.deepcopy(own), new_code_cell(source)])
        assert not rebuild(new_notebook(cells=copy.deepcopy(own)), submission).repairs
        assert told not in stand_alone(submission)[1].repairs


def test_a_notebook_of_another_lesson_is_told(skeleton: NotebookNode, submission: NotebookNode) -> None:
    for nb, lesson in ((skeleton, "one"), (submission, "another")):
        for name, index in (("f", 3), ("g", 6)):
            nb.cells[index].source = f'check("{lesson}.{name}")'
    with pytest.raises(SubmissionError, match="the notebook of another lesson, another"):
        rebuild(skeleton, submission)


def test_a_cell_that_is_too_long_to_run_is_left_out(skeleton: NotebookNode, submission: NotebookNode) -> None:
    submission.cells[2].source = "x" * 600_000
    rebuilt = rebuild(skeleton, submission)
    assert sources(rebuilt.notebook) == [*WHOLE[:2], "def f(): raise NotImplementedError", *WHOLE[3:]]
    assert rebuilt.repairs == ("the cell 'f' was left out: it has more than 500,000 characters",)


def test_a_loose_notebooks_cell_that_is_too_long_is_left_out() -> None:
    check = 'check("scalar_gradients.d_square")'
    notebook = new_notebook(cells=[new_code_cell(source) for source in (check, "x" * 600_000, "y = 1")])
    _, rebuilt = stand_alone(notebook)
    assert sources(rebuilt.notebook)[:2] == [check, "y = 1"]
    assert rebuilt.repairs == ("a cell was left out: it has more than 500,000 characters",)


def test_what_is_given_is_not_changed(skeleton: NotebookNode, submission: NotebookNode) -> None:
    before = copy.deepcopy((skeleton, submission))
    rebuilt = rebuild(skeleton, submission)
    rebuilt.notebook.cells[0].source = "changed"
    assert (skeleton, submission) == before
