"""What lies in `submitted/`: found, read and listed without following a link, and nothing of it taken on trust.

A link may lead to a neighbour's work or to the solutions. So each folder on the way to a file is opened from the one
above it, and the kernel refuses a link there. No moment is left in which a link could take a folder's place.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property, partial
from itertools import islice
from pathlib import Path, PurePosixPath

from .files import File
from .submission import MAX_BYTES, MAX_FILE, Submission, SubmissionError, without_outputs, work_of

# Of what lies beside a notebook.
MAX_FILES = 200
MAX_ALL_BYTES = 2 * MAX_BYTES
MAX_DEPTH = 10
# What is no file that a notebook may read: notebooks, and when it was handed in.
NEVER_BESIDE = ("*.ipynb", "timestamp.txt")
# Of a folder's name, in bytes: what a file system has room for.
MAX_NAME = 255

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
# A pipe must not keep anyone waiting.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
# What browsers and mail programs make of a notebook's name.
_RENAMED = re.compile(r".*\.ipynb([ .](txt|json|\(\d+\)))+|.*\.json", re.IGNORECASE | re.DOTALL)
# Signs that turn the direction of writing, by Unicode's names for them.
_TURNS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
# A name that looks as if something in it had been written out.
_WRITTEN_OUT = re.compile(r"\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\U[0-9a-f]{8}")


class MissingError(SubmissionError):
    """There is no file."""


class TooLargeError(SubmissionError):
    """A file has more bytes than it may."""


@dataclass(frozen=True)
class Beside:
    """A file that was handed in beside a notebook: what it holds, or why it is left out."""

    path: PurePosixPath
    content: bytes = b""
    why: str = ""


def plain(name: str) -> str:
    """Return a file's name as text of one line; no two names give the same.

    Bytes that are no characters, control characters, and signs that turn the direction of writing are written out.
    """
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    kept = os.fsencode(name).decode("utf-8", "ignore")
    if text == kept and not _WRITTEN_OUT.search(text) and not any(_is_hidden(c) for c in text):
        return text
    escaped = os.fsencode(name).replace(b"\\", rb"\x5c").decode("utf-8", "backslashreplace")
    return "".join(c.encode("unicode_escape").decode() if _is_hidden(c) else c for c in escaped)


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(character) in _TURNS


def read(path: Path, below: Path | None = None, what: str = "a notebook", most: int = MAX_BYTES) -> bytes:
    """Return a file's content.

    Parameters
    ----------
    path
        The file.
    below
        A folder above it, the last in which links are followed; by default the one that it lies in.
    what
        What the file is, for the sentence about it.
    most
        How many bytes it may have.

    Raises
    ------
    SubmissionError
        When there is a link on the way, no ordinary file at its end, or too large a one.
    """
    content, _ = _read(path, below or path.parent, what, most)
    return content


def _read(path: Path, below: Path, what: str, most: int) -> tuple[bytes, os.stat_result]:
    with _opened(path.parent, below) as folder:
        return _read_in(folder, path.name, what, most)


def _read_in(folder: int, name: str, what: str, most: int) -> tuple[bytes, os.stat_result]:
    try:
        descriptor = os.open(name, _FILE, dir_fd=folder)
    except FileNotFoundError:
        raise MissingError(f"expected one notebook, {plain(name)}; got {_listed(folder)}") from None
    except OSError as error:
        raise _refused(folder, name, what, error) from None
    try:
        kind = os.fstat(descriptor)
        if stat.S_ISDIR(kind.st_mode):
            raise SubmissionError(f"expected {what}; got a folder. Hand in the file itself")
        if not stat.S_ISREG(kind.st_mode):
            raise SubmissionError(f"expected {what}; got something that is no ordinary file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            # What claims to be small is read no further than that all the same.
            content = b"" if kind.st_size > most else file.read(most + 1)
    finally:
        os.close(descriptor)
    if kind.st_size > most or len(content) > most:
        size = f"{most // 1_000_000} MB" if most >= 1_000_000 else f"{most:,} bytes"
        raise TooLargeError(f"the file is larger than {size}")
    return content, kind


@contextmanager
def _opened(folder: Path, below: Path) -> Iterator[int]:
    """Open a folder from the one that it is below, without following a link on the way."""
    at = os.open(below, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in folder.relative_to(below).parts:
            try:
                inside = os.open(part, _FOLDER, dir_fd=at)
            except FileNotFoundError:
                raise MissingError(f"there should be a folder {_short(part)!r}, and not {_listed(at)}") from None
            except OSError as error:
                raise _refused(at, part, f"the folder {_short(part)!r}", error) from None
            os.close(at)
            at = inside
        yield at
    finally:
        os.close(at)


def _refused(folder: int, name: str, what: str, error: OSError) -> SubmissionError:
    """Return why something can't be opened."""
    try:
        kind = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except OSError:
        kind = 0
    if stat.S_ISLNK(kind):
        itself = "folder" if what.startswith("the folder") else "file"
        return SubmissionError(f"expected {what}; got a link. Hand in the {itself} itself")
    if stat.S_ISREG(kind) and what.startswith("the folder"):
        return SubmissionError(f"expected {what}; got a file")
    if kind and not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        return SubmissionError(f"expected {what}; got something that is no ordinary file")
    return SubmissionError(
        f"{'the folder' if what.startswith('the folder') else 'the file'} can't be read: {error.strerror}"
    )


def _listed(folder: int) -> str:
    """Return what there is instead of a notebook."""
    names = _names(folder)
    if not names:
        return "an empty folder"
    shown = ", ".join(_short(name) for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5:,} more"


def _short(name: str) -> str:
    shown = plain(name)
    return shown if len(shown) <= 60 else f"{shown[:40]}…{shown[-15:]}"


def _simple(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.casefold())


def _is_of(name: str, lesson: str) -> bool:
    """Return whether a name begins with a lesson's. `ps10` does not begin with `ps1`."""
    return re.match(rf"{re.escape(_simple(lesson))}(?!\d)", _simple(name)) is not None


def _names(folder: int) -> list[str]:
    """Return what is in a folder that is not hidden."""
    return sorted(name for name in os.listdir(folder) if not name.startswith("."))


def notebook_among(names: Sequence[str], lesson: str) -> str:
    """Return which file in a lesson's folder is the notebook.

    Where none has the lesson's name, it is the only notebook that there is, or the only file that a browser has made of
    one. Where there is none, or several, it can't be told, and reading the name that is returned says so.
    """
    own = f"{lesson}.ipynb"
    if own in names:
        return own
    notebooks = _notebooks(names) or [name for name in names if _RENAMED.fullmatch(name)]
    return notebooks[0] if len(notebooks) == 1 else own


def _notebooks(names: Sequence[str]) -> list[str]:
    return [name for name in names if name.lower().endswith(".ipynb")]


def read_or_reason(path: Path) -> tuple[bytes, str]:
    """Return a loose notebook without its outputs and "", or nothing and why it can't be read."""
    try:
        return without_outputs(read(path, most=MAX_FILE)), ""
    except SubmissionError as error:
        return b"", str(error)
    except OSError as error:
        return b"", f"the file can't be read: {error.strerror}"


def files_in(folder: Path, ignored: Sequence[str]) -> tuple[tuple[File, ...], tuple[str, ...]]:
    """Return the files in a folder and below it, and why some were left out; not those that match one of these patterns."""
    with _opened(folder, folder) as top:
        found = list(_all_in(top, ignored, lambda *_: None))
    files = tuple(File(one.path.as_posix(), one.content) for one in found if not one.why)
    return files, tuple(one.why for one in found if one.why)


def _all_in(top: int, ignored: Sequence[str], check: Callable[[os.stat_result, str], None]) -> Iterator[Beside]:
    left = MAX_ALL_BYTES
    files = _files(top, ignored)
    for path, folder in islice(files, MAX_FILES):
        try:
            content, kind = _read_in(folder, path.name, "a file", min(left, MAX_BYTES))
            check(kind, "a file")
        except SubmissionError as error:
            why = str(error)
            if isinstance(error, TooLargeError) and left < MAX_BYTES:
                why = f"together with the files before it, it is larger than {MAX_ALL_BYTES // 1_000_000} MB"
            yield Beside(path, why=f"the file {_short(path.as_posix())!r} was left out: {why}")
            continue
        left -= len(content)
        yield Beside(path, content)
    if next(files, None) is not None:
        yield Beside(PurePosixPath(), why=f"there are more than {MAX_FILES} files beside it: the rest was left out")


class Submitted:
    """A course's `submitted/`.

    Parameters
    ----------
    root
        That folder. It may be a link itself; no link in it is followed.
    solutions
        The instructor's, which nobody may hand in as their own.
    """

    def __init__(self, root: Path, solutions: Path) -> None:
        self._root = root
        self._solutions = solutions

    def submissions(self, lessons: Mapping[str, Sequence[str]], student: str | None = None) -> list[Submission]:
        """Return what was handed in of these lessons, by student, lesson and notebook; all that there is a folder for.

        Parameters
        ----------
        lessons
            The names of the notebooks of each lesson.
        """
        try:
            names = sorted(path.name for path in self._root.iterdir())
        except FileNotFoundError:
            return []
        chosen = [name for name in names if student is None or plain(name) == student]
        return [one for name in chosen for one in self._of(self._root / name, lessons)]

    def _of(self, student: Path, lessons: Mapping[str, Sequence[str]]) -> Iterator[Submission]:
        """Yield what one student handed in."""
        astray = self._astray(student)
        for lesson, notebooks in lessons.items():
            for notebook in notebooks:
                path = self._notebook(student, lesson, notebook, len(notebooks) == 1, astray)
                if path is not None:
                    yield Submission(path, plain(student.name), lesson, notebook if notebook != lesson else "")

    def _notebook(
        self, student: Path, lesson: str, notebook: str, alone: bool, astray: Sequence[str] | None
    ) -> Path | None:
        """Return where a student's notebook of a lesson lies; `alone` says that the lesson has no other."""
        folder = student / lesson
        if not os.path.lexists(folder):
            is_astray = astray is None or any(_is_of(name, lesson) for name in astray)
            return folder / f"{notebook}.ipynb" if is_astray else None
        try:
            with _opened(folder, self._root) as descriptor:
                return folder / (notebook_among(_names(descriptor), notebook) if alone else f"{notebook}.ipynb")
        except (SubmissionError, OSError):
            # Reading it says why.
            return folder / f"{notebook}.ipynb"

    def _astray(self, student: Path) -> Sequence[str] | None:
        """Return what lies elsewhere than in the lessons' folders; None where anything may be missed.

        What is of a lesson and lies there can't be graded, and is told.
        """
        if student.is_symlink():
            # What a link that leads nowhere led to may be missed.
            return () if student.exists() else None
        try:
            with _opened(student, self._root) as folder:
                return [name for name in _names(folder) if name not in self._lessons]
        except (SubmissionError, OSError):
            return ()

    def read(self, submission: Submission) -> bytes:
        """Return a submission's notebook, without its outputs.

        Raises
        ------
        SubmissionError
            When it can't be read, or is not the student's own.
        """
        if len(submission.student.encode()) > MAX_NAME:
            raise SubmissionError("the name of the student's folder is too long once it is written as text")
        return without_outputs(self._own(submission, submission.path.name, "a notebook", MAX_FILE))

    def work(self, submission: Submission) -> str:
        """Return the digest of what is handed in now."""
        try:
            return work_of(self.read(submission), "")
        except SubmissionError as error:
            return work_of(b"", str(error))

    def timestamp(self, submission: Submission, most: int) -> bytes | None:
        """Return what `timestamp.txt` holds beside a submission; None where there is none."""
        try:
            return self._own(submission, "timestamp.txt", "timestamp.txt", most)
        except MissingError:
            return None

    def others(self, submission: Submission, notebooks: Sequence[str]) -> tuple[str, ...]:
        """Return what other notebooks were handed in beside the one that is graded, and are none of these of the lesson."""
        own = {submission.path.name, *(f"{name}.ipynb" for name in notebooks)}
        with _opened(submission.path.parent, self._root) as folder:
            return tuple(_short(name) for name in _notebooks(_names(folder)) if name not in own)

    def beside(self, submission: Submission, ignored: Sequence[str]) -> Iterator[Beside]:
        """Yield the files beside a notebook, but for those whose names match one of these patterns.

        Links, and what is more than may be handed in, are told and not followed.
        """
        with _opened(submission.path.parent, self._root) as top:
            yield from _all_in(top, ignored, partial(self._check_own, submission))

    def links(self, submission: Submission) -> tuple[str, ...]:
        """Return the links in a submission's folder, and below it."""
        with _opened(submission.path.parent, self._root) as top:
            return tuple(_short(path.as_posix()) for path, folder in _files(top) if _is_link(path.name, folder))

    def _own(self, submission: Submission, name: str, what: str, most: int) -> bytes:
        content, kind = _read(submission.path.with_name(name), self._root, what, most)
        self._check_own(submission, kind, what)
        return content

    def _check_own(self, submission: Submission, file: os.stat_result, what: str) -> None:
        """Raise SubmissionError where a file is also another student's, or the instructor's: a hard link."""
        if file.st_nlink < 2:
            return
        owners = self._owners.get((file.st_dev, file.st_ino), set()) - {submission.student}
        if owners:
            whose = f"of {', '.join(sorted(owners)[:3])}" if "" not in owners else "in solutions/"
            raise SubmissionError(
                f"expected {what}; got a hard link to a file {whose}. It is not known whose work it is"
            )

    @cached_property
    def _lessons(self) -> frozenset[str]:
        """The names of the course's lessons, each of which has its own folder."""
        found = self._solutions.iterdir() if self._solutions.is_dir() else ()
        return frozenset(path.name for path in found)

    @cached_property
    def _owners(self) -> Mapping[tuple[int, int], set[str]]:
        """Whose folders a file lies in; "" is the instructor."""
        owners: defaultdict[tuple[int, int], set[str]] = defaultdict(set)
        students = self._root.iterdir() if self._root.is_dir() else ()
        for top, owner in (*((path, plain(path.name)) for path in students), (self._solutions, "")):
            try:
                with _opened(top, top.parent) as folder:
                    for path, inside in islice(_files(folder), 100 * MAX_FILES):
                        file = os.stat(path.name, dir_fd=inside, follow_symlinks=False)
                        owners[file.st_dev, file.st_ino].add(owner)
            except (SubmissionError, OSError):
                continue
        return owners


def _files(top: int, ignored: Sequence[str] = ()) -> Iterator[tuple[PurePosixPath, int]]:
    """Yield what lies in a folder and below it that is no folder, with a descriptor of the folder that it lies in."""

    def counts(name: str) -> bool:
        return not any(fnmatch(name, pattern) for pattern in ignored)

    for at, folders, files, folder in os.fwalk(".", dir_fd=top, follow_symlinks=False):
        place = PurePosixPath(at)
        links = [name for name in folders if _is_link(name, folder)]
        folders[:] = sorted(name for name in folders if counts(name)) if len(place.parts) < MAX_DEPTH else []
        for name in sorted((*files, *links)):
            if counts(name):
                yield place / name, folder


def _is_link(name: str, folder: int) -> bool:
    return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
