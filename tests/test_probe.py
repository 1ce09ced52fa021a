"""The probe writes down what an answer did, and leaves the process as it was."""

from __future__ import annotations

import builtins
import importlib
import os
import random
import sys
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch

from autograder import lessons
from autograder.diagnosis.running import run_variants
from autograder.exercise import Array, Build, Case, Way, case
from autograder.judge import judge
from autograder.observation import Call, EngineRun, Observation
from autograder.probe import probe
from autograder.reached import source_of
from autograder.settings import fresh_settings
from autograder.verdict import Outcome
from tests.answering import exercise_of, namespace_of


def observed(source: str, *cases: Case, way: Way = "any", **more: Any) -> Observation:
    exercise = exercise_of(*cases, way=way, **more)
    return probe(exercise, namespace_of(source), exercise.cases)


def only_call(source: str, *cases: Case, way: Way = "any", **more: Any) -> Call:
    (call,) = observed(source, *cases, way=way, **more).calls
    return call


# What there is to call


def test_name_that_is_not_defined() -> None:
    assert observed("x = 1") == Observation(exercise="lesson.answer")


def test_answer_that_is_no_function() -> None:
    observation = observed("answer = 3.0")
    assert observation.answer is not None
    assert (observation.answer.kind, observation.calls) == ("number", ())


def test_recorded_answer_is_not_called() -> None:
    observation = observed("answer = {3: 6.0}", way="recorded")
    assert len(observation.calls) == 1
    assert observation.calls[0].value == observation.answer
    assert observed("def answer(): exit()", way="recorded").calls[0].raised is None


def test_one_call_a_case_with_its_arguments() -> None:
    cases = (case(1.5), case(-2), case(Array((1.0, 2.0))), case(Array((3.0,), "torch")), case((1.0, "a")))
    observation = observed("def answer(x): return repr(x)", *cases)
    texts = [call.value.text for call in observation.calls if call.value is not None]
    assert texts == ["1.5", "-2", "array([1., 2.])", "tensor([3.], dtype=torch.float64)", "[1.0, 'a']"]


def test_built_argument() -> None:
    call = only_call(
        "def answer(f): return f(2)", case(Build("adder", (3.0,))), builders={"adder": lambda n: n.__add__}
    )
    assert call.value is not None
    assert call.value.numbers == (5.0,)


def test_measured_is_what_the_exercise_looks_at() -> None:
    source = "def answer(x): x[0] = 9; return 'done'"
    call = only_call(source, case(Array((1.0, 2.0))), measure=lambda x: lambda result: x)
    assert call.value is not None
    assert call.value.numbers == (9.0, 2.0)


def test_measure_that_fails_leaves_the_result() -> None:
    call = only_call("def answer(x): return 7", measure=lambda x: lambda result: result.grad)
    assert call.value is not None
    assert call.value.numbers == (7.0,)


# What was raised


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("raise ValueError('no')", "ValueError"),
        ("import sys; sys.exit(3)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("return answer(x)", "RecursionError"),
        ("raise BaseExceptionGroup('two', [KeyboardInterrupt()])", "BaseExceptionGroup"),
        ("return torch.tensor(3, requires_grad=True)", "RuntimeError"),
    ],
)
def test_whatever_is_raised_is_caught(body: str, kind: str) -> None:
    call = only_call(f"def answer(x):\n    {body}\n")
    assert call.value is None
    assert call.raised is not None
    assert kind in call.raised.types
    assert call.raised.types[-1] == "BaseException"
    assert call.raised.line == body
    Observation.from_json(observed(f"def answer(x):\n    {body}\n").to_json())


@pytest.mark.parametrize(
    ("body", "stub"),
    [
        ("raise NotImplementedError", "answer"),
        ("raise NotImplementedError('your answer here')", "answer"),
        ("def inner(): raise NotImplementedError\n    return inner()", "answer"),
        ("return helper(x)", "helper"),
        ("return Helper().method(x)", "Helper.method"),
        ("return 1 / 0", ""),  # its own, and no stub
        ("raise ValueError", ""),
        ("return torch.tensor(x)^2", ""),  # raised by an operator of torch, which has no frame
        ("return torch.nn.Module()(x)", ""),  # raised within torch
    ],
)
def test_a_stub_is_found_by_where_it_raised(body: str, stub: str) -> None:
    helpers = (
        "def helper(x): raise NotImplementedError\nclass Helper:\n    def method(self, x): raise NotImplementedError\n"
    )
    raised = only_call(f"{helpers}def answer(x):\n    {body}\n").raised
    assert raised is not None
    assert raised.stub == stub


@pytest.mark.parametrize(
    ("body", "stated"),
    [
        ("raise ValueError", True),
        ("assert x is None", True),
        ("helper(x)", True),
        ("np.ones(2) + np.ones(3)", False),
        ("int('x')", False),
        ("np.linalg.inv(np.zeros((2, 2)))", False),
    ],
)
def test_what_a_statement_of_the_students_raised_is_told_from_what_an_operator_did(body: str, stated: bool) -> None:
    raised = only_call(f"def helper(x): raise ValueError\ndef answer(x):\n    {body}\n").raised
    assert raised is not None
    assert raised.stated is stated


def test_line_is_the_students_last_one() -> None:
    source = "def helper(x):\n    return np.linalg.inv(x)\n\ndef answer(x):\n    return helper(x)\n"
    raised = only_call(source, case(Array(((0.0, 0.0), (0.0, 0.0))))).raised
    assert raised is not None
    assert (raised.line, raised.types[0]) == ("return np.linalg.inv(x)", "LinAlgError")


def test_exception_whose_text_cannot_be_read() -> None:
    source = "class Odd(Exception):\n    def __str__(self): raise ValueError\n\ndef answer(x): raise Odd\n"
    raised = only_call(source).raised
    assert raised is not None
    assert raised.types[0] == "Odd"
    assert raised.text


def test_wrong_number_of_arguments_is_raised_not_own() -> None:
    raised = only_call("def answer(): return 1").raised
    assert raised is not None
    assert (raised.types[0], raised.own, raised.line) == ("TypeError", False, "")


def test_interrupt_ends_the_whole_check() -> None:
    source = """\
count = []
def answer(x):
    count.append(x)
    if len(count) == 2:
        raise KeyboardInterrupt
    return x
"""
    namespace = namespace_of(source)
    exercise = exercise_of(case(1.0), case(2.0), case(3.0), case(4.0))
    observation = probe(exercise, namespace, exercise.cases)
    assert namespace["count"] == [1.0, 2.0]
    assert [call.raised is None for call in observation.calls] == [True, False, False, False]


@pytest.mark.parametrize(
    ("stub", "calls"),
    [
        ("answer", [1.0, 2.0]),
        # A stub above it that an answer calls at some inputs alone says nothing of the others.
        ("helper", [1.0, 2.0, 3.0, 4.0]),
    ],
)
def test_a_body_that_is_not_written_is_called_no_more(stub: str, calls: list[float]) -> None:
    source = f"""\
count = []

def helper(x):
    {"raise NotImplementedError" if stub == "helper" else "return x"}

def answer(x):
    count.append(x)
    if len(count) == 2:
        {"helper(x)" if stub == "helper" else "raise NotImplementedError"}
    return x
"""
    namespace = namespace_of(source)
    exercise = exercise_of(case(1.0), case(2.0), case(3.0), case(4.0))
    observation = probe(exercise, namespace, exercise.cases)
    assert namespace["count"] == calls
    assert [call.raised.stub if call.raised else "" for call in observation.calls[:2]] == ["", stub]
    assert judge(exercise, exercise.cases, observation).outcome is not Outcome.RIGHT


# What was left behind


def test_settings_are_put_back() -> None:
    source = """\
def answer(x):
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    import sys
    sys.stdout = None
    np.seterr(all="raise")
"""
    before = torch.get_default_dtype(), torch.is_grad_enabled(), sys.stdout, sys.stderr, np.geterr()
    backward, make_dual = torch.autograd._engine_run_backward, torch.autograd.forward_ad.make_dual
    filters = list(warnings.filters)
    only_call(source + "    raise ValueError")
    assert (torch.get_default_dtype(), torch.is_grad_enabled(), sys.stdout, sys.stderr, np.geterr()) == before
    assert (torch.autograd._engine_run_backward, torch.autograd.forward_ad.make_dual) == (backward, make_dual)
    assert warnings.filters == filters


def test_gradients_are_enabled_in_the_call() -> None:
    with torch.no_grad():
        call = only_call("def answer(x): return torch.is_grad_enabled()")
        assert not torch.is_grad_enabled()
    assert call.value is not None
    assert call.value.numbers == (1.0,)


def test_output_and_warnings_are_caught(capfd: pytest.CaptureFixture[str]) -> None:
    source = """\
import sys, warnings
def answer(x):
    print("out", x)
    print("err", file=sys.stderr)
    for _ in range(2):
        warnings.warn("careful")
    y = torch.ones(2, requires_grad=True) * 2
    y.sum().backward()
    y.grad
"""
    call = only_call(source)
    assert capfd.readouterr() == ("", "")
    assert call.printed == "out 1.5\nerr\n"
    assert [warning for warning in call.warnings if "careful" in warning] == ["UserWarning: careful"] * 2
    assert any("not a leaf" in warning for warning in call.warnings)


def test_warning_shows_in_every_call() -> None:
    source = "def answer(x):\n    y = torch.ones((), requires_grad=True) * x\n    return y.grad"
    observation = observed(source, case(1.0), case(2.0), case(3.0))
    assert all("not a leaf" in call.warnings[0] for call in observation.calls)


def test_much_output_is_cut() -> None:
    source = """\
import warnings
def answer(x):
    for i in range(100):
        print("x" * 100)
        warnings.warn(str(i) * 999)
"""
    observation = observed(source)
    assert (len(observation.calls[0].printed), len(observation.calls[0].warnings)) == (500, 20)
    assert Observation.from_json(observation.to_json()) == observation


# What became of the arguments


@pytest.mark.parametrize(
    ("body", "argument", "changed"),
    [
        ("x[0] = 9", Array((1.0, 2.0)), True),
        ("x += 0", Array((1.0, 2.0)), False),
        ("x = x + 1", Array((1.0, 2.0)), False),
        ("x *= 2", Array((1.0, 2.0), "torch"), True),
        ("x.requires_grad_()", Array((1.0, 2.0), "torch"), True),
        ("x.resize_(1)", Array((1.0, 2.0), "torch"), True),
        ("x.data = x.data.float()", Array((1.0, 2.0), "torch"), True),
        ("(x.clone().requires_grad_() ** 2).sum().backward()", Array((1.0, 2.0), "torch"), False),
        (
            "(x.requires_grad_() ** 2).sum().backward()\n    x.requires_grad_(False)",
            Array((1.0, 2.0), "torch"),
            True,
        ),
        (
            "torch.autograd.grad((x.requires_grad_() ** 2).sum(), x)\n    x.requires_grad_(False)",
            Array((1.0,), "torch"),
            False,
        ),
        ("x[0] += 1", (1.0, 2.0), True),
        ("x.append(3.0)", (1.0, 2.0), True),
        ("x[1].sort()", ("a", (2.0, 1.0)), True),
        ("x[0] = None", ((1.0, 2.0), 3.0), True),
        ("x[0] = np.array(['a', None])", (Array((1.0, 2.0)), 3.0), True),
        ("sorted(x)", (2.0, 1.0), False),
        ("x[0] = float('nan')", Array((float("nan"), 2.0)), False),
    ],
)
def test_argument_changed_in_place_is_noticed(body: str, argument: Any, changed: bool) -> None:
    assert only_call(f"def answer(y, x):\n    {body}\n", case(0.5, argument)).changed == ((1,) if changed else ())


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        ("fs.reverse()", True),
        ("fs[0], fs[1] = fs[1], fs[0]", True),
        ("fs[0] = lambda x: x", True),
        ("fs.append(fs.pop())", False),
        ("return [f(1.0) for f in reversed(fs)][0]", False),
    ],
)
def test_functions_in_another_order_are_a_changed_argument(body: str, changed: bool) -> None:
    functions = {"double": lambda: lambda x: 2 * x, "halve": lambda: lambda x: x / 2}
    chain = case((Build("double"), Build("halve")))
    exercise = exercise_of(chain, builders=functions)
    (call,) = probe(exercise, namespace_of(f"def answer(fs):\n    {body}\n"), exercise.cases).calls
    assert bool(call.changed) is changed


def test_what_a_cache_keeps_is_forgotten_around_the_call_with_other_gradients() -> None:
    source = """
from functools import cache

@cache
def leaf_of(x):
    leaf = torch.tensor(x, requires_grad=True)
    (leaf * leaf).backward()
    return leaf

def answer(x):
    return leaf_of(x).grad.item()
"""
    exercise = exercise_of(case(1.5), way="autograd")
    namespace = namespace_of(source)
    observation = probe(exercise, namespace, exercise.cases)
    assert observation.scaled is not None
    assert observation.scaled.value is not None
    assert list(observation.scaled.value.numbers) == [6.0]
    assert namespace["answer"](1.5) == 3.0


def test_each_call_gets_arguments_of_its_own() -> None:
    observation = observed("def answer(x):\n    x += 1\n    return x", *[case(Array((1.0, 2.0)))] * 3, way="autograd")
    assert [call.value.numbers for call in observation.calls if call.value is not None] == [(2.0, 3.0)] * 3


# How the engine was used

LEAF = "x = torch.tensor(x, dtype=torch.float64, requires_grad=True)"


@pytest.mark.parametrize(
    ("body", "runs"),
    [
        ("return 2 * x", []),
        ("(x**2).backward()", [EngineRun(False, False, True, nodes=2, largest=1)]),
        ("(x**2).backward(retain_graph=True)", [EngineRun(True, False, True, nodes=2, largest=1)]),
        ("torch.autograd.backward(x**2, create_graph=True)", [EngineRun(True, True, True, nodes=2, largest=1)]),
        ("torch.autograd.grad(x**2, x)", [EngineRun(False, False, False, nodes=2, largest=1)]),
        ("torch.autograd.grad(x**2, x, create_graph=True)", [EngineRun(True, True, False, nodes=2, largest=1)]),
        (
            "y = x**2\n    y.backward(retain_graph=True)\n    y.backward()",
            [
                EngineRun(True, False, True, nodes=2, largest=1),
                EngineRun(False, False, True, nodes=2, built_ahead=True, largest=1, again=True, adds=True),
            ],
        ),
        (
            "from torch.autograd import grad, backward\n    grad(x**2, x)",
            [EngineRun(False, False, False, nodes=2, largest=1)],
        ),
        ("torch.autograd.functional.vjp(torch.square, x)", [EngineRun(False, False, False, nodes=2, largest=1)]),
    ],
)
def test_engine_runs_are_noted(body: str, runs: list[EngineRun]) -> None:
    call = only_call(f"def answer(x):\n    {LEAF}\n    {body}\n")
    assert call.raised is None
    assert list(call.engine_runs) == runs
    assert call.forward_mode == 0


@pytest.mark.parametrize(
    ("body", "graphs"),
    [
        ("for _ in range(3):\n        (x * x).backward()", [(2, False)] * 3),
        ("for loss in [x * x, x * x, x * x]:\n        loss.backward()", [(2, False), (2, True), (2, True)]),
        (
            "y = x\n    for _ in range(3):\n        y = y + 1\n        y.backward()",
            [(2, False), (3, False), (4, False)],
        ),
        ("for _ in range(2):\n        torch.func.grad(torch.square)(x)", [(2, False)] * 2),
        ("y = x\n    for _ in range(2000):\n        y = y + 1\n    y.backward()", [(1000, False)]),
        ("x.backward()", [(0, False)]),
    ],
)
def test_graphs_are_noted(body: str, graphs: list[tuple[int, bool]]) -> None:
    """A graph that grows, or one that was there before another had its pass, is one that somebody kept."""
    call = only_call(f"def answer(x):\n    {LEAF}\n    {body}\n")
    assert call.raised is None
    assert [(run.nodes, run.built_ahead) for run in call.engine_runs] == graphs


@pytest.mark.parametrize(
    ("body", "runs"),
    [
        ("y = x**2\n    y.backward(retain_graph=True)\n    y.backward()", [(False, False), (True, True)]),
        ("(x**2).backward(retain_graph=True)\n    (x**2).backward()", [(False, False), (False, True)]),
        ("y, z = x**2, x**2\n    y.backward()\n    z.backward()", [(False, False), (False, True)]),
        ("y = x**2\n    y.sin().backward(retain_graph=True)\n    y.backward()", [(False, False), (True, True)]),
        (
            "y = x**2\n    y.backward(retain_graph=True)\n    x.grad = None\n    y.backward()",
            [(False, False), (True, False)],
        ),
        ("for _ in range(2):\n        (x.detach().requires_grad_() ** 2).backward()", [(False, False)] * 2),
        ("for _ in range(2):\n        torch.autograd.grad(x**2, x)", [(False, False)] * 2),
    ],
)
def test_what_a_pass_has_in_common_with_the_one_before_is_noted(body: str, runs: list[tuple[bool, bool]]) -> None:
    call = only_call(f"def answer(x):\n    {LEAF}\n    {body}\n")
    assert call.raised is None
    assert [(run.again, run.adds) for run in call.engine_runs] == runs


@pytest.mark.parametrize(
    ("returned", "rows"),
    [
        ("torch.func.grad(torch.sum)(x)", 1),
        ("torch.func.jacrev(torch.sum)(x)", 1),
        ("torch.func.jacrev(torch.func.jacrev(lambda x: (x**3).sum()))(x)", 3),
        ("torch.func.jacfwd(torch.square)(x)", 3),
        ("torch.func.vmap(torch.func.jacrev(torch.square))(x.reshape(3, 1))", 3),
    ],
)
def test_rows_that_run_as_one_pass_are_noted(returned: str, rows: int) -> None:
    call = only_call(f"def answer(x):\n    x = torch.ones(3)\n    return {returned}\n")
    assert call.raised is None
    assert call.rows == rows


@pytest.mark.parametrize(
    ("returned", "reads"), [("pair.slope", ()), ("slope", ("gradient",)), ("pair.slope + slope", ("gradient",))]
)
def test_an_attribute_is_no_global_of_its_name(returned: str, reads: tuple[str, ...]) -> None:
    observation = observed(
        "leaf = torch.tensor(3.0, requires_grad=True)\n(leaf * leaf).backward()\nslope = leaf.grad.item()\n\n"
        "class Pair:\n    def __init__(self, x):\n        self.slope = 2 * x\n\n"
        f"def answer(x):\n    pair = Pair(x)\n    return {returned}\n",
        way="hand",
    )
    assert observation.reads == reads


def test_a_method_is_no_global_of_its_name() -> None:
    observation = observed(
        "leaf = torch.tensor(3.0, requires_grad=True)\n(leaf * leaf).backward()\nslope = leaf.grad.item()\n\n"
        "class Rule:\n    def slope(self, x):\n        return 2 * x\n\n"
        "    def __call__(self, x):\n        return self.slope(x)\n\n"
        "answer = Rule()\n",
        way="hand",
    )
    assert observation.reads == ()


FORWARD_MODE = {
    "func.jvp": """\
def answer(x):
    return torch.func.jvp(torch.square, (torch.tensor(x),), (torch.tensor(1.0),))[1]
""",
    "jacfwd": """\
def answer(x):
    return torch.func.jacfwd(torch.square)(torch.tensor(x))
""",
    "module": """\
import torch.autograd.forward_ad as fwAD

def answer(x):
    with fwAD.dual_level():
        return fwAD.unpack_dual(fwAD.make_dual(torch.tensor(x), torch.tensor(1.0)) ** 2).tangent
""",
    "imported": """\
from torch.autograd.forward_ad import dual_level, make_dual, unpack_dual

def answer(x):
    with dual_level():
        return unpack_dual(make_dual(torch.tensor(x), torch.tensor(1.0)) ** 2).tangent
""",
}


@pytest.mark.parametrize("source", FORWARD_MODE.values(), ids=FORWARD_MODE)
def test_forward_mode_is_noted_and_doubled(source: str) -> None:
    observation = observed(source, way="autograd")
    (call,) = observation.calls
    assert call.raised is None
    assert (call.forward_mode, call.engine_runs) == (1, ())
    assert call.value is not None
    assert observation.scaled is not None
    assert observation.scaled.value is not None
    assert (call.value.numbers, observation.scaled.value.numbers) == ((3.0,), (6.0,))


def test_endless_backward_is_counted_to_a_limit() -> None:
    source = "def answer(x):\n    x = torch.ones((), requires_grad=True)\n    for _ in range(1100): (x * 2).backward()"
    observation = observed(source)
    assert len(observation.calls[0].engine_runs) == 1000
    assert Observation.from_json(observation.to_json()) == observation


@pytest.mark.parametrize(
    ("body", "value", "scaled"),
    [
        ("(x**2).backward()\n    return x.grad.item()", 3.0, 6.0),
        ("return torch.autograd.grad(x**2, x)[0]", 3.0, 6.0),
        ("(x**2).backward()\n    return 2 * x.item()", 3.0, 3.0),
        ("return torch.func.grad(torch.square)(x.detach()).item()", 3.0, 6.0),
    ],
)
def test_last_case_once_more_with_doubled_gradients(body: str, value: float, scaled: float) -> None:
    observation = observed(f"def answer(x):\n    {LEAF}\n    {body}\n", case(1.0), case(1.5), way="autograd")
    last, again = observation.calls[-1].value, observation.scaled
    assert last is not None
    assert again is not None
    assert again.value is not None
    assert (last.numbers, again.value.numbers) == ((value,), (scaled,))


def test_halved_where_doubled_gives_the_same() -> None:
    # With s in place of each 1 that enters the engine, the result is s * (s - 3): -2 for 1, and -2 for 2.
    passes = "first, = torch.autograd.grad(x + 0, x)\n    (x + 0).backward(first - 3)\n    return x.grad.item()"
    observation = observed(f"def answer(x):\n    {LEAF}\n    {passes}\n", way="autograd")
    last, again = observation.calls[-1].value, observation.scaled
    assert last is not None
    assert again is not None
    assert again.value is not None
    assert (last.numbers, again.value.numbers) == ((-2.0,), (-1.25,))


def test_doubled_only_where_it_says_something() -> None:
    assert observed("def answer(x): return x", way="hand").scaled is None
    assert observed("def answer(x): return x", way="any").scaled is None
    assert observed("def answer(x): raise ValueError", way="autograd").scaled is None
    assert observed("def answer(x): return x", way="autograd").scaled is not None


# The text of an answer

HELPER = "def helper(x):\n    return x + 111\n\n"
ANSWERS = {
    "function": """\
def answer(x):
    return helper(x)
""",
    "lambda": "answer = lambda x: helper(x)",
    "another name": "answer = helper",
    "partial": """\
from functools import partial
answer = partial(helper, 2)
""",
    "partial of a partial": """\
from functools import partial
answer = partial(partial(lambda f, x: helper(x)), None)
""",
    "decorated": """\
from functools import lru_cache

@lru_cache
def answer(x):
    return helper(x)
""",
    "instance": """\
class Answer:
    def __call__(self, x):
        return helper(x)

answer = Answer()
""",
    "base class": """\
class Base:
    def __call__(self, x):
        return helper(x)

class Answer(Base):
    pass

answer = Answer()
""",
    "method": """\
class Answer:
    def slope(self, x):
        return self.inner(x)

    @staticmethod
    def inner(x):
        return helper(x)

answer = Answer().slope
""",
    "class method": """\
class Answer:
    @classmethod
    def slope(cls, x):
        return helper(x)

answer = Answer.slope
""",
    "global instance": """\
class Solver:
    def slope(self, x):
        return helper(x)

solver = Solver()

def answer(x):
    return solver.slope(x)
""",
    "two steps": """\
def middle(x):
    return helper(x)

def answer(x):
    return middle(x)
""",
    "comprehension": """\
def answer(x):
    return [helper(y) for y in (x,)][0]
""",
    "inner function": """\
def answer(x):
    def inner():
        return helper(x)

    return inner()
""",
    "closure": """\
def outer():
    def inner(x):
        return helper(x)

    def answer(x):
        return inner(x)

    return answer

answer = outer()
""",
}


@pytest.mark.parametrize("source", ANSWERS.values(), ids=ANSWERS)
def test_source_reaches_helpers(source: str) -> None:
    namespace = namespace_of(HELPER + source)
    assert "111" in source_of(namespace["answer"], namespace)


def test_source_holds_what_is_reached_and_no_more() -> None:
    namespace = namespace_of("def other(x): return 222\n" + HELPER + "def answer(x): return helper(x)\n")
    text = source_of(namespace["answer"], namespace)
    assert text.count("111") == 1
    assert "222" not in text


def test_source_of_a_library_is_not_the_students() -> None:
    namespace = namespace_of("answer = torch.nn.Linear(1, 1)\n")
    assert source_of(namespace["answer"], namespace) == ""
    namespace = namespace_of("from statistics import mean\ndef answer(x): return mean([x])\n")
    assert source_of(namespace["answer"], namespace) == "def answer(x): return mean([x])\n"


@pytest.mark.parametrize("thing", [len, np.square, torch.sin, 3, None, object(), type, eval("lambda x: x")])
def test_source_that_there_is_not(thing: object) -> None:
    assert source_of(thing, {"__name__": "__main__"}) == ""


def test_source_of_hostile_objects() -> None:
    class Hostile:
        def __getattribute__(self, name: str) -> Any:
            raise RuntimeError(name)

    namespace = namespace_of("def answer(x): return thing(x)\n", thing=Hostile())
    assert source_of(Hostile(), namespace) == ""
    assert "thing(x)" in source_of(namespace["answer"], namespace)


def test_functions_that_call_each_other() -> None:
    namespace = namespace_of("def a(x): return b(x)\ndef b(x): return a(x)\nanswer = a\n")
    assert source_of(namespace["answer"], namespace).count("def ") == 2


def test_long_source_is_cut() -> None:
    namespace = namespace_of("def answer(x):\n" + "    x = x + 1\n" * 5000 + "    return x\n")
    assert len(source_of(namespace["answer"], namespace)) == 20_000


# Global settings of the notebook

GLOBAL_SETTINGS = {
    "default device that is not there": "torch.set_default_device('cuda')",
    "default device without numbers": "torch.set_default_device('meta')",
    "device entered and not left": "torch.device('meta').__enter__()",
    "default dtype": "torch.set_default_dtype(torch.float64)",
    "no gradients": "torch.set_grad_enabled(False)",
    "inference mode": "mode = torch.inference_mode()\nmode.__enter__()",
    "autocast": "torch.set_autocast_enabled('cpu', True)",
    "deterministic": "torch.use_deterministic_algorithms(True)",
    "warnings as errors": "import warnings\nwarnings.simplefilter('error')",
    "NumPy raises": "np.seterr(all='raise')",
    "print options": "np.set_printoptions(formatter={'all': lambda x: 1 / 0})\ntorch.set_printoptions(threshold=0, precision=0)",
    "patched builtins": "import builtins\nbuiltins.len = builtins.isinstance = builtins.sorted = lambda *_: 7",
    "removed builtins": "import builtins\ndel builtins.sum, builtins.zip",
    "patched random": "import random\nrandom.seed(3); np.random.seed(3); torch.manual_seed(3)",
}


def state() -> list[Any]:
    with torch._C.DisableTorchFunction():
        return [
            *(torch.get_default_dtype(), torch.is_grad_enabled()),
            *(torch.is_inference_mode_enabled(), torch.is_autocast_enabled("cpu")),
            *(str(np.geterr()), str(torch._tensor_str.PRINT_OPTS), [str(one) for one in warnings.filters]),
            {name: id(value) for name, value in vars(builtins).items() if name != "_"},
            *(str(random.getstate()), np.random.get_state()[1].tolist(), str(torch.get_rng_state().tolist())),
        ]


def checked_under(setting: str, answers: dict[str, str]) -> list[str]:
    """Make a setting as a cell does, check answers as a notebook does, and return what was not as it should be."""
    namespaces = {exercise_id: namespace_of(source) for exercise_id, source in answers.items()}
    exec(setting, {"np": np, "torch": torch})
    before = state() if "builtins" not in setting else []
    wrong: list[str] = []
    for exercise_id, namespace in namespaces.items():
        with fresh_settings():
            exercise = lessons.find(exercise_id)
        observation = probe(exercise, namespace, exercise.cases)
        with fresh_settings():
            verdict = judge(exercise, exercise.cases, observation.to_json())
            if verdict.outcome != "right":
                wrong += [f"{exercise_id}: {verdict.outcome}: {verdict.message}"]
    if before and before != state():
        wrong += ["the settings are not as they were"]
    return wrong


@pytest.mark.parametrize("name", GLOBAL_SETTINGS)
def test_global_settings_are_set_aside_and_put_back(name: str) -> None:
    """In a process of its own: what is set here would stay."""
    answers = {
        exercise_id: next(iter(styles.values()))
        for lesson in ("scalar_gradients", "vector_backward")
        for exercise_id, styles in importlib.import_module(f"tests.answers.{lesson}").RIGHT.items()
    }
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = checked_under(GLOBAL_SETTINGS[name], answers)
        except BaseException as error:
            said = [f"ended with {error!r}"]
        with fresh_settings():
            os.write(write, "\n".join(said)[:4000].encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        assert pipe.read() == ""
    os.waitpid(child, 0)


def test_failure_of_the_probe_itself_is_told() -> None:
    def broken(x: float) -> float:
        raise OSError("no such thing")

    observation = observed("def answer(x): return x", case(Build("broken", (1.0,))), builders={"broken": broken})
    assert observation == Observation(exercise="lesson.answer", failed="OSError: no such thing")
    assert Observation.from_json(observation.to_json()) == observation


def test_what_one_call_cannot_show_is_asked_with_the_names_of_the_student() -> None:
    def ask(names: Mapping[str, Any], x: float) -> float:
        leaf = torch.tensor(x, requires_grad=True)
        torch.autograd.backward(names["answer"].apply(leaf))
        assert leaf.grad is not None
        return leaf.grad.item()

    source = """
class answer(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 3 * x

    @staticmethod
    def backward(ctx, g):
        return 3 * g
"""
    exercise = exercise_of(case(1.5), ask=ask)
    (call,) = probe(exercise, namespace_of(source), exercise.cases).calls
    assert call.value is not None
    assert call.value.numbers == (3.0,)
    assert len(call.engine_runs) == 1


def test_what_is_called_while_the_result_is_read_is_the_answers_doing(monkeypatch: pytest.MonkeyPatch) -> None:
    source = """
kept, asked = np.asarray, []

def computed(*_, **__):
    x = asked[-1]
    return kept(np.gradient([(x - 1e-4) ** 2, x**2, (x + 1e-4) ** 2], 1e-4)[1])

def d_square(x):
    asked.append(x)
    return np.float64(0.0)
"""
    exercise = lessons.find("scalar_gradients.d_square")
    namespace = namespace_of(source)
    monkeypatch.setattr(np, "asarray", namespace["computed"])
    observation = probe(exercise, namespace, exercise.cases)
    monkeypatch.undo()
    assert "numpy.lib._function_base_impl.gradient" in observation.calls[0].called
    assert judge(exercise, exercise.cases, observation).outcome is Outcome.WRONG_STATE


# Passes within passes

WITHIN = """\
class Again(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, depth):
        ctx.x, ctx.depth = x.detach().requires_grad_(), depth
        return 2 * x.detach()
    @staticmethod
    def backward(ctx, g):
        if ctx.depth == 0:
            return 2 * g, None
        with torch.enable_grad():
            inner = Again.apply(ctx.x, ctx.depth - 1)
        inner.backward(g)
        return ctx.x.grad, None

def answer(x):
    leaf = torch.tensor(x, requires_grad=True)
    Again.apply(leaf, DEPTH).backward()
    return leaf.grad
"""


def test_a_pass_that_comes_to_itself_has_an_end() -> None:
    # The engine starts a thread for each sixty of them, in which nothing of Python's ends it.
    endless = WITHIN.replace("DEPTH", "-1")
    raised = only_call(endless, case(1.5)).raised
    assert raised is not None
    assert raised.types[0] == "RecursionError"
    exercise = exercise_of(case(1.5), reference=lambda x: 2.0)
    for probed in (True, False):
        (seen,) = run_variants(exercise, namespace_of(""), [endless], exercise.cases, 5.0, probed)
        assert seen is not None
        assert seen.calls[0].value is None
    assert len(only_call(WITHIN.replace("DEPTH", "20"), case(1.5)).engine_runs) == 21
