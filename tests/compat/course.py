"""Makes courses of cases, and grades them in three ways: nbgrader alone, nbgrader with our configuration, and `autograder grade`."""

from __future__ import annotations

import copy
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TypeVar

import nbformat
from nbformat.v4 import new_notebook
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

from autograder.grading import GradingError
from autograder.grading.course import Course

from .cases import DUE, LATE, NBGRADERS, Case, Notebook

# By "assignment/student/notebook/cell": its points by machine, or None where it waits for a hand.
Scores = dict[str, float | None]

Task, Result = TypeVar("Task"), TypeVar("Result")

_CONFIG = """c = get_config()
c.CourseDirectory.course_id = "compat 101"
c.CourseDirectory.source_directory = "given"
c.CourseDirectory.release_directory = "handed out"
c.CourseDirectory.autograded_directory = "graded"
"""


class Here:
    """A pool that does each task in this process, which the engine of all three ways is in."""

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[tuple[Task, Result]]:
        """Do each task, and yield it with its result."""
        return ((task, function(task)) for task in tasks)


def make(place: Path, cases: Sequence[Case]) -> dict[str, str]:
    """Write courses, one for each configuration, release them by nbgrader, and hand in for their students.

    Returns why nbgrader did not release some cases.
    """
    refused = {}
    for n, (config, own) in enumerate(groupby(sorted(cases, key=lambda one: one.config), lambda one: one.config)):
        root = place / f"course {n}"
        (root / "given").mkdir(parents=True)
        (root / "nbgrader_config.py").write_text(_CONFIG + config)
        shutil.copy(NBGRADERS / "autotests.yml", root)
        for case in own:
            if why := _release(root, case):
                refused[case.name] = why
            else:
                _hand_in(root, case)
    return refused


def _release(root: Path, case: Case) -> str:
    """Write and release one assignment; return why that is not possible, or ""."""
    given = root / "given" / case.name
    for name, notebook in case.notebooks.items():
        _write(given / f"{name}.ipynb", notebook, case)
    for name, text in case.files.items():
        (given / name).parent.mkdir(parents=True, exist_ok=True)
        (given / name).write_bytes(text.encode() if isinstance(text, str) else text)
    result = _api(root).generate_assignment(case.name)
    if not result["success"]:
        return str(result["log"] or result["error"]).strip().splitlines()[-1]
    with Gradebook(f"sqlite:///{root}/gradebook.db", "compat 101") as gradebook:
        gradebook.update_or_create_assignment(case.name, course_id="compat 101", duedate=DUE)
    return ""


def _write(path: Path, notebook: Notebook, case: Case) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    kernel = {"name": case.kernel, "display_name": case.kernel, "language": case.language}
    made = new_notebook(cells=copy.deepcopy(list(notebook.cells)), metadata={"kernelspec": kernel})
    if case.minor < 5:
        made.nbformat_minor = case.minor
        for cell in made.cells:
            cell.pop("id", None)
    nbformat.write(made, path)


def _hand_in(root: Path, case: Case) -> None:
    students = {student for notebook in case.notebooks.values() for student in notebook.students}
    for student in ("blank", *sorted(students)):
        handed_in = root / "submitted" / student / case.name
        shutil.copytree(root / "handed out" / case.name, handed_in)
        for name, notebook in case.notebooks.items():
            path = handed_in / f"{name}.ipynb"
            submission = nbformat.read(path, as_version=nbformat.NO_CONVERT)
            if edit := notebook.students.get(student):
                edit(submission.cells)
            nbformat.write(submission, path)
        for name, text in case.handed_in.items():
            (handed_in / name).unlink(missing_ok=True)
            (handed_in / name).write_text(text)
        (handed_in / "timestamp.txt").write_text(LATE if case.late else DUE)


def digests(place: Path) -> dict[str, str]:
    """Return by case a digest of all that its scores depend on."""
    found = {}
    for root in sorted(place.iterdir()):
        config = (root / "nbgrader_config.py").read_bytes()
        for folder in root.glob("given/*"):
            files = [*folder.rglob("*"), *root.glob(f"submitted/*/{folder.name}/**/*")]
            content = [(str(one.relative_to(root)), one.read_bytes()) for one in sorted(files) if one.is_file()]
            found[folder.name] = hashlib.sha256(config + repr(content).encode()).hexdigest()[:16]
    return found


def by_nbgrader(place: Path, names: Sequence[str], ours: bool = False) -> Scores:
    """Grade assignments by nbgrader, alone or with our configuration; return its scores."""
    scores: Scores = {}
    for root in sorted(place.iterdir()):
        if ours:
            with (root / "nbgrader_config.py").open("a") as file:
                file.write("from autograder.grading.configure import grade_behind_walls\ngrade_behind_walls(c)\n")
        api = _api(root)
        for path in sorted(root.glob("submitted/*/*")):
            if path.name in names:
                api.autograde(path.name, path.parent.name)
        scores |= _scores(root, names)
    return scores


def by_autograder(place: Path, names: Sequence[str]) -> tuple[Scores, dict[str, str]]:
    """Grade assignments by `autograder grade`; return its scores, and why it refuses some."""
    scores: Scores = {}
    refused = {}
    for root in sorted(place.iterdir()):
        course = Course(root)
        own = [name for name in course.lessons() if name in names]
        for name in own:
            try:
                for graded in course.grade(course.submissions([name]), Here(), course.settings()):
                    if graded.reason:
                        refused[name] = f"{graded.submission.student}: {graded.reason}"
            except GradingError as error:
                refused[name] = str(error)
        scores |= _scores(root, own)
    return scores, refused


def _api(root: Path) -> NbGraderAPI:
    os.chdir(root)
    config: Config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    config.CourseDirectory.root = str(root)
    return NbGraderAPI(coursedir=CourseDirectory(config=config), config=config)


def _scores(root: Path, names: Sequence[str]) -> Scores:
    found: Scores = {}
    with Gradebook(f"sqlite:///{root}/gradebook.db", "compat 101") as gradebook:
        for assignment in gradebook.assignments:
            for submission in assignment.submissions if assignment.name in names else ():
                for notebook in submission.notebooks:
                    place = f"{assignment.name}/{submission.student_id}/{notebook.name}"
                    found |= {f"{place}/{grade.cell.name}": grade.auto_score for grade in notebook.grades}
                    if notebook.late_submission_penalty is not None:
                        found[f"{place}/late"] = notebook.late_submission_penalty
    return found


def unequal(case: str, one: Mapping[str, float | None], other: Mapping[str, float | None]) -> list[str]:
    """Return which cells of a case have other scores in two ways, as "student/notebook/cell: score, score"."""
    keys = sorted(key for key in {*one, *other} if key.startswith(f"{case}/"))
    return [
        f"{key.partition('/')[2]}: {one.get(key, 'nothing')}, {other.get(key, 'nothing')}"
        for key in keys
        if one.get(key, "nothing") != other.get(key, "nothing")
    ]
