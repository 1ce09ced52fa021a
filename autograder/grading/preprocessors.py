"""What `nbgrader_config.py` names: the preprocessors by which nbgrader's own commands release and grade our way."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader import preprocessors
from nbgrader.coursedir import CourseDirectory
from traitlets import Enum, Float, Integer
from traitlets.config import Config

from .inputs import course_secret, drawing, inputs_key
from .rebuild import rebuild
from .sandbox import CHOICES, MIB, Limits
from .scores import flags
from .submission import Submission, SubmissionError
from .submitted import NEVER_BESIDE, Submitted, files_in


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


def skeleton(source: Path, config: Config) -> NotebookNode:
    """Return the instructor's notebook as the students got it, but with its hidden tests, and with checksums set."""
    notebook = nbformat.read(source, as_version=4)
    for step in (preprocessors.LockCells, ClearSolutions, preprocessors.ClearOutput, preprocessors.ComputeChecksums):
        notebook, _ = step(config=config).preprocess(notebook, {})
    return notebook


class Rebuild(preprocessors.NbGraderPreprocessor):
    """Puts the submission into the instructor's notebook, and notes in its metadata what had to be mended."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Rebuild one submission; raise SubmissionError where nbgrader has followed a link in it."""
        course = CourseDirectory(parent=self)
        _check_links(course, resources["nbgrader"])
        folder = course.format_path(course.source_directory, ".", resources["nbgrader"]["assignment"])
        path = Path(folder) / f"{resources['nbgrader']['notebook']}.ipynb"
        rebuilt = rebuild(skeleton(path, self.config), nb)
        notebook = rebuilt.notebook
        notebook["metadata"]["autograder"] = {"notes": list(rebuilt.repairs)}
        return notebook, resources


def _check_links(course: CourseDirectory, names: Mapping[str, str]) -> None:
    """Raise SubmissionError where a link is in what was handed in: nbgrader removes again what it has copied."""
    student, lesson = names["student"], names["assignment"]
    submitted, solutions = (
        Path(course.format_path(tree, ".", ".")) for tree in (course.submitted_directory, course.source_directory)
    )
    submission = Submission(submitted / student / lesson / f"{names['notebook']}.ipynb", student, lesson)
    handed_in = Submitted(submitted, solutions)
    handed_in.read(submission)
    if links := handed_in.links(submission):
        raise SubmissionError(f"there is a link in what was handed in, {links[0]}: hand in the file itself")


class Execute(preprocessors.NbGraderPreprocessor):
    """Runs a rebuilt submission in the engine, where nbgrader's own would start a kernel with the grader's rights."""

    sandbox = Enum(
        CHOICES,
        default_value=os.environ.get("AUTOGRADER_SANDBOX", "auto"),
        help="What stands between student code and this machine: 'auto' is the best that stands here, and 'none' is "
        "nothing, for machines with nothing to lose.",
    ).tag(config=True)
    cell_timeout = Float(20.0, help="After how many seconds a cell is interrupted; the cells after it still run.").tag(
        config=True
    )
    memory = Integer(2048, help="How many MiB of address space a submission may use.").tag(config=True)

    def limits(self) -> Limits:
        """Return what one submission may use, as configured."""
        return Limits(cell_timeout=self.cell_timeout, memory=self.memory * MIB)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Run one notebook, judge its checks, and note in its metadata what had to be stopped."""
        # Imported here, since torch comes along: releasing a lesson has no use for it.
        from .engines import engine_for

        engine = engine_for(self.sandbox, self.limits())
        course = CourseDirectory(parent=self)
        draw = drawing(inputs_key(course_secret(Path(course.root)), resources["nbgrader"]["student"]), nb)
        # nbgrader has copied them there, the instructor's over the student's.
        files = files_in(Path(resources["metadata"]["path"]), [*course.ignore, *NEVER_BESIDE])
        ran = engine.run(nb, draw, files)
        repairs = ran.notebook["metadata"].get("autograder", {}).get("notes", [])
        ran.notebook["metadata"]["autograder"] = {
            "notes": [*repairs, *ran.notes, *flags(ran.verdicts)],
            "sandbox": engine.tier,
        }
        return ran.notebook, resources
