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
from typing import Self

from ...modules import FOLDER, file_of, lessons_folder
from .. import GradingError, Tier, TierChoice
from . import landlock, redact, seccomp
from .visible import SYSTEM_LINKS, visible
from .wire import Wire

MIB = 1 << 20

# A kernel's: a figure is shown at the end of the cell that made it, and closed.
BACKEND = "module://matplotlib_inline.backend_inline"

# Not /dev/zero: what is mapped of it is memory that no limit counts.
DEVICES = ("/dev/full", "/dev/random", "/dev/urandom")

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

    Memory, processor time and open files are each process's. Memory is address space beyond what the libraries take.
    `processes` counts threads too. `wall` is the time that all cells take together.
    """

    # nbgrader's own.
    cell_timeout: float = 30.0
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


def settings(home: str) -> dict[str, str]:
    """Return the environment behind the walls, where `home` is the directory that may be written."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": home,
        "TMPDIR": home,
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLCONFIGDIR": home,
        "IPYTHONDIR": home,
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": BACKEND,
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
    if tier != "none":
        _see_that_the_course_is_hidden()
    place = Path(tempfile.mkdtemp(prefix="autograder-")) if tier == "landlock" else None
    # Packets and not a stream, since several processes knock at it.
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # The package for behind the walls: a file that has no name in any directory.
    package = os.memfd_create("autograder", os.MFD_CLOEXEC)
    with theirs, os.fdopen(package, "wb") as file:
        program = [sys.executable, "-P", "-c", _program(package), str(theirs.fileno()), str(package)]
        process = subprocess.Popen(
            [*_bubblewrap(), *program] if tier == "bubblewrap" else program,
            pass_fds=(theirs.fileno(), package),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=_environment(tier, place),
            cwd=place,
            # A Ctrl-C on the terminal is for the grader, which lets what is in flight come to its end.
            start_new_session=True,
        )
        server = ForkServer(process, Endpoint(tier, ours), place)
        try:
            # The libraries are imported there in the meantime.
            file.write(redact.package())
            file.flush()
            ours.send(b"package")
        except BaseException:
            server.close()
            raise
    return server


def _see_that_the_course_is_hidden() -> None:
    """See that neither this package, nor the lessons, nor the course in this directory lie in a folder that is shown whole.

    Raises
    ------
    SandboxError
        When one does.
    """
    for folder in (file_of(redact.PACKAGE).parent, lessons_folder(), Path.cwd()):
        shown = visible().around(folder)
        if shown is not None:
            raise SandboxError(
                f"Expected the lessons out of the sight of student code; {folder} lies in {shown}, which student code "
                "reads. Move it to a folder of its own, such as one in your home."
            )


def _program(package: int) -> str:
    """Return what the template process runs: it imports from the libraries that are seen, then from the package for behind the walls.

    The package is complete when the first packet comes.
    """
    seen = visible()
    roots = (*seen.shown, *seen.composed)
    libraries = [one for one in sys.path if any(Path(one).is_relative_to(root) for root in roots)]
    return f"""
import gc, socket, sys
sys.path[:] = {libraries!r}
gc.disable()
import IPython, numpy, torch
with socket.socket(fileno=int(sys.argv[1])) as listener:
    complete = listener.recv(64)
    listener.detach()
if complete:
    sys.path.insert(0, "/proc/self/fd/{package}")
    from {__package__} import forkserver
    forkserver.main()
"""


def remove(place: Path) -> None:
    """Remove a directory and what student code made of it, as deep and as locked as that may be."""
    with contextlib.suppress(OSError, RecursionError):
        shutil.rmtree(place)
    if place.exists():
        for program in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run([*program, "--", str(place)], check=False, capture_output=True)


def _environment(tier: Tier, place: Path | None) -> Mapping[str, str]:
    if tier == "none":
        taken = {name: value for name, value in os.environ.items() if name != FOLDER}
        return {**taken, "OMP_NUM_THREADS": "1", "PYTHONPATH": "", "MPLBACKEND": BACKEND}
    return settings("/tmp" if place is None else str(place))


def _bubblewrap() -> list[str]:
    """Return bubblewrap's part of the command, up to the program that it starts."""
    options = ["--unshare-all", "--die-with-parent", "--new-session", "--hostname", "sandbox"]
    options += ["--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"]
    options += ["--proc", "/proc", "--dev", "/dev", "--dev-bind", "/dev/null", "/dev/zero", "--tmpfs", "/tmp"]
    options += ["--dir", "/mnt"]
    for link in SYSTEM_LINKS:
        if Path(link).is_symlink():
            options += ["--symlink", str(Path(link).readlink()), link]
        else:
            options += ["--ro-bind-try", link, link]
    seen = visible()
    # In the order of their names, a folder comes before what is below it.
    for path in sorted({*seen.shown, *seen.composed}):
        options += ["--tmpfs", str(path)] if path in seen.composed else ["--ro-bind-try", str(path), str(path)]
    for path in seen.composed:
        options += ["--remount-ro", str(path)]
    # Both are made once for all submissions, and each would find there what another one left.
    options += ["--chdir", "/tmp", "--remount-ro", "/", "--remount-ro", "/dev"]
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
