"""What `nbgrader_config.py` names: the preprocessors by which nbgrader's own commands release and grade our way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader import preprocessors
from nbgrader.coursedir import CourseDirectory

from .rebuild import rebuild


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


class Rebuild(preprocessors.NbGraderPreprocessor):
    """Puts the submission into the instructor's notebook, and notes in its metadata what had to be mended."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Rebuild one submission."""
        course = CourseDirectory(parent=self)
        folder = course.format_path(course.source_directory, ".", resources["nbgrader"]["assignment"])
        path = Path(folder) / f"{resources['nbgrader']['notebook']}.ipynb"
        rebuilt = rebuild(self._skeleton(path), nb)
        notebook = rebuilt.notebook
        notebook["metadata"]["autograder"] = {"repairs": list(rebuilt.repairs)}
        return notebook, resources

    def _skeleton(self, path: Path) -> NotebookNode:
        """Return the instructor's notebook as the students got it, but with its hidden tests."""
        notebook = nbformat.read(path, as_version=4)
        for step in (preprocessors.LockCells, ClearSolutions, preprocessors.ClearOutput):
            notebook, _ = step(parent=self).preprocess(notebook, {})
        return notebook
