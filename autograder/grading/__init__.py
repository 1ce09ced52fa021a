"""Grading a class: submissions are rebuilt, run behind walls, judged outside them, and written into the gradebook."""

import atexit
import gc
import sys
from typing import Literal, get_args

# jsonschema imports it wherever it is installed, which takes seconds, to check a kind of text that notebooks don't hold.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

# Python looks for garbage among all that PyTorch and nbgrader hold before it ends, which takes 0.8 s and frees nothing.
atexit.register(gc.freeze)

# The kinds of walls around student code, strongest first. They stand here so that the command can name them at once.
Tier = Literal["bubblewrap", "landlock", "none"]
TIERS: tuple[Tier, ...] = get_args(Tier)
TierChoice = Tier | Literal["auto"]
CHOICES: tuple[TierChoice, ...] = ("auto", *TIERS)


class GradingError(Exception):
    """What keeps a class from being graded; the text says what was seen and what to do."""


def system_said(error: OSError) -> str:
    """Return what the system says of an error, and of which file."""
    return f"{error.strerror or error}" + (f" ({error.filename})" if error.filename else "")
