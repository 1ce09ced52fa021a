"""Notebooks against who reads them: programs, and people at a browser. They are in `readers/`.

A file there is one notebook, of the kind that its name begins with. It holds

- one sentence that says what it tries and what must happen;
- `notebook`, which makes of a notebook with all answers right the one that is handed in;
- `STUDENT`, where it matters, the name of the folder that it lies in;
- `LOSES`, the exercise that it gets no points for;
- `REASON`, where it can't be graded, words of the reason.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode


@dataclass(frozen=True)
class Reader:
    """One such notebook."""

    name: str
    tries: str
    notebook: Callable[[NotebookNode], bytes]
    student: str
    loses: str
    reason: str

    @property
    def kind(self) -> str:
        """What it is about: pages, names, files or cells."""
        return self.name.partition("_")[0]


def all_readers() -> tuple[Reader, ...]:
    """Return every such notebook."""
    return tuple(_imported(path.stem) for path in sorted((Path(__file__).parent / "readers").glob("[a-z]*.py")))


def _imported(name: str) -> Reader:
    module = importlib.import_module(f"{__package__}.readers.{name}")
    student, *texts = (getattr(module, one, "") for one in ("STUDENT", "LOSES", "REASON"))
    return Reader(name, module.__doc__ or "", module.notebook, student or name, *texts)
