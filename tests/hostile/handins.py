"""Whole hand-in folders as nobody should hand them in: names, sizes, encodings, times, links, and what is no file.

A class holds many of them, and three honest neighbours: the first, one in the middle, and the last. It must be graded to its
end: a row for each folder, the neighbours with all their points, and nothing of a neighbour's or of the solutions in what
is written for another student.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell

from autograder.grading.submitted import plain
from autograder.lessons import all_lessons
from tests.grading.conftest import run
from tests.notebooks.conftest import new_course
from tests.sample_class import submissions

LESSON = all_lessons()[0]
FOLDER, NOTEBOOK = LESSON.folder, f"{LESSON.folder}.ipynb"
HONEST = ("0-first", "m-middle", "zzz-last")
# Somebody whose file others have made theirs by hard links.
COPIED = "q-copied"
# Stands in the neighbours' files and in the solutions, and may get to nobody else.
SECRET = "what-only-its-author-may-see"

Make = Callable[[random.Random, Path], object]


@dataclass(frozen=True)
class Outcome:
    """What came of a class: how many hostile folders there were, and in a sentence each what went wrong."""

    tried: int
    faults: tuple[str, ...]


def try_class(root: Path, number: int, seed: int) -> Outcome:
    """Grade a class of so many hostile folders in a new course in `root`, twice, with feedback, report and export."""
    new_course(root, [LESSON])
    rng = random.Random(seed)
    hand_in_honestly(root)
    expected = {*HONEST, COPIED, *(plain(hand_in(rng, root, i)) for i in range(number))}
    faults = []
    for again in (False, True):
        done = run(root, "autograder", "grade", "--feedback", "--yes", "--json", FOLDER)
        if done.returncode != 1:
            return Outcome(number, (f"status {done.returncode}: {done.stderr[-500:]}",))
        rows = {one["student"]: one for one in json.loads(done.stdout)}
        if set(rows) != expected:
            faults.append(f"rows are missing or too many: {sorted(set(rows) ^ expected)[:5]}")
        faults += [f"{name} has {rows[name]}" for name in HONEST if rows.get(name, {}).get("score") != 20]
        faults += [
            f"no feedback for {name} ({again})"
            for name, row in rows.items()
            if row["status"] == "graded" and not course_page(root, name).exists()
        ]
        faults += [f"{name}: {one['reason']}" for name, one in rows.items() if "the grader itself" in one["reason"]]
    faults += [f"{path} holds what is another's" for path in written_for_others(root) if SECRET in _text(path)]
    for command in (("autograder", "report"), ("nbgrader", "export", "--to=grades.csv")):
        done = run(root, *command)
        if done.returncode != 0:
            faults.append(f"{command}: {done.stderr[-500:]}")
    return Outcome(number, tuple(faults))


def course_page(root: Path, student: str) -> Path:
    """Return where a student's feedback lies."""
    return root / "feedback" / student / FOLDER / f"{FOLDER}.html"


def written_for_others(root: Path) -> list[Path]:
    """Return all files that were written for students that are not honest."""
    return [
        path
        for tree in ("autograded", "feedback")
        for path in (root / tree).rglob("*")
        if path.relative_to(root / tree).parts[0] not in (*HONEST, COPIED) and path.is_file()
    ]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def hand_in_honestly(root: Path) -> None:
    """Write what the neighbours hand in, and mark it and the solutions."""
    released = nbformat.read(root / "notebooks" / FOLDER / NOTEBOOK, as_version=4)
    right = nbformat.reads(next(submissions(LESSON, released))[1], as_version=4)
    right.cells.append(new_markdown_cell(SECRET, id="secret"))
    for name in (*HONEST, COPIED):
        folder = root / "submitted" / name / FOLDER
        folder.mkdir(parents=True)
        nbformat.write(right, folder / NOTEBOOK)
        (folder / "data.csv").write_text(SECRET)
        (folder / "timestamp.txt").write_text("2025-10-03 17:00 UTC")
    (root / "solutions" / FOLDER / "hidden.csv.ipynb").write_text(SECRET)


def hand_in(rng: random.Random, root: Path, number: int) -> str:
    """Write one hostile hand-in; return the name of its student's folder."""
    name = f"{rng.choice(STUDENTS)}{number:05}"
    student = root / "submitted" / name
    folder = student / FOLDER
    match rng.randrange(12):
        case 0:
            _try(rng.choice(STUDENT_LINKS), rng, student)
        case 1:
            student.mkdir()
            _try(rng.choice(FOLDER_PLACES), rng, folder)
        case _:
            folder.mkdir(parents=True)
            _try(rng.choice(NOTEBOOKS), rng, folder / _any_name(rng))
            for make in rng.sample(TIMESTAMPS, rng.randrange(2)):
                _try(make, rng, folder / "timestamp.txt")
            for make in rng.sample(BESIDE, rng.randrange(4)):
                _try(make, rng, folder / rng.choice(NAMES))
    return name


def _try(make: Make, rng: random.Random, path: Path) -> None:
    # Some names are too long for what is made there. What exists already may be a pipe, or a link to a neighbour's file.
    with suppress(OSError):
        if not os.path.lexists(path):
            make(rng, path)


def _any_name(rng: random.Random) -> str:
    return NOTEBOOK if rng.random() < 0.8 else rng.choice([name for name in NAMES if name.endswith(".ipynb")])


def _link(*parts: str) -> Make:
    """Return what makes a link to a place in the course."""
    return lambda _, path: path.symlink_to(_course(path).joinpath(*parts))


def _hard_link(*parts: str) -> Make:
    return lambda _, path: os.link(_course(path).joinpath(*parts), path)


def _course(path: Path) -> Path:
    return next(one.parent for one in path.parents if one.name == "submitted")


def _bytes(*contents: bytes) -> Make:
    return lambda rng, path: path.write_bytes(rng.choice(contents))


def _sparse(rng: random.Random, path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(rng.choice((60_000_000, 10_000_000_000, 2**42)))


def _socket(_: random.Random, path: Path) -> None:
    here = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as made:
        # Its name may be a hundred bytes long and no longer.
        made.bind(f"/proc/self/fd/{here}/{path.name}"[:107])
    os.close(here)


def _device(_: random.Random, path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except PermissionError:
        os.mkfifo(path)


def _unreadable(_: random.Random, path: Path) -> None:
    path.write_text("{}")
    path.chmod(0)


def _folder(_: random.Random, path: Path) -> None:
    path.mkdir()
    (path / "inside.txt").write_text("x")


def _deep(rng: random.Random, path: Path) -> None:
    at = path
    for _ in range(rng.choice((5, 40))):
        at.mkdir()
        (at / "x").touch()
        at = at / rng.choice(("d", "long" * 20))


def _many(_: random.Random, path: Path) -> None:
    path.mkdir()
    for i in range(300):
        (path / f"{i}").touch()


def _notebook(rng: random.Random, path: Path) -> None:
    """Write one that can be run, with little in it."""
    released = json.loads((_course(path) / "notebooks" / FOLDER / NOTEBOOK).read_text(encoding="utf-8"))
    graded = [cell for cell in released["cells"] if "nbgrader" in cell["metadata"]]
    for cell in rng.sample(graded, 2):
        cell["source"] = rng.choice(("", "1/0", "x = 1", "\ud800", "print('\x1b[2J')", "<script>", "def f(): pass"))
    path.write_text(json.dumps({**released, "cells": graded}))


def _mtime(seconds: float) -> Make:
    def make(rng: random.Random, path: Path) -> None:
        _notebook(rng, path)
        os.utime(path, (seconds, seconds))

    return make


_LONG = "n" * 245
# By length, by what they are no text in, by signs that have a meaning somewhere, and by what others take them for.
_ODD = (
    *(
        "ada",
        "é" * 120,
        "日" * 80,
        "a\nb",
        "a\tb",
        "\x1b[31m",
        "\u202eada",
        "a b",
        " ",
        "-rf",
        "--help",
        "+",
        "a+b",
        "*",
    ),
    *(
        "[a]",
        "?",
        "'",
        '"',
        "$(x)",
        "`x`",
        "%s",
        "{0}",
        "a,b",
        "\\",
        "\\x41",
        "..a",
        "a..",
        "~",
        "#",
        "&amp;",
        "<b>",
        "con",
    ),
    *(os.fsdecode(b"\xff\xfe"), os.fsdecode(b"Jos\xe9"), "e\u0301", "\u200b", "\U0001f600", "0", "None", "submitted"),
)
STUDENTS = (*_ODD, "s" * 248, "é" * 123, os.fsdecode(b"\xff" * 100), os.fsdecode(b"\xff" * 240))
NAMES = (
    *_ODD,
    *(f"{odd}.ipynb" for odd in _ODD),
    *("n" * 255, "n" * 249 + ".ipynb", "é" * 127, "日" * 85, os.fsdecode(b"\xff" * 255)),
    *(
        f"{_LONG}.ipynb",
        f"{_LONG}.new",
        f".{NOTEBOOK}.new",
        f"{NOTEBOOK}.txt",
        f"{FOLDER}-Copy1.ipynb",
        NOTEBOOK.upper(),
    ),
    *(
        f"{FOLDER}.html",
        ".ipynb_checkpoints",
        "torch.py",
        "gradebook.db",
        "nbgrader_config.py",
        "data.csv",
        "timestamp.txt",
    ),
)
STUDENT_LINKS: Sequence[Make] = (
    *(_link("submitted", name) for name in HONEST),
    *(_link("solutions"), _link("nowhere-at-all"), lambda _, path: path.symlink_to(path)),
)
FOLDER_PLACES: Sequence[Make] = (
    *(_link("submitted", name, FOLDER) for name in HONEST),
    *(_link("solutions", FOLDER), _link(), _link("nowhere"), lambda _, path: path.symlink_to("/dev")),
    *(lambda _, path: path.symlink_to(path), _bytes(b"", b"{}"), lambda _, path: os.mkfifo(path), _socket, _device),
    *(lambda _, path: path.mkdir(), _unreadable),
)
NOTEBOOKS: Sequence[Make] = (
    *(_notebook, _notebook, _notebook, _mtime(0), _mtime(-1e9), _mtime(2**33)),
    _bytes(b"", b"{", b"\0" * 1000, b"\xff\xfe", b"[" * 100_000, b'{"nbformat": 4, "cells": 1e999}', b"PK\x03\x04"),
    *(_sparse, _folder, _unreadable, _socket, _device, lambda _, path: os.mkfifo(path), _deep, lambda *_: None),
    *(_link("submitted", name, FOLDER, NOTEBOOK) for name in HONEST),
    *(_link("solutions", FOLDER, NOTEBOOK), _link("nowhere"), lambda _, path: path.symlink_to("/dev/zero")),
    *(_hard_link("solutions", FOLDER, NOTEBOOK), _hard_link("submitted", COPIED, FOLDER, NOTEBOOK)),
)
TIMESTAMPS: Sequence[Make] = (
    _bytes(f"2025-10-03 18:00 {'Z' * 300}".encode(), b"2025-10-03 18:00 " + b"A" * 3_000_000, b"9" * 100_000),
    _bytes(b"", b"\xff\xfe\0", b"\0" * 100, b"2025-10-03 18:00 CEST", b"03/10/2025 18:00", b"2025-10-03 18:00 ../../x"),
    _bytes(
        b"0001-01-01 00:00 +1400", b"9999-12-31 23:59 -1400", b"2025-10-03 18:00 Europe/Berlin", b"2025-10-03 18:00"
    ),
    *(_sparse, _folder, _unreadable, _socket, _device, lambda _, path: os.mkfifo(path)),
    *(_link("submitted", "0-first", FOLDER, "timestamp.txt"), _link("nowhere"), _link("submitted")),
)
BESIDE: Sequence[Make] = (
    *(_bytes(b"", b"x" * 1000), _sparse, _folder, _unreadable, _socket, _device, _deep, _many),
    *(lambda _, path: os.mkfifo(path), lambda _, path: path.symlink_to("/etc/passwd"), _link("nowhere"), _link()),
    *(_link("submitted", "0-first", FOLDER, "data.csv"), _link("submitted", "0-first"), _link("solutions", FOLDER)),
    _hard_link("solutions", FOLDER, "hidden.csv.ipynb"),
)


def try_all(folder: Path, number: int, a_class: int = 250, seed: int = 0) -> Outcome:
    """Try so many hostile folders, in classes of `a_class`; what is left of each class is removed."""
    tried, faults = 0, []
    while tried < number:
        root = folder / f"class-{tried}"
        root.mkdir(parents=True)
        outcome = try_class(root, min(a_class, number - tried), seed + tried)
        tried += outcome.tried
        faults += outcome.faults
        print(f"{tried} hand-ins tried: {len(faults)} faults", flush=True)
        shutil.rmtree(root, ignore_errors=True)
    return Outcome(tried, tuple(faults))
