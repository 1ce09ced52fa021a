"""Files that are written in one step: a reader sees the old one or the new one, and never half of it."""

from __future__ import annotations

import os
from pathlib import Path


def beside(path: Path) -> Path:
    """Return where a file is written before it is moved to its place."""
    # Always the same name: what a run left that was killed here is gone with the next one.
    # As many bytes of it as leave room for the rest, which may be fewer characters.
    return path.with_name(f".{os.fsdecode(os.fsencode(path.name)[:200])}.new")


def write_beside(path: Path, content: bytes, permissions: int = 0o644) -> None:
    """Write a file, and its folder where there is none, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = beside(path)
    new.unlink(missing_ok=True)
    new.write_bytes(content)
    new.chmod(permissions)
    new.replace(path)
