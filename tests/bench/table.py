"""The table of figures: on the terminal, and in the document that quotes it."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.document import put_between

BEGIN, END = "<!-- figures: written by make bench -->", "<!-- end of the figures -->"
BEGIN_TOLD, END_TOLD = "<!-- told: written by python -m tests.bench.diagnosis -->", "<!-- end of what is told -->"


@dataclass(frozen=True)
class Row:
    """One figure: what was measured, what came out, and what it should be."""

    what: str
    measured: str
    aim: str = "–"


def spread(values: Sequence[float], unit: str = "", digits: int = 2) -> str:
    """Return the median and, of several, the range."""
    middle = f"{statistics.median(values):.{digits}f}{unit and ' '}{unit}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def machine() -> str:
    """Say in one sentence on what the figures were measured."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    kind = f"{len(models)} cores ({models[0]})" if models else platform.machine()
    versions = f"Python {platform.python_version()}, torch {version('torch')}, nbgrader {version('nbgrader')}"
    return f"{kind}, Linux {platform.release().partition('-')[0]}, {versions}"


def show(rows: Sequence[Row]) -> None:
    """Print the table."""
    table = Table(title=machine(), title_justify="left", show_lines=True)
    table.add_column("what")
    table.add_column("measured", justify="right")
    table.add_column("aim", justify="right")
    for row in rows:
        table.add_row(row.what, row.measured, row.aim)
    Console().print(table)


def write(rows: Sequence[Row], path: Path, begin: str = BEGIN, end: str = END) -> None:
    """Put the table between the two comments of a document; what stands around them stays."""
    lines = [f"Measured on {machine()}.", "", "| what | measured | aim |", "|---|--:|--:|"]
    lines += [f"| {row.what} | {row.measured} | {row.aim} |" for row in rows]
    put_between(path, begin, end, lines)
