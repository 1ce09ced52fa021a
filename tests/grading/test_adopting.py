"""What is said of somebody else's course before it is graded here."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_notebook

from autograder import cli
from autograder.grading.adopting import LINES, examine, walls, write_lines
from autograder.grading.course import Course, CourseError
from autograder.grading.submission import MAX_BYTES
from tests.compat.cases import answer, code, graded

NOT_RELEASED = "it is not in the gradebook"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\nc.ExecutePreprocessor.timeout = 7\n")
    return tmp_path


def remarks(root: Path, *sources: str, kernel: str = "python", files: tuple[str, ...] = ()) -> list[str]:
    """Return what is said of a notebook with these code cells."""
    folder = root / "source" / "ps 1"
    folder.mkdir(parents=True)
    for name in files:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("1")
    cells = [code(source, f"cell-{n}") for n, source in enumerate(sources)]
    metadata = {"kernelspec": {"name": kernel, "display_name": kernel, "language": kernel}}
    nbformat.write(
        new_notebook(cells=[*cells, answer("x = 1"), graded("assert x")], metadata=metadata), folder / "a.ipynb"
    )
    found = [f"{one.place}: {one.sentence}" for one in examine(Course(root))]
    assert found[-1].startswith(f"a: {NOT_RELEASED}") or kernel != "python"
    return found[:-1]


@pytest.mark.parametrize(
    "source",
    [
        "import sys\nsys.path.append('code')\nimport within",
        "import numpy as np\nfrom helper import one\nnp.loadtxt('data.csv')\nopen('made.txt', 'w').write('1')\nopen('made.txt').read()",
        "%matplotlib inline\nimport matplotlib.pyplot as plt  # see https://matplotlib.org",
        "%%writefile mine.py\nx = 1",
        "print('https://example.org')",
    ],
)
def test_nothing_is_said_of_what_works(root: Path, source: str) -> None:
    assert remarks(root, source, files=("helper.py", "data.csv", "code/within.py")) == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("open('data.csv')", "asks for 'data.csv', which does not lie beside the notebook"),
        ("pd.read_csv('../data.csv')", "asks for '../data.csv', which is outside"),
        ("open('/home/me/data.csv', 'r')", "asks for '/home/me/data.csv', which is outside"),
        ("import no_such_module_anywhere", "imports no_such_module_anywhere, which is not installed"),
        ("from urllib.request import urlopen", "asks the network (urllib.request)"),
        ("np.loadtxt('https://example.org/data.csv')", "asks the network (https://example.org/data.csv)"),
        ("!ls", "starts a process"),
        ("%%bash\nls", "starts a process"),
    ],
)
def test_what_does_not_work_is_said(root: Path, source: str, said: str) -> None:
    assert any(said in one and one.startswith("a, cell 1: ") for one in remarks(root, source))


def test_a_file_that_can_not_be_given_is_said(root: Path) -> None:
    folder = root / "source" / "ps 1"
    folder.mkdir(parents=True)
    for name in ("data.csv", "ignored.csv"):
        with (folder / name).open("wb") as file:
            file.truncate(MAX_BYTES + 1)
    with (root / "nbgrader_config.py").open("a") as config:
        config.write("c.CourseDirectory.ignore = ['ignored.csv']\n")
    nbformat.write(new_notebook(cells=[answer("x = 1"), graded("assert x")]), folder / "a.ipynb")
    said = [one.sentence for one in examine(Course(root)) if one.place == "its files"]
    assert len(said) == 1
    assert said[0].startswith("the file 'data.csv' was left out: the file is larger than 50 MB. ")


def test_another_language_is_told(root: Path) -> None:
    assert "a: it is in R. Only Python is graded: grade it by nbgrader alone" in remarks(root, kernel="R")


def test_examining_writes_nothing(root: Path) -> None:
    remarks(root)
    assert sorted(path.name for path in root.iterdir()) == ["nbgrader_config.py", "source"]


def test_the_limits_are_the_courses(root: Path) -> None:
    assert any("more than 7 s" in one for one in walls(Course(root)))


def test_the_lines_are_added_once(root: Path) -> None:
    assert write_lines(root)
    assert not write_lines(root)
    assert "autograder.grading.preprocessors.Execute" in Course(root).config.Autograde.autograde_preprocessors


def test_where_there_is_no_assignment_it_says_where_they_are_expected(root: Path) -> None:
    with pytest.raises(CourseError, match=f"at {root}/source/<assignment>/<notebook>.ipynb; there are none"):
        examine(Course(root))


def test_of_a_gradebook_that_an_older_nbgrader_made_it_says_how_to_upgrade_it(root: Path) -> None:
    with contextlib.closing(sqlite3.connect(root / "gradebook.db")) as gradebook:
        gradebook.execute("CREATE TABLE assignment (id VARCHAR, name VARCHAR)")
    with pytest.raises(CourseError, match=r"no such column: .* run `nbgrader db upgrade` here"):
        remarks(root, "x = 1")


def test_the_command_shows_the_lines_until_they_are_there(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = root / "source" / "ps1"
    folder.mkdir(parents=True)
    nbformat.write(new_notebook(cells=[answer("x = 1"), graded("assert x")]), folder / "a.ipynb")
    monkeypatch.chdir(root)
    said = [CliRunner().invoke(cli.main, ["adopt", *options]).output for options in ([], ["--write"], [])]
    assert [LINES in one for one in said] == [True, False, False]
    assert "has two new lines" in said[1]
    assert "has what `nbgrader autograde` and formgrader need" in said[2]


def test_a_plain_file_with_the_name_of_a_module_is_none(root: Path) -> None:
    name = "no_such_module_anywhere"
    assert "not installed" in remarks(root, f"import {name}", files=(name,))[0]
