"""Finds the student and the lesson of each downloaded file from its path, for `nbgrader zip_collect`.

Canvas and Moodle write who a file is from before whatever the student wrote. So what they wrote is looked for from the
left, and nothing in the name of a student's own file, or in an archive that a student has packed, can pass for it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from nbgrader.api import Gradebook
from nbgrader.plugins import FileNameCollectorPlugin
from nbgrader.utils import parse_utc

from ..submission import SubmissionError
from ..submitted import read
from .classlist import EMAIL, FULL_NAME, IDS, NUMBER, Person, names_of, person_of, squashed
from .tables import TableError, read_table

# In bytes, of which a file system has room for 255.
MAX_NAME = 180

# lovelaceada_LATE_12345_67890_…, and without names LATE_anon_x1Y2z_67890_…: the first two numbers count.
_CANVAS = re.compile(
    r"(?:(?P<name>.+?)_)??(?:(?P<late>late)_)?(?P<number>\d+|anon_[0-9a-z]+)_(?P<file>\d+)_(?P<rest>.+)",
    re.IGNORECASE | re.DOTALL,
)
# Ada Lovelace_1234_assignsubmission_file_: a folder, with what was handed in in it, or the beginning of a file's name.
_MOODLE = re.compile(
    r"(?P<name>[^_]*)_(?P<number>\d+)_assignsubmission_[a-z]+(?:_(?P<rest>.*))?", re.IGNORECASE | re.DOTALL
)
# What Canvas puts after a name from the eighth re-submission on; which is the latest is told by the file's number.
_UUID = "-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_JUNK = ("__MACOSX", ".ipynb_checkpoints")


@dataclass(frozen=True)
class Found:
    """What a file's path says about its student and lesson.

    Attributes
    ----------
    source
        Whose way of naming files it is.
    name
        The student, as written there.
    number
        The LMS's number of the student, or "".
    lesson
        The lesson's folder.
    attempt
        Later hand-ins of one student have a larger one.
    late
        Whether the LMS has marked it as late.
    """

    source: Literal["canvas", "moodle", "plain"]
    name: str
    number: str
    lesson: str
    attempt: tuple[int, int] = (0, 0)
    late: bool = False


def recognise(path: PurePosixPath, lessons: Iterable[str]) -> Found | str:
    """Return what a file's path says, or a sentence with the reason why it says nothing.

    Parameters
    ----------
    path
        Relative to the folder that all downloads were unpacked into.
    lessons
        The folders of the lessons there are.
    """
    parts = [unicodedata.normalize("NFC", part) for part in path.parts]
    stem = parts[-1].removesuffix(".ipynb")
    if stem == parts[-1]:
        return "it is not a notebook"
    for i, part in enumerate(parts):
        last = i == len(parts) - 1
        at = stem if last else part
        if match := _MOODLE.fullmatch(at):
            rest = match["rest"] or "" if last else stem
            if (told := _lesson(rest, lessons)) is None:
                return f"expected the name of a lesson; got {rest!r}"
            return Found("moodle", match["name"].strip(), match["number"], told[0], (0, told[1]))
        if match := _CANVAS.fullmatch(at):
            told = _lesson(match["rest"] if last else stem, lessons)
            exact = _lesson(match["rest"], lessons, exact=True)
            # A third number there means that the first may belong to a name that ends in one, and who it is is not sure.
            if re.match(r"\d+_", match["rest"]) and exact is None:
                return "its name has several numbers, and any of them may be the student's"
            if told is None:
                return f"expected the name of a lesson; got {match['rest']!r}"
            attempt = int(match["file"]), told[1]
            return Found("canvas", match["name"] or "", match["number"], told[0], attempt, bool(match["late"]))
    return _plain(parts[:-1], stem, lessons)


def _plain(folders: list[str], stem: str, lessons: Iterable[str]) -> Found | str:
    for lesson in lessons:
        match = re.fullmatch(rf"(?P<student>.+?)(?:_|\s+-\s+){_pattern(lesson)}", stem, re.IGNORECASE)
        if match:
            return Found("plain", match["student"].strip(), "", lesson, (0, _again(match)))
    told = _lesson(stem, lessons, exact=True)
    if told is None:
        return "its name is not the name of a lesson"
    own = [folder for folder in folders if _lesson(folder, (told[0],), exact=True) is None]
    if not own:
        return "its path names no student"
    return Found("plain", own[-1].strip(), "", told[0], (0, told[1]))


def _lesson(stem: str, lessons: Iterable[str], exact: bool = False) -> tuple[str, int] | None:
    """Return the lesson of a file and the number of its re-submission. Words before the lesson are ignored."""
    before = "" if exact else r"(?P<before>.*[ _-])?"
    for lesson in lessons:
        if match := re.fullmatch(before + _pattern(lesson), stem, re.IGNORECASE):
            return lesson, _again(match)
    return None


def _pattern(lesson: str) -> str:
    """Return a pattern for the name of a lesson's notebook. Browsers, Canvas and Jupyter add numbers to it."""
    words = [f"0*{int(word)}" if word.isdecimal() else re.escape(word) for word in lesson.split("_")]
    return (
        r"[ _-]+".join(words) + rf"(?:[ _-]*(?P<copy>copy)[ _-]*\d*|(?:[-_]|[ _]*\()(?P<again>\d{{1,4}})\)?|{_UUID})?"
    )


def _again(match: re.Match[str]) -> int:
    # One that is named as it should be is meant. Jupyter's copy is what a student has put by before working on.
    if match.groupdict().get("before"):
        return -2
    return -1 if match["copy"] else int(match["again"] or 0)


def folder_name(name: str) -> str:
    """Return a student's name as the name of a folder. No two names give the same folder.

    Letters of all alphabets and spaces stay. nbgrader has a use of its own for `+`, and its patterns and pages for the
    other signs that are left out. A name that loses something gets a few digits of its hash in their place.
    """
    name = unicodedata.normalize("NFC", name)
    kept = "".join("_" if c in '+/\\:*?[]{}<>"|&#%;$`~!=,' or unicodedata.category(c)[0] == "C" else c for c in name)
    kept = " ".join(kept.split()).lstrip(".-").rstrip(".")
    if kept == name and kept and len(kept.encode()) <= MAX_NAME:
        return kept
    while len(kept.encode()) > MAX_NAME - 9:
        kept = kept[:-1]
    return f"{kept or 'student'}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Collected:
    """One file that is collected, and its student."""

    path: PurePosixPath
    student: str
    found: Found


@dataclass(frozen=True)
class Plan:
    """The collected files, and the reason for each file that is not collected."""

    collected: tuple[Collected, ...]
    left: Mapping[PurePosixPath, str] = field(default_factory=dict)


def plan(
    paths: Sequence[PurePosixPath],
    lesson: str,
    lessons: Iterable[str],
    content: Callable[[PurePosixPath], bytes],
    known: Sequence[Person] = (),
    lists: Sequence[Person] = (),
) -> Plan:
    """Return the files to collect from some downloads: the latest notebook of each student.

    Parameters
    ----------
    paths
        All files there are.
    lesson
        The lesson that is collected.
    lessons
        All there are.
    content
        Returns a file's content, of those that nothing else tells apart.
    known
        The students in the gradebook.
    lists
        The students in lists of the LMS.
    """
    left: dict[PurePosixPath, str] = {}
    of: dict[tuple[str, str], list[tuple[PurePosixPath, Found]]] = defaultdict(list)
    for path in paths:
        if any(part in _JUNK or part.startswith("._") for part in path.parts):
            continue
        found = recognise(path, lessons)
        if isinstance(found, str):
            left[path] = found
        elif found.lesson != lesson:
            left[path] = f"it belongs to {found.lesson}"
        else:
            of[found.source, found.number or found.name].append((path, found))
    newest = []
    for files in of.values():
        best = max(found.attempt for _, found in files)
        last = [(path, found) for path, found in files if found.attempt == best]
        left |= {path: "this student has a later one" for path, found in files if found.attempt < best}
        if len({content(path) for path, _ in last}) == 1:
            newest.append(last[0])
            left |= {path: f"it is the same as {last[0][0]}" for path, _ in last[1:]}
        else:
            left |= {path: "this student has several, and nothing shows which is the latest" for path, _ in last}
    return _assigned(newest, left, known, lists)


def _assigned(
    files: list[tuple[PurePosixPath, Found]],
    left: dict[PurePosixPath, str],
    known: Sequence[Person],
    lists: Sequence[Person],
) -> Plan:
    ids = [(_known_id(found, known, lists), _own_id(found)) for _, found in files]
    claims = defaultdict(set)
    for (path, _), (known_id, own_id) in zip(files, ids, strict=True):
        claims[known_id or own_id].add(path)
    # Two of the same name: neither is the one in the gradebook until somebody says which.
    students = [known_id if known_id and len(claims[known_id]) == 1 else own_id for known_id, own_id in ids]
    collected = []
    for (path, found), student in zip(files, students, strict=True):
        if students.count(student) == 1:
            collected.append(Collected(path, student, found))
        else:
            left[path] = f"several students have the name {student!r}"
    return Plan(tuple(collected), left)


def _own_id(found: Found) -> str:
    return folder_name("_".join(filter(None, (found.name, found.number))))


def _known_id(found: Found, known: Sequence[Person], lists: Sequence[Person]) -> str:
    """Return the id, from the gradebook or a list, of the student who handed a file in; "" if it is not certain."""
    if found.source == "plain":
        return ""
    name = squashed(found.name)
    listed = [one for one in lists if one.number == found.number]
    if found.source == "canvas":
        mine = [one for one in known if found.number in (one.number, one.id)]
    else:
        # Moodle's number is another one in each assignment; only a list that was downloaded with it knows it.
        listed = listed or [one for one in lists if name and name in one.names]
        mine = [one for one in known if name and name in one.names]
    if len(listed) == 1 and not (found.source == "canvas" and mine):
        person = listed[0]
        # A name says who it is only where nobody else in the list has it.
        alone = sum(bool(one.names & person.names) for one in lists) == 1
        mine = [one for one in known if _is_same(one, person)] or (mine if alone else [])
        return mine[0].id if len(mine) == 1 else folder_name(person.best_id) if person.best_id else ""
    return mine[0].id if len(mine) == 1 and not listed else ""


def _is_same(known: Person, listed: Person) -> bool:
    ids = {one.casefold() for one in (*listed.ids, listed.email) if one}
    return any(one and one.casefold() in ids for one in (known.id, known.number, known.email))


class Collector(FileNameCollectorPlugin):
    """nbgrader's collector for the file names of Canvas, of Moodle, and of plain folders."""

    _plan: dict[str, Collected] | None = None

    def collect(self, submitted_file: str) -> dict[str, Any] | None:
        """Return the student and lesson of this file; None if it is not collected, and then log the reason."""
        if self._plan is None:
            self._plan = self._planned()
        one = self._plan.get(submitted_file)
        if one is None:
            return None
        told: dict[str, Any] = {"student_id": one.student, "file_id": f"{one.found.lesson}.ipynb"}
        beside = Path(submitted_file).with_name("timestamp.txt")
        # In Canvas's and Moodle's downloads it could only come from the student.
        if one.found.source == "plain" and beside.exists():
            try:
                told["timestamp"] = read(beside).decode().strip()
                parse_utc(told["timestamp"])
            except (SubmissionError, ValueError, OverflowError):
                self.log.warning("%s can't be read, so %s has no time", beside, one.student)
                del told["timestamp"]
        elif one.found.late:
            self.log.warning(
                "%s is late. Canvas does not say by how much. Without a timestamp.txt in submitted/%s/%s/ it counts as "
                "handed in in time",
                one.student,
                one.student,
                one.found.lesson,
            )
        return told

    def _planned(self) -> dict[str, Collected]:
        course = self.parent.coursedir
        root = Path(self.parent._format_collect_path(self.parent.extracted_directory))
        paths = [PurePosixPath(path.relative_to(root)) for path in sorted(root.rglob("*")) if path.is_file()]
        lesson = course.assignment_id
        released = Path(course.format_path(course.release_directory, ".", "."))
        lessons = sorted({path.parent.name for path in released.glob("*/*.ipynb")} | {lesson})
        with Gradebook(course.db_url, course.course_id) as gradebook:
            known = [
                Person(
                    one.id, one.lms_user_id or "", (), one.email or "", _names(one.first_name, one.last_name, one.id)
                )
                for one in gradebook.students
            ]
        lists = [person for path in paths if path.suffix == ".csv" for person in self._listed(root / path)]
        made = plan(paths, lesson, lessons, lambda path: _digest(root / path), known, lists)
        for path, why in made.left.items():
            # That a list is no notebook needs not be told.
            if path.suffix == ".ipynb" or path.suffix not in (".csv", ".txt", *_ARCHIVES):
                self.log.warning("Not collected: %s: %s", path, why)
        for one in made.collected:
            if one.found.source == "moodle" and one.student == _own_id(one.found):
                self.log.warning(
                    "%s may get another name in other lessons, because Moodle's files alone do not show who it is. Put Moodle's list of grades, "
                    "or the grading worksheet, beside the download",
                    one.student,
                )
        return {str(root / one.path): one for one in made.collected}

    def _listed(self, path: Path) -> list[Person]:
        try:
            table = read_table(read(path), (*FULL_NAME, *NUMBER, *IDS, *EMAIL))
        except (TableError, SubmissionError) as error:
            self.log.warning("%s: %s", path, error)
            return []
        return [person_of(table.row(i)) for i in range(1, len(table.rows))]


_ARCHIVES = (".zip", ".gz")


def _names(first: str | None, last: str | None, student: str) -> frozenset[str]:
    return names_of(first or "", last or "") or frozenset({squashed(student)})


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
