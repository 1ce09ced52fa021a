"""What students get: all they need to work, and nothing that they must not have."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.grading.inputs import NAME, course_secret
from autograder.lessons import all_lessons
from autograder.packing import pack

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def packed() -> bytes:
    return pack(ROOT / "notebooks", "autograd-course")


@pytest.fixture(scope="module")
def folder(packed: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("student")
    zipfile.ZipFile(io.BytesIO(packed)).extractall(folder)
    return folder / "autograd-course"


def solution_lines() -> set[str]:
    """Return the lines that stand in solutions alone, and are long enough to tell something."""
    lines, given = set(), set()
    for lesson in all_lessons():
        path = f"{lesson.folder}/{lesson.folder}.ipynb"
        solved, released = (nbformat.read(ROOT / tree / path, as_version=4) for tree in ("solutions", "notebooks"))
        given |= {line.strip() for cell in released.cells for line in cell.source.splitlines()}
        for cell in solved.cells:
            _, begin, rest = cell.source.partition("### BEGIN SOLUTION")
            answer = rest.partition("### END SOLUTION")[0] if begin else ""
            lines |= {line.strip() for line in answer.splitlines() if len(line.strip()) > 15}
    # What one lesson asks for, another may give: the engine of lesson 2's stretch begins like that of lesson 8.
    return lines - given


def test_no_solution_secret_or_submission_is_in_it(folder: Path) -> None:
    course_secret(ROOT)
    files = [path for path in folder.rglob("*") if path.is_file()]
    texts = {path: path.read_text(encoding="utf-8") for path in files if "notebooks" in path.parts}
    lines = solution_lines()
    assert len(lines) > 100
    for text in texts.values():
        sources = "\n".join(cell["source"] for cell in nbformat.reads(text, 4).cells) if text.startswith("{") else text
        assert not lines & {line.strip() for line in sources.splitlines()}
        assert "BEGIN SOLUTION" not in sources
        assert "BEGIN HIDDEN" not in sources
    names = {path.name for path in files}
    assert not names & {NAME, "gradebook.db", "nbgrader_config.py"}
    assert not {"solutions", "submitted", "autograded", "feedback", "tests", "__pycache__"} & {
        part for path in files for part in path.relative_to(folder).parts
    }
    secret = course_secret(ROOT)
    assert not [path for path in files if secret in path.read_bytes() or secret.hex().encode() in path.read_bytes()]


def test_every_lesson_and_what_to_install_is_in_it(folder: Path) -> None:
    for lesson in all_lessons():
        name = f"notebooks/{lesson.folder}/{lesson.folder}.ipynb"
        assert (folder / name).read_bytes() == (ROOT / name).read_bytes()
    assert (folder / "notebooks/README.md").exists()
    assert (folder / "requirements.txt").read_text() == "./package\njupyterlab>=4.2,<5\n"
    assert "torch>=2.6" in (folder / "package/pyproject.toml").read_text()
    assert "extra ==" not in (folder / "package/pyproject.toml").read_text()


def test_one_can_work_from_it(packed: bytes, folder: Path, tmp_path: Path) -> None:
    """The package is installed from the zip file, as on Colab, and a notebook is run with it alone."""
    (tmp_path / "autograd-course.zip").write_bytes(packed)
    target = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--target", target]
    subprocess.run([*pip, f"file://{tmp_path}/autograd-course.zip#subdirectory=package"], check=True, cwd=tmp_path)
    lesson = folder / "notebooks" / all_lessons()[0].folder
    program = (
        "import nbformat, nbclient, sys, json\n"
        "notebook = nbformat.read(sys.argv[1], as_version=4)\n"
        "notebook.cells.insert(0, nbformat.v4.new_code_cell('import autograder; autograder.__file__'))\n"
        "nbclient.NotebookClient(notebook, timeout=120).execute()\n"
        "print(json.dumps([output for cell in notebook.cells for output in cell.get('outputs', [])]))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(target)}
    done = subprocess.run(
        [sys.executable, "-c", program, str(lesson / f"{lesson.name}.ipynb")],
        cwd=lesson, env=environment, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    outputs = json.loads(done.stdout)
    assert str(target) in outputs[0]["data"]["text/plain"]
    assert not [output for output in outputs if output["output_type"] == "error"]
    panels = [output for output in outputs if "not attempted" in output.get("data", {}).get("text/markdown", "")]
    assert len(panels) == len(all_lessons()[0].exercises)


def test_the_same_course_is_packed_to_the_same_bytes(packed: bytes) -> None:
    assert pack(ROOT / "notebooks", "autograd-course") == packed
