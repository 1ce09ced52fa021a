"""From `solutions/` to `notebooks/`: run a lesson, look for mistakes of its author's, release it, compare the two."""

from __future__ import annotations

import filecmp
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import nbformat
import numpy as np
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from . import packing
from .comparing import first_wrong
from .describe import describe
from .exercise import Exercise, Lesson, Raises
from .grading.course import Course, CourseError
from .grading.files import write_beside
from .mistake import Mistake, Point
from .packing import PACKED
from .reading import Part, read
from .view import card

# What every lesson is worth, in the notebook and in the students' grade book.
LESSON_POINTS = 20

_WIDGET = "application/vnd.jupyter.widget-view+json"


def execute(path: Path) -> None:
    """Run a solution from top to bottom and keep its outputs, without times, widget ids and Python's version.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        When a cell raises. The file is left as it was.
    """
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=120, record_timing=False, coalesce_streams=True, resources={"metadata": {"path": path.parent}}
    ).execute()
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(_WIDGET, None)
    beside = path.with_suffix(".ipynb.new")
    nbformat.write(notebook, beside)
    beside.replace(path)


def problems(lesson: Lesson, notebook: NotebookNode) -> list[str]:
    """Return what an author forgot in a lesson's notebook: where, what, and what to do about it."""
    found: list[str] = []
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if "nbgrader" in cell.metadata}
    counts = Counter(cell.metadata.nbgrader.grade_id for cell in notebook.cells if "nbgrader" in cell.metadata)
    found += [
        f"the grade id {grade_id!r} is used {n} times: give each cell its own"
        for grade_id, n in counts.items()
        if n > 1
    ]
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for exercise in lesson.exercises:
        if card(exercise) not in prose:
            found.append(f"{exercise.id} has no card, or an old one; put this line above it: {card(exercise)}")
        answer, check = cells.get(exercise.name), cells.get(f"check-{exercise.name}")
        if answer is None or not answer.metadata.nbgrader.solution:
            found.append(
                f"{exercise.id} has no answer cell: make one with the grade id {exercise.name!r}, and solution set"
            )
        if check is None or not check.metadata.nbgrader.grade:
            found.append(f"{exercise.id} has no check cell: make one with the grade id {f'check-{exercise.name}'!r}")
        elif check.source != f'check("{exercise.id}")':
            found.append(
                f"the check cell of {exercise.id} holds {check.source!r}: let it hold check({exercise.id!r}) alone"
            )
        elif check.metadata.nbgrader.points != exercise.points:
            points = check.metadata.nbgrader.points
            found.append(
                f"the check cell of {exercise.id} is worth {points}, the exercise {exercise.points}: make them the same"
            )
        found += [
            f"the mistake {mistake.slug!r} of {exercise.id} would pass check-{exercise.name}, since at the public inputs its "
            f"answer is the right one: in autograder/lessons/{lesson.name}.py, add a case where the two differ, or correct "
            f"the mistake"
            for mistake in _that_would_pass(exercise)
        ]
    total = sum(cell.metadata.nbgrader.points for cell in cells.values() if cell.metadata.nbgrader.grade)
    if total != LESSON_POINTS:
        found.append(
            f"the points of its cells add up to {total:g}, and a lesson has {LESSON_POINTS}: change what its exercises are worth"
        )
    return found


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
    """Look a lesson's notebook through, run it if asked to, and generate the students' copy with nbgrader.

    Raises
    ------
    CourseError
        When the notebook is missing or has a problem, when a cell raises, or when nbgrader can't release it.
    """
    path = course.solution(lesson.folder)
    if not path.exists():
        raise CourseError(f"there is no {path}: a lesson's module and its notebook go together")
    found = problems(lesson, nbformat.read(path, as_version=4))
    if found:
        raise CourseError("\n".join(f"{path}: {problem}" for problem in found))
    if run:
        try:
            execute(path)
        except CellExecutionError as error:
            raise CourseError(f"{path} was left as it was, since a cell of it raises:\n{error}") from None
    course.generate_assignment(lesson.folder)


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
    return stale
