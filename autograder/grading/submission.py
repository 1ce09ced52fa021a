"""What a student handed in, and the notebook in it. Nothing about the file is taken on trust."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Of a file, and of what is left of it without its outputs.
MAX_FILE = 200_000_000
MAX_BYTES = 50_000_000
# 50 MB of brackets would take a gigabyte of memory. No real notebook has so many values.
MAX_VALUES = 1_000_000
# A string of JSON, or the beginning of one without an end.
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
# Where a cell's outputs begin. Within a string of JSON the quotes would not stand alone.
_OUTPUTS = re.compile(rb'"outputs"\s*:\s*\[')
# Up to the next bracket that is not within a string, and that bracket.
_TO_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+([\[\]{}])', re.DOTALL)
# In the outputs of a whole notebook. Each takes a step.
MAX_BRACKETS = 2_000_000
# Each is run, and shown in a feedback page.
MAX_CELLS = 5_000


class SubmissionError(Exception):
    """A submission can't be read. The text says why, in words that its author understands."""


@dataclass(frozen=True)
class Submission:
    """One notebook that a student handed in. A loose file has no student; its content shows the lesson.

    Attributes
    ----------
    named
        The notebook's name, where it is not the lesson's.
    """

    path: Path
    student: str = ""
    lesson: str = ""
    named: str = ""

    @property
    def notebook(self) -> str:
        """The name of the notebook."""
        return self.named or self.lesson

    @property
    def task(self) -> str:
        """What it is for, as a line of text names it: the lesson, and the notebook where that has another name."""
        return f"{self.lesson}/{self.named}" if self.named else self.lesson


def work_of(raw: bytes, reason: str) -> str:
    """Return a digest of a student's work: of a file's content, or of the reason why it can't be read."""
    return hashlib.sha256(raw + reason.encode()).hexdigest()


def without_outputs(raw: bytes) -> bytes:
    """Return a notebook's text without the outputs of its cells, which nobody reads, whatever they hold.

    Nothing is built of them, so their size costs neither memory nor much time. What is not JSON in UTF-8, or never
    ends, stays as it is.
    """
    kept, at, left = [], 0, MAX_BRACKETS
    while found := _OUTPUTS.search(raw, at):
        end, left = _end_of_list(raw, found.end(), left)
        if not end:
            break
        kept += [raw[at : found.end()], b"]"]
        at = end
    return b"".join([*kept, raw[at:]]) if kept else raw


def _end_of_list(raw: bytes, start: int, left: int) -> tuple[int, int]:
    """Return where a list ends whose inside starts here, 0 for nowhere, and how many brackets may still be looked at."""
    depth = 1
    while depth and left and (found := _TO_BRACKET.match(raw, start)):
        start, left = found.end(), left - 1
        depth += 1 if found[1] in b"[{" else -1
    return (0 if depth else start), left


def parse(raw: bytes) -> Mapping[str, Any]:
    """Return a notebook in nbformat 4, whatever version it was saved in.

    It is not validated: what is made of it relies on nothing but the text of its cells.

    Raises
    ------
    SubmissionError
        When it is no notebook.
    """
    raw = without_outputs(raw)
    if not raw.strip():
        raise SubmissionError("the file is empty")
    if len(raw) > MAX_BYTES:
        raise SubmissionError(
            f"the file is larger than {MAX_BYTES // 1_000_000} MB without its outputs. Remove what is large from its cells"
        )
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
