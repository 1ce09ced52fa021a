"""Courses that are configured in unusual ways: all that nbgrader's own commands read is read here too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.grading.adopting import write_lines
from autograder.grading.configuration import ConfigurationError
from autograder.grading.course import Course
from autograder.grading.job import Settings


@pytest.fixture(autouse=True)
def _nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the settings of the user who runs the tests out of their way."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "user"))


def course(root: Path, lines: str = "", **more: str) -> Course:
    """Return a course with these lines in its configuration, and files beside it."""
    root.mkdir()
    if lines:
        (root / "nbgrader_config.py").write_text(f"c = get_config()\n{lines}\n")
    for name, text in more.items():
        (root / name.replace("__", ".")).write_text(text)
    return Course(root)


def handed_in(root: Path, *students: str) -> None:
    for student in students:
        (root / "submitted" / student / "ps1").mkdir(parents=True)
        (root / "submitted" / student / "ps1" / "ps1.ipynb").touch()


def test_a_loop_and_another_name_for_the_configuration(tmp_path: Path) -> None:
    lines = "config = c\nfor name in ('source', 'release'):\n    setattr(config.CourseDirectory, f'{name}_directory', f'my {name}/{name}')"
    read = course(tmp_path / "a course", lines)
    assert read.solutions_folder == tmp_path / "a course" / "my source" / "source"
    assert read.notebooks_folder == tmp_path / "a course" / "my release" / "release"


def test_a_json_file_alone_and_over_the_python_file(tmp_path: Path) -> None:
    written = json.dumps({"CourseDirectory": {"source_directory": "json"}})
    assert course(tmp_path / "one", nbgrader_config__json=written).solutions_folder.name == "json"
    both = course(tmp_path / "two", "c.CourseDirectory.source_directory = 'py'", nbgrader_config__json=written)
    assert both.solutions_folder.name == "json"
    assert write_lines(tmp_path / "one")
    assert Course(tmp_path / "one").solutions_folder.name == "json"


def test_files_beside_the_configuration(tmp_path: Path) -> None:
    lines = "import settings_of_compat\nload_subconfig('base.py')\nc.CourseDirectory.source_directory = settings_of_compat.SOURCE"
    base = "c = get_config()\nc.CourseDirectory.release_directory = 'out'"
    read = course(tmp_path / "one", lines, settings_of_compat__py="SOURCE = 'in'", base__py=base)
    assert (read.solutions_folder.name, read.notebooks_folder.name) == ("in", "out")


def test_names_of_an_older_nbgrader(tmp_path: Path) -> None:
    read = course(tmp_path / "one", "c.NbGrader.course_id = 'old'\nc.NbGrader.source_directory = 'src'")
    assert (read.name, read.solutions_folder.name) == ("old", "src")


def test_the_users_own_configuration_counts_less_than_the_courses(tmp_path: Path) -> None:
    (tmp_path / "user").mkdir()
    lines = "c = get_config()\nc.CourseDirectory.course_id = 'user'\nc.CourseDirectory.source_directory = 'user'"
    (tmp_path / "user" / "nbgrader_config.py").write_text(lines)
    read = course(tmp_path / "one", "c.CourseDirectory.course_id = 'course'")
    assert (read.name, read.solutions_folder.name) == ("course", "user")


def test_who_and_what_is_left_out(tmp_path: Path) -> None:
    read = course(
        tmp_path / "one", "c.CourseDirectory.student_id_exclude = 'eve,tom'\nc.CourseDirectory.notebook_id = 'ps*'"
    )
    for name in ("ps1", "notes"):
        (read.solutions_folder / "ps1").mkdir(parents=True, exist_ok=True)
        (read.solutions_folder / "ps1" / f"{name}.ipynb").touch()
    handed_in(read.root, "ada", "eve", "tom")
    assert read.notebooks("ps1") == ("ps1",)
    assert [one.student for one in read.submissions(["ps1"])] == ["ada"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "c.CourseDirectory.directory_structure = '{nbgrader_step}/{assignment_id}/{student_id}'",
            "Only '{nbgrader_step}",
        ),
        ("c.CourseDirectory.root = '/elsewhere'", "says that the course is in /elsewhere"),
        ("1 / 0", "stopped with ZeroDivisionError: division by zero"),
        ("import no_such_neighbour", "stopped with ModuleNotFoundError"),
        ("c.CourseDirectory.ignore = 5", "'ignore' trait of a CourseDirectory instance expected a list"),
        ("c.Execute.sandbox = 'papr'", "'sandbox' trait of an Execute instance expected any of .*, not the str 'papr'"),
        ("c.Execute.cell_timeout = -1", "'cell_timeout' trait .* should not be less than"),
    ],
)
def test_what_is_refused_is_refused_with_a_sentence(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says.replace("{", r"\{")):
        course(tmp_path / "one", line).settings()


def test_the_limits_of_a_course_that_sets_none_are_those_of_loose_notebooks(tmp_path: Path) -> None:
    assert course(tmp_path / "one", "c.CourseDirectory.course_id = 'one'").settings() == Settings()


def test_lines_for_a_configuration_that_calls_it_otherwise(tmp_path: Path) -> None:
    root = tmp_path / "one"
    course(root, "settings = c\ndel c")
    assert write_lines(root)
    assert not write_lines(root)
    Course(root)
