"""Files, and how they are written in one step: a reader sees the old file or the new file, and never half of one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class File:
    """A file that lies beside a notebook when its cells run.

    Attributes
    ----------
    name
        Its path from there, with forward slashes and without `..`.
    """

    name: str
    content: bytes
    read_only: bool = False


def beside(path: Path) -> Path:
    """Return where a file is written before it is moved to its place."""
    # Always the same name: the next run overwrites the file that a killed run left.
    # As many bytes of it as leave room for the rest, which may be fewer characters.
    return path.with_name(f".{os.fsdecode(os.fsencode(path.name)[:200])}.new")


def write_beside(path: Path, content: bytes, permissions: int = 0o644) -> None:
    """Write a file in one step. Make its folder if there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = beside(path)
    new.unlink(missing_ok=True)
    try:
        new.write_bytes(content)
        new.chmod(permissions)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
