"""Some of the cases, graded by `autograder grade` and by `nbgrader autograde` with our configuration: nbgrader's own scores."""

from __future__ import annotations

import base64
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_notebook

from autograder.grading.course import Course
from autograder.grading.engines import engine_for
from autograder.grading.gradebook import Graded, by_lesson
from autograder.grading.sandbox.outputs import MAX_PICTURE, clean_outputs
from autograder.grading.submission import Submission

from .__main__ import STORED
from .cases import CASES, code
from .course import by_autograder, by_nbgrader, digests, make, unequal

# One for each way in which a course can differ from ours. `python -m tests.compat` has all of them, graded by nbgrader anew.
NAMES = {
    "hidden-side-effect",
    "manual-code",
    "comment-in-a-plain-cell",
    "out",
    "autotest",
    "several notebooks",
    "hw1",
    "hw10",
    "file-overwritten",
    "figure-in-a-test",
    "format-4.0",
    "plot-by-hand",
}
BY_NBGRADER = {"several notebooks", "comment-in-a-plain-cell"}
PNG = b"\x89PNG\r\n\x1a\n"
STOCK: dict[str, Any] = json.loads(STORED.read_text())


@pytest.fixture(scope="module")
def courses(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the courses of these cases twice: one to be graded in each way."""
    here = Path.cwd()
    place = tmp_path_factory.mktemp("compat")
    try:
        assert make(place / "one", [case for case in CASES if case.name in NAMES]) == {}
    finally:
        os.chdir(here)
    shutil.copytree(place / "one", place / "other")
    return place / "one", place / "other"


def test_what_was_graded_by_nbgrader_is_what_is_graded_here(courses: tuple[Path, Path]) -> None:
    """Otherwise run `python -m tests.compat`, which keeps nbgrader's scores."""
    assert digests(courses[0]) == {name: STOCK[name]["made_of"] for name in NAMES}


def test_autograder_grade_gives_nbgraders_scores(courses: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(courses[0])
    scores, refused = by_autograder(courses[0], sorted(NAMES))
    assert refused == {}
    assert [one for name in NAMES for one in unequal(name, STOCK[name]["scores"], scores)] == []


def test_a_plot_that_a_person_grades_is_kept(courses: tuple[Path, Path]) -> None:
    """Run after the class was graded."""
    kept = {}
    for name in ("plot-by-hand", "figure-in-a-test"):
        ran = nbformat.read(courses[0] / "course 0" / "graded" / "right" / name / f"{name}.ipynb", as_version=4)
        outputs = [output for cell in ran.cells if cell.cell_type == "code" for output in cell.outputs]
        kept[name] = any("image/png" in output.get("data", {}) for output in outputs)
    assert kept == {"plot-by-hand": True, "figure-in-a-test": False}


def test_what_a_cell_did_not_find_is_told(courses: tuple[Path, Path]) -> None:
    settings = Course(courses[0] / "course 0").settings()
    notebook = new_notebook(cells=[code("open('gone.csv')"), code("import gone.inside"), code("1 / 0")])
    ran = engine_for(settings.sandbox, settings.limits).run(notebook, lambda _: ())
    assert ran.missing == (
        "a cell asked for the file 'gone.csv', which is not there",
        "a cell asked for the module 'gone', which is not there",
    )
    assert ran.notes == ()


@pytest.mark.parametrize(
    ("content", "kept"),
    [(PNG, True), (PNG + bytes(MAX_PICTURE), False), (b"GIF89a", False), (b"<svg>", False)],
)
def test_only_a_picture_of_a_known_kind_is_kept(content: bytes, kept: bool) -> None:
    output = {
        "output_type": "display_data",
        "data": {"image/png": base64.b64encode(content).decode(), "text/plain": "a"},
    }
    (cleaned,) = clean_outputs({"outputs": [output]}, 1) or ()
    assert ("image/png" in cleaned.data) == kept


def test_a_lesson_of_several_notebooks_is_one_row() -> None:
    one = Graded(submission=Submission(Path("a"), "ada", "ps1"), score=1, max_score=2)
    two = replace(one, submission=replace(one.submission, named="b"), score=0, max_score=3, reason="it is gone")
    other = replace(one, submission=replace(one.submission, student="bob"))
    ada, bob = by_lesson([one, two, other])
    assert (ada.score, ada.max_score, ada.reason, ada.notes) == (1, 5, "", ("b was not graded: it is gone",))
    assert bob == other
    (unread,) = by_lesson([two, replace(two, submission=one.submission)])
    assert unread.reason


def test_nbgrader_behind_our_walls_gives_its_own_scores(
    courses: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(courses[1])
    scores = by_nbgrader(courses[1], sorted(BY_NBGRADER), ours=True)
    assert [one for name in BY_NBGRADER for one in unequal(name, STOCK[name]["scores"], scores)] == []
