"""Writes `autograded/` as nbgrader does: each graded notebook, and beside it the instructor's files and what was handed in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

from .files import File, beside, write_beside
from .job import JobResult
from .layout import CourseError, Layout
from .steps import for_one
from .submission import Submission, SubmissionError
from .submitted import Submitted, plain

# nbgrader's permissions for a graded file.
_PERMISSIONS = 0o444


class GradedTree:
    """A course's `autograded/`."""

    def __init__(self, course: Layout, submitted: Submitted) -> None:
        self._course = course
        self._submitted = submitted

    def check_writable(self) -> None:
        """See that graded notebooks can be written, which would be each submission's reason otherwise.

        Raises
        ------
        CourseError
            When they can't.
        """
        folder = self._course.graded_folder
        folder.mkdir(exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise CourseError(f"Nothing can be written into {folder}. Give yourself the permission to write there.")

    def holds(self, submission: Submission) -> bool:
        """Return whether a submission's graded notebook is there."""
        return self._course.graded(submission).exists()

    def put_beside(self, result: JobResult) -> JobResult:
        """Write a graded notebook beside its final place, where there is one. `keep` moves it there.

        Raises
        ------
        SubmissionError
            When a link leads to another place.
        """
        if result.notebook:
            path = beside(self._folder(result.submission) / f"{result.submission.notebook}.ipynb")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.write_text(result.notebook, encoding="utf-8")
            path.chmod(_PERMISSIONS)
        return result

    def take_back(self, submission: Submission) -> None:
        """Remove what `put_beside` wrote, in an earlier run too: it was killed, or was told not to write."""
        beside(self._course.graded(submission)).unlink(missing_ok=True)

    def keep(self, result: JobResult, given: Sequence[File]) -> JobResult:
        """Move a graded notebook to its place, and write the files beside it: those given, and what else was handed in.

        What is left of an earlier hand-in goes. The result says which files were left out.

        Raises
        ------
        SubmissionError
            When a link leads to another place.
        """
        path = self._course.graded(result.submission)
        self._clear(result.submission)
        beside(path).replace(path)
        # First, as where the cells run.
        for file in given:
            write_beside(path.parent / file.name, file.content, _PERMISSIONS)
        left_out = self._copy_handed_in(result.submission, {file.name for file in given})
        more = (f"{len(left_out) - 3:,} more files were left out",) if len(left_out) > 3 else ()
        return replace(result, notes=(*result.notes, *left_out[:3], *more))

    def take_away(self, submission: Submission) -> None:
        """Remove what is there of an earlier hand-in, and no longer what the gradebook says.

        Raises
        ------
        SubmissionError
            When a link leads to another place.
        """
        self._course.feedback(submission).unlink(missing_ok=True)
        folder = self._folder(submission)
        path = folder / f"{submission.notebook}.ipynb"
        for stale in (path, beside(path)):
            stale.unlink(missing_ok=True)
        # The files are those of the lesson's other notebooks too.
        if not any(one.exists() for one in self._notebooks(submission, folder)):
            self._clear(submission)

    def _copy_handed_in(self, submission: Submission, given: set[str]) -> list[str]:
        """Copy what was handed in beside a notebook; return why some of it was left out."""
        path = self._course.graded(submission)
        # nbgrader copies what is here into feedback/ before it writes the pages there.
        pages = {f"{name}.html" for name in self._course.notebooks(submission.lesson)}
        left_out = []
        for one in self._submitted.beside(submission, [*self._course.ignored, "*.ipynb", beside(path).name]):
            if one.path.as_posix() in given:
                continue
            taken = (
                _left_out(one.path, "a feedback page has this name") if pages.intersection(one.path.parts[:1]) else ""
            )
            write = partial(_copy, path.parent / one.path, one.content)
            why = one.why or taken or for_one(write, partial(_left_out, one.path))
            left_out += [why] if why else []
        return left_out

    def _clear(self, submission: Submission) -> None:
        """Remove the files of an earlier hand-in, as nbgrader does; the lesson's notebooks stay."""
        folder = self._folder(submission)
        notebooks = self._notebooks(submission, folder)
        kept = {*notebooks, *map(beside, notebooks)}
        for path in folder.iterdir() if folder.is_dir() else ():
            if path in kept:
                continue
            # Of a link, only the link itself.
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def _notebooks(self, submission: Submission, folder: Path) -> list[Path]:
        """Return where the graded notebooks of a submission's lesson lie."""
        return [folder / f"{name}.ipynb" for name in self._course.notebooks(submission.lesson)]

    def _folder(self, submission: Submission) -> Path:
        """Return the folder of a submission's graded files; raise SubmissionError where a link leads to another place."""
        folder, tree = self._course.graded(submission).parent, self._course.graded_folder
        if folder.resolve() != tree.resolve() / folder.relative_to(tree):
            raise SubmissionError(f"expected its graded files in the folder {folder}; got a link. Remove the link")
        return folder


def _copy(path: Path, content: bytes) -> str:
    write_beside(path, content, _PERMISSIONS)
    return ""


def _left_out(path: PurePosixPath, why: str) -> str:
    return f"the file {plain(path.name)[:60]!r} was left out: {why}"
