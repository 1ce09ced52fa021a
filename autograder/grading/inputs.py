"""The course's secret. The inputs for grading are drawn from it. A new secret changes the inputs, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import shlex
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from . import GradingError

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from ..exercise import Case, Exercise


NAME = ".autograder-secret"
_LENGTH = 32
_GROUP_AND_OTHERS = 0o077


class SecretError(GradingError):
    """A course's secret can't be trusted. The text says what was seen and what to do."""


def course_secret(root: Path) -> bytes:
    """Return the secret of the course in `root`. The first call makes the file; only its owner can read it.

    Raises
    ------
    SecretError
        When the file has another length, is somebody else's, or is open to other users.
    """
    path = root / NAME
    try:
        return _read(path)
    except FileNotFoundError:
        _make(path)
        return _read(path)


def _make(path: Path) -> None:
    """Write a new secret in one step, unless another grader was faster: then the other grader's counts."""
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=f"{NAME}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_LENGTH))
        # A link fails if another grader was faster; a rename would not.
        with suppress(FileExistsError):
            os.link(beside, path)
    finally:
        Path(beside).unlink()


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        secret, seen = file.read(_LENGTH + 1), os.fstat(file.fileno())
    anew = f"delete {path}: the next run makes a new one, and grades all work again at other inputs"
    if len(secret) != _LENGTH:
        raise SecretError(
            f"Expected a secret of {_LENGTH} bytes in {path}; got {seen.st_size} bytes. Put it back from a copy, or {anew}."
        )
    if seen.st_uid not in (os.geteuid(), path.parent.stat().st_uid, 0):
        raise SecretError(
            f"Expected {path} to be yours; it is of the user {seen.st_uid}, who can foretell the inputs. See who writes to this folder, and {anew}."
        )
    if seen.st_mode & _GROUP_AND_OTHERS and _has_modes(path.parent):
        raise SecretError(
            f"Expected {path} to be open to its owner alone; other users can open it (mode {seen.st_mode & 0o777:o}), and foretell the "
            f"inputs. Close it: chmod 600 {shlex.quote(str(path))}. If a student may have read it, {anew}."
        )
    return secret


def _has_modes(folder: Path) -> bool:
    """Return whether a file in this folder can be closed to other users, which some file systems can't do."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=f"{NAME}.") as file:
        return not os.fstat(file.fileno()).st_mode & _GROUP_AND_OTHERS


def inputs_key(secret: bytes, student: str) -> bytes:
    """Return one student's key, from which the inputs are drawn. It reveals neither the secret nor other students' keys."""
    # A loose notebook stands for a student by its path, which may be no text in UTF-8.
    return hmac.new(secret, student.encode(errors="surrogateescape"), hashlib.sha256).digest()


def drawing(key: bytes, notebook: NotebookNode) -> Callable[[Exercise], tuple[Case, ...]]:
    """Return what draws the inputs for an exercise: from an HMAC of a student's key, the code to be run, and the exercise.

    The same work meets the same inputs whenever it is graded. Other work meets others, since its author may have had the
    earlier ones printed.
    """
    code = json.dumps([cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"])
    work_key = hmac.new(key, code.encode(), hashlib.sha256).digest()

    def draw(exercise: Exercise) -> tuple[Case, ...]:
        return exercise.grading_cases(hmac.new(work_key, exercise.id.encode(), hashlib.sha256).digest())

    return draw
