"""The commands that the documents show: each is run, in the order in which a reader meets them."""

from __future__ import annotations

import csv
import importlib
import itertools
import json
import re
import shutil
import subprocess
import sys
import textwrap
import zipfile
from dataclasses import replace
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder import authoring
from autograder.exercise import Lesson
from autograder.judge import judge
from autograder.lessons import all_lessons
from autograder.probe import probe
from autograder.rules import broken_rules
from autograder.verdict import Outcome
from autograder.view import card
from tests import commands
from tests.answering import namespace_of
from tests.sample_class import one_of_each_kind

ROOT = Path(__file__).parents[1]
LESSON = all_lessons()[1]

# What a test of its own runs, or what no test here can, by how it begins.
ELSEWHERE = {
    "make ": "the Makefile's targets: CI runs test, lint and setup; demo and bench are run by hand",
    "python3 -m venv": "tests/notebooks/test_binder.py and tests/test_packing.py make such environments",
    ".venv/bin/pip install -r": "tests/test_packing.py installs the package from the students' zip",
    "autograder doctor": "tests/grading/test_doctor.py runs it with both tiers",
    ".venv/bin/jupyter lab": "tests/browser starts it",
    "autograder release --run": "runs a solution, which nbval does for all of them",
    "nbgrader db student import students.csv": "tests/grading/test_collect.py",
    "from nbgrader.plugins": "Python, in tests/grading/test_late.py",
    "class TenPercentADay": "Python, in tests/grading/test_late.py",
    "wrong_value(": "Python, in a lesson's module",
    "def cube_of(": "Python, in a lesson's module: test_the_example_of_an_exercise_is_one",
    "# --- ": "a heading in a lesson's module",
    "from torch import": "Python, in a lesson's module: test_the_example_of_a_lesson_is_one",
    "LESSON = Lesson(": "Python, in a lesson's module: test_the_example_of_a_lesson_is_one",
    "D_CUBE = Exercise(": "Python, in a lesson's module: test_the_example_of_an_exercise_is_one",
    "# %%": "cells of a notebook: test_the_example_of_an_exercise_is_one",
    ".venv/bin/autograder release --run": "runs a solution, which nbval does for all of them",
    ".venv/bin/python -m pytest": "runs tests, which make test does",
    ".venv/bin/jupytext --to ipynb --set-kernel": "makes a notebook of a lesson that the reader writes",
    "%pip": "tests/test_packing.py installs the package from the zip file in this way",
    "https://": "an address",
}


def blocks(path: Path) -> list[list[str]]:
    """Return a document's indented blocks, each as its lines, without what is said beside them."""
    groups = itertools.groupby(path.read_text(encoding="utf-8").splitlines(), lambda line: line.startswith("    "))
    texts = [textwrap.dedent("\n".join(lines)) for indented, lines in groups if indented]
    return [re.sub(r" +# .*", "", text).splitlines() for text in texts]


def is_elsewhere(line: str) -> bool:
    return line.startswith(tuple(ELSEWHERE))


def scripts(*names: str) -> list[str]:
    """Return what documents tell to type, a block each; what was shown before is left out."""
    seen: set[str] = set()
    found = []
    for block in itertools.chain.from_iterable(blocks(ROOT / name) for name in names):
        if not is_elsewhere(block[0]):
            found.append("\n".join(line for line in block if not is_elsewhere(line) and line not in seen))
            seen.update(block)
    return [script for script in found if script]


def run(script: str, folder: Path) -> None:
    """Run a script as in a terminal in which the environment was activated."""
    environment = {"PATH": f"{commands.folder()}:{commands.BIN}:/usr/bin:/bin", "HOME": str(folder), "TERM": "dumb"}
    done = subprocess.run(
        ["bash", "-exc", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    assert "Traceback" not in done.stderr, done.stderr[-2000:]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Return a course as it is cloned, and what an instructor has when the commands are run: downloads and grade books."""
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    for tree in ("solutions", "notebooks"):
        shutil.copytree(ROOT / tree, tmp_path / tree)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    one_of_each_kind(tmp_path, LESSON)
    archive = tmp_path / "downloaded" / LESSON.folder / "archive"
    archive.mkdir(parents=True)
    # As Canvas packs them: all is right in the first, and there are mistakes in the second.
    with zipfile.ZipFile(archive / "submissions.zip", "w") as packed:
        for student, name in (("fatou", "lovelaceada_12345"), ("jonas", "b_2")):
            path = tmp_path / "submitted" / student / LESSON.folder / f"{LESSON.folder}.ipynb"
            packed.write(path, f"{name}_7_{LESSON.folder}.ipynb")
    shutil.move(path, tmp_path / "homework.ipynb")
    shutil.rmtree(tmp_path / "submitted")
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}", "autograd") as gradebook:
        gradebook.update_or_create_student("ada", lms_user_id="12345")
    with (tmp_path / "canvas-grades.csv").open("w", newline="") as file:
        head = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", f"{LESSON.folder} (11)")
        rows = (("    Points Possible", "", "", "", "", "20.00"), ("Lovelace, Ada", "1", "", "ada", "A", ""))
        csv.writer(file).writerows([head, *rows])
    with (tmp_path / "moodle-grades.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("ID number", "Email address", LESSON.folder), ("ada", "ada@example.org", "")])
    return tmp_path


def test_every_command_of_instructors_and_students_works(course: Path) -> None:
    shown = scripts("docs/instructors.md", "docs/students.md", "README.md")
    assert sum(len(script.splitlines()) for script in shown) > 15
    for script in shown:
        run(script, course)
    assert (course / "dist" / "autograd-course.zip").exists()
    assert (course / "report" / "index.html").exists()
    assert (course / "feedback" / "ada" / LESSON.folder / f"{LESSON.folder}.html").exists()
    for name in ("canvas.csv", "moodle.csv"):
        assert ",20" in (course / name).read_text().splitlines()[-1]


def test_every_command_of_contributors_works(tmp_path: Path) -> None:
    """The way over a text leaves a notebook as it was."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    shutil.copytree(ROOT / "solutions", tmp_path / "solutions")
    script = "\n".join(scripts("CONTRIBUTING.md"))
    assert len(script.splitlines()) == 4
    run(script, tmp_path)
    for path in (tmp_path / "solutions").rglob("*.ipynb"):
        assert nbformat.read(path, 4).cells == nbformat.read(ROOT / path.relative_to(tmp_path), 4).cells
    assert (tmp_path / "lesson.py").exists()


def shown_as(*beginnings: str) -> list[str]:
    """Return the blocks of CONTRIBUTING.md that begin in one of these ways."""
    return ["\n".join(block) for block in blocks(ROOT / "CONTRIBUTING.md") if block[0].startswith(beginnings)]


def test_the_example_of_an_exercise_is_one() -> None:
    """The module and the cells that CONTRIBUTING.md shows, and nothing else, make an exercise that can be released."""
    forward, exercise, *cells = shown_as("def cube_of(", "D_CUBE = ", "# %%")
    cells = cells[:2]
    names = vars(importlib.import_module("autograder.lessons.scalar_gradients")).copy()
    exec(f"{forward}\n{exercise}", names)
    added = names["D_CUBE"]
    lesson = all_lessons()[0]
    *others, last = lesson.exercises
    assert last.name == "tangent"
    lesson = replace(lesson, exercises=(*others, replace(last, points=last.points - 1), added))
    notebook = nbformat.read(ROOT / "solutions" / lesson.folder / f"{lesson.folder}.ipynb", as_version=4)
    notebook.cells += jupytext.reads("\n\n".join(cells), fmt="py:percent").cells
    authoring.put_in_order(lesson, notebook)
    assert authoring.problems(lesson, notebook) == broken_rules(lesson, all_lessons()) == []
    question, answer, check = notebook.cells[-3:]
    assert question.source.startswith(card(added))
    assert check.source == f'check("{added.id}")'
    (mistake,) = added.mistakes
    for source, outcome, slug in (
        (answer.source, Outcome.RIGHT, ""),
        (answer.source.replace("3 * ", ""), Outcome.KNOWN_MISTAKE, mistake.slug),
    ):
        observation = probe(added, namespace_of(source), added.cases)
        verdict = judge(added, added.cases, observation.to_json())
        assert (verdict.outcome, verdict.mistake) == (outcome, slug and f"{added.id}.{slug}")


def test_the_example_of_a_lesson_is_one() -> None:
    """The lesson that CONTRIBUTING.md shows, with the exercise that it shows, breaks no rule."""
    (imports,), (lesson_text,) = shown_as("from torch import"), shown_as("LESSON = Lesson(")
    exercise = "\n".join(shown_as("def cube_of(", "D_CUBE = "))
    for old, new in (("scalar_gradients.", "second_order."), ('"1.2b"', '"9.1"'), ("points=1", "points=20")):
        exercise = exercise.replace(old, new)
    names: dict[str, object] = {"__package__": "autograder.lessons"}
    exec("\n".join((imports, exercise, lesson_text)), names)
    lesson = names["LESSON"]
    assert isinstance(lesson, Lesson)
    question, answer, *first = shown_as("# %%")
    text = "\n\n".join((*first, question, answer, "# %%\nprogress()"))
    notebook = jupytext.reads(text, fmt="py:percent")
    authoring.put_in_order(lesson, notebook)
    assert authoring.problems(lesson, notebook) == broken_rules(lesson, all_lessons()) == []
    said = f"*About {lesson.minutes + 5} minutes: 5 to read and run, {lesson.minutes} for the exercises."
    assert said in notebook.cells[0].source
    assert lesson.folder in "\n".join(shown_as("mkdir -p solutions"))


def test_nothing_is_excused_that_is_not_shown() -> None:
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    shown = [line for path in documents for block in blocks(path) for line in block]
    assert not [excuse for excuse in ELSEWHERE if not any(line.startswith(excuse) for line in shown)]


def test_links_between_documents_lead_somewhere() -> None:
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_what_a_hub_takes_away_from_students_are_plugins_of_nbgrader() -> None:
    config = ROOT / "docs" / "hub" / "students" / "labconfig" / "page_config.json"
    taken = json.loads(config.read_text(encoding="utf-8"))["disabledExtensions"]
    static = Path(sys.prefix, "share", "jupyter", "labextensions", "@jupyter", "nbgrader", "static")
    program = "".join(path.read_text(encoding="utf-8") for path in static.glob("*.js"))
    assert taken
    assert [name for name in taken if f'"{name}"' not in program] == []
