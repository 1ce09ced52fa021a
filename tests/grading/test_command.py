"""The command `autograder grade`: what it prints for people and for programs, and how it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from autograder import cli
from autograder.grading import pool
from autograder.grading.course import Course
from tests import commands

from .conftest import LESSON, environment, run

FIELDS = {"lesson", "notebook", "score", "max_score", "status", "reason", "sandbox", "verdicts"}


def path_of(course: Course, student: str) -> Path:
    return course.root / "submitted" / student / LESSON.folder / f"{LESSON.folder}.ipynb"


def test_json_for_a_class(course: Course) -> None:
    done = run(course.root, "autograder", "grade", "--json")
    assert done.returncode == 1
    graded = {one["student"]: one for one in json.loads(done.stdout)}
    assert set(graded) == {path.name for path in (course.root / "submitted").iterdir()}
    assert all(set(one) == FIELDS | {"student"} for one in graded.values())
    assert (graded["ada"]["score"], graded["ada"]["max_score"], graded["ada"]["status"]) == (20, 20, "graded")
    assert graded["xiomara"]["status"] == "unreadable"
    assert graded["xiomara"]["reason"] == "the file is not valid JSON"
    assert {one["exercise"] for one in graded["nadia"]["verdicts"]} == {one.id for one in LESSON.exercises}
    wrong = next(one for one in graded["nadia"]["verdicts"] if one["mistake"])
    assert set(wrong) == {"exercise", "outcome", "points", "max_points", "mistake", "message", "flag"}
    assert wrong["message"]
    # A line for each that was graded, beside what programs read.
    assert f"ada {LESSON.folder} 20 of 20" in done.stderr
    again = run(course.root, "autograder", "grade", "--json", "--student", "ada")
    assert (json.loads(again.stdout), again.returncode) == ([graded["ada"]], 0)
    assert f"ada {LESSON.folder}" not in again.stderr


def test_loose_notebooks_are_graded_without_a_course(course: Course, tmp_path: Path) -> None:
    files = []
    for student in ("uma", "xiomara", "rosa"):
        files.append(tmp_path / f"{student}'s work.ipynb")
        files[-1].write_bytes(path_of(course, student).read_bytes())
    other = tmp_path / "other.ipynb"
    cell = {"cell_type": "markdown", "metadata": {}, "source": "Hello"}
    other.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}))
    paths = [*map(str, files), str(other)]
    done = run(tmp_path, "autograder", "grade", "--json", *paths)
    assert done.returncode == 1
    graded = json.loads(done.stdout)
    assert [one["file"] for one in graded] == paths
    assert [one["score"] for one in graded] == [20, 0, LESSON.exercises[0].points, 0]
    assert [one["lesson"] for one in graded] == [LESSON.folder, "", LESSON.folder, ""]
    assert graded[3]["reason"] == "expected a check cell of a lesson; got none, so the lesson is not known"
    # A check cell that was deleted is checked all the same.
    assert {one["exercise"] for one in graded[0]["verdicts"]} == {one.id for one in LESSON.exercises}
    assert {path.name for path in tmp_path.iterdir()} >= {"course", *[path.name for path in files]}
    told = run(tmp_path, "autograder", "grade", str(files[2]))
    assert told.returncode == 0
    assert "scalar_gradients.d_square: not attempted, 0 of 1 point" in told.stdout
    assert not list(tmp_path.glob("*.db"))


def test_a_name_that_is_no_text_ends_no_command(course: Course, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.ipynb")
    (tmp_path / name).write_bytes(path_of(course, "uma").read_bytes())
    (tmp_path / "broken.ipynb").write_text("{")
    done = run(tmp_path, "autograder", "grade", "--json", name, "broken.ipynb")
    assert "Traceback" not in done.stderr
    assert [(one["file"], one["score"]) for one in json.loads(done.stdout)] == [
        (r"caf\xe9.ipynb", 20),
        ("broken.ipynb", 0),
    ]
    assert r"caf\xe9.ipynb: 20 of 20" in run(tmp_path, "autograder", "grade", name).stdout


def test_a_folder_named_like_the_package_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "autograder").mkdir()
    (tmp_path / "autograder" / "__init__.py").write_text("raise RuntimeError('this is not the package')")
    shutil.copy(commands.ROOT / "solutions" / LESSON.folder / f"{LESSON.folder}.ipynb", tmp_path / "work.ipynb")
    # The installed command itself: what stands in for it has imported the package already.
    command = [commands.BIN / "autograder", "grade", "work.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "work.ipynb: 20 of 20" in done.stdout


def test_an_interrupt_while_pages_are_written_keeps_the_table(
    course: Course, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for student in {path.name for path in (course.root / "submitted").iterdir()} - {"ada", "uma", "rosa"}:
        shutil.rmtree(course.root / "submitted" / student)
    assert run(course.root, "autograder", "grade").returncode == 0
    begun = 0

    def here(self: pool.LocalPool, function: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        """Do each task in this process, with a Ctrl-C during the first one."""
        nonlocal begun
        for task in tasks:
            begun += 1
            os.kill(os.getpid(), signal.SIGINT)
            yield task, function(task)

    monkeypatch.setattr(pool.LocalPool, "map", here)
    monkeypatch.chdir(course.root)
    with pytest.raises(SystemExit) as ended:
        cli.main(["grade", "--feedback"], "autograder")
    said = capfd.readouterr().out
    assert (ended.value.code, begun) == (130, 1)
    assert "0 graded, 3 unchanged" in said
    assert "Interrupted: 2 feedback pages remain." in said
    assert len(list((course.root / "feedback").rglob("*.html"))) == 1


def test_what_the_system_refuses_is_told_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nbgrader_config.py").touch()
    monkeypatch.setattr(
        pool.LocalPool, "prepare", lambda _: (_ for _ in ()).throw(OSError(28, "No space left", "x.db"))
    )
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli.main, ["grade", "--workers", "1"])
    assert done.exit_code == 2
    assert "No space left (x.db). What was written before stays." in done.output


def test_wrong_usage_ends_with_status_2(course: Course, tmp_path: Path) -> None:
    for arguments, says in (
        (("grade", "99_nothing"), "There is no lesson '99_nothing'"),
        (("grade", "--student", "nobody"), "Expected submissions at submitted"),
        (("grade", "a.ipynb", "--feedback"), "Loose notebooks are graded without a course"),
        (("grade", "--sandbox", "paper"), "'paper' is not one of"),
        (("grade", "02_chain_rule"), "Expected submissions at submitted"),
    ):
        done = run(course.root, "autograder", *arguments)
        assert done.returncode == 2, done.stdout
        assert says in done.stderr
        assert "Traceback" not in done.stderr
    done = run(tmp_path, "autograder", "grade")
    assert (done.returncode, "has no nbgrader_config.py" in done.stderr) == (2, True)


def test_no_walls_must_be_asked_for_and_are_told(course: Course) -> None:
    done = run(course.root, "autograder", "grade", "--student", "ada", "--sandbox", "none")
    assert done.returncode == 0, done.stderr
    assert "sandbox: none" in done.stdout
    # All is right, so there is no table of mistakes.
    assert "The mistakes" not in done.stdout
    notebook = json.loads(Course(course.root).graded(course.submissions(course.lessons(), "ada")[0]).read_text())
    assert notebook["metadata"]["autograder"]["sandbox"] == "none"
