"""Cells through an engine, for the tests that look at what becomes of them."""

from __future__ import annotations

import shutil

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.exercise import Case, Exercise
from autograder.grading import Tier
from autograder.grading.engine import Engine, RunResult
from autograder.grading.sandbox import landlock
from autograder.lessons import find

WALLS: tuple[Tier, ...] = ("bubblewrap", "landlock")


def why_not(tier: Tier) -> str:
    """Return why this machine has not the walls of a tier, or ""."""
    if tier == "bubblewrap" and shutil.which("bwrap") is None:
        return "bubblewrap is not installed: make setup installs it"
    if tier == "landlock" and landlock.version() < landlock.OLDEST:
        return "this kernel has no Landlock"
    return ""


def skip_without(tier: Tier) -> None:
    """Skip a test where this machine has not the walls of a tier."""
    if why_not(tier):
        pytest.skip(why_not(tier))


def draw(exercise: Exercise) -> tuple[Case, ...]:
    return exercise.grading_cases(b"a seed of the tests")


def check_cell(exercise_id: str) -> NotebookNode:
    exercise = find(exercise_id)
    nbgrader = {"grade": True, "solution": False, "locked": True, "grade_id": f"check-{exercise.name}"}
    metadata = {"nbgrader": {**nbgrader, "points": exercise.points, "schema_version": 3, "task": False}}
    return new_code_cell(f'check("{exercise_id}")', metadata=metadata)


def run(engine: Engine, *cells: str | NotebookNode) -> RunResult:
    return engine.run(new_notebook(cells=[new_code_cell(one) if isinstance(one, str) else one for one in cells]), draw)
