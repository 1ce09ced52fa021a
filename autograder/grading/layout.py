"""Where everything of a course lies: nbgrader's folders, under the names that the configuration gives them, and what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from ..modules import LESSONS, is_module
from . import GradingError, configuration
from .submission import Submission


class CourseError(GradingError):
    """A course can't be released or graded. The text says what was seen and what to do."""


class Layout:
    """A directory with a `nbgrader_config.py`, in nbgrader's layout.

    Attributes
    ----------
    config
        The course's configuration.
    directory
        The same as nbgrader has it: the names of the folders, and what is left out.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.config = configuration.read(self.root)
        self.directory = CourseDirectory(config=self.config)

    def _folder(self, name: str) -> Path:
        """Return a folder of nbgrader's, such as `source_directory`, by the name that the configuration gives it."""
        return self.root / name

    @property
    def name(self) -> str:
        """The course's id."""
        return str(self.directory.course_id)

    @property
    def db_url(self) -> str:
        """Where the gradebook is, as SQLAlchemy has it."""
        return str(self.directory.db_url)

    @property
    def ignored(self) -> tuple[str, ...]:
        """The patterns of names that nbgrader leaves out."""
        return tuple(self.directory.ignore)

    @property
    def solutions_folder(self) -> Path:
        """The folder of the instructor's notebooks."""
        return self._folder(self.directory.source_directory)

    @property
    def notebooks_folder(self) -> Path:
        """The folder of the students' notebooks."""
        return self._folder(self.directory.release_directory)

    @property
    def submitted_folder(self) -> Path:
        """The folder of what students handed in."""
        return self._folder(self.directory.submitted_directory)

    @property
    def graded_folder(self) -> Path:
        """The folder of what was graded."""
        return self._folder(self.directory.autograded_directory)

    def solution(self, lesson: str, notebook: str = "") -> Path:
        """Return the path of the instructor's notebook of a lesson, which has the lesson's name if it is not told another."""
        return self.solutions_folder / lesson / f"{notebook or lesson}.ipynb"

    def released(self, lesson: str) -> Path:
        """Return the path of the students' notebook of a lesson."""
        return self.notebooks_folder / lesson / f"{lesson}.ipynb"

    def graded(self, submission: Submission) -> Path:
        """Return the path of a submission's graded notebook."""
        return self.graded_folder / submission.student / submission.lesson / f"{submission.notebook}.ipynb"

    def feedback(self, submission: Submission) -> Path:
        """Return the path of a submission's feedback page."""
        folder = self._folder(self.directory.feedback_directory) / submission.student / submission.lesson
        return folder / f"{submission.notebook}.html"

    def lessons(self, names: Sequence[str] = ()) -> tuple[str, ...]:
        """Return the folders of the lessons with these names, such as `chain_rule` or `02_chain_rule`. Without a name, return all.

        Raises
        ------
        CourseError
            When there is no such lesson in the course's source directory.
        """
        folders = sorted(
            path.name
            for path in self.solutions_folder.glob("*")
            if not any(fnmatch(path.name, pattern) for pattern in self.ignored) and self.notebooks(path.name)
        )
        by_name = {name: folder for folder in folders for name in (folder, folder.partition("_")[2])}
        unknown = [name for name in names if name not in by_name]
        if unknown:
            raise CourseError(
                f"There is no lesson {unknown[0]!r} in {self.directory.source_directory}/. The lessons are {', '.join(folders)}"
            )
        return tuple(by_name[name] for name in names) or tuple(folders)

    def notebooks(self, lesson: str) -> tuple[str, ...]:
        """Return the names of the instructor's notebooks of a lesson."""
        return tuple(
            sorted(path.stem for path in self.solution(lesson).parent.glob(f"{self.directory.notebook_id}.ipynb"))
        )


def module_of_lesson(folder: str) -> str:
    """Return the full name of the module that holds the exercises of a lesson's folder; "" where there is none."""
    name = folder.partition("_")[2]
    module = f"{LESSONS}.{name}"
    return module if name.isidentifier() and is_module(module) else ""
