"""The part of a document that a program writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def put_between(path: Path, begin: str, end: str, lines: Sequence[str]) -> None:
    """Put lines between two comments of a document; what stands around them stays.

    Raises
    ------
    ValueError
        When the document lacks one of the comments.
    """
    before, found, rest = path.read_text(encoding="utf-8").partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise ValueError(f"{path} lacks the comments {begin} and {end}")
    path.write_text("\n".join([before + begin, "", *lines, "", end + after]), encoding="utf-8")
