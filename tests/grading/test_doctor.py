"""The doctor: its attempts get through where there are no walls, so where one is refused a wall stands."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder import cli
from autograder.grading import Tier, doctor
from autograder.grading.doctor import WallCheck, examine
from autograder.grading.sandbox import Limits, SandboxError, landlock, tiers

from .engines import WALLS, skip_without

# What limits hold, and not walls, holds everywhere.
LIMITED = {
    "threads",
    "memory",
    "the size of a file",
    "open files",
    "output",
    "messages past the shell",
    "a cell that does not end",
    "processor time",
    "time altogether",
}
# These depend on what this machine is: whether it has a network, keys, or another's rights to give away.
NOT_EVERYWHERE = {
    "names from DNS",
    "keys in the kernel",
    "rare system calls",
    "looking into other processes",
    "new namespaces",
    "privileges",
}


@pytest.mark.parametrize("tier", WALLS)
def test_every_wall_stands(tier: Tier, monkeypatch: pytest.MonkeyPatch) -> None:
    skip_without(tier)
    examined: list[WallCheck] = []
    monkeypatch.setattr(
        doctor, "examine", lambda tier, limits: (examined.extend(examine(tier, limits)), tuple(examined))[1]
    )
    result = CliRunner().invoke(cli.main, ["doctor", "--sandbox", tier])
    assert [one for one in examined if not one.stands] == []
    assert examined
    assert result.exit_code == 0, result.output


def test_without_walls_the_attempts_get_through() -> None:
    found = {one.wall: one for one in examine("none", Limits())}
    standing = {wall for wall, one in found.items() if one.stands}
    assert standing - NOT_EVERYWHERE == LIMITED
    assert "a secret" in found["reading at home"].detail
    assert "a fork bomb" not in found


@pytest.mark.parametrize(("stands", "status"), [(True, 0), (False, 1)])
def test_the_command_says_what_was_seen(monkeypatch: pytest.MonkeyPatch, stands: bool, status: int) -> None:
    found = (WallCheck("reading at home", stands, "was [refused]"),)
    monkeypatch.setattr(doctor, "examine", lambda tier, limits: found)
    result = CliRunner().invoke(cli.main, ["doctor", "--sandbox", "landlock"])
    assert result.exit_code == status
    assert "landlock" in result.output
    assert "was [refused]" in result.output


@pytest.mark.parametrize(("mode", "warned"), [(0o755, True), (0o750, False)])
def test_the_command_warns_of_other_users(monkeypatch: pytest.MonkeyPatch, mode: int, warned: bool) -> None:
    monkeypatch.setattr(doctor, "examine", lambda tier, limits: ())
    # pytest's own folder is closed to them.
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "nbgrader_config.py").touch()
        root.chmod(mode)
        monkeypatch.chdir(root)
        result = CliRunner().invoke(cli.main, ["doctor", "--sandbox", "none"])
        monkeypatch.undo()
    assert result.exit_code == 0
    assert (f"chmod 700 {folder}" in result.output) == warned


def test_where_there_are_no_walls_the_command_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiers, "_why_no_bubblewrap", lambda: "it is not installed")
    monkeypatch.setattr(tiers, "_why_no_landlock", lambda: "this kernel has none")
    tiers.best_tier.cache_clear()
    with pytest.raises(SandboxError, match="apparmor_restrict_unprivileged_userns=0"):
        tiers.best_tier()
    result = CliRunner().invoke(cli.main, ["doctor"])
    assert result.exit_code == 2
    assert "it is not installed" in result.output


@pytest.mark.skipif(landlock.version() < landlock.OLDEST, reason="this kernel has no Landlock")
def test_where_user_namespaces_are_refused_landlock_is_taken_and_works() -> None:
    # The filter for student code refuses them, so it makes such a machine of this one. That a process ends with its parent
    # is not to be refused here: guards ask for it. Nor is a file in memory: the grader puts the package into one. Nor is memory
    # that processes share: the template process shares two numbers with each submission.
    program = """
from nbformat.v4 import new_code_cell, new_notebook
from autograder.grading.sandbox import kernel, seccomp, tiers
from autograder.grading.engine import Engine
seccomp._PR_SET_PDEATHSIG = 9999
seccomp._UNCOUNTED = ""
seccomp._MAP_SHARED = 0
kernel.drop_privileges()
seccomp.install(alone=False, processes=True)
print(tiers._why_no_bubblewrap())
with Engine(tiers.best_tier()) as engine:
    ran = engine.run(new_notebook(cells=[new_code_cell("print(1 + 1)")]), lambda _: ())
    print(engine.tier, ran.notebook.cells[0].outputs[0].text)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    why, *rest = ran.stdout.split("\n")
    assert why
    assert rest[:2] == ["landlock 2", ""]
