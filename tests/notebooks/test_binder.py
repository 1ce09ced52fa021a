"""The environment that Binder builds is described so that repo2docker takes it, and names all that the package needs."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_repo2docker_accepts_it(tmp_path: Path) -> None:
    """It writes the image's recipe; to build it takes docker and a network."""
    # As in a clone: what lies about in a working tree is not Binder's.
    subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{ROOT}", tmp_path / "clone"], check=True)
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(tmp_path / "clone")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-2000:]
    assert "binder/environment.yml" in said
    assert "RUN ./binder/postBuild" in said


def test_it_names_what_the_package_needs() -> None:
    text = (ROOT / "binder" / "environment.yml").read_text(encoding="utf-8")
    named = {re.split(r"[<>=\[]", line.strip(" -"))[0] for line in text.splitlines() if line.strip().startswith("- ")}
    needed = {
        re.split(r"[<>=!~ \[;]", one)[0] for one in metadata.requires("autograder") or [] if "extra ==" not in one
    }
    assert needed - {"torch"} <= named
    assert "pytorch-cpu" in named
