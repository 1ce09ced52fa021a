"""The template process inside the sandbox: everything is imported once, and each submission is a fork of it.

It holds no secret. For every submission it is handed a socket of its own. A guard, forked from it, puts up what walls the
submission has of its own, forks the child that runs it, watches how much that uses, and cleans up. The child speaks on its
socket alone. The template process itself speaks on the control socket, which no student code ever sees.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import importlib
import os
import resource
import select
import signal
import socket
import sys
import tempfile
import time
import zipimport
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from itertools import count
from mmap import mmap
from pathlib import Path
from typing import Any

from ... import lessons
from ...diagnosis.running import run_variants
from ...exercise import Case, withheld
from ...probe import probe
from ...settings import fresh_settings
from . import landlock, namespaces, seccomp
from .exit_status import TOO_MANY_PROCESSES, TOO_MUCH_DISK, UNHEARD
from .kernel import drop_privileges, end_with, set_dumpable, use_huge_pages
from .preload import ALWAYS, WHEN_MENTIONED, leave_a_copy
from .redact import QUESTION
from .shell import Shell
from .tiers import DEVICES, remove, settings
from .visible import pieces, visible
from .wire import Wire, WireError

# How often a guard looks at what its submission uses, in seconds.
_LOOK = 0.05
_MOST_FILES = 4096
# To move to huge pages takes as long as twenty forks gain by it: a small class is graded sooner without.
_HUGE_PAGES_AT = 12
_submissions = count(1)
# In bytes, of a request's number; and where the numbers stand of the request to interrupt, and of the one that runs.
_NUMBER = 8
_TO_INTERRUPT, _RUNNING = slice(0, _NUMBER), slice(_NUMBER, 2 * _NUMBER)
# By these a guard is told to interrupt its submission, and to end it.
_TOLD = (signal.SIGUSR1, signal.SIGTERM)

_INTERRUPTED = {
    "outputs": [{"output_type": "error", "ename": "KeyboardInterrupt", "evalue": "", "traceback": []}],
    "observation": "",
}


def _new_numbers() -> mmap:
    return mmap(-1, 2 * _NUMBER)


@dataclass(eq=False)
class _Client:
    """An engine, and the guard of its submission while one runs.

    Attributes
    ----------
    ended
        A descriptor of the guard. It is readable when the guard has ended.
    numbers
        Memory that is shared with the guard and its submission: the numbers of two requests. It is one page, and can't grow.
    """

    control: Wire
    guard: int = 0
    ended: int = -1
    numbers: mmap = field(default_factory=_new_numbers)


def main() -> None:
    """Serve on the two descriptors that the command line names: the socket to listen on, and the package's file."""
    serve(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]))


def serve(listener: socket.socket, package: int) -> None:
    """Import all that a lesson needs, and then fork a child for each submission of each engine, until the listener is closed.

    Parameters
    ----------
    package
        A descriptor of the zip file that this package is imported from. It is closed before there is any student code.
    """
    shell = _preloaded_shell(package)
    clients: list[_Client] = []
    while True:
        waiting: dict[int, _Client] = {}
        for client in clients:
            waiting[client.control.fileno()] = client
            if client.guard:
                waiting[client.ended] = client
        readable, _, _ = select.select([listener.fileno(), *waiting], [], [])
        if listener.fileno() in readable:
            packet, fds, _, _ = socket.recv_fds(listener, 64, 1)
            if not packet:
                return
            for fd in fds:
                clients.append(client := _Client(Wire(socket.socket(fileno=fd), takes_fds=True)))
                with contextlib.suppress(WireError):
                    client.control.send({"ready": True})
        for number in readable:
            # Of an engine that has gone, both descriptors may be among them.
            is_there = number in waiting and waiting[number] in clients
            if is_there and not _attend_to(waiting[number], number, shell, clients):
                clients.remove(waiting[number])


def _preloaded_shell(package: int) -> Shell:
    # What is imported stays, so to look for garbage in it is time lost.
    gc.disable()
    import numpy  # noqa: F401
    import torch

    torch.set_num_threads(1)
    _refuse_answers()
    leave_a_copy(sys.modules["autograder"])
    _refuse_answers()
    _close(package)
    os.environ["NBGRADER_EXECUTION"] = "autograde"
    shell: Shell = Shell.instance()
    _preload(shell, *ALWAYS)
    gc.enable()
    set_dumpable(False)
    return shell


def _refuse_answers() -> None:
    """See that the lessons that can be imported here hold questions alone.

    Raises
    ------
    SystemExit
        When an exercise came with its answer.
    """
    found = importlib.import_module(lessons.__name__)
    for exercise in (exercise for lesson in found.all_lessons() for exercise in lesson.exercises):
        told = {one.name for one in fields(exercise) if one.name not in QUESTION and getattr(exercise, one.name)}
        if told != {"reference"} or exercise.reference.__name__ != withheld.__name__:
            sys.exit(
                f"Expected only the question of {exercise.id} behind the walls; its answer came along. In the lesson's "
                "module, give `Exercise` its reference, forward, mistakes and cases as keyword arguments."
            )


def _close(package: int) -> None:
    """Leave nothing by which this package's file can be opened."""
    path = f"/proc/self/fd/{package}"
    sys.path[:] = [one for one in sys.path if one != path]
    for known in (sys.path_importer_cache, zipimport._zip_directory_cache):  # type: ignore[attr-defined]
        for name in [name for name in known if name.startswith(path)]:
            del known[name]
    os.close(package)


def _preload(shell: Shell, *sources: str) -> None:
    for source in sources:
        shell.run(source)
    # A child that collected garbage would write to every page that it shares with the others; and so does `reset`, which
    # has nothing to look at then.
    gc.freeze()
    shell.reset()
    gc.freeze()


@cache
def _preload_once(shell: Shell, pattern: str) -> None:
    _preload(shell, WHEN_MENTIONED[pattern])


def _attend_to(client: _Client, number: int, shell: Shell, clients: Sequence[_Client]) -> bool:
    """Do what an engine asks, or tell it that its submission has ended; return whether it is still there."""
    try:
        if number == client.ended:
            os.close(client.ended)
            _, status, usage = os.wait4(client.guard, 0)
            client.guard, client.ended = 0, -1
            client.control.send({"ended": os.waitstatus_to_exitcode(status), "cpu": usage.ru_utime + usage.ru_stime})
            return True
        while True:
            message, fd = client.control.receive(), client.control.take_fd()
            if fd is not None:
                for pattern in message["mentions"]:
                    _preload_once(shell, pattern)
                numbers = _new_numbers()
                client.guard = _fork_guard(clients, fd, numbers, shell, message)
                client.ended, client.numbers = os.pidfd_open(client.guard), numbers
                os.close(fd)
            elif client.guard and "interrupt" in message:
                client.numbers[_TO_INTERRUPT] = _as_bytes(message["interrupt"])
                os.kill(client.guard, signal.SIGUSR1)
            elif client.guard:
                os.kill(client.guard, signal.SIGTERM)
            # Otherwise it is a word about a submission that has ended in the meantime.
            if not client.control.holds_message():
                return True
    except WireError:
        client.control.close()
        if client.guard:
            os.kill(client.guard, signal.SIGTERM)
            os.waitpid(client.guard, 0)
            os.close(client.ended)
            client.guard, client.ended = 0, -1
        return False


def _as_bytes(number: int) -> bytes:
    return number.to_bytes(_NUMBER, "big")


def _fork_guard(clients: Sequence[_Client], fd: int, numbers: mmap, shell: Shell, limits: Mapping[str, Any]) -> int:
    """Fork the guard of one submission."""
    if next(_submissions) == _HUGE_PAGES_AT:
        use_huge_pages()
    # Here it is found once, and in a guard it would be found each time.
    if limits["tier"] == "bubblewrap":
        visible()
    elif limits["tier"] == "landlock":
        pieces()
    template = os.getpid()
    # Until the guard has its handlers, what it is told has to wait.
    signal.pthread_sigmask(signal.SIG_BLOCK, _TOLD)
    pid = os.fork()
    if pid:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD)
        return pid
    code = 70
    try:
        # Nothing of other submissions can be reached from this one.
        for client in clients:
            client.control.close()
            client.numbers.close()
        code = _guard(template, fd, numbers, shell, limits)
    finally:
        os._exit(code)


def _guard(template: int, fd: int, numbers: mmap, shell: Shell, limits: Mapping[str, Any]) -> int:
    """Run one submission in a child; return how it ended, as an exit status."""
    child = 0
    place = None
    stopped = False

    def stop(*_: object) -> None:
        nonlocal stopped
        stopped = True
        if child:
            os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGUSR1, lambda *_: _interrupt(child, numbers) if child else None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD)
    end_with(template, signal.SIGTERM)
    # It is opened before the namespaces, where it is hidden.
    processes = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    set_dumpable(True)
    _first_to_be_killed()
    limits = {**limits, "memory": limits["memory"] + _mapped()}
    try:
        if limits["tier"] == "bubblewrap":
            namespaces.enter(limits["disk"])
        elif limits["tier"] == "landlock":
            place = Path(tempfile.mkdtemp())
        guard = os.getpid()
        child = os.fork()
        if child == 0:
            _run_child(guard, fd, numbers, shell, limits, place)
        os.close(fd)
        set_dumpable(False)
        if stopped:
            stop()
        status = _attend(child, processes, limits, place)
        # From here on its number may be another process's.
        child = 0
        return status
    finally:
        if place is not None:
            remove(place)


def _interrupt(child: int, numbers: mmap) -> None:
    """Interrupt the request that is to be interrupted, if it still runs: a late signal would meet the one after it."""
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        # While it stands still, no other request can begin.
        os.kill(child, signal.SIGSTOP)
        os.waitid(os.P_PID, child, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        if numbers[_RUNNING] == numbers[_TO_INTERRUPT]:
            os.kill(child, signal.SIGINT)
        os.kill(child, signal.SIGCONT)


def _mapped() -> int:
    """Return how many bytes of address space this process has mapped: the libraries, before there is any student code."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _first_to_be_killed() -> None:
    """Where the machine runs out of memory, let the kernel take the submission before anything else."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _attend(child: int, processes: int, limits: Mapping[str, Any], place: Path | None) -> int:
    """Wait for a submission's end, which comes at once where it has too many threads or too much on the disk."""
    ended = os.pidfd_open(child)
    reason = 0
    while not select.select([ended], [], [], _LOOK)[0]:
        if _threads(child, processes) > limits["processes"]:
            reason = TOO_MANY_PROCESSES
        elif place is not None and _is_over(place, limits["disk"]):
            reason = TOO_MUCH_DISK
        if reason:
            os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    # An exit status has no sign: how a signal ended the child is told as 128 and its number, as shells do.
    return reason or (status if status >= 0 else 128 - status)


def _threads(pid: int, processes: int) -> int:
    """Return how many threads a process has. The kernel has no limit for them that holds for root too."""
    try:
        file = os.open(f"{pid}/status", os.O_RDONLY, dir_fd=processes)
    except OSError:
        return 0
    with os.fdopen(file, "rb") as status:
        return next((int(line.split()[1]) for line in status if line.startswith(b"Threads:")), 0)


def _is_over(place: Path, most: int) -> bool:
    """Return whether there are more bytes, or more files, below a directory than may be, or what can't be counted."""

    def unreadable(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            raise error

    used = files = 0
    try:
        for folder, folders, names in os.walk(place, onerror=unreadable):
            for name in (*folders, *names):
                with contextlib.suppress(FileNotFoundError):
                    used += os.lstat(os.path.join(folder, name)).st_blocks * 512  # noqa: PTH118
            files += len(folders) + len(names)
            if used > most or files > _MOST_FILES:
                return True
    except (OSError, RecursionError):
        return True
    return False


def _run_child(guard: int, fd: int, numbers: mmap, shell: Shell, limits: Mapping[str, Any], place: Path | None) -> None:
    """Run one submission; never returns. With namespaces it is process 1 in them."""
    code = 71
    try:
        # In its own namespace it sees no parent.
        end_with(0 if limits["tier"] == "bubblewrap" else guard, signal.SIGKILL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        os.closerange(3, fd)
        os.closerange(fd + 1, 4096)
        _confine(limits, place)
        _run_cells(Wire(socket.socket(fileno=fd)), numbers, shell)
        code = 0
    except WireError:
        code = UNHEARD
    finally:
        os._exit(code)


def _confine(limits: Mapping[str, Any], place: Path | None) -> None:
    """Put up, for good, what walls and limits this process itself can have."""
    # A signal to one's process group reaches all of it, in whatever namespaces they are.
    os.setsid()
    if place is not None:
        _move_to(place)
    elif limits["tier"] == "bubblewrap":
        os.chdir("/tmp")
    # Last, so that a file there shadows no module.
    sys.path.append(os.getcwd())  # noqa: PTH109
    _limit(limits)
    if limits["tier"] == "none":
        return
    drop_privileges()
    if place is not None:
        readable, listed = pieces()
        landlock.restrict((*readable, *map(Path, DEVICES)), listed, (place, Path(os.devnull)))
    seccomp.install(alone=place is not None, processes=limits["forks"])


def _move_to(place: Path) -> None:
    """Make a directory the place where all that is written goes, as /tmp is with bubblewrap."""
    os.chdir(place)
    os.environ.update(settings(str(place)))
    tempfile.tempdir = str(place)


def _limit(limits: Mapping[str, Any]) -> None:
    caps = [
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_FSIZE, limits["file_size"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_CORE, 0),
    ]
    if limits["tier"] == "bubblewrap":
        # Without a namespace of users, all that the grader runs would count.
        caps.append((resource.RLIMIT_NPROC, limits["processes"]))
    for kind, value in caps:
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))
    # The signal at the first tells what it was; at the second there is no catching it.
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu"], limits["cpu"] + 1))


def _run_cells(grader: Wire, numbers: mmap, shell: Shell) -> None:
    """Do what the grader asks: put a file here, run a source, or probe an exercise at the inputs that come with it."""
    answers: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
        "file": _put,
        "source": lambda message: {"outputs": shell.run(message["source"], message.get("pictures", False))},
        "variants": lambda message: _vary(shell, message),
        "exercise": lambda message: {"observation": _observe(shell, message)},
    }
    child = os.getpid()
    while True:
        message = grader.receive()
        answer = next((answers[kind] for kind in answers if kind in message), None)
        if answer is None:
            return
        try:
            # In this order: an interrupt that comes between two requests is for none of them.
            numbers[_RUNNING] = _as_bytes(message["id"])
            signal.signal(signal.SIGINT, signal.default_int_handler)
            reply = answer(message)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            reply = _INTERRUPTED
        if os.getpid() != child:
            # A process that a cell has forked came out of it too. The grader waits for one answer.
            os._exit(0)
        grader.send({"id": message["id"], **reply})


def _put(message: Mapping[str, Any]) -> dict[str, Any]:
    """Add a part of a file to this directory."""
    path = Path(message["file"])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(base64.b64decode(message["content"]))
            if message["read_only"]:
                os.fchmod(file.fileno(), 0o444)
    except OSError as error:
        return {"failed": error.strerror}
    return {}


def _observe(shell: Shell, message: Mapping[str, Any]) -> str:
    cases = tuple(Case.from_plain(one) for one in message["cases"])
    observation = probe(lessons.find(message["exercise"]), shell.user_ns, cases)
    with fresh_settings():
        return observation.to_json()


def _vary(shell: Shell, message: Mapping[str, Any]) -> dict[str, Any]:
    start = time.thread_time()
    cases = tuple(Case.from_plain(one) for one in message["cases"])
    exercise, sources = lessons.find(message["exercise"]), message["variants"]
    seen = run_variants(exercise, shell.user_ns, sources, cases, message["seconds"], message["probed"])
    return {"seen": [None if one is None else one.to_json() for one in seen], "took": time.thread_time() - start}
