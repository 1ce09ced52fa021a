"""What each of the grader's own processes does: run one submission in its engine, or write one feedback page.

These processes are the grader's and trusted. Student code runs in the engine's sandbox, one a process.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from ..verdict import Verdict
from .hooks import skeleton, warm_engine
from .rebuild import rebuild
from .sandbox import Limits, Tier
from .secret import drawing

MAX_BYTES = 50_000_000

_skeletons: dict[tuple[Path, int], NotebookNode] = {}


@dataclass(frozen=True)
class Submission:
    """One notebook that a student handed in."""

    student: str
    lesson: str
    path: Path


@dataclass(frozen=True)
class Job:
    """A submission and what it takes to run it: the instructor's notebook, the secret, the walls."""

    submission: Submission
    source: Path
    secret: bytes
    tier: Tier
    limits: Limits
    config: Config


@dataclass(frozen=True)
class Done:
    """A submission that was run: its notebook as JSON text, and the verdicts. `reason` says why one could not be."""

    submission: Submission
    notebook: str = ""
    verdicts: tuple[Verdict, ...] = ()
    notes: tuple[str, ...] = ()
    reason: str = ""


def run(job: Job) -> Done:
    """Rebuild a submission, run it behind the walls, and judge it."""
    submission = job.submission
    notebook, reason = _read(submission.path)
    if notebook is None:
        return Done(submission, reason=reason)
    rebuilt = rebuild(_skeleton(job), notebook)
    ran = warm_engine(job.tier, job.limits).run(rebuilt.notebook, drawing(job.secret, submission.student))
    notes = (*rebuilt.repairs, *ran.notes)
    ran.notebook["metadata"]["autograder"] = {"notes": list(notes), "sandbox": job.tier}
    return Done(submission, nbformat.writes(ran.notebook), ran.verdicts, notes)


def write_feedback(submission: Submission, config: Config) -> str:
    """Write a submission's feedback page with nbgrader; return "" or, where it failed, the last line of its log."""
    api = NbGraderAPI(coursedir=CourseDirectory(config=config), config=config)
    result = api.generate_feedback(submission.lesson, submission.student, force=True)
    if result["success"]:
        return ""
    lines = [line for line in str(result.get("error") or result.get("log")).splitlines() if line.strip()]
    return lines[-1].strip()[:200] if lines else "nbgrader could not write it"


def _read(path: Path) -> tuple[NotebookNode | None, str]:
    """Return a notebook, or None and why it is none, in words that its author understands."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return None, f"the file is larger than {MAX_BYTES // 1_000_000} MB"
        return nbformat.reads(path.read_text(encoding="utf-8-sig"), as_version=4), ""
    except nbformat.reader.NotJSONError:
        return None, "the file is not valid JSON"
    except UnicodeDecodeError:
        return None, "the file is not text in UTF-8"
    except IsADirectoryError:
        return None, "there is a folder where the notebook should be"
    except OSError as error:
        return None, f"the file can't be read: {error.strerror}"
    except Exception as error:
        return None, f"the file is JSON, and not a notebook ({type(error).__name__})"


def _skeleton(job: Job) -> NotebookNode:
    """Return the skeleton of a job's lesson, made once in this process until the instructor's file changes."""
    key = job.source, job.source.stat().st_mtime_ns
    if key not in _skeletons:
        _skeletons[key] = skeleton(job.source, job.config)
    return _skeletons[key]
