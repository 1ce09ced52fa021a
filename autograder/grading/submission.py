"""What a student handed in, and the notebook in it. Nothing about the file is taken on trust."""

from __future__ import annotations

import hashlib
import json
import re
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


def work_of(raw: bytes, reason: str) -> str:
    """Return a digest of a student's work: of a file's content, or of the reason why it can't be read."""
    return hashlib.sha256(raw + reason.encode()).hexdigest()


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
