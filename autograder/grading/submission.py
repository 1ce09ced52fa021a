"""Finds and reads a submission. Trusts nothing about the file."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_BYTES = 50_000_000
# 50 MB of brackets would take a gigabyte of memory. No real notebook has so many values.
MAX_VALUES = 1_000_000
# A string of JSON, or the beginning of one without an end.
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
# Each is run, and shown in a feedback page.
MAX_CELLS = 5_000


class SubmissionError(Exception):
    """A submission can't be read. The text says why, in words that its author understands."""


@dataclass(frozen=True)
class Submission:
    """One notebook that a student handed in. A loose file has no student; its content shows the lesson."""

    path: Path
    student: str = ""
    lesson: str = ""


def student_of(folder: Path) -> str:
    """Return the student whose submissions are in a folder: the folder's name. Bytes that are no characters are escaped."""
    return os.fsencode(folder.name).decode("utf-8", "backslashreplace")


def notebook_in(folder: Path, lesson: str) -> Path | None:
    """Return the path of the notebook that was handed in for a lesson, in the folder for that; None where there is none.

    Where none has the lesson's name, it is the only one that there is. Where there are several, it can't be told, and
    `read` says so of the path that is returned.
    """
    path = folder / f"{lesson}.ipynb"
    if os.path.lexists(path):
        return path
    others = _notebooks(folder)
    return others[0] if len(others) == 1 else path if others else None


def _notebooks(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix.lower() == ".ipynb" and path.name[0] != ".")
    except OSError:
        return []


def read(path: Path) -> bytes:
    """Return a file's content.

    Raises
    ------
    SubmissionError
        When there is no ordinary file at the path, or a file that is too large.
    """
    try:
        # Links are not followed, because a link may lead anywhere. A pipe must not block the reader.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            kind = os.fstat(file.fileno()).st_mode
            if stat.S_ISDIR(kind):
                raise SubmissionError("expected a notebook; got a folder. Hand in the file itself")
            if not stat.S_ISREG(kind):
                raise SubmissionError("expected a notebook; got something that is no ordinary file")
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        others = ", ".join(one.name for one in _notebooks(path.parent)) or "there is none"
        raise SubmissionError(f"expected one notebook, {path.name}; got {others[:300]}") from None
    except OSError as error:
        if path.is_symlink():
            raise SubmissionError("expected a notebook; got a link. Hand in the file itself") from None
        if path.is_dir():
            raise SubmissionError("expected a notebook; got a folder. Hand in the file itself") from None
        raise SubmissionError(f"the file can't be read: {error.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise SubmissionError(f"the file is larger than {MAX_BYTES // 1_000_000} MB")
    return raw


def read_or_reason(path: Path) -> tuple[bytes, str]:
    """Return a file's content and "", or no content and the reason why it can't be read."""
    try:
        return read(path), ""
    except SubmissionError as error:
        return b"", str(error)


def work_of(raw: bytes, reason: str) -> str:
    """Return a digest of a student's work: of a file's content, or of the reason why it can't be read."""
    return hashlib.sha256(raw + reason.encode()).hexdigest()


def work_now(submission: Submission) -> str:
    """Return the digest of the submission as it is now."""
    return work_of(*read_or_reason(submission.path))


def parse(raw: bytes) -> Mapping[str, Any]:
    """Return a notebook in nbformat 4, whatever version it was saved in.

    It is not validated: what is made of it relies on nothing but the text of its cells.

    Raises
    ------
    SubmissionError
        When it is no notebook.
    """
    if not raw.strip():
        raise SubmissionError("the file is empty")
    try:
        # Windows' own shell writes UTF-16.
        text = raw.decode(json.detect_encoding(raw))
    except UnicodeDecodeError:
        raise SubmissionError("the file is not text in UTF-8") from None
    if _values(text) > MAX_VALUES and _values(_STRING.sub("", text)) > MAX_VALUES:
        raise SubmissionError(
            f"the file has more than {MAX_VALUES:,} values. Clear all outputs in Jupyter, and save it again"
        )
    try:
        found = json.loads(text)
    except ValueError:
        raise SubmissionError("the file is not valid JSON") from None
    except RecursionError:
        raise SubmissionError("the file is JSON, and is nested too deeply for a notebook") from None
    if not isinstance(found, dict):
        raise SubmissionError("the file is JSON, and not a notebook")
    version = found.get("nbformat")
    notebook: Mapping[str, Any] = found if version == 4 else _converted(text, version)
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise SubmissionError("the file is JSON, and not a notebook")
    if not cells:
        raise SubmissionError("the notebook has no cells")
    if len(cells) > MAX_CELLS:
        raise SubmissionError(
            f"the notebook has {len(cells):,} cells; at most {MAX_CELLS:,} are graded. Delete cells, and hand it in again"
        )
    return notebook


def _values(text: str) -> int:
    """Return how many values a text of JSON has at most, without reading them."""
    return sum(text.count(sign) for sign in "[{,:")


def _converted(text: str, version: object) -> Mapping[str, Any]:
    # Imported here, because it is slow and rarely needed.
    import nbformat

    if version not in (1, 2, 3):
        what = f"a notebook of version {str(version)[:20]}" if isinstance(version, int) else "no notebook"
        raise SubmissionError(f"the file is JSON, and {what}. Save it again with Jupyter")
    try:
        converted: Mapping[str, Any] = nbformat.convert(nbformat.reader.reads(text), 4)
    except Exception:
        raise SubmissionError(
            f"the file claims to be a notebook of version {version}, but it is none. Save it again with Jupyter"
        ) from None
    return converted
