"""Keeps the engines of this process from one submission to the next."""

from __future__ import annotations

import atexit
import threading

from ..modules import own_lessons
from . import TierChoice
from .engine import Engine
from .sandbox import Endpoint, Limits, tier_of

_engines = threading.local()
_shared: dict[TierChoice, Endpoint] = {}


def share(endpoint: Endpoint, choice: TierChoice) -> None:
    """Let this process's engines share a template process with other processes, if they use the tier that `choice` gave it."""
    _shared.clear()
    _shared.update({choice: endpoint, endpoint.tier: endpoint})


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
        # To try which walls this machine has takes longer than most submissions.
        tier = _shared[choice].tier if choice in _shared else tier_of(choice)
        engine = Engine(tier, limits, _shared.get(tier))
        atexit.register(engine.close)
        engines[which] = engine
    return engines[which]
