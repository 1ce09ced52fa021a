"""The course's secret. The inputs for grading are drawn from it. A new secret changes the inputs, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from ..exercise import Case, Exercise


NAME = ".autograder-secret"


def course_secret(root: Path) -> bytes:
    """Return the secret of the course in `root`. The first call makes the file; only its owner can read it."""
    path = root / NAME
    try:
        return path.read_bytes()
    except FileNotFoundError:
        beside = path.with_name(f"{NAME}.{os.getpid()}")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
        try:
            # A link fails if another grader was faster; a rename would not. Then the other grader's secret counts.
            os.link(beside, path)
        except FileExistsError:
            pass
        finally:
            beside.unlink()
        return path.read_bytes()


def inputs_key(secret: bytes, student: str) -> bytes:
    """Return one student's key, from which the inputs are drawn. It reveals neither the secret nor other students' keys."""
    return hmac.new(secret, student.encode(), hashlib.sha256).digest()


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
