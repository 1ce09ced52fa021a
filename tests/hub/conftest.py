"""A hub as docs/elsewhere.md describes it, with the files of docs/hub/, and the people who use it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.test_docs import blocks

from .machine import ROOT, Machine, running, why_not
from .person import Person, until_it_answers

LESSON = "01_scalar_gradients"
COURSE = "autograd"
NOTEBOOK = f"{COURSE}/{LESSON}/{LESSON}.ipynb"
RECIPE = ROOT / "docs" / "elsewhere.md"
# What the course needs of the clone that the instructor has.
CLONED = ("nbgrader_config.py", f"solutions/{LESSON}", f"notebooks/{LESSON}", "notebooks/README.md")


def shown(beginning: str) -> str:
    """Return the block of the recipe that begins in this way."""
    found = ["\n".join(block) for block in blocks(RECIPE) if "\n".join(block).startswith(beginning)]
    assert len(found) == 1, f"Expected one block of {RECIPE.name} that begins with {beginning!r}; got {len(found)}."
    return found[0]


@dataclass(frozen=True)
class Hub:
    """A running hub, and its people by name."""

    machine: Machine
    people: Mapping[str, Person]

    def give_out(self) -> None:
        """Copy the lessons to the repository that students pull, as the instructor."""
        self.machine.run("teacher", shown("test -e ~/given"))

    def pull(self, name: str) -> None:
        """Follow the recipe's link, as one of the students."""
        self.people[name].follow(shown("https://HUB").removeprefix("https://HUB"))


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    """Return a hub, set up word for word, whose course is released in both ways."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with ExitStack() as stack:
        machine = stack.enter_context(running())
        _copy(ROOT, machine.path("/srv/clone"), "docs/hub", "binder/overrides.json")
        machine.run("root", f"cd /srv/clone\n{shown('groupadd')}\n{shown('git init')}")
        passwords = {name: f"the password of {name}" for name in ("teacher", "ada", "ben")}
        machine.run("root", "chpasswd <<'END'\n" + "\n".join(map(":".join, passwords.items())) + "\nEND")
        _copy(ROOT, machine.path("/home/teacher/course"), *CLONED)
        machine.run("root", "chown -R teacher: /home/teacher/course")
        # The walls have a test of their own here: what a submission reads. `autograder doctor` takes long.
        machine.run("teacher", shown("chmod").replace("autograder doctor", ""))
        # What git asks everybody for who commits.
        machine.run("teacher", "git config --global user.name T; git config --global user.email teacher@example.org")
        machine.run("teacher", shown("cd ~/course\nautograder release"))
        address = stack.enter_context(_serving(machine))
        # The instructor too: formgrader reads the course's configuration when a server starts.
        with ThreadPoolExecutor() as together:
            arrived = together.map(partial(Person.arrive, address), passwords, passwords.values())
            people = {person.name: person for person in arrived}
        made = Hub(machine, people)
        made.give_out()
        yield made


@contextmanager
def _serving(machine: Machine) -> Iterator[str]:
    """Start the hub on ports that are free, and return its address; the machine's end is its end."""
    with tempfile.TemporaryFile("w+") as log:
        port, hub_port, api_port = _free_ports(3)
        address = f"http://127.0.0.1:{port}"
        options = (
            f"--JupyterHub.bind_url={address} --JupyterHub.hub_port={hub_port} "
            f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{api_port}"
        )
        command = machine.command("root", f"{shown('cd /srv/jupyterhub')} {options}")
        hub = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            until_it_answers(f"{address}/hub/login", hub)
            yield address
        except Exception as error:
            log.seek(0)
            error.add_note(f"The hub said:\n{log.read()[-6000:]}")
            raise
        finally:
            hub.terminate()
            hub.wait()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _copy(source: Path, target: Path, *names: str) -> None:
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name)
        else:
            shutil.copy(source / name, target / name)
