"""The walls around the warm process: bubblewrap, with a read-only system and nothing else of this machine in sight."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .wire import Wire

Tier = Literal["bubblewrap", "none"]

MIB = 1 << 20


class SandboxError(Exception):
    """The walls don't stand; the text says why and what to do."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Memory and file size in bytes, times in seconds."""

    cell_timeout: float = 20.0
    cpu: int = 120
    memory: int = 2048 * MIB
    file_size: int = 16 * MIB
    open_files: int = 64
    processes: int = 32
    output: int = 16 * MIB


def visible_paths() -> list[Path]:
    """Return what of this machine's own is seen behind the walls: the environment, its Python, and this package."""
    return sorted({Path(sys.prefix), Path(sys.base_prefix), Path(__file__).parents[1]})


def command(tier: Tier, control: int) -> list[str]:
    """Return the command that starts the warm process, with `control` as its control socket.

    Raises
    ------
    SandboxError
        When bubblewrap is asked for and is not there.
    """
    worker = [sys.executable, "-m", "autograder.grading.worker", str(control)]
    if tier == "none":
        return worker
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxError(
            "bubblewrap is not installed, and without it student code would run with your rights. Install it (on Debian "
            "and Ubuntu: apt install bubblewrap), or ask for no walls on a machine that has nothing to lose: "
            "AUTOGRADER_SANDBOX=none"
        )
    options = ["--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--hostname", "sandbox"]
    options += ["--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"]
    for path in ("/usr", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/fonts", "/etc/localtime"):
        options += ["--ro-bind-try", path, path]
    for path in ("/lib", "/lib64", "/lib32", "/bin", "/sbin"):
        if Path(path).is_symlink():
            options += ["--symlink", str(Path(path).readlink()), path]
        else:
            options += ["--ro-bind-try", path, path]
    options += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/mnt"]
    for visible in visible_paths():
        if not visible.is_relative_to("/usr"):
            options += ["--ro-bind", str(visible), str(visible)]
    options += ["--chdir", "/tmp", "--remount-ro", "/"]
    settings = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLCONFIGDIR": "/tmp",
        "IPYTHONDIR": "/tmp",
        "OMP_NUM_THREADS": "1",
    }
    for name, value in settings.items():
        options += ["--setenv", name, value]
    return [bwrap, *options, "--", *worker]


def start(tier: Tier) -> tuple[subprocess.Popen[bytes], Wire]:
    """Start a warm process behind the walls of a tier; return it and the control socket to it.

    Raises
    ------
    SandboxError
        When the walls can't be put up.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        environment = None if tier == "bubblewrap" else {**os.environ, "OMP_NUM_THREADS": "1"}
        process = subprocess.Popen(
            command(tier, theirs.fileno()),
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
        )
    return process, Wire(ours)
