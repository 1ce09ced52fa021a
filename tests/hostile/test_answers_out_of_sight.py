"""Wherever the project lies, student code finds no answer: not in a file, under no name, and in no module."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.grading import Tier
from autograder.grading.engine import Engine
from autograder.grading.sandbox import Limits, SandboxError, redact, tiers
from autograder.lessons import all_lessons

from ..grading.engines import WALLS, skip_without, why_not

ROOT = Path(__file__).parents[2]
SITE = Path("lib", f"python{sys.version_info.major}.{sys.version_info.minor}", "site-packages")
LIBRARIES = next(Path(path) for path in sys.path if Path(path, "torch").is_dir())
SERVICE = next((Path(path) for path in ("/srv", "/opt") if os.access(path, os.W_OK)), None)

# A grader with its course: it runs a submission that looks everywhere and tells what it found.
GRADER = """
import json, sys
from nbformat.v4 import new_code_cell, new_notebook
from autograder.grading.doctor import SEARCH, words_of_answers
from autograder.grading.engine import Engine
from autograder.grading.sandbox import Limits, visible

look, libraries = sys.argv[1:3]
words = words_of_answers()
seen = visible()
given = dict(words=words, roots=["/", *map(str, (*seen.shown, *seen.composed))], but=["/usr", "/sys", sys.base_prefix, libraries])
for tier in sys.argv[3:]:
    with Engine(tier, Limits(cell_timeout=100.0)) as engine:
        cell = new_code_cell("".join(f"{name} = {value!r}\\n" for name, value in given.items()) + SEARCH + look)
        ran = engine.run(new_notebook(cells=[cell]), lambda _: ())
        outputs = ran.notebook.cells[0].outputs
        text = "".join(output.get("text") or output.get("evalue") or "" for output in outputs)
        print(json.dumps({"tier": tier, "words": len(words), "said": text, "notes": ran.notes}))
"""
# Libraries that are the same wherever the project lies are left to the doctor, which reads them too.
LOOK = """
import json, os, sys
import autograder.lessons

everywhere = [*roots, os.getcwd(), *sys.path, "/proc/self/root", "/proc/self/cwd", "/proc/self/fd"]
read, found = search(words, everywhere, 3_000_000, but)
told = []
for lesson in autograder.lessons.all_lessons():
    for exercise in lesson.exercises:
        try:
            exercise.reference(*[1.0] * 9)
            told.append(exercise.id)
        except LookupError:
            pass
    module = sys.modules["autograder.lessons." + lesson.name]
    text = repr(sorted(vars(module))) + repr([getattr(one, "__code__", one) for one in vars(module).values()])
    told += [word for word in words if word.decode() in text]
print(json.dumps([read, found, [str(one) for one in told]]))
"""


def environment(place: Path) -> Path:
    """Make an environment of the place's own, with the libraries of the one that runs the tests; return its packages."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place / ".venv"], check=True)
    site = place / ".venv" / SITE
    (site / "libraries.pth").write_text(f"{LIBRARIES}\n")
    return site


@pytest.fixture(params=["a home", "the temporary folder", "a service's folder", "a wheel"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Yield a folder with a course and an environment whose `autograder` lies as the parameter says."""
    parent = {"a home": Path.home(), "a service's folder": SERVICE}.get(request.param, Path(tempfile.gettempdir()))
    if parent is None:
        pytest.skip("only root may write to /srv and /opt")
    with tempfile.TemporaryDirectory(prefix="autograder-test-", dir=parent) as folder:
        there = Path(folder)
        shutil.copytree(ROOT / "solutions", there / "solutions")
        site = environment(there)
        if request.param == "a wheel":
            source = tmp_path / "source"
            source.mkdir()
            for name in ("pyproject.toml", "README.md", "LICENSE"):
                shutil.copy(ROOT / name, source)
            shutil.copytree(ROOT / "autograder", source / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
            build = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, source]
            subprocess.run([sys.executable, "-m", "pip", *build], check=True)
            zipfile.ZipFile(next(tmp_path.glob("*.whl"))).extractall(site)
        else:
            shutil.copytree(ROOT / "autograder", there / "autograder")
            (site / "__editable__.autograder.pth").write_text(f"{there}\n")
        yield there


def test_nothing_that_is_seen_holds_an_answer(place: Path) -> None:
    there = [tier for tier in WALLS if not why_not(tier)]
    command = [place / ".venv" / "bin" / "python", "-c", GRADER, LOOK, LIBRARIES, *there]
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(command, cwd=place, env=clean, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [one["tier"] for one in told] == there
    for one in told:
        assert one["words"] >= 2 * len(all_lessons())
        read, found, answered = json.loads(one["said"])
        assert read > 0
        assert found == []
        assert answered == []


@pytest.mark.parametrize("tier", WALLS)
def test_where_an_answer_comes_along_nothing_starts(tier: Tier, monkeypatch: pytest.MonkeyPatch) -> None:
    skip_without(tier)
    monkeypatch.setattr(redact, "questions_only", lambda source: source)
    # One that was built before holds no answers.
    monkeypatch.setattr(redact, "package", redact.build)
    with pytest.raises(SandboxError, match="its answer came along"):
        Engine(tier, Limits()).__enter__()


def test_a_project_in_a_folder_that_is_seen_whole_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/usr/lib")
    with pytest.raises(SandboxError, match="/usr/lib lies in /usr/lib, which student code reads"):
        tiers.start("bubblewrap")
