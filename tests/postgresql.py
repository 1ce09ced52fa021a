"""A PostgreSQL server on this machine, with a database for a gradebook."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# One `initdb` for each version that is installed.
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


@contextmanager
def postgresql(waits_for_disk: bool = False) -> Iterator[str]:
    """Start a server on loopback, and yield the URL of its database `autograd`; it is ended and removed afterwards.

    Parameters
    ----------
    waits_for_disk
        Whether what is committed is on the disk, as on a server that somebody relies on.
    """
    # pytest's own folder is closed to other users by each pytest that starts.
    bin_, folder = PROGRAMS[-1].parent, Path(tempfile.mkdtemp())
    # A server refuses to be run by root.
    as_owner = []
    if os.getuid() == 0:
        as_owner = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")
    data = folder / "data"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])

    def call(program: str, *arguments: str) -> None:
        subprocess.run([*as_owner, bin_ / program, *arguments], check=True, cwd=folder, stdout=subprocess.DEVNULL)

    call("initdb", "-D", str(data), "-A", "trust", "-U", "autograder", "--no-sync")
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync={'on' if waits_for_disk else 'off'}"
    call("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", settings, "start")
    try:
        call("createdb", "-h", "127.0.0.1", "-p", port, "-U", "autograder", "autograd")
        yield f"postgresql+psycopg://autograder@127.0.0.1:{port}/autograd"
    finally:
        call("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)
