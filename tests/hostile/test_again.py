"""What a student learns of the inputs by handing in is of no use for handing in again."""

from __future__ import annotations

import json

import nbformat
from nbformat.v4 import new_code_cell

from autograder.grading.course import Course
from autograder.grading.pool import LocalPool
from tests.grading.conftest import LESSON

from .attack import answer_cell

SPY = """
heard = []

def d_square(x):
    heard.append(x)
    return 0.0
"""
SHOW = "import json; print(json.dumps([x for x in heard if type(x) is float]))"


def test_a_table_of_the_inputs_of_the_last_time_earns_nothing(course: Course, local_pool: LocalPool) -> None:
    (submission,) = course.submissions(course.lessons(), "ada")
    notebook = nbformat.read(submission.path, as_version=4)
    notebook.cells.append(new_code_cell(SHOW))

    def outcome_of(answer: str) -> str:
        answer_cell(notebook, "d_square").source = answer
        nbformat.write(notebook, submission.path)
        (graded,) = course.grade([submission], local_pool, course.settings())
        return next(verdict.outcome for verdict in graded.verdicts if verdict.exercise == "scalar_gradients.d_square")

    assert outcome_of(SPY) != "right"
    # A student reads this in the feedback.
    seen = nbformat.read(course.root / "autograded" / "ada" / LESSON.folder / submission.path.name, as_version=4)
    (shown,) = (cell.outputs[0].text for cell in seen.cells if cell.source == SHOW)
    table = {x: 2 * x for x in json.loads(shown)}
    assert len(table) >= 3
    assert outcome_of(f"d_square = {table}.get") != "right"
    assert outcome_of("d_square = lambda x: 2 * x") == "right"
