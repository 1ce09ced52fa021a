"""What `nbgrader_config.py` names: the preprocessors by which nbgrader's own commands release and grade our way."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader import preprocessors
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from traitlets import Enum, Float, Integer
from traitlets.config import Config

from ..modules import lessons_of, use_lessons
from . import CHOICES
from .inputs import course_secret, drawing, inputs_key
from .job import Settings
from .rebuild import rebuild
from .sandbox import MIB, Limits
from .scores import flag_of, flags
from .submission import Submission, SubmissionError
from .submitted import NEVER_BESIDE, Submitted, files_in

# A line with it stands for tests that nbgrader makes of the solution when it releases a notebook.
_AUTOTEST = "AUTOTEST"


class ClearSolutions(preprocessors.ClearSolutions):
    """nbgrader's own, but a stub never raises at the top level of a cell, so *Run All* gets to the end.

    A solution inside a function is replaced by the whole stub; one at the top level by the stub's comment alone.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], cell_index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Clear one cell."""
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if cell["cell_type"] == "code":
            lines = cell["source"].split("\n")
            raising = [line for line in self.code_stub[resources["language"]].split("\n") if line.startswith("raise ")]
            cell["source"] = "\n".join(line for line in lines if line not in raising)
        return cell, resources


def skeleton(source: Path, config: Config, saved: Mapping[str, str]) -> NotebookNode:
    """Return the instructor's notebook as the students got it, but with its hidden tests, and with checksums set.

    What students got of a cell with hidden tests is noted in that cell's metadata.

    Parameters
    ----------
    saved
        The text of locked cells by grade id, as the release wrote it into the gradebook: with the tests that `AUTOTEST` stands for.

    Raises
    ------
    SubmissionError
        When there is no notebook, or one for another language than Python.
    """
    notebook = read_solution(source)
    if language := other_language(notebook):
        raise SubmissionError(
            f"expected a notebook in Python; got one in {language}. Only Python runs behind the walls. Grade this "
            "assignment by nbgrader alone, or leave it out"
        )
    for cell in notebook["cells"]:
        # Old courses have an empty entry, which nbgrader passes over.
        if "grade_id" not in cell["metadata"].get("nbgrader", {"grade_id": ""}):
            del cell["metadata"]["nbgrader"]
        elif _AUTOTEST in cell["source"]:
            cell["source"] = saved.get(cell["metadata"].get("nbgrader", {}).get("grade_id", ""), cell["source"])
    steps = (preprocessors.LockCells, _clear_solutions(config), preprocessors.ClearOutput)
    notebook = _after(notebook, config, *steps)
    released = _after(copy.deepcopy(notebook), config, preprocessors.ClearHiddenTests, preprocessors.ClearMarkScheme)
    for cell, as_released in zip(notebook["cells"], released["cells"], strict=True):
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            cell["source"] = as_released["source"]
        elif cell["source"] != as_released["source"]:
            cell["metadata"]["autograder"] = {"released": as_released["source"]}
    return _after(notebook, config, preprocessors.ComputeChecksums)


def read_solution(path: Path) -> NotebookNode:
    """Return an instructor's notebook.

    Raises
    ------
    SubmissionError
        When the file is no notebook, or has no cells.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
    except (ValueError, KeyError, TypeError, AttributeError, nbformat.ValidationError) as error:
        raise SubmissionError(
            f"expected a notebook; got a file that can't be read: {type(error).__name__}: {str(error)[:100]}. "
            "Put it back from a copy, or correct it in a text editor"
        ) from None
    if not notebook.get("cells"):
        raise SubmissionError("expected a notebook with cells; got none. Put it back from a copy, or write it")
    return notebook


def other_language(notebook: NotebookNode) -> str:
    """Return the language of a notebook's kernel, or the kernel's name where it is not told; "" for Python."""
    metadata = notebook["metadata"]
    kernel = metadata.get("kernelspec", {})
    language = kernel.get("language") or metadata.get("language_info", {}).get("name") or kernel.get("name", "python")
    return "" if "python" in str(language).lower() else str(language)


def saved_tests(gradebook: Gradebook, lesson: str, notebook: str) -> dict[str, str]:
    """Return the text of a released notebook's cells by grade id, as the gradebook has it."""
    try:
        cells = gradebook.find_notebook(notebook, lesson).source_cells
    except MissingEntry:
        return {}
    return {cell.name: cell.source for cell in cells}


def _after(notebook: NotebookNode, config: Config, *steps: type[preprocessors.NbGraderPreprocessor]) -> NotebookNode:
    for step in steps:
        notebook, _ = step(config=config).preprocess(notebook, {})
    return notebook


def _clear_solutions(config: Config) -> type[preprocessors.NbGraderPreprocessor]:
    """Return what makes the stubs when the course is released: ours, where its configuration names it."""
    named = config.GenerateAssignment.get("preprocessors", [])
    ours = f"{ClearSolutions.__module__}.{ClearSolutions.__qualname__}"
    return (
        ClearSolutions if any(one is ClearSolutions or one == ours for one in named) else preprocessors.ClearSolutions
    )


class Rebuild(preprocessors.NbGraderPreprocessor):
    """Puts the submission into the instructor's notebook, and notes in its metadata what had to be mended."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Rebuild one submission; raise SubmissionError where nbgrader has followed a link in it."""
        course = CourseDirectory(parent=self)
        _check_links(course, resources["nbgrader"])
        folder = course.format_path(course.source_directory, ".", resources["nbgrader"]["assignment"])
        path = Path(folder) / f"{resources['nbgrader']['notebook']}.ipynb"
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            saved = saved_tests(gradebook, names["assignment"], names["notebook"])
        rebuilt = rebuild(skeleton(path, self.config, saved), nb)
        notebook = rebuilt.notebook
        notebook["metadata"]["autograder"] = {"notes": list(rebuilt.repairs)}
        return notebook, resources


def _check_links(course: CourseDirectory, names: Mapping[str, str]) -> None:
    """Raise SubmissionError where a link is in what was handed in: nbgrader removes again what it has copied."""
    student, lesson = names["student"], names["assignment"]
    submitted, solutions = (
        Path(course.format_path(tree, ".", ".")) for tree in (course.submitted_directory, course.source_directory)
    )
    path = submitted / student / lesson / f"{names['notebook']}.ipynb"
    submission = Submission(path, student, lesson, names["notebook"])
    handed_in = Submitted(submitted, solutions)
    handed_in.read(submission)
    if links := handed_in.links(submission):
        raise SubmissionError(f"there is a link in what was handed in, {links[0]}: hand in the file itself")


class Execute(preprocessors.NbGraderPreprocessor):
    """Runs a rebuilt submission in the engine, where nbgrader's own would start a kernel with the grader's rights."""

    sandbox = Enum(
        CHOICES,
        default_value=Settings.sandbox,
        help="What stands between student code and this machine: 'auto' is the best that stands here, and 'none' is "
        "nothing, for machines with nothing to lose.",
    ).tag(config=True)
    cell_timeout = Float(
        Limits.cell_timeout,
        min=0.001,
        help="After how many seconds a cell is interrupted; the cells after it still run.",
    ).tag(config=True)
    memory = Integer(
        Limits.memory // MIB,
        min=256,
        help="How many MiB of address space a submission may add to what the libraries take.",
    ).tag(config=True)

    def limits(self) -> Limits:
        """Return what one submission may use, as configured."""
        return Limits(cell_timeout=self._cell_timeout(), memory=self.memory * MIB)

    def _cell_timeout(self) -> float:
        """Return `cell_timeout`; where that is not set, nbgrader's own `timeout`, by the names that it may have there."""
        names = ("Execute", "ExecutePreprocessor", "NotebookClient")
        configured = (self.config[name].get("timeout") for name in names if name in self.config)
        timeout = next((one for one in configured if isinstance(one, (int, float)) and one > 0), None)
        return self.cell_timeout if timeout is None or "cell_timeout" in self.config.Execute else float(timeout)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Run one notebook, judge its checks, and note in its metadata what had to be stopped."""
        # Imported here, since torch comes along: releasing a lesson has no use for it.
        from .engines import engine_for

        course = CourseDirectory(parent=self)
        use_lessons(lessons_of(Path(course.root)))
        engine = engine_for(self.sandbox, self.limits())
        draw = drawing(inputs_key(course_secret(Path(course.root)), resources["nbgrader"]["student"]), nb)
        # nbgrader has copied them there, the instructor's over the student's.
        graded = Path(resources["metadata"]["path"])
        files, left_out = files_in(graded, [*course.ignore, *NEVER_BESIDE])
        # It would be copied on into feedback/, where the page has this name.
        page = graded / f"{resources['nbgrader']['notebook']}.html"
        if page.is_dir():
            shutil.rmtree(page)
        page.unlink(missing_ok=True)
        ran = engine.run(nb, draw, files)
        repairs = ran.notebook["metadata"].get("autograder", {}).get("notes", [])
        ran.notebook["metadata"]["autograder"] = {
            "notes": [*repairs, *left_out[:3], *ran.notes, *ran.missing, *flags(ran.verdicts)],
            "sandbox": engine.tier,
        }
        resources["autograder"] = {"flags": flag_of(ran.verdicts)}
        return ran.notebook, resources


class SaveAutoGrades(preprocessors.SaveAutoGrades):
    """nbgrader's own, but an answer that a person should look at has a comment that says so."""

    def _add_comment(self, cell: NotebookNode, resources: dict[str, Any]) -> None:
        super()._add_comment(cell, resources)
        names, grade_id = resources["nbgrader"], cell.metadata["nbgrader"]["grade_id"]
        if flag := resources.get("autograder", {}).get("flags", {}).get(grade_id):
            comment = self.gradebook.find_comment(grade_id, names["notebook"], names["assignment"], names["student"])
            comment.auto_comment = comment.auto_comment or flag
            self.gradebook.db.commit()
