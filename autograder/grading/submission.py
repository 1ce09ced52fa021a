"""What a student handed in: where it lies, and how it is read. Nothing about the file is taken on trust."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_BYTES = 50_000_000


class SubmissionError(Exception):
    """A submission that can't be read; the text says why, in words that its author understands."""


@dataclass(frozen=True)
class Submission:
    """One notebook that a student handed in. A loose file has no student, and its lesson is told from what is in it."""

    path: Path
    student: str = ""
    lesson: str = ""


def read(path: Path) -> bytes:
    """Return a file's content.

    Raises
    ------
    SubmissionError
        When there is no ordinary file at the path, or a file that is too large.
    """
    try:
        # Links are not followed, since one may lead anywhere; and a pipe must not keep anyone waiting.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            kind = os.fstat(file.fileno()).st_mode
            if stat.S_ISDIR(kind):
                raise SubmissionError("there is a folder where the notebook should be")
            if not stat.S_ISREG(kind):
                raise SubmissionError("there is no ordinary file where the notebook should be")
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        if path.is_symlink():
            raise SubmissionError("there is a link where the notebook should be: hand in the file itself") from None
        if path.is_dir():
            raise SubmissionError("there is a folder where the notebook should be") from None
        raise SubmissionError(f"the file can't be read: {error.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise SubmissionError(f"the file is larger than {MAX_BYTES // 1_000_000} MB")
    return raw


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
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SubmissionError("the file is not text in UTF-8") from None
    try:
        notebook = json.loads(text)
    except ValueError:
        raise SubmissionError("the file is not valid JSON") from None
    except RecursionError:
        raise SubmissionError("the file is JSON that is nested too deeply for a notebook") from None
    if not isinstance(notebook, dict):
        raise SubmissionError("the file is JSON, and not a notebook")
    return notebook if notebook.get("nbformat") == 4 else _converted(text)


def _converted(text: str) -> Mapping[str, Any]:
    # Imported here, since it is slow and hardly ever wanted.
    import nbformat

    try:
        converted: Mapping[str, Any] = nbformat.convert(nbformat.reader.reads(text), 4)
    except Exception as error:
        raise SubmissionError(f"the file is JSON, and not a notebook ({type(error).__name__})") from None
    return converted
