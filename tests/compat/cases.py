"""Assignments as data, one for each feature of nbgrader: the instructor's notebook, and what students make of it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import nbgrader
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

# The example of nbgrader's own documentation, which is installed with it.
NBGRADERS = Path(nbgrader.__file__).parent / "docs" / "source" / "user_guide"

Edit = Callable[[list[NotebookNode]], None]


DUE, LATE = "2026-01-01 00:00:00 UTC", "2026-01-02 00:00:00 UTC"


@dataclass(frozen=True)
class Notebook:
    """The instructor's notebook, and by student what they do to its cells. In each case "blank" does nothing."""

    cells: tuple[NotebookNode, ...]
    students: Mapping[str, Edit] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One assignment.

    Attributes
    ----------
    cells, students
        The notebook that has the assignment's name.
    files, handed_in
        What lies beside the instructor's notebook, and what all students put beside theirs.
    more
        Other notebooks of the assignment; `alone` says that there is no notebook with its name.
    config
        Lines of `nbgrader_config.py`.
    minor
        The notebook's format is 4 and this.
    late
        Whether all students hand in after the due date.
    on_purpose
        Why the scores are not nbgrader's.
    """

    name: str
    cells: tuple[NotebookNode, ...]
    students: Mapping[str, Edit] = field(default_factory=dict)
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    handed_in: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Notebook] = field(default_factory=dict)
    alone: bool = False
    config: str = ""
    kernel: str = "python3"
    language: str = "python"
    minor: int = 5
    late: bool = False
    on_purpose: str = ""

    @property
    def notebooks(self) -> Mapping[str, Notebook]:
        """The assignment's notebooks by name."""
        return {**({} if self.alone else {self.name: Notebook(self.cells, self.students)}), **self.more}


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
    return _cell("markdown", name, source, task=True, locked=True, points=4)


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


def _solve(source: Sequence[NotebookNode]) -> Edit:
    """Return an edit that writes the instructor's own solutions into a notebook."""
    solutions = {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in source if "nbgrader" in cell["metadata"]}

    def edit(cells: list[NotebookNode]) -> None:
        for cell in cells:
            own = cell["metadata"].get("nbgrader", {})
            if own.get("solution"):
                cell["source"] = solutions[own["grade_id"]]["source"]

    return edit


def _quickstart(name: str) -> Case:
    """Return an assignment of the course that `nbgrader quickstart` makes."""
    source = NBGRADERS / "source"
    notebooks = {path.stem: nbformat.read(path, as_version=4).cells for path in sorted((source / name).glob("*.ipynb"))}
    return Case(
        name,
        (),
        alone=True,
        more={stem: Notebook(tuple(cells), {"right": _solve(cells)}) for stem, cells in notebooks.items()},
        files={"jupyter.png": (source / name / "jupyter.png").read_bytes()},
        config=f"c.IncludeHeaderFooter.header = {str(source / 'header.ipynb')!r}\n",
    )


_SOLVED = "### BEGIN SOLUTION\n{}\n### END SOLUTION"
_ONE = answer(_SOLVED.format("x = 1"))
_HIDDEN = "\n### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"
_RIGHT, _WRONG = write(0, "x = 1"), write(0, "x = 2")
_PUPILS = {"right": _RIGHT, "wrong": _WRONG}
_ZERO = 'c.LateSubmissionPlugin.penalty_method = "zero"\n'
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
        "added-cell",
        (_ONE, graded("assert x == 1")),
        {"right": lambda cells: cells.insert(1, new_code_cell("x = 1", id="added"))},
    ),
    Case(
        "solution-delimiters",
        (answer("# ANSWER\nx = 1\n# END ANSWER"), graded("assert x == 1")),
        _PUPILS,
        config='c.ClearSolutions.begin_solution_delimeter = "# ANSWER"\nc.ClearSolutions.end_solution_delimeter = "# END ANSWER"\n',
    ),
    Case(
        "hidden-delimiters",
        (_ONE, code("n = [0]", "n"), graded("n[0] += 1\nassert n == [1]\n# HIDE\nassert x == 1\n# SHOW")),
        _PUPILS,
        config='c.ClearHiddenTests.begin_test_delimeter = "# HIDE"\nc.ClearHiddenTests.end_test_delimeter = "# SHOW"\n',
    ),
    Case(
        "stubs",
        (_ONE, manual(_SOLVED.format("y = 1"), "code"), graded("assert x == 1")),
        _PUPILS,
        config='c.ClearSolutions.code_stub = {"python": "x = None  # write here"}\n',
    ),
    Case("late-zero", (_ONE, graded("assert x == 1")), _PUPILS, late=True, config=_ZERO),
    Case("in-time", (_ONE, graded("assert x == 1")), _PUPILS, config=_ZERO),
    Case("late-none", (_ONE, graded("assert x == 1")), _PUPILS, late=True),
    Case(
        "timeout",
        (_ONE, graded("assert x == 1")),
        {"right": write(0, "x = 1\nwhile True:\n    pass"), "wrong": write(0, "while True:\n    pass")},
        config="c.ExecutePreprocessor.timeout = 2\n",
    ),
    Case(
        "timeout-of-a-test",
        (_ONE, graded("import time\ntime.sleep(30 * x)"), graded("assert x == 1", "test-2")),
        {"right": _RIGHT},
        config="c.ExecutePreprocessor.timeout = 2\n",
    ),
    Case(
        "header-and-footer",
        (_ONE, graded("assert x == seven - 6")),
        {"right": write(1, "x = 1"), "wrong": write(1, "x = 2")},
        config='from pathlib import Path\nimport nbformat\nPath("header.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("seven = 7", id="seven")])))\n'
        'c.IncludeHeaderFooter.header = "header.ipynb"\n',
    ),
    Case(
        "ignored-pattern",
        (_ONE, graded("import sys\nprint('careful', file=sys.stderr)\nassert x == 1")),
        _PUPILS,
        config='c.IgnorePattern.enabled = True\nc.IgnorePattern.pattern = "careful"\n',
    ),
    Case(
        "stderr",
        (_ONE, graded("import sys\nprint('careful', file=sys.stderr)\nassert x == 1")),
        _PUPILS,
        on_purpose="a warning costs no points: nbgrader gives 0 for each word on stderr",
    ),
    Case("format-4.4", (_ONE, graded("assert x == 1")), _PUPILS, minor=4),
    Case("format-4.0", (_ONE, code("y = 1"), graded("assert x == y")), _PUPILS, minor=0),
    Case(
        "kernel-not-installed",
        (_ONE, graded("assert x == 1")),
        _PUPILS,
        kernel="conda-env-ml-py",
        on_purpose="nbgrader stops where a kernel of this name is not installed; here any notebook in Python runs",
    ),
    Case("points-with-decimals", (_ONE, graded("0.25 if x == 1 else 0.05", points=0.3)), _PUPILS),
    Case("numpy-points", (_ONE, graded("import numpy as np\nnp.float64(0.5)")), _PUPILS),
    Case(
        "negative-points",
        (_ONE, graded("-1 if x != 1 else 2")),
        _PUPILS,
        on_purpose="nbgrader gives all points for a value below 0; here that cell gets 0",
    ),
    Case(
        "nan-points",
        (_ONE, graded("float('nan') if x != 1 else 2")),
        _PUPILS,
        on_purpose="nbgrader gives all points for a value that is not a number; here that cell gets 0",
    ),
    Case("bool-points", (_ONE, graded("x == 1")), _PUPILS),
    Case("text-points", (_ONE, graded("'0.5'")), _PUPILS),
    Case("printed-points", (_ONE, graded("print(0.5)")), _PUPILS),
    Case("displayed-points", (_ONE, graded("from IPython.display import display\ndisplay(0.5)\n1.5")), _PUPILS),
    Case("silent-points", (_ONE, graded("0.5;")), _PUPILS),
    Case(
        "mark-scheme",
        (
            task("Draw.\n### BEGIN MARK SCHEME\none point for the axes\n### END MARK SCHEME"),
            _ONE,
            graded("assert x == 1"),
        ),
        {"right": write(1, "x = 1"), "wrong": write(1, "x = 2")},
    ),
    Case(
        "solution-in-markdown",
        (manual("Why?\n### BEGIN SOLUTION\nBecause.\n### END SOLUTION"), _ONE, graded("assert x == 1")),
        {"right": both(write(0, "Because."), write(1, "x = 1")), "untouched-text": write(1, "x = 1")},
    ),
    Case(
        "run-a-file",
        (code("%run helper.py"), _ONE, graded("assert x == one")),
        {"right": write(1, "x = one"), "wrong": write(1, "x = 2")},
        files={"helper.py": "one = 1"},
    ),
    Case(
        "names-in-other-scripts",
        (answer(_SOLVED.format("größe = 1")), graded("assert größe == 1")),
        {"right": write(0, "größe = 1"), "wrong": write(0, "größe = 2")},
    ),
    Case("much-output", (_ONE, graded("for i in range(3000): print(i)\nassert x == 1")), _PUPILS),
    Case("R", (_ONE, graded("assert x == 1")), _PUPILS, kernel="ir", language="R"),
    Case(
        "duplicated-test",
        (_ONE, graded("assert x == 1")),
        {
            "right": both(_RIGHT, lambda cells: cells.append(copy.deepcopy(cells[1]))),
            "wrong": both(_WRONG, lambda cells: cells.append(copy.deepcopy(cells[1]))),
        },
        on_purpose="nbgrader refuses a submission with a cell twice; here the copy is left out",
    ),
    Case("deleted-answer", (_ONE, graded("assert x == 1")), {"right": both(_RIGHT, _delete(0))}),
    Case(
        "moved",
        (_ONE, graded("assert x == 1")),
        {"right": both(_RIGHT, lambda cells: cells.reverse())},
        on_purpose="cells run in the instructor's order",
    ),
    Case(
        "skipped-by-a-tag",
        (_ONE, graded("assert x == 1")),
        {"wrong": both(_WRONG, lambda cells: cells[1]["metadata"].update(tags=["skip-execution"]))},
        on_purpose="a student's tag does not switch a test off: nbgrader gives all its points",
    ),
    Case(
        "too-many-points",
        (_ONE, graded("5 if x == 1 else 0")),
        _PUPILS,
        on_purpose="nbgrader fails on a submission that claims more points than there are; here that cell gets 0",
    ),
    Case(
        "several notebooks",
        (_ONE, graded("assert x == 1")),
        _PUPILS,
        more={
            "part two": Notebook(
                (_ONE, graded("assert x == 1", points=3), task("Draw.")), {"right": _WRONG, "wrong": _RIGHT}
            ),
            "reading": Notebook((new_markdown_cell("Read this.", id="read"), code("1 + 1"))),
        },
    ),
    Case(
        "one-missing", (_ONE, graded("assert x == 1")), _PUPILS, more={"b": Notebook((_ONE, graded("assert x == 1")))}
    ),
    _quickstart("ps1"),
    _quickstart("ps1_autotest"),
    Case(
        "hw1",
        (),
        alone=True,
        more={"problem 1": Notebook((_ONE, graded("assert x == 1")), _PUPILS)},
    ),
    Case("hw10", (_ONE, graded("assert x == 1")), {"right": _RIGHT, "only-hw10": _RIGHT}),
    Case(
        "files-in-folders",
        (_ONE, graded("from tools.helper import one\nassert x == one() == int(open('data/one.txt').read())")),
        _PUPILS,
        {"tools/helper.py": "def one():\n    return 1\n", "data/one.txt": "1"},
    ),
    Case(
        "file-of-a-student",
        (_ONE, graded("assert x == 1")),
        {"right": write(0, "from mine import one\nx = one")},
        handed_in={"mine.py": "one = 1\n"},
    ),
    Case(
        "file-overwritten",
        (_ONE, graded("import given\nassert x == given.one == 1")),
        _PUPILS,
        {"given.py": "one = 1\n"},
        {"given.py": "one = 2\n"},
    ),
    Case(
        "file-to-edit",
        (_ONE, graded("import given\nassert x == 1 and given.one == 2")),
        _PUPILS,
        {"given.py": "one = 1\n"},
        {"given.py": "one = 2\n"},
        config='c.Autograde.exclude_overwriting = {"file-to-edit": ["given.py"]}\n',
    ),
    Case(
        "file-written",
        (code("%%writefile made.py\none = 1", "write"), _ONE, graded("import made\nassert x == made.one")),
        {"right": write(1, "x = 1")},
    ),
    Case(
        "figure-in-a-test",
        (
            code("import matplotlib.pyplot as plt", "plots"),
            answer(_SOLVED.format("plt.plot([1, 2]);")),
            graded("assert len(plt.gca().lines) == 1"),
            graded("assert plt.get_fignums() == []", "test-2"),
        ),
        {"right": write(1, "plt.plot([1, 2]);")},
    ),
    Case(
        "plot-by-hand",
        (code("import matplotlib.pyplot as plt", "plots"), manual(_SOLVED.format("plt.plot([1, 2])"), "code")),
        {"right": write(1, "plt.plot([1, 2]);")},
    ),
    Case("exits", (_ONE, graded("assert x == 1")), {"right": write(0, "x = 1\nimport sys\nsys.exit()")}),
    Case("main", (_ONE, graded("assert x == 1 and __name__ == '__main__' and globals()['x'] == 1")), _PUPILS),
    Case(
        "source-of-an-answer",
        (
            answer("def f(a):\n    ### BEGIN SOLUTION\n    return a + 1\n    ### END SOLUTION"),
            graded("import inspect\nassert 'for' not in inspect.getsource(f) and f(1) == 2"),
        ),
        {
            "right": write(0, "def f(a):\n    return a + 1"),
            "wrong": write(0, "def f(a):\n    for _ in (1,):\n        return a + 1"),
        },
    ),
    Case(
        "unittest",
        (
            _ONE,
            graded(
                "import unittest\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(x, 1)\n"
                "ran = unittest.TextTestRunner(stream=__import__('io').StringIO()).run(unittest.defaultTestLoader.loadTestsFromTestCase(T))\n"
                "assert ran.wasSuccessful()"
            ),
        ),
        _PUPILS,
    ),
    Case(
        "captured",
        (_ONE, graded("%%capture shown\nprint(x)"), graded("assert shown.stdout == '1\\n'", "test-2")),
        _PUPILS,
    ),
    Case("numpy", (_ONE, graded("import numpy as np\nnp.testing.assert_allclose([x], [1.0])")), _PUPILS),
    Case("displayed", (_ONE, graded("from IPython.display import display\ndisplay(x)\nassert x == 1")), _PUPILS),
    Case("value", (_ONE, graded("assert x == 1\n'fine'")), _PUPILS),
    Case("nothing-graded", (code("1 + 1"),), {"right": write(0, "2 + 2")}),
)
