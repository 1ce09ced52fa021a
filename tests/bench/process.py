"""Runs a command and watches all processes that come of it: their processor time, and their memory.

A process that is waited for adds its processor time to its parent's, and one that is killed by the end of its namespace
does not. So the tree is sampled: what ends without being found in its parent's time is kept as it was last seen. What
loses its parent becomes this process's child and is waited for here.
"""

from __future__ import annotations

import ctypes
import os
import select
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MIB = 1 << 20


@dataclass(frozen=True)
class Seen:
    """A process as it was seen: its parent, when it started, and the seconds used by itself and by those it waited for."""

    parent: int
    started: int
    zombie: bool
    own: float
    waited: float


@dataclass(frozen=True)
class Ran:
    """A command that has ended.

    Attributes
    ----------
    wall, cpu
        Seconds, the processor time of all processes that came of it.
    lines
        What it printed, each line with the second it came at.
    memory
        The command's own process: the second, and how many MiB were resident.
    """

    wall: float
    cpu: float
    lines: tuple[tuple[float, str], ...]
    memory: tuple[tuple[float, float], ...]


def processes() -> dict[int, Seen]:
    """Return all processes of this machine."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            times = [int(field) / _TICK for field in fields[11:15]]
            found[int(folder.name)] = Seen(
                int(fields[1]), int(fields[19]), fields[0] == "Z", sum(times[:2]), sum(times[2:])
            )
    return found


def below(roots: Iterable[int], table: Mapping[int, Seen]) -> set[int]:
    """Return the descendants of processes."""
    found: set[int] = set()
    level = set(roots)
    while level:
        level = {pid for pid, seen in table.items() if seen.parent in level} - found
        found |= level
    return found


class Tree:
    """All processes that come of one, and the processor time they have used."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._others = below([os.getpid()], processes()) - {root}
        self._seen: dict[int, Seen] = {}
        # By process, the time of its children that have ended: what it waited for is to be found in its own time.
        self._gone: Counter[int] = Counter()
        self.cpu = 0.0
        self.returncode: int | None = None

    @property
    def left(self) -> Mapping[int, Seen]:
        """The processes that are there."""
        return self._seen

    def look(self) -> None:
        """See what is there now, and wait for what has ended and is this process's to wait for."""
        table = processes()
        self._others |= below(self._others, table)
        now = {pid: table[pid] for pid in below([os.getpid()], table) - self._others}
        gone = {pid for pid, seen in self._seen.items() if pid not in now or now[pid].started != seen.started}
        for pid in sorted(gone, key=self._depth, reverse=True):
            seen = self._seen[pid]
            seconds = seen.own + max(seen.waited, self._gone.pop(pid, 0.0))
            if seen.parent in self._seen:
                self._gone[seen.parent] += seconds
            else:
                self.cpu += seconds
        for pid in [pid for pid, seen in now.items() if seen.zombie and seen.parent == os.getpid()]:
            # Only what had ended at the last look: then the end of its children has been seen, too.
            if pid in self._seen and self._seen[pid].zombie:
                self._wait(pid, now.pop(pid))
        self._seen = now

    def _wait(self, pid: int, seen: Seen) -> None:
        _, status, usage = os.wait4(pid, 0)
        self.cpu += usage.ru_utime + usage.ru_stime + max(0.0, self._gone.pop(pid, 0.0) - seen.waited)
        if pid == self._root:
            self.returncode = os.waitstatus_to_exitcode(status)

    def _depth(self, pid: int) -> int:
        depth = 0
        while pid in self._seen:
            pid, depth = self._seen[pid].parent, depth + 1
        return depth


@contextmanager
def reaping() -> Iterator[None]:
    """Have orphans of what is started here become this process's children."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def run(
    command: Sequence[str | Path],
    cwd: Path,
    every: float = 0.1,
    watch: Callable[[Mapping[int, Seen]], None] | None = None,
) -> Ran:
    """Run a command to its end, and until nothing is left of it.

    Parameters
    ----------
    every
        How many seconds there are between two looks at its processes.
    watch
        Is handed its processes at each look.

    Raises
    ------
    RuntimeError
        With the end of what it said, when it fails.
    """
    lines: list[tuple[float, str]] = []
    memory: list[tuple[float, float]] = []
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    with reaping():
        start = time.monotonic()
        process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        reader = threading.Thread(target=_read, args=(process, start, lines))
        reader.start()
        tree, ended, patience = Tree(process.pid), os.pidfd_open(process.pid), 0.0
        try:
            while not select.select([ended], [], [], every)[0]:
                memory.append((time.monotonic() - start, resident(process.pid)))
                tree.look()
                if watch is not None:
                    watch(tree.left)
            wall, patience = time.monotonic() - start, 20.0
        finally:
            os.close(ended)
            _see_end(tree, patience)
            reader.join()
            # Popen is told what was waited for behind its back.
            process.returncode = tree.returncode
    if tree.returncode:
        said = "\n".join(line for _, line in lines[-20:])
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {tree.returncode}:\n{said}")
    return Ran(wall, tree.cpu, tuple(lines), tuple(each for each in memory if each[1]))


def resident(pid: int) -> float:
    """Return how many MiB of a process are in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / _MIB


def private(pid: int) -> float:
    """Return how many MiB of a process are its alone."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean", "Private_Dirty"))) / 1024


def _read(process: subprocess.Popen[str], start: float, lines: list[tuple[float, str]]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.append((time.monotonic() - start, line.rstrip("\n")))


def _see_end(tree: Tree, patience: float) -> None:
    """Wait until nothing is left of a command; what does not end by itself is killed."""
    end = time.monotonic() + patience
    tree.look()
    while tree.left:
        if time.monotonic() > end:
            for pid in tree.left:
                with suppress(ProcessLookupError):
                    os.kill(pid, 9)
        time.sleep(0.02)
        tree.look()
