"""Makes one course of all cases, and grades it by nbgrader alone or by `autograder grade`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat.v4 import new_notebook
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.grading.course import Course
from autograder.grading.pool import LocalPool

from .cases import Case

# By "assignment/student/cell": its points by machine, or None where it waits for a hand.
Scores = dict[str, float | None]

_CONFIG = 'c = get_config()\nc.CourseDirectory.course_id = "compat"\nc.CourseDirectory.source_directory = "given"\n'
_TESTS = Path(__file__).with_name("autotests.yml")
_KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def make(root: Path, cases: Sequence[Case]) -> dict[str, str]:
    """Write a course, release it by nbgrader, and hand in for its students; return why nbgrader released some not."""
    (root / "nbgrader_config.py").write_text(_CONFIG)
    shutil.copy(_TESTS, root / "autotests.yml")
    refused = {}
    for case in cases:
        given = root / "given" / case.name
        given.mkdir(parents=True)
        nbformat.write(new_notebook(cells=list(case.cells), metadata=_KERNEL), given / f"{case.name}.ipynb")
        for name, text in case.files.items():
            (given / name).write_text(text)
        result = _api(root).generate_assignment(case.name)
        if not result["success"]:
            refused[case.name] = str(result["log"]).strip().splitlines()[-1]
            continue
        for student, edit in {"blank": lambda _: None, **case.students}.items():
            handed_in = root / "submitted" / student / case.name
            shutil.copytree(root / "release" / case.name, handed_in)
            path = handed_in / f"{case.name}.ipynb"
            notebook = nbformat.read(path, as_version=4)
            edit(notebook.cells)
            nbformat.write(notebook, path)
    return refused


def stock(root: Path) -> Scores:
    """Grade a course by nbgrader alone; return its scores."""
    api = _api(root)
    for path in sorted(root.glob("submitted/*/*")):
        api.autograde(path.name, path.parent.name)
    return _scores(root)


def ours(root: Path) -> Scores:
    """Grade a course by `autograder grade`; return its scores."""
    course = Course(root)
    with LocalPool(1) as pool:
        for graded in course.grade(course.submissions(course.lessons()), pool, course.settings()):
            assert not graded.reason, f"{graded.submission}: {graded.reason}"
    return _scores(root)


def _api(root: Path) -> NbGraderAPI:
    os.chdir(root)
    config = Config()
    config.CourseDirectory.update({"root": str(root), "course_id": "compat", "source_directory": "given"})
    return NbGraderAPI(coursedir=CourseDirectory(config=config), config=config)


def _scores(root: Path) -> Scores:
    with Gradebook(f"sqlite:///{root}/gradebook.db", "compat") as gradebook:
        return {
            f"{assignment.name}/{submission.student_id}/{grade.cell.name}": grade.auto_score
            for assignment in gradebook.assignments
            for submission in assignment.submissions
            for notebook in submission.notebooks
            for grade in notebook.grades
        }
