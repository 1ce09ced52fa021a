"""Which modules of this package a module needs, told from the text of its imports: nothing is imported to find out."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

# What pip calls this package.
DISTRIBUTION = "autograd-course"
LESSONS = "autograder.lessons"
# Names the folder of a course's own lessons. Processes that are started later inherit it.
FOLDER = "AUTOGRADER_LESSONS"


class LessonError(LookupError):
    """A lesson's module can't be used. The text says what was seen and what its author can do."""


def lessons_folder() -> Path:
    """Return the folder of the lessons' modules: a course's own or else this package's."""
    named = own_lessons()
    return Path(named) if named else file_of(LESSONS).parent


def own_lessons() -> str:
    """Return the path of the folder of a course's own lessons; "" where this package's are taken."""
    return os.environ.get(FOLDER, "")


def lessons_of(course: Path) -> Path | None:
    """Return the folder of a course's own lessons, which is `lessons/` beside its configuration; None where it has none."""
    folder = course.resolve() / "lessons"
    if not (course / "nbgrader_config.py").is_file():
        return None
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in folder.glob("*.py"))
    return folder if any(re.search(r"^LESSON\b", text, re.MULTILINE) for text in texts) else None


def use_lessons(folder: Path | None) -> None:
    """Take the lessons in a folder, or this package's own, here and in processes that are started from now on.

    The folder's modules run in this process as they are, so take none that a student can write to.

    Raises
    ------
    LessonError
        When a module in the folder is not written in Python.
    """
    if own_lessons() == str(folder or ""):
        return
    for path in sorted(folder.glob("*.py")) if folder is not None else ():
        _check_syntax(path)
    if folder is None:
        del os.environ[FOLDER]
    else:
        os.environ[FOLDER] = str(folder)
    for remembered in (imports, is_module, file_of):
        remembered.cache_clear()
    if LESSONS in sys.modules:
        sys.modules[LESSONS].find_anew()


def _check_syntax(path: Path) -> None:
    try:
        ast.parse(path.read_bytes())
    except SyntaxError as error:
        where = f"{path}, line {error.lineno}" if error.lineno else path
        raise LessonError(f"{where}: Expected Python; got {type(error).__name__}: {error.msg}. Correct it.") from None


def needed(*modules: str) -> dict[str, Path]:
    """Return the modules that these modules need, and they themselves, by name with their files.

    Imports for type checking alone count too. A package's `__init__` is needed where anything of the package is.
    """
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = file_of(name)
            waiting += imports(name)
            waiting += [name.rpartition(".")[0]] * ("." in name)
    return found


@cache
def imports(module: str) -> tuple[str, ...]:
    """Return the modules of this package that a module's text imports, anywhere in it.

    Parameters
    ----------
    module
        Its full name, as `autograder.grading.job`.
    """
    path = file_of(module)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return imported(path.read_text(encoding="utf-8"), package)


def imported(text: str, package: str) -> tuple[str, ...]:
    """Return the modules of this package that the text of a module in a package of it imports."""
    return tuple(dict.fromkeys(name for one in _statements(ast.parse(text)) for name in _imported(one, package)))


def _statements(around: ast.AST) -> Iterator[ast.AST]:
    """Yield all statements in a node; an expression holds none, and most nodes are expressions."""
    for field in ("body", "handlers", "cases", "orelse", "finalbody"):
        inner = getattr(around, field, None)
        for one in inner if isinstance(inner, list) else ():
            yield one
            yield from _statements(one)


def _imported(node: ast.AST, package: str) -> Iterator[str]:
    own = package.partition(".")[0]
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name.partition(".")[0] == own)
    elif isinstance(node, ast.ImportFrom):
        source = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
        if source.partition(".")[0] == own:
            for alias in node.names:
                # What is imported is a module in the package, or else a name in the module.
                inner = f"{source}.{alias.name}"
                yield inner if is_module(inner) else source


@cache
def is_module(name: str) -> bool:
    """Return whether this package has a module of this name."""
    try:
        file_of(name)
    except FileNotFoundError:
        return False
    return True


@cache
def file_of(module: str) -> Path:
    """Return the file of a module of this package.

    Raises
    ------
    FileNotFoundError
        When there is none.
    """
    if own_lessons() and module.startswith(f"{LESSONS}."):
        path = lessons_folder() / f"{module.removeprefix(f'{LESSONS}.')}.py"
        if path.is_file():
            return path
        raise FileNotFoundError(f"there is no module {module}")
    own, _, rest = module.partition(".")
    root = importlib.util.find_spec(own)
    places = root.submodule_search_locations if root is not None else None
    for place in places or ():
        stem = Path(place, *rest.split(".")) if rest else Path(place)
        for path in (stem / "__init__.py", stem.with_suffix(".py")):
            if path.is_file():
                return path
    raise FileNotFoundError(f"there is no module {module}")
