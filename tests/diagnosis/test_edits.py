"""One edit away: the place is found and nothing else happens, on exercises of a stranger's."""

from __future__ import annotations

import ast
import math
import random
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch

from autograder.diagnosis.edits import Aim, variants
from autograder.diagnosis.harmless import computes_only
from autograder.diagnosis.running import run_variants
from autograder.diagnosis.search import Budget, diagnose
from autograder.diagnosis.text import text_of
from autograder.exercise import Array, Case, Exercise, case, gradient
from autograder.judge import judge
from autograder.lessons import find
from autograder.observation import Observation
from autograder.probe import probe
from tests.answering import exercise_of, namespace_of, pinpointed
from tests.answers.own_engine import ENGINE, VALUE
from tests.corpus import right

PATIENT = Budget(seconds=5.0)


def bump(x: torch.Tensor) -> torch.Tensor:
    return torch.exp(-x * x) + 3 * x


SLOPE = exercise_of(case(-1.3), case(0.4), case(2.2), forward=bump, reference=gradient(bump))
GRAD = exercise_of(case(-1.3), case(0.4), case(2.2), forward=bump, reference=gradient(bump), way="autograd")
WAVE = exercise_of(
    *(case(x) for x in (-1.3, 0.4, 2.2)),
    forward=lambda x: torch.sin(x * x),
    reference=gradient(lambda x: torch.sin(x * x)),
)
LOSS = exercise_of(
    *(case(p, y) for p, y in ((0.3, 1), (0.3, 0), (0.72, 1), (0.64, 0))),
    reference=lambda p, y: -math.log(p if y else 1 - p),
)
MEANS = exercise_of(
    case(Array((1.3, -0.7, 2.1))),
    case(Array((0.4, 1.9, -1.2, 0.8))),
    reference=lambda x: [float(np.mean(x[: i + 1])) for i in range(len(x))],
)
PAIRS = (case(0.7, 0.2), case(-1.3, 0.4), case(2.1, 1.7))
RUNNING = """\
def answer(x):
    found = []
    total = 0.0
    for i in range(len(x)):
        total {operator} x[{index}]
        found.append(total / {count})
    return found
"""


@pytest.mark.parametrize(
    ("exercise", "source", "text"),
    [
        (SLOPE, "def answer(t):\n    a = 2 * t\n    return 3 + a * math.exp(-t * t)", "3 + a * math.exp(-t * t)"),
        (SLOPE, "def answer(t):\n    return 3 - 2 * t * math.exp(t * t)", "math.exp(t * t)"),
        (SLOPE, "def answer(t):\n    return 3 - 2 / t * math.exp(-t * t)", "2 / t"),
        (SLOPE, "def answer(t):\n    return 3 - t * math.exp(-t * t)", "t * math.exp(-t * t)"),
        (SLOPE, "def answer(t):\n    return 3 - 2 * t * t * math.exp(-t * t)", "2 * t * t"),
        (SLOPE, "def answer(t):\n    return 3 - 2 * t * math.exp(-(t + t))", "t + t"),
        (SLOPE, "def answer(t):\n    return 4 - 2 * t * math.exp(-t * t)", "4 - 2 * t * math.exp(-t * t)"),
        (SLOPE, "def answer(t):\n    return (3 - 2) * t * math.exp(-t * t)", "(3 - 2) * t"),
        (SLOPE, "def answer(t):\n    return int(3 - 2 * t * math.exp(-t * t))", "int(3 - 2 * t * math.exp(-t * t))"),
        (SLOPE, "def answer(t):\n    return 3 - 2 * t * math.log(-t * t)", "math.log(-t * t)"),
        (SLOPE, "def answer(t):\n    return 3 - 2 * t * np.exp([-t * t])", "[-t * t]"),
        (WAVE, "def answer(x):\n    return -2 * x * math.sin(x * x)", "math.sin(x * x)"),
        (MEANS, "def answer(x):\n    return (np.cumsum(x) / np.arange(1, len(x) + 1)).reshape(-1, 1)", "reshape(-1, 1)"),
        (LOSS, "def answer(p, y):\n    return -math.log(p) if not y else -math.log(1 - p)", "not y"),
        (LOSS, "def answer(p, y):\n    if y == 0:\n        return -math.log(p)\n    return -math.log(1 - p)", "y == 0"),
        (LOSS, "def answer(p, y):\n    return -y * math.log(p) - (1 - p) * math.log(1 - p)", "1 - p"),
        (MEANS, RUNNING.format(operator="=", index="i", count="(i + 1)"), "total = x[i]"),
        (MEANS, RUNNING.format(operator="+=", index="i", count="(i + 2)"), "i + 2"),
        (MEANS, RUNNING.format(operator="+=", index="i - 1", count="(i + 1)"), "i - 1"),
        (MEANS, RUNNING.format(operator="+=", index="i", count="len(found) + 1"), "total / len(found) + 1"),
        (MEANS, RUNNING.format(operator="+=", index="i", count="(i + 1)").replace("    return", "        return"), "return found"),
        (
            GRAD,
            "def answer(x):\n    x = torch.tensor(x, requires_grad=False)\n    (torch.exp(-x * x) + 3 * x).backward()\n    return x.grad",
            "torch.tensor(x, requires_grad=False)",
        ),
        (
            GRAD,
            "def answer(x):\n    w = torch.tensor(x, requires_grad=True)\n    y = torch.exp(-w * w) - 3 * w\n    y.backward()\n    return w.grad",
            "torch.exp(-w * w) - 3 * w",
        ),
    ],
)  # fmt: skip
def test_place_is_found(exercise: Exercise, source: str, text: str) -> None:
    verdict = pinpointed(exercise, source, PATIENT)
    assert verdict.finding is not None
    # Where another edit of the same line is as good, either is.
    assert text in source.splitlines()[verdict.finding.place.line - 1]
    place = verdict.finding.place
    assert source.splitlines()[place.line - 1].strip() == place.code
    assert place.code[place.column :].startswith(place.text)


@pytest.mark.parametrize(
    ("exercise", "source", "kind", "text"),
    [
        (SLOPE, "def answer(t):\n    return round(3 - 2 * t * math.exp(-t * t), 3)", "slip.extra-call", "round("),
        (
            exercise_of(case(0.7), case(-1.3), case(2.1), reference=lambda x: 3 * math.sin(x) - 2 * x * math.cos(x)),
            "def answer(x):\n    return 3 * math.cos(x) - 2 * x * math.sin(x)",
            "slip.exchanged-functions",
            "return",
        ),
        (
            exercise_of(
                case(0.7, 0.2), case(-1.3, 0.4), case(2.1, 1.7), reference=lambda a, b: math.exp(a) - math.exp(b)
            ),
            "def answer(a, b):\n    return math.exp(a - b)",
            "slip.brackets",
            "math.exp(a - b)",
        ),
        (
            exercise_of(*PAIRS, reference=lambda a, b: math.exp(a * b) + (a - 1)),
            "def answer(a, b):\n    return 2 * math.exp(a * b + (a - 1)) / 2",
            "slip.brackets",
            "math.exp(a * b + (a - 1))",
        ),
        # Brackets that belong to an expression stay around what is left of it.
        (
            exercise_of(*PAIRS, reference=lambda a, b: (a + b) * b),
            "def answer(a, b):\n    return -(a + b) * b",
            "slip.sign",
            "-(a + b)",
        ),
        (
            exercise_of(*PAIRS, reference=lambda a, b: (a + b) * b),
            "def answer(a, b):\n    return 1 + abs(a + b) * b - 1",
            "slip.extra-call",
            "abs(a + b)",
        ),
        (
            exercise_of(
                case(Array((1.3, -0.7)), Array((0.2, 0.4))),
                case(Array((0.4, 1.9)), Array((2.2, -1.4))),
                reference=lambda a, b: (a + b) * b,
            ),
            "def answer(a, b):\n    return (a + b).mean() * b",
            "slip.extra-call",
            "(a + b).mean()",
        ),
        (
            exercise_of(
                case(Array((1.3, -0.7))), case(Array((0.4, 1.9))), case(Array((2.4,))), reference=lambda x: 2 * x
            ),
            "def answer(x):\n    x += x\n    return x",
            "slip.in-place",
            "x += x",
        ),
        (
            exercise_of(*(case(Array((x, 1.9), kind="torch")) for x in (0.3, -1.2, 2.4)), reference=lambda x: 2 * x),
            "def answer(x):\n    x.mul_(2)\n    return x",
            "slip.in-place",
            "x.mul_(2)",
        ),
        (
            exercise_of(case(0.7), case(-1.3), case(2.1), reference=lambda x: {"a": x, "b": x**2}),
            'def answer(x):\n    return {"a": x, "b": -(x**2)}',
            "slip.sign",
            "-(x**2)",
        ),
        (
            MEANS,
            "def answer(x):\n    means, total = [], 0.0\n    for i in range(len(x)):\n        total += x[0]\n"
            "        means.append(total / (i + 1))\n    return means",
            "slip.index",
            "x[0]",
        ),
        (
            find("vector_backward.linear_vjp"),
            "def linear_vjp(M, v):\n    out = []\n    s = 0\n    for i in range(M.shape[1]):\n"
            "        for o in range(M.shape[0]):\n            s = s + v[o] * M[o][i]\n        out.append(s)\n    return np.array(out)",
            "slip.indent",
            "s = 0",
        ),
    ],
)
def test_the_kind_of_slip_and_its_place(exercise: Exercise, source: str, kind: str, text: str) -> None:
    finding = pinpointed(exercise, source, PATIENT).finding
    assert finding is not None
    assert finding.kind == kind
    assert finding.place.text.startswith(text)


def test_nothing_is_told_twice() -> None:
    exercise = exercise_of(case(-1.3), case(0.4), case(2.2), reference=lambda x: (2 * x, 3.0))
    source = (
        "def answer(x):\n    a = torch.tensor(x, requires_grad=True)\n    b = torch.tensor(x, requires_grad=True)\n"
    )
    source += "    (a * a + 3 * x).backward()\n    return a.grad, b.grad"
    verdict = pinpointed(exercise, source, PATIENT)
    assert verdict.finding is not None
    assert verdict.finding.kind == "none.unused-leaf"
    assert verdict.finding.place.code == "(a * a + 3 * x).backward()"
    sentences = verdict.message.split(". ")
    assert len(set(sentences)) == len(sentences)


def ask_doubler(names: Any, x: float) -> dict[str, float]:
    doubler = names["answer"](x)
    return {"once": doubler.once(), "twice": doubler.once() + doubler.twice()}


ASKED = exercise_of(
    *(case(x) for x in (0.7, -1.3, 2.1)), ask=ask_doubler, reference=lambda x: {"once": 2 * x, "twice": 6 * x}
)
DOUBLER = """\
class answer:
    made = 0
    def __init__(self, x):
        self._x = x
        answer.made += 1
    def once(self):
        return 2 * self._x
    def twice(self):
        return 4 / self._x
"""


def test_a_class_is_varied_and_stays_as_it_is() -> None:
    namespace = namespace_of(DOUBLER)
    observation = probe(ASKED, namespace, ASKED.cases)
    assert observation.source == DOUBLER
    made = namespace["answer"].made
    verdict = judge(ASKED, ASKED.cases, observation)

    def run(sources: Any, cases: Any, seconds: float, probed: bool) -> Any:
        return run_variants(ASKED, namespace, sources, cases, seconds, probed)

    finding = diagnose(ASKED, ASKED.cases, observation, verdict, run, PATIENT).finding
    assert finding is not None
    assert (finding.kind, finding.place.text, finding.place.line) == ("slip.operator", "4 / self._x", 9)
    assert namespace["answer"].made == made


def test_of_an_engine_the_expression_is_told_before_the_place() -> None:
    exercise = find("own_engine.relu")
    relu = "def relu(x):\n    return Tensor(np.maximum(x.data, 0), (x,), (lambda g: g * (x.data < 0),))\n"
    verdict = pinpointed(exercise, f"{VALUE}\n{ENGINE}\n{relu}", PATIENT)
    assert verdict.finding is not None
    assert verdict.finding.kind == "slip.comparison"
    assert verdict.message.startswith("`")
    assert verdict.message.endswith(verdict.finding.sentence)


def test_each_result_may_have_a_wrong_shape_and_sizes_that_differ() -> None:
    # The small right answer is as exact as the largest allows, in float32.
    exercise = exercise_of(case(0.3), case(300.0), reference=lambda x: x**3 - 0.027 + 1e-5, way="any")
    source = "def answer(x):\n    x = torch.tensor([x])\n    return x**3 - 0.027 + 1e-5"
    verdict = pinpointed(exercise, source, PATIENT)
    assert verdict.finding is not None
    assert verdict.finding.kind == "slip.shape"


def test_a_call_too_many_is_told_as_that_and_not_as_another_function() -> None:
    source = "def answer(x):\n    w = torch.tensor(x, requires_grad=True)\n    y = torch.exp(-w * w) + 3 * w.detach()\n    y.backward()\n    return w.grad"
    verdict = pinpointed(GRAD, source, PATIENT)
    assert verdict.finding is not None
    assert verdict.finding.kind == "slip.extra-call"


def test_a_mistake_in_a_function_that_is_called_is_found_there() -> None:
    source = "def inner(t):\n    # Größe\n    return math.exp(t * t)\n\ndef answer(t):\n    return 3 - 2 * t * inner(t)"
    verdict = pinpointed(SLOPE, source, PATIENT)
    assert verdict.finding is not None
    assert (verdict.finding.place.function, verdict.finding.place.line) == ("inner", 3)


@pytest.mark.parametrize("given", [True, False])
def test_the_place_is_in_the_students_own_cell(given: bool) -> None:
    # With an edit of it, the numbers would be right.
    helper = "def rate(t):\n    return 3 * t\n"
    source = "def answer(t):\n    return 3 - rate(t) * math.exp(-t * t)\n"
    if given:
        namespace = namespace_of(source, rate=namespace_of(helper)["rate"])
    else:
        namespace = namespace_of(f"{helper}\n{source}")
    observation = probe(SLOPE, namespace, SLOPE.cases)
    assert observation.borrowed == (("rate",) if given else ())
    verdict = judge(SLOPE, SLOPE.cases, observation)
    verdict = diagnose(SLOPE, SLOPE.cases, observation, verdict, partial(run_variants, SLOPE, namespace), PATIENT)
    assert verdict.finding is not None
    assert (verdict.finding.place.function == "rate") != given


def test_the_repaired_text_is_never_told() -> None:
    verdict = pinpointed(SLOPE, "def answer(t):\n    return 3 - 2 * t * math.exp(t * t)", PATIENT)
    assert "-t" not in verdict.message


@pytest.mark.parametrize(
    ("check", "kind"),
    [
        # A vector as a second divisor has matrices of some shapes raise too.
        ("pred.shape != target.shape", None),
        ("pred.ndim != 1 and pred.shape != target.shape", "slip.comparison"),
    ],
)
def test_what_raises_by_accident_is_no_missing_check(check: str, kind: str | None) -> None:
    source = (
        f"def d_mse(pred, target):\n    if {check}:\n        raise ValueError('shapes')\n"
        "    return 2 * (pred - target) / len(pred)\n"
    )
    finding = pinpointed(find("vector_backward.d_mse"), source, PATIENT).finding
    assert (finding.kind if finding is not None else None) == kind


def test_the_judge_has_the_last_word() -> None:
    # The numbers would be right, and by the way that was not asked for.
    source = "def answer(x):\n    return 3 + 2 * x * math.exp(-x * x)"
    verdict = pinpointed(GRAD, source, PATIENT)
    assert verdict.finding is None or not verdict.finding.kind.startswith("slip.")


def test_variants_differ_and_come_by_rank() -> None:
    source = RUNNING.format(operator="+=", index="i", count="(i + 1)")
    text = text_of(source)
    assert text is not None
    found = [one.source for one in variants(text)]
    assert len(found) == len(set(found)) > 200
    assert source not in found
    ranks = [one.rank for one in variants(text)]
    assert ranks == sorted(ranks)


def test_texts_are_varied_at_once_as_one_after_the_other() -> None:
    source = "def first(x):\n    return 3 * x * x - {0} * x\n\n\ndef second(y):\n    return first(y) * math.exp(-y)\n"
    aims = [Aim(functions=frozenset(one)) for one in ((), ("first",), ("second",))] * 3

    def count(number: int, aim: Aim) -> int:
        text = text_of(source.format(number))
        assert text is not None
        return len(list(variants(text, aim)))

    alone = {count(7, aim) for aim in aims}
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(len(aims)) as pool:
            at_once = {each for number in range(71, 91) for each in pool.map(partial(count, number), aims)}
    finally:
        sys.setswitchinterval(interval)
    assert len(alone) == 1
    assert len(at_once) == 1


def test_variants_are_python() -> None:
    for exercise, style, source in islice(right(), 0, None, 3):
        text = text_of(source)
        for one in islice(variants(text) if text is not None else (), 0, None, 20):
            try:
                ast.parse(one.source)
            except SyntaxError as error:
                pytest.fail(f"{exercise.id}, {style}: {one.kind}, {error} in\n{one.source}")


def test_no_variant_puts_a_list_into_itself() -> None:
    # NumPy makes an array of such a list until the memory is full, and nothing of Python's stops it.
    source = (
        "def answer(x):\n    out, i = [0.0], 0\n    for y in x:\n        out[0] = y\n        out.append(y)\n"
        "        out.insert(i, abs(out))\n    return np.array(out)"
    )
    text = text_of(source)
    assert text is not None
    lines = {line.strip() for one in variants(text) for line in one.source.splitlines()}
    assert {"out[0] = x", "out.append(x)"} <= lines
    assert lines.isdisjoint({"out[0] = out", "out.append(out)", "out.insert(i, out)", "out.insert(i, (out))"})


# What runs, and what does not


def run_one(source: str, exercise: Exercise = SLOPE, seconds: float = 5.0, **extra: Any) -> Any:
    namespace = namespace_of("", **extra)
    return run_variants(exercise, namespace, [source], exercise.cases[:1], seconds, True)[0]


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "while True:\n        try:\n            pass\n        except Exception: pass",
        # What is raised while a generator is closed is lost.
        "next(each(t))\n    while True: pass",
    ],
)
def test_a_variant_that_does_not_end_is_stopped(body: str) -> None:
    def give_up(*_: object) -> None:
        pytest.fail("it runs on")

    before, hook = signal.signal(signal.SIGPROF, give_up), sys.unraisablehook
    signal.setitimer(signal.ITIMER_PROF, 10)
    try:
        each = "def each(t):\n    try:\n        yield t\n    finally:\n        while True: pass\n\n"
        assert run_one(f"{each}def answer(t):\n    {body}") is None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    assert sys.gettrace() is None or "stopped" not in repr(sys.gettrace())
    assert sys.unraisablehook is hook


def test_a_function_that_is_handed_to_it_can_not_make_it_endless() -> None:
    exercise = find("scalar_gradients.grad_of")
    source = "def grad_of(f, x):\n    return f(0 * torch.tensor(x))"
    start = time.monotonic()
    run_variants(exercise, namespace_of(""), [source], exercise.cases, 5.0, True)
    assert time.monotonic() - start < 5


def test_a_variant_leaves_nothing_behind() -> None:
    found: list[float] = []
    leaf = torch.tensor(1.0, requires_grad=True)
    state = random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state()  # type: ignore[index]
    source = "def answer(t):\n    found.append(t)\n    (leaf * t).backward()\n    torch.rand(1), np.random.rand(), random.random()\n    return t"
    seen = run_one(source, found=found, leaf=leaf, random=random)
    assert seen is not None
    assert seen.calls[0].raised is None
    assert found == []
    assert leaf.grad is None
    assert state[0] == random.getstate()
    assert (state[1] == np.random.get_state()[1]).all()  # type: ignore[index]
    assert torch.equal(state[2], torch.get_rng_state())


@pytest.mark.parametrize(
    "line",
    [
        "open('x', 'w')",
        "import os",
        "import shutil as math",
        "from subprocess import run",
        "from torch.utils import data",
        "torch.save(t, 'x')",
        "np.zeros(3).tofile('x')",
        "np.lib.format",
        "exec('1')",
        "__import__('os')",
        "getattr(math, 'sin')",
        "t.__class__.__bases__",
        "torch._C",
        "from math import *",
        "from . import a",
        "global t",
        "try: t\n    except: pass",
        "try: t\n    except (ValueError, BaseException): pass",
        "try: t\n    finally: answer(t)",
        "try: t\n    finally: return t",
        "for _ in t:\n        try: t\n        finally: break",
        "try: t\n    finally:\n        while t: t",
        "torch.os.remove('x')",
        "np.sys.exit()",
    ],
)
def test_what_reaches_outside_is_not_varied(line: str) -> None:
    text = text_of(f"def answer(t):\n    {line}\n    return t")
    assert text is None or not computes_only(text)


def test_names_are_looked_up_where_the_code_runs(tmp_path: Any) -> None:
    import shutil

    place = tmp_path / "kept"
    place.mkdir()
    for name, thing in (("exp", shutil.rmtree), ("math", shutil), ("print", __import__("os"))):
        source = f"def answer(t):\n    {name}{'.rmtree' if name != 'exp' else ''}({str(place)!r})\n    return t"
        assert run_one(source, **{name: thing}) is None
    assert place.exists()


def test_large_data_is_not_copied() -> None:
    assert run_one("def answer(t):\n    return data[0]", data=np.zeros(1_000_000)) is None


def test_budget_is_kept() -> None:
    source = "def answer(t):\n    a = t * 2\n    b = a + t\n    c = b - a * 3\n    return c * b / a + math.sin(c)"
    start = time.monotonic()
    pinpointed(SLOPE, source, Budget(seconds=0.05))
    assert time.monotonic() - start < 5
    assert run_variants(SLOPE, {}, ["def answer(t):\n    return t"], SLOPE.cases, 0.0, True) == [None]


def test_a_right_answer_is_left_alone() -> None:
    # That the judge finds nothing in any right answer of the lessons stands in `test_exercises`.
    source = "def answer(t):\n    return 3 - 2 * t * math.exp(-t * t)"
    observation = probe(SLOPE, namespace_of(source), SLOPE.cases)
    verdict = judge(SLOPE, SLOPE.cases, observation)

    def run(*_: object) -> list[Observation | None]:
        raise AssertionError("a variant of a right answer was run")

    assert diagnose(SLOPE, SLOPE.cases, observation, verdict, run, PATIENT) is verdict


def test_for_another_way_no_slip_is_looked_for() -> None:
    exercise = find("binary_cross_entropy.sigmoid")
    observation = probe(
        exercise, namespace_of("def sigmoid(z):\n    return torch.sigmoid(torch.tensor(z)).numpy()"), exercise.cases
    )
    verdict = judge(exercise, exercise.cases, observation)
    assert verdict.mistake.endswith(".library-sigmoid")

    def run(*_: object) -> list[Observation | None]:
        raise AssertionError("a variant was run")

    assert diagnose(exercise, exercise.cases, observation, verdict, run, PATIENT) == verdict


def test_where_a_state_is_wrong_one_call_of_each_variant_is_written_down() -> None:
    exercise = find("binary_cross_entropy.sigmoid")
    namespace = namespace_of("def sigmoid(z):\n    z = np.asarray(z)\n    return 1 / (1 + np.exp(-z)) + 0")
    observation = probe(exercise, namespace, exercise.cases)
    verdict = judge(exercise, exercise.cases, observation)
    assert verdict.mistake.endswith(".overflow")
    probed: list[int] = []

    def run(
        sources: Sequence[str], cases: Sequence[Case], seconds: float, is_probed: bool
    ) -> Sequence[Observation | None]:
        probed.extend([len(cases)] * is_probed)
        return run_variants(exercise, namespace, sources, cases, seconds, is_probed)

    diagnose(exercise, exercise.cases, observation, verdict, run, PATIENT)
    assert probed
    assert set(probed) == {1}


def test_time_that_variants_take_elsewhere_counts() -> None:
    source = "def answer(t):\n    return 3 - 2 * t * math.exp(t * t)"
    hours = (3600.0 * n for n in range(1000))
    verdict = pinpointed(SLOPE, source, PATIENT, clock=lambda: next(hours))
    assert verdict.finding is None or not verdict.finding.kind.startswith("slip.")
