"""Reads a course's configuration from the files that nbgrader's own commands read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TypeVar

from nbgrader.apps import NbGrader
from nbgrader.coursedir import CourseDirectory
from traitlets import TraitError
from traitlets.config import Application, Config, Configurable

from . import GradingError

Thing = TypeVar("Thing", bound=Configurable)

_NAME = "nbgrader_config"


class ConfigurationError(GradingError):
    """A course's configuration can't be used. The text says what was seen and what to do."""


def files(root: Path) -> tuple[Path, ...]:
    """Return the files with which a course is configured."""
    return tuple(path for ending in ("py", "json") if (path := root / f"{_NAME}.{ending}").is_file())


def read(root: Path) -> Config:
    """Return the configuration of the course in a directory: its own files count more than the user's and the machine's.

    Raises
    ------
    ConfigurationError
        When there is none, when it stops with an error, or when it asks for what is not graded here.
    """
    if not files(root):
        raise ConfigurationError(f"{root} has no nbgrader_config.py. Run the command in the course's directory.")
    app = NbGrader(raise_config_file_errors=True)
    # A configuration may import a file beside it. A module of this package must not come from there later.
    sys.path.insert(0, str(root))
    try:
        # nbgrader's own method takes the current directory, and goes on after an error.
        Application.load_config_file(app, _NAME, path=[str(root), *app.config_file_paths])
    except Exception as error:
        raise ConfigurationError(
            f"The configuration in {root} stopped with {type(error).__name__}: {str(error)[:300]}. Correct it, or install "
            "what it imports. nbgrader's own commands read it too."
        ) from error
    finally:
        sys.path.remove(str(root))
    config: Config = app.config
    # Without one, nbgrader takes the current directory.
    elsewhere = Path(config.CourseDirectory.setdefault("root", str(root))).resolve()
    if elsewhere != root:
        raise ConfigurationError(f"The configuration says that the course is in {elsewhere}. Run the command there.")
    structure, usual = (
        configured(CourseDirectory, config).directory_structure,
        CourseDirectory.directory_structure.default_value,
    )
    if Path(structure) != Path(usual):
        raise ConfigurationError(
            f"The configuration sets CourseDirectory.directory_structure to {structure!r}. Only {usual!r} is graded here. "
            "Grade this course by nbgrader alone, or move its folders."
        )
    # A plugin may lie beside the configuration.
    if str(root) not in sys.path:
        sys.path.append(str(root))
    return config


def configured(kind: type[Thing], config: Config) -> Thing:
    """Return what a configuration makes of a class of nbgrader's or of ours.

    Raises
    ------
    ConfigurationError
        When it sets an option to a value that is none.
    """
    try:
        made: Thing = kind(config=config)
    except TraitError as error:
        raise ConfigurationError(
            f"The configuration can't be used: {str(error).rstrip('.')}. Correct it. nbgrader's own commands read it too."
        ) from error
    return made
