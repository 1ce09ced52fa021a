"""The attacks on the points, read from `undeserved/`, and how one becomes what a student hands in.

A file of `undeserved/` is one attack, of the kind that its name begins with; those of `limits/` are of no kind. Its docstring
is one sentence: what it tries, and what must happen. It has

LESSON
    The lesson's name, as "scalar_gradients".
CELLS, FIRST, LAST
    Sources by the grade id of the answer cell that they are put into, and of cells added at the top and at the end.
FILES
    Texts by name, put beside the notebook.
tamper(notebook)
    Changes cells and metadata.
HONEST
    The points that what is answered honestly in it earns; 0 where it is left out.
EARNS
    In `limits/`, the points that it earns all the same.

and leaves out what it has no use for. What is run as a student's code is text, so that nothing here runs it.
"""

from __future__ import annotations

import copy
import importlib
import json
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.exercise import Lesson
from autograder.grading.gradebook import Graded
from autograder.grading.job import Settings
from autograder.grading.sandbox.tiers import Limits
from autograder.lessons import all_lessons
from tests import commands
from tests.answering import right_answers
from tests.notebooks.conftest import new_course

from . import limits, undeserved

KINDS = {
    "rewrites": "rewrites or drops cells as they run",
    "patches": "patches modules, and the checks themselves",
    "poses": "returns what poses as the right answer",
    "searches": "searches the process and the disk for what is right",
    "forges": "forges messages to the grader",
    "speaks": "speaks from where nobody looks",
    "remembers": "remembers public values",
    "edits": "edits cells and metadata",
    "brings": "brings files along",
    "detects": "detects the check",
    "detours": "takes the way that the exercise excludes",
}


_GIVEN = frozenset({"CELLS", "FIRST", "LAST", "FILES", "tamper", "HONEST", "EARNS"})
# By name they are graded before, between and after the attacks.
RIGHT, UNTOUCHED = ("a-right", "m-right", "zz-right"), "m-untouched"


@dataclass(frozen=True)
class Attack:
    """One attack, as its module has it."""

    name: str
    tries: str
    lesson: Lesson
    cells: Mapping[str, str] = field(default_factory=dict)
    first: str = ""
    last: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    tamper: Callable[[NotebookNode], None] | None = None
    honest: float = 0.0
    earns: float = 0.0

    @property
    def kind(self) -> str:
        """What kind of attack it is, one of `KINDS`."""
        return self.name.partition("_")[0]

    def hand_in(self, released: NotebookNode, folder: Path) -> None:
        """Write into `folder` what its student hands in, made of the students' notebook."""
        notebook = copy.deepcopy(released)
        for grade_id, source in self.cells.items():
            answer_cell(notebook, grade_id).source = source.strip("\n")
        for source, place in ((self.first, 0), (self.last, len(notebook.cells) + 1)):
            if source:
                notebook.cells.insert(place, new_code_cell(source.strip("\n")))
        if self.tamper is not None:
            self.tamper(notebook)
        for name, text in {f"{self.lesson.folder}.ipynb": json.dumps(notebook), **self.files}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def answer_cell(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    """Return the cell with this grade id: an answer's is the name that it defines, a check's is `check-` and that."""
    return next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def hand_in_all(root: Path, attacks: Sequence[Attack]) -> None:
    """Write into a course's `submitted/` a student for each attack, and neighbours who hand in every lesson honestly.

    The lessons must have been released into `root/notebooks` before.
    """
    for lesson in all_lessons():
        path = Path(lesson.folder, f"{lesson.folder}.ipynb")
        released = nbformat.read(root / "notebooks" / path, as_version=4)
        answers = {id_.partition(".")[2]: next(iter(styles.values())) for id_, styles in right_answers(lesson).items()}
        honest = {**dict.fromkeys(RIGHT, answers), UNTOUCHED: {}}
        submissions = [Attack(name, "", lesson, cells) for name, cells in honest.items()]
        for attack in (*submissions, *(one for one in attacks if one.lesson == lesson)):
            attack.hand_in(released, root / "submitted" / attack.name / lesson.folder)


def grade_all(root: Path, attacks: Sequence[Attack]) -> dict[tuple[str, str], Graded]:
    """Grade attacks among their neighbours in one run, in a new course in `root`; return all by student and lesson."""
    root.mkdir(parents=True, exist_ok=True)
    course = new_course(root)
    hand_in_all(root, attacks)
    settings = Settings("bubblewrap", Limits(cell_timeout=10.0, wall=60.0, cpu=60))
    with commands.pool(2) as pool:
        graded = course.grade(course.submissions(course.lessons()), pool, settings)
        return {(one.submission.student, one.submission.lesson): one for one in graded}


def all_attacks() -> tuple[Attack, ...]:
    """Return the attacks by kind and name."""
    kinds = list(KINDS)
    return tuple(sorted(_attacks(undeserved), key=lambda attack: (kinds.index(attack.kind), attack.name)))


def all_limits() -> tuple[Attack, ...]:
    """Return the attacks that earn points, of which SECURITY.md says so."""
    return _attacks(limits)


def _attacks(package: ModuleType) -> tuple[Attack, ...]:
    return tuple(_attack(package, module.name) for module in pkgutil.iter_modules(package.__path__))


def _attack(package: ModuleType, name: str) -> Attack:
    module = importlib.import_module(f"{package.__name__}.{name}")
    given = {key.lower(): value for key, value in vars(module).items() if key in _GIVEN}
    lesson = next(lesson for lesson in all_lessons() if lesson.name == module.LESSON)
    return Attack(name, " ".join((module.__doc__ or "").split()), lesson, **given)
