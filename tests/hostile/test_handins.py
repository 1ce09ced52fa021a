"""No hand-in stops a class, and none is graded for what is somebody else's."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.grading import GradingError
from autograder.grading.course import Course
from autograder.grading.steps import for_one
from autograder.grading.submission import Submission, SubmissionError
from autograder.grading.submitted import MAX_ALL_BYTES, MAX_FILES, Submitted
from tests.grading.conftest import run

from .handins import FOLDER, try_class

LESSON = "01_lesson"
NOTEBOOK = f"{LESSON}.ipynb"


@pytest.mark.parametrize("seed", [1, 2])
def test_no_folder_stops_a_class(tmp_path: Path, seed: int) -> None:
    assert try_class(tmp_path, 100, seed).faults == ()


def test_nbgraders_own_command_grades_no_link_either(course: Course) -> None:
    submitted = course.root / "submitted"
    for name in ("emeka", "nadia", "sven", "uma", "wanjiru", "xiomara"):
        shutil.rmtree(submitted / name)
    (submitted / "mallory").symlink_to("ada")
    shutil.copytree(submitted / "ada", submitted / "trudy")
    (submitted / "trudy" / FOLDER / "data.csv").symlink_to(submitted / "ada" / FOLDER / f"{FOLDER}.ipynb")
    done = run(course.root, "nbgrader", "autograde", FOLDER)
    assert done.stderr.count("There was an error processing assignment '") == 2
    assert {path.name for path in (course.root / "autograded").iterdir() if any(path.rglob("*.*"))} == {"ada", "rosa"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return `submitted/` with what one student has handed in, and mallory's folder, beside the solutions."""
    for folder in (tmp_path / "solutions" / LESSON, tmp_path / "submitted" / "ada" / LESSON):
        folder.mkdir(parents=True)
        (folder / NOTEBOOK).write_text("theirs")
        (folder / "data.csv").write_text("theirs")
        (folder / "timestamp.txt").write_text("2025-10-03 17:00 UTC")
    (tmp_path / "submitted" / "mallory").mkdir()
    return tmp_path / "submitted"


def handed_in(root: Path) -> tuple[Submitted, Submission]:
    submitted = Submitted(root, root.with_name("solutions"))
    (submission,) = submitted.submissions({LESSON: [LESSON]}, "mallory")
    return submitted, submission


def _student(root: Path, to: Path) -> None:
    (root / "mallory").rmdir()
    (root / "mallory").symlink_to(to.parent)


def _lesson(root: Path, to: Path) -> None:
    (root / "mallory" / LESSON).symlink_to(to)


def _notebook(root: Path, to: Path) -> None:
    (root / "mallory" / LESSON).mkdir()
    (root / "mallory" / LESSON / NOTEBOOK).symlink_to(to / NOTEBOOK)


def _hard(root: Path, to: Path) -> None:
    (root / "mallory" / LESSON).mkdir()
    (root / "mallory" / LESSON / NOTEBOOK).hardlink_to(to / NOTEBOOK)


@pytest.mark.parametrize("of", ["solutions", "submitted/ada"])
@pytest.mark.parametrize("link", [_student, _lesson, _notebook, _hard])
def test_what_a_link_leads_to_is_never_read(root: Path, link: Callable[[Path, Path], None], of: str) -> None:
    link(root, root.parent / of / LESSON)
    submitted, submission = handed_in(root)
    with pytest.raises(SubmissionError, match=r"got a link|a hard link"):
        submitted.read(submission)
    if link in (_student, _lesson):
        for what in (lambda: submitted.timestamp(submission, 100), lambda: list(submitted.beside(submission, ()))):
            with pytest.raises(SubmissionError, match=r"expected the folder .*; got a link"):
                what()


def test_links_beside_a_notebook_are_told_and_left(root: Path) -> None:
    mine, theirs = root / "mallory" / LESSON, root / "ada" / LESSON
    (mine / "sub").mkdir(parents=True)
    (mine / NOTEBOOK).write_text("mine")
    (mine / "own.csv").write_text("mine")
    (mine / "timestamp.txt").symlink_to(theirs / "timestamp.txt")
    (mine / "sub" / "file").symlink_to(theirs / "data.csv")
    (mine / "folder").symlink_to(theirs)
    (mine / "same.csv").hardlink_to(theirs / "data.csv")
    os.mkfifo(mine / "pipe")
    submitted, submission = handed_in(root)
    assert submitted.read(submission) == b"mine"
    with pytest.raises(SubmissionError, match=r"expected timestamp\.txt; got a link"):
        submitted.timestamp(submission, 100)
    found = {file.path.as_posix(): file for file in submitted.beside(submission, ["*.ipynb", "timestamp.txt"])}
    assert {path for path, file in found.items() if not file.why} == {"own.csv"}
    assert {path: file.content for path, file in found.items() if file.content} == {"own.csv": b"mine"}
    assert set(found) == {"own.csv", "sub/file", "folder", "same.csv", "pipe"}


def test_a_link_that_takes_a_folders_place_between_two_steps_is_not_followed(root: Path) -> None:
    mine = root / "mallory" / LESSON
    mine.mkdir()
    (mine / NOTEBOOK).write_text("mine")
    submitted, submission = handed_in(root)
    (mine / NOTEBOOK).unlink()
    mine.rmdir()
    mine.symlink_to(root / "ada" / LESSON)
    with pytest.raises(SubmissionError, match=r"expected the folder .*; got a link"):
        submitted.read(submission)


def test_a_hard_link_to_ones_own_file_costs_nothing(root: Path) -> None:
    mine = root / "mallory" / LESSON
    mine.mkdir()
    (mine / NOTEBOOK).write_text("mine")
    (mine / "backup").hardlink_to(mine / NOTEBOOK)
    submitted, submission = handed_in(root)
    assert submitted.read(submission) == b"mine"


def test_a_link_that_leads_nowhere_is_handed_in_too(root: Path) -> None:
    (root / "mallory").rmdir()
    (root / "mallory").symlink_to("nowhere")
    (root / "notes.txt").touch()
    submitted, submission = handed_in(root)
    with pytest.raises(SubmissionError, match="expected the folder 'mallory'; got a link"):
        submitted.read(submission)
    assert [one.student for one in submitted.submissions({LESSON: [LESSON]})] == ["ada", "mallory"]


@pytest.mark.parametrize("name", [NOTEBOOK, "01-Lesson", f"{LESSON} (1)"])
def test_what_lies_beside_its_folder_is_handed_in_too(root: Path, name: str) -> None:
    (root / "mallory" / name).mkdir()
    (root / "mallory" / "02_other").mkdir()
    submitted, submission = handed_in(root)
    with pytest.raises(
        SubmissionError, match=f"there should be a folder '{LESSON}', and not {re.escape(name)}, 02_other"
    ):
        submitted.read(submission)


def test_more_files_than_there_may_be_are_told(root: Path) -> None:
    mine = root / "mallory" / LESSON
    mine.mkdir()
    for i in range(MAX_FILES + 1):
        (mine / f"{i}").touch()
    submitted, submission = handed_in(root)
    found = list(submitted.beside(submission, ()))
    assert len(found) == MAX_FILES + 1
    assert "more than 200 files" in found[-1].why


def test_files_that_are_too_large_together_are_told_as_that(root: Path) -> None:
    mine = root / "mallory" / LESSON
    mine.mkdir()
    for name in "abcd":
        with (mine / name).open("wb") as file:
            file.truncate(MAX_ALL_BYTES * 2 // 5)
    submitted, submission = handed_in(root)
    told = "together with the files before it, it is larger than 100 MB"
    assert [one.why for one in submitted.beside(submission, ())] == [
        "",
        "",
        *(f"the file {name!r} was left out: {told}" for name in "cd"),
    ]


def test_a_failed_step_is_that_submissions_reason_and_a_broken_machine_is_everybodys() -> None:
    def failing(error: Exception) -> str:
        def step() -> str:
            raise error

        return for_one(step, lambda why: why)

    assert failing(SubmissionError("the file is empty")) == "the file is empty"
    assert failing(OSError(errno.ENAMETOOLONG, "File name too long")).endswith("File name too long")
    assert failing(KeyError("x")).startswith("the grader itself failed on it, with KeyError")
    for error in (
        GradingError("no walls"),
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EROFS, "x"),
    ):
        with pytest.raises(type(error)):
            failing(error)
