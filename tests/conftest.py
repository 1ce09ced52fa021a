"""Gives each test a notebook of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cells import forgotten_cells


@pytest.fixture(autouse=True)
def _own_cells() -> Iterator[None]:
    """Forget the cells of a test: a check reads all that have run, up to a limit."""
    with forgotten_cells():
        yield
