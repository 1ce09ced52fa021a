"""What is said of somebody else's course before it is graded here."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_notebook

from autograder.grading.adopting import examine, walls, write_lines
from autograder.grading.course import Course
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
    assert "autograder.grading.preprocessors.Execute" in Course(root)._config.Autograde.autograde_preprocessors
