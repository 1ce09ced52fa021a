"""Unpacks downloads for `nbgrader zip_collect`. Students made their contents, so the contents are only data.

nbgrader's own extractor reads a whole member into memory, stops at the first unsafe name, sets the permissions that the
archive asks for, and puts no limit on how much comes out.
"""

from __future__ import annotations

import io
import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from nbgrader.plugins import ExtractorPlugin
from traitlets import Integer

from ..submission import MAX_BYTES, MAX_FILE

MB = 1_000_000
# A download from the LMS, and in it what a student has packed.
_DEPTH = 2
_JUNK = ("__MACOSX", ".ipynb_checkpoints", ".DS_Store")
_UNREADABLE = (OSError, EOFError, RuntimeError, NotImplementedError, ValueError, zipfile.BadZipFile, tarfile.TarError)

Tell = Callable[[str], None]


@dataclass
class Room:
    """How much may still come out of an archive, in files and bytes."""

    files: int
    bytes: int

    def for_student(self) -> Room:
        """Return the allowance of one student's own archive. A bomb in it costs no other student anything."""
        return Room(min(self.files, 200), min(self.bytes, MAX_FILE))


class _FullError(Exception):
    """The allowance is used up."""


@dataclass(frozen=True)
class _Member:
    name: str
    open: Callable[[], IO[bytes] | None]
    refused: str = ""


def is_junk(path: PurePosixPath) -> bool:
    """Whether a system or an editor has put a file there by itself, and nobody means to hand it in."""
    return any(part in _JUNK or part.startswith("._") for part in path.parts)


def unpack(archive: Path, folder: Path, room: Room, tell: Tell) -> list[Path]:
    """Unpack a zip or tar archive into a folder. Leave out and name each member that is unsafe or too large.

    Parameters
    ----------
    archive
        An archive, of which nothing is known.
    folder
        Where its files go; it is made.
    room
        How much may come out; what does is taken off it.
    tell
        Is given a sentence about each member that was left out, and about the archive if it is none.

    Returns
    -------
    list of Path
        The files that were written.
    """
    written: list[Path] = []
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for member in _members(archive):
            path = PurePosixPath(member.name)
            if is_junk(path):
                continue
            refused = member.refused or _unsafe(member.name)
            try:
                if not refused:
                    _write(member, folder / path, room)
                    written.append(folder / path)
            except FileExistsError:
                refused = "there is a file of that name already"
            except (*_UNREADABLE, zlib.error, NotADirectoryError) as error:
                refused = f"it can't be unpacked ({error})"
            if refused:
                tell(f"{archive.name}: left out {member.name!r}: {refused}")
    except _FullError:
        tell(f"{archive.name}: it is larger than the limit; the rest of it was left out")
    except (*_UNREADABLE, zlib.error) as error:
        tell(f"{archive.name}: it can't be unpacked ({error})")
    return written


def _members(archive: Path) -> Iterator[_Member]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as file:
            for info in file.infolist():
                if not info.is_dir():
                    yield _Member(_name(info), partial(file.open, info), _no_file(info))
        return
    # A stream and not a list: reading the list of a packed tar unpacks all of it.
    with tarfile.open(archive, "r|*") as tar:
        for one in tar:
            if not one.isdir():
                refused = "" if one.isreg() else "it is no ordinary file"
                yield _Member(one.name, partial(tar.extractfile, one), refused)


def _name(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & 0x800:
        return info.filename
    try:
        # macOS writes UTF-8 and does not say so.
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _no_file(info: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "it is no ordinary file"
    return "it has a password" if info.flag_bits & 0x1 else ""


def _unsafe(name: str) -> str:
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or "\\" in name or "\0" in name or parts[0][1:2] == ":":
        return "it would be outside its folder"
    if not parts[-1] or any(len(os.fsencode(part)) > 240 for part in parts) or len(parts) > 20:
        return "its name is too long"
    return ""


def _write(member: _Member, path: Path, room: Room) -> None:
    if room.files <= 0:
        raise _FullError
    path.parent.mkdir(parents=True, exist_ok=True)
    # The outputs of a notebook are left out when it is graded.
    size, most = 0, MAX_FILE if path.suffix.lower() == ".ipynb" else MAX_BYTES
    try:
        with path.open("xb") as target, member.open() or io.BytesIO() as source:
            while block := source.read(1 << 16):
                size += len(block)
                room.bytes -= len(block)
                if room.bytes < 0:
                    raise _FullError
                if size > most:
                    raise ValueError(f"it is larger than {most // MB} MB")
                target.write(block)
    except FileExistsError:
        raise
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    room.files -= 1


class Extractor(ExtractorPlugin):
    """nbgrader's extractor with limits. An archive can write only into the folder where it is unpacked."""

    max_files = Integer(20_000, help="How many files may come out of one downloaded archive.").tag(config=True)
    max_megabytes = Integer(4_000, help="How many MB may come out of one downloaded archive.").tag(config=True)

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpack the archives of `archive_path` into `extracted_path`. Copy the other files."""
        root = Path(archive_path)
        files = sorted(path for path in root.rglob("*") if path.is_file())
        if not files:
            self.log.warning("Expected a download in %s; there is none. Put it there", root)
        for path in files:
            beside = Path(extracted_path) / path.relative_to(root)
            if path.suffix in self.zip_ext:
                self.log.info("Unpacking %s", path)
                room = Room(self.max_files, self.max_megabytes * MB)
                self._unpack(path, beside.with_name(_stem(path)), room, _DEPTH)
            else:
                beside.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, beside)

    def _unpack(self, archive: Path, folder: Path, room: Room, depth: int) -> None:
        for path in unpack(archive, folder, room, self.log.warning):
            if path.suffix not in self.zip_ext:
                continue
            if depth == 1:
                self.log.warning("%s is an archive three levels deep; it is not unpacked", path)
                continue
            own = room.for_student()
            before = (own.files, own.bytes)
            self._unpack(path, path.with_name(_stem(path)), own, depth - 1)
            room.files -= before[0] - own.files
            room.bytes -= before[1] - own.bytes


def _stem(path: Path) -> str:
    return path.name.removesuffix(path.suffix).removesuffix(".tar") or path.name
