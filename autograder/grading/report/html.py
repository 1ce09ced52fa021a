"""A class report → HTML pages that need nothing but themselves: one for the class, and one a student.

Whatever students are called and whatever they wrote is text in them. Should that ever fail, the pages' own policy lets a
browser run no script but theirs, and load nothing.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from markupsafe import Markup

from ... import view
from ..files import write_beside
from .rows import ClassReport, Misconception, StudentRow

LECTURE = 3

# Stands in every student's page, and tells those that an earlier run wrote from whatever else lies beside them.
_MARK = '<meta name="generator" content="autograder report, a student">'


def write(report: ClassReport, folder: Path) -> list[Path]:
    """Write the pages into a folder, `index.html` first, and remove those of students who are no longer in the class.

    Raises
    ------
    OSError
        When a file can't be written.
    """
    names = file_names(one.student for one in report.students)
    index = folder / "index.html"
    write_beside(index, _encoded(class_page(report, names)))
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
    """Return a file name for each student, by id. No two are alike, not even where upper and lower case are one."""
    return {student: _file_name(student) for student in students}


def _file_name(student: str) -> str:
    if re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", student):
        return f"{student}.html"
    # No plain name has a dot in it, so nobody can be called what another one's page is.
    digest = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:20]
    return f"{re.sub(r'[^a-z0-9_-]+', '-', student.lower())[:40].strip('-')}.{digest}.html".lstrip(".")


def class_page(report: ClassReport, names: dict[str, str]) -> str:
    """Return the page about the class; `names` are those of the students' pages."""
    return _page("report.html", report=report, names=names, lecture=lecture(report))


def student_page(student: StudentRow, report: ClassReport) -> str:
    """Return the page about one student of the class."""
    return _page("report_student.html", report=report, student=student, mark=Markup(_MARK))


def lecture(report: ClassReport) -> tuple[Misconception, ...]:
    """Return what to say in the lecture: the mistakes that most students made, one student's alone left out."""
    common = [one for one in report.misconceptions if len(one.students) > 1]
    return tuple(common[:LECTURE])


def _page(template: str, **values: Any) -> str:
    environment = view.templates()
    # Sources of the package, put in as they are: the policy names this very text by its digest.
    style, script = (
        Markup(environment.get_template(f"report_{name}.html").render().strip()) for name in ("style", "script")
    )
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    return environment.get_template(template).render(values, style=style, script=script, policy=policy)


def _encoded(page: str) -> bytes:
    # A name may hold what is no character at all.
    return page.encode("utf-8", "replace")


def _is_ours(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return _MARK in file.read(1000)
