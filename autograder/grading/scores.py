"""Scores a notebook that was run, cell by cell, by nbgrader's own rules.

nbgrader's functions for this take it and half of JupyterLab along when they are imported, and raise where a cell claims
more points than it has. The tests compare the two.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from nbformat import NotebookNode

from ..verdict import Verdict

NO_RESPONSE = "No response."


def auto_scores(ran: NotebookNode, skeleton: NotebookNode) -> dict[str, float | None]:
    """Return the points of each graded cell by grade id; None for a cell that is graded by hand and waits.

    Parameters
    ----------
    ran
        The notebook with the outputs of the run.
    skeleton
        The instructor's notebook, whose solution cells hold the students' stubs.
    """
    stubs = _sources(skeleton)
    scores: dict[str, float | None] = {}
    for cell in ran["cells"]:
        nbgrader = cell["metadata"].get("nbgrader", {})
        if nbgrader.get("task"):
            scores[nbgrader["grade_id"]] = None
        if not nbgrader.get("grade"):
            continue
        grade_id = nbgrader["grade_id"]
        if nbgrader.get("solution"):
            scores[grade_id] = 0 if cell["source"] == stubs.get(grade_id) else None
        elif cell["cell_type"] == "code":
            scores[grade_id] = _points(cell, float(nbgrader["points"]))
        else:
            scores[grade_id] = None
    return scores


def auto_comments(ran: NotebookNode, skeleton: NotebookNode, verdicts: Sequence[Verdict] = ()) -> dict[str, str | None]:
    """Return the comment on each answer cell by grade id.

    nbgrader's own says whether there is an answer. Ours says that a person should look at it, and costs no points.
    """
    stubs = _sources(skeleton)
    flags = flag_of(verdicts)
    return {
        nbgrader["grade_id"]: NO_RESPONSE
        if cell["source"] == stubs.get(nbgrader["grade_id"])
        else flags.get(nbgrader["grade_id"])
        for cell in ran["cells"]
        if (nbgrader := cell["metadata"].get("nbgrader", {})).get("solution")
    }


def flag_of(verdicts: Sequence[Verdict]) -> dict[str, str]:
    """Return by the answer's grade id why a person should look at it."""
    return {one.exercise.partition(".")[2]: one.flag for one in verdicts if one.flag}


def flags(verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    """Return what a person should look at, in sentences without a full stop."""
    return tuple(f"look at {one.exercise}: {one.flag.rstrip('.')}" for one in verdicts if one.flag)


def _points(cell: Mapping[str, Any], most: float) -> float:
    for output in cell["outputs"]:
        if output["output_type"] == "error" or (output["output_type"], output.get("name")) == ("stream", "stderr"):
            return 0.0
        if output["output_type"] == "execute_result":
            try:
                points = float(output["data"].get("text/plain", ""))
            except ValueError:
                return most
            return min(points, most) if points >= 0 and not math.isnan(points) else most
    return most


def _sources(skeleton: NotebookNode) -> dict[str, str]:
    return {
        nbgrader["grade_id"]: cell["source"]
        for cell in skeleton["cells"]
        if (nbgrader := cell["metadata"].get("nbgrader")) and "grade_id" in nbgrader
    }
