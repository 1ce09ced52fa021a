"""The tutorial of a course of one's own, word for word, and what is promised there about trust."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest

from autograder.starting import notebook_of
from tests.grading.conftest import run
from tests.test_docs import ROOT, blocks
from tests.test_docs import run as in_a_shell

TUTORIAL = ROOT / "docs" / "own-course.md"
LESSON = "01_integration"
# Looks for the answers in what is there of the lesson's module.
PRIES = "import autograder.lessons.integration as module\nprint(dir(module), module.AREA.mistakes, module.AREA.cases)"


def shown(*beginnings: str) -> str:
    """Return the blocks of the tutorial that begin in one of these ways."""
    return "\n\n".join("\n".join(block) for block in blocks(TUTORIAL) if block[0].startswith(beginnings))


def hand_in(course: Path, student: str, sources: Mapping[str, str]) -> None:
    notebook = nbformat.read(course / "notebooks" / LESSON / f"{LESSON}.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = sources.get(cell.metadata.get("nbgrader", {}).get("grade_id", ""), cell.source)
    folder = course / "submitted" / student / LESSON
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{LESSON}.ipynb")


def grades(course: Path, *options: str) -> dict[str, Any]:
    done = run(course, "autograder", "grade", "--workers", "1", "--json", "--yes", *options)
    assert done.returncode == 0, done.stderr
    return {one["student"]: one for one in json.loads(done.stdout)}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the course that the tutorial makes, with the class that it grades."""
    place = tmp_path_factory.mktemp("own")
    make, release, grade = (shown(beginning) for beginning in ("autograder new", "autograder release", "mkdir"))
    # Running a solution starts a kernel; the tests of the package's own course do that.
    in_a_shell(make.replace(" --run", ""), place)
    course = place / "integrals"
    module = course / "lessons" / "integration.py"
    text = module.read_text().replace("\nLESSON =", f"\n{shown('MIDDLE =')}\n\nLESSON =")
    module.write_text(text.replace("(STRIP, AREA)", "(STRIP, AREA, MIDDLE)").replace("points=20,\n)", "points=24,\n)"))
    path = course / "solutions" / LESSON / f"{LESSON}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1:-1] = jupytext.reads(shown("# %%"), fmt="py:percent").cells
    nbformat.write(notebook, path)
    in_a_shell(release, course)
    hand_in(
        course,
        "carl",
        {
            "area": "def area(curve, start, end, strips):\n    return sum(curve(start + i * (end - start) / strips) for i in range(strips + 1)) * (end - start) / strips"
        },
    )
    hand_in(
        course,
        "eve",
        {"strip": PRIES, "area": "from autograder.lessons.integration import AREA\narea = AREA.reference"},
    )
    in_a_shell(grade, course)
    return course


def test_the_tutorials_course_is_graded(course: Path) -> None:
    graded = grades(course)
    assert {student: (one["score"], one["max_score"]) for student, one in graded.items()} == {
        "ada": (24, 24),
        "bob": (0, 24),
        "carl": (0, 24),
        "eve": (0, 24),
    }
    assert "integration.area.ends-twice" in {one["mistake"] for one in graded["carl"]["verdicts"]}
    assert (course / "feedback" / "ada" / LESSON / f"{LESSON}.html").exists()
    assert "Areas under curves" in (course / "report" / "index.html").read_text()
    assert (course / "dist" / "integrals-course.zip").exists()


def test_a_notebook_outside_the_course_is_graded_with_its_lessons(course: Path, tmp_path: Path) -> None:
    shutil.copy(course / "solutions" / LESSON / f"{LESSON}.ipynb", tmp_path / "homework.ipynb")
    lessons = str(course / "lessons")
    done = run(tmp_path, "autograder", "grade", "--workers", "1", "--lessons", lessons, "homework.ipynb")
    assert done.returncode == 0, done.stderr
    assert "homework.ipynb: 24 of 24" in done.stdout


def test_a_lesson_that_breaks_is_no_students_fault(course: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(course, tmp_path / "broken")
    module = broken / "lessons" / "integration.py"
    # Where answers are asked for it is read as text, and holds what the questions need alone.
    module.write_text(f"{module.read_text()}\nnothing\n")
    done = run(broken, "autograder", "grade", "--workers", "1", "--json", "--yes")
    assert done.returncode == 2, done.stdout
    assert "integration.py, line" in done.stderr
    assert "got NameError: name 'nothing' is not defined" in done.stderr


def test_no_answer_is_where_student_code_runs(course: Path) -> None:
    ran = nbformat.read(course / "autograded" / "eve" / LESSON / f"{LESSON}.ipynb", as_version=4)
    (printed,) = (
        output.text for cell in ran.cells if cell.source == PRIES for output in cell.outputs if output.name == "stdout"
    )
    assert "bowl" in printed  # a question needs it
    assert "heights" not in printed  # only the right answer does
    assert printed.rstrip().endswith("() ()")


def test_a_changed_lesson_makes_grades_stale(course: Path) -> None:
    module = course / "lessons" / "integration.py"
    module.write_text(module.read_text().replace("float(np.mean([start, end]))", "start"))
    middle = {
        student: next(verdict["points"] for verdict in one["verdicts"] if verdict["exercise"] == "integration.middle")
        for student, one in grades(course, "--student", "ada").items()
    }
    assert middle == {"ada": 0}


def test_the_text_of_a_notebook_becomes_its_cells() -> None:
    markdown, code = notebook_of("# %% [markdown]\n# # Title\n#\n# Text\n\n# %%\nx = 1\n\n# y\n").cells
    assert (markdown.cell_type, markdown.source) == ("markdown", "# Title\n\nText")
    assert (code.cell_type, code.source) == ("code", "x = 1\n\n# y")


@pytest.mark.parametrize("name", ["../elsewhere", "two words", ""])
def test_a_course_needs_a_plain_name(tmp_path: Path, name: str) -> None:
    done = run(tmp_path, "autograder", "new", name)
    assert done.returncode == 2
    assert re.search("Expected a name", done.stderr)


def test_what_is_in_the_place_of_a_course_stays(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    (tmp_path / "empty").mkdir()
    before = sorted(tmp_path.rglob("*"))
    for name in ("file", "full"):
        done = run(tmp_path, "autograder", "new", name)
        assert (done.returncode, "Choose another name." in done.stderr) == (2, True), done.stderr
    assert sorted(tmp_path.rglob("*")) == before
    assert run(tmp_path, "autograder", "new", "empty").returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == {"file", "full", "empty"}
    assert (tmp_path / "empty" / "nbgrader_config.py").is_file()


@pytest.mark.parametrize(
    ("module", "says"),
    [
        ("LESSON = 5\n", "Expected `LESSON = Lesson(…)` in each module of this folder; got none."),
        ("LESSON = (\n", "line 1: Expected Python; got SyntaxError"),
        ("\nLESSON = nothing\n", "line 2: Expected the module to be imported; got NameError: name 'nothing'"),
        ("import no_such_library\nLESSON = 5\n", "line 1: Expected the module to be imported; got ModuleNotFoundError"),
    ],
)
def test_a_broken_module_is_told_to_its_author(tmp_path: Path, module: str, says: str) -> None:
    assert run(tmp_path, "autograder", "new", "mine").returncode == 0
    (tmp_path / "mine" / "lessons" / "integration.py").write_text(module)
    for command in ("release", "progress"):
        told = run(tmp_path / "mine", "autograder", command)
        assert (told.returncode, "Traceback" in told.stderr) == (2, False), told.stderr
        assert says in told.stderr
