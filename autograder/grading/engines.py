"""Keeps the engines of this process from one submission to the next."""

from __future__ import annotations

import atexit
import threading

from ..modules import own_lessons
from . import TierChoice
from .engine import Engine
from .sandbox import Endpoint, Limits, tier_of

_engines = threading.local()
_shared: list[Endpoint] = []


def share(endpoint: Endpoint) -> None:
    """Let this process's engines share a template process with other processes, if they use the same tier."""
    _shared[:] = [endpoint]


def engine_for(choice: TierChoice, limits: Limits) -> Engine:
    """Return the engine of this thread. It starts at the first submission. "auto" takes the strongest walls of this machine.

    An engine runs one submission at a time, so each thread of a cluster's worker has one of its own.

    Raises
    ------
    SandboxError
        When the walls can't be put up.
    """
    engines: dict[tuple[TierChoice, Limits, str], Engine] = _engines.__dict__.setdefault("by_choice", {})
    # Its template process holds the questions of one course.
    which = choice, limits, own_lessons()
    if which not in engines:
        tier = tier_of(choice)
        engine = Engine(tier, limits, next((endpoint for endpoint in _shared if endpoint.tier == tier), None))
        atexit.register(engine.close)
        engines[which] = engine
    return engines[which]
