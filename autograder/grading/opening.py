"""Opens a course's gradebook: to read it, or to write to it as the only command that does. What fails there says what to do."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from nbgrader.api import Gradebook, InvalidEntry
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from . import system_said
from .gradebook import GradebookError, is_prepared, prepare
from .layout import CourseError, Layout

_LOCK = ".autograder-lock"


@contextmanager
def alone(course: Layout) -> Iterator[None]:
    """Hold a lock, so that no other command writes to this course at the same time.

    Raises
    ------
    CourseError
        When another command holds it, or the disk fails.
    """
    with _writing(), (course.root / _LOCK).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise CourseError(
                f"another `autograder` command (process {file.read().strip()}) is writing to this course. Wait until it ends."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}")
        file.flush()
        yield


@contextmanager
def to_write(course: Layout) -> Iterator[Gradebook]:
    """Open the gradebook to write to it, as the only command that does.

    Raises
    ------
    CourseError
        When another command writes to this course, or the gradebook can't be used.
    """
    with alone(course), to_read(course) as gradebook:
        prepare(gradebook)
        yield gradebook


@contextmanager
def to_read_results(course: Layout) -> Iterator[Gradebook]:
    """Open the gradebook to read what came of submissions.

    Raises
    ------
    CourseError
        When another version of this package graded into it, or it can't be used.
    """
    with to_read(course) as gradebook:
        if not is_prepared(gradebook):
            raise CourseError(
                "The results in the gradebook are of another version of this package. Run `autograder grade` first."
            )
        yield gradebook


@contextmanager
def to_read(course: Layout) -> Iterator[Gradebook]:
    """Open the gradebook to read what nbgrader has in it.

    Raises
    ------
    CourseError
        When it can't be used. A damaged one is renamed, and the text says how to go on.
    """
    try:
        with Gradebook(course.db_url, course.name) as gradebook:
            yield gradebook
    except (SQLAlchemyError, InvalidEntry, GradebookError) as error:
        # Without the SQL statement, which does not help the reader.
        cause = error.__cause__ if isinstance(error, GradebookError) else error
        said = getattr(cause, "orig", None) or cause
        match getattr(said, "sqlite_errorcode", 0) & 0xFF:
            case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
                raise CourseError(_set_aside(Path(make_url(course.db_url).database or ""))) from error
            case sqlite3.SQLITE_BUSY:
                what = "another program is writing to it. Wait until it ends, and run this command again. All written grades are kept"
                raise CourseError(f"The gradebook is locked: {what}.") from error
        # A column or a table that is missing was added by a later nbgrader.
        what = ". An older nbgrader made it: run `nbgrader db upgrade` here" if "no such" in str(said) else ""
        raise CourseError(f"The gradebook can't be used: {said}{what}") from error


def is_there(course: Layout) -> bool:
    """Return whether there may be a gradebook: to open one in a file makes it."""
    url = make_url(course.db_url)
    return url.get_backend_name() != "sqlite" or Path(url.database or "").exists()


@contextmanager
def _writing() -> Iterator[None]:
    """Turn an error of the disk, such as a full one, into a CourseError that says what it means for the course."""
    try:
        yield
    except OSError as error:
        raise CourseError(
            f"{system_said(error)}. All written grades are kept. Remove the cause, and run the same command again."
        ) from error


def _set_aside(gradebook: Path) -> str:
    """Rename a gradebook that can't be read, and overwrite nothing. Return a text that says what to do."""
    aside = next(
        path for n in count(1) if not os.path.lexists(path := gradebook.with_name(f"{gradebook.name}.damaged-{n}"))
    )
    for suffix in ("-journal", "-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            gradebook.with_name(gradebook.name + suffix).rename(aside.with_name(aside.name + suffix))
    return (
        f"{gradebook.name} is damaged, and was renamed to {aside.name}. Put a backup in its place, or recover what can be "
        f"read with `sqlite3 {aside.name} .recover | sqlite3 {gradebook.name}`. Otherwise make a new one with `autograder "
        "release` and `autograder grade`: they grade everything again, but points and comments given by hand are lost."
    )
