"""A submission made whole again: the instructor's notebook, with the student's answers and added cells put in place.

A submission is never run as it was handed in. Whatever was deleted, doubled, moved, retyped or edited of the
instructor's cells, and whatever stands in tags, outputs and metadata, stops mattering here.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode


@dataclass(frozen=True)
class Rebuilt:
    """The notebook to run, and what had to be mended, in sentences for the author and the instructor."""

    notebook: NotebookNode
    repairs: tuple[str, ...]


@dataclass
class _Sorted:
    """A submission's cells, told apart: answers by grade id, and added cells by the instructor's cell before them."""

    answers: dict[str, str] = field(default_factory=dict)
    added: dict[int, list[NotebookNode]] = field(default_factory=dict)
    seen: list[int] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)


def rebuild(skeleton: NotebookNode, submission: Mapping[str, Any]) -> Rebuilt:
    """Put a student's work into the instructor's notebook.

    Parameters
    ----------
    skeleton
        The instructor's notebook with its solutions cleared and no outputs.
    submission
        The student's notebook. Nothing is taken on trust but the text of its cells.
    """
    sorted_ = _sort(skeleton, submission)
    cells: list[NotebookNode] = list(sorted_.added.get(-1, []))
    for index, cell in enumerate(skeleton["cells"]):
        grade_id = grade_id_of(cell)
        cell = copy.copy(cell)
        if grade_id in sorted_.answers:
            cell["source"] = sorted_.answers[grade_id]
        cells.append(cell)
        cells.extend(sorted_.added.get(index, []))
    notebook = copy.copy(skeleton)
    notebook["cells"] = with_ids(cells)
    return Rebuilt(notebook, (*sorted_.repairs, *_missing(skeleton, sorted_)))


def _sort(skeleton: NotebookNode, submission: Mapping[str, Any]) -> _Sorted:
    graded = {grade_id: i for i, cell in enumerate(skeleton["cells"]) if (grade_id := grade_id_of(cell))}
    plain = {cell.get("id"): i for i, cell in enumerate(skeleton["cells"]) if not grade_id_of(cell)}
    texts = {cell["source"]: i for i, cell in enumerate(skeleton["cells"]) if not grade_id_of(cell)}
    found = _Sorted()
    place = -1
    cells = submission.get("cells")
    for cell in cells if isinstance(cells, list) else []:
        if not isinstance(cell, Mapping):
            continue
        source, grade_id = source_of(cell), grade_id_of(cell)
        if grade_id in graded:
            place = graded[grade_id]
            own = skeleton["cells"][place]
            if not _is_answer(own):
                found.repairs.extend(_locked_repairs(grade_id, cell, own, twice=place in found.seen))
            elif grade_id in found.answers:
                found.repairs.append(f"the answer cell {grade_id!r} was there twice: both were run, in their order")
                found.added.setdefault(place, []).append(fresh_cell(cell.get("cell_type"), source))
            else:
                found.answers[grade_id] = source
            found.seen.append(place)
            continue
        known = plain.get(cell.get("id")) if isinstance(cell.get("id"), str) else None
        index = known if known is not None else texts.get(source)
        if index is not None:
            place = index
        if index is None or source != skeleton["cells"][index]["source"]:
            found.added.setdefault(place, []).append(fresh_cell(cell.get("cell_type"), source))
    return found


def _locked_repairs(grade_id: str, cell: Mapping[str, Any], own: NotebookNode, twice: bool) -> list[str]:
    if twice:
        return [f"the check cell {grade_id!r} was there twice: one was taken"]
    if cell.get("cell_type") != own["cell_type"] or source_of(cell) != own["source"]:
        return [f"the check cell {grade_id!r} had been edited: the original was run"]
    return []


def _missing(skeleton: NotebookNode, found: _Sorted) -> list[str]:
    gone = [
        (grade_id_of(cell), "answer" if _is_answer(cell) else "check")
        for i, cell in enumerate(skeleton["cells"])
        if grade_id_of(cell) and i not in found.seen
    ]
    return [f"the {kind} cell {grade_id!r} was missing: it was put back" for grade_id, kind in gone]


def fresh_cell(cell_type: object, source: str) -> NotebookNode:
    """Return a fresh cell with this text. What is not code is text to read, whatever it claims to be."""
    # nbformat's own functions for this validate each cell, which takes longer than to run it.
    if cell_type == "code":
        return NotebookNode(cell_type="code", source=source, metadata={}, outputs=[], execution_count=None)
    return NotebookNode(cell_type="markdown", source=source, metadata={})


def with_ids(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Give an id to each cell that has none, the same in every run."""
    for n, cell in enumerate(cells):
        if "id" not in cell:
            cell["id"] = f"added-{n}"
    return cells


def source_of(cell: Mapping[str, Any]) -> str:
    """Return a cell's text; "" where it has none."""
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    # JSON can hold halves of characters, which no file can.
    return source.encode("utf-8", "replace").decode() if isinstance(source, str) else ""


def _nbgrader(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = cell.get("metadata")
    own = metadata.get("nbgrader") if isinstance(metadata, Mapping) else None
    return own if isinstance(own, Mapping) else {}


def grade_id_of(cell: Mapping[str, Any]) -> str:
    """Return the name that nbgrader knows a cell by; "" where it has none."""
    grade_id = _nbgrader(cell).get("grade_id")
    return grade_id if isinstance(grade_id, str) else ""


def _is_answer(cell: Mapping[str, Any]) -> bool:
    return bool(_nbgrader(cell).get("solution"))
