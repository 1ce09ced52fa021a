"""The commands that the documents show: each is run, in the order in which an instructor meets them."""

from __future__ import annotations

import csv
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.lessons import all_lessons
from tests.notebooks.conftest import new_course
from tests.sample_class import make_class

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
LESSON = all_lessons()[1]
PROGRAMS = ("autograder", "nbgrader", "python", "mkdir")

# What a test of its own runs, or what no test here can.
ELSEWHERE = {
    "make": "the Makefile's targets: CI runs test, lint and setup; demo and bench are run by hand",
    "python3 -m venv": "tests/test_packing.py installs the package from the students' zip",
    ".venv/bin/": "tests/test_packing.py and tests/browser run what students run",
    "autograder release --run": "runs a solution, which nbval does for all of them",
    "nbgrader db student import students.csv": "tests/grading/test_collect.py",
    "S=": "text for an editor",
    "!pip": "docs/elsewhere.md says that it was not tried",
    "https://": "an address",
}


def commands(path: Path) -> list[str]:
    """Return the commands in a document's indented blocks, without what is said beside them."""
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if re.match(r"    \S", line)]
    return [re.sub(r"\s+#.*$", "", line) for line in lines if line.startswith((*PROGRAMS, *ELSEWHERE))]


def is_elsewhere(command: str) -> bool:
    return command.startswith(tuple(ELSEWHERE))


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a course with what an instructor has when the commands are run: three notebooks as Canvas packs them."""
    course = new_course(tmp_path_factory.mktemp("course"))
    make_class(course.root, LESSON)
    archive = course.root / "downloaded" / LESSON.folder / "archive"
    archive.mkdir(parents=True)
    with zipfile.ZipFile(archive / "submissions.zip", "w") as packed:
        for student, name in (("ada", "lovelaceada_12345"), ("bashir", "b_2"), ("xiomara", "x_3")):
            path = course.root / "submitted" / student / LESSON.folder / f"{LESSON.folder}.ipynb"
            packed.write(path, f"{name}_7_{LESSON.folder}.ipynb")
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}", "autograd") as gradebook:
        gradebook.update_or_create_student("ada", lms_user_id="12345")
    shutil.copy(
        course.root / "submitted/ada" / LESSON.folder / f"{LESSON.folder}.ipynb", course.root / "homework.ipynb"
    )
    shutil.rmtree(course.root / "submitted")
    with (course.root / "canvas-grades.csv").open("w", newline="") as file:
        head = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", f"{LESSON.folder} (11)")
        rows = (("    Points Possible", "", "", "", "", "20.00"), ("Lovelace, Ada", "1", "", "ada", "A", ""))
        csv.writer(file).writerows([head, *rows])
    with (course.root / "moodle-grades.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("ID number", "Email address", LESSON.folder), ("ada", "ada@example.org", "")])
    return course.root


def test_every_command_of_the_documents_works(course: Path) -> None:
    shown = [one for name in ("instructors.md", "students.md") for one in commands(ROOT / "docs" / name)]
    shown += [one for one in commands(ROOT / "README.md") if one not in shown]
    wanted = [command for command in shown if not is_elsewhere(command)]
    assert len(wanted) > 15
    environment = {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(course), "TERM": "dumb"}
    for command in wanted:
        # One submission is no notebook, which the command that grades it says by its status.
        allowed = (0, 1) if command.startswith("autograder grade") else (0,)
        done = subprocess.run(
            shlex.split(command), cwd=course, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode in allowed, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        assert "Traceback" not in done.stderr, f"{command}\n{done.stderr[-2000:]}"
    assert (course / "dist" / "autograd-course.zip").exists()
    assert (course / "report" / "index.html").exists()
    assert (course / "canvas.csv").exists()
    assert (course / "moodle.csv").exists()
    assert list((course / "feedback").glob("*/*/*.html"))


def test_nothing_is_excused_that_is_not_shown() -> None:
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    shown = [command for path in documents for command in commands(path)]
    assert not [excuse for excuse in ELSEWHERE if not any(command.startswith(excuse) for command in shown)]


def test_links_between_documents_lead_somewhere() -> None:
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
