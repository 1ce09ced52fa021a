"""Under nbval: every lesson has its notebook among those that run, and every code cell of it runs."""

from __future__ import annotations

import gc
import json
from collections import Counter
from pathlib import Path

import pytest

from autograder.modules import lessons_folder

ROOT = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    """Where several processes run the tests, let them have the process behind the commands in common."""
    if config.getoption("numprocesses", None) and not (config.option.nbval or config.option.nbval_lax):
        # It imports PyTorch, of which the processes that hand cells to kernels have no need.
        from tests import commands

        commands.share()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Stop a run over notebooks that would leave out a lesson or a cell."""
    folders = [ROOT / arg for arg in config.args if arg.rstrip("/") in ("solutions", "notebooks")]
    if not (folders and (config.option.nbval or config.option.nbval_lax)):
        return
    ran = Counter(item.path for item in items)
    for folder in folders:
        for module in lessons_folder().glob("[!_]*.py"):
            found = list(folder.glob(f"[0-9][0-9]_{module.stem}/[0-9][0-9]_{module.stem}.ipynb"))
            if len(found) != 1:
                raise pytest.UsageError(f"Expected one notebook of {module.stem} in {folder}; got {len(found)}.")
            cells = sum(cell["cell_type"] == "code" for cell in json.loads(found[0].read_bytes())["cells"])
            if ran[found[0]] != cells:
                raise pytest.UsageError(f"{found[0]} has {cells} code cells, and {ran[found[0]]} would run")


def pytest_collection_finish() -> None:
    """Leave what stands after the collection out of the search for garbage, which takes long among so much."""
    gc.freeze()
