"""Writes one feedback page with nbgrader, in a process of the pool."""

from __future__ import annotations

import glob
from dataclasses import dataclass

from traitlets.config import Config

from .steps import for_one
from .submission import Submission


@dataclass(frozen=True)
class Page:
    """A submission that needs a feedback page, and its course."""

    submission: Submission
    config: Config


def write(page: Page) -> str:
    """Write a submission's feedback page. Return "", or the last line of nbgrader's log if it failed."""
    # Imported here, because nbgrader is slow to import and the processes that grade do not need it.
    from nbgrader.apps import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    def with_nbgrader() -> str:
        # nbgrader takes the name for a pattern.
        api = NbGraderAPI(coursedir=CourseDirectory(config=page.config), config=page.config)
        result = api.generate_feedback(page.submission.lesson, _pattern(page.submission.student), force=True)
        if result["success"]:
            return ""
        lines = [line for line in str(result.get("error") or result.get("log")).splitlines() if line.strip()]
        return lines[-1].strip()[:200] if lines else "nbgrader could not write it"

    return for_one(with_nbgrader, lambda why: why)


def _pattern(student: str) -> str:
    """Return a pattern that matches a student's name alone; nbgrader strips spaces, and leaves them within brackets."""
    pattern = glob.escape(student)
    core = pattern.strip()
    before, _, after = pattern.partition(core)
    return "".join(f"[{one}]" for one in before) + core + "".join(f"[{one}]" for one in after)
