"""Commands as a user types them, without an interpreter that imports everything anew for each.

`folder()` holds `autograder` and `nbgrader`. Each hands its arguments, directory, environment and files to one process
of this test run, which has imported what commands import. A fork of it runs the installed command. The command's pool
forks its processes from one server, and runs submissions in forks of one template process, whatever command comes next.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import forkserver
from pathlib import Path
from typing import NoReturn, cast

import sqlalchemy

from autograder.grading import Tier, sandbox
from autograder.grading.pool import LocalPool
from autograder.grading.sandbox import Endpoint, ForkServer, SandboxError
from autograder.modules import own_lessons
from tests.grading.engines import WALLS, why_not

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[1]
NAMES = ("autograder", "nbgrader")
PLAIN = {"PATH": "/usr/bin:/bin", "TERM": "dumb", "COLUMNS": "200"}
IMPORTED = (
    "autograder.cli",
    "autograder.authoring",
    "autograder.grading.adopting",
    "autograder.grading.course",
    "autograder.grading.doctor",
    "autograder.grading.engines",
    "autograder.grading.feedback",
    "autograder.grading.job",
    "autograder.grading.lms.exports",
    "autograder.grading.lms.unpack",
    "autograder.grading.loose",
    "autograder.grading.pages",
    "autograder.grading.pool",
    "autograder.grading.preprocessors",
    "autograder.grading.report.html",
    "autograder.grading.report.terminal",
    "nbgrader.apps.nbgraderapp",
    "nbconvert.exporters",
)
# Says in which folder the commands are that are there already.
FOLDER = "TESTS_COMMANDS"
ENDPOINT = "endpoint"
CLIENT = """\
#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    said = json.dumps([{command!r}, sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [len(said).to_bytes(8, "big")], [0, 1, 2])
    server.sendall(said)
    ended = server.recv(1)
sys.exit(ended[0] if ended else "The process that runs the commands has ended.")
"""


@functools.cache
def folder() -> Path:
    """Return the folder of the commands; the process behind them runs until this one ends, or the one that has begun it."""
    if FOLDER in os.environ:
        return Path(os.environ[FOLDER])
    made = tempfile.TemporaryDirectory(prefix="commands-")
    address = f"{made.name}/socket"
    environment = PLAIN | {name: os.environ[name] for name in ("PYTHONPATH", "HOME") if name in os.environ}
    # Whoever asks before it is ready waits in the queue.
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.commands", str(listening.fileno())],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            pass_fds=[listening.fileno()],
        )
    assert server.stdin is not None
    atexit.register(made.cleanup)
    atexit.register(server.wait)
    atexit.register(server.stdin.close)
    for name in NAMES:
        client = Path(made.name, name)
        client.write_text(CLIENT.format(python=sys.executable, address=address, command=str(BIN / name)))
        client.chmod(0o755)
    return Path(made.name)


def share() -> None:
    """Begin the process behind the commands for all processes that this one starts."""
    os.environ[FOLDER] = str(folder())


def endpoint(tier: Tier | None = None) -> Endpoint:
    """Return where a template process behind the commands is reached: that of a tier, or else that of the pools."""
    with socket.socket(socket.AF_UNIX) as server, Path(os.devnull).open() as nothing:
        server.connect(f"{folder()}/socket")
        said = json.dumps([ENDPOINT, [tier], "", {}]).encode()
        socket.send_fds(server, [len(said).to_bytes(8, "big")], [nothing.fileno()] * 3)
        server.sendall(said)
        name, (connection,), _, _ = socket.recv_fds(server, 100, 1)
    return Endpoint(cast(Tier, name.decode()), socket.socket(fileno=connection))


@contextmanager
def pool(workers: int) -> Iterator[LocalPool]:
    """Start a pool of this process, whose submissions run in forks of the template process behind the commands."""
    there = endpoint()
    start = sandbox.start
    # A pool asks for its endpoint alone.
    sandbox.start = _sharing(ForkServer(cast(subprocess.Popen[bytes], None), there))
    try:
        shared = LocalPool(workers, there.tier)
        shared.prepare()
    finally:
        sandbox.start = start
    with shared:
        yield shared


def serve(listening: socket.socket) -> tuple[str, list[str]]:
    """Fork for each command that comes in. Return its path and arguments in the fork; end when stdin is closed."""
    for module in IMPORTED:
        importlib.import_module(module)
    write_without_waiting()
    shared = _share_what_pools_start()
    gc.freeze()
    # The forks that wait for a command are waited for by nobody.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        readable, _, _ = select.select([listening, sys.stdin], [], [])
        if sys.stdin in readable:
            for server in shared.values():
                server.close()
            sys.exit()
        asking, _ = listening.accept()
        if os.fork():
            asking.close()
            continue
        listening.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        head, files, _, _ = socket.recv_fds(asking, 8, 3)
        command, arguments, directory, environment = json.loads(_exactly(asking, int.from_bytes(head, "big")))
        if command == ENDPOINT:
            (tier,) = arguments
            there = shared[tier or next(iter(shared))].endpoint
            socket.send_fds(asking, [there.tier.encode()], [there.connection.fileno()])
            os._exit(0)
        running = os.fork()
        if running:
            code = os.waitstatus_to_exitcode(os.waitpid(running, 0)[1])
            asking.sendall(bytes([code if code >= 0 else 128 - code]))
            os._exit(0)
        asking.close()
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        os.chdir(directory)
        os.environ.clear()
        os.environ.update(environment)
        return command, arguments


def write_without_waiting() -> None:
    """Let SQLite hand over what it writes without waiting for the disk, which only a loss of power would show."""

    def connected(connection: object, record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("pragma synchronous = off")

    sqlalchemy.event.listen(sqlalchemy.Engine, "connect", connected)


class _Shared(ForkServer):
    """A fork server that outlives the command that uses it."""

    def close(self) -> None:
        pass


def _sharing(server: ForkServer) -> Callable[[Tier], ForkServer]:
    """Return what starts no template process for the tier that has one."""
    start, shared = sandbox.start, _Shared(server.process, server.endpoint)
    # A course with lessons of its own needs a template process of its own.
    return lambda asked: shared if asked == shared.endpoint.tier and not own_lessons() else start(asked)


def _share_what_pools_start() -> dict[Tier, ForkServer]:
    """Start what a pool starts, and let each pool of a fork find it running; return a fork server for each tier, the pools' first."""
    forkserver.set_forkserver_preload(["autograder.grading.engines", "autograder.grading.job"])
    forkserver.ensure_running()
    # It would wait for a child of its own.
    for one in (forkserver, forkserver._forkserver):
        one.ensure_running = lambda: None
    try:
        first = sandbox.tier_of("auto")
    except SandboxError:
        return {}
    shared = {first: sandbox.start(first)}
    for tier in WALLS:
        if tier not in shared and not why_not(tier):
            shared[tier] = sandbox.start(tier)
    sandbox.start = _sharing(shared[first])
    return shared


def _exactly(stream: socket.socket, length: int) -> bytes:
    read = b""
    while len(read) < length:
        read += stream.recv(length - len(read))
    return read


def run(command: str, arguments: list[str]) -> NoReturn:
    """Run an installed command, and end this process as it does. The interpreter is not taken apart, which takes long."""
    sys.argv = [command, *arguments]
    sys.path[0] = str(BIN)
    code: object = None
    try:
        runpy.run_path(command, run_name="__main__")
    except SystemExit as ended:
        code = ended.code
        if isinstance(code, str):
            print(code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    run(*serve(socket.socket(fileno=int(sys.argv[1]))))
