"""What is open in this process, for the tests that look whether a submission leaves something open."""

from __future__ import annotations

import contextlib
import gc
import time
from pathlib import Path

# In seconds.
PATIENCE = 10.0


def open_files() -> list[str]:
    """Return what each open descriptor of this process stands for."""
    found = []
    for one in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.append(str(one.readlink()))
    return found


def opened(before: list[str]) -> list[str]:
    """Return what is open now and was not before, where there is more of it than there was.

    Threads that other tests have left may have a file open for a moment, and circles that they have left hold files.
    """
    until = time.monotonic() + PATIENCE
    while len(now := open_files()) > len(before) and time.monotonic() < until:
        gc.collect()
    return [one for one in now if one not in before] if len(now) > len(before) else []
