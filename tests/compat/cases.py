"""Assignments as data, one for each feature of nbgrader: the instructor's notebook, and what students make of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

Edit = Callable[[list[NotebookNode]], None]


@dataclass(frozen=True)
class Case:
    """One assignment.

    Attributes
    ----------
    cells
        The instructor's notebook.
    students
        By student, what they do to the cells that were released. Everybody has "blank", who does nothing.
    files
        What lies beside the instructor's notebook.
    """

    name: str
    cells: tuple[NotebookNode, ...]
    students: Mapping[str, Edit] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def _cell(kind: str, grade_id: str, source: str, **flags: object) -> NotebookNode:
    nbgrader = {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": False,
        "solution": False,
        "locked": False,
        "task": False,
    }
    make = new_code_cell if kind == "code" else new_markdown_cell
    return make(source, id=grade_id, metadata={"nbgrader": {**nbgrader, **flags}})


def code(source: str, name: str = "plain") -> NotebookNode:
    """Return a cell that nbgrader knows nothing of."""
    return new_code_cell(source, id=name)


def answer(source: str, name: str = "answer") -> NotebookNode:
    """Return an autograded answer."""
    return _cell("code", name, source, solution=True)


def graded(source: str, name: str = "test", points: int = 2) -> NotebookNode:
    """Return autograder tests."""
    return _cell("code", name, source, grade=True, locked=True, points=points)


def manual(source: str, kind: str = "markdown", name: str = "manual") -> NotebookNode:
    """Return a manually graded answer."""
    return _cell(kind, name, source, grade=True, solution=True, points=3)


def task(source: str, name: str = "task") -> NotebookNode:
    """Return a manually graded task."""
    return _cell("markdown", name, source, task=True, points=4)


def read_only(source: str, name: str = "locked") -> NotebookNode:
    """Return a read-only cell."""
    return _cell("code", name, source, locked=True)


def write(index: int, source: str) -> Edit:
    """Return an edit that writes a text into a cell."""

    def edit(cells: list[NotebookNode]) -> None:
        cells[index]["source"] = source

    return edit


def add(index: int, source: str) -> Edit:
    """Return an edit that adds a line to a cell."""

    def edit(cells: list[NotebookNode]) -> None:
        cells[index]["source"] += "\n" + source

    return edit


def both(*edits: Edit) -> Edit:
    """Return an edit that makes these one after the other."""

    def edit(cells: list[NotebookNode]) -> None:
        for one in edits:
            one(cells)

    return edit


def _delete(index: int) -> Edit:
    def edit(cells: list[NotebookNode]) -> None:
        del cells[index]

    return edit


_SOLVED = "### BEGIN SOLUTION\n{}\n### END SOLUTION"
_ONE = answer(_SOLVED.format("x = 1"))
_HIDDEN = "\n### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"
_RIGHT, _WRONG = write(0, "x = 1"), write(0, "x = 2")
_PUPILS = {"right": _RIGHT, "wrong": _WRONG}
_TAKE = code("balance = 10\nbalance -= 4", "take")

CASES = (
    Case("autograded", (_ONE, graded("assert x == 1")), _PUPILS),
    Case("hidden", (_ONE, graded("assert x < 3" + _HIDDEN.format("assert x == 1"))), _PUPILS),
    Case(
        "hidden-side-effect",
        (_ONE, code("n = [0]", "n"), graded("n[0] += 1\nassert n == [1]" + _HIDDEN.format("assert x == 1"))),
        _PUPILS,
    ),
    Case(
        "hidden-in-a-loop",
        (
            _ONE,
            code("n = [0]", "n"),
            graded(
                "for i in (1,):\n    n[0] += i\n    ### BEGIN HIDDEN TESTS\n    assert x == 1\n    ### END HIDDEN TESTS\nassert n == [1]"
            ),
        ),
        _PUPILS,
    ),
    Case("hidden-only", (_ONE, graded(_HIDDEN.format("assert x == 1").strip())), _PUPILS),
    Case(
        "manual-markdown",
        (manual("Explain.\n\n=== BEGIN MARK SCHEME ===\nAll.\n=== END MARK SCHEME ==="),),
        {"right": write(0, "So.")},
    ),
    Case("manual-code", (manual(_SOLVED.format("x = 1"), "code"),), _PUPILS),
    Case(
        "task",
        (task("Draw.\n\n=== BEGIN MARK SCHEME ===\nAll.\n=== END MARK SCHEME ==="), code("", "canvas")),
        {"right": write(1, "x = 1")},
    ),
    Case("task-and-test", (_ONE, graded("assert x == 1"), task("Draw.")), _PUPILS),
    Case(
        "read-only",
        (_ONE, read_only("y = 1"), graded("assert x == y")),
        {"right": both(_RIGHT, write(1, "y = 1  # one")), "wrong": both(_WRONG, write(1, "y = 2"))},
    ),
    Case(
        "several-regions",
        (answer(_SOLVED.format("x = 1") + "\nz = 0\n" + _SOLVED.format("y = 2")), graded("assert (x, y) == (1, 2)")),
        {"right": write(0, "x, y = 1, 2"), "wrong": write(0, "x, y = 1, 1")},
    ),
    Case("partial-credit", (_ONE, graded("1.5 if x == 1 else 0.5")), _PUPILS),
    Case("raises", (_ONE, graded("1 / 0")), _PUPILS),
    Case(
        "answer-raises",
        (_ONE, graded("assert x == 1")),
        {"right": write(0, "x = 1\n1 / 0"), "wrong": write(0, "1 / 0\nx = 1")},
    ),
    Case("syntax-error", (_ONE, graded("assert x == 1")), {"wrong": write(0, "x = = 1")}),
    Case(
        "comment-in-a-plain-cell",
        (_ONE, _TAKE, graded("assert balance == 6 and x == 1")),
        {"right": both(_RIGHT, add(1, "# four less")), "wrong": both(_WRONG, add(1, "# four less"))},
    ),
    Case(
        "line-in-a-plain-cell",
        (_ONE, _TAKE, graded("assert balance == 6 and x == 1")),
        {"right": both(_RIGHT, add(1, "print(balance)"))},
    ),
    Case(
        "comment-in-a-test",
        (_ONE, code("n = [0]", "n"), graded("n[0] += 1\nassert n == [1] and x == 1")),
        {"right": both(_RIGHT, add(2, "# mine")), "wrong": both(_WRONG, write(2, "assert True"))},
    ),
    Case("deleted-test", (_ONE, graded("assert x == 1"), graded("assert x > 0", "test-2")), {"right": _RIGHT}),
    Case("name with spaces", (_ONE, graded("assert x == 1")), _PUPILS),
    Case(
        "files-beside",
        (_ONE, graded("from helper import one\nassert x == one() == int(open('data.txt').read())")),
        _PUPILS,
        {"helper.py": "def one():\n    return 1\n", "data.txt": "1"},
    ),
    Case(
        "no-grade-id",
        (
            NotebookNode({**code("y = 1", "old"), "metadata": {"nbgrader": {}}}),
            answer(_SOLVED.format("x = 1")),
            graded("assert x == y"),
        ),
        {"right": write(1, "x = 1")},
    ),
    Case(
        "out",
        (code("41", "out"), _ONE, graded("assert Out and _ == 41 and len(In) > 1 and x == 1")),
        {"right": write(1, "x = 1")},
    ),
    Case("get-ipython", (_ONE, graded("assert get_ipython().user_ns['x'] == 1")), _PUPILS),
    Case(
        "magics",
        (code("%matplotlib inline\nimport math", "magics"), _ONE, graded("%time assert x == 1")),
        {"right": both(write(1, "x = 1"), add(0, "# mine"))},
    ),
    Case(
        "open-figure",
        (
            code("%matplotlib inline\nimport matplotlib.pyplot as plt", "plots"),
            answer(_SOLVED.format("plt.plot([1, 2]);") + "\nax = plt.gca()"),
            graded("assert len(ax.lines) == 1"),
        ),
        {"right": write(1, "plt.plot([1, 2])\nax = plt.gca()")},
    ),
    Case("input", (_ONE, graded("input('?')")), _PUPILS),
    Case("prints", (_ONE, graded("print('fine')\nassert x == 1")), _PUPILS),
    Case(
        "functions",
        (
            answer("def f(a):\n    ### BEGIN SOLUTION\n    return a + 1\n    ### END SOLUTION"),
            graded("assert f(1) == 2"),
            graded("assert f(-1) == 0", "test-2", 1),
        ),
        {"right": write(0, "def f(a):\n    return a + 1"), "wrong": write(0, "def f(a):\n    return 2")},
    ),
    Case("zero-points", (_ONE, graded("assert x == 1", points=0)), _PUPILS),
    Case("autotest", (_ONE, graded("### AUTOTEST x")), _PUPILS),
    Case("hashed-autotest", (_ONE, graded("### HASHED AUTOTEST x")), _PUPILS),
    Case(
        "async",
        (
            answer("async def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION"),
            graded("assert await f() == 1"),
        ),
        {"right": write(0, "async def f():\n    return 1")},
    ),
    Case(
        "added-cell", (_ONE, graded("assert x == 1")), {"right": lambda cells: cells.insert(1, new_code_cell("x = 1"))}
    ),
)
