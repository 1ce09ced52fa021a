"""Where student code runs: a template process with everything imported, behind walls, and a fork of it for each submission.

Outside the walls
    `tiers` starts the fork server and says which walls stand. `wire` carries messages, `outputs` cleans what comes back,
    `exit_status` says how a submission ended.
Inside the walls
    `forkserver` is the template process, with a guard and a child for each submission. `preload` and `redact` prepare it:
    everything is imported, and the right answers are forgotten. `shell` runs cells. `kernel`, `namespaces`, `landlock`
    and `seccomp` are what the walls are made of.

Nothing here needs the rest of `grading`, but for its error.
"""

from .exit_status import LOST, limit_met, why_it_ended
from .outputs import clean_outputs, clean_text, new_output
from .preload import mentioned
from .tiers import (
    CHOICES,
    MIB,
    TIERS,
    Endpoint,
    ForkServer,
    Limits,
    SandboxError,
    Tier,
    TierChoice,
    best_tier,
    may_fork,
    start,
    tier_of,
)
from .wire import ClosedError, Message, Wire, WireError

__all__ = [
    "CHOICES",
    "LOST",
    "MIB",
    "TIERS",
    "ClosedError",
    "Endpoint",
    "ForkServer",
    "Limits",
    "Message",
    "SandboxError",
    "Tier",
    "TierChoice",
    "Wire",
    "WireError",
    "best_tier",
    "clean_outputs",
    "clean_text",
    "limit_met",
    "may_fork",
    "mentioned",
    "new_output",
    "start",
    "tier_of",
    "why_it_ended",
]
