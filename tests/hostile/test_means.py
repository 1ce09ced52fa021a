"""Each means that an exercise excludes is refused, flagged or unseen as it is said; of right work nothing is said."""

from __future__ import annotations

import pytest
import torch

from autograder.lessons import all_lessons
from autograder.verdict import Outcome
from tests.answering import right_answers, verdict_on

from .means import Attempt, all_attempts, said_by


@pytest.fixture(autouse=True)
def _what_attempts_replace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put back what an attempt in this process replaces for good."""
    for place, name in ((torch._C._autograd, "_get_sequence_nr"), (torch.autograd.graph, "_engine_run_backward")):
        monkeypatch.setattr(place, name, getattr(place, name))


RIGHT = {
    f"{exercise.id}: {style}": (exercise.id, source)
    for lesson in all_lessons()
    for exercise in lesson.exercises
    if exercise.way == "hand"
    for style, source in right_answers(lesson)[exercise.id].items()
}
# Right work that looks like another means in one thing or another.
ODD = {
    "checks itself by a difference": """
def square(t):
    return t * t

def d_square(x):
    slope = 2 * x
    assert abs((square(x + 1e-6) - square(x - 1e-6)) / 2e-6 - slope) < 1e-4
    return slope
""",
    "checks itself by calling itself": """
def d_square(x, deep=False):
    if not deep:
        assert d_square(3.0, True) == 6.0
        assert abs(d_square(x + 1e-6, True) - d_square(x - 1e-6, True)) < 1e-5
    return 2 * x
""",
    "calls itself": "def d_square(x, n=3):\n    return 2 * x if n == 0 else d_square(x, n - 1)",
    "one helper at two near points": """
def double(t):
    return 2 * t

def d_square(x):
    near = double(x + 1e-3)
    return double(x) if near else near
""",
    "guards by a global": "EPS = 1e-8\n\ndef d_square(x):\n    return 2 * x * x / (x + EPS)",
    "guards by an argument": "def d_square(x, eps=1e-8):\n    return 2 * x * (x + eps) / x",
    "remembers": "memo = {}\n\ndef d_square(x):\n    if x not in memo:\n        memo[x] = 2 * x\n    return memo[x]",
    "is cached": "import functools\n\n@functools.lru_cache\ndef d_square(x):\n    return 2 * x",
    "has a dataclass": """
from dataclasses import dataclass

def d_square(x):
    @dataclass
    class Point:
        x: float

    return 2 * Point(x).x
""",
    "has a named tuple": """
from collections import namedtuple

def d_square(x):
    Point = namedtuple("Point", "x y")
    return 2 * Point(x, x * x).x
""",
    "rounds": "def d_square(x):\n    return round(2 * x + 1e-12, 6)",
    "writes": "def d_square(x):\n    return float(f'{2 * x:.9f}')",
    "in float32 and back": "def d_square(x):\n    return float(np.float32(x)) * 2",
    "prints and logs": """
import logging

def d_square(x):
    logging.getLogger("mine").debug("at %s", x)
    print("at", x)
    return 2 * x
""",
    "warns": "import warnings\n\ndef d_square(x):\n    warnings.warn('here')\n    return 2 * x",
    "decorated": """
import functools, time

def timed(function):
    @functools.wraps(function)
    def inner(*arguments):
        start = time.perf_counter()
        result = function(*arguments)
        print(time.perf_counter() - start)
        return result
    return inner

@timed
def d_square(x):
    return 2 * x
""",
    "a class": "class Slope:\n    def __call__(self, x):\n        return 2 * x\n\nd_square = Slope()",
    "a class with a scalar product": """
class Row:
    def __init__(self, *entries):
        self.entries = entries
    def __mul__(self, other):
        return sum(a * b for a, b in zip(self.entries, other.entries))

def d_square(x):
    return Row(2, 0) * Row(x, 1)
""",
    "a class that adds up": """
class Share:
    def __init__(self, size):
        self.size = size
    def __add__(self, other):
        return Share(self.size + other.size)

def d_square(x):
    return (Share(x) + Share(x)).size
""",
    "a class with a difference": """
class Slope:
    def __init__(self, x):
        self.value = 3 * x
    def __sub__(self, other):
        return self.value - other

def d_square(x):
    return Slope(x) - x
""",
    "a partial": "from functools import partial\nd_square = partial(lambda factor, x: factor * x, 2)",
    "from the future": "from __future__ import annotations\n\ndef d_square(x: float) -> float:\n    return 2 * x",
    "by polyder": "def d_square(x):\n    return np.polyval(np.polyder([1, 0, 0]), x)",
    "by a library's helpers": "def d_square(x):\n    return float(np.sum(np.stack([np.array(x), np.array(x)])))",
    "in tensors": "def d_square(x):\n    return torch.stack([torch.tensor(x), torch.tensor(x)]).sum().item()",
    "checks itself by autograd in its cell": """
factor = 2

def d_square(x):
    return factor * x

x = torch.tensor(3.0, requires_grad=True)
(x * x).backward()
slope = x.grad.item()
assert d_square(3.0) == slope
factors = [d_square(1.0) - x.grad.item()]
print(factor, slope - d_square(3.0))
""",
    "beside a tensor of the notebook's": """
x = torch.tensor([0.1, 0.2, 0.3, 0.4], requires_grad=True)
(x * x).sum().backward()

def d_square(x):
    return 2 * x
""",
}


def test_there_are_enough_of_many_families() -> None:
    attempts = all_attempts()
    assert len(attempts) >= 80
    assert len({one.family for one in attempts}) >= 8
    assert len({one.name for one in attempts}) == len(attempts)


@pytest.mark.parametrize("attempt", all_attempts(), ids=lambda attempt: attempt.name)
def test_a_means_is_told_as_it_is_said(attempt: Attempt) -> None:
    verdict = attempt.verdict()
    assert said_by(verdict) == attempt.said, (verdict.message, verdict.flag)
    if attempt.said == "refused":
        assert verdict.points == 0
        assert verdict.mistake
    else:
        assert verdict.points == verdict.max_points


@pytest.mark.parametrize("style", RIGHT)
def test_right_work_by_hand_is_not_flagged(style: str) -> None:
    verdict = verdict_on(*RIGHT[style])
    assert (verdict.outcome, verdict.flag) == (Outcome.RIGHT, "")


@pytest.mark.parametrize("style", ODD)
def test_right_work_that_looks_like_another_means_is_not_flagged(style: str) -> None:
    verdict = verdict_on("scalar_gradients.d_square", ODD[style].strip("\n"))
    assert (verdict.outcome, verdict.flag) == (Outcome.RIGHT, ""), verdict.message


def test_an_engine_is_not_built_on_a_backward_kernel_of_the_library() -> None:
    exercise_id, right = RIGHT["own_engine.relu: where"]
    own = "(lambda g: np.where(on, g, 0),)"
    assert own in right
    kernel = (
        "(lambda g: torch.ops.aten.threshold_backward(torch.as_tensor(g) * 1.0, torch.as_tensor(x.data), 0).numpy(),)"
    )
    verdict = verdict_on(exercise_id, right.replace(own, kernel))
    assert (verdict.points, verdict.mistake) == (0, f"{exercise_id}.autograd-by-hand")
