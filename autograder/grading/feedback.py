"""Writes feedback pages with nbgrader, in a process of the pool."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from traitlets.config import Config

from .files import write_beside
from .steps import for_one
from .submission import Submission

# What nbgrader's exchange reads beside a page, to find out whose it is.
_EXCHANGED = ("timestamp.txt", "submission_secret.txt")


@dataclass(frozen=True)
class Pages:
    """The pages to write of one student in one lesson, by their submissions, and the course.

    nbgrader works on the folder that they all lie in, so one process writes them one after the other.
    """

    submissions: tuple[Submission, ...]
    config: Config


def by_folder(submissions: Iterable[Submission], config: Config) -> list[Pages]:
    """Return the pages of these submissions, those in one folder together."""
    together: dict[tuple[str, str], list[Submission]] = {}
    for one in submissions:
        together.setdefault((one.student, one.lesson), []).append(one)
    return [Pages(tuple(ones), config) for ones in together.values()]


def write(pages: Pages) -> tuple[str, ...]:
    """Write feedback pages. Return for each "", or the last line of nbgrader's log if it failed."""
    return tuple(for_one(partial(_write, one, pages.config), lambda why: why) for one in pages.submissions)


def _write(submission: Submission, config: Config) -> str:
    # Imported here, because nbgrader is slow to import and the processes that grade do not need it.
    from nbgrader.converters import GenerateFeedback
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.utils import capture_log

    class OfOneSubmission(GenerateFeedback):
        def init_notebooks(self) -> None:
            # nbgrader takes the path for a pattern, and a name may hold brackets.
            folder = self._format_source(submission.lesson, submission.student)
            self.assignments = {folder: [str(Path(folder, f"{submission.notebook}.ipynb"))]}

        def init_assignment(self, assignment_id: str, student_id: str) -> None:
            # nbgrader copies all that was handed in. A page needs none of it, and it may take the page's place.
            graded, shown = (
                Path(self.coursedir.root, place(assignment_id, student_id))
                for place in (self._format_source, self._format_dest)
            )
            for name in _EXCHANGED:
                if (graded / name).is_file():
                    write_beside(shown / name, (graded / name).read_bytes())

    directory = CourseDirectory(config=config)
    # Without it, nbgrader first removes the pages of the lesson's other notebooks.
    directory.notebook_id = submission.notebook
    converter = OfOneSubmission(coursedir=directory, config=config)
    converter.force = True
    result = capture_log(converter)
    if result["success"]:
        return ""
    lines = [line for line in str(result.get("error") or result.get("log")).splitlines() if line.strip()]
    return lines[-1].strip()[:200] if lines else "nbgrader could not write it"
