"""Tests the walls by trying to break them. Each attempt is a submission, and runs like any other.

An attempt gets through where there are no walls, which the tests see to, so one that is refused says something.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import socket
import stat
import subprocess
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from nbformat.v4 import new_code_cell, new_notebook

from ..lessons import all_lessons
from . import Tier
from .engine import Engine, RunResult
from .sandbox import MIB, Limits, package, visible


@dataclass(frozen=True)
class WallCheck:
    """One wall, whether it holds, and what was seen in the attempt."""

    wall: str
    stands: bool
    detail: str


def entered_by_others(root: Path) -> bool:
    """Return whether other users of this machine can enter a course's directory, and so read solutions and grades there."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (root, *root.parents))


@dataclass(frozen=True)
class _Attempt:
    """The body of a function that tries to get past a wall. It returns what it got, or raises the error that it met.

    `reached` says, outside the walls, whether it got through after all.
    """

    wall: str
    body: str
    reached: Callable[[], bool] = bool


@dataclass(frozen=True)
class _Excess:
    """A cell that uses more than a limit allows, the limits for it, and words of the note that it must end with."""

    wall: str
    source: str
    limits: Limits
    note: str


def examine(tier: Tier, limits: Limits) -> tuple[WallCheck, ...]:
    """Try to break every wall of a tier.

    Parameters
    ----------
    limits
        What a submission may use. Times are cut, so that nobody waits for them.

    Raises
    ------
    SandboxError
        When the tier can't be started.
    """
    with _things_outside() as outside:
        with Engine(tier, limits) as engine:
            found = [_try(engine, attempt, outside.names) for attempt in _attempts(outside)]
            # Where nothing holds them, hundreds of processes would be the grader's own.
            if tier != "none":
                found.append(_try(engine, _fork_bomb(limits), outside.names))
            found += [_exceed(engine, excess) for excess in _excesses(limits)]
            engine.limits = limits
            found += [_leave_files(engine), _leave_a_process(engine), _look_for_answers(engine)]
        return tuple(found)


_TRY = """
def attempt():
{body}
try:
    got = attempt()
except (OSError, MemoryError) as error:
    print("refused:", error)
else:
    print("got through:" if got else "refused:", got or "nothing was there")
"""
_REFUSED, _THROUGH = "refused: ", "got through: "


def _try(engine: Engine, attempt: _Attempt, names: Mapping[str, object]) -> WallCheck:
    given = "".join(f"{name} = {value!r}\n" for name, value in names.items())
    imports = "import ctypes, os, signal, socket, tempfile, time\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    said = _said(_run(engine, imports + given + _TRY.format(body=textwrap.indent(attempt.body.strip("\n"), "    "))))
    if attempt.reached():
        return WallCheck(attempt.wall, False, f"it got through, although its call failed ({said})")
    if said.startswith(_REFUSED):
        return WallCheck(attempt.wall, True, said.removeprefix(_REFUSED))
    return WallCheck(attempt.wall, False, said.removeprefix(_THROUGH) or "the attempt could not run")


def _exceed(engine: Engine, excess: _Excess) -> WallCheck:
    engine.limits = excess.limits
    ran = _run(engine, excess.source)
    engine.limits = replace(excess.limits, cell_timeout=20.0)
    after = _said(_run(engine, "print('the next one is fine')"))
    stopped = any(excess.note in note for note in ran.notes)
    stands = stopped and after == "the next one is fine"
    return WallCheck(excess.wall, stands, "; ".join(ran.notes) or _said(ran) or "no limit stopped it")


# Defines what student code would look for answers with: it returns how many files it has read, and the first that hold one.
SEARCH = """
import os, stat

def search(answers, roots, longest, but=()):
    looked, found, seen = 0, [], set()
    for folder, folders, names in (one for root in roots for one in os.walk(root)):
        state = os.stat(folder)
        if (state.st_dev, state.st_ino) in seen or any((folder + "/").startswith(one + "/") for one in but):
            folders.clear()
            continue
        seen.add((state.st_dev, state.st_ino))
        for path in (os.path.join(folder, name) for name in names):
            try:
                state = os.stat(path)
                if not stat.S_ISREG(state.st_mode) or not 0 < state.st_size <= longest:
                    continue
                with open(path, "rb") as file:
                    text = file.read()
            except OSError:
                continue
            looked += 1
            if any(one in text for one in answers):
                found.append(path)
        if found:
            break
    return looked, found[:5]
"""
# No lesson, and no notebook with solutions, is longer. Libraries of machine code are.
_LONGEST_TEXT = 2_000_000
_LONG_ENOUGH = 25


def _look_for_answers(engine: Engine) -> WallCheck:
    """Look through all files that are seen behind the walls for words of a right answer."""
    seen = visible()
    # First where answers would be, so that they are found at once where nothing hides them.
    roots = dict.fromkeys(
        map(str, (Path(__file__).parents[1], Path.cwd(), Path.home(), "/", *seen.shown, *seen.composed))
    )
    engine.limits = replace(engine.limits, cell_timeout=300.0, wall=300.0, cpu=300)
    arguments = f"{words_of_answers()!r}, {[*roots]!r}, {_LONGEST_TEXT}"
    ran = _run(engine, f"{SEARCH}\nlooked, found = search({arguments})\nprint(looked, *found)")
    looked, *found = _said(ran).split() or ["0"]
    wall = "answers in any file"
    if not looked.isdigit() or int(looked) == 0:
        return WallCheck(wall, False, f"it could not be looked for: {_said(ran)}")
    return WallCheck(wall, not found, " ".join(found) or f"there is none in {looked} files")


def words_of_answers() -> list[bytes]:
    """Return words that only answers have: a mistake of each lesson, and a line of each solution in this directory."""
    words = set()
    for lesson in all_lessons():
        messages = (mistake.message for exercise in lesson.exercises for mistake in exercise.mistakes)
        words.add(max((run.strip() for message in messages for run in _PLAIN.findall(message)), key=len, default=""))
    asked = package()
    for path in Path.cwd().glob("solutions/*/*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        answers = ["".join(cell["source"]) for cell in cells if cell["metadata"].get("nbgrader", {}).get("solution")]
        lines = (line.strip() for answer in answers for line in answer.splitlines() if _PLAIN.fullmatch(line))
        words.add(max((line for line in lines if line.encode() not in asked), key=len, default=""))
    return sorted(word.encode() for word in words if len(word) >= _LONG_ENOUGH)


# What stands in a file of Python or JSON, or in a compiled one, as it is.
_PLAIN = re.compile(r"[\w ,.;:()*=+-]+", re.ASCII)


def _leave_files(engine: Engine) -> WallCheck:
    name = f"autograder-doctor-{secrets.token_hex(8)}"
    folders = ["/tmp", "/dev", "/dev/shm", "/var/tmp"]
    source = f"""
import os, tempfile
places = [os.path.join(folder, {name!r}) for folder in dict.fromkeys([*{folders!r}, tempfile.gettempdir()])]
"""
    leave = """
for place in places:
    try:
        open(place, "w").write("1")
        print(place)
    except OSError:
        pass
"""
    _run(engine, source + leave)
    left = _said(_run(engine, source + "print(*(place for place in places if os.path.exists(place)))"))
    outside = [str(Path(folder, name)) for folder in folders if Path(folder, name).exists()]
    for path in outside:
        Path(path).unlink()
    seen = left or " ".join(outside)
    return WallCheck("files left behind", not seen, seen or "neither the next submission nor this machine has any")


def _leave_a_process(engine: Engine) -> WallCheck:
    name = f"left{secrets.token_hex(4)}"
    source = f"""
import ctypes, os, time
try:
    if os.fork() == 0:
        os.setsid()
        ctypes.CDLL(None).prctl(15, {name.encode()!r}, 0, 0, 0)
        time.sleep(20)
        os._exit(0)
    time.sleep(0.3)
    print("it ran")
except OSError as error:
    print("none can be started:", error)
"""
    said = _said(_run(engine, source))
    left = _processes_named(name)
    for pid in left:
        os.kill(pid, 9)
    if left:
        return WallCheck("a process left behind", False, "it still runs after the submission has ended")
    tried = said.startswith(("it ran", "none can"))
    return WallCheck("a process left behind", tried, "it ended with the submission" if said == "it ran" else said)


def _processes_named(name: str) -> list[int]:
    found = []
    for file in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            if file.read_text().strip() == name:
                found.append(int(file.parent.name))
    return found


def _run(engine: Engine, source: str) -> RunResult:
    return engine.run(new_notebook(cells=[new_code_cell(source)]), lambda _: ())


def _said(ran: RunResult) -> str:
    texts = [str(output.get("text") or output.get("evalue") or "") for output in ran.notebook.cells[0].outputs]
    return " ".join(" ".join([*texts, *ran.notes]).split())[:300]


@dataclass(frozen=True)
class _Outside:
    """Real targets outside the walls: their names for the attempts, and the sockets and the process to reach."""

    names: Mapping[str, object]
    tcp: socket.socket
    udp: socket.socket
    abstract: socket.socket
    unix: socket.socket
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def _things_outside() -> Iterator[_Outside]:
    """Make the targets of the attempts: files at home and in the temporary directory, listening sockets, and a process."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="autograder-doctor-")))
        file = folder / "file"
        file.write_text("a secret")
        at_home = file
        with contextlib.suppress(OSError, RuntimeError):
            in_home = tempfile.NamedTemporaryFile(prefix=".autograder-doctor-", dir=Path.home())  # noqa: SIM115
            at_home = Path(stack.enter_context(in_home).name)
            at_home.write_text("a secret")
        abstract_name = f"\0autograder-doctor-{secrets.token_hex(8)}"
        tcp = waiting(stack, socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))
        udp = waiting(stack, socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))
        abstract = waiting(stack, socket.AF_UNIX, socket.SOCK_STREAM, abstract_name)
        unix = waiting(stack, socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "socket"))
        process = stack.enter_context(subprocess.Popen(["sleep", "300"]))
        stack.callback(process.kill)
        os.environ["AUTOGRADER_DOCTOR"] = "a secret"
        stack.callback(os.environ.pop, "AUTOGRADER_DOCTOR")
        names = {
            "COURSE": str(_course_file() or file),
            "AT_HOME": str(at_home),
            "FILE": str(file),
            "FOLDER": str(folder),
            "PACKAGE": str(Path(__file__).parent),
            "TCP": tcp.getsockname()[1],
            "UDP": udp.getsockname()[1],
            "ABSTRACT": abstract_name,
            "UNIX": str(folder / "socket"),
            "PID": process.pid,
        }
        yield _Outside(names, tcp, udp, abstract, unix, process)


def waiting(stack: contextlib.ExitStack, family: int, kind: int, address: object) -> socket.socket:
    """Return a non-blocking socket that listens until the stack is closed."""
    made = stack.enter_context(socket.socket(family, kind))
    made.bind(address)  # type: ignore[arg-type]
    if kind == socket.SOCK_STREAM:
        made.listen()
    made.setblocking(False)
    return made


def _course_file() -> Path | None:
    """Return a file of the course in this directory that students must not see."""
    here = Path.cwd()
    candidates = (*sorted(here.glob("solutions/*/*.ipynb")), here / "nbgrader_config.py")
    return next((path for path in candidates if path.exists()), None)


def _connected(waiting: socket.socket) -> Callable[[], bool]:
    def reached() -> bool:
        try:
            connection, _ = waiting.accept()
        except BlockingIOError:
            return False
        connection.close()
        return True

    return reached


def _heard(waiting: socket.socket) -> Callable[[], bool]:
    def reached() -> bool:
        try:
            return bool(waiting.recv(100))
        except BlockingIOError:
            return False

    return reached


def _attempts(outside: _Outside) -> tuple[_Attempt, ...]:
    read = 'return open({0}, "rb").read(100)'
    return (
        _Attempt("reading the course", read.format("COURSE")),
        _Attempt("reading at home", read.format("AT_HOME")),
        _Attempt("reading /etc/passwd", read.format('"/etc/passwd"')),
        _Attempt("reading others' temporary files", read.format("FILE")),
        _Attempt("listing others' temporary files", "return os.listdir(FOLDER)"),
        _Attempt("writing to the system and the package", _WRITE),
        _Attempt("changing a file that is not its own", _CHANGE),
        _Attempt(
            "TCP to this machine", 'return socket.create_connection(("127.0.0.1", TCP), 1)', _connected(outside.tcp)
        ),
        _Attempt("UDP to this machine", _SEND, _heard(outside.udp)),
        _Attempt("names from DNS", 'return socket.getaddrinfo("example.org", 443)'),
        _Attempt("abstract Unix sockets", _CONNECT.format("ABSTRACT"), _connected(outside.abstract)),
        _Attempt("Unix sockets", _CONNECT.format("UNIX"), _connected(outside.unix)),
        _Attempt("seeing other processes", 'return open(f"/proc/{PID}/cmdline").read()'),
        _Attempt("looking into other processes", _PTRACE),
        _Attempt("signals to other processes", _SIGNAL, lambda: outside.process.poll() is not None),
        _Attempt("the grader's environment", 'return os.environ.get("AUTOGRADER_DOCTOR")'),
        _Attempt("new namespaces", _call("unshare(0x10000000)")),
        _Attempt("keys in the kernel", _system_call(250, 219, "0, -4, 1")),
        _Attempt("rare system calls", _system_call(323, 282, "1")),
        _Attempt("memory that no limit counts", _SEGMENT),
        _Attempt("setuid programs", 'return libc.prctl(39, 0, 0, 0, 0) == 0 and "they would run with more rights"'),
        _Attempt("privileges", _CAPABILITIES),
    )


_WRITE = """
for folder in ("/usr", "/etc", PACKAGE, FOLDER):
    path = os.path.join(folder, "autograder-doctor")
    try:
        open(path, "w").close()
    except OSError as error:
        refused = error
    else:
        os.unlink(path)
        return path
raise refused
"""
_CHANGE = """
ways = (
    lambda: open(FILE, "a").close(), lambda: os.truncate(FILE, 0), lambda: os.chmod(FILE, 0o666), lambda: os.utime(FILE),
    lambda: os.setxattr(FILE, "user.doctor", b"1"), lambda: os.rename(FILE, FILE), lambda: os.link(FILE, "doctor"),
)
for number, way in enumerate(ways):
    try:
        way()
    except OSError as error:
        refused = error
    else:
        return f"way {number} of changing {FILE}"
raise refused
"""
_SEND = """
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
return sender.sendto(b"here", ("127.0.0.1", UDP))
"""
_CONNECT = """
caller = socket.socket(socket.AF_UNIX)
caller.connect({0})
return "connected"
"""
_SIGNAL = """
os.kill(PID, signal.SIGTERM)
time.sleep(0.2)
return "sent"
"""
_PTRACE = """
if libc.ptrace(16, PID, None, None) == 0:
    os.waitpid(PID, 0x40000000)
    libc.ptrace(17, PID, None, None)
    return "attached"
raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
"""
_SEGMENT = """
segment = libc.shmget(0, ctypes.c_size_t(4096), 0o1600)
if segment < 0:
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
libc.shmctl(segment, 0, None)
return "a segment of memory"
"""
_CAPABILITIES = """
header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
if libc.capget(header, sets):
    raise OSError(ctypes.get_errno(), "capget")
return any(sets) and f"capabilities {sets[0]:x} {sets[3]:x}"
"""


def _call(call: str) -> str:
    return f"""
ctypes.set_errno(0)
if libc.{call} >= 0:
    return {call!r}
raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
"""


def _system_call(x86_64: int, aarch64: int, arguments: str) -> str:
    return f"number = {x86_64} if os.uname().machine == 'x86_64' else {aarch64}\n" + _call(
        f"syscall(number, {arguments})"
    )


def _fork_bomb(limits: Limits) -> _Attempt:
    body = f"""
children = []
try:
    for _ in range({limits.processes + 20}):
        child = os.fork()
        if child == 0:
            time.sleep(10)
            os._exit(0)
        children.append(child)
    return f"{{len(children)}} processes"
finally:
    for child in children:
        os.kill(child, 9)
"""
    return _Attempt("a fork bomb", body)


def _excesses(limits: Limits) -> tuple[_Excess, ...]:
    short = replace(limits, cell_timeout=10.0)
    loop = "while True: pass"
    return (
        _Excess("threads", _THREADS.format(limits.processes + 50), short, "processes and threads"),
        _Excess("memory", f"x = bytearray({limits.memory + 64 * MIB})", short, "of memory"),
        _Excess("the size of a file", _ONE_FILE.format(limits.file_size), short, "wrote a file"),
        _Excess("the disk", _MANY_FILES.format(limits.file_size // 2, limits.disk), short, "on the disk"),
        _Excess("open files", f"x = [open('/dev/null') for _ in range({limits.open_files})]", short, "files open"),
        _Excess(
            "output", "for _ in range(30): display('x' * 15_000)", replace(short, output=MIB // 4), "MiB of output"
        ),
        _Excess("messages past the shell", _FLOOD.format(limits.output), short, "ended the run: it sent"),
        _Excess("a cell that does not end", loop, replace(limits, cell_timeout=0.5), "was stopped"),
        _Excess("processor time", loop, replace(short, cpu=1), "processor time"),
        _Excess("time altogether", "import time; time.sleep(5)", replace(short, wall=0.5), "altogether"),
    )


_THREADS = """
import threading, time
for _ in range({0}): threading.Thread(target=time.sleep, args=(3,), daemon=True).start()
time.sleep(1)
"""
_ONE_FILE = """
import os, tempfile
file = tempfile.TemporaryFile()
file.write(bytes({0} + 1))
file.flush()
"""
_MANY_FILES = """
import os, tempfile, time
with tempfile.TemporaryDirectory() as folder:
    for number in range({1} // {0} + 2):
        with open(os.path.join(folder, str(number)), "wb") as file: file.write(bytes({0}))
    time.sleep(0.5)
"""
# It speaks past the shell, on the socket itself.
_FLOOD = """
import os, socket
for fd in range(3, 64):
    try:
        grader = socket.socket(fileno=fd)
        for _ in range({0} // 1000 + 10): grader.sendall((990).to_bytes(4, "big") + b'{{"x":"' + b"x" * 982 + b'"}}')
    except OSError: pass
"""
