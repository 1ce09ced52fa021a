"""The engine: student code runs behind walls, and what it does there decides nothing but its own numbers."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import select
import shutil
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade

from autograder.exercise import Case, Exercise
from autograder.grading import inputs, sandbox
from autograder.grading.engine import Engine, RunResult
from autograder.grading.files import File
from autograder.grading.inputs import NAME, SecretError, course_secret, drawing, inputs_key
from autograder.grading.sandbox.outputs import MAX_CELL, MAX_LINES, clean_outputs, clean_text
from autograder.grading.sandbox.tiers import MIB, Limits, may_fork
from autograder.lessons import all_lessons, find
from autograder.verdict import Outcome
from tests import commands
from tests.bench.process import processes
from tests.hostile.sources import SAY
from tests.open_files import open_files

from .engines import WALLS, check_cell, draw, run, skip_without

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="bubblewrap is not installed: make setup installs it"
)


# A busy machine takes its time. Where a cell has to be stopped, nobody waits for so long.
LIMITS = Limits(cell_timeout=30.0, memory=2048 * MIB)
IMPATIENT = replace(LIMITS, cell_timeout=2.0)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine("bubblewrap", LIMITS, commands.endpoint("bubblewrap")) as engine:
        yield engine


@pytest.fixture(scope="module", params=WALLS)
def walled(request: pytest.FixtureRequest) -> Iterator[Engine]:
    skip_without(request.param)
    with Engine(request.param, LIMITS, commands.endpoint(request.param)) as engine:
        yield engine


@pytest.fixture(scope="module", params=WALLS)
def mortal(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Yield an engine whose template process no other one uses."""
    skip_without(request.param)
    with Engine(request.param, LIMITS) as engine:
        yield engine


@pytest.fixture(autouse=True)
def _limits_as_before(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    for name in {"engine", "walled"} & set(request.fixturenames):
        request.getfixturevalue(name).limits = LIMITS


def said(ran: RunResult, cell: int = 0) -> str:
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
    assert right.notebook.cells[1].outputs[-1].data["text/plain"] == "1"
    assert right.verdicts[0].call == f"d_square({draw(find(D_SQUARE))[0].arguments[0]})"


@pytest.mark.parametrize(
    "forgery",
    [
        "import autograder; autograder.check = lambda _: 2",
        "def check(_): return 2",
        "import autograder.judge as j; j.judge = lambda *a: 2",
        "class Two(float):\n    __eq__ = lambda *_: True\nd_square = lambda x: Two(1)",
        "get_ipython().ast_node_interactivity = 'all'; get_ipython().run_cell = lambda *a, **k: print(2)",
        "import autograder.probe as p; p.probe = lambda *a: 2",
        "import autograder.grading.sandbox.forkserver as w; w._run_cells = None; w.probe = lambda *a: None",
        "import json; json.dumps = lambda *a, **k: '2'",
    ],
)
def test_what_a_submission_does_to_its_own_process_earns_nothing(engine: Engine, forgery: str) -> None:
    ran = run(engine, forgery, check_cell(D_SQUARE))
    assert [verdict.points for verdict in ran.verdicts] == [0]
    assert ran.notebook.cells[1].outputs[-1].data["text/plain"] == "0"


REFUSED = "No such file|Permission denied|Read-only|not permitted|unreachable"


@pytest.mark.parametrize(
    ("attempt", "says"),
    [
        ("import socket; socket.create_connection(('127.0.0.1', 9), 1)", REFUSED),
        ("import socket; s = socket.socket(socket.AF_UNIX); s.connect('/tmp/.X11-unix/X0')", REFUSED),
        ("import socket; socket.socket(40, socket.SOCK_STREAM)", "not permitted"),
        ("open('/usr/written', 'w')", REFUSED),
        (f"open({str(ROOT / 'autograder' / 'written.py')!r}, 'w')", REFUSED),
        (f"import os; print({{'solutions', '.git'}} & set(os.listdir({str(ROOT)!r})))", f"{REFUSED}|set\\(\\)"),
        (f"open({str(ROOT / 'solutions')!r} + '/01_scalar_gradients/01_scalar_gradients.ipynb')", REFUSED),
        (f"open({str(ROOT / 'pyproject.toml')!r})", REFUSED),
        ("open('/etc/passwd')", REFUSED),
        ("import os; print([name for name in os.listdir('/proc')])", f"{REFUSED}|\\[\\]"),
        ("import os; print(sorted(name for name in os.environ if 'TEST' in name or 'SECRET' in name))", "\\[\\]"),
        ("import os; os.setuid(12345)", "Invalid argument|not permitted"),
        ("import os; os.kill(1 if os.getpid() != 1 else 2, 0)", "not permitted|No such process"),
        ("import os; os.fork()", "not permitted" if os.getuid() == 0 else ""),
        ("import ctypes; print(ctypes.CDLL(None).unshare(0x10000000 | 0x20000))", "-1"),
        ("import ctypes; print(ctypes.CDLL(None).ptrace(0, 0, 0, 0))", "-1"),
    ],
)
def test_the_walls_stand(walled: Engine, attempt: str, says: str) -> None:
    ran = run(walled, attempt, "print('after')")
    assert re.search(says, said(ran)), said(ran)
    assert said(ran, 1) == "after\n"
    assert ran.notes == ()


def test_with_namespaces_a_submission_is_alone(engine: Engine) -> None:
    ran = run(engine, "import os; print(os.getpid(), os.getuid(), os.listdir('/proc'))")
    assert said(ran) == "1 1000 []\n"


def test_nothing_is_left_behind_for_the_next(walled: Engine) -> None:
    leave = """
import os, tempfile, torch
torch.left = 1
for folder in (tempfile.gettempdir(), "/tmp", "/dev/shm", os.getcwd()):
    try: open(f"{folder}/left", "w").write("1")
    except OSError: pass
"""
    look = (
        "import os, tempfile, torch\n"
        "print([f for f in (tempfile.gettempdir(), '/tmp', '/dev/shm', '.') if os.path.exists(f'{f}/left')],"
        " hasattr(torch, 'left'))"
    )
    run(walled, leave)
    assert said(run(walled, look)) == "[] False\n"


def test_what_a_submission_writes_is_removed_however_it_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    nest = "import os\nfor _ in range(1500): os.mkdir('d'); os.chdir('d')\nos.mkdir('locked', 0)\nimport time; time.sleep(20)"
    with Engine("landlock", LIMITS) as engine:
        (home,) = tmp_path.iterdir()
        said_of_it = run(engine, "open('a', 'w').write('1')", nest).notes
        assert not list(home.glob("tmp*"))
    assert "on the disk" in " ".join(said_of_it)
    assert list(tmp_path.iterdir()) == []


def test_an_endless_loop_is_interrupted_and_the_cells_after_it_run(engine: Engine) -> None:
    engine.limits = IMPATIENT
    ran = run(engine, "while True: pass", "d_square = lambda x: 2 * x", check_cell(D_SQUARE))
    assert [verdict.outcome for verdict in ran.verdicts] == [Outcome.RIGHT]
    assert ran.notes == ("a cell did not come to an end and was stopped",)


UNTIL_IT_WAS_HELD = """
import signal
held = []
signal.signal(signal.SIGCONT, lambda *_: held.append(1))
while not held: pass
"""


@pytest.mark.parametrize(("number", "errors"), [(1, []), (2, ["KeyboardInterrupt"])])
def test_an_interrupt_is_for_the_request_that_it_names(walled: Engine, number: int, errors: list[str]) -> None:
    """A cell that ends just as its time is over: the interrupt comes when the cell after it runs."""
    child = walled._new_child(())
    child.send({"id": 1, "source": ""}, {"id": 2, "source": UNTIL_IT_WAS_HELD})
    assert child.receive()["id"] == 1
    reply = None
    while reply is None:
        walled.interrupt(number)
        with contextlib.suppress(TimeoutError):
            reply = child.receive(0.2)
    child.close()
    walled.ended()
    assert (reply["id"], [one["ename"] for one in reply["outputs"]]) == (2, errors)


def test_what_can_not_be_interrupted_ends_the_run_and_what_was_checked_stays(engine: Engine) -> None:
    engine.limits = IMPATIENT
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


def test_how_a_submission_ended_is_not_taken_for_how_the_next_one_does(engine: Engine) -> None:
    def failing(exercise: Exercise) -> tuple[Case, ...]:
        raise KeyError(exercise.id)

    before = engine._control
    with pytest.raises(KeyError):
        engine.run(new_notebook(cells=[check_cell(D_SQUARE)]), failing)
    if before.fileno() >= 0:
        select.select([before.fileno()], [], [])
    assert "ended itself with status 3" in " ".join(run(engine, "import os; os._exit(3)").notes)


@pytest.mark.parametrize(
    ("source", "limits", "note"),
    [
        ("x = bytearray(3 * 2**30)", {}, "asked for more than 2048 MiB of memory"),
        ("import torch; torch.ones(3 * 2**28)", {}, "asked for more than 2048 MiB of memory"),
        ("open('big', 'wb').write(bytes(10**8))", {}, "wrote a file of more than 16 MiB"),
        ("x = [open('/dev/null') for _ in range(100)]", {}, "had more than 64 files open"),
        ("for n in range(9): open(str(n), 'wb').write(bytes(8 << 20))\nimport time; time.sleep(20)", {}, "than 64 MiB"),
        ("for _ in range(30): display('x' * 15_000)", {"output": MIB // 4}, "it sent more than 0.25 MiB of output"),
        ("while True: pass", {"cpu": 1}, "it used up its 1 s of processor time"),
        ("import time; time.sleep(9)", {"wall": 0.5}, "it used more than 0.5 s altogether"),
        (
            "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(9,)).start()",
            {},
            "than 32 proc",
        ),
        ("import os\nwhile True: os.fork()", {}, "" if os.getuid() == 0 else "than 32 processes"),
        ("x = []\nwhile True: x.append(bytearray(2**20))", {}, "asked for more than 2048 MiB of memory"),
        ("import threading, time; threading.Thread(target=time.sleep, args=(99,)).start()", {}, ""),
        ("import subprocess; subprocess.Popen(['sleep', '99'], start_new_session=True)", {}, ""),
    ],
)
def test_who_uses_too_much_is_told_so_and_the_next_starts_clean(
    walled: Engine, source: str, limits: dict[str, float], note: str
) -> None:
    walled.limits = replace(LIMITS, **limits)
    ran = run(walled, source)
    walled.limits = LIMITS
    assert note in " ".join(ran.notes)
    assert bool(ran.notes) == bool(note)
    assert said(run(walled, "import threading; print(threading.active_count())")) == "1\n"


def test_what_the_libraries_take_is_not_of_a_submissions_memory(walled: Engine) -> None:
    # A thread takes 8 MiB for its stack, and 64 MiB more where the addresses of the process fall so: in one start of 45.
    walled.limits = replace(LIMITS, memory=192 * MIB)
    starts_a_thread = "import threading\nthread = threading.Thread(target=print)\nthread.start()\nthread.join()"
    ran = run(walled, starts_a_thread, "print(len(bytearray(64 << 20)))", "bytearray(256 << 20)")
    assert [said(ran, 0), said(ran, 1)] == ["\n", f"{64 << 20}\n"]
    assert ran.notes == ("a cell asked for more than 192 MiB of memory",)


def test_the_time_of_all_cells_counts(engine: Engine) -> None:
    engine.limits = replace(LIMITS, wall=1.0)
    ran = run(engine, *["import time; time.sleep(0.4)"] * 4, check_cell(D_SQUARE))
    assert ran.notes == ("it used more than 1 s altogether, which ended the run",)
    assert ran.verdicts[0].outcome == Outcome.UNREADABLE


def test_a_warm_process_that_dies_is_started_again(mortal: Engine) -> None:
    assert said(run(mortal, "print('before')")) == "before\n"
    mortal._own.process.kill()
    mortal._own.process.wait()
    assert said(run(mortal, "print('after')")) == "after\n"


# How the engine goes on does not depend on the tier, and each new template process takes seconds.
@pytest.mark.parametrize("mortal", ["bubblewrap"], indirect=True)
def test_a_submission_under_which_the_warm_process_dies_is_run_again(mortal: Engine) -> None:
    killer = threading.Timer(0.5, os.kill, (mortal._own.process.pid, signal.SIGKILL))
    killer.start()
    ran = run(mortal, "import time; time.sleep(1.5)\nd_square = lambda x: 2 * x", check_cell(D_SQUARE))
    assert not killer.is_alive()
    assert (ran.notes, ran.verdicts[0].outcome) == ((), Outcome.RIGHT)


@pytest.mark.parametrize("mortal", ["bubblewrap"], indirect=True)
def test_a_submission_under_which_it_dies_again_ends_with_that_reason(mortal: Engine) -> None:
    controls: list[object] = []
    over = threading.Event()

    def kill_each_new_one() -> None:
        while len(controls) < 2 and not over.wait(0.5):
            # It is there when the template process is ready.
            if mortal._control not in controls:
                controls.append(mortal._control)
                os.kill(mortal._own.process.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_each_new_one)
    killer.start()
    ran = run(mortal, "import time; time.sleep(5)", check_cell(D_SQUARE))
    over.set()
    killer.join()
    assert "the sandbox itself came to an end" in " ".join(ran.notes)
    assert ran.verdicts[0].outcome == Outcome.UNREADABLE
    assert said(run(mortal, "print('after')")) == "after\n"


def test_an_engine_that_goes_as_its_submission_ends_takes_no_other_one_along() -> None:
    with sandbox.start("none") as server:
        template = server.process.pid
        with Engine("none", LIMITS, server.endpoint) as other:
            going = Engine("none", LIMITS, server.endpoint)
            child = going._new_child(())
            child.send({"id": 1, "source": ""})
            child.receive()
            (guard,) = (pid for pid, one in processes().items() if one.parent == template)
            # So that the template process learns of both at once.
            os.kill(template, signal.SIGSTOP)
            os.waitpid(template, os.WUNTRACED)
            ended = os.pidfd_open(guard)
            os.kill(guard, signal.SIGKILL)
            select.select([ended], [], [])
            os.close(ended)
            going.close()
            os.kill(template, signal.SIGCONT)
            assert said(run(other, "print('after')")) == "after\n"
            assert other._own is None


def test_a_line_for_the_system_does_not_stop_its_cell(walled: Engine) -> None:
    ran = run(walled, "!echo hello\nprint('after')")
    assert said(ran).startswith("after" if os.getuid() == 0 else ("hello", "after"))


def test_a_captured_line_for_the_system_does_not_stop_its_cell(walled: Engine) -> None:
    assert "after" in said(run(walled, "info = !echo hello\nprint('after', len(info))"))


SPEAK = f"""
{SAY}
to_grader(framed({{message}}))
os._exit(0)
"""


@pytest.mark.parametrize(
    "message",
    [
        "{'id': asked()}",
        "{'id': asked(), 'outputs': 'none'}",
        "{'id': asked(), 'outputs': [1]}",
        "{'id': asked(), 'outputs': [{'output_type': 'execute_result', 'data': {'text/plain': '1e9'}}]}",
        "{'id': asked(), 'outputs': [{'output_type': 'execute_result', 'data': {'text/plain': 'nan'}}]}",
        "{'id': asked(), 'outputs': [{'output_type': 'execute_result', 'data': {}}]}",
        "{'id': asked() + 1, 'outputs': []}",
        "[]",
    ],
)
def test_an_assert_cell_whose_answer_is_none_gets_no_points(engine: Engine, message: str) -> None:
    metadata = {"nbgrader": {"grade": True, "solution": False, "locked": True, "grade_id": "extra", "points": 1}}
    cell = new_code_cell(SPEAK.replace("{message}", message), metadata=metadata)
    (graded,) = run(engine, cell).notebook.cells
    assert determine_grade(graded) == (0, 1)
    assert said(run(engine, "print('the next one is fine')")) == "the next one is fine\n"


def test_file_descriptors_that_a_submission_sends_do_not_pile_up(engine: Engine) -> None:
    send = """
import os, socket
for fd in range(3, 64):
    try: socket.send_fds(socket.socket(fileno=fd), [b'x'], [0] * 9)
    except OSError: pass
"""
    before = len(open_files())
    for _ in range(3):
        run(engine, send)
    assert len(open_files()) <= before


def test_a_large_cell_to_one_who_does_not_listen_comes_to_an_end(engine: Engine) -> None:
    engine.limits = IMPATIENT
    deaf = SPEAK.replace("{message}", "{'id': asked(), 'outputs': []}").replace(
        "os._exit(0)", "__import__('time').sleep(60)"
    )
    ran = run(engine, deaf, f"x = {'1' * 3_000_000!r}")
    assert "could not be interrupted" in " ".join(ran.notes)


def test_outputs_are_cleaned_of_what_can_not_be_written() -> None:
    assert clean_text("\x1b[31mred\x1b[0m \x1b]8;;http://x\x07link\r\nnext\rlast") == "red link\nnext\nlast"
    assert clean_text("a\ud800b\x00c\x9b\ufffe") == "a\ufffdb\ufffdc\ufffd\ufffd"
    assert len(clean_text("x" * 10**6)) < 21_000
    many = {"outputs": [{"output_type": "stream", "name": "stdout", "text": "x" * 20_000}] * 1000}
    kept = clean_outputs(many, 1)
    assert kept is not None
    assert sum(len(one.text) for one in kept) <= MAX_CELL


def test_a_verdict_on_what_can_not_be_written_can_be_written(engine: Engine) -> None:
    source = "def d_square(x):\n    raise ValueError('\\ud800 \\x1b[31m \\x00')"
    ran = run(engine, source, "raise ValueError('\\ud800')", check_cell(D_SQUARE))
    assert nbformat.writes(ran.notebook).encode()
    assert ran.verdicts[0].points == 0
    assert not re.search("[\x00\x1b]", ran.verdicts[0].message)


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


def test_an_error_is_kept_with_its_way_and_without_the_lines_around_it(engine: Engine) -> None:
    """Students read where it came from; to draw what stands around it takes longer than to run a lesson's cells."""
    ran = run(engine, "def inner():\n    x = 1\n    return x / 0\n\ninner()", "def f(n):\n    return f(n + 1)\n\nf(0)")
    first, endless = (cell.outputs[-1].traceback for cell in ran.notebook.cells)
    assert first == [
        "Traceback (most recent call last):",
        "  Cell In[1], line 5",
        "    inner()",
        "  Cell In[1], line 3 in inner",
        "    return x / 0",
        "ZeroDivisionError: division by zero",
    ]
    assert len(endless) == MAX_LINES
    assert endless[0] == first[0]
    assert endless[-1].startswith("RecursionError: ")


def test_a_cell_runs_as_ipython_runs_it(engine: Engine) -> None:
    """Values, magics, `_`, hooks, settings and future imports: what a cell sets counts for the cells after it."""
    ran = run(
        engine,
        "x = 3\nx",
        "_ + 1",
        "_",
        "%time 1",
        "async def g():\n    return 5\nawait g()",
        "print('before')\nreturn 3",
        "shell = get_ipython()\nshell.ast_node_interactivity = 'all'",
        "1\n2",
        "shell.ast_node_interactivity = 'last_expr'\nshell.events.register('pre_run_cell', lambda _: print('hook'))",
        "6",
        "from __future__ import annotations",
        "def h(a: nowhere): ...\nh.__annotations__",
        "import inspect\nprint(inspect.getsource(h))",
        "1 / 0\nprint('after')",
    )
    told = [said(ran, cell) for cell in range(len(ran.notebook.cells))]
    assert told[:3] == ["3", "4", "4"]
    assert told[3].startswith("CPU times")
    assert told[4] == "5"
    assert told[5].startswith("before\n\n'return' outside function")
    assert told[6:10] == ["", "1\n2", "", "hook\n\n6"]
    assert told[11:] == [
        "hook\n\n{'a': 'nowhere'}",
        "hook\ndef h(a: nowhere): ...\n\n",
        "hook\n\ndivision by zero",
    ]


def test_every_exercise_survives_the_way_into_the_sandbox() -> None:
    for lesson in all_lessons():
        for exercise in lesson.exercises:
            for case in exercise.cases:
                assert Case.from_plain(case.to_plain()) == case


def test_the_secret_is_made_once_for_its_owner_and_draws_different_inputs_for_each_student_and_work(
    tmp_path: Path,
) -> None:
    secret = course_secret(tmp_path)
    assert course_secret(tmp_path) == secret
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    exercise = find(D_SQUARE)
    one, other = (new_notebook(cells=[new_code_cell(source)]) for source in ("1", "2"))
    ada, bashir = (drawing(inputs_key(secret, student), one)(exercise) for student in ("ada", "bashir"))
    assert ada == drawing(inputs_key(secret, "ada"), one)(exercise)
    assert len({ada, bashir, drawing(inputs_key(secret, "ada"), other)(exercise), exercise.cases}) == 4


def test_a_secret_that_others_can_foretell_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / NAME
    for content in (b"", bytes(31), bytes(33)):
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(SecretError, match=f"Expected a secret of 32 bytes in .* got {len(content)} bytes.*delete"):
            course_secret(tmp_path)
    path.write_bytes(bytes(32))
    for mode in (0o604, 0o602, 0o640, 0o620):
        path.chmod(mode)
        with pytest.raises(SecretError, match=f"mode {mode:o}.*chmod 600"):
            course_secret(tmp_path)
    monkeypatch.setattr(inputs, "_has_modes", lambda folder: False)
    assert course_secret(tmp_path) == bytes(32)


def test_a_secret_of_another_user_is_refused(tmp_path: Path) -> None:
    course_secret(tmp_path)
    if os.geteuid():
        pytest.skip("only root gives a file to somebody else")
    os.chown(tmp_path / NAME, 12345, -1)
    with pytest.raises(SecretError, match="is of the user 12345"):
        course_secret(tmp_path)


def test_a_secret_that_can_not_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "link", full)
        with pytest.raises(OSError, match="No space"):
            course_secret(tmp_path)
    assert list(tmp_path.iterdir()) == []
    # What a killed process with this number has left.
    (tmp_path / f"{NAME}.{os.getpid()}").touch()
    assert len(course_secret(tmp_path)) == 32


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (
            "import no_such_library",
            "The cell that defines `d_square` stopped with ModuleNotFoundError: No module named 'no_such_library'. "
            "So `d_square` is not defined.",
        ),
        ("y =\u00a01", "Python can't read the cell that defines `d_square`: SyntaxError: "),
    ],
)
def test_the_error_of_a_cell_that_stops_before_its_def_is_told(engine: Engine, before: str, said: str) -> None:
    cell = f"{before}\ndef d_square(x):\n    return 2 * x"
    (verdict,) = run(engine, cell, check_cell("scalar_gradients.d_square")).verdicts
    assert (verdict.outcome, verdict.points) == (Outcome.RAISED, 0)
    assert verdict.message.startswith(said)
    assert verdict.message.endswith("Then run the cell and this one again.")


def test_an_error_of_another_cell_is_no_attempt(engine: Engine) -> None:
    (verdict,) = run(engine, "d_square(3)", check_cell("scalar_gradients.d_square")).verdicts
    assert verdict.outcome is Outcome.NOT_ATTEMPTED


@pytest.mark.parametrize("path", sorted(ROOT.glob("notebooks/*/*.ipynb")), ids=lambda path: path.stem)
def test_nothing_is_attempted_in_a_released_notebook(engine: Engine, path: Path) -> None:
    ran = engine.run(nbformat.read(path, 4), draw)
    assert {verdict.outcome for verdict in ran.verdicts} == {Outcome.NOT_ATTEMPTED}


def test_files_lie_beside_the_notebook(engine: Engine) -> None:
    big = bytes(range(256)) * 20_000
    files = (
        File("table.csv", b"1,2", read_only=True),
        File("data/big.bin", big),
        File("my_utils.py", b"def slope(x):\n    return 2 * x\n"),
        File("torch.py", b"raise SystemExit"),
        File("autograder.py", b"raise SystemExit"),
    )
    cells = [
        "print(open('table.csv').read())",
        "import hashlib; print(hashlib.sha256(open('data/big.bin', 'rb').read()).hexdigest())",
        "open('table.csv', 'w')",
        "import torch, autograder\nfrom my_utils import slope\nd_square = slope",
    ]
    notebook = new_notebook(cells=[*map(new_code_cell, cells), check_cell(D_SQUARE)])
    ran = engine.run(notebook, draw, files)
    table, digest, written, imported, _ = (cell.outputs for cell in ran.notebook.cells)
    assert table[0].text == "1,2\n"
    assert digest[0].text.strip() == hashlib.sha256(big).hexdigest()
    assert written[0].ename == "PermissionError"
    assert imported == []
    assert [verdict.outcome for verdict in ran.verdicts] == [Outcome.RIGHT]
    after = run(engine, "import os; print(os.listdir())")
    assert "table.csv" not in after.notebook.cells[0].outputs[0].text


def test_a_file_that_is_too_large_is_told_and_the_cells_still_run(engine: Engine) -> None:
    files = (File("large.bin", bytes(engine.limits.file_size + 1)), File("small.txt", b"here"))
    ran = engine.run(new_notebook(cells=[new_code_cell("print(open('small.txt').read())")]), draw, files)
    assert ran.notebook.cells[0].outputs[0].text == "here\n"
    assert [note for note in ran.notes if "'large.bin' could not be put beside the notebook: File too large" in note]


@pytest.mark.parametrize(
    ("attempt", "says"),
    [
        (
            "raise PermissionError(1, 'Operation not permitted')",
            "asked the system for something that the grader does not",
        ),
        ("open('large', 'wb').write(bytes(20_000_000))", "wrote a file of more than 16 MiB"),
        (
            "import socket; socket.create_connection(('192.0.2.1', 80), 1)",
            "that the grader does not allow|which the grader",
        ),
        ("bytearray(1 << 40)", "asked for more than 2048 MiB of memory"),
    ],
)
def test_what_the_walls_refuse_to_an_answer_is_told_as_that(walled: Engine, attempt: str, says: str) -> None:
    ran = run(walled, f"def d_square(x):\n    {attempt}\n    return 2 * x", check_cell("scalar_gradients.d_square"))
    message = ran.verdicts[0].message
    assert re.match(f"Your code .*({says})", message), message
    assert "The call raised" in message
    assert len(ran.notes) == 1
    assert re.match(f"the answer to scalar_gradients.d_square .*({says})", ran.notes[0])


def test_a_process_that_a_library_starts_is_told_as_what_the_walls_refuse(walled: Engine) -> None:
    if may_fork(walled.tier):
        pytest.skip("here a submission may start processes: the kernel counts them")
    attempt = "list(torch.utils.data.DataLoader([1.0, 2.0], num_workers=1))"
    source = f"import torch\ndef d_square(x):\n    {attempt}\n    return 2 * x"
    message = run(walled, source, check_cell(D_SQUARE)).verdicts[0].message
    assert message.startswith("Your code asked the system for something that the grader does not allow: a new process")


def test_an_error_of_the_student_s_own_is_not_told_as_a_wall(walled: Engine) -> None:
    ran = run(walled, "def d_square(x):\n    return open('no such file')", check_cell("scalar_gradients.d_square"))
    assert ran.verdicts[0].message.startswith("The call raised FileNotFoundError")
    assert ran.notes == ()
