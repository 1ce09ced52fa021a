"""Late submissions lose the same by our command and by nbgrader's, and what is exported has lost it."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import PyFileConfigLoader

from autograder.grading.pool import LocalPool
from tests.notebooks.conftest import ROOT

from .conftest import LESSON, Course, run

# Until when, and when each of them handed in. Rosa has two days more.
DUE = "2025-10-03 18:00:00 UTC"
HANDED_IN = {
    "ada": "2025-10-03 17:59:59 UTC",
    "nadia": "2025-10-03 20:00:01 +0200",
    "rosa": "2025-10-05 12:00:00 UTC",
}
PLUGIN = """
from nbgrader.plugins import LateSubmissionPlugin


class TenPercentADay(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return score * min(1, 0.1 * -(-total_seconds_late // 86400))
"""
ZERO = 'c.LateSubmissionPlugin.penalty_method = "zero"'
TEN = 'c.AssignLatePenalties.plugin_class = "late.TenPercentADay"'

Penalties = dict[str, tuple[float, float | None]]


@pytest.fixture
def course(class_of_eight: Course, tmp_path: Path) -> Course:
    root = tmp_path / "course"
    shutil.copytree(class_of_eight.root, root)
    for folder in (root / "submitted").iterdir():
        if folder.name in HANDED_IN:
            (folder / LESSON.folder / "timestamp.txt").write_text(f"{HANDED_IN[folder.name]}\n")
        else:
            shutil.rmtree(folder)
    with Gradebook(f"sqlite:///{root}/gradebook.db", "autograd") as gradebook:
        gradebook.update_or_create_assignment(LESSON.folder, duedate=DUE)
        gradebook.add_student("rosa")
        gradebook.add_submission(LESSON.folder, "rosa")
        gradebook.grant_extension(LESSON.folder, "rosa", days=2)
    (root / "late.py").write_text(PLUGIN)
    return Course(root)


def configured(course: Course, line: str) -> None:
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write(f"\n{line}\n")


def penalties(course: Course) -> Penalties:
    with Gradebook(f"sqlite:///{course.root}/gradebook.db", "autograd") as gradebook:
        rows = gradebook.assignment_submissions(LESSON.folder)
        return {one.student.id: (one.score, one.notebooks[0].late_submission_penalty) for one in rows}


@pytest.mark.parametrize(("line", "share"), [(TEN, 0.1), (ZERO, 1.0)])
def test_both_commands_take_off_the_same(course: Course, tmp_path: Path, line: str, share: float) -> None:
    configured(course, line)
    other = Course(shutil.copytree(course.root, tmp_path / "other"))
    assert run(course.root, "autograder", "grade", LESSON.folder).returncode == 0
    ours = penalties(course)
    assert {student: penalty for student, (_, penalty) in ours.items()} == {
        "ada": None,
        "nadia": pytest.approx(share * ours["nadia"][0]),
        "rosa": None,
    }
    assert all(score for score, _ in ours.values())
    done = run(other.root, "nbgrader", "autograde", LESSON.folder)
    assert done.returncode == 0, done.stderr
    assert penalties(other) == ours


def test_a_time_that_is_spoilt_or_gone_is_late_no_more(course: Course, local_pool: LocalPool) -> None:
    configured(course, ZERO)
    course = Course(course.root)

    def grade() -> str:
        (nadia,) = course.grade(course.submissions(course.lessons(), "nadia"), local_pool, course.settings())
        return " ".join(nadia.notes)

    time = course.root / "submitted" / "nadia" / LESSON.folder / "timestamp.txt"
    late = time.read_text()
    for text, says in (
        ("2025-10-03 20:00:01 " + "Z" * 300, "can't be read"),
        ("03/10/2025 22:00", "can't be read"),
        ("", ""),
    ):
        time.write_text(late)
        grade()
        assert penalties(course)["nadia"][1]
        time.write_text(text) if text else time.unlink()
        assert says in grade()
        assert penalties(course)["nadia"][1] is None


def test_due_dates_are_read_for_certain_or_refused(course: Course) -> None:
    def due(text: str) -> tuple[int, str]:
        done = run(course.root, "nbgrader", "db", "assignment", "add", LESSON.folder, f"--duedate={text}")
        with Gradebook(f"sqlite:///{course.root}/gradebook.db", "autograd") as gradebook:
            return done.returncode, str(gradebook.find_assignment(LESSON.folder).duedate)

    assert due("2025-10-03 19:30 CEST") == (0, "2025-10-03 17:30:00")
    refused, left = due("03/10/2025 18:00")
    assert refused
    assert left == "2025-10-03 17:30:00"


def test_nothing_is_taken_off_where_nothing_is_configured() -> None:
    penalties = AssignLatePenalties(config=PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config())
    penalties.init_plugin()
    assert penalties.plugin_inst.late_submission_penalty("ada", 20.0, 1e9) is None


def test_exports_have_lost_it(course: Course) -> None:
    configured(course, TEN)
    shutil.rmtree(course.root / "submitted" / "ada")
    assert run(course.root, "autograder", "grade", LESSON.folder).returncode == 0
    graded = penalties(course)
    assert graded["nadia"][1]
    left = {student: score - (penalty or 0) for student, (score, penalty) in graded.items()}
    for exporter, column, name in (("CanvasExport", 5, "Student"), ("MoodleExport", 4, "ID number")):
        done = run(course.root, "nbgrader", "export", f"--exporter=autograder.grading.lms.{exporter}", "--to=out.csv")
        assert done.returncode == 0, done.stderr
        rows = list(csv.reader((course.root / "out.csv").open(encoding="utf-8", newline="")))
        at = rows[0].index(name)
        assert {row[at]: float(row[column]) for row in rows[1:] if row[at] in left} == pytest.approx(left)
    assert run(course.root, "nbgrader", "export").returncode == 0
    table = csv.DictReader((course.root / "grades.csv").open(encoding="utf-8", newline=""))
    assert {row["student_id"]: float(row["score"]) for row in table} == pytest.approx(left)
