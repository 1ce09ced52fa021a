"""A class report → HTML pages: one for the class, and one for each student. They load nothing else.

Students' names and all that they wrote are escaped. If escaping ever fails, the pages' policy still lets a browser run only
their own script, and load nothing.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from markupsafe import Markup

from ... import view
from ...verdict import Verdict
from ..files import write_beside
from . import tables
from .rows import ClassReport, ExercisePlace, Misconception, StudentRow

LECTURE = 3

# Every student's page contains this mark, so that a later run removes only pages that an earlier run wrote.
_MARK = '<meta name="generator" content="autograder report, a student">'


def write(report: ClassReport, folder: Path) -> list[Path]:
    """Write the pages and the tables into a folder and return their paths, `index.html` first. Remove pages of students who left the class.

    Raises
    ------
    OSError
        When a file can't be written.
    """
    names = file_names(one.student for one in report.students)
    index = folder / "index.html"
    write_beside(index, _encoded(class_page(report, names)))
    for name, content in tables.csv_files(report).items():
        write_beside(folder / f"{name}.csv", content)
    written = [index]
    for one in report.students:
        path = folder / "students" / names[one.student]
        write_beside(path, _encoded(student_page(one, report)))
        written.append(path)
    for path in set((folder / "students").glob("*.html")) - set(written):
        if _is_ours(path):
            path.unlink()
    return written


def file_names(students: Iterable[str]) -> dict[str, str]:
    """Return a file name for each student, by id. No two are the same, even on a disk that ignores case."""
    return {student: _file_name(student) for student in students}


def _file_name(student: str) -> str:
    if re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", student):
        return f"{student}.html"
    # A plain name contains no dot, so no student's name can equal the file name of another student.
    digest = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:20]
    return f"{re.sub(r'[^a-z0-9_-]+', '-', student.lower())[:40].strip('-')}.{digest}.html".lstrip(".")


def class_page(report: ClassReport, names: dict[str, str]) -> str:
    """Return the page about the class. `names` has the file name of each student's page."""
    return _page("report.html", report=report, names=names, lecture=lecture(report), filter=Filter.of(report))


def student_page(student: StudentRow, report: ClassReport) -> str:
    """Return the page about one student of the class."""
    return _page("report_student.html", report=report, student=student, mark=Markup(_MARK))


def lecture(report: ClassReport) -> tuple[Misconception, ...]:
    """Return the mistakes for the lecture: the most frequent ones, each made by two students or more."""
    common = [one for one in report.misconceptions if len(one.students) > 1]
    return tuple(common[:LECTURE])


@dataclass(frozen=True)
class Filter:
    """What the rows of the class page can be filtered by.

    A row says with which lessons and findings it has to do: `2:5 3:` is finding 5 in lesson 2, and lesson 3. Numbers keep a page
    for a thousand students short.

    Attributes
    ----------
    kinds
        The findings, as slugs of mistakes and kinds of findings, with their titles.
    """

    lessons: tuple[str, ...]
    kinds: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, report: ClassReport) -> Filter:
        """Return the filter of a report's page."""
        mistakes = [(one.slug, one.title) for one in report.misconceptions]
        findings = [(one.kind, one.title) for one in report.findings]
        return cls(tuple(one.folder for one in report.lessons), (*mistakes, *findings))

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {kind: number for number, (kind, _) in enumerate(self.kinds)}

    def at(self, lesson: str, *kinds: str) -> str:
        """Return how a row says that it has to do with a lesson, and with findings in it."""
        number = self.lessons.index(lesson) if lesson in self.lessons else ""
        return " ".join([f"{number}:", *(f"{number}:{self._numbers[one]}" for one in kinds if one in self._numbers)])

    def of_student(self, student: StudentRow) -> str:
        """Return the same for a student's row."""
        return " ".join(
            self.at(one.submission.lesson, *sorted({kind for verdict in one.verdicts for kind in _kinds(verdict)}))
            for one in student.by_lesson
            if one is not None
        )

    def of_places(self, kind: str, places: Iterable[ExercisePlace]) -> str:
        """Return the same for a finding in some exercises."""
        return " ".join(self.at(lesson, kind) for lesson in sorted({place.lesson for place in places}))


def _kinds(verdict: Verdict) -> tuple[str, ...]:
    return (verdict.mistake.rpartition(".")[2], verdict.finding.kind if verdict.finding is not None else "")


def _page(template: str, **values: Any) -> str:
    style, script, policy = _sources()
    return view.templates().get_template(template).render(values, style=style, script=script, policy=policy)


@cache
def _sources() -> tuple[Markup, Markup, str]:
    """Return the style and the script of all pages, and the policy that allows exactly this script, by its digest."""
    environment = view.templates()
    # These are the package's own sources and are not escaped.
    style, script = (
        Markup(environment.get_template(f"report_{name}.html").render().strip()) for name in ("style", "script")
    )
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return style, script, f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def _encoded(page: str) -> bytes:
    # A name may contain surrogates, which UTF-8 can't encode.
    return page.encode("utf-8", "replace")


def _is_ours(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return _MARK in file.read(1000)
