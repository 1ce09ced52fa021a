"""Says what counts as a picture in a student's work, and keeps the pictures that were attached to markdown cells.

A picture is told by its first bytes, never by what it claims to be. SVG is not among the kinds, because it is a program.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nbformat import NotebookNode

# In bytes: of one picture, as a phone takes it, and of all pictures of a submission.
MAX_PICTURE = 5_000_000
MAX_PICTURES = 20_000_000
# In characters.
MAX_NAME = 255
_MAX_NOTES = 3

_BEGINNINGS = {
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}
_LINE_ENDS = re.compile(r"[\r\n]+")
_NONE = "it is no PNG, JPEG, GIF or WebP picture"


def kind_of(content: bytes) -> str:
    """Return the MIME type of a picture, by its first bytes; "" for anything else."""
    return next((kind for kind, beginning in _BEGINNINGS.items() if beginning.match(content)), "")


def is_picture(address: str) -> bool:
    """Return whether an address holds a picture itself, of a kind that is shown."""
    head, _, data = address.partition(",")
    declared = head.removeprefix("data:").removesuffix(";base64")
    return head == f"data:{declared};base64" and declared in _BEGINNINGS and kind_of(_decoded(data)) != ""


def keep_pictures(cells: Iterable[NotebookNode]) -> list[str]:
    """Leave of each cell's attachments only the pictures; return a sentence about what was left out."""
    left, left_out = MAX_PICTURES, []
    for cell in cells:
        kept = {}
        for name, content, why in _attached(cell.pop("attachments", None)):
            why = why or ("the pictures before it are as large as all may be" if len(content) > left else "")
            if why:
                left_out.append(f"the picture {name[:60]!r} was left out: {why}")
                continue
            left -= len(content)
            kept[name] = {kind_of(content): base64.b64encode(content).decode()}
        if kept:
            cell["attachments"] = kept
    more = len(left_out) - _MAX_NOTES
    return [*left_out[:_MAX_NOTES], *([f"{more:,} more pictures were left out"] if more > 0 else [])]


def _attached(attachments: object) -> Iterator[tuple[str, bytes, str]]:
    """Yield what is attached to a cell: its name, its content, and why it can't be kept, or ""."""
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        content = _picture_in(bundle) if isinstance(bundle, dict) else b""
        if not 0 < len(name) <= MAX_NAME or not name.isprintable():
            yield "", b"", "its name is empty, too long, or can't be printed"
        elif not content:
            yield name, b"", _NONE
        elif len(content) > MAX_PICTURE:
            yield name, b"", f"it is larger than {MAX_PICTURE // 1_000_000} MB"
        else:
            yield name, content, ""


def _picture_in(bundle: Mapping[str, Any]) -> bytes:
    """Return the first picture of a bundle, whatever type it is declared as; b"" where there is none."""
    contents = (_decoded("".join(data) if _is_lines(data) else data) for data in bundle.values())
    return next((content for content in contents if kind_of(content)), b"")


def _is_lines(data: object) -> bool:
    return isinstance(data, list) and all(isinstance(line, str) for line in data)


def _decoded(data: object) -> bytes:
    """Return what base64 stands for; b"" where it is none. Programs break it into lines."""
    try:
        return base64.b64decode(_LINE_ENDS.sub("", data), validate=True) if isinstance(data, str) else b""
    except (binascii.Error, ValueError):
        return b""
