"""The same attacks against stock nbgrader: assert cells hold the same checks, and run in the student's own kernel.

Attacks would do here what they try, so each is graded in a course of its own, in a container from which nothing but that
course can be written. A neighbour has handed in the right solution before.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry

from autograder.lessons import all_lessons

from .attack import RIGHT, Attack, hand_in_all

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
# nbgrader starts `alembic` from PATH.
_ENVIRONMENT = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
_PATIENCE = 180

_CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "autograd"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.ExecutePreprocessor.timeout = 10
# So that a busy machine changes no figure.
c.ExecutePreprocessor.iopub_timeout = 60
"""

_ASSERT = """\
### BEGIN HIDDEN TESTS
assert check("{exercise}").outcome == "right"
### END HIDDEN TESTS"""


def scores(folder: Path, attacks: Sequence[Attack]) -> Iterator[tuple[Attack, float | None]]:
    """Grade each attack by `nbgrader autograde`; yield it with its points, None where it got no grade at all.

    The right solution of each lesson must get all of its points, or there would be nothing to compare.

    Raises
    ------
    RuntimeError
        When nbgrader does not give them.
    """
    course = _course(folder / "course")
    hand_in_all(course, attacks)
    right = [Attack(RIGHT[0], "", lesson) for lesson in all_lessons()]
    with ThreadPoolExecutor(2) as pool:
        for one, score in zip(right, pool.map(lambda one: _score(course, folder, one), right), strict=True):
            if score != 20:
                raise RuntimeError(
                    f"stock nbgrader gives {score} of 20 points to the right solution of {one.lesson.folder}"
                )
        yield from zip(attacks, pool.map(lambda one: _score(course, folder, one), attacks), strict=True)


def _course(root: Path) -> Path:
    """Make a course whose checks are assert cells, and release all of its lessons."""
    shutil.copytree(ROOT / "solutions", root / "solutions")
    (root / "nbgrader_config.py").write_text(_CONFIG, encoding="utf-8")
    for lesson in all_lessons():
        path = root / "solutions" / lesson.folder / f"{lesson.folder}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            if name.startswith("check-"):
                cell.source = _ASSERT.format(exercise=f"{lesson.name}.{name.removeprefix('check-')}")
        nbformat.write(notebook, path)
        _run([BIN / "nbgrader", "generate_assignment", lesson.folder], root).check_returncode()
    return root


def _score(course: Path, folder: Path, attack: Attack) -> float | None:
    """Grade one submission of a course, in a copy of it."""
    lesson, own = attack.lesson.folder, folder / f"{attack.name}-{attack.lesson.folder}"
    for tree in ("solutions", "notebooks", *(f"submitted/{name}" for name in {RIGHT[0], attack.name})):
        shutil.copytree(course / tree / lesson, own / tree / lesson)
    for name in ("gradebook.db", "nbgrader_config.py"):
        shutil.copy(course / name, own)
    (own / "home").mkdir()
    try:
        graded = _run([*_contained(own), BIN / "nbgrader", "autograde", lesson, "--student", attack.name], own)
        if graded.returncode:
            return None
        with Gradebook(f"sqlite:///{own / 'gradebook.db'}", "autograd") as gradebook:
            return float(gradebook.find_submission(lesson, attack.name).score)
    except (subprocess.TimeoutExpired, MissingEntry):
        return None
    finally:
        shutil.rmtree(own)


def _run(command: Sequence[str | Path], folder: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, timeout=_PATIENCE, env=_ENVIRONMENT)


def _contained(course: Path) -> list[str]:
    """Return bubblewrap's part of a command that may write in the course and nowhere else."""
    home = str(course / "home")
    options = ["--die-with-parent", "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    options += ["--bind", str(course), str(course), "--setenv", "HOME", home, "--setenv", "TMPDIR", home]
    return ["bwrap", *options, "--"]
