"""What was graded stays graded: a second run does only what changed, and a grader that is killed loses nothing."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.grading.course import Change, Course, CourseError
from autograder.grading.gradebook import Graded
from autograder.grading.pool import LocalPool, Pool

from .conftest import LESSON, grade_rows

ANSWER = "d_square = lambda x: 2 * x"


def grade(course: Course, pool: Pool, force: bool = False) -> dict[str, Graded]:
    graded = course.grade(course.submissions(course.lessons()), pool, course.settings(), force)
    return {one.submission.student: one for one in graded}


def db_url(course: Course) -> str:
    return f"sqlite:///{course.root / 'gradebook.db'}"


def changed(graded: dict[str, Graded]) -> set[str]:
    return {student for student, one in graded.items() if not one.unchanged}


def test_a_second_run_grades_only_what_changed(course: Course, local_pool: LocalPool) -> None:
    first = grade(course, local_pool)
    assert changed(first) == set(first)
    second = grade(course, local_pool)
    assert not changed(second)
    assert {name: one.to_dict() for name, one in second.items()} == {name: one.to_dict() for name, one in first.items()}
    rosa = course.root / "submitted" / "rosa" / LESSON.folder / f"{LESSON.folder}.ipynb"
    shutil.copy(course.root / "submitted" / "ada" / LESSON.folder / f"{LESSON.folder}.ipynb", rosa)
    shutil.rmtree(course.root / "autograded" / "sven")
    third = grade(course, local_pool)
    assert changed(third) == {"rosa", "sven"}
    assert third["rosa"].score == 20
    assert changed(grade(course, local_pool, force=True)) == set(first)


def test_scores_that_change_for_the_same_work_are_told_before_they_are_written(
    course: Course, local_pool: LocalPool
) -> None:
    def graded_now(agreed: bool) -> tuple[dict[str, tuple[float, float]], dict[str, Graded]]:
        told: list[Change] = []

        def agree(changes: list[Change]) -> bool:
            told.extend(changes)
            assert grade_rows(db_url(course)) == before
            return agreed

        now = Course(course.root)
        done = list(now.grade(now.submissions(now.lessons()), local_pool, now.settings(), agree=agree))
        return {one.submission.student: (one.before, one.after) for one in told}, {
            one.submission.student: one for one in done
        }

    grade(course, local_pool)
    with Gradebook(db_url(course), "autograd") as gradebook:
        gradebook.find_grade("check-d_square", LESSON.folder, LESSON.folder, "uma").manual_score = 0.5
        gradebook.db.commit()
    before = grade_rows(db_url(course))
    # Another instructor's notebook: what is handed in is graded again. An exercise is worth nothing in it.
    path = course.solution(LESSON.folder)
    notebook = nbformat.read(path, as_version=4)
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if "nbgrader" in cell.metadata}
    cells["check-tangent"].source = "0"
    nbformat.write(notebook, path)
    told, kept = graded_now(agreed=False)
    assert told == {"ada": (20, 17), "emeka": (1.5, 0), "uma": (19.5, 16.5), "wanjiru": (19, 16)}
    assert {name: one.score for name, one in kept.items() if name in told} == {
        "ada": 20,
        "emeka": 1.5,
        "uma": 19.5,
        "wanjiru": 19,
    }
    assert grade_rows(db_url(course)) == before
    assert not list((course.root / "autograded").glob("*/*/.*"))
    assert graded_now(agreed=False)[0] == told
    told_again, written = graded_now(agreed=True)
    assert told_again == told
    assert {name: one.score for name, one in written.items() if name in told} == {
        "ada": 17,
        "emeka": 0,
        "uma": 16.5,
        "wanjiru": 16,
    }
    assert not changed(grade(Course(course.root), local_pool))


def test_what_was_given_by_hand_stays(course: Course, local_pool: LocalPool) -> None:
    grade(course, local_pool)
    with Gradebook(db_url(course), "autograd") as gradebook:
        by_hand = gradebook.find_grade("check-d_square", LESSON.folder, LESSON.folder, "sven")
        by_hand.manual_score = 1.5
        comment = gradebook.find_comment("d_square", LESSON.folder, LESSON.folder, "sven")
        comment.manual_comment = "Come and see me."
        gradebook.db.commit()
    assert grade(course, local_pool)["sven"].score == 1.5
    again = grade(course, local_pool, force=True)["sven"]
    assert (again.score, again.unchanged) == (1.5, False)
    with Gradebook(db_url(course), "autograd") as gradebook:
        comment = gradebook.find_comment("d_square", LESSON.folder, LESSON.folder, "sven")
        assert (comment.manual_comment, comment.auto_comment) == ("Come and see me.", "No response.")


def test_what_could_not_be_read_is_told_in_the_gradebook(course: Course, local_pool: LocalPool) -> None:
    graded = grade(course, local_pool)["xiomara"]
    assert (graded.status, graded.score, graded.reason) == ("unreadable", 0, "the file is not valid JSON")
    with Gradebook(db_url(course), "autograd") as gradebook:
        submission = gradebook.find_submission(LESSON.folder, "xiomara")
        assert {comment.comment for comment in submission.notebooks[0].comments} == {
            "Not graded: the file is not valid JSON."
        }
        assert not submission.needs_manual_grade
    assert not course.graded(graded.submission).exists()


def test_a_broken_hand_in_takes_the_earlier_one_away(course: Course, local_pool: LocalPool) -> None:
    ada = grade(course, local_pool)["ada"].submission
    assert course.graded(ada).exists()
    ada.path.write_text("{")
    assert grade(course, local_pool)["ada"].score == 0
    assert not course.graded(ada).exists()


def test_what_lies_beside_the_notebook_is_named_and_a_folder_without_one_is_listed(
    course: Course, local_pool: LocalPool
) -> None:
    ada, rosa, sven = (course.root / "submitted" / name / LESSON.folder for name in ("ada", "rosa", "sven"))
    copy = f"{LESSON.folder}-Copy1.ipynb"
    (ada / f"{LESSON.folder}.ipynb").rename(ada / copy)
    shutil.copy(course.released(LESSON.folder), ada / f"{LESSON.folder}.ipynb")
    (rosa / f"{LESSON.folder}.ipynb").rename(rosa / f"{LESSON.folder}.ipynb.txt")
    (sven / f"{LESSON.folder}.ipynb").rename(sven / "report.pdf")
    graded = grade(course, local_pool)
    assert graded["ada"].score == 0
    assert f"{copy} was handed in too, and was not graded" in graded["ada"].notes
    assert graded["rosa"].score > 0
    assert graded["sven"].status == "unreadable"
    assert graded["sven"].reason.endswith("got report.pdf")


def _release(course: Course, _: LocalPool) -> None:
    course.generate_assignment(LESSON.folder)


@pytest.mark.parametrize("write", [grade, _release])
def test_who_writes_to_a_course_writes_alone(
    course: Course, local_pool: LocalPool, write: Callable[[Course, LocalPool], object]
) -> None:
    running = course.grade(course.submissions(course.lessons()), local_pool, course.settings())
    next(running)
    with pytest.raises(
        CourseError, match=rf"another `autograder` command \(process {os.getpid()}\) is writing to this course"
    ):
        write(Course(course.root), local_pool)
    assert len(list(running)) == 7


class Replay:
    """A pool that gives back what a real one gave, so that a grader can be killed many times in the act of writing."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: dict[tuple[bytes, bytes], Any] = {}

    def map(self, function: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        for task in tasks:
            made_of = task.raw, task.inputs_key
            if made_of not in self._known:
                ((_, self._known[made_of]),) = self._pool.map(function, [task])
            yield task, self._known[made_of]


def test_a_grader_killed_at_twenty_random_moments_loses_and_doubles_nothing(
    course: Course, local_pool: LocalPool, tmp_path: Path
) -> None:
    pool = Replay(local_pool)
    undisturbed = Course(shutil.copytree(course.root, tmp_path / "undisturbed"))
    # The inputs come from the secret, and with the same ones the two courses can be compared to the last digit.
    grade(course, pool)
    for file in ("gradebook.db", ".autograder-secret"):
        shutil.copy(course.root / file, undisturbed.root / file)
    start = time.monotonic()
    expected = grade(undisturbed, pool, force=True)
    takes = time.monotonic() - start
    rows = grade_rows(db_url(undisturbed))
    for path in (course.root / "gradebook.db", course.root / "autograded"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for lesson in course.lessons()[:1]:
        course.generate_assignment(lesson)
    moments = random.Random(20)
    for _ in range(20):
        pid = os.fork()
        if pid == 0:
            try:
                grade(Course(course.root), pool, force=True)
            finally:
                os._exit(0)
        time.sleep(moments.uniform(0, takes))  # the moment of the kill, and not a condition to wait for
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        with sqlite3.connect(course.root / "gradebook.db") as database:
            assert database.execute("pragma integrity_check").fetchone() == ("ok",)
            done = {
                row[0]
                for row in database.execute(
                    "select student_id from submitted_assignment s join submitted_notebook n on n.assignment_id = s.id join autograder_result r on r.notebook_id = n.id"
                )
            }
        # Whoever has a result has every grade.
        assert {at: row for at, row in grade_rows(db_url(course)).items() if at[0] in done} == {
            at: row for at, row in rows.items() if at[0] in done
        }
    finished = grade(course, pool)
    assert {name: one.score for name, one in finished.items()} == {name: one.score for name, one in expected.items()}
    assert grade_rows(db_url(course)) == rows
    for name, one in finished.items():
        path = course.graded(one.submission)
        assert path.exists() == (name != "xiomara")
        assert [other.name for other in path.parent.glob(".*")] == []


def test_a_gradebook_of_an_earlier_version_is_taken_over(course: Course, local_pool: LocalPool) -> None:
    before = {name: one.score for name, one in grade(course, local_pool).items()}
    with sqlite3.connect(course.root / "gradebook.db") as database:
        database.execute("alter table autograder_result drop column work")
    reading = Course(course.root)
    # This needs no results.
    assert reading.released_notebooks()
    with pytest.raises(CourseError, match=r"of another version of this package\. Run `autograder grade` first"):
        reading.known_grades(reading.submissions(reading.lessons()))
    with sqlite3.connect(course.root / "gradebook.db") as database:
        (kept,) = database.execute("select count(*) from autograder_result").fetchone()
    assert kept == len(before)
    again = grade(reading, local_pool)
    assert changed(again) == set(before)
    assert {name: one.score for name, one in again.items()} == before
