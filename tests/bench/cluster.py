"""A Dask cluster on this machine: a real scheduler and workers of one thread each, on loopback."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from distributed import Client


@dataclass(frozen=True)
class Cluster:
    """A scheduler's address, and the processes, the scheduler's first."""

    address: str
    processes: tuple[subprocess.Popen[bytes], ...]


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    """Start a scheduler and its workers; all are ended afterwards."""
    started: list[subprocess.Popen[bytes]] = []
    found = folder / "scheduler.json"

    def start(program: str, *options: str) -> None:
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", "--scheduler-file", str(found)]
        with (folder / f"{program}-{len(started)}.log").open("w") as log:
            quiet = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            started.append(subprocess.Popen([*command, "--no-dashboard", *options], cwd=folder, **quiet))

    try:
        start("scheduler", "--host", "127.0.0.1", "--port", "0")
        for _ in range(workers):
            start("worker", "--nthreads", "1", "--nworkers", "1", "--local-directory", str(folder))
        address = _address(found)
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
        yield Cluster(address, tuple(started))
    finally:
        for process in reversed(started):
            process.terminate()
        for process in reversed(started):
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _address(found: Path) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if found.exists():
            return str(json.loads(found.read_text())["address"])
        time.sleep(0.1)
    raise RuntimeError("the Dask scheduler did not start")
