"""A machine within this one: its system users, homes, settings and processes are its own, and end with it.

A hub needs system users, and a place for its environment that they all reach. The test makes them in namespaces, so
that it changes nothing of the machine on which it runs, and a run that is killed leaves nothing behind.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENVIRONMENT = Path("/opt/hub")
PROXY = Path(sys.prefix, "bin", "configurable-http-proxy")
PROGRAMS = ("unshare", "nsenter", "mount", "useradd", "chpasswd", "runuser", "git", "node")

_NAMESPACES = ("--mount", "--pid", "--ipc", "--uts")
_EMPTY = ("/home", "/opt", "/root", "/tmp", "/var/log", "/var/mail")


def why_not() -> str | None:
    """Return why this machine can have no machine within it, or None where it can."""
    if not sys.platform.startswith("linux"):
        return "a hub with system users needs Linux"
    if os.getuid() != 0:
        return "system users are made by root only"
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if missing:
        return f"{', '.join(missing)} is missing"
    if not PROXY.exists():
        return "configurable-http-proxy is not installed: make setup installs it where there is npm"
    tried = subprocess.run(["unshare", *_NAMESPACES, "--fork", "true"], capture_output=True, text=True, check=False)
    return f"root may make no namespaces here: {tried.stderr.strip()}" if tried.returncode else None


@dataclass(frozen=True)
class Machine:
    """A running machine; `pid` is its first process, as it is called outside."""

    pid: int

    def path(self, inside: str | Path) -> Path:
        """Return what leads root to a path of the machine from outside."""
        return Path(f"/proc/{self.pid}/root", str(inside).lstrip("/"))

    def command(self, user: str, script: str) -> list[str]:
        """Return the command that runs a script as a user of the machine, in the user's home and terminal."""
        home = "/root" if user == "root" else f"/home/{user}"
        path = f"{ENVIRONMENT}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        entered = ["nsenter", f"--target={self.pid}", *_NAMESPACES, "--", "runuser", "-u", user, "--"]
        variables = ["env", "-i", f"--chdir={home}", f"PATH={path}", f"HOME={home}", f"USER={user}"]
        return [*entered, *variables, "bash", "-c", f"umask 022\n{script}"]

    def tried(self, user: str, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script as a user; say how it went."""
        return subprocess.run(self.command(user, script), capture_output=True, text=True, check=False)

    def run(self, user: str, script: str) -> str:
        """Run a script that has to work as a user, and return what it wrote on stdout."""
        done = self.tried(user, f"set -e\n{script}")
        assert done.returncode == 0, f"{user}: {script}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return done.stdout


@contextmanager
def running() -> Iterator[Machine]:
    """Run a machine that has the environment of a hub: what is installed here, and this package beside it."""
    prefix = Path(sys.prefix).resolve()
    needed = {prefix, Path(sys.base_prefix).resolve(), Path(str(shutil.which("node"))).resolve().parent}
    empty = _empty(needed)
    kept = {path for path in needed if empty & set(path.parents)}
    script = [str(Path(__file__).with_suffix(".sh")), *_outermost(kept), ":", *_outermost(empty)]
    command = ["unshare", *_NAMESPACES, "--fork", "--kill-child", "--mount-proc", "sh", *script]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        machine = Machine(int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()))
        _install(machine, prefix)
        yield machine
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def _empty(needed: set[Path]) -> set[Path]:
    """Return what is empty but for what is needed: also what users could not pass, and the clone, which has the solutions."""
    passed = {parent for path in needed for parent in path.parents}
    return {Path(path) for path in _EMPTY} | {path for path in passed if not path.stat().st_mode & 1} | {ROOT}


def _outermost(paths: set[Path]) -> Sequence[str]:
    return sorted(str(path) for path in paths if not paths & set(path.parents))


def _install(machine: Machine, prefix: Path) -> None:
    """Make the hub's environment, as pip and npm make it for a reader of the recipe, of what they have put in this one."""
    machine.run("root", f"{Path(sys.base_prefix).resolve()}/bin/python3 -m venv --without-pip {ENVIRONMENT}")
    there = machine.path(ENVIRONMENT)
    site = Path(next((there / "lib").glob("python*")), "site-packages")
    (site / "installed.pth").write_text(f"{prefix / site.relative_to(there)}\n")
    shutil.copytree(ROOT / "autograder", site / "autograder")
    for name in ("share", "etc"):
        (there / name).symlink_to(prefix / name)
    (there / "bin" / PROXY.name).symlink_to(prefix / "bin" / PROXY.name)
    for program in (prefix / "bin").iterdir():
        if program.is_file() and not (there / "bin" / program.name).exists():
            first, _, rest = program.read_bytes().partition(b"\n")
            if first.startswith(b"#!") and b"python" in first:
                place = there / "bin" / program.name
                place.write_bytes(b"#!%s/bin/python\n%s" % (bytes(ENVIRONMENT), rest))
                place.chmod(0o755)
