"""From `solutions/` to `notebooks/`: run a lesson, look for mistakes of its author's, release it, compare the two."""

from __future__ import annotations

import filecmp
import math
import re
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from . import packing
from .comparing import first_wrong
from .describe import describe
from .exercise import Case, Exercise, Lesson, Raises
from .grading.course import Course, CourseError
from .grading.files import write_beside
from .grading.rebuild import grade_id_of
from .lessons import all_lessons
from .mistake import Mistake, Point
from .packing import PACKED
from .reading import Part, read
from .view import card

# What every lesson is worth, in the notebook and in the students' grade book.
LESSON_POINTS = 20
# How many hints an exercise has at least, and at how many inputs a function is asked.
HINTS, CASES = 4, 3

SOLUTION_BEGINS, SOLUTION_ENDS = "### BEGIN SOLUTION", "### END SOLUTION"

_CARD = re.compile(r"\*\*.+\*\* · difficulty [●○]")
_ABOUT = re.compile(r"(?<=\*About )\d+(?= minutes)")
_ROW = re.compile(r"\| \[\d+ · .*\n")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e-?\d+)?")
_WIDGET = "application/vnd.jupyter.widget-view+json"


def execute(path: Path) -> None:
    """Run a solution from top to bottom and keep its outputs, without times, widget ids and Python's version.

    Raises
    ------
    CourseError
        When a cell raises. The file is left as it was.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=120, record_timing=False, coalesce_streams=True, resources={"metadata": {"path": path.parent}}
    )
    try:
        client.execute()
    except CellExecutionError as error:
        place = 1 + max(i for i, cell in enumerate(notebook.cells) if cell.get("execution_count"))
        said = f"{error.ename}: {error.evalue}"
        raise CourseError(
            f"{path}: cell {place}: Expected it to run; got {said}. The file was left as it was. Mend the cell:\n\n"
            f"{notebook.cells[place - 1].source}"
        ) from None
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(_WIDGET, None)
    _write(path, notebook)


def _write(path: Path, notebook: NotebookNode) -> None:
    write_beside(path, f"{nbformat.writes(notebook)}\n".encode())


def put_in_order(lesson: Lesson, notebook: NotebookNode) -> None:
    """Write into a lesson's notebook what its module says: cards, nbgrader's metadata, points; and check cells that are missing.

    An answer cell is the code cell that defines an exercise's name and holds a solution. The notebook is changed in place.
    """
    first = notebook.cells[0]
    first.source = _ABOUT.sub(str(lesson.minutes), first.source)
    for cell in notebook.cells:
        # jupytext leaves it when an author turns the notebook into text and back.
        cell.metadata.pop("lines_to_next_cell", None)
    for exercise in lesson.exercises:
        place = _answer_cell(exercise, notebook)
        if place is None:
            continue
        answer = notebook.cells[place]
        answer.metadata["nbgrader"] = _nbgrader(exercise.name, solution=True)
        check = _check_cell(exercise, notebook)
        if check is None:
            check = new_code_cell(f'check("{exercise.id}")', id=f"check-{exercise.name}".replace("_", "-"))
            notebook.cells.insert(place + 1, check)
        points = int(exercise.points) if float(exercise.points).is_integer() else exercise.points
        check.metadata["nbgrader"] = _nbgrader(f"check-{exercise.name}", points=points)
        _put_card(exercise, notebook, place)


def _nbgrader(grade_id: str, solution: bool = False, points: float | None = None) -> NotebookNode:
    """Return nbgrader's metadata of an answer cell, or of a check cell that is worth so many points."""
    known = {
        "cell_type": "code",
        "grade": not solution,
        "grade_id": grade_id,
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return NotebookNode(known if points is None else {**known, "points": points})


def _answer_cell(exercise: Exercise, notebook: NotebookNode) -> int | None:
    """Return the place of an exercise's answer cell, by its grade id or else by what it defines; None where there is none."""
    named = [i for i, cell in enumerate(notebook.cells) if grade_id_of(cell) == exercise.name]
    defines = re.compile(rf"^(?:def {exercise.name}\(|class {exercise.name}\b|{exercise.name} = )", re.MULTILINE)
    return (
        next(
            (
                i
                for i, cell in enumerate(notebook.cells)
                if cell.cell_type == "code"
                and not grade_id_of(cell)
                and SOLUTION_BEGINS in cell.source
                and defines.search(cell.source)
            ),
            None,
        )
        if not named
        else named[0]
    )


def _check_cell(exercise: Exercise, notebook: NotebookNode) -> NotebookNode | None:
    calls = f'check("{exercise.id}")'
    return next(
        (
            cell
            for cell in notebook.cells
            if grade_id_of(cell) == f"check-{exercise.name}"
            or (cell.cell_type == "code" and cell.source.strip() == calls)
        ),
        None,
    )


def _put_card(exercise: Exercise, notebook: NotebookNode, place: int) -> None:
    """Write an exercise's card into the text above its answer cell, over an old one where there is one."""
    above = next((i for i in range(place - 1, -1, -1) if grade_id_of(notebook.cells[i])), -1)
    texts = [cell for cell in notebook.cells[above + 1 : place] if cell.cell_type == "markdown"]
    for cell in reversed(texts):
        lines = cell.source.split("\n")
        old = next((i for i, line in enumerate(lines) if _CARD.match(line)), None)
        if old is not None:
            lines[old] = card(exercise)
            cell.source = "\n".join(lines)
            return
    if texts and notebook.cells[place - 1] is texts[-1]:
        texts[-1].source = f"{card(exercise)}\n\n{texts[-1].source}"
    else:
        cell_id = f"card-{exercise.name}".replace("_", "-")
        notebook.cells.insert(place, new_markdown_cell(card(exercise), id=cell_id))


def problems(lesson: Lesson, notebook: NotebookNode) -> list[str]:
    """Return what an author forgot in a lesson's notebook, once it is in order: where, what, and what to do about it."""
    found: list[str] = []
    cells = {grade_id_of(cell): cell for cell in notebook.cells if grade_id_of(cell)}
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, cell in enumerate(notebook.cells, 1):
        if grade_id_of(cell):
            places[grade_id_of(cell)].append(place)
    found += [
        f"cells {', '.join(map(str, where))}: Expected one cell with the grade id {grade_id!r}; got {len(where)}. Give each its own."
        for grade_id, where in places.items()
        if len(where) > 1
    ]
    found += [
        f"cell {place}: Expected the solution of an exercise of {_module(lesson)}; got a solution that defines none of their "
        "names. Add the exercise to LESSON, or correct the name."
        for place, cell in enumerate(notebook.cells, 1)
        if SOLUTION_BEGINS in cell.source and not grade_id_of(cell)
    ]
    for exercise in lesson.exercises:
        if exercise.name not in cells:
            found.append(
                f"no cell: Expected a code cell that defines {exercise.name} between {SOLUTION_BEGINS!r} and "
                f"{SOLUTION_ENDS!r}, for {exercise.id}; got none. Write it, with its text above it."
            )
            continue
        check = cells[f"check-{exercise.name}"]
        if check.source != f'check("{exercise.id}")':
            found.append(
                f'cell {places[f"check-{exercise.name}"][0]}: Expected check("{exercise.id}") alone; got {check.source!r}. '
                f"Put the rest into a cell of its own."
            )
        found += _problems_of(exercise, lesson)
    numbers = Counter(exercise.number for exercise in lesson.exercises)
    found += [
        f"{_module(lesson)}: Expected one exercise with the number {number}; got {n}. Give each its own."
        for number, n in numbers.items()
        if n > 1
    ]
    total = sum(cell.metadata.nbgrader.points for cell in cells.values() if cell.metadata.nbgrader.grade)
    if total != LESSON_POINTS:
        found.append(
            f"{_module(lesson)}: Expected {LESSON_POINTS} points in a lesson; got {total:g}. Change the `points` of its "
            "exercises, or of the graded cells of your own."
        )
    return found


def _module(lesson: Lesson) -> str:
    return f"autograder/lessons/{lesson.name}.py"


def _problems_of(exercise: Exercise, lesson: Lesson) -> list[str]:
    """Return what an author forgot in an exercise of a lesson's module."""
    found = []
    where = f"{_module(lesson)}, {exercise.id}"
    if len(set(exercise.hints)) < HINTS:
        found.append(
            f"{where}: Expected {HINTS} different hints; got {len(set(exercise.hints))}. They lead from the shape of the "
            "answer over the kind of mistake and a step on another function to the place to read."
        )
    if any(one.arguments for one in exercise.cases) and len(exercise.cases) < CASES:
        found.append(
            f"{where}: Expected {CASES} inputs at least; got {len(exercise.cases)}. Add `case(…)`, where wrong answers differ "
            "from the right one."
        )
    found += [
        f"{where}: Expected the mistake {mistake.slug!r} to differ from the right answer; got the same at all public inputs, "
        "so it would pass. Add a case where the two differ, or correct the mistake."
        for mistake in _that_would_pass(exercise)
    ]
    found += [
        f"{where}: Expected help in {text!r}; got the right answer, {told}. Take the number out."
        for text in (*exercise.hints, *(mistake.message for mistake in exercise.mistakes))
        if (told := ", ".join(sorted(given_away(exercise, exercise.cases, text))))
    ]
    return found


@np.errstate(all="ignore")
def given_away(exercise: Exercise, cases: Sequence[Case], prose: str) -> set[str]:
    """Return the numbers in a text that are right answers of an exercise at these inputs.

    Small whole numbers say too little to give an answer away.
    """
    rights = [exercise.reference(*exercise.arguments(one)) for one in cases]
    right = {abs(number) for one in rights if not isinstance(one, Raises) for number in _numbers_of(one)}
    told = {number for number in _NUMBER.findall(prose) if float(number) not in (0, 1, 2, 3)}
    return {number for number in told if any(math.isclose(float(number), one, rel_tol=1e-3) for one in right)}


def _numbers_of(answer: Any) -> list[float]:
    """Return all numbers of a right answer in one row; none where it isn't made of numbers."""
    if isinstance(answer, dict):
        answer = list(answer.values())
    if isinstance(answer, tuple | list):
        return [number for one in answer for number in _numbers_of(one)]
    if isinstance(answer, bool | str | set | frozenset) or answer is None:
        return []
    return [float(number) for number in np.asarray(answer, dtype=np.float64).ravel()]


# As in the judge: what a mistake computes may overflow.
@np.errstate(all="ignore")
def _that_would_pass(exercise: Exercise) -> list[Mistake]:
    """Return the mistakes whose values at the public inputs are the right ones, read and compared as answers are."""
    points = [Point(built := exercise.arguments(one), exercise.reference(*built)) for one in exercise.cases]
    # Where an exception is the right answer there are no values to compare.
    points = [point for point in points if not isinstance(point.reference, Raises)]
    passing = []
    for mistake in exercise.mistakes:
        if mistake.answers is None:
            continue
        rows: list[list[Part]] = [[] for _ in points]
        answers = zip(points, mistake.answers(points), rows, strict=True)
        problems = [read(point.reference, describe(answer), "", row) for point, answer, row in answers]
        if not any(problems) and first_wrong(exercise, rows) is None:
            passing.append(mistake)
    return passing


def release(course: Course, lesson: Lesson, run: bool = False) -> None:
    """Put a lesson's notebook in order, look it through, run it if asked to, and generate the students' copy with nbgrader.

    Raises
    ------
    CourseError
        When the notebook is missing or has a problem, when a cell raises, or when nbgrader can't release it. The text
        names the file, the cell, and what to do.
    """
    path = course.solution(lesson.folder)
    if not path.exists():
        raise CourseError(
            f"Expected the notebook of {_module(lesson)} at {path}; there is none. Write it: CONTRIBUTING.md shows how"
        )
    before = path.read_bytes()
    notebook = nbformat.reads(before.decode(), as_version=4)
    put_in_order(lesson, notebook)
    found = problems(lesson, notebook)
    if found:
        raise CourseError("\n".join(f"{path}: {problem}" for problem in found))
    if f"{nbformat.writes(notebook)}\n".encode() != before:
        _write(path, notebook)
    if run:
        execute(path)
    course.generate_assignment(lesson.folder)


def front_door(text: str, lessons: Sequence[Lesson]) -> str:
    """Return the text of `notebooks/README.md` with a row of its table for each lesson, in their order."""
    rows = "".join(
        f"| [{one.number} · {one.title}]({one.folder}/{one.folder}.ipynb) | {one.minutes} | {one.teaches} |\n"
        for one in lessons
    )
    first = _ROW.search(text)
    if first is None:
        return text
    return text[: first.start()] + rows + _ROW.sub("", text[first.start() :])


def write_front_door(course: Course) -> None:
    """Bring the table of lessons in `notebooks/README.md` up to date, where there is one."""
    path = course.root / "notebooks" / "README.md"
    if path.exists():
        before = path.read_text(encoding="utf-8")
        after = front_door(before, all_lessons())
        if after != before:
            write_beside(path, after.encode())


def pack(course: Course) -> Path:
    """Write the zip file that students get, with the lessons as they are released now; return its path."""
    path = course.root / "dist" / f"{PACKED}.zip"
    write_beside(path, packing.pack(course.root / "notebooks"))
    path.chmod(0o644)
    return path


def out_of_step(course: Course, lessons: tuple[Lesson, ...]) -> list[str]:
    """Return the lessons whose students' notebook is not what their solution gives now; writes nothing to the course."""
    stale = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copy(course.root / "nbgrader_config.py", copy)
        shutil.copytree(course.root / "solutions", copy / "solutions")
        fresh = Course(copy)
        for lesson in lessons:
            release(fresh, lesson)
            ours, theirs = course.released(lesson.folder), fresh.released(lesson.folder)
            if not ours.exists() or not filecmp.cmp(ours, theirs, shallow=False):
                stale.append(lesson.folder)
            elif not filecmp.cmp(course.solution(lesson.folder), fresh.solution(lesson.folder), shallow=False):
                stale.append(f"solutions/{lesson.folder}")
    front = course.root / "notebooks" / "README.md"
    if front.exists() and front_door(text := front.read_text(encoding="utf-8"), all_lessons()) != text:
        stale.append("README.md")
    return stale
