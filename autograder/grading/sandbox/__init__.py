"""Where student code runs: a template process with everything imported, behind walls, and a fork of it for each submission.

Outside the walls
    `tiers` starts the fork server and says which walls stand. `visible` says what of this machine is seen behind them, and
    `redact` builds the package that student code finds there: questions without answers. `wire` carries messages,
    `outputs` cleans what comes back, `exit_status` says how a submission ended.
Inside the walls
    `forkserver` is the template process, with a guard and a child for each submission. `preload` imports everything
    before the first submission. `shell` runs cells. `kernel`, `namespaces`, `landlock` and `seccomp` are what the walls
    are made of.

Nothing here needs the rest of `grading`, but for its error, and how a file is written in one step.
"""

from .exit_status import LOST, limit_met, refusal, why_it_ended
from .outputs import clean_outputs, clean_text, new_output
from .preload import mentioned
from .redact import package
from .tiers import (
    MIB,
    Endpoint,
    ForkServer,
    Limits,
    SandboxError,
    best_tier,
    may_fork,
    start,
    tier_of,
)
from .visible import visible
from .wire import ClosedError, Message, Wire, WireError

__all__ = [
    "LOST",
    "MIB",
    "ClosedError",
    "Endpoint",
    "ForkServer",
    "Limits",
    "Message",
    "SandboxError",
    "Wire",
    "WireError",
    "best_tier",
    "clean_outputs",
    "clean_text",
    "limit_met",
    "may_fork",
    "mentioned",
    "new_output",
    "package",
    "refusal",
    "start",
    "tier_of",
    "visible",
    "why_it_ended",
]
