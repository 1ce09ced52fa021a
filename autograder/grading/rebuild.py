"""Rebuilds a submission: puts the student's answers and added cells into the instructor's notebook.

A submission is never run as it was handed in. Whatever was deleted, doubled, moved, retyped or edited of the
instructor's cells, and whatever stands in tags, outputs and metadata, stops mattering here.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode

from .submission import SubmissionError

CHECK = re.compile(r"""\s*check\((["'])([\w.]+)\1\)\s*""")
# The longest text that runs as one cell. A frame to the child can't be longer.
MAX_CODE = 500_000


@dataclass(frozen=True)
class Rebuilt:
    """The notebook to run, and the repairs, as sentences for the student and the instructor."""

    notebook: NotebookNode
    repairs: tuple[str, ...]


@dataclass
class _Sorted:
    """A submission's cells, told apart: answers by grade id, and added cells by the instructor's cell before them."""

    answers: dict[str, str] = field(default_factory=dict)
    added: dict[int, list[NotebookNode]] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    repairs: list[str] = field(default_factory=list)


def rebuild(skeleton: NotebookNode, submission: Mapping[str, Any]) -> Rebuilt:
    """Put a student's work into the instructor's notebook.

    Parameters
    ----------
    skeleton
        The instructor's notebook with its solutions cleared and no outputs.
    submission
        The student's notebook. Nothing is taken on trust but the text of its cells.

    Raises
    ------
    SubmissionError
        When there is nothing of this lesson in it.
    """
    sorted_ = _sort(skeleton, submission)
    _fill(skeleton, sorted_)
    if not any(grade_id_of(skeleton["cells"][index]) for index in sorted_.seen):
        raise SubmissionError("it has no graded cell of this lesson")
    cells: list[NotebookNode] = list(sorted_.added.get(-1, []))
    for index, cell in enumerate(skeleton["cells"]):
        grade_id = grade_id_of(cell)
        cell = _copied(cell)
        if grade_id in sorted_.answers:
            cell["source"] = sorted_.answers[grade_id]
        cells.append(cell)
        cells.extend(sorted_.added.get(index, []))
    notebook = _copied(skeleton)
    notebook["metadata"] = _copied(skeleton["metadata"])
    notebook["cells"] = with_ids(cells)
    return Rebuilt(notebook, (*sorted_.repairs, *_missing(skeleton, sorted_)))


def _copied(node: NotebookNode) -> NotebookNode:
    """Return a shallow copy. `copy.copy` sets each key separately and takes ten times as long."""
    copied = NotebookNode()
    dict.update(copied, node)
    return copied


def _sort(skeleton: NotebookNode, submission: Mapping[str, Any]) -> _Sorted:
    own: list[NotebookNode] = skeleton["cells"]
    graded = {grade_id: i for i, cell in enumerate(own) if (grade_id := grade_id_of(cell))}
    ids = {cell["id"]: i for i, cell in enumerate(own) if "id" in cell}
    texts: defaultdict[str, list[int]] = defaultdict(list)
    for i, cell in enumerate(own):
        texts[cell["source"].strip()].append(i)
    submitted = submission.get("cells")
    cells = [cell for cell in submitted if isinstance(cell, dict)] if isinstance(submitted, list) else []
    named = [_named(cell, graded, ids) for cell in cells]
    taken = {index for index in named if index is not None}
    found = _Sorted()
    checked: Counter[str] = Counter()
    place = -1
    for cell, index in zip(cells, named, strict=True):
        source = source_of(cell)
        checked[_lesson_of(source)] += 1
        if index is None:
            # One text may be that of several cells, and a student may have typed it again.
            free = [i for i in texts.get(source.strip(), ()) if i not in taken]
            index = next((i for i in free if i > place), free[0] if free else None)
            taken |= {index} if index is not None else set()
        if left_out := why_left_out(cell, source):
            found.repairs.append(left_out)
            found.seen |= {index} if index is not None else set()
            continue
        if index is None:
            found.added.setdefault(place, []).append(fresh_cell(cell.get("cell_type"), source))
            continue
        place = index
        if _is_answer(own[index]):
            grade_id = grade_id_of(own[index])
            if grade_id in found.answers:
                found.repairs.append(f"the answer cell {grade_id!r} was there twice: both were run, in their order")
                found.added.setdefault(place, []).append(fresh_cell(cell.get("cell_type"), source))
            else:
                found.answers[grade_id] = source
        elif grade_id_of(own[index]):
            found.repairs.extend(_locked_repairs(cell, own[index], twice=index in found.seen))
            if source.strip() not in ("", own[index]["source"].strip()):
                # The student may have written an answer into it, so it runs before the original.
                found.added.setdefault(index - 1, []).append(fresh_cell(cell.get("cell_type"), source))
        elif source.strip() != own[index]["source"].strip():
            found.added.setdefault(place, []).append(fresh_cell(cell.get("cell_type"), source))
        found.seen.add(index)
    here = {_lesson_of(cell["source"]) for cell in own} - {""}
    others = [lesson for lesson, _ in checked.most_common() if lesson]
    if here and others and not here & set(others):
        raise SubmissionError(f"it is the notebook of another lesson, {others[0][:100]}")
    return found


def _named(cell: Mapping[str, Any], graded: Mapping[str, int], ids: Mapping[str, int]) -> int | None:
    """Return which of the instructor's cells this is, by its grade id or its id. Programs and people may remove either."""
    index = graded.get(grade_id_of(cell))
    return index if index is not None or not isinstance(cell.get("id"), str) else ids.get(cell["id"])


def _fill(skeleton: NotebookNode, found: _Sorted) -> None:
    """Take the cell in the place of a missing answer cell as the answer.

    Between which of the instructor's cells that is must be known from one before it at least.
    """
    place = -1
    for index, cell in enumerate(skeleton["cells"]):
        if _is_answer(cell) and index not in found.seen and place >= 0:
            is_code = cell["cell_type"] == "code"
            there = found.added.get(place, [])
            first = next((i for i, one in enumerate(there) if (one["cell_type"] == "code") == is_code), None)
            if first is None:
                continue
            grade_id = grade_id_of(cell)
            found.answers[grade_id] = there[first]["source"]
            found.added[place] = there[:first]
            found.added[index] = [*there[first + 1 :], *found.added.get(index, [])]
            found.repairs.append(f"the answer cell {grade_id!r} had lost its name: what stood in its place was taken")
            found.seen.add(index)
        if index in found.seen:
            place = index


def _lesson_of(source: str) -> str:
    """Return the lesson of which a check cell with this text checks an exercise; "" for another cell."""
    found = CHECK.fullmatch(source) if source.lstrip().startswith("check(") else None
    return found[2].partition(".")[0] if found is not None else ""


def _locked_repairs(cell: Mapping[str, Any], own: NotebookNode, twice: bool) -> list[str]:
    grade_id = grade_id_of(own)
    if twice:
        return [f"the check cell {grade_id!r} was there twice: one was taken"]
    if cell.get("cell_type") != own["cell_type"] or source_of(cell).strip() != own["source"].strip():
        return [f"the check cell {grade_id!r} had been edited: the original was run"]
    return []


def _missing(skeleton: NotebookNode, found: _Sorted) -> list[str]:
    gone = [
        (grade_id_of(cell), "answer" if _is_answer(cell) else "check")
        for i, cell in enumerate(skeleton["cells"])
        if grade_id_of(cell) and i not in found.seen
    ]
    return [f"the {kind} cell {grade_id!r} was missing: it was put back" for grade_id, kind in gone]


def why_left_out(cell: Mapping[str, Any], source: str) -> str:
    """Return a sentence about a cell whose text is too long to be run; "" for any other."""
    if cell.get("cell_type") != "code" or len(source) <= MAX_CODE:
        return ""
    name = f"the cell {grade_id_of(cell)[:100]!r}" if grade_id_of(cell) else "a cell"
    return f"{name} was left out: it has more than {MAX_CODE:,} characters"


def fresh_cell(cell_type: object, source: str) -> NotebookNode:
    """Return a new cell with this text. Every cell that is not code becomes Markdown."""
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
    if not isinstance(source, str):
        return ""
    # JSON can hold halves of characters; a file can't.
    return source.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()


def _nbgrader(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = cell.get("metadata")
    own = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return own if isinstance(own, dict) else {}


def grade_id_of(cell: Mapping[str, Any]) -> str:
    """Return a cell's grade id, nbgrader's name for it; "" if it has none."""
    grade_id = _nbgrader(cell).get("grade_id")
    return grade_id if isinstance(grade_id, str) else ""


def _is_answer(cell: Mapping[str, Any]) -> bool:
    return bool(_nbgrader(cell).get("solution"))
