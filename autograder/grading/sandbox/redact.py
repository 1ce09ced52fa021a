"""Builds the package that student code finds behind the walls: questions and no answers. This runs outside the walls.

It is built from nothing: the modules that it takes to ask, pictures that are not drawn, and of each lesson's module only
what a question reaches. No file of this package is seen behind the walls, so nothing has to be hidden there.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import importlib.util
import io
import marshal
import pkgutil
import zipfile
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

from ...modules import LESSONS, file_of, imported, lessons_folder, needed
from ..files import write_beside

PACKAGE = "autograder"
# What runs behind the walls, and what a notebook imports there.
_ASKS = (f"{PACKAGE}.grading.sandbox.forkserver", f"{PACKAGE}.notebook")
_FIGURES, _UNDRAWN = f"{PACKAGE}.figures", f"{PACKAGE}.figures.undrawn"
# All that student code may know of an exercise while it is graded. A field that is not named here is no part of it.
QUESTION = frozenset(
    ("id", "number", "title", "way", "difficulty", "importance", "minutes", "points", "hints", "builders", "partial")
) | {"changes", "measure", "ask", "rtol", "atol"}
_DIGEST = hashlib.sha256().digest_size
# A zip file can't leave the time out.
_TIME = (1980, 1, 1, 0, 0, 0)

_NOT_DRAWN = """
__all__ = {names!r}


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    from autograder.figures.undrawn import undrawn

    return undrawn
"""


def package() -> bytes:
    """Return what `build` builds. It is kept beside the compiled modules, and built anew when a file of this package or a lesson changed.

    To build it takes most of a second, at the start of each command. Whoever may change it may change this package too.
    """
    folder = lessons_folder()
    kept = file_of(PACKAGE).parent / "__pycache__" / f"questions-{_digest(str(folder).encode()).hex()[:16]}.zip"
    sources = _sources(folder)
    with contextlib.suppress(OSError):
        found = kept.read_bytes()
        seal, content = found[:_DIGEST], found[_DIGEST:]
        if seal == _digest(sources, content):
            return content
    content = build()
    # Where this package was installed by somebody else, nothing can be kept.
    with contextlib.suppress(OSError):
        write_beside(kept, _digest(sources, content) + content)
    return content


def _sources(lessons: Path) -> bytes:
    """Return a digest of all that the package is built from."""
    root = file_of(PACKAGE).parent
    files = {*root.rglob("*.py"), *(root / "templates").glob("*.html"), *lessons.glob("*.py")}
    told = (part for path in sorted(files) for part in (str(path).encode(), path.read_bytes()))
    return _digest(importlib.util.MAGIC_NUMBER, *told)


def _digest(*parts: bytes) -> bytes:
    each = (hashlib.sha256(part).digest() for part in parts)
    return hashlib.sha256(b"".join(each)).digest()


def build() -> bytes:
    """Return the package for behind the walls as a zip file, from which Python imports.

    It holds compiled modules, as `autograder/probe.pyc`, and the templates of what a notebook shows.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as file:
        for name, content in _contents():
            file.writestr(zipfile.ZipInfo(name, _TIME), content)
    return packed.getvalue()


@lru_cache(maxsize=64)
def questions_only(source: str) -> str:
    """Return the text of a lesson's module without what its questions don't need.

    It takes out what is no part of a question in each exercise, then every name of the module that nothing needs any
    longer, and all comments and docstrings.
    """
    tree = ast.parse(source)
    withheld_fields = _fields_of_an_exercise() - QUESTION
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            node.keywords = [one for one in node.keywords if one.arg not in withheld_fields]
            if isinstance(node.func, ast.Name) and node.func.id == "Exercise":
                withheld = ast.Attribute(ast.Name("exercise_module", ast.Load()), "withheld", ast.Load())
                node.keywords += [ast.keyword("reference", withheld), ast.keyword("cases", ast.Tuple([], ast.Load()))]
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            node.body = [one for one in node.body if not _is_text(one)] or [ast.Pass()]
    reached = _reached(tree)
    future = [one for one in tree.body if isinstance(one, ast.ImportFrom) and one.module == "__future__"]
    kept = [one for one in tree.body if one not in future and reached & set(_defined(one))]
    for node in kept:
        if isinstance(node, ast.Import | ast.ImportFrom):
            node.names = [one for one in node.names if (one.asname or one.name.partition(".")[0]) in reached]
    tree.body = [*future, *ast.parse("from .. import exercise as exercise_module").body, *kept]
    return ast.unparse(ast.fix_missing_locations(tree))


@cache
def _fields_of_an_exercise() -> frozenset[str]:
    """Return the names of an exercise's fields, from the text: to import it would take a second, for torch comes along."""
    tree = ast.parse(file_of(f"{PACKAGE}.exercise").read_text(encoding="utf-8"))
    exercise = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Exercise")
    named = (node.target for node in exercise.body if isinstance(node, ast.AnnAssign))
    return frozenset(target.id for target in named if isinstance(target, ast.Name))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _defined(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement of a module defines in it."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (one.asname or one.name.partition(".")[0] for one in node.names)
    else:
        yield from (one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))


def _reached(tree: ast.Module) -> set[str]:
    """Return the names of a module that its `LESSON` reaches."""
    by_name: dict[str, list[ast.stmt]] = {}
    for node in tree.body:
        for name in _defined(node):
            by_name.setdefault(name, []).append(node)
    reached: set[str] = set()
    waiting = ["LESSON"]
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in reached:
            reached.add(name)
            used = (node for statement in by_name[name] for node in ast.walk(statement))
            waiting += [node.id for node in used if isinstance(node, ast.Name)]
    return reached


def _contents() -> Iterator[tuple[str, bytes]]:
    asking = needed(*_ASKS)
    lessons = {f"{LESSONS}.{one.name}" for one in pkgutil.iter_modules([str(lessons_folder())])}
    questions = {name: questions_only(path.read_text(encoding="utf-8")) for name, path in _files(lessons)}
    for name, text in questions.items():
        asking |= needed(*(one for one in imported(text, LESSONS) if one != name))
    figures = {_FIGURES, *(f"{_FIGURES}.{one.name}" for one in pkgutil.iter_modules([str(file_of(_FIGURES).parent)]))}
    for name, path in sorted((asking | dict(_files(figures))).items()):
        if name in lessons:
            continue
        text = path.read_text(encoding="utf-8")
        if name in figures and name != _UNDRAWN:
            text = _NOT_DRAWN.format(names=[one for one in _public(text) if one])
        yield _packed_name(name, path), _compiled(name, text)
    for name, text in sorted(questions.items()):
        yield f"{name.replace('.', '/')}.pyc", _compiled(name, text)
    templates = file_of(PACKAGE).parent / "templates"
    for path in sorted(templates.glob("*.html")):
        if not path.name.startswith("report"):
            yield f"{PACKAGE}/templates/{path.name}", path.read_bytes()


def _files(names: set[str]) -> list[tuple[str, Path]]:
    return [(name, file_of(name)) for name in sorted(names)]


def _public(text: str) -> Iterator[str]:
    """Yield the public functions of a module of figures, and for their package what it offers."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ImportFrom):
            yield from (name for name in _defined(node) if not name.startswith("_") and name != "annotations")


def _packed_name(name: str, path: Path) -> str:
    folder = name.replace(".", "/")
    return f"{folder}/__init__.pyc" if path.name == "__init__.py" else f"{folder}.pyc"


@cache
def _header() -> bytes:
    # Found by a hash, which is not looked at: there is no source to compare it with.
    return importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8)


@lru_cache(maxsize=256)
def _compiled(name: str, text: str) -> bytes:
    # A file name that no file has, by which the probe knows its own frames.
    code = compile(text, f"<{PACKAGE}>/{name.replace('.', '/')}.py", "exec", dont_inherit=True)
    return _header() + marshal.dumps(code)
