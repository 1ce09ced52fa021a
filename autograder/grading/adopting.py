"""Says what of somebody's nbgrader course works behind the walls, from its files alone: no cell of it is run."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import nbformat
from nbformat import NotebookNode

from .course import Course, CourseError
from .files import write_beside
from .handed_in import files_given
from .preprocessors import other_language
from .rebuild import grade_id_of, source_of
from .sandbox import MIB

LINES = """\
from autograder.grading.configure import grade_behind_walls

grade_behind_walls(get_config())
"""
_NETWORK = {"requests", "httpx", "aiohttp", "socket", "ftplib", "smtplib"}
_PROCESSES = re.compile(
    r"^\s*(?:\w+\s*=\s*)?!|^%%(?:bash|sh|script)\b|\bsubprocess\.|\bos\.(?:system|popen)\(", re.MULTILINE
)
_ADDRESS = re.compile(r"(?:https?|ftp)://\S+")
# What reads the file that its first argument names.
_READS = {"open", "read_csv", "read_excel", "read_json", "read_table", "loadtxt", "genfromtxt", "load", "imread"}
# What fetches an address.
_FETCHES = {"get", "post", "urlopen", "urlretrieve", "read_html", "download"}
_WRITES_CELL = re.compile(r"^%%writefile(?: -a)? +(\S+)", re.MULTILINE)
_MAGIC = re.compile(r"^\s*[%!?].*$", re.MULTILINE)


@dataclass(frozen=True)
class Remark:
    """Something in an assignment that does not work, or not as it is: where, and a sentence about it."""

    lesson: str
    place: str
    sentence: str


def walls(course: Course) -> list[str]:
    """Return what a submission is refused, in sentences without a full stop."""
    limits = course.settings().limits
    return [
        "the network, and every file outside the assignment's own folder",
        f"more than {limits.memory // MIB:,} MiB of memory",
        f"files of more than {limits.file_size // MIB} MiB, and more than {limits.disk // MIB} MiB in all",
        f"a cell that takes more than {limits.cell_timeout:g} s, and cells that take more than {limits.wall:g} s together",
        "starting processes, where the grader is root or user namespaces are refused",
    ]


def has_lines(root: Path) -> bool:
    """Return whether a course's configuration has the lines, or what our own course has instead."""
    before = _configuration(root)
    return "grade_behind_walls(" in before or "set_up(" in before


def write_lines(root: Path) -> bool:
    """Add the lines to a course's configuration; return whether they were not there yet."""
    if has_lines(root):
        return False
    text = f"{_configuration(root).rstrip()}\n\n# Submissions run behind walls.\n{LINES}".lstrip()
    write_beside(root / "nbgrader_config.py", text.encode())
    return True


def _configuration(root: Path) -> str:
    path = root / "nbgrader_config.py"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def examine(course: Course) -> list[Remark]:
    """Return what does not work of a course's assignments, or not as it is.

    Raises
    ------
    CourseError
        When there is no assignment, or the gradebook can't be used.
    """
    found = []
    lessons = course.lessons()
    if not lessons:
        place = course.solutions_folder / "<assignment>" / "<notebook>.ipynb"
        raise CourseError(f"Expected the instructor's notebooks at {place}; there are none.")
    released = course.released_notebooks()
    for lesson in lessons:
        for name in course.notebooks(lesson):
            path = course.solution(lesson, name)
            sentences = list(_of_notebook(path))
            if (lesson, name) not in released:
                sentences.append(("", "it is not in the gradebook. Release it: nbgrader generate_assignment"))
            found += [Remark(lesson, f"{name}{cell}", sentence) for cell, sentence in sentences]
        found += [Remark(lesson, "its files", sentence) for sentence in _of_files(course, lesson)]
    return found


def _of_files(course: Course, lesson: str) -> Iterator[str]:
    limits = course.settings().limits
    files, left_out = files_given(course, lesson)
    for why in left_out:
        yield f"{why}. `autograder grade` refuses that: make it smaller, or add its name to c.CourseDirectory.ignore"
    for file in files:
        if len(file.content) > limits.file_size:
            yield f"{file.name} is larger than {limits.file_size // MIB} MiB, so cells will not find all of it"
    if sum(len(file.content) for file in files) > limits.disk:
        yield f"together they are larger than {limits.disk // MIB} MiB, so cells will not find all of them"


def _of_notebook(path: Path) -> Iterator[tuple[str, str]]:
    """Yield what does not work of a notebook: the cell, as ", cell 3" or "", and a sentence."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:
        yield "", f"it can't be read: {type(error).__name__}: {str(error)[:100]}"
        return
    if language := other_language(notebook):
        yield "", f"it is in {language}. Only Python is graded: grade it by nbgrader alone"
        return
    times = Counter(filter(None, map(grade_id_of, notebook.cells)))
    yield from (
        ("", f"{times[name]} cells have the grade id {name!r}. Give each its own") for name in times if times[name] > 1
    )
    written = _written(notebook)
    for place, cell in enumerate(notebook.cells, 1):
        own = cell.metadata.get("nbgrader") or {}
        where = f", cell {place}"
        if own and own.get("schema_version", 0) < 3:
            yield where, "its metadata is of an old nbgrader. Run `nbgrader update` in the course's directory"
        if cell.cell_type == "code":
            yield from ((where, sentence) for sentence in _of_code(source_of(cell), path.parent, written))


def _written(notebook: NotebookNode) -> set[str]:
    """Return the names of files that cells of a notebook write."""
    sources = [source_of(cell) for cell in notebook.cells if cell.cell_type == "code"]
    named = {name for source in sources for name in _WRITES_CELL.findall(source)}
    return named | {call.file for source in sources for call in _calls(_parsed(source)) if call.writes}


@dataclass(frozen=True)
class _Call:
    """A call whose first argument is written out: the function's name, that text, and whether it writes a file."""

    name: str
    file: str
    writes: bool


def _calls(tree: ast.Module) -> Iterator[_Call]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(ast.Name(name) | ast.Attribute(attr=name), [ast.Constant(str() as file), *others]):
                modes = [one.value for one in others if isinstance(one, ast.Constant)] or ["r"]
                writes = name.startswith(("to_", "save")) or (name == "open" and not str(modes[0]).startswith("r"))
                yield _Call(name, file, writes)


def _parsed(source: str) -> ast.Module:
    """Return the syntax tree of a cell without its magics; an empty one where it is no Python."""
    try:
        return ast.parse(_MAGIC.sub("", source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def _of_code(source: str, folder: Path, written: set[str]) -> Iterator[str]:
    if _PROCESSES.search(source):
        yield "it starts a process, which the walls may refuse"
    tree = _parsed(source)
    modules = {name for node in ast.walk(tree) for name in _imported(node)}
    calls = list(_calls(tree))
    asks = sorted(name for name in modules if name.partition(".")[0] in _NETWORK or name.startswith("urllib.request"))
    asks += [found[0] for call in calls if call.name in _READS | _FETCHES and (found := _ADDRESS.match(call.file))]
    if asks:
        yield f"it asks the network ({asks[0][:80]}), which is not there. Put the data beside the notebook"
    for name in sorted({one.partition(".")[0] for one in modules}):
        if why := _why_not_there(name, folder, written):
            yield f"it imports {name}, {why}"
    for name in sorted({call.file for call in calls if call.name in _READS and not call.writes} - written):
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            yield f"it asks for {name[:80]!r}, which is outside the assignment's folder. Put it beside the notebook"
        elif not (folder / name).exists() and not _ADDRESS.match(name):
            yield f"it asks for {name[:80]!r}, which does not lie beside the notebook"


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module


def _why_not_there(module: str, folder: Path, written: set[str]) -> str:
    """Return why a module can't be imported behind the walls, or ""."""
    if f"{module}.py" in written or module in sys.stdlib_module_names or module in ("autograder", "__main__"):
        return ""
    try:
        found = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        found = None
    if found is not None:
        return ""
    # In a folder within, too: cells may put that on the path.
    packages = (path for path in folder.rglob(module) if path.is_dir())
    if any(folder.rglob(f"{module}.py")) or any(packages):
        return ""
    return "which is not installed. Install it, or put it beside the notebook"
