"""The command `autograder`, for instructors: its parts, and how it ends where it can't go on."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from .commands.course import adopt, new, progress, release, report
from .commands.doctor import doctor
from .commands.grade import INTERRUPTED, grade
from .grading import GradingError, system_said
from .modules import DISTRIBUTION, LessonError

# What grading needs and a notebook does not, by the names under which it is imported.
GRADING = frozenset(
    ("bleach", "jupyterlab", "nbclient", "nbconvert", "nbformat", "nbgrader", "rich", "sqlalchemy", "traitlets")
)


class CannotContinueError(click.ClickException):
    """The command can't go on. The exit status is 2; 1 means that it went on, and that some submissions could not be read."""

    exit_code = 2


class _Commands(click.Group):
    """The commands, and one place for what can end any of them."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (GradingError, LessonError) as error:
            raise CannotContinueError(str(error)) from None
        except OSError as error:
            raise CannotContinueError(
                f"{system_said(error)}. What was written before stays. Remove the cause, and run the command again."
            ) from error
        except (KeyboardInterrupt, click.Abort):
            click.echo("\nInterrupted.", err=True)
            return ctx.exit(INTERRUPTED)
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            if missing not in GRADING:
                raise
            raise CannotContinueError(
                f"`autograder {ctx.invoked_subcommand}` needs {missing}, and {missing} is not installed. "
                f"Run: pip install '{DISTRIBUTION}[grading]'"
            ) from None


@click.group(cls=_Commands)
def main() -> None:
    """Release the lessons of an autograd course, and grade a class."""
    # nbgrader starts `alembic` by name, so the environment must be on PATH even if nobody activated it.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


for command in (release, grade, progress, doctor, report, adopt, new):
    main.add_command(command)
