"""Under nbval: every lesson has its notebook among those that run, and every code cell of it runs."""

from __future__ import annotations

import gc
from collections import Counter
from pathlib import Path

import nbformat
import pytest

from tests import commands

ROOT = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    """Where several processes run the tests, let them have the process behind the commands in common."""
    if config.getoption("numprocesses", None) and not (config.option.nbval or config.option.nbval_lax):
        commands.share()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Stop a run over notebooks that would leave out a lesson or a cell."""
    folders = [ROOT / arg for arg in config.args if arg.rstrip("/") in ("solutions", "notebooks")]
    if not (folders and (config.option.nbval or config.option.nbval_lax)):
        return
    from autograder.lessons import all_lessons

    ran = Counter(item.path for item in items)
    for folder in folders:
        for lesson in all_lessons():
            path = folder / lesson.folder / f"{lesson.folder}.ipynb"
            cells = sum(cell.cell_type == "code" for cell in nbformat.read(path, as_version=4).cells)
            if ran[path] != cells:
                raise pytest.UsageError(f"{path} has {cells} code cells, and {ran[path]} would run")


def pytest_collection_finish() -> None:
    """Leave what stands after the collection out of the search for garbage, which takes long among so much."""
    gc.freeze()
