"""Lint, and the tests of what changed, in half a minute: `make quick` runs it.

The tests of a change are those that import the changed module, the nearest first. When the time is over, the rest is left
out, and a line says so: `make test` runs everything.
"""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SECONDS = 20.0
NBVAL = ("--nbval", "--nbval-current-env", "--nbval-sanitize-with", "tests/notebooks/sanitize.cfg")
LINT = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",))
# Where each file starts browsers, servers or whole classes: these come last, unless they have changed themselves.
SLOW = ("tests/browser", "tests/hostile", "tests/hub", "tests/grading", "tests/test_docs.py")


def changed() -> list[str]:
    """Return the files that differ from the last commit; where there are none, those of that commit."""
    files = git("diff", "--name-only", "--diff-filter=d", "HEAD") + git("ls-files", "--others", "--exclude-standard")
    return files or git("diff", "--name-only", "--diff-filter=d", "HEAD~1", "HEAD")


def git(*arguments: str) -> list[str]:
    ran = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return ran.stdout.splitlines()


def tests_of(files: list[str]) -> list[str]:
    """Return the test files that need one of these files, the nearest and the quickest first."""
    importers: dict[str, set[str]] = {}
    for path in (*ROOT.glob("autograder/**/*.py"), *ROOT.glob("tests/**/*.py")):
        name = path.relative_to(ROOT).as_posix()
        for used in imported(path):
            importers.setdefault(used, set()).add(name)
    distance = dict.fromkeys(files, 0)
    waiting = deque(files)
    while waiting:
        name = waiting.popleft()
        for importer in sorted(importers.get(name, ())):
            if importer not in distance:
                distance[importer] = distance[name] + 1
                waiting.append(importer)
    found = [name for name in distance if name.startswith("tests/") and Path(name).name.startswith("test_")]
    return sorted(found, key=lambda name: (distance[name] > 0 and name.startswith(SLOW), distance[name], name))


def imported(path: Path) -> Iterator[str]:
    """Yield the files of this repository that a file imports."""
    package = ".".join(path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            source = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            names = [source, *(f"{source}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            stem = ROOT.joinpath(*name.split("."))
            yield from (
                one.relative_to(ROOT).as_posix()
                for one in (stem.with_suffix(".py"), stem / "__init__.py")
                if one.exists()
            )


class Deadline:
    """Leaves out the tests that would begin when the time is over."""

    def __init__(self) -> None:
        self.end = time.monotonic() + SECONDS
        self.left_out: dict[str, int] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        if time.monotonic() < self.end:
            return None
        name = item.nodeid.partition("::")[0]
        self.left_out[name] = self.left_out.get(name, 0) + 1
        return True

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for name, count in self.left_out.items():
            terminalreporter.write_line(f"left out, since the time is over: {count} tests of {name}")


def main() -> int:
    files = changed()
    lint = [subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT) for command in LINT]
    notebooks = [name for name in files if name.startswith("solutions/") and name.endswith(".ipynb")]
    chosen = [*notebooks, *tests_of(files)]
    failed = 0
    if chosen:
        print(f"{len(files)} files changed; their tests: {', '.join(chosen)}", flush=True)
        failed = pytest.main(["-q", "-p", "no:cacheprovider", *(NBVAL if notebooks else ()), *chosen], [Deadline()])
    else:
        print("No test imports what changed.")
    unclean = [one.wait() for one in lint]
    return int(any(unclean) or failed not in (0, pytest.ExitCode.NO_TESTS_COLLECTED))


if __name__ == "__main__":
    sys.exit(main())
