"""The walls around the template process: what starts it, what of this machine it sees, and what a submission may use.

bubblewrap
    The template process runs in namespaces, with a read-only system and nothing else of this machine in sight, and each
    submission in namespaces of its own within them.
landlock
    For machines that refuse user namespaces. Each submission is confined by Landlock and by a filter of system calls: it
    reads the same paths, writes in one directory of its own, and makes no socket and no process. Three things are weaker
    than in the other tier. A submission that knows the path of any file can ask for its size and times. The directory is
    on a real file system without a quota: a submission that puts more into it than it may is seen to do so, twenty times
    a second, and killed, and what it holds open and has unlinked is bounded only by `file_size` times `open_files`. And
    it sees how busy the machine is.
none
    Nothing but the limits: student code runs with the rights of who grades.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, get_args

from .. import GradingError
from . import landlock, seccomp
from .wire import Wire

Tier = Literal["bubblewrap", "landlock", "none"]
TIERS: tuple[Tier, ...] = get_args(Tier)
TierChoice = Tier | Literal["auto"]
CHOICES: tuple[TierChoice, ...] = ("auto", *TIERS)

MIB = 1 << 20

_PACKAGE = "autograder"
# The folder with the lessons' files, which hold right answers.
_ANSWERS = f"{_PACKAGE}.lessons"

# Not all of /usr: below it there may be nbgrader's exchange, and in a container the course itself.
_PROGRAMS = (
    "/usr/bin",
    "/usr/sbin",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/local/bin",
    "/usr/local/lib",
    "/usr/share/fontconfig",
    "/usr/share/fonts",
    "/usr/share/zoneinfo",
)
_SYSTEM = (*_PROGRAMS, "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/fonts", "/etc/localtime")
_SYSTEM_LINKS = ("/lib", "/lib64", "/lib32", "/bin", "/sbin")
# Not /dev/zero: what is mapped of it is memory that no limit counts.
_DEVICES = ("/dev/full", "/dev/random", "/dev/urandom")

_HOW_TO = """\
To have walls around student code, do one of these:
- install bubblewrap (on Debian and Ubuntu: apt install bubblewrap);
- allow user namespaces, as root: sysctl kernel.unprivileged_userns_clone=1, \
and on Ubuntu 24.04 and newer sysctl kernel.apparmor_restrict_unprivileged_userns=0;
- take a kernel with Landlock 3 or newer (Linux 6.2);
- on a machine that has nothing to lose, ask for no walls: --sandbox none."""


class SandboxError(GradingError):
    """The walls don't stand; the text says why and what to do."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Memory, files, disk and output in bytes, times in seconds.

    Memory, processor time and open files are each process's; `processes` counts threads too; `wall` is the time that all
    its cells take together.
    """

    cell_timeout: float = 20.0
    wall: float = 600.0
    cpu: int = 120
    memory: int = 2048 * MIB
    file_size: int = 16 * MIB
    disk: int = 64 * MIB
    open_files: int = 64
    processes: int = 32
    output: int = 16 * MIB


@dataclass(frozen=True)
class Endpoint:
    """Where a fork server is reached. Any process that has it can have submissions run there, side by side with others."""

    tier: Tier
    connection: socket.socket

    def connect(self) -> Wire:
        """Return a control socket of one's own. It says so when the template process is ready.

        Raises
        ------
        OSError
            When the template process has ended.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self.connection, [b"connect"], [theirs.fileno()])
        return Wire(ours)


@dataclass(frozen=True)
class ForkServer:
    """A fork server that was started: its template process, its endpoint, and the directory that it works in."""

    process: subprocess.Popen[bytes]
    endpoint: Endpoint
    place: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def last_words(self) -> str:
        """End the template process, and return the end of what it wrote to stderr."""
        self.process.kill()
        raw = self.process.stderr.read() if self.process.stderr is not None else b""
        return " ".join(raw.decode(errors="replace").split())[-300:]

    def close(self) -> None:
        """End the template process and all that is in it."""
        self.endpoint.connection.close()
        self.process.kill()
        self.process.wait()
        if self.process.stderr is not None:
            self.process.stderr.close()
        if self.place is not None:
            remove(self.place)


def hidden_path() -> Path:
    """Return the folder with the lessons' files. The template process reads them before there is any student code.

    Raises
    ------
    SandboxError
        When there is no such folder: nothing would be hidden.
    """
    path = _folder_of(_ANSWERS)
    if not path.is_dir():
        raise SandboxError(
            f"Expected the folder of {_ANSWERS} at {path}, to hide it; there is none. Install the package again."
        )
    return path


def _folder_of(package: str) -> Path:
    """Return the folder of a package, without importing it: the lessons would bring PyTorch along."""
    found = importlib.util.find_spec(package)
    places = list(found.submodule_search_locations or ()) if found is not None else []
    if len(places) != 1:
        raise SandboxError(
            f"Expected the package {package} in one folder; found it in {len(places)}. Install the package again."
        )
    return Path(places[0])


def visible_paths() -> list[Path]:
    """Return what of this machine's own is seen behind the walls: the environment, its Python, and this package.

    Of an environment only what Python needs: it may have been made in the course's own directory.
    """
    roots = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parents[1]}
    parts = {root / part for root in roots for part in ("bin", "lib", "lib64", "pyvenv.cfg") if (root / part).exists()}
    return sorted({*parts, _folder_of(_PACKAGE)})


def readable_paths() -> tuple[list[Path], list[Path]]:
    """Return all that may be read behind Landlock's walls, the system, what is visible, and devices; and what only listed.

    Landlock takes nothing out of what it allows. So what lies around the lessons' files is allowed piece by piece.
    """
    hidden = hidden_path()
    readable: list[Path] = []
    listed: list[Path] = []
    waiting = [*(Path(path) for path in (*_SYSTEM, *_SYSTEM_LINKS, *_DEVICES)), *visible_paths()]
    for path in waiting:
        if path != hidden and hidden.is_relative_to(path):
            listed.append(path)
            waiting += path.iterdir()
        elif path != hidden:
            readable.append(path)
    return readable, listed


def settings(home: str) -> dict[str, str]:
    """Return the whole environment behind the walls, where `home` is the directory that may be written."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": home,
        "TMPDIR": home,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(_folder_of(_PACKAGE).parent),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLCONFIGDIR": home,
        "IPYTHONDIR": home,
        "OMP_NUM_THREADS": "1",
    }


def may_fork(tier: Tier) -> bool:
    """Return whether a submission may start processes: where the kernel counts them, which it doesn't for root's."""
    return tier == "none" or (tier == "bubblewrap" and os.getuid() != 0)


@cache
def best_tier() -> Tier:
    """Return the best tier that this machine has, by trying.

    Raises
    ------
    SandboxError
        When it has no walls; the text says what to do.
    """
    no_bubblewrap = _why_no_bubblewrap()
    if not no_bubblewrap:
        return "bubblewrap"
    no_landlock = _why_no_landlock()
    if not no_landlock:
        return "landlock"
    raise SandboxError(f"bubblewrap: {no_bubblewrap}\nlandlock: {no_landlock}\n{_HOW_TO}")


def tier_of(choice: TierChoice) -> Tier:
    """Return the tier that is chosen; "auto" is the best that this machine has.

    Raises
    ------
    SandboxError
        When "auto" is chosen and this machine has no walls.
    """
    return best_tier() if choice == "auto" else choice


def start(tier: Tier) -> ForkServer:
    """Start a template process behind the walls of a tier.

    Raises
    ------
    SandboxError
        When the walls can't be put up.
    """
    why = ""
    if tier == "bubblewrap":
        why = _no_program()
    elif tier == "landlock":
        why = _why_no_landlock()
    if why:
        raise SandboxError(f"{tier}: {why}\n{_HOW_TO}")
    hidden_path()
    place = Path(tempfile.mkdtemp(prefix="autograder-")) if tier == "landlock" else None
    # Packets and not a stream, since several processes knock at it.
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        worker = [sys.executable, "-m", "autograder.grading.sandbox.forkserver", str(theirs.fileno())]
        process = subprocess.Popen(
            [*_bubblewrap(), *worker] if tier == "bubblewrap" else worker,
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=_environment(tier, place),
            cwd=place,
            # A Ctrl-C on the terminal is for the grader, which lets what is in flight come to its end.
            start_new_session=True,
        )
    return ForkServer(process, Endpoint(tier, ours), place)


def remove(place: Path) -> None:
    """Remove a directory and what student code made of it, as deep and as locked as that may be."""
    with contextlib.suppress(OSError, RecursionError):
        shutil.rmtree(place)
    if place.exists():
        for program in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run([*program, "--", str(place)], check=False, capture_output=True)


def _environment(tier: Tier, place: Path | None) -> Mapping[str, str] | None:
    if tier == "bubblewrap":
        return None
    return settings(str(place)) if tier == "landlock" else {**os.environ, "OMP_NUM_THREADS": "1"}


def _bubblewrap() -> list[str]:
    """Return bubblewrap's part of the command, up to the program that it starts."""
    options = ["--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--hostname", "sandbox"]
    options += ["--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"]
    for path in _SYSTEM:
        options += ["--ro-bind-try", path, path]
    for path in _SYSTEM_LINKS:
        if Path(path).is_symlink():
            options += ["--symlink", str(Path(path).readlink()), path]
        else:
            options += ["--ro-bind-try", path, path]
    options += ["--proc", "/proc", "--dev", "/dev", "--dev-bind", "/dev/null", "/dev/zero", "--tmpfs", "/tmp"]
    options += ["--dir", "/mnt"]
    for visible in visible_paths():
        if not any(visible.is_relative_to(place) for place in _PROGRAMS):
            options += ["--ro-bind", str(visible), str(visible)]
    # Both are made once for all submissions, and each would find there what another one left.
    options += ["--chdir", "/tmp", "--remount-ro", "/", "--remount-ro", "/dev"]
    for name, value in settings("/tmp").items():
        options += ["--setenv", name, value]
    return ["bwrap", *options, "--"]


def _no_program() -> str:
    if not seccomp.known_architecture():
        return "there is no filter of system calls for this machine's processor"
    return "" if shutil.which("bwrap") else "it is not installed"


def _why_no_bubblewrap() -> str:
    """Return why bubblewrap does not work here, or ""; a submission's own namespaces, within its own, are tried too."""
    why = _no_program()
    if why:
        return why
    flags = 0x10000000 | 0x00020000 | 0x20000000
    program = f"import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare({flags}) and 'namespaces within are refused')"
    command = [*_bubblewrap(), sys.executable, "-I", "-S", "-c", program]
    try:
        tried = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    except subprocess.TimeoutExpired:
        return "it did not start within 30 s"
    said = " ".join(tried.stderr.decode(errors="replace").split())[-300:]
    return "" if tried.returncode == 0 else said or "it did not start"


def _why_no_landlock() -> str:
    if not seccomp.known_architecture():
        return "there is no filter of system calls for this machine's processor"
    at_hand = landlock.version()
    if at_hand >= landlock.OLDEST:
        return ""
    return f"this kernel has version {at_hand}, and {landlock.OLDEST} is needed" if at_hand else "this kernel has none"
