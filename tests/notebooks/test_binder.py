"""What Binder builds: repo2docker takes the description, and the students' notebooks run in what it describes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.lessons import all_lessons
from autograder.modules import DISTRIBUTION

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


def test_it_names_what_the_package_needs_and_jupyterlab() -> None:
    named = {one.name for one in requirements(ROOT / "binder" / "environment.yml")}
    needed = {Requirement(one).name for one in metadata.requires(DISTRIBUTION) or [] if "extra ==" not in one}
    assert named == needed | {"pip", "jupyterlab"}


def requirements(environment: Path) -> list[Requirement]:
    """Return what an environment describes: what conda brings by the name that pip has for it."""
    described = yaml.safe_load(environment.read_text(encoding="utf-8"))["dependencies"]
    conda = [one.replace("pytorch-cpu", "torch") for one in described if isinstance(one, str)]
    (by_pip,) = [one["pip"] for one in described if isinstance(one, dict)]
    assert by_pip[0] == "-c ../constraints.txt"
    # Which Python it is, is which one makes the environment.
    brought = [one for one in conda if re.split(r"[<>=]", one)[0] != "python"]
    return [Requirement(one) for one in (*brought, *by_pip[1:])]


def installed(requirement: Requirement, found: dict[str, metadata.Distribution]) -> dict[str, metadata.Distribution]:
    """Add what fulfils a requirement, and all that this one requires in turn, as they are installed here."""
    distribution = metadata.distribution(requirement.name)
    assert requirement.specifier.contains(distribution.version, prereleases=True), requirement
    extras = {"", *requirement.extras}
    key = f"{canonicalize_name(requirement.name)}{sorted(extras)}"
    if key not in found:
        found[key] = distribution
        for line in distribution.requires or []:
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                installed(needed, found)
    return found


def link(distribution: metadata.Distribution, prefix: Path) -> None:
    """Link an installed distribution into another environment, without its programs, which start this one's Python."""
    site = next((prefix / "lib").glob("python*")) / "site-packages"
    for file in distribution.files or []:
        outside = file.parts[0] == ".."
        path = Path(*file.parts) if outside else Path(file.parts[0])
        place = Path(os.path.normpath(site / path))
        if not place.is_relative_to(prefix / "bin") and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(Path(distribution.locate_file(path)).resolve())


def run(*command: str | Path, cwd: Path, **variables: str) -> None:
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert done.returncode == 0, done.stdout[-4000:]


def test_the_students_notebooks_run_in_the_environment_it_describes(clone: Path, tmp_path: Path) -> None:
    """Made of what is installed here at the versions of the constraints, and of nothing else; then by Binder's last step.

    Of the notebooks, nbval runs all in the environment at hand; here the first stands for them, unless `ALL_NOTEBOOKS` is set.
    """
    prefix = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True)
    found: dict[str, metadata.Distribution] = {}
    for requirement in requirements(clone / "binder" / "environment.yml"):
        installed(requirement, found)
    # It would bring its tabs for instructors.
    assert not [key for key in found if key.startswith("nbgrader")]
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    # What builds the package comes from an index otherwise.
    for distribution in (*found.values(), metadata.distribution("setuptools")):
        link(distribution, prefix)
    run("bash", "binder/postBuild", cwd=clone, REPO_DIR=str(clone), NB_PYTHON_PREFIX=str(prefix), **offline)
    assert {path.name for path in clone.iterdir()} == {"notebooks", "LICENSE"}

    lessons = all_lessons() if os.environ.get("ALL_NOTEBOOKS") else all_lessons()[:1]
    paths = [clone / "notebooks" / lesson.folder / f"{lesson.folder}.ipynb" for lesson in lessons]
    programs = os.pathsep.join([str(prefix / "bin"), "/usr/bin", "/bin"])
    python = [prefix / "bin" / "python", "-c", "from nbclient.cli import main; main()", "--inplace"]
    run(*python, *paths, cwd=clone, PATH=programs, HOME=str(tmp_path))
    for path, lesson in zip(paths, lessons, strict=True):
        outputs = [output for cell in nbformat.read(path, 4).cells for output in cell.get("outputs", [])]
        assert not [one for one in outputs if one.output_type == "error" or one.get("name") == "stderr"]
        panels = [one for one in outputs if "not attempted" in one.get("data", {}).get("text/markdown", "")]
        assert len(panels) == len(lesson.exercises)
