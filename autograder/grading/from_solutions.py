"""Takes from the instructor's notebook what feedback and formgrader's pages show of it: the lesson's own pictures.

Feedback shows model solutions too, if wanted.

A lesson's picture comes from the outputs that the instructor's notebook keeps, and never from a submission. It is shown where its cell is the instructor's, and where no name in it depends on a cell of the student's: it would be
the same in every submission.
"""

from __future__ import annotations

import base64
import io
import re
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import ClearSolutions, NbGraderPreprocessor
from PIL import Image
from traitlets import Bool

from .pages import MAX_SOURCE

# A lesson's pictures are drawn in fewer colours. With more, a page would have several times its size.
COLOURS = 32
# In characters of base64, of one page.
MAX_PICTURES = 500_000

_WORD = re.compile(r"[^\W\d]\w*")
_IMAGE = re.compile(r'<img [^>]*src="data:image/png;base64,([A-Za-z0-9+/=]+)"')


class ShowPictures(NbGraderPreprocessor):
    """Puts the lesson's own pictures into the place of the sentences that they are not drawn."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Show the pictures in one page; without the instructor's notebook, show none."""
        # Formgrader has the names by other keys.
        own = resources.get("nbgrader", {})
        lesson = own.get("assignment") or resources.get("assignment_id", "")
        path = _instructors_notebook(self, lesson, own.get("notebook") or resources.get("notebook_id", ""))
        given = _given(path, path.stat().st_mtime_ns) if path.is_file() else {}
        left = MAX_PICTURES
        for cell in _same_for_all(nb["cells"], given):
            pictures = iter(given[cell["id"]].pictures)
            for n, output in enumerate(cell["outputs"]):
                if output.get("data", {}).get("text/plain") != _undrawn():
                    continue
                picture = next(pictures, None)
                if picture is not None and len(picture.data) <= left:
                    left -= len(picture.data)
                    data = {"text/plain": picture.text, "image/png": picture.data}
                    described = {"image/png": {"alt": picture.text}}
                    cell["outputs"][n] = new_output("display_data", data, metadata=described)
        return nb, resources


@cache
def _undrawn() -> str:
    """Return the sentence that stands for a picture."""
    # Imported here, because it imports matplotlib: a page without pictures does not need it.
    from ..figures.undrawn import Undrawn

    return repr(Undrawn())


class ShowSolutions(NbGraderPreprocessor):
    """Has the page show the instructor's answer below the student's. The page goes to the student, so it has to be switched on."""

    enabled = Bool(False, help="Whether feedback pages show the instructor's answers.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Give the template the answers by grade id. The notebook stays as it is."""
        own = resources["nbgrader"]
        path = _instructors_notebook(self, own["assignment"], own["notebook"])
        clear = ClearSolutions(parent=self)
        marks = (clear.begin_solution_delimeter, clear.end_solution_delimeter)
        resources["solutions"] = _answers(path, path.stat().st_mtime_ns, marks) if path.is_file() else {}
        return nb, resources


def _instructors_notebook(asking: NbGraderPreprocessor, lesson: str, name: str) -> Path:
    course = CourseDirectory(parent=asking)
    return Path(course.format_path(course.source_directory, ".", lesson), f"{name}.ipynb")


@lru_cache(maxsize=16)
def _answers(path: Path, _: int, marks: tuple[str, str]) -> dict[str, str]:
    """Return the cells in which students answer, as the instructor wrote them, without the lines that mark a solution."""
    cells = nbformat.read(path, as_version=4)["cells"]
    return {
        cell["metadata"]["nbgrader"]["grade_id"]: "\n".join(
            line for line in cell["source"].split("\n") if not any(mark in line for mark in marks)
        )
        for cell in cells
        if cell["metadata"].get("nbgrader", {}).get("solution")
    }


@dataclass(frozen=True)
class _Picture:
    """A picture as base64, and the text that describes it."""

    data: str
    text: str


@dataclass(frozen=True)
class _Given:
    """A code cell of the instructor's that students do not edit."""

    source: str
    pictures: tuple[_Picture, ...]


# The time of the last change is asked so that a lesson which is released again is read again.
@lru_cache(maxsize=16)
def _given(path: Path, _: int) -> dict[str, _Given]:
    """Return the instructor's code cells by their ids, but for those in which students answer."""
    return {
        cell["id"]: _Given(cell["source"], tuple(_pictures(cell["outputs"])))
        for cell in nbformat.read(path, as_version=4)["cells"]
        if cell["cell_type"] == "code" and "id" in cell and not cell["metadata"].get("nbgrader", {}).get("solution")
    }


def _pictures(outputs: Iterable[NotebookNode]) -> Iterator[_Picture]:
    """Yield the pictures in a cell's outputs: of a picture in motion the still one, which comes first."""
    for output in outputs:
        data = output.get("data", {})
        if found := _IMAGE.search(data.get("text/html", "")):
            text = data.get("text/plain", "")
            yield _Picture(_in_few_colours(found[1]), text.partition("Picture: ")[2] or text)


def _in_few_colours(data: str) -> str:
    picture = Image.open(io.BytesIO(base64.b64decode(data)), formats=["PNG"])
    buffer = io.BytesIO()
    picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()


def _same_for_all(cells: Iterable[NotebookNode], given: dict[str, _Given]) -> Iterator[NotebookNode]:
    """Yield the instructor's cells with pictures in which no name depends on a cell of the student's."""
    theirs: frozenset[str] = frozenset()
    for cell in cells if given else ():
        if cell["cell_type"] != "code":
            continue
        own = given.get(cell.get("id", ""))
        read, bound = _names(cell["source"])
        if own is None or own.source != cell["source"] or read & theirs:
            theirs |= bound
            continue
        theirs -= bound
        if own.pictures:
            yield cell


def _names(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that a cell reads from other cells, and those that it gives to them: all words of one that can't be read."""
    try:
        # A cell that is not even shown whole is none of a lesson's.
        tables = [symtable.symtable(source, "cell", "exec")] if len(source) <= MAX_SOURCE else []
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tables = []
    if not tables:
        words = frozenset(_WORD.findall(source))
        return words, words
    # Inside a function, only the names from outside of it count.
    symbols = tables[0].get_symbols()
    for table in tables:
        tables += table.get_children()
        symbols += [one for one in table.get_symbols() if one.is_global()] if table is not tables[0] else []
    read = frozenset(one.get_name() for one in symbols if one.is_referenced())
    return read, frozenset(one.get_name() for one in symbols if one.is_assigned() or one.is_imported())
