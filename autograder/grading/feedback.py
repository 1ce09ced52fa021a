"""Writes one feedback page with nbgrader, in a process of the pool."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from traitlets.config import Config

from .files import write_beside
from .steps import for_one
from .submission import Submission

# What nbgrader's exchange reads beside a page, to find out whose it is.
_EXCHANGED = ("timestamp.txt", "submission_secret.txt")


@dataclass(frozen=True)
class Page:
    """A submission that needs a feedback page, and its course."""

    submission: Submission
    config: Config


def write(page: Page) -> str:
    """Write a submission's feedback page. Return "", or the last line of nbgrader's log if it failed."""
    # Imported here, because nbgrader is slow to import and the processes that grade do not need it.
    from nbgrader.converters import GenerateFeedback
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.utils import capture_log

    class OfOneSubmission(GenerateFeedback):
        def init_notebooks(self) -> None:
            # nbgrader takes the path for a pattern, and a name may hold brackets.
            folder = self._format_source(page.submission.lesson, page.submission.student)
            self.assignments = {folder: [str(Path(folder, f"{page.submission.notebook}.ipynb"))]}

        def init_assignment(self, assignment_id: str, student_id: str) -> None:
            # nbgrader copies all that was handed in. A page needs none of it, and it may take the page's place.
            graded, shown = (
                Path(self.coursedir.root, place(assignment_id, student_id))
                for place in (self._format_source, self._format_dest)
            )
            for name in _EXCHANGED:
                if (graded / name).is_file():
                    write_beside(shown / name, (graded / name).read_bytes())

    def with_nbgrader() -> str:
        converter = OfOneSubmission(coursedir=CourseDirectory(config=page.config), config=page.config)
        converter.force = True
        result = capture_log(converter)
        if result["success"]:
            return ""
        lines = [line for line in str(result.get("error") or result.get("log")).splitlines() if line.strip()]
        return lines[-1].strip()[:200] if lines else "nbgrader could not write it"

    return for_one(with_nbgrader, lambda why: why)
