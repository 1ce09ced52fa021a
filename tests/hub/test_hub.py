"""A lesson's way over a hub, and what a student finds closed there.

Two students and an instructor are system users of a machine that is made for the test. They use their own servers, by the
requests that a browser makes, and terminals. The hub alone is root's.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from nbformat import NotebookNode

from .conftest import COURSE, LESSON, NOTEBOOK, Hub, shown

FOLDER = "/home/teacher/course"
EXCHANGE = "/srv/nbgrader/exchange"
RIGHT = "def d_square(x):\n    return 2 * x"
VALUE_FOR_SLOPE = "def d_square(x):\n    return x**2"
# Runs behind the instructor's walls.
SPIES = f"""\
import os
found = []
for path in ("/home", "/home/teacher", "{EXCHANGE}", "{FOLDER}/.autograder-secret", "{FOLDER}/gradebook.db"):
    try:
        found.append(os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(9))
    except OSError:
        pass
print("found", found, os.getuid())
"""
# The first process of ada's, for a shell.
SERVER = "$(stat --format '%U %n' /proc/[0-9]* | grep --max-count=1 ^ada | cut -d ' ' -f 2)"
# What the instructor, another student or the hub must have, for a shell to expand.
CLOSED = (
    f"{FOLDER}/solutions/*/*.ipynb",
    f"{FOLDER}/.autograder-secret",
    f"{FOLDER}/gradebook.db",
    f"{FOLDER}/submitted/ada/*/*.ipynb",
    f"{FOLDER}/autograded/ada/*/*.ipynb",
    f"{FOLDER}/feedback/ada/*/*.html",
    f"/home/ada/{NOTEBOOK}",
    f"/home/ada/{COURSE}/{LESSON}/feedback/*/*.html",
    "/home/ada/.local/share/jupyter/nbgrader_cache/*/*/submission_secret.txt",
    "/home/ada/.local/share/jupyter/runtime/*.json",
    "/srv/jupyterhub/jupyterhub.sqlite",
    "/srv/jupyterhub/jupyterhub_cookie_secret",
    f"{SERVER}/environ",
)


def cell_of(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    (found,) = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id]
    return found


@pytest.fixture(scope="module")
def handed_in(hub: Hub) -> Hub:
    """Return the hub, after both students have got the lesson, in two ways, and handed in."""
    ada, ben = hub.people["ada"], hub.people["ben"]
    hub.pull("ada")
    notebook = ada.open(NOTEBOOK)
    answer, check = cell_of(notebook, "d_square"), cell_of(notebook, "check-d_square")
    answer.source = RIGHT
    ada.execute(NOTEBOOK, [notebook.cells[1], answer, check])
    ada.save(NOTEBOOK, notebook)
    ada.assignment("submit", LESSON, COURSE)

    ben.assignment("fetch", LESSON, COURSE)
    notebook = ben.open(NOTEBOOK)
    cell_of(notebook, "d_square").source = VALUE_FOR_SLOPE
    cell_of(notebook, "predictions").source = SPIES
    ben.save(NOTEBOOK, notebook)
    ben.assignment("submit", LESSON, COURSE)
    return hub


@pytest.fixture(scope="module")
def grades(handed_in: Hub) -> dict[str, Any]:
    """Return what was graded, by student, after the instructor has collected, graded and returned it."""
    week = shown("cd ~/course\nnbgrader collect").replace("--feedback", "--feedback --json")
    return {one["student"]: one for one in json.loads(handed_in.machine.run("teacher", week))}


@pytest.fixture(scope="module")
def returned(hub: Hub, grades: dict[str, Any]) -> dict[str, str]:
    """Return the text of the feedback page that each student has fetched."""
    pages = {}
    for name in grades:
        (submission,) = hub.people[name].assignment("fetch_feedback", LESSON, COURSE)["submitted"]["submissions"]
        pages[name] = html.unescape(hub.people[name].text(f"{submission['local_feedback_path']}/{LESSON}.html"))
    return pages


def test_a_check_works_in_a_students_own_kernel(handed_in: Hub) -> None:
    (output,) = cell_of(handed_in.people["ada"].open(NOTEBOOK), "check-d_square").outputs
    assert output.data["text/plain"] == "1"
    assert "right" in output.data["text/markdown"]


def test_validate_agrees_with_the_check(handed_in: Hub) -> None:
    failed = [one["source"] for one in handed_in.people["ada"].validate(NOTEBOOK)["failed"]]
    assert 'check("scalar_gradients.predictions")' in failed
    assert 'check("scalar_gradients.d_square")' not in failed


def test_work_is_graded_behind_walls_by_an_ordinary_user(hub: Hub, grades: dict[str, Any]) -> None:
    assert {name: one["score"] for name, one in grades.items()} == {"ada": 1, "ben": 0}
    assert "none" not in {one["sandbox"] for one in grades.values()}
    assert "scalar_gradients.d_square.value-for-derivative" in {one["mistake"] for one in grades["ben"]["verdicts"]}
    ran = hub.people["teacher"].open(f"course/autograded/ben/{LESSON}/{LESSON}.ipynb")
    (printed,) = cell_of(ran, "predictions").outputs
    assert printed.text.startswith("found [] ")
    assert printed.text.split()[-1] != "0"


def test_students_read_their_own_feedback(returned: dict[str, str]) -> None:
    assert "Expected its derivative" in returned["ben"]
    assert "Expected its derivative" not in returned["ada"]


@pytest.mark.usefixtures("returned")
@pytest.mark.parametrize("pattern", CLOSED)
def test_a_student_reads_nothing_of_others(hub: Hub, pattern: str) -> None:
    # Whoever tries knows the names.
    readable = 'head -c 1 "$path" | wc -c | grep -q 1'
    (path,) = hub.machine.run("root", f"for path in {pattern}; do {readable}; echo $path; done").splitlines()
    tried = hub.machine.tried("ben", f"cat '{path}'")
    assert tried.stdout == ""
    assert "Permission denied" in tried.stderr


@pytest.mark.usefixtures("returned")
@pytest.mark.parametrize(
    "script",
    [
        f"ls {EXCHANGE}/{COURSE}/inbound",
        f"ls {EXCHANGE}/{COURSE}/feedback",
        f"mv {EXCHANGE}/{COURSE} {EXCHANGE}/mine",
        f"touch {EXCHANGE}/{COURSE}/outbound/{LESSON}/more.ipynb",
        f"echo >> {EXCHANGE}/{COURSE}/outbound/{LESSON}/{LESSON}.ipynb",
        "touch /etc/jupyter/nbgrader_config.py",
        "touch /srv/git/autograd.git/HEAD",
        f"kill $(basename {SERVER})",
    ],
)
def test_a_student_changes_and_lists_nothing_of_the_course(hub: Hub, script: str) -> None:
    tried = hub.machine.tried("ben", script)
    assert tried.returncode != 0
    assert "ermitted" in tried.stderr or "denied" in tried.stderr, tried.stderr


@pytest.mark.parametrize("path", ["api/contents", "files/course/gradebook.db", "formgrader", "terminals/websocket/1"])
@pytest.mark.parametrize("other", ["ada", "teacher"])
def test_a_student_reaches_no_other_server(hub: Hub, other: str, path: str) -> None:
    assert hub.people["ben"].ask("GET", f"/user/{other}/{path}").status_code in (403, 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "users"), ("GET", "users/ada"), ("POST", "users/ada/tokens"), ("DELETE", "users/ada/server")],
)
def test_a_student_rules_nothing_of_the_hub(hub: Hub, method: str, path: str) -> None:
    assert hub.people["ben"].ask(method, f"/hub/api/{path}").status_code in (403, 404)


def test_a_lesson_released_again_leaves_answers_alone(handed_in: Hub) -> None:
    """nbgitpuller brings what is new, also in the notebook that a student has changed."""
    title = "# 1 · Scalar gradients"
    change = f"sed -i 's/{title}/&, revised/' ~/course/notebooks/{LESSON}/{LESSON}.ipynb"
    handed_in.machine.run("teacher", f"{change}; echo More. >> ~/course/notebooks/README.md")
    handed_in.give_out()
    handed_in.pull("ada")
    notebook = handed_in.people["ada"].open(NOTEBOOK)
    assert notebook.cells[0].source.startswith(f"{title}, revised")
    assert cell_of(notebook, "d_square").source == RIGHT
    assert cell_of(notebook, "check-d_square").outputs
    assert handed_in.people["ada"].text(f"{COURSE}/README.md").endswith("More.\n")


def test_students_see_no_tools_for_instructors(hub: Hub) -> None:
    seen = {}
    for name in ("ada", "teacher"):
        page = hub.people[name].ask("GET", "lab").text
        (config,) = re.findall(
            '<script id="jupyter-config-data" type="application/json">(.*?)</script>', page, re.DOTALL
        )
        seen[name] = set(json.loads(config)["disabledExtensions"])
    assert seen["ada"] - seen["teacher"] == {
        f"@jupyter/nbgrader:{name}" for name in ("course-list", "create-assignment", "formgrader")
    }


@pytest.mark.usefixtures("grades")
def test_formgrader_shows_the_instructor_the_course(hub: Hub) -> None:
    teacher = hub.people["teacher"]
    page = teacher.ask("GET", "formgrader")
    assert page.ok
    # So it has a tab of the browser, as the recipe says, and no frame in JupyterLab.
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    (lesson,) = teacher.told("GET", "formgrader/api/assignments")
    assert (lesson["name"], lesson["num_submissions"]) == (LESSON, 2)
