"""No way out: each attempt of `escapes/` runs between honest cells behind each tier's walls, and another submission after it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import pytest
from nbformat.v4 import new_code_cell

from autograder.grading.engine import Engine
from autograder.grading.sandbox.tiers import Limits
from autograder.verdict import Outcome
from tests import commands
from tests.answers import scalar_gradients
from tests.grading.engines import WALLS, check_cell, run, skip_without
from tests.open_files import open_files, opened

from .escape import KINDS, Escape, Outside, all_escapes, got_out, things_outside

LIMITS = Limits(cell_timeout=2.0, wall=30.0, cpu=20)
ESCAPES = all_escapes()
BEFORE, LATER = "scalar_gradients.d_square", "scalar_gradients.d_poly"
RIGHT = {one: scalar_gradients.RIGHT[one]["plain"] for one in (BEFORE, LATER)}


def _name(escape: Escape) -> str:
    return escape.name


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    with things_outside(tmp_path_factory.mktemp("course")) as outside:
        yield outside


@pytest.fixture(scope="module", params=WALLS)
def engine(request: pytest.FixtureRequest, outside: Outside) -> Iterator[Engine]:
    skip_without(request.param)
    with Engine(request.param, LIMITS, commands.endpoint(request.param)) as engine:
        yield engine


@pytest.mark.parametrize("escape", ESCAPES, ids=_name)
def test_nobody_gets_out(engine: Engine, outside: Outside, escape: Escape) -> None:
    attempt, files = new_code_cell(escape.cell), open_files()
    honest = [RIGHT[BEFORE], check_cell(BEFORE)], [RIGHT[LATER], check_cell(LATER)]
    ran = run(engine, *honest[0], outside.cell(), attempt, *honest[1])
    next_one = run(engine, outside.cell(), escape.after, RIGHT[BEFORE], check_cell(BEFORE))

    assert not got_out(ran.notebook.cells[3]), ran.notebook.cells[3].outputs
    assert not got_out(next_one.notebook.cells[1]), next_one.notebook.cells[1].outputs
    assert outside.reached() == []
    assert not opened(files)
    before, after = ran.verdicts
    assert before.outcome == Outcome.RIGHT
    # It may spoil what comes after it for itself, and then it is told why.
    assert after.outcome == Outcome.RIGHT or (after.outcome == Outcome.UNREADABLE and "ended the run" in str(ran.notes))
    assert escape.note in "; ".join(ran.notes), ran.notes
    assert [verdict.outcome for verdict in next_one.verdicts] == [Outcome.RIGHT]
    assert next_one.notes == ()


# One that waits, and has what another one could find: files, a terminal, a process by its name.
WAITS = """
open(os.path.join(tempfile.gettempdir(), MARK), "w").write(TREASURE)
try:
    terminals = os.openpty()
except OSError:
    pass
call_me()
time.sleep(60)
"""
LOOKS = """
import glob
def seen():
    for pattern in (f"{tempfile.gettempdir()}/../*/{MARK}", f"/tmp/*/{MARK}", f"/tmp/*/*/{MARK}", f"/tmp/{MARK}", "/dev/pts/[0-9]*"):
        yield from glob.glob(pattern)
    for process in (PROCESS, *range(1, 2000)):
        try:
            if process != os.getpid():
                os.kill(process, 0)
                yield process
        except OSError:
            pass
found = list(seen())
print("ESCAPED" if found else "", found)
"""


def test_submissions_that_run_side_by_side_do_not_meet(engine: Engine, outside: Outside) -> None:
    with Engine(engine.tier, LIMITS, commands.endpoint(engine.tier)) as other:
        waiting = threading.Thread(target=run, args=(other, outside.cell(), WAITS))
        waiting.start()
        while not (there := outside.processes()):
            assert waiting.is_alive()
        looked = run(engine, outside.cell(), f"PROCESS = {there[0]}", LOOKS)
        assert waiting.is_alive()
        waiting.join()
    (said,) = looked.notebook.cells[2].outputs
    assert said["text"].strip() == "[]"


@pytest.fixture(scope="module")
def open_field(outside: Outside) -> Iterator[Engine]:
    with Engine("none", LIMITS) as engine:
        yield engine


# What limits stop, they stop everywhere: that each of these attempts meets its limit is what its note says.
@pytest.mark.parametrize("escape", [one for one in ESCAPES if not one.note], ids=_name)
def test_without_walls_they_all_get_out(open_field: Engine, outside: Outside, escape: Escape) -> None:
    if escape.unproven:
        pytest.skip(escape.unproven)
    ran = run(open_field, outside.cell(), escape.cell)
    next_one = run(open_field, outside.cell(), escape.after)
    told = [output.get("evalue") or output.get("text") for cell in ran.notebook.cells for output in cell.outputs]
    out = got_out(ran.notebook.cells[1]) or got_out(next_one.notebook.cells[1]) or outside.reached()
    if escape.depends and not out:
        pytest.skip(f"it depends on {escape.depends}")
    assert out, told


def test_each_attempt_says_in_a_sentence_what_it_tries() -> None:
    assert len(ESCAPES) >= 30
    assert {one.kind for one in ESCAPES} == set(KINDS)
    for escape in ESCAPES:
        assert re.fullmatch(r"[A-Z][^.\n]+(?:\.[^.\s][^.\n]*)*\.", escape.tries), escape.name
        compile(escape.cell, escape.name, "exec")
        compile(escape.after, escape.name, "exec")
