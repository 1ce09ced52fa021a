"""The warm process inside the sandbox: everything is imported once, and each submission is a fork of it.

It holds no secret. For every submission it is handed a socket of its own, and a child in new namespaces, with limits,
speaks on that socket alone. The warm process itself speaks on the control socket, which no student code ever sees.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import lessons
from ..exercise import Case
from ..probe import probe
from .sandbox import visible_paths
from .shell import Shell
from .wire import Wire, WireError

_CLONE_NEWNS, _CLONE_NEWUTS, _CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
_CLONE_NEWUSER, _CLONE_NEWPID, _CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_BIND, _MS_REC = 1, 2, 4, 8, 4096, 16384
_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38
_CAPABILITY_VERSION_3 = 0x20080522

# Much of IPython and PyTorch is imported when it is first used. A child should find it there.
_WARMING = (
    "1 + 1",
    "print()",
    "raise ValueError",
    "import torch; x = torch.ones(2, requires_grad=True); (x**2).backward(torch.ones(2))",
    "torch.func.grad(lambda t: (t**2).sum())(torch.ones(2)); torch.func.jacrev(torch.sin)(torch.ones(2))",
    "torch.func.jvp(torch.sin, (torch.ones(2),), (torch.ones(2),)); torch.func.jacfwd(torch.sin)(torch.ones(2))",
    "torch.autograd.functional.jacobian(torch.sin, torch.ones(2))",
    "torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1).zero_grad(); print(torch.ones(2))",
)

_libc = ctypes.CDLL(None, use_errno=True)


def serve(control: Wire) -> None:
    """Import all that a lesson needs, say so, and fork a child for each submission until the control socket closes."""
    import matplotlib.figure  # noqa: F401
    import numpy  # noqa: F401
    import torch

    import autograder.figures  # noqa: F401

    torch.set_num_threads(1)
    lessons.all_lessons()
    os.environ["NBGRADER_EXECUTION"] = "autograde"
    shell = Shell.instance()
    for source in _WARMING:
        shell.run(source)
    shell.reset()
    gc.freeze()
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    control.send({"ready": True})
    with contextlib.suppress(WireError):
        while True:
            limits, fd = control.receive(), control.take_fd()
            # A word about a submission that ended in the meantime comes without a socket.
            if fd is not None:
                guard = _fork_guard(control, fd, shell, limits)
                os.close(fd)
                _watch(control, guard)


def _watch(control: Wire, guard: int) -> None:
    """Pass on what the grader asks for, until the submission is over; then say how it ended."""
    ended = os.pidfd_open(guard)
    try:
        while True:
            readable, _, _ = select.select([ended, control.fileno()], [], [])
            if ended in readable:
                break
            asked = control.receive().get("do")
            os.kill(guard, signal.SIGUSR1 if asked == "interrupt" else signal.SIGTERM)
    finally:
        os.close(ended)
    _, status, usage = os.wait4(guard, 0)
    control.send({"ended": os.waitstatus_to_exitcode(status), "cpu": usage.ru_utime + usage.ru_stime})


def _fork_guard(control: Wire, fd: int, shell: Shell, limits: Mapping[str, Any]) -> int:
    """Fork the guard of one submission: it makes the namespaces, forks the child that runs it, and waits for that."""
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        control.close()
        if limits["namespaces"]:
            _enter_namespaces()
        child = os.fork()
        if child == 0:
            _run_child(fd, shell, limits)
        os.close(fd)
        _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        signal.signal(signal.SIGUSR1, lambda *_: os.kill(child, signal.SIGINT))
        signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGKILL))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        # An exit status has no sign: how a signal ended the child is told as 128 and its number, as shells do.
        code = status if status >= 0 else 128 - status
    finally:
        os._exit(code)


def _enter_namespaces() -> None:
    """Enter namespaces of one's own: users, mounts, processes, IPC, names, network. The next fork is process 1 in them."""
    uid, gid = os.getuid(), os.getgid()
    _libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
    flags = _CLONE_NEWUSER | _CLONE_NEWNS | _CLONE_NEWPID | _CLONE_NEWIPC | _CLONE_NEWUTS | _CLONE_NEWNET
    _checked(_libc.unshare(flags), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123
            file.write(text)
    _private_tmp()
    _mount("/dev/shm", "size=16m,nr_inodes=64", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    # A fresh /proc can't be mounted in here, and the one there is lists the sandbox's other processes: hide it.
    _mount("/proc", "size=0,nr_inodes=2", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC | _MS_RDONLY)


def _private_tmp() -> None:
    """Put an empty /tmp over the sandbox's; where the environment itself lies below /tmp, it is seen in there again."""
    kept = [path for path in visible_paths() if path.is_relative_to("/tmp")]
    place = "/mnt" if kept else "/tmp"
    _mount(place, "size=64m,nr_inodes=4096", _MS_NOSUID | _MS_NODEV)
    for path in kept:
        again = Path(place) / path.relative_to("/tmp")
        again.mkdir(parents=True, exist_ok=True)
        _bind(str(path), str(again))
    if kept:
        _bind(place, "/tmp")


def _bind(source: str, target: str) -> None:
    result = _libc.mount(source.encode(), target.encode(), None, _MS_BIND | _MS_REC, None)
    _checked(result, f"bind {source} at {target}")


def _mount(path: str, options: str, flags: int) -> None:
    _checked(_libc.mount(b"tmpfs", path.encode(), b"tmpfs", flags, options.encode()), f"mount {path}")


def _checked(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def _drop_privileges() -> None:
    """Give up the capabilities that come with a new user namespace, for good."""
    _checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _checked(_libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")


def _limit(limits: Mapping[str, Any]) -> None:
    for kind, value in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_CPU, limits["cpu"]),
        (resource.RLIMIT_FSIZE, limits["file_size"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_NPROC, limits["processes"]),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def _run_child(fd: int, shell: Shell, limits: Mapping[str, Any]) -> None:
    """Run one submission, as process 1 of its namespaces; never returns."""
    code = 71
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        os.closerange(3, fd)
        os.closerange(fd + 1, 4096)
        if limits["namespaces"]:
            os.chdir("/tmp")
            _drop_privileges()
        _limit(limits)
        _run_cells(Wire(socket.socket(fileno=fd)), shell)
        code = 0
    except KeyboardInterrupt:
        code = 130
    except WireError:
        code = 74
    finally:
        os._exit(code)


def _run_cells(grader: Wire, shell: Shell) -> None:
    """Run what the grader sends, cell by cell: a source to run, or an exercise to probe at the inputs that come with it."""
    while True:
        message = grader.receive()
        if "source" in message:
            grader.send({"outputs": shell.run(message["source"])})
        elif "exercise" in message:
            exercise = lessons.find(message["exercise"])
            cases = tuple(Case.from_plain(one) for one in message["cases"])
            try:
                observation = probe(exercise, shell.user_ns, cases).to_json()
            except KeyboardInterrupt:
                observation = ""
            grader.send({"observation": observation})
        else:
            return


if __name__ == "__main__":
    serve(Wire(socket.socket(fileno=int(sys.argv[1]))))
