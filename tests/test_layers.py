"""The package's modules stand on floors: imports run down, never up and never in a circle, and each module stands alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement

import autograder
from autograder.modules import DISTRIBUTION, LESSONS, imported, imports, needed

PACKAGE = Path(autograder.__file__).parent
MODULES = sorted(
    ".".join(("autograder", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
)
# What a part may import of the package, by the beginnings of names; what is not named here has no rule but the circles'.
MAY_IMPORT = {
    # Data, and pure functions over it: they know nothing of how a verdict is shown, or of who asks.
    "autograder.observation": (),
    "autograder.finding": (),
    "autograder.sketch": (),
    "autograder.verdict": ("autograder.finding", "autograder.sketch"),
    "autograder.mistake": ("autograder.observation",),
    "autograder.exercise": ("autograder.mistake",),
    "autograder.overview": ("autograder.exercise", "autograder.verdict"),
    "autograder.misconceptions": (),
    # Where a course's files lie, for all that does something with them.
    "autograder.grading.layout": (
        *("autograder.grading", "autograder.grading.configuration", "autograder.grading.submission"),
        "autograder.modules",
    ),
    # Of grading, the sandbox takes the error, and how a file is written in one step.
    "autograder.grading.sandbox": (
        "autograder.grading",
        "autograder.grading.files",
        "autograder.grading.sandbox.*",
        *(
            "autograder.diagnosis.running",
            "autograder.exercise",
            "autograder.figures",
            "autograder.lessons",
            "autograder.modules",
            "autograder.probe",
            "autograder.settings",
        ),
    ),
}
# Nobody but the command, what an instructor configures, and they themselves.
ONLY_FROM = {
    "autograder.cli": (),
    "autograder.commands": ("autograder.cli",),
    "autograder.grading.lms": ("autograder.grading.report.tables",),
    "autograder.grading.report": ("autograder.commands.course", "autograder.commands.grade"),
    "autograder.authoring": ("autograder.commands.course",),
    "autograder.starting": ("autograder.commands.course",),
    "autograder.grading.adopting": ("autograder.commands.course",),
    # The parts of a course. Whoever wants something of it asks the whole.
    "autograder.grading.opening": ("autograder.grading.course",),
    "autograder.grading.handed_in": ("autograder.grading.course", "autograder.grading.adopting"),
    "autograder.grading.graded_tree": ("autograder.grading.course",),
}


def within(name: str, part: str) -> bool:
    return name == part or name.startswith(f"{part}.")


def allowed(name: str, rules: tuple[str, ...]) -> bool:
    return any(within(name, rule.removesuffix(".*")) if rule.endswith(".*") else name == rule for rule in rules)


def test_imports_form_no_circle() -> None:
    # A package's `__init__` gathers what is below it, so it comes after its modules and before whoever imports the package.
    graph = {name: set(imports(name)) - {name} for name in MODULES}
    graph["autograder"] = set()
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_a_part_imports_only_what_is_below_it(part: str) -> None:
    for name in (name for name in MODULES if within(name, part)):
        wrong = [one for one in imports(name) if not allowed(one, MAY_IMPORT[part])]
        assert not wrong, f"{name} imports {wrong}"


@pytest.mark.parametrize("part", ONLY_FROM)
def test_nothing_imports_a_part_from_below_it(part: str) -> None:
    importers = {name for name in MODULES if not within(name, part) and any(within(one, part) for one in imports(name))}
    assert importers <= set(ONLY_FROM[part])


def test_nothing_that_judges_knows_of_grading() -> None:
    outside = (
        "autograder.grading",
        "autograder.cli",
        "autograder.commands",
        "autograder.authoring",
        "autograder.starting",
    )
    judging = {name for name in MODULES if not any(within(name, part) for part in outside)}
    assert not {(name, one) for name in judging for one in imports(name) if within(one, "autograder.grading")}


def test_the_engine_imports_no_lesson() -> None:
    """A course of somebody else's takes their place."""
    lessons = {name for name in MODULES if name.startswith(f"{LESSONS}.")}
    assert lessons
    assert not {(name, one) for name in set(MODULES) - lessons for one in imports(name) if one in lessons}


IMPORT_ALONE = """
import importlib, os, sys, traceback
# What takes long and is not ours; a fork of this process has imported none of the package's modules.
import IPython, distributed, ipywidgets, jinja2, matplotlib.pyplot, msgspec, nbgrader.apps, networkx, sqlalchemy, torch
assert not [name for name in sys.modules if name.partition(".")[0] == "autograder"]
for module in sys.argv[1:]:
    if os.fork() == 0:
        try:
            importlib.import_module(module)
        except BaseException:
            print(module, traceback.format_exc(), flush=True)
        os._exit(0)
    os.wait()
"""


def test_each_module_can_be_imported_first() -> None:
    ran = subprocess.run([sys.executable, "-c", IMPORT_ALONE, *MODULES], capture_output=True, text=True, check=True)
    assert ran.stdout == ""


def test_the_command_starts_without_torch() -> None:
    # It takes seconds to import, and most of what the command does has no use for it.
    program = "import sys, autograder.cli, autograder.grading.course; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("module", ["autograder.notebook", "autograder.grading.engine"])
def test_what_checks_answers_looks_for_no_garbage_in_what_is_imported(module: str) -> None:
    # In all of PyTorch that takes longer than a check.
    program = f"import gc, {module}; exit(gc.get_freeze_count() <= 10 * len(gc.get_objects()))"
    subprocess.run([sys.executable, "-c", program], check=True)


def imported_libraries(text: str) -> set[str]:
    """Return the libraries that a text imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return {name.partition(".")[0] for name in found} - {*sys.stdlib_module_names, "autograder"}


def test_a_notebook_needs_only_what_the_plain_package_brings() -> None:
    paths = (PACKAGE.parent / "solutions").glob("*/*.ipynb")
    cells = [cell.source for path in paths for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    texts = [text for text in cells if "import" in text]
    asked = {name for text in texts for name in imported(text, "solutions")} | {"autograder.notebook"}
    lessons = (name for name in MODULES if name.startswith(f"{LESSONS}."))
    modules = needed(*asked, *lessons)
    assert len(modules) > 40
    wanted = {name for path in modules.values() for name in imported_libraries(path.read_text(encoding="utf-8"))}
    wanted |= {name for text in texts for name in imported_libraries(text)}
    owners = metadata.packages_distributions()
    brought = {Requirement(one).name for one in metadata.requires(DISTRIBUTION) or [] if "extra ==" not in one}
    assert {owner.lower() for name in wanted for owner in owners[name]} <= brought


WITHOUT_GRADING = """
import sys
from autograder import cli
sys.modules.update(dict.fromkeys(cli.GRADING))
for arguments in (["progress", sys.argv[1]], ["grade"], ["adopt"]):
    try:
        cli.main(arguments, "autograder")
    except SystemExit as ended:
        print(ended.code)
"""


def test_where_only_the_plain_package_is_a_command_that_needs_more_says_what_to_install() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_GRADING, str(PACKAGE.parent / "notebooks")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    *shown, progress, grade, adopt = ran.stdout.splitlines()
    assert "Next: 1.1" in shown[-1]
    assert (progress, grade, adopt) == ("0", "2", "2")
    first, second = ran.stderr.splitlines()
    assert first == (
        "Error: `autograder grade` needs rich, and rich is not installed. Run: pip install 'autograd-course[grading]'"
    )
    assert "`autograder adopt` needs" in second
