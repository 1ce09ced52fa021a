"""From `solutions/` to `notebooks/`: run a lesson, look for mistakes of its author's, release it, compare the two."""

from __future__ import annotations

import filecmp
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from . import packing
from .exercise import Exercise, Lesson
from .grading.course import Course, CourseError
from .grading.files import write_beside
from .grading.preprocessors import read_solution
from .grading.rebuild import grade_id_of
from .grading.submission import SubmissionError
from .lessons import all_lessons
from .modules import own_lessons
from .rules import broken_rules, module_of
from .verdict import MIME_TYPE, Outcome
from .view import card

SOLUTION_BEGINS, SOLUTION_ENDS = "### BEGIN SOLUTION", "### END SOLUTION"

_CARD = re.compile(r"\*\*.+\*\* · difficulty [●○]")
_ABOUT = re.compile(r"(?<=\*About )\d+ minutes(?:: \d+ to read and run, \d+ for the exercises)?")
# How many words of text and of worked code a student reads in a minute, with the time to run a cell and look at what it
# shows. Reading alone goes at 200 and more: Brysbaert, Journal of Memory and Language 109 (2019).
_WORDS_A_MINUTE = 100
_ROW = re.compile(r"\| \[\d+ · .*\n")
# What the first code cell of a lesson imports, so that every answer can use it.
_IMPORTS = ("import math", "import numpy as np", "import torch")
# In seconds.
_CELL_TIMEOUT = 120
_WIDGET = "application/vnd.jupyter.widget-view+json"


def execute(path: Path) -> None:
    """Run a solution from top to bottom and keep its outputs, without times, widget ids and Python's version.

    Raises
    ------
    CourseError
        When a cell raises, does not end, or ends the kernel, when there is no such kernel, or when a check does not say that
        its answer is right. The file is left as it was.
    """
    notebook = _read(path)
    begun: list[int] = []
    client = NotebookClient(
        notebook,
        timeout=_CELL_TIMEOUT,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": path.parent}},
        on_cell_start=lambda cell, cell_index: begun.append(cell_index),
    )
    try:
        client.execute()
    except NoSuchKernel as error:
        raise CourseError(
            f"{path}: Expected a kernel that is installed; got {error.name!r}. Choose another one in JupyterLab, or install it."
        ) from None
    # A kernel that ends is a RuntimeError.
    except (CellExecutionError, CellTimeoutError, RuntimeError) as error:
        place = begun[-1] if begun else 0
        raise CourseError(
            f"{path}: cell {place + 1}: Expected it to run; got {_why_stopped(error)}. The file was left as it was. Mend the "
            f"cell:\n\n{notebook.cells[place].source}"
        ) from None
    wrong = [problem for place, cell in enumerate(notebook.cells, 1) for problem in _not_right(place, cell)]
    if wrong:
        raise CourseError("\n".join(f"{path}: {problem}" for problem in wrong))
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(_WIDGET, None)
    _write(path, notebook)


def _why_stopped(error: Exception) -> str:
    if isinstance(error, CellExecutionError):
        return f"{error.ename}: {error.evalue}"
    return f"no end within {_CELL_TIMEOUT} s" if isinstance(error, CellTimeoutError) else "the end of its kernel"


def _read(path: Path) -> NotebookNode:
    try:
        return read_solution(path)
    except SubmissionError as error:
        raise CourseError(f"{path}: {error}.") from None


def _not_right(place: int, cell: NotebookNode) -> Iterator[str]:
    """Yield a sentence for each verdict under a cell that does not say *right*."""
    for output in cell.get("outputs", []):
        verdict = output.get("data", {}).get(MIME_TYPE)
        if verdict and verdict["outcome"] != Outcome.RIGHT:
            said = " ".join(
                filter(None, (verdict["outcome"].replace("_", " "), verdict["mistake"], verdict["message"]))
            )
            yield (
                f"cell {place}: Expected the solution of {verdict['exercise']} to be right; got {said!r}. Correct the solution "
                "above it, or `reference` in the module. The file was left as it was."
            )


def _write(path: Path, notebook: NotebookNode) -> None:
    write_beside(path, f"{nbformat.writes(notebook)}\n".encode())


def put_in_order(lesson: Lesson, notebook: NotebookNode) -> None:
    """Write into a lesson's notebook what its module says: cards, nbgrader's metadata, points; and check cells that are missing.

    An answer cell is the code cell that defines an exercise's name and holds a solution. The notebook is changed in place.
    """
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
    reading, first = reading_minutes(notebook), notebook.cells[0]
    about = f"{reading + lesson.minutes} minutes: {reading} to read and run, {lesson.minutes} for the exercises"
    first.source = _ABOUT.sub(about, first.source)


def reading_minutes(notebook: NotebookNode) -> int:
    """Return how many minutes it takes to read a lesson's text and worked cells and to run them, in steps of 5."""
    words = sum(len(cell.source.split()) for cell in notebook.cells[1:] if not grade_id_of(cell))
    return 5 * max(1, round(words / _WORDS_A_MINUTE / 5))


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


def _of_beginning(notebook: NotebookNode) -> Iterator[str]:
    """Yield what is missing at the top of a notebook: the minutes, and in this course the imports that answers may use."""
    if not _ABOUT.search(notebook.cells[0].source):
        yield "cell 1: Expected a line that begins with '*About 0 minutes'; got none. Write it: `release` fills in the minutes."
    place, first = next(((i, one) for i, one in enumerate(notebook.cells, 1) if one.cell_type == "code"), (0, None))
    wanted = () if own_lessons() else _IMPORTS
    missing = [line for line in wanted if first is None or line not in first.source.splitlines()]
    if missing:
        where = f"cell {place}" if place else "no code cell"
        yield (
            f"{where}: Expected the first code cell to import math, numpy and torch, each on a line; there is no "
            f"{', '.join(map(repr, missing))}. Add it."
        )


def problems(lesson: Lesson, notebook: NotebookNode) -> list[str]:
    """Return what an author forgot in a lesson's notebook, once it is in order: where, what, and what to do about it."""
    found = list(_of_beginning(notebook))
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
        f"cell {place}: Expected the solution of an exercise of {module_of(lesson)}; got a solution that defines none of their "
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
    graded = (cell.metadata.nbgrader for cell in cells.values() if cell.metadata.nbgrader.get("grade"))
    total = sum(one.get("points", 0) for one in graded)
    if total != lesson.points:
        found.append(
            f"{module_of(lesson)}: Expected {lesson.points:g} points in a lesson; got {total:g}. Change the `points` of its "
            "exercises, or of the graded cells of your own."
        )
    return found


def release(course: Course, lesson: Lesson, run: bool = False) -> None:
    """Check a lesson's module and notebook, run the notebook if asked to, and generate the students' copy with nbgrader.

    Raises
    ------
    CourseError
        When the notebook is missing, can't be read or has a problem, when it does not run, or when nbgrader can't release it. The text
        names the file, the cell, and what to do.
    """
    path = course.solution(lesson.folder)
    if not path.exists():
        raise CourseError(
            f"Expected the notebook of {module_of(lesson)} at {path}; there is none. Write it: "
            "docs/own-course.md shows how"
        )
    before = path.read_bytes()
    notebook = _read(path)
    broken = broken_rules(lesson, all_lessons())
    if broken:
        raise CourseError("\n".join(broken))
    put_in_order(lesson, notebook)
    found = problems(lesson, notebook)
    if found:
        raise CourseError("\n".join(f"{path}: {problem}" for problem in found))
    if f"{nbformat.writes(notebook)}\n".encode() != before:
        _write(path, notebook)
    if run:
        execute(path)
    course.generate_assignment(lesson.folder)


def with_lesson_table(text: str, lessons: Sequence[tuple[Lesson, int]]) -> str:
    """Return the text of `notebooks/README.md` with a row of its table for each lesson and its minutes of reading."""
    rows = "".join(
        f"| [{one.number} · {one.title}]({one.folder}/{one.folder}.ipynb) | {reading} | {one.minutes} | {one.teaches} |\n"
        for one, reading in lessons
    )
    first = _ROW.search(text)
    if first is None:
        return text
    return text[: first.start()] + rows + _ROW.sub("", text[first.start() :])


def _with_minutes(course: Course) -> list[tuple[Lesson, int]]:
    """Return each lesson that has a solution, with its minutes of reading."""
    paths = ((one, course.solution(one.folder)) for one in all_lessons())
    return [(one, reading_minutes(_read(path))) for one, path in paths if path.exists()]


def write_lesson_table(course: Course) -> None:
    """Bring the table of lessons in `notebooks/README.md` up to date, where there is one."""
    path = _students_readme(course)
    if path.exists():
        before = path.read_text(encoding="utf-8")
        after = with_lesson_table(before, _with_minutes(course))
        if after != before:
            write_beside(path, after.encode())


def pack(course: Course) -> Path:
    """Write the zip file that students get, with the lessons as they are released now; return its path."""
    name = f"{course.name}-course"
    path = course.root / "dist" / f"{name}.zip"
    write_beside(path, packing.pack(_students_readme(course).parent, name))
    path.chmod(0o644)
    return path


def _students_readme(course: Course) -> Path:
    """Return the path of the page that students begin with."""
    return course.notebooks_folder / "README.md"


def out_of_step(course: Course, lessons: tuple[Lesson, ...]) -> list[str]:
    """Return the lessons whose students' notebook is not what their solution gives now; writes nothing to the course."""
    stale = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copy(course.root / "nbgrader_config.py", copy)
        shutil.copytree(course.solutions_folder, copy / course.solutions_folder.relative_to(course.root))
        fresh = Course(copy)
        for lesson in lessons:
            release(fresh, lesson)
            ours, theirs = course.released(lesson.folder), fresh.released(lesson.folder)
            if not ours.exists() or not filecmp.cmp(ours, theirs, shallow=False):
                stale.append(lesson.folder)
            elif not filecmp.cmp(course.solution(lesson.folder), fresh.solution(lesson.folder), shallow=False):
                stale.append(f"solutions/{lesson.folder}")
    front = _students_readme(course)
    if front.exists() and with_lesson_table(text := front.read_text(encoding="utf-8"), _with_minutes(course)) != text:
        stale.append("README.md")
    return stale
