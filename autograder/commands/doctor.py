"""The command `autograder doctor`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..grading import CHOICES, TierChoice


@click.command()
@click.option("--sandbox", type=click.Choice(CHOICES), default="auto")
def doctor(sandbox: TierChoice) -> None:
    """Try to break the walls around student code, and say which walls hold.

    The exit status is 0 if all walls hold, 1 if one does not, and 2 if the sandbox can't be started.
    """
    from rich.console import Console
    from rich.text import Text

    from ..grading import doctor
    from ..grading.sandbox import Limits, tier_of

    console = Console()
    tier = tier_of(sandbox)
    found = doctor.examine(tier, Limits())
    console.print(f"sandbox: {tier}")
    for one in found:
        mark, style = ("stands", "green") if one.stands else ("does not stand", "red")
        console.print(Text.assemble((f"{mark:15}", style), f"{one.wall}: {one.detail}"), soft_wrap=True)
    root = Path.cwd()
    if (root / "nbgrader_config.py").exists() and doctor.entered_by_others(root):
        console.print(
            f"Other users of this machine can enter {root}. Close it to them: chmod 700 {root}",
            style="yellow", soft_wrap=True, markup=False,
        )  # fmt: skip
    sys.exit(0 if all(one.stands for one in found) else 1)
