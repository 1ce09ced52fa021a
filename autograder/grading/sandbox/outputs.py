"""A cell's outputs as they are kept: plain text with an end, and PNG pictures. What a student's process sends is not trusted."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from nbformat import NotebookNode

MAX_TEXT = 20_000
MAX_OUTPUTS = 200
MAX_LINES = 100
MAX_LINE = 500
MAX_NAME = 200
# Of all the outputs of one cell, in characters.
MAX_CELL = 500_000
# The one kind of picture that is kept, and how many bytes it may have.
PICTURE = "image/png"
MAX_PICTURE = 250_000

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
# Neither UTF-8 nor XML, in which the kept text is written later, has these.
_UNWRITABLE = re.compile(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def new_output(kind: str, **fields: Any) -> NotebookNode:
    """Return an output. nbformat's own function for this validates it, which takes longer than to run the cell."""
    if kind in ("display_data", "execute_result"):
        fields["metadata"] = {}
    return NotebookNode(output_type=kind, **fields)


def clean_text(text: str, most: int = MAX_TEXT) -> str:
    """Return a text without escape sequences and without characters that can't be written; its end is cut off."""
    text = _ESCAPE.sub("", text[: 2 * most]).replace("\r\n", "\n").replace("\r", "\n")
    text = _UNWRITABLE.sub("\ufffd", text)
    return text if len(text) <= most else f"{text[:most]}\n[the rest was not kept]"


def clean_outputs(reply: Mapping[str, Any], count: int) -> list[NotebookNode] | None:
    """Return a reply's outputs as nbformat's; None where it holds no list, or in it what is no output.

    Parameters
    ----------
    count
        The cell's execution count.
    """
    outputs = reply.get("outputs")
    if not isinstance(outputs, list):
        return None
    cleaned = []
    left = MAX_CELL
    for output in outputs[:MAX_OUTPUTS]:
        one = _clean(output, count)
        if one is None:
            return None
        left -= len(str(one))
        if left < 0:
            cleaned.append(new_output("stream", name="stdout", text="[more outputs were not kept]\n"))
            break
        cleaned.append(one)
    return cleaned


def _clean(output: object, count: int) -> NotebookNode | None:
    match output:
        case {"output_type": "stream", "name": "stdout" | "stderr" as name, "text": str() as text}:
            return new_output("stream", name=name, text=clean_text(text))
        case {"output_type": "display_data", "data": dict() as data}:
            return new_output("display_data", data=_plain(data))
        case {"output_type": "execute_result", "data": dict() as data}:
            return new_output("execute_result", data=_plain(data), execution_count=count)
        case {
            "output_type": "error",
            "ename": str() as name,
            "evalue": str() as text,
            "traceback": list() as lines,
        } if all(isinstance(line, str) for line in lines):
            traceback = [clean_text(line, MAX_LINE) for line in lines[:MAX_LINES]]
            return new_output(
                "error", ename=clean_text(name, MAX_NAME), evalue=clean_text(text, MAX_LINE), traceback=traceback
            )
    return None


def _plain(data: Mapping[str, Any]) -> dict[str, str]:
    text, picture = data.get("text/plain"), data.get(PICTURE)
    kept = {"text/plain": clean_text(text)} if isinstance(text, str) and text else {}
    return kept | ({PICTURE: picture} if isinstance(picture, str) and _is_png(picture) else {})


def _is_png(text: str) -> bool:
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(content) <= MAX_PICTURE and content.startswith(b"\x89PNG\r\n\x1a\n")
