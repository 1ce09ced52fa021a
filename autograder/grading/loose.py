"""Grades notebooks that belong to no course."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..modules import own_lessons
from .gradebook import Graded, Provenance
from .inputs import inputs_key
from .job import Job, Settings, run, unfinished
from .pool import Pool
from .submission import Submission
from .submitted import read_or_reason


def grade_files(paths: Sequence[Path], pool: Pool, settings: Settings) -> Iterator[Graded]:
    """Grade notebooks that belong to no course. Writes nothing."""
    # No notebook is graded again with the same inputs, so nobody has to keep the secret.
    secret = secrets.token_bytes(32)
    for task, result in pool.map(run, (_job(path, secret, settings) for path in paths)):
        result = result or unfinished(task.submission)
        score, most = (sum(getattr(verdict, name) for verdict in result.verdicts) for name in ("points", "max_points"))
        yield Graded.of(result, score, most, Provenance("", ""))


def _job(path: Path, secret: bytes, settings: Settings) -> Job:
    raw, reason = read_or_reason(path)
    return Job(Submission(path), raw, "", inputs_key(secret, str(path)), settings, own_lessons(), reason)
