"""Attempts to get out from behind the walls, read from `escapes/`, and what is outside for them to reach.

A file of `escapes/` is one attempt, of the kind that its name begins with. It holds

- one sentence that says what it tries and what must happen;
- `CELL`, student code that prints ESCAPED if it got what it wanted. It knows all names of `Outside.names`;
- `AFTER`, where it matters, a cell of the next submission that prints ESCAPED if it finds what was left for it;
- `NOTE`, where the attempt has to be stopped, words of the note that says so;
- `DEPENDS`, where not everybody on every machine could do it without walls, on what that depends;
- `UNPROVEN`, where it is never tried without walls, the reason.
"""

from __future__ import annotations

import ast
import contextlib
import os
import secrets
import socket
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from autograder.grading.doctor import waiting
from autograder.grading.sandbox.tiers import remove

ROOT = Path(__file__).parents[2]
KINDS = ("files", "network", "processes", "left", "resources")


@dataclass(frozen=True)
class Escape:
    """One attempt."""

    name: str
    tries: str
    cell: str
    after: str = ""
    note: str = ""
    depends: str = ""
    unproven: str = ""

    @property
    def kind(self) -> str:
        """What it is about, one of `KINDS`."""
        return self.name.partition("_")[0]


def all_escapes() -> tuple[Escape, ...]:
    """Return every attempt. Their files are read, and never imported."""
    return tuple(_read(path) for path in sorted((Path(__file__).parent / "escapes").glob("[a-z]*.py")))


def _read(path: Path) -> Escape:
    module = ast.parse(path.read_text(encoding="utf-8"))
    texts = {
        statement.targets[0].id.lower(): ast.literal_eval(statement.value)
        for statement in module.body
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    }
    return Escape(path.stem, ast.get_docstring(module) or "", **texts)


def got_out(cell: NotebookNode) -> bool:
    """Return whether a cell that ran printed that it got what it wanted. A traceback shows its source, which is no proof."""
    printed = "".join(one["text"] for one in cell["outputs"] if one["output_type"] == "stream")
    return any(line.startswith("ESCAPED") for line in printed.splitlines())


@dataclass(frozen=True)
class Outside:
    """Real things outside the walls.

    Attributes
    ----------
    names
        What an attempt is told of them, more than any student knows: where a course and this package lie, ports, sockets,
        process ids, what the files of the course hold, and a mark for what it leaves.
    """

    course: Path
    names: Mapping[str, object]
    sockets: Mapping[str, socket.socket]
    victim: subprocess.Popen[bytes]

    def cell(self) -> str:
        """Return a cell that gives an attempt its names."""
        told = "".join(f"{name} = {value!r}\n" for name, value in self.names.items())
        return f"import ctypes, os, signal, socket, struct, sys, tempfile, time\n{told}{_HELP}"

    def reached(self) -> list[str]:
        """Return what was reached since this was last asked; what was left is removed."""
        heard = [name for name, one in self.sockets.items() if _heard(one)]
        ended = ["the process"] if self.victim.poll() is not None else []
        treasure = str(self.names["TREASURE"])
        changed = [path for path in self._files() if path.read_text() != treasure]
        for path in changed:
            path.write_text(treasure)
        left = self._left()
        for path in left:
            remove(path)
        processes = self.processes()
        for pid in processes:
            # It may have ended by itself.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
        return [*heard, *ended, *map(str, (*changed, *left)), *(f"process {pid}" for pid in processes)]

    def processes(self) -> Sequence[int]:
        """Return the processes on this machine that attempts have given the name of their mark."""
        return _processes_named(str(self.names["MARK"]))

    def _files(self) -> Iterator[Path]:
        return (self.course / name for name in _FILES)

    def _left(self) -> set[Path]:
        return {path for folder in (self.course, *_PLACES) for path in folder.glob(f"*{self.names['MARK']}*")}


_PLACES = (
    *map(Path, ("/tmp", "/var/tmp", "/dev", "/dev/shm", sysconfig.get_path("purelib"))),
    Path.cwd(),
    Path.home(),
    ROOT / "autograder",
)

_FILES = (
    "gradebook.db",
    ".autograder-secret",
    "solutions/01_scalar_gradients/01_scalar_gradients.ipynb",
    "submitted/ada/01_scalar_gradients/01_scalar_gradients.ipynb",
    "autograded/ada/01_scalar_gradients/01_scalar_gradients.ipynb",
)

# System calls by name, for attempts that need those for which Python has no function.
_HELP = """
libc = ctypes.CDLL(None, use_errno=True)
def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
def system_call(x86_64, aarch64, *arguments):
    number = x86_64 if os.uname().machine == "x86_64" else aarch64
    whole = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    return checked(libc.syscall(ctypes.c_long(number), *whole))
def call_me(name=MARK):
    libc.prctl(15, name.encode(), 0, 0, 0)
"""


@contextlib.contextmanager
def things_outside(folder: Path) -> Iterator[Outside]:
    """Make what attempts aim at: the files of a course in `folder`, sockets that wait, and a process."""
    mark, treasure = f"left{secrets.token_hex(4)}", f"treasure-{secrets.token_hex(8)}"
    for name in _FILES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(treasure)
    with contextlib.ExitStack() as stack:
        # Short, since a socket's path may not be long.
        near = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="outside-")))
        abstract = f"\0outside-{mark}"
        sockets = {
            "TCP": waiting(stack, socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            "UDP": waiting(stack, socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            "ABSTRACT": waiting(stack, socket.AF_UNIX, socket.SOCK_STREAM, abstract),
            "ABSTRACT_DATAGRAM": waiting(stack, socket.AF_UNIX, socket.SOCK_DGRAM, f"{abstract}-datagram"),
            "UNIX": waiting(stack, socket.AF_UNIX, socket.SOCK_STREAM, str(near / "stream")),
            "UNIX_DATAGRAM": waiting(stack, socket.AF_UNIX, socket.SOCK_DGRAM, str(near / "datagram")),
        }
        at_home = stack.enter_context(tempfile.NamedTemporaryFile(prefix=".outside-", dir=Path.home()))
        victim = stack.enter_context(subprocess.Popen(["sleep", "600"], env={"TREASURE": treasure}))
        stack.callback(victim.kill)
        os.environ["AUTOGRADER_TREASURE"] = treasure
        stack.callback(os.environ.pop, "AUTOGRADER_TREASURE")
        names: dict[str, object] = {
            "COURSE": str(folder),
            "ROOT": str(ROOT),
            "AT_HOME": at_home.name,
            "TREASURE": treasure,
            "MARK": mark,
            "PID": victim.pid,
            "GRADER": os.getpid(),
            **{name: one.getsockname()[1] for name, one in sockets.items() if name in ("TCP", "UDP")},
            **{name: _name_of(one) for name, one in sockets.items() if name not in ("TCP", "UDP")},
        }
        yield Outside(folder, names, sockets, victim)


def _name_of(waiting: socket.socket) -> str:
    name = waiting.getsockname()
    return name.decode() if isinstance(name, bytes) else str(name)


def _heard(waiting: socket.socket) -> bool:
    try:
        if waiting.type == socket.SOCK_STREAM:
            waiting.accept()[0].close()
        else:
            waiting.recv(100)
    except BlockingIOError:
        return False
    return True


def _processes_named(name: str) -> Sequence[int]:
    found = []
    for file in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            if file.read_text().strip() == name:
                found.append(int(file.parent.name))
    return found
