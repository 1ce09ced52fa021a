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
import subprocess
import sys
import tempfile
import threading
import traceback
from multiprocessing import forkserver
from pathlib import Path
from typing import NoReturn

from autograder.grading import sandbox
from autograder.grading.sandbox import ForkServer, SandboxError, Tier
from autograder.modules import own_lessons

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
    """Return the folder of the commands; the process behind them runs until this one ends."""
    made = tempfile.TemporaryDirectory(prefix="commands-")
    address = f"{made.name}/socket"
    environment = PLAIN | {name: os.environ[name] for name in ("PYTHONPATH", "HOME") if name in os.environ}
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.commands", address],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    atexit.register(made.cleanup)
    atexit.register(server.wait)
    atexit.register(server.stdin.close)
    for name in NAMES:
        client = Path(made.name, name)
        client.write_text(CLIENT.format(python=sys.executable, address=address, command=str(BIN / name)))
        client.chmod(0o755)
    assert server.stdout.readline() == b"ready\n"
    return Path(made.name)


def serve(address: str) -> tuple[str, list[str]]:
    """Fork for each command that comes in. Return its path and arguments in the fork; end when stdin is closed."""
    for module in IMPORTED:
        importlib.import_module(module)
    _share_what_pools_start()
    gc.freeze()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen()
    print("ready", flush=True)
    # The forks that wait for a command are waited for by nobody.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        readable, _, _ = select.select([listening, sys.stdin], [], [])
        if sys.stdin in readable:
            sys.exit()
        asking, _ = listening.accept()
        if os.fork():
            asking.close()
            continue
        listening.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        head, files, _, _ = socket.recv_fds(asking, 8, 3)
        command, arguments, directory, environment = json.loads(_exactly(asking, int.from_bytes(head, "big")))
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


class _Shared(ForkServer):
    """A fork server that outlives the command that uses it."""

    def close(self) -> None:
        pass


def _share_what_pools_start() -> None:
    """Start what a pool starts, and let each pool of a fork find it running."""
    forkserver.set_forkserver_preload(["autograder.grading.engines", "autograder.grading.job"])
    forkserver.ensure_running()
    # It would wait for a child of its own.
    for one in (forkserver, forkserver._forkserver):
        one.ensure_running = lambda: None
    try:
        tier = sandbox.tier_of("auto")
    except SandboxError:
        return
    started, start = sandbox.start(tier), sandbox.start

    def shared(asked: Tier) -> ForkServer:
        # A course with lessons of its own needs a template process of its own.
        if asked != tier or own_lessons():
            return start(asked)
        return _Shared(started.process, started.endpoint, started.place)

    sandbox.start = shared


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
    run(*serve(sys.argv[1]))
