"""nbgrader's exchange: what a student saves is submitted, collected and graded, as in a class that shares a directory."""

from __future__ import annotations

import getpass
import shutil
import subprocess
from pathlib import Path

from autograder.grading.course import Course
from tests import commands

from .conftest import LESSON, run


def test_a_saved_notebook_goes_through_the_exchange(course: Course, tmp_path: Path) -> None:
    shutil.rmtree(course.root / "submitted")
    released = run(course.root, "nbgrader", "release_assignment", LESSON.folder)
    assert released.returncode == 0, released.stderr
    student = tmp_path / "student"
    student.mkdir()
    environment = {"PATH": f"{commands.BIN}:/usr/bin:/bin", "HOME": str(student), "USER": getpass.getuser()}
    exchange = ["--course=autograd", f"--Exchange.root={course.root / 'exchange'}"]
    for command in ("fetch_assignment", "submit"):
        done = subprocess.run(
            [commands.folder() / "nbgrader", command, LESSON.folder, *exchange],
            cwd=student, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    collected = run(course.root, "nbgrader", "collect", LESSON.folder)
    assert collected.returncode == 0, collected.stderr
    (submission,) = course.submissions(course.lessons())
    assert submission.path.read_bytes() == course.released(LESSON.folder).read_bytes()
    graded = run(course.root, "autograder", "grade", "--json")
    assert graded.returncode == 0, graded.stderr
    assert '"outcome": "not attempted"' in graded.stdout
