"""Traps that spring when a variant of an answer is run while a class is graded: they cost nobody anything."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from autograder.grading.engine import Engine
from autograder.grading.sandbox.tiers import MIB, Limits
from tests import commands
from tests.grading.engines import WALLS, check_cell, run, skip_without

D_POLY = "scalar_gradients.d_poly"

pytestmark = pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="bubblewrap is not installed: make setup installs it"
)


@pytest.fixture(scope="module", params=WALLS)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    skip_without(request.param)
    limits = Limits(cell_timeout=2.0, memory=2048 * MIB)
    with Engine(request.param, limits, commands.endpoint(request.param)) as engine:
        yield engine


@pytest.mark.parametrize(
    "trap",
    [
        "while True: pass",
        "os._exit(0)",
        "os.kill(os.getpid(), signal.SIGSTOP)",
        "bytearray(10**12)",
        "[bytearray(10**7) for _ in range(10**4)]",
        "open('left', 'w').write('x' * 10**9)",
        "os.close(3), os.closerange(3, 100)",
        "sys.settrace(None), time.sleep(60)",
    ],
)
def test_a_variant_that_ends_the_run_costs_nothing(engine: Engine, trap: str) -> None:
    # From the fifth call on it is a variant that calls.
    source = f"""\
import math, os, signal, sys, time
calls = 0
def trap(x):
    global calls
    calls += 1
    if calls > 5:
        {trap}
    return x
math.fabs = trap
def d_poly(x):
    return 6 * math.fabs(x) + 4
"""
    right = "d_square = lambda x: 2 * x"
    ran = run(engine, source, check_cell(D_POLY), right, check_cell("scalar_gradients.d_square"))
    assert [one.points for one in ran.verdicts] == [0, 1]
    assert ran.notes == ()
    # The one who comes next finds nothing of it.
    after = run(engine, right, check_cell("scalar_gradients.d_square"))
    assert [one.points for one in after.verdicts] == [1]


def test_what_lessons_hand_out_is_watched_behind_the_walls_too(engine: Engine) -> None:
    # There the package is no file, so its functions are known by what their code says.
    source = """\
from autograder.origins import HANDED_OUT
from autograder.lessons import chain_rule
functions = [one for one in vars(chain_rule).values() if getattr(one, "__module__", "") == chain_rule.__name__]
codes = [one.__code__ for one in functions if hasattr(one, "__code__")]
print(len(codes) > 0, all(code.co_filename.startswith(HANDED_OUT) for code in codes))
"""
    assert run(engine, source).notebook.cells[0].outputs[0].text == "True True\n"
