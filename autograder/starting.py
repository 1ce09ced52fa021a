"""Makes a new course: a folder with a configuration, one lesson, and its notebook."""

from __future__ import annotations

import errno
import re
import tempfile
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from .grading import GradingError
from .grading.files import write_beside
from .view import templates

_KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
_FILES = {
    "nbgrader_config.py": "new_config.txt",
    "README.md": "new_readme.md",
    "lessons/integration.py": "new_lesson.txt",
    "notebooks/README.md": "new_notebooks.md",
}
_NOTEBOOK = "solutions/01_integration/01_integration.ipynb"
# What begins a cell in the text of a notebook.
_CELL = re.compile(r"^# %%(.*)\n", re.MULTILINE)


def make(place: Path, name: str) -> Path:
    """Make a course of this name in a folder of `place`; return the folder.

    Raises
    ------
    GradingError
        When the name is no name for a folder and a course, when something is there already, or when nothing can be written.
    """
    if not re.fullmatch(r"[A-Za-z0-9][\w-]*", name):
        raise GradingError(f"Expected a name of letters, digits, hyphens and underscores; got {name!r}.")
    folder = place / name
    try:
        with tempfile.TemporaryDirectory(dir=place, prefix=f".{name}-") as beside:
            made = Path(beside, name)
            _write(made, name)
            # An empty folder may be in its place.
            made.rename(folder)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise GradingError(
                f"Expected nothing at {folder}, or an empty folder; there is something in its place. Choose another name."
            ) from None
        raise GradingError(f"The course can't be made: {error}. Go to a folder in which you can write.") from None
    return folder


def _write(folder: Path, name: str) -> None:
    for path, template in _FILES.items():
        write_beside(folder / path, f"{templates().get_template(template).render(name=name)}\n".encode())
    text = templates().get_template("new_notebook.txt").render()
    write_beside(folder / _NOTEBOOK, f"{nbformat.writes(notebook_of(text))}\n".encode())


def notebook_of(text: str) -> nbformat.NotebookNode:
    """Return the notebook that a text stands for, whose cells begin with `# %%` or `# %% [markdown]`."""
    _, *parts = _CELL.split(text)
    cells = []
    for n, (kind, source) in enumerate(zip(parts[::2], parts[1::2], strict=True)):
        if "[markdown]" in kind:
            lines = (line.removeprefix("#").removeprefix(" ") for line in source.strip().split("\n"))
            cells.append(new_markdown_cell("\n".join(lines), id=f"cell-{n}"))
        else:
            cells.append(new_code_cell(source.strip(), id=f"cell-{n}"))
    return new_notebook(cells=cells, metadata=_KERNEL)
