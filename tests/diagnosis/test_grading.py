"""The search for the place of a mistake while a class is graded: it changes no points, and costs nobody else anything."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from autograder.diagnosis.search import Budget
from autograder.grading.engine import Engine
from autograder.grading.sandbox.tiers import MIB, Limits
from autograder.verdict import Outcome
from tests import commands
from tests.grading.engines import WALLS, check_cell, run, skip_without

D_POLY = "scalar_gradients.d_poly"
GRAD_POLY = "scalar_gradients.grad_poly"

pytestmark = pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="bubblewrap is not installed: make setup installs it"
)


@pytest.fixture(scope="module", params=WALLS)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    skip_without(request.param)
    limits = Limits(cell_timeout=2.0, memory=2048 * MIB)
    with Engine(request.param, limits, commands.endpoint(request.param)) as engine:
        yield engine


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the number of variants end a search, whatever else the machine does."""
    monkeypatch.setattr("autograder.grading.engine.BUDGET", Budget(variants=300, seconds=5.0))


def test_place_is_told(engine: Engine) -> None:
    by_hand = "import math\ndef d_poly(x):\n    # the slope\n    return int(6 * x - 4)"
    by_autograd = (
        "import torch\ndef grad_poly(x):\n    x = torch.tensor(float(x), requires_grad=True)\n"
        "    (3 * x**2 + 4 * x + 5).backward()\n    return x.grad.item()"
    )
    ran = run(engine, by_hand, check_cell(D_POLY), by_autograd, check_cell(GRAD_POLY))
    first, second = ran.verdicts
    assert (first.outcome, first.points, first.finding and first.finding.kind) == (Outcome.WRONG, 0, "slip.extra-call")
    assert first.finding is not None
    assert (first.finding.place.text, first.finding.place.line) == ("int(6 * x - 4)", 3)
    assert second.finding is not None
    assert (second.finding.kind, second.finding.place.line) == ("slip.sign", 3)
    assert "int(6 * x - 4)" in ran.notebook.cells[1].outputs[-1].data["text/html"]
    assert ran.notes == ()


def test_it_comes_after_the_last_check(engine: Engine) -> None:
    # What a variant does can not reach an answer that is checked after it.
    source = "seen = []\ndef d_poly(x):\n    seen.append(x)\n    return 6 * x + 4"
    other = "import torch\nd_square = lambda x: 2 * x if len(seen) <= 10 else 0"
    ran = run(engine, source, check_cell(D_POLY), other, check_cell("scalar_gradients.d_square"))
    assert [one.points for one in ran.verdicts] == [0, 1]


def test_what_a_process_makes_up_gives_no_points(engine: Engine) -> None:
    source = (
        "import sys\n"
        "for module in list(sys.modules.values()):\n"
        "    if getattr(module, 'run_variants', None):\n"
        "        module.run_variants = lambda exercise, names, sources, *rest: [[]] * 10_000\n"
        "def d_poly(x):\n    return 6 * x + 4"
    )
    ran = run(engine, source, check_cell(D_POLY))
    assert ran.verdicts[0].points == 0
    assert ran.notes == ()
