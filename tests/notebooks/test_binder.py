"""What Binder builds: repo2docker takes the description, and the students' notebooks run in what it describes."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
import torch
import yaml

from autograder.lessons import all_lessons

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a clone of the repository: what lies about in a working tree is not Binder's."""
    subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{ROOT}", tmp_path / "clone"], check=True)
    return tmp_path / "clone"


def test_repo2docker_accepts_it(clone: Path) -> None:
    """It writes the image's recipe; to build it takes docker and a network."""
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(clone)]
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


def requirements(environment: Path) -> list[str]:
    """Return what an environment describes as arguments of pip: what conda brings by the name that pip has for it."""
    described = yaml.safe_load(environment.read_text(encoding="utf-8"))["dependencies"]
    conda = [one.replace("pytorch-cpu", "torch") for one in described if isinstance(one, str)]
    (by_pip,) = [one["pip"] for one in described if isinstance(one, dict)]
    # Every environment has these two; which Python it is, is which one makes it.
    brought = [one for one in conda if re.split(r"[<>=]", one)[0] not in ("python", "pip")]
    return [*brought, *(word for line in by_pip for word in shlex.split(line))]


def run(*command: str | Path, cwd: Path, **variables: str) -> None:
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.skipif(
    torch.version.cuda is not None,
    reason="Binder's torch is a CPU build, and pip brings another one here: make setup TORCH_INDEX=<address> changes that",
)
def test_the_students_notebooks_run_in_the_environment_it_describes(clone: Path, tmp_path: Path) -> None:
    """Built by pip in place of conda, then by Binder's own last step; takes a package index, as `make setup` does.

    Of the notebooks, nbval runs all in the environment at hand; here the first stands for them, unless `ALL_NOTEBOOKS` is set.
    """
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", tmp_path, "setuptools"]
    if subprocess.run(download, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("no package index can be reached")
    prefix = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", prefix], check=True)
    index = os.environ.get("TORCH_INDEX")
    # Nothing is compiled beforehand, since most of it is never imported.
    pip = [prefix / "bin" / "pip", "install", "--no-compile", *(["--extra-index-url", index] if index else [])]
    run(*pip, *requirements(clone / "binder" / "environment.yml"), cwd=clone / "binder")
    run("bash", "binder/postBuild", cwd=clone, REPO_DIR=str(clone), NB_PYTHON_PREFIX=str(prefix))
    assert {path.name for path in clone.iterdir()} == {"notebooks", "LICENSE"}

    lessons = all_lessons() if os.environ.get("ALL_NOTEBOOKS") else all_lessons()[:1]
    paths = [clone / "notebooks" / lesson.folder / f"{lesson.folder}.ipynb" for lesson in lessons]
    programs = os.pathsep.join([str(prefix / "bin"), "/usr/bin", "/bin"])
    run(prefix / "bin" / "jupyter", "execute", "--inplace", *paths, cwd=clone, PATH=programs, HOME=str(tmp_path))
    for path, lesson in zip(paths, lessons, strict=True):
        outputs = [output for cell in nbformat.read(path, 4).cells for output in cell.get("outputs", [])]
        assert not [one for one in outputs if one.output_type == "error" or one.get("name") == "stderr"]
        assert sum("not attempted" in one.get("text", "") for one in outputs) == len(lesson.exercises)
