"""Some of the cases, graded by `autograder grade` and by `nbgrader autograde` with our configuration: nbgrader's own scores."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from .__main__ import STORED
from .cases import CASES
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
}
BY_NBGRADER = {"several notebooks", "comment-in-a-plain-cell"}
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


def test_nbgrader_behind_our_walls_gives_its_own_scores(
    courses: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(courses[1])
    scores = by_nbgrader(courses[1], sorted(BY_NBGRADER), ours=True)
    assert [one for name in BY_NBGRADER for one in unequal(name, STOCK[name]["scores"], scores)] == []
