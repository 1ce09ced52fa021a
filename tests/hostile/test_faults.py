"""What breaks around the grader: after each fault the gradebook is, at the end, that of a run which nothing disturbed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from autograder.grading.course import Course
from tests.bench.process import processes
from tests.commands import BIN
from tests.grading.conftest import LESSON, Rows, Undisturbed, environment, grade_rows, run

GRADE = ("autograder", "grade", "--workers", "1")


def rows(course: Course) -> Rows:
    return grade_rows(f"sqlite:///{course.root / 'gradebook.db'}")


def finishes(course: Course, expected: Rows) -> bool:
    """Grade once more, and return whether the gradebook is as it should be."""
    again = run(course.root, *GRADE)
    # One of the eight can't be read.
    assert again.returncode == 1, again.stderr
    return rows(course) == expected


@pytest.fixture
def grading(course: Course) -> Iterator[Callable[[], tuple[subprocess.Popen[str], IO[str]]]]:
    """Return a function that starts to grade, as from a terminal, and returns when the first verdict is there.

    One of the eight takes so long that the run is not over before the fault.
    """
    path = course.submissions(course.lessons())[5].path
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(new_code_cell("import time\ntime.sleep(8)"))
    nbformat.write(notebook, path)
    started: list[subprocess.Popen[str]] = []

    def start() -> tuple[subprocess.Popen[str], IO[str]]:
        process = subprocess.Popen(
            [BIN / GRADE[0], *GRADE[1:]],
            cwd=course.root,
            env=environment(course.root),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert LESSON.folder in process.stdout.readline()
        return process, process.stdout

    yield start
    for process in started:
        process.kill()
        process.wait()


Grading = Callable[[], tuple[subprocess.Popen[str], IO[str]]]


def child_of(pid: int, word: str) -> int:
    """Return a process that another one has started by a command with a word in it."""
    children = (child for child, one in processes().items() if one.parent == pid)
    return next(child for child in children if word in Path(f"/proc/{child}/cmdline").read_text())


def test_an_interrupt_lets_what_has_begun_come_to_its_end(
    course: Course, undisturbed: Undisturbed, grading: Grading
) -> None:
    process, output = grading()
    os.killpg(process.pid, signal.SIGINT)
    said = output.read()
    assert process.wait() == 130, said
    done = {student for student, _ in rows(course)}
    remain = 8 - len(done)
    assert remain > 0
    assert f"Interrupted: {remain} remain to be graded." in said
    assert rows(course) == {at: row for at, row in undisturbed.rows.items() if at[0] in done}
    assert finishes(course, undisturbed.rows)


def test_a_second_interrupt_stops_at_once(course: Course, undisturbed: Undisturbed, grading: Grading) -> None:
    process, output = grading()
    os.killpg(process.pid, signal.SIGINT)
    assert any("A second Ctrl-C stops at once" in line for line in output)
    os.killpg(process.pid, signal.SIGINT)
    said = output.read()
    assert process.wait() == 130, said
    assert "Interrupted." in said
    # The one that takes long was not waited for.
    assert course.submissions(course.lessons())[5].student not in {student for student, _ in rows(course)}
    assert finishes(course, undisturbed.rows)


def test_a_killed_process_of_the_pool_costs_nobody_a_grade(
    course: Course, undisturbed: Undisturbed, grading: Grading
) -> None:
    process, output = grading()
    os.kill(child_of(child_of(process.pid, "forkserver"), "forkserver"), signal.SIGKILL)
    assert "7 graded, 1 could not be read" in output.read()
    assert process.wait() == 1
    assert rows(course) == undisturbed.rows


def test_a_killed_sandbox_costs_nobody_a_grade(course: Course, undisturbed: Undisturbed, grading: Grading) -> None:
    process, output = grading()
    os.kill(child_of(process.pid, "bwrap"), signal.SIGKILL)
    assert "7 graded, 1 could not be read" in output.read()
    assert process.wait() == 1
    assert rows(course) == undisturbed.rows


def test_a_full_disk(course: Course, undisturbed: Undisturbed, tmp_path: Path) -> None:
    """In a small file system of its own, which a file fills but for a little."""
    small, out = tmp_path / "small", tmp_path / "out"
    small.mkdir()
    out.mkdir()
    kilobytes = sum(path.stat().st_size for path in course.root.rglob("*") if path.is_file()) // 1024
    script = f"""
        cp -r {course.root}/. {small} && cd {small}
        head -c 8M /dev/zero > filler && cat /dev/zero > filler-2 2> {out}/filled
        truncate -s -200K filler-2
        {BIN / "autograder"} grade --workers 1 > {out}/first 2>&1; echo $? > {out}/status
        rm filler filler-2
        {BIN / "autograder"} grade --workers 1 > {out}/second 2>&1
        cp gradebook.db {out}
    """
    walls = ["bwrap", "--dev-bind", "/", "/", "--size", str((kilobytes + 16 * 1024) * 1024), "--tmpfs", str(small)]
    subprocess.run([*walls, "sh", "-c", script], check=True, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)})
    assert (out / "status").read_text().strip() == "2", (out / "first").read_text()
    said = " ".join((out / "first").read_text().split())
    assert "No space left on device" in said or "database or disk is full" in said
    assert "Traceback" not in said
    assert grade_rows(f"sqlite:///{out / 'gradebook.db'}") == undisturbed.rows, (out / "second").read_text()


def test_a_disk_that_can_only_be_read(course: Course, undisturbed: Undisturbed) -> None:
    root = str(course.root)
    command = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", root, root, str(BIN / "autograder"), "grade"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": root}
    graded = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert graded.returncode == 2
    assert "Read-only file system" in graded.stderr
    assert "Traceback" not in graded.stderr
    assert finishes(course, undisturbed.rows)


def test_a_gradebook_that_another_program_is_writing(course: Course, undisturbed: Undisturbed) -> None:
    with sqlite3.connect(course.root / "gradebook.db", isolation_level=None) as other:
        other.execute("begin exclusive")
        graded = run(course.root, *GRADE)
        other.execute("rollback")
    assert graded.returncode == 2
    assert "The gradebook is locked: another program is writing to it" in " ".join(graded.stderr.split())
    assert finishes(course, undisturbed.rows)


@pytest.mark.parametrize("damage", ["is no database", "has a hole"])
def test_a_damaged_gradebook_is_set_aside(course: Course, undisturbed: Undisturbed, damage: str) -> None:
    gradebook = course.root / "gradebook.db"
    backup = gradebook.read_bytes()
    damaged = b"no database" * 100 if damage == "is no database" else backup[:4096] + bytes(len(backup) - 4096)
    for n in (1, 2):
        gradebook.write_bytes(damaged)
        graded = run(course.root, *GRADE)
        assert graded.returncode == 2
        said = " ".join(graded.stderr.split())
        assert (
            f"gradebook.db is damaged, and was renamed to gradebook.db.damaged-{n}. Put a backup in its place" in said
        )
        assert (course.root / f"gradebook.db.damaged-{n}").read_bytes() == damaged
        assert not gradebook.exists()
    gradebook.write_bytes(backup)
    assert finishes(course, undisturbed.rows)


def test_a_clock_that_was_set(course: Course, undisturbed: Undisturbed) -> None:
    """Submissions that claim to be older than the epoch and a gradebook from the future: what was changed is graded."""
    assert run(course.root, *GRADE).returncode == 1
    ada, uma = (course.root / "submitted" / name / LESSON.folder / f"{LESSON.folder}.ipynb" for name in ("ada", "uma"))
    right = ada.read_bytes()
    for text in (uma.read_bytes(), right):
        ada.write_bytes(text)
        os.utime(ada, (0, 0))
        os.utime(course.root / "gradebook.db", (4e9, 4e9))
        assert "1 graded, 7 unchanged" in run(course.root, *GRADE).stdout
    assert rows(course) == undisturbed.rows
