"""The texts of the cells that tests have run."""

from __future__ import annotations

import linecache
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def forgotten_cells() -> Iterator[None]:
    """Forget at the end which cells have run since: the next notebook has its own."""
    before = set(linecache.cache)
    yield
    for name in set(linecache.cache) - before:
        # Whatever shell ran a cell, it is of no file, so it has no time of a change.
        if linecache.cache[name][1:2] == (None,):
            del linecache.cache[name]
