"""Our rule for a graded cell's points is nbgrader's, except where nbgrader's would raise."""

from __future__ import annotations

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.utils import compute_checksum, determine_grade

from autograder.grading.scores import auto_comments, auto_scores, flags
from autograder.verdict import Outcome, Verdict

STUB = "# your answer here"


def result(text: str) -> NotebookNode:
    return new_output("execute_result", data={"text/plain": text}, execution_count=1)


def stream(name: str) -> NotebookNode:
    return new_output("stream", name=name, text="a word")


ERROR = new_output("error", ename="AssertionError", evalue="", traceback=[])


def graded_cell(solution: bool, *outputs: NotebookNode, source: str = STUB) -> NotebookNode:
    nbgrader = {"grade": True, "solution": solution, "locked": not solution, "grade_id": "one", "points": 2}
    metadata = {"nbgrader": {**nbgrader, "schema_version": 3, "task": False}}
    return new_code_cell(source, metadata=metadata, outputs=list(outputs))


@pytest.mark.parametrize(
    "outputs",
    [
        (), (ERROR,), (stream("stderr"),), (stream("stdout"),), (result("2"),), (result("0.5"),), (result("0"),),
        (result("tensor(1.)"),), (result("-1"),), (result("nan"),), (stream("stdout"), result("1")),
        (result("1"), ERROR), (ERROR, result("2")), (result("1e-3"), stream("stderr")),
    ],
)  # fmt: skip
def test_points_are_nbgraders(outputs: tuple[NotebookNode, ...]) -> None:
    cell = graded_cell(False, *outputs)
    assert auto_scores(new_notebook(cells=[cell]), new_notebook()) == {"one": determine_grade(cell)[0]}


@pytest.mark.parametrize(("text", "points"), [("3", 2), ("inf", 2)])
def test_no_cell_gives_more_than_it_has(text: str, points: float) -> None:
    assert auto_scores(new_notebook(cells=[graded_cell(False, result(text))]), new_notebook()) == {"one": points}


@pytest.mark.parametrize(("source", "score", "comment"), [(STUB, 0, "No response."), ("something", None, None)])
def test_an_answer_graded_by_hand_waits_unless_there_is_none(
    source: str, score: float | None, comment: str | None
) -> None:
    skeleton, ran = (new_notebook(cells=[graded_cell(True, source=text)]) for text in (STUB, source))
    cell = ran.cells[0]
    cell.metadata.nbgrader.checksum = compute_checksum(skeleton.cells[0])
    assert auto_scores(ran, skeleton) == {"one": score} == {"one": determine_grade(cell)[0]}
    assert auto_comments(ran, skeleton) == {"one": comment}


def test_a_flag_is_a_comment_on_the_answer_and_changes_no_score() -> None:
    skeleton, ran = (new_notebook(cells=[graded_cell(True, source=text)]) for text in (STUB, "something"))
    flagged = Verdict("lesson.one", Outcome.RIGHT, 2, 2, flag="A person should look at it.")
    assert auto_comments(ran, skeleton, [flagged]) == {"one": "A person should look at it."}
    assert auto_comments(skeleton, skeleton, [flagged]) == {"one": "No response."}
    assert auto_comments(ran, skeleton, [Verdict("lesson.two", Outcome.RIGHT, 2, 2, flag="x")]) == {"one": None}
    assert flags([flagged]) == ("look at lesson.one: A person should look at it",)


def test_written_text_waits_for_a_hand() -> None:
    cell = new_markdown_cell("My words.", metadata=graded_cell(False).metadata)
    assert auto_scores(new_notebook(cells=[cell]), new_notebook()) == {"one": None}
