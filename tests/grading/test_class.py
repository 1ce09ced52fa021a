"""A class with broken submissions in it, graded by our command and by nbgrader's own, to the same scores."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from tests.notebooks.conftest import new_course
from tests.sample_class import BROKEN, one_of_each_kind

from .conftest import LESSON, keep, run

Scores = dict[str, float]
FLAGGED = "d_poly"
TAKEN = ("right", "mistakes")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Return a course in which one student of each kind has handed in, and what each of them did."""
    course = new_course(tmp_path_factory.mktemp("course"), [LESSON])
    done = one_of_each_kind(course.root, LESSON)
    kept = {what: name for name, what in reversed(done.items())}
    for what in ("half finished", "untouched"):
        del kept[what]
    keep(course.root, *kept.values())
    # The pages of these two have names that are taken: by a folder, and by a page that the student has saved.
    taken = [course.root / "submitted" / kept[what] / LESSON.folder / f"{LESSON.folder}.html" for what in TAKEN]
    taken[0].mkdir()
    (taken[0] / "inside.txt").write_text("mine")
    taken[1].write_text("mine")
    config = course.root / "nbgrader_config.py"
    # One of them holds an endless loop.
    config.write_text(f"{config.read_text()}\nc.Execute.cell_timeout = 3\n")
    path = course.root / "submitted" / kept["right"] / LESSON.folder / f"{LESSON.folder}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == FLAGGED:
            cell.source = "import sys\n\ndef d_poly(x):\n    sys.setprofile(None)\n    return 6 * x - 4"
    nbformat.write(notebook, path)
    return course.root, {name: what for what, name in kept.items()}


def scores(root: Path) -> Scores:
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "autograd") as gradebook:
        return {one.student.id: one.score for one in gradebook.assignment_submissions(LESSON.folder)}


@pytest.fixture(scope="module")
def by_nbgrader(course: tuple[Path, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the course that plain nbgrader has graded, in one batch."""
    root = tmp_path_factory.mktemp("plain") / "course"
    shutil.copytree(course[0], root)
    graded = run(root, "nbgrader", "autograde", LESSON.folder)
    # nbgrader says by its status that one submission could not be read, and has graded all the others.
    assert graded.returncode == 1, graded.stderr
    assert graded.stderr.count("There was an error processing assignment '") == 1
    return root


@pytest.fixture(scope="module")
def by_us(course: tuple[Path, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a copy of the course that our command has graded, and what it printed."""
    root = tmp_path_factory.mktemp("ours") / "course"
    shutil.copytree(course[0], root)
    graded = run(root, "autograder", "grade", "--feedback", LESSON.folder)
    assert graded.returncode == 1, graded.stderr
    return root, graded.stdout


def test_each_kind_of_submission_gets_what_it_deserves(
    course: tuple[Path, dict[str, str]], by_us: tuple[Path, str]
) -> None:
    got = {course[1][name]: score for name, score in scores(by_us[0]).items()}
    second = LESSON.exercises[1].points
    assert set(got) == {"right", "mistakes", *BROKEN}
    assert got["right"] == 20
    assert got["mistakes"] < 10
    assert got["endless loop"] == 20 - second
    assert got["deleted check cell"] == 20
    assert got["duplicated cells"] == 20
    assert got["edited check cell"] == 20 - second
    assert got["not JSON"] == 0


def test_nbgrader_gives_the_same_scores(by_nbgrader: Path, by_us: tuple[Path, str]) -> None:
    assert scores(by_nbgrader) == scores(by_us[0])


def comments(root: Path, student: str) -> dict[str, str]:
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "autograd") as gradebook:
        (notebook,) = gradebook.find_submission(LESSON.folder, student).notebooks
        return {one.name: one.auto_comment for one in notebook.comments if one.auto_comment}


def test_what_a_person_should_look_at_is_a_comment_under_nbgrader_too(
    course: tuple[Path, dict[str, str]], by_nbgrader: Path, by_us: tuple[Path, str]
) -> None:
    (right,) = (name for name, what in course[1].items() if what == "right")
    told = comments(by_us[0], right)
    assert told[FLAGGED].endswith("A person should look at it.")
    assert comments(by_nbgrader, right) == told


def test_the_table_says_what_was_wrong(course: tuple[Path, dict[str, str]], by_us: tuple[Path, str]) -> None:
    rows = {line.split("│")[1].strip(): line for line in by_us[1].splitlines() if line.startswith("│")}
    said = {what: rows[name] for name, what in course[1].items()}
    name = LESSON.exercises[1].name
    assert f"The answer cell '{name}' did not come to an end and was stopped." in said["endless loop"]
    assert f"The check cell 'check-{name}' was missing: it was put back." in said["deleted check cell"]
    assert f"The answer cell '{name}' was there twice" in said["duplicated cells"]
    assert f"The check cell 'check-{name}' had been edited: the original was run." in said["edited check cell"]
    assert "Not graded: the file is not valid JSON" in said["not JSON"]
    assert "value-for-derivative" in said["mistakes"]


def test_feedback_and_export_work(course: tuple[Path, dict[str, str]], by_us: tuple[Path, str]) -> None:
    root = by_us[0]
    pages = {path.parts[-3] for path in (root / "feedback").glob("*/*/*.html")}
    assert pages == {name for name, what in course[1].items() if what != "not JSON"}
    wrong = next(name for name, what in course[1].items() if what == "mistakes")
    page = (root / "feedback" / wrong / LESSON.folder / f"{LESSON.folder}.html").read_text(encoding="utf-8")
    assert f'aria-label="Check of {LESSON.exercises[1].id}"' in page
    exported = run(root, "nbgrader", "export", "--to", "grades.csv")
    assert exported.returncode == 0, exported.stderr
    with (root / "grades.csv").open(encoding="utf-8", newline="") as file:
        written = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert written == scores(root)


@pytest.mark.parametrize("by", ["by_us", "by_nbgrader"])
def test_nbgrader_writes_a_page_where_its_name_was_handed_in(
    by: str, course: tuple[Path, dict[str, str]], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    graded = request.getfixturevalue(by)
    root = tmp_path / "course"
    shutil.copytree(graded[0] if by == "by_us" else graded, root)
    shutil.rmtree(root / "feedback", ignore_errors=True)
    for name, what in course[1].items():
        if what not in TAKEN:
            shutil.rmtree(root / "autograded" / name, ignore_errors=True)
    done = run(root, "nbgrader", "generate_feedback", LESSON.folder)
    assert done.returncode == 0, done.stderr
    pages = list((root / "feedback").glob(f"*/*/{LESSON.folder}.html"))
    assert len(pages) == len(TAKEN)
    assert all(page.read_text(encoding="utf-8") != "mine" for page in pages)


def test_nothing_waits_to_be_graded_by_hand_but_the_written_reflection(by_us: tuple[Path, str]) -> None:
    with Gradebook(f"sqlite:///{by_us[0] / 'gradebook.db'}", "autograd") as gradebook:
        grades = {
            (submission.student.id, grade.cell.name): (grade.auto_score, grade.needs_manual_grade)
            for submission in gradebook.assignment_submissions(LESSON.folder)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }
    assert {name for (_, name), (_, waits) in grades.items() if waits} <= {"reflection"}
    assert all(score is not None for (_, name), (score, _) in grades.items() if name != "reflection")


@pytest.mark.parametrize(("tree", "says"), [("solutions", "Success"), ("notebooks", "FAILED")])
def test_validate_agrees_with_the_panels(course: tuple[Path, dict[str, str]], tree: str, says: str) -> None:
    path = f"{tree}/{LESSON.folder}/{LESSON.folder}.ipynb"
    validated = run(course[0], "nbgrader", "validate", path)
    assert says in validated.stdout, validated.stderr
