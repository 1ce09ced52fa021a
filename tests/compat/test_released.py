"""What students got of a test cell is no edit of it, and nothing of the instructor's runs twice."""

from __future__ import annotations

import copy
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_notebook
from traitlets.config import Config

from autograder.grading.preprocessors import skeleton
from autograder.grading.rebuild import rebuild
from autograder.grading.scores import auto_scores

from .cases import answer, code, graded, manual, task

_HIDDEN = "for i in (1,):\n    n[0] += i\n    ### BEGIN HIDDEN TESTS\n    assert x == 1\n    ### END HIDDEN TESTS"
_VISIBLE = "for i in (1,):\n    n[0] += i"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    cells = [answer("x = 1"), graded(_HIDDEN), code("balance -= 4", "plain"), task("Draw."), manual("Explain.")]
    cells.append(code("old = 1", "old"))
    cells[-1]["metadata"] = {"nbgrader": {}}
    nbformat.write(new_notebook(cells=cells), tmp_path / "a.ipynb")
    return tmp_path / "a.ipynb"


@pytest.mark.parametrize(
    ("index", "text", "runs", "repaired"),
    [
        (1, _VISIBLE, [], False),
        (1, f"{_VISIBLE}\n# mine", [], True),
        (1, f"{_VISIBLE}\nx = 1", ["x = 1"], True),
        (2, "balance -= 4  # four less", [], False),
        (2, "balance -= 4\nprint(balance)", ["print(balance)"], False),
    ],
)
def test_only_what_a_student_added_runs(path: Path, index: int, text: str, runs: list[str], repaired: bool) -> None:
    own = skeleton(path, Config(), {})
    submission = copy.deepcopy(own)
    submission.cells[1].source = _VISIBLE
    submission.cells[index].source = text
    rebuilt = rebuild(own, submission)
    sources = [cell.source for cell in rebuilt.notebook.cells if cell.cell_type == "code"]
    assert sorted(set(sources) - {cell.source for cell in own.cells}) == runs
    assert len(sources) == sum(cell.cell_type == "code" for cell in own.cells) + len(runs)
    assert bool(rebuilt.repairs) == repaired


def test_a_task_waits_for_a_hand_and_an_untouched_manual_answer_does_not(path: Path) -> None:
    own = skeleton(path, Config(), {})
    ran = rebuild(own, copy.deepcopy(own)).notebook
    scores = auto_scores(ran, own)
    assert scores["task"] is None
    assert scores["manual"] == 0
