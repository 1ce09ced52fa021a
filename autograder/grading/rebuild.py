"""Rebuilds a submission: puts the student's answers and added cells into the instructor's notebook.

A submission is never run as it was handed in. Whatever was deleted, doubled, moved, retyped or edited of the
instructor's cells, and whatever stands in tags, outputs and metadata, stops mattering here.
"""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from nbformat import NotebookNode

from ..source import defines
from .pictures import keep_pictures
from .submission import SubmissionError

CHECK = re.compile(r"""\s*check\((["'])([\w.]+)\1\)\s*""")
# The longest text that runs as one cell. A frame to the child can't be longer.
MAX_CODE = 500_000


@dataclass(frozen=True)
class Rebuilt:
    """The notebook to run, and the repairs, as sentences for the student and the instructor."""

    notebook: NotebookNode
    repairs: tuple[str, ...]


@dataclass(frozen=True)
class _Part:
    """What one of a student's cells is in the instructor's notebook.

    Attributes
    ----------
    index
        Which of the instructor's cells it is; None where it is none of them.
    after
        After which of them its text is added; None where it isn't.
    is_answer
        Whether it is taken for an answer.
    cells
        What is kept of it.
    repairs
        What had to be mended, in sentences.
    """

    index: int | None
    after: int | None = None
    is_answer: bool = False
    cells: tuple[NotebookNode, ...] = ()
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Sorted:
    """A submission's cells, told apart: answers by grade id, and added cells by the instructor's cell before them."""

    answers: Mapping[str, NotebookNode]
    added: Mapping[int, Sequence[NotebookNode]]
    seen: frozenset[int]
    repairs: tuple[str, ...]


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
    own: list[NotebookNode] = skeleton["cells"]
    submitted = _cells(submission)
    _check_lesson(own, submitted)
    sorted_ = _with_lost_answers(own, _sorted(own, _parts(own, submitted)))
    if any(map(grade_id_of, own)) and not any(grade_id_of(own[index]) for index in sorted_.seen):
        raise SubmissionError("it has no graded cell of this lesson")
    left_out = keep_pictures(chain(sorted_.answers.values(), *sorted_.added.values()))
    cells: list[NotebookNode] = list(sorted_.added.get(-1, []))
    for index, cell in enumerate(own):
        grade_id = grade_id_of(cell)
        cell = _copied(cell)
        if grade_id in sorted_.answers:
            _put_answer(cell, sorted_.answers[grade_id])
        cells.append(cell)
        cells.extend(sorted_.added.get(index, []))
    cells, asked_again = _asked_where_last(cells)
    notebook = _copied(skeleton)
    notebook["metadata"] = _copied(skeleton["metadata"])
    notebook["cells"] = with_ids(cells)
    # Cells have ids since this version.
    notebook["nbformat_minor"] = max(skeleton.get("nbformat_minor", 0), 5)
    repairs = (*sorted_.repairs, *asked_again, *_missing(own, sorted_.seen), *defined_below(cells), *left_out)
    return Rebuilt(notebook, repairs)


def _put_answer(cell: NotebookNode, answer: NotebookNode) -> None:
    """Put a student's text into the instructor's cell, and the pictures that were attached to it."""
    cell["source"] = answer["source"]
    if "attachments" in answer and cell["cell_type"] != "code":
        cell["attachments"] = {**cell.get("attachments", {}), **answer["attachments"]}


def _copied(node: NotebookNode) -> NotebookNode:
    """Return a shallow copy. `copy.copy` sets each key separately and takes ten times as long."""
    copied = NotebookNode()
    dict.update(copied, node)
    return copied


def _cells(submission: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    submitted = submission.get("cells")
    return [cell for cell in submitted if isinstance(cell, dict)] if isinstance(submitted, list) else []


def _check_lesson(own: Sequence[NotebookNode], cells: Sequence[Mapping[str, Any]]) -> None:
    """Raise SubmissionError where all checks are those of another lesson."""
    here = {_lesson_of(cell["source"]) for cell in own} - {""}
    checked = Counter(_lesson_of(source_of(cell)) for cell in cells)
    others = [lesson for lesson, _ in checked.most_common() if lesson]
    if here and others and not here & set(others):
        raise SubmissionError(f"it is the notebook of another lesson, {others[0][:100]}")


def _parts(own: Sequence[NotebookNode], cells: Sequence[Mapping[str, Any]]) -> list[_Part]:
    """Return what each of a student's cells is, in their order."""
    parts: list[_Part] = []
    taken: set[int] = set()
    place = -1
    for cell, index in zip(cells, _matched(own, cells), strict=True):
        if left_out := why_left_out(cell, source_of(cell)):
            parts.append(_Part(index, repairs=(left_out,)))
        elif index is None:
            parts.append(_Part(None, place, cells=(_fresh(cell),)))
        else:
            place = index
            parts.append(_part(cell, own[index], index, again=index in taken))
            taken.add(index)
    return parts


def _matched(own: Sequence[NotebookNode], cells: Sequence[Mapping[str, Any]]) -> list[int | None]:
    """Return which of the instructor's cells each cell is: by its name or, where it has none, by its text."""
    graded = {grade_id: i for i, cell in enumerate(own) if (grade_id := grade_id_of(cell))}
    ids = {cell["id"]: i for i, cell in enumerate(own) if "id" in cell}
    texts: defaultdict[str, list[int]] = defaultdict(list)
    for i, cell in enumerate(own):
        for text in {cell["source"].strip(), _released(cell).strip()}:
            texts[text].append(i)
    named = [_named(cell, graded, ids) for cell in cells]
    taken = {index for index in named if index is not None}
    matched: list[int | None] = []
    place = -1
    for cell, index in zip(cells, named, strict=True):
        if index is None:
            # One text may be that of several cells, and a student may have typed it again.
            free = [i for i in texts.get(source_of(cell).strip(), ()) if i not in taken]
            index = next((i for i in free if i > place), free[0] if free else None)
            taken |= {index} if index is not None else set()
        matched.append(index)
        place = place if index is None else index
    return matched


def _named(cell: Mapping[str, Any], graded: Mapping[str, int], ids: Mapping[str, int]) -> int | None:
    """Return which of the instructor's cells this is, by its grade id or its id. Programs and people may remove either."""
    index = graded.get(grade_id_of(cell))
    return index if index is not None or not isinstance(cell.get("id"), str) else ids.get(cell["id"])


def _part(cell: Mapping[str, Any], own: NotebookNode, index: int, again: bool) -> _Part:
    """Return what a cell is that is one of the instructor's; `again` says that it was there before."""
    source, grade_id = source_of(cell), grade_id_of(own)
    if _is_answer(own):
        if not again:
            return _Part(index, is_answer=True, cells=(_fresh(cell),))
        twice = f"the answer cell {grade_id!r} was there twice: both were run, in their order"
        return _Part(index, index, cells=(_fresh(cell),), repairs=(twice,))
    repairs = tuple(_locked_repairs(cell, own, again)) if grade_id else ()
    if _is_unchanged(source, own) or not source.strip():
        return _Part(index, repairs=repairs)
    own_work = source
    if own["cell_type"] == "code" == cell.get("cell_type"):
        own_work = _beyond(source, (own["source"], _released(own)), whole=not grade_id)
    # What is not run is shown: a comment may be for the instructor.
    kept = [fresh_cell("raw", source)] if own_work != source else []
    kept += [fresh_cell(cell.get("cell_type"), own_work)] if own_work else []
    # An answer may have been written into a check, so that comes before the original.
    return _Part(index, index - 1 if grade_id else index, cells=tuple(kept), repairs=repairs)


def _released(own: NotebookNode) -> str:
    """Return the text that students got of one of the instructor's cells: without hidden tests."""
    released: str = own["metadata"].get("autograder", {}).get("released", own["source"])
    return released


def _is_unchanged(source: str, own: NotebookNode) -> bool:
    return source.strip() in (own["source"].strip(), _released(own).strip())


def _beyond(source: str, originals: Sequence[str], whole: bool) -> str:
    """Return what of a student's version of a cell is to be run beside the original, so that nothing runs twice.

    A statement counts as the original's however it is written, and whatever comment stands there. `whole` says that a
    version with new statements runs whole if it lacks some of the original's, because the student has changed it.
    """
    try:
        there, (first, *others) = _statements(source), map(_statements, originals)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # Magics are no Python.
        there, first, *others = (_lines(text) for text in (source, *originals))
    known = Counter(key for key, _ in first)
    for other in others:
        known |= Counter(key for key, _ in other)
    new = []
    for key, text in there:
        known[key] -= 1
        if known[key] < 0:
            new.append(text)
    lacks = any(known[key] > 0 for key, _ in first)
    if not any(text.strip() for text in new):
        return ""
    return source if len(new) == len(there) or (whole and lacks) else "\n".join(new)


def _statements(source: str) -> list[tuple[str, str]]:
    """Return each statement as a key, which is the same however it is written, and its text."""
    lines = re.split(r"\r\n|\n|\r", source)
    body = ast.parse(source).body
    starts = [min(one.lineno for one in (node, *getattr(node, "decorator_list", ()))) for node in body]
    ends = [node.end_lineno or node.lineno for node in body]
    return [
        (ast.dump(node), ast.unparse(node) if _shares_a_line(i, starts, ends) else "\n".join(lines[start - 1 : end]))
        for i, (node, start, end) in enumerate(zip(body, starts, ends, strict=True))
    ]


def _shares_a_line(i: int, starts: Sequence[int], ends: Sequence[int]) -> bool:
    return (i > 0 and ends[i - 1] == starts[i]) or (i + 1 < len(starts) and starts[i + 1] == ends[i])


def _lines(source: str) -> list[tuple[str, str]]:
    return [(line.strip(), line) for line in source.split("\n")]


def _fresh(cell: Mapping[str, Any]) -> NotebookNode:
    return fresh_cell(cell.get("cell_type"), source_of(cell), cell.get("attachments"))


def _sorted(own: Sequence[NotebookNode], parts: Sequence[_Part]) -> _Sorted:
    """Gather parts: answers by grade id, and what is added by the cell before it."""
    added: defaultdict[int, list[NotebookNode]] = defaultdict(list)
    for part in parts:
        if part.after is not None:
            added[part.after] += part.cells
    return _Sorted(
        {
            grade_id_of(own[part.index]): cell
            for part in parts
            for cell in part.cells
            if part.index is not None and part.is_answer
        },
        dict(added),
        frozenset(part.index for part in parts if part.index is not None),
        tuple(repair for part in parts for repair in part.repairs),
    )


def _with_lost_answers(own: Sequence[NotebookNode], found: _Sorted) -> _Sorted:
    """Take what stands in the place of an answer cell that is gone for the answer.

    Between which of the instructor's cells that is must be known from one before it at least.
    """
    place = -1
    for index, cell in enumerate(own):
        if _is_answer(cell) and index not in found.seen and place >= 0:
            found = _with_lost_answer(found, cell, index, place)
        if index in found.seen:
            place = index
    return found


def _with_lost_answer(found: _Sorted, cell: NotebookNode, index: int, place: int) -> _Sorted:
    is_code, grade_id = cell["cell_type"] == "code", grade_id_of(cell)
    there = found.added.get(place, [])
    first = next((i for i, one in enumerate(there) if (one["cell_type"] == "code") == is_code), None)
    if first is None:
        return found
    return _Sorted(
        {**found.answers, grade_id: there[first]},
        {**found.added, place: there[:first], index: [*there[first + 1 :], *found.added.get(index, [])]},
        found.seen | {index},
        (*found.repairs, f"the answer cell {grade_id!r} had lost its name: what stood in its place was taken"),
    )


def _asked_where_last(cells: Sequence[NotebookNode]) -> tuple[list[NotebookNode], list[str]]:
    """Move each check to the last place at which the student asks it, as in the notebook; return what was moved too.

    A loose notebook is checked by the same rule.
    """
    checks = {found[2]: cell for cell in cells if grade_id_of(cell) and (found := CHECK.fullmatch(cell["source"]))}
    last = {exercise: i for i, cell in enumerate(cells) if (exercise := _typed_check(cell)) in checks}
    first = {exercise: next(i for i, cell in enumerate(cells) if cell is checks[exercise]) for exercise in last}
    moved = {i: exercise for exercise, i in last.items() if i > first[exercise]}
    gone = {first[exercise] for exercise in moved.values()}
    asked = [checks[moved[i]] if i in moved else cell for i, cell in enumerate(cells) if i not in gone]
    repairs = [f"the check of {name!r} was asked again further down: it counts there" for name in moved.values()]
    return asked, repairs


def _typed_check(cell: NotebookNode) -> str:
    """Return which exercise a cell of the student's own checks, if that is all it does."""
    found = CHECK.fullmatch(cell["source"]) if cell["cell_type"] == "code" and not grade_id_of(cell) else None
    return found[2] if found is not None else ""


def defined_below(cells: Sequence[NotebookNode]) -> list[str]:
    """Return a sentence for each check below which a student's cell defines what it checks: the check has not seen that."""
    told = []
    for i, cell in enumerate(cells):
        name = grade_id_of(cell).removeprefix("check-") if _nbgrader(cell).get("grade") else ""
        if name == grade_id_of(cell) or not name.isidentifier():
            continue
        below = (
            one for one in cells[i + 1 :] if one["cell_type"] == "code" and "added-" in str(one.get("id", "added-"))
        )
        if any(defines(one["source"], name) for one in below):
            told.append(f"a cell below the check of {name!r} defines {name!r} again: the check was asked before that")
    return told


def _lesson_of(source: str) -> str:
    """Return the lesson of which a check cell with this text checks an exercise; "" for another cell."""
    found = CHECK.fullmatch(source) if source.lstrip().startswith("check(") else None
    return found[2].partition(".")[0] if found is not None else ""


def _locked_repairs(cell: Mapping[str, Any], own: NotebookNode, twice: bool) -> list[str]:
    grade_id = grade_id_of(own)
    if twice:
        return [f"the check cell {grade_id!r} was there twice: one was taken"]
    if cell.get("cell_type") != own["cell_type"] or not _is_unchanged(source_of(cell), own):
        return [f"the check cell {grade_id!r} had been edited: the original was run"]
    return []


def _missing(own: Sequence[NotebookNode], seen: frozenset[int]) -> list[str]:
    gone = [
        (grade_id_of(cell), "answer" if _is_answer(cell) else "check")
        for i, cell in enumerate(own)
        if grade_id_of(cell) and i not in seen
    ]
    return [f"the {kind} cell {grade_id!r} was missing: it was put back" for grade_id, kind in gone]


def why_left_out(cell: Mapping[str, Any], source: str) -> str:
    """Return a sentence about a cell whose text is too long to be run; "" for any other."""
    if cell.get("cell_type") != "code" or len(source) <= MAX_CODE:
        return ""
    name = f"the cell {grade_id_of(cell)[:100]!r}" if grade_id_of(cell) else "a cell"
    return f"{name} was left out: it has more than {MAX_CODE:,} characters"


def fresh_cell(cell_type: object, source: str, attachments: object = None) -> NotebookNode:
    """Return a new cell with this text. Every cell that is not code becomes Markdown.

    `attachments` are what a student attached to a markdown cell. `keep_pictures` has to look at them.
    """
    # nbformat's own functions for this validate each cell, which takes longer than to run it.
    if cell_type == "code":
        return NotebookNode(cell_type="code", source=source, metadata={}, outputs=[], execution_count=None)
    cell = NotebookNode(cell_type="markdown", source=source, metadata={})
    if attachments:
        cell["attachments"] = attachments
    return cell


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
