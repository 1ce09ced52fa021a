"""Finds the student and the lesson of each downloaded file from its path, for `nbgrader zip_collect`.

The lesson's whole name is found first. What stands before it is then read as one of the systems writes it: Canvas, Moodle,
Blackboard and Brightspace write who a file is from before whatever the student wrote, ILIAS puts a time there, and Sakai
and OpenOlat give each student a folder. Where a name can be read in two ways, the file is left, and the reason is told.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from nbgrader.api import Gradebook
from nbgrader.plugins import FileNameCollectorPlugin

from ..submission import SubmissionError
from ..submitted import read
from ..times import MAX_TIMESTAMP, utc, zone_of
from .classlist import EMAIL, FULL_NAME, IDS, NUMBER, Person, names_of, person_of, squashed
from .tables import TableError, read_table
from .unpack import is_junk

# In bytes, of which a file system has room for 255.
MAX_NAME = 180

# lovelaceada_LATE_12345_67890_…, and without names LATE_anon_x1Y2z_67890_…: the first two numbers count.
_CANVAS = re.compile(
    r"(?:(?P<name>.+?)_)??(?:(?P<late>late)_)?(?P<number>\d+|anon_[0-9a-z]+)_(?P<file>\d+)_(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
# Ada Lovelace_1234_assignsubmission_file_: a folder, with what was handed in in it, or the beginning of a file's name.
_MOODLE = re.compile(
    r"(?P<name>[^_]*)_(?P<number>\d+)_assignsubmission_[a-z]+(?:_(?P<rest>.*))?", re.IGNORECASE | re.DOTALL
)
# Lesson 2_ada_attempt_2025-10-01-15-30-10_: where the assignment's name ends is told by no sign.
_BLACKBOARD = re.compile(
    r"(?P<assignment>.+)_(?P<name>[^_]+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_.*)?", re.IGNORECASE | re.DOTALL
)
# 105559-275001 - Ada Lovelace - Oct 3, 2025 1025 AM: a folder, or the beginning of a file's name.
_BRIGHTSPACE = re.compile(
    r"(?P<number>\d+-\d+) - (?P<name>.+?) - (?P<month>[A-Z][a-z]{2})[a-z]* (?P<day>\d{1,2}), (?P<year>\d{4}) "
    r"(?P<hour>\d{1,2}):?(?P<minute>\d\d) (?P<half>[AP])M(?: - .*)?",
    re.DOTALL,
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Lovelace, Ada(ada17), and in it this folder.
_SAKAI = re.compile(r"[^()]+\((?P<name>[^()]+)\)")
_SAKAI_INSIDE = "submission attachment(s)"
# ILIAS: 20251003193000_
_TIME = re.compile(r"(?P<time>\d{14})_(?P<rest>.*)", re.DOTALL)
# What no student is called: a date, an attempt, a pair of numbers. Some system has put it there that is not known here.
_NO_NAME = re.compile(r"\d{4}-\d\d?-\d\d?|\d{14}|(?<![^\W_])attempt(?![^\W_])|\d+-\d+ - ", re.IGNORECASE)
# Folders below a student's own: of our course, of repositories, of systems, and versions.
_BELOW = re.compile(
    r"notebooks|autograd-course.*|.+-(?:main|master)|src|work|attachments|submissions?|returned|drop ?box"
    r"|submission attachment\(s\)|(?:v|version|attempt|versuch)[ _-]?\d+|\d{14}",
    re.IGNORECASE,
)
# What Canvas puts after a name from the eighth re-submission on; which is the latest is told by the file's number.
_UUID = "-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NAMED_OTHERWISE = -2


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
    around
        What stood before the student's name, where no sign tells the two apart.
    folders
        Those in the path that may be the student's.
    """

    source: Literal["canvas", "moodle", "blackboard", "brightspace", "plain"]
    name: str
    number: str
    lesson: str
    attempt: tuple[int, int] = (0, 0)
    late: bool = False
    around: str = field(default="", compare=False)
    folders: tuple[str, ...] = field(default=(), compare=False)


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
    folders, stem = parts[:-1], parts[-1].removesuffix(".ipynb")
    if stem == parts[-1]:
        return "it is not a notebook"
    if (told := _lesson(stem, lessons)) is None:
        return f"expected the name of a lesson; got {stem!r}"
    # One that is named as it should be is meant; words of the student's own before that come second.
    inside = replace(told, again=_NAMED_OTHERWISE) if told.before else told
    in_folder = next((found for folder in folders if (found := _by_folder(folder, inside))), None)
    in_name = _by_name(told)
    if in_folder is not None and in_folder.source == "canvas" and in_name is not None and in_name.source == "canvas":
        # An archive that a student has packed, or the instructor's own with numbers in its name.
        return "both a folder and the file's name say whose it is"
    if (certain := in_folder or in_name) is not None:
        if certain.source == "canvas" and _is_unsure(certain):
            return "it can't be told which of the numbers in its name is the student's"
        return replace(certain, around="") if certain.source == "canvas" else certain
    return _plain(folders, told)


@dataclass(frozen=True)
class _Told:
    """A file's name: what stands before the lesson's, and the number of its re-submission."""

    lesson: str
    before: str
    again: int


def _by_folder(folder: str, told: _Told) -> Found | None:
    """Return what a folder's name says, where a system has named it."""
    if match := _MOODLE.fullmatch(folder):
        return Found("moodle", match["name"].strip(), match["number"], told.lesson, (0, told.again))
    if match := _BRIGHTSPACE.fullmatch(folder):
        return _brightspace(match, told)
    if (match := _CANVAS.fullmatch(folder)) and match["rest"] and (match["name"] or not match["number"].isdecimal()):
        found = _canvas(match, told)
        # An archive that is called as the lesson is: the number there is the lesson's.
        return replace(found, around="") if _is_lessons(match["rest"], told.lesson) else found
    return None


def _by_name(told: _Told) -> Found | None:
    """Return what a file's name says before the lesson's, where a system has written it."""
    if match := _MOODLE.fullmatch(told.before):
        again = _NAMED_OTHERWISE if match["rest"] else told.again
        return Found("moodle", match["name"].strip(), match["number"], told.lesson, (0, again))
    if match := _BLACKBOARD.fullmatch(told.before):
        attempt = int(match["time"].replace("-", "")), told.again
        return Found("blackboard", match["name"].strip(), "", told.lesson, attempt, around=match["assignment"])
    if match := _BRIGHTSPACE.fullmatch(told.before):
        return _brightspace(match, told)
    if match := _CANVAS.fullmatch(told.before):
        return _canvas(match, replace(told, again=_NAMED_OTHERWISE) if match["rest"] else told)
    return None


def _canvas(match: re.Match[str], told: _Told) -> Found:
    attempt = int(match["file"]), told.again
    late = bool(match["late"])
    return Found("canvas", match["name"] or "", match["number"], told.lesson, attempt, late, around=match["rest"])


def _is_unsure(canvas: Found) -> bool:
    # A third number: the first may belong to a name that ends in one. And a year and a month are no numbers of Canvas's.
    is_date = re.fullmatch(r"(?:19|20)\d\d", canvas.number) and canvas.attempt[0] <= 12
    return bool(is_date or re.match(r"\d+_", canvas.around))


def _brightspace(match: re.Match[str], told: _Told) -> Found | None:
    if match["month"] not in _MONTHS:
        return None
    hour = int(match["hour"]) % 12 + (12 if match["half"] == "P" else 0)
    date = f"{match['year']}{_MONTHS.index(match['month']) + 1:02}{int(match['day']):02}"
    attempt = int(f"{date}{hour:02}{match['minute']}"), told.again
    return Found("brightspace", match["name"].strip(), match["number"], told.lesson, attempt)


def _plain(folders: list[str], told: _Told) -> Found | str:
    """Return whose a file is by its name, as `ada_02_chain_rule.ipynb`, or by the folder that it lies in."""
    time = _TIME.fullmatch(told.before)
    before = time["rest"] if time else told.before
    attempt = int(time["time"]) if time else 0, told.again
    sakai = [
        match["name"].strip()
        for folder, inside in pairwise(folders)
        if inside.casefold() == _SAKAI_INSIDE and (match := _SAKAI.fullmatch(folder))
    ]
    own = [folder for folder in folders if not _is_lessons(folder, told.lesson)]
    while len(own) > 1 and _BELOW.fullmatch(own[-1]):
        own.pop()
    # A sign before the lesson's name ends a student's; spaces are in names themselves.
    match = re.fullmatch(r"(?P<name>.+?)(?:_| +- +)", before, re.DOTALL)
    if sakai or (not match and own):
        name = sakai[0] if sakai else own[-1].strip()
    elif match:
        name, own, attempt = match["name"].strip(), [], (attempt[0], max(attempt[1], told.again))
    else:
        return "nothing in its path says whose it is"
    if _NO_NAME.search(name):
        return f"it can't be told where the student's name begins and ends in {name!r}"
    return Found("plain", name, "", told.lesson, attempt, folders=() if sakai else tuple(own))


def _is_lessons(folder: str, lesson: str) -> bool:
    return re.fullmatch(_pattern(lesson), folder, re.IGNORECASE) is not None


def _lesson(stem: str, lessons: Iterable[str]) -> _Told | None:
    """Return which lesson's a file is, and what stands before the lesson's name."""
    for lesson in lessons:
        if match := re.fullmatch(rf"(?P<before>|.*[ _-]){_pattern(lesson)}", stem, re.IGNORECASE | re.DOTALL):
            return _Told(lesson, match["before"], _again(match))
    return None


def _pattern(lesson: str) -> str:
    """Return a pattern for the name of a lesson's notebook. Browsers, Canvas and Jupyter add numbers to it."""
    words = [f"0*{int(word)}" if word.isdecimal() else re.escape(word) for word in lesson.split("_")]
    return (
        r"[ _-]+".join(words) + rf"(?:[ _-]*(?P<copy>copy)[ _-]*\d*|(?:[-_]|[ _]*\()(?P<again>\d{{1,4}})\)?|{_UUID})?"
    )


def _again(match: re.Match[str]) -> int:
    # Jupyter's copy is what a student has put by before working on.
    return -1 if match["copy"] else int(match["again"] or 0)


def _at_one_level(files: list[tuple[PurePosixPath, Found]]) -> dict[PurePosixPath, Found | str]:
    """Return whose files are that only folders tell: the student's is at the level at which their paths differ.

    Folders that all of them lie in at the end, as `homework/` in every student's archive, are nobody's name.
    """
    own = {path: list(found.folders) for path, found in files}
    while len({*map(tuple, own.values())}) > 1 and all(len(one) > 1 for one in own.values()):
        if len({one[-1] for one in own.values()}) > 1:
            break
        for one in own.values():
            one.pop()
    depths = {tuple(one) for one in own.values()}
    told: dict[PurePosixPath, Found | str] = {}
    for path, found in files:
        here = tuple(own[path])
        alike = {one for one in depths if one[-1] == here[-1] and one != here}
        beside = {one for one in depths if len(one) == len(here) - 1 and one[:-1] == here[:-2]}
        if alike and beside:
            told[path] = f"it can't be told which folder is the student's: {here[-2]!r} or {here[-1]!r}"
        elif _NO_NAME.search(here[-1]):
            told[path] = f"it can't be told where the student's name begins and ends in {here[-1]!r}"
        else:
            told[path] = replace(found, name=here[-1].strip())
    return told


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
    # A file's name may be no text in UTF-8.
    digest = hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()
    return f"{kept or 'student'}-{digest[:8]}"


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
    files = [path for path in paths if not is_junk(path)]
    recognised = {path: recognise(path, lessons) for path in files}
    by_folder = [
        (path, found)
        for path, found in recognised.items()
        if isinstance(found, Found) and found.folders
        if found.lesson == lesson
    ]
    recognised |= _at_one_level(by_folder)
    for path, found in recognised.items():
        if isinstance(found, str):
            left[path] = found
        elif found.lesson != lesson:
            left[path] = f"it belongs to {found.lesson}"
        else:
            of[found.source, found.number or found.name].append((path, found))
    newest = []
    for own in of.values():
        if len({found.around for _, found in own}) > 1:
            left |= {path: "it can't be told where the student's name begins in it" for path, _ in own}
            continue
        best = max(found.attempt for _, found in own)
        last = [(path, found) for path, found in own if found.attempt == best]
        left |= {path: "another one of this student is taken" for path, found in own if found.attempt < best}
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
    # Brightspace's numbers are other ones in each assignment, and its names are whole.
    number = "" if found.source == "brightspace" else found.number
    return folder_name("_".join(filter(None, (found.name, number))))


def _known_id(found: Found, known: Sequence[Person], lists: Sequence[Person]) -> str:
    """Return the id in the gradebook, or in a list, of who handed a file in; "" where that is not sure."""
    if found.source not in ("canvas", "moodle"):
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
    """nbgrader's collector for the file names of learning management systems, and of plain folders."""

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
                text = read(beside, what="its timestamp.txt", most=MAX_TIMESTAMP).decode()
                told["timestamp"] = f"{utc(text, self._zone())} UTC"
            except (SubmissionError, ValueError) as error:
                self.log.warning("%s can't be read, so %s has no time: %s", beside, one.student, error)
        elif one.found.late:
            self.log.warning(
                "%s is late. Canvas does not say by how much. Without a timestamp.txt in submitted/%s/%s/ it counts as "
                "handed in in time",
                one.student,
                one.student,
                one.found.lesson,
            )
        return told

    def _zone(self) -> tzinfo | None:
        return zone_of(str(self.config.Exchange.get("timezone", "UTC")))

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
            before = Path(course.format_path(course.submitted_directory, _own_id(one.found), lesson))
            if one.student != _own_id(one.found) and before.exists():
                self.log.warning(
                    "%s was collected before as %s, and would be graded twice: remove %s",
                    one.student,
                    _own_id(one.found),
                    before,
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
