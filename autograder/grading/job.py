"""Grades one submission in a process of the pool: rebuilds it, runs it behind the walls, judges it.

These processes are the grader's and trusted, and may be on another machine: a job brings all that it takes. Student code
runs in the engine's sandbox, one a process.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import nbformat
from nbformat import NotebookNode
from nbformat.v4.rwbase import split_lines, strip_transient

from ..modules import use_lessons
from ..verdict import Verdict
from . import TierChoice
from .files import File
from .inputs import drawing
from .rebuild import rebuild
from .sandbox import MIB, Limits, SandboxError
from .scores import auto_comments, auto_scores, flags
from .steps import for_one
from .submission import Submission, parse

if TYPE_CHECKING:
    from .engine import Engine


@dataclass(frozen=True)
class Settings:
    """How submissions run: the tier of the sandbox, and the limits of one submission."""

    sandbox: TierChoice = "auto"
    limits: Limits = field(default_factory=Limits)

    def but(self, sandbox: TierChoice | None, cell_timeout: float | None, memory: int | None) -> Settings:
        """Return these settings with the given values changed. `cell_timeout` is in seconds, `memory` in MiB."""
        limits = self.limits
        if cell_timeout is not None:
            limits = replace(limits, cell_timeout=cell_timeout)
        if memory is not None:
            limits = replace(limits, memory=memory * MIB)
        return Settings(sandbox or self.sandbox, limits)


@dataclass(frozen=True)
class Job:
    """A submission and what it takes to grade it.

    Attributes
    ----------
    raw
        The submission's file.
    skeleton
        The instructor's notebook as JSON; "" for a loose file, which is graded for what is in it.
    inputs_key
        What the student's inputs are drawn from. It tells nothing of the course's secret or of other students' inputs.
    lessons
        The folder of the course's own lessons; "" for those of the package.
    reason
        Why the file can't be read, or "".
    files
        What lies beside the notebook when its cells run.
    """

    submission: Submission
    raw: bytes
    skeleton: str
    inputs_key: bytes
    settings: Settings
    lessons: str
    reason: str = ""
    files: tuple[File, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What is kept of a submission after it was run and judged.

    Attributes
    ----------
    notes
        What had to be mended or stopped on the way, in sentences.
    stopped
        Whether a cell or the whole run had to be stopped.
    sandbox
        The tier of the walls that stood around it.
    reason
        Why the submission could not be read, or "".
    """

    submission: Submission
    verdicts: tuple[Verdict, ...] = ()
    notes: tuple[str, ...] = ()
    stopped: bool = False
    sandbox: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class JobResult(Judged):
    """What came of a job.

    Attributes
    ----------
    notebook
        The graded notebook as JSON; "" where the submission could not be read.
    scores, comments
        By grade id, as nbgrader's gradebook has them.
    """

    notebook: str = ""
    scores: tuple[tuple[str, float | None], ...] = ()
    comments: tuple[tuple[str, str | None], ...] = ()

    def failed(self, reason: str) -> JobResult:
        """Return the result of a submission of which this can't be kept, for a reason that is told instead."""
        return JobResult(submission=self.submission, sandbox=self.sandbox, reason=self.reason or reason)


def unfinished(submission: Submission) -> JobResult:
    """Return the result of a job whose process ended."""
    return JobResult(submission=submission, reason="it ended the process that graded it")


def run(job: Job) -> JobResult:
    """Grade one submission. The result says what is wrong with it.

    Raises
    ------
    SandboxError
        When the walls don't stand: that is no submission's fault.
    """
    if job.reason:
        return JobResult(submission=job.submission, reason=job.reason)
    # Imported here, because it imports torch: the process that hands out jobs does not need torch.
    from .engines import engine_for

    take_lessons(job.lessons)
    engine = engine_for(job.settings.sandbox, job.settings.limits)
    return for_one(
        partial(_run, job, engine),
        lambda why: JobResult(submission=job.submission, sandbox=engine.tier, reason=why),
    )


def take_lessons(folder: str) -> None:
    """Take the lessons in a course's folder, or the package's own for "".

    Raises
    ------
    SandboxError
        When there is no such folder on this machine.
    """
    if folder and not Path(folder).is_dir():
        raise SandboxError(
            f"Expected the course's own lessons at {folder}; on this machine there is no such folder. Share the course's "
            "folder with all machines of the cluster."
        )
    use_lessons(Path(folder) if folder else None)


def _run(job: Job, engine: Engine) -> JobResult:
    submission, submitted = job.submission, parse(job.raw)
    if job.skeleton:
        skeleton = _skeleton(job.skeleton)
        rebuilt = rebuild(skeleton, submitted)
    else:
        from .standalone import stand_alone

        lesson, rebuilt = stand_alone(submitted)
        submission, skeleton = replace(submission, lesson=lesson.folder), rebuilt.notebook
    ran = engine.run(rebuilt.notebook, drawing(job.inputs_key, rebuilt.notebook), job.files)
    notes = (*rebuilt.repairs, *ran.notes, *ran.missing, *flags(ran.verdicts))
    ran.notebook["metadata"]["autograder"] = {"notes": list(notes), "sandbox": engine.tier}
    scores = auto_scores(ran.notebook, skeleton)
    comments = auto_comments(ran.notebook, skeleton, ran.verdicts)
    return JobResult(
        submission=submission,
        notebook=_json(ran.notebook),
        scores=tuple(scores.items()),
        comments=tuple(comments.items()),
        verdicts=ran.verdicts,
        notes=notes,
        stopped=bool(ran.notes),
        sandbox=engine.tier,
    )


def _json(notebook: NotebookNode) -> str:
    """Return a notebook's text as nbformat writes it, in a tenth of the time. The notebook is used up."""
    encoded = msgspec.json.Encoder(order="sorted").encode(split_lines(strip_transient(notebook)))
    return msgspec.json.format(encoded, indent=1).decode() + "\n"


@lru_cache(maxsize=8)
def _skeleton(text: str) -> NotebookNode:
    return nbformat.v4.reads(text)
