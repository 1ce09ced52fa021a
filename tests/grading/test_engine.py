"""The engine: student code runs behind walls, and what it does there decides nothing but its own numbers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.exercise import Case, Exercise
from autograder.grading.engine import Engine, Ran
from autograder.grading.sandbox import MIB, Limits
from autograder.grading.secret import NAME, course_secret, drawing
from autograder.lessons import all_lessons, find
from autograder.verdict import Outcome

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="bubblewrap is not installed: make setup installs it"
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine("bubblewrap", Limits(cell_timeout=2.0, memory=2048 * MIB)) as engine:
        yield engine


def draw(exercise: Exercise) -> tuple[Case, ...]:
    return exercise.grading_cases(b"a seed of the tests")


def check_cell(exercise_id: str) -> NotebookNode:
    exercise = find(exercise_id)
    nbgrader = {"grade": True, "solution": False, "locked": True, "grade_id": f"check-{exercise.name}"}
    metadata = {"nbgrader": {**nbgrader, "points": exercise.points, "schema_version": 3, "task": False}}
    return new_code_cell(f'check("{exercise_id}")', metadata=metadata)


def run(engine: Engine, *cells: str | NotebookNode) -> Ran:
    return engine.run(new_notebook(cells=[new_code_cell(one) if isinstance(one, str) else one for one in cells]), draw)


def said(ran: Ran, cell: int = 0) -> str:
    outputs = ran.notebook.cells[cell].outputs
    return "\n".join(
        str(one.get("text") or one.get("evalue") or one.get("data", {}).get("text/plain", "")) for one in outputs
    )


D_SQUARE = "scalar_gradients.d_square"


def test_answers_are_judged_at_hidden_inputs(engine: Engine) -> None:
    table = "def d_square(x):\n    return {-1.7: -3.4, 0.6: 1.2, 4.3: 8.6}[x]"
    right, remembered = (run(engine, source, check_cell(D_SQUARE)) for source in ("d_square = lambda x: 2 * x", table))
    assert [verdict.outcome for verdict in right.verdicts] == [Outcome.RIGHT]
    assert [verdict.outcome for verdict in remembered.verdicts] == [Outcome.RAISED]
    assert right.notebook.cells[1].outputs[-1].data["text/plain"] == "2"
    assert right.verdicts[0].call == "d_square(…)"


@pytest.mark.parametrize(
    "forgery",
    [
        "import autograder; autograder.check = lambda _: 2",
        "def check(_): return 2",
        "import autograder.judge as j; j.judge = lambda *a: 2",
        "class Two(float):\n    __eq__ = lambda *_: True\nd_square = lambda x: Two(1)",
        "get_ipython().ast_node_interactivity = 'all'; get_ipython().run_cell = lambda *a, **k: print(2)",
        "import autograder.probe as p; p.probe = lambda *a: 2",
        "import autograder.grading.worker as w; w._run_cells = None; w.probe = lambda *a: None",
        "import json; json.dumps = lambda *a, **k: '2'",
    ],
)
def test_what_a_submission_does_to_its_own_process_earns_nothing(engine: Engine, forgery: str) -> None:
    ran = run(engine, forgery, check_cell(D_SQUARE))
    assert [verdict.points for verdict in ran.verdicts] == [0]
    assert ran.notebook.cells[1].outputs[-1].data["text/plain"] == "0"


@pytest.mark.parametrize(
    ("attempt", "says"),
    [
        ("import socket; socket.create_connection(('127.0.0.1', 9), 1)", "unreachable"),
        ("import socket; s = socket.socket(socket.AF_UNIX); s.connect('/tmp/.X11-unix/X0')", "No such file"),
        ("open('/usr/written', 'w')", "Read-only"),
        (f"import os; print({{'solutions', 'submitted', '.git'}} & set(os.listdir({str(ROOT)!r})))", "set()"),
        (f"open({str(ROOT / 'solutions')!r} + '/01_scalar_gradients/01_scalar_gradients.ipynb')", "No such file"),
        ("open('/etc/passwd')", "No such file"),
        ("import os; print(os.listdir('/proc'))", "[]"),
        ("import os; print(os.getpid(), os.getuid(), sorted(k for k in os.environ if 'SECRET' in k))", "1 1000 []"),
        ("open('big', 'wb').write(bytes(10**8))", "File too large"),
        ("x = bytearray(10**10)", ""),
        ("import ctypes; print(ctypes.CDLL(None).unshare(0x10000000 | 0x20000))", ""),
        ("import os; os.setuid(0)", "Invalid argument"),
    ],
)
def test_the_walls_stand(engine: Engine, attempt: str, says: str) -> None:
    ran = run(engine, attempt, "print('after')")
    assert says in said(ran)
    assert said(ran, 1) == "after\n"


def test_nothing_is_left_behind_for_the_next(engine: Engine) -> None:
    leave = "import os, torch\nopen('/tmp/left', 'w').write('1'); open('/dev/shm/left', 'w').write('1')\ntorch.left = 1"
    run(engine, leave)
    look = (
        "import os, torch; print(os.path.exists('/tmp/left'), os.path.exists('/dev/shm/left'), hasattr(torch, 'left'))"
    )
    assert said(run(engine, look)) == "False False False\n"


def test_an_endless_loop_is_interrupted_and_the_cells_after_it_run(engine: Engine) -> None:
    ran = run(engine, "while True: pass", "d_square = lambda x: 2 * x", check_cell(D_SQUARE))
    assert [verdict.outcome for verdict in ran.verdicts] == [Outcome.RIGHT]
    assert ran.notes == ("a cell did not come to an end and was stopped",)


def test_what_can_not_be_interrupted_ends_the_run_and_what_was_checked_stays(engine: Engine) -> None:
    stubborn = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    ran = run(
        engine, "d_square = lambda x: 2 * x", check_cell(D_SQUARE), stubborn, check_cell("scalar_gradients.d_poly")
    )
    assert [verdict.outcome for verdict in ran.verdicts] == [Outcome.RIGHT, Outcome.UNREADABLE]
    assert "could not be interrupted" in ran.verdicts[1].message
    assert said(run(engine, "print('the next one is fine')")) == "the next one is fine\n"


@pytest.mark.parametrize(
    ("end", "why"),
    [
        ("import os; os._exit(3)", "ended itself with status 3"),
        ("import ctypes; ctypes.string_at(0)", "crashed"),
        ("import os; os.closerange(0, 100)", "ended"),
    ],
)
def test_a_process_that_ends_is_told_with_its_reason(engine: Engine, end: str, why: str) -> None:
    ran = run(engine, end, check_cell(D_SQUARE))
    assert why in " ".join(ran.notes)
    assert [verdict.outcome for verdict in ran.verdicts] == [Outcome.UNREADABLE]
    assert ran.verdicts[0].points == 0


def test_an_instructors_assert_cell_counts_if_it_ran_to_the_end(engine: Engine) -> None:
    metadata = {"nbgrader": {"grade": True, "solution": False, "locked": True, "grade_id": "extra", "points": 1}}
    passes, fails = (
        new_code_cell(f"import warnings; warnings.warn('x'); assert {x}", metadata=metadata) for x in (1, 0)
    )
    kinds = [[one.output_type for one in cell.outputs] for cell in run(engine, passes, fails).notebook.cells]
    assert kinds == [["stream"], ["stream", "error"]]
    assert all(cell.outputs[0].name == "stdout" for cell in run(engine, passes, fails).notebook.cells)


def test_outputs_are_kept_as_plain_text(engine: Engine) -> None:
    ran = run(engine, "from IPython.display import HTML\nHTML('<script>alert(1)</script>')", "print('x' * 10**6)")
    assert list(ran.notebook.cells[0].outputs[0].data) == ["text/plain"]
    assert len(said(ran, 1)) < 30_000


def test_every_exercise_survives_the_way_into_the_sandbox() -> None:
    for lesson in all_lessons():
        for exercise in lesson.exercises:
            for case in exercise.cases:
                assert Case.from_plain(case.to_plain()) == case


def test_the_secret_is_made_once_for_its_owner_and_draws_different_inputs_for_each_student(tmp_path: Path) -> None:
    secret = course_secret(tmp_path)
    assert course_secret(tmp_path) == secret
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    exercise = find(D_SQUARE)
    ada, bashir = (drawing(secret, student)(exercise) for student in ("ada", "bashir"))
    assert ada == drawing(secret, "ada")(exercise)
    assert ada != bashir
    assert ada != exercise.cases
