"""The engines of this process, kept warm from one submission to the next."""

from __future__ import annotations

import atexit
import threading
from typing import Literal

from . import sandbox
from .engine import Engine
from .sandbox import Door, Limits, Tier

TierChoice = Tier | Literal["auto"]

_engines = threading.local()
_shared: list[Door] = []


def share(door: Door) -> None:
    """Have this process's engines use a warm process that others use too, where the tier is theirs."""
    _shared[:] = [door]


def warm_engine(choice: TierChoice, limits: Limits) -> Engine:
    """Return the engine of this thread, started at its first submission; "auto" takes the best walls that stand here.

    An engine runs one submission at a time, so each thread of a cluster's worker has one of its own.

    Raises
    ------
    SandboxError
        When the walls can't be put up.
    """
    engines: dict[tuple[TierChoice, Limits], Engine] = _engines.__dict__.setdefault("by_choice", {})
    if (choice, limits) not in engines:
        tier = sandbox.best_tier() if choice == "auto" else choice
        engine = Engine(tier, limits, next((door for door in _shared if door.tier == tier), None))
        atexit.register(engine.close)
        engines[choice, limits] = engine
    return engines[choice, limits]
