"""Right values by a means that the exercise excludes, as data: how each is made, and what is said of it today.

An attempt is a way, written for one exercise. A way of `WAYS` fits each exercise that asks for the derivative of one number;
`{f}` in it stands for the function to differentiate, as an expression in `t` and `lib`. Those of `SINGLE` fit one exercise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from autograder.verdict import Outcome, Verdict
from tests.answering import verdict_on

Said = Literal["refused", "flagged", "unseen"]
SAID: tuple[Said, ...] = ("refused", "flagged", "unseen")


@dataclass(frozen=True)
class Attempt:
    """One attempt: its family, its exercise, its cell, and what is expected to be said of it."""

    family: str
    way: str
    exercise: str
    source: str
    said: Said

    @property
    def name(self) -> str:
        """What tells it from all others."""
        return f"{self.family}: {self.way}: {self.exercise}"

    def verdict(self) -> Verdict:
        """Return the verdict on it."""
        return verdict_on(self.exercise, self.source)


def said_by(verdict: Verdict) -> Said:
    """Return what a verdict says of the means.

    Raises
    ------
    ValueError
        When it says that the values are wrong: then the attempt shows nothing.
    """
    if verdict.outcome is Outcome.WRONG_STATE:
        return "refused"
    if verdict.outcome is not Outcome.RIGHT:
        raise ValueError(f"{verdict.outcome}: {verdict.message}")
    return "flagged" if verdict.flag else "unseen"


def table() -> list[str]:
    """Return the counts by family, as a table, from what is said of each attempt."""
    counts = Counter((one.family, said_by(one.verdict())) for one in all_attempts())
    families = sorted({family for family, _ in counts})
    lines = ["| means | tried | refused | flagged | unseen |", "|---|--:|--:|--:|--:|"]
    for family in [*families, ""]:
        row = [sum(n for (of, said), n in counts.items() if family in (of, "") and said == one) for one in SAID]
        lines.append(f"| {family or '**all**'} | {sum(row)} | {' | '.join(map(str, row))} |")
    return lines


def all_attempts() -> tuple[Attempt, ...]:
    """Return all attempts, family by family."""
    return tuple(sorted((*_for_each_function(), *SINGLE), key=lambda one: one.family))


def _for_each_function() -> Iterator[Attempt]:
    for family, ways in WAYS.items():
        for way, (said, text) in ways.items():
            for exercise, (arguments, f) in FUNCTIONS.items():
                name = exercise.partition(".")[2]
                source = text.replace("{name}", name).replace("{arguments}", arguments).replace("{f}", f)
                yield Attempt(family, way, exercise, source.strip("\n"), said)


FUNCTIONS = {
    "scalar_gradients.d_poly": ("x", "3 * t * t - 4 * t + 5"),
    "chain_rule.dz_dx": ("x", "lib.sin(t * t)"),
    "chain_rule.d_fanout": ("x", "t * t + t * lib.sin(t)"),
    "binary_cross_entropy.dL_dz": ("x, y", "lib.log(1 + lib.exp(t)) - y * t"),
}

# A quotient of differences, in all the ways to come by a step.
_CENTRAL = """
import math
lib = math
{setup}
def {name}({arguments}):
    def f(t):
        return {f}
    {step}
    return (f(x + h) - f(x - h)) / (2 * h)
"""


def _central(setup: str = "", step: str = "pass") -> str:
    return _CENTRAL.replace("{setup}", setup).replace("{step}", step)


WAYS: dict[str, dict[str, tuple[Said, str]]] = {
    "finite difference": {
        "a step written out": ("refused", _central(step="h = 1e-5")),
        "a global step": ("refused", _central(setup="h = 1e-6")),
        "a step of machine epsilon": ("refused", _central(step="h = np.finfo(float).eps ** (1 / 3)")),
        "a step in a default argument": (
            "refused",
            """
import math
lib = math

def {name}({arguments}, h=1e-5):
    f = lambda t: {f}
    return (f(x + h) - f(x - h)) / (2 * h)
""",
        ),
        "in a text that is too deep": (
            "refused",
            """
import math
lib = math

def {name}({arguments}):
    deep = """
            + "(" * 90
            + "1"
            + ")" * 90
            + """
    f = lambda t: {f}
    return deep * (f(x + 1e-5) - f(x - 1e-5)) / 2e-5
""",
        ),
        "a step of a class": ("refused", _central(setup="class Step:\n    size = 2.0**-17\n", step="h = Step.size")),
        "by operators": (
            "refused",
            """
import math, operator
lib = math

def {name}({arguments}):
    f = lambda t: {f}
    right, left = (f(x + side * 1e-5) for side in (1, -1))
    return operator.truediv(operator.sub(right, left), 2e-5)
""",
        ),
        "of a list of points": (
            "refused",
            """
import math
lib = math

def {name}({arguments}):
    def f(t):
        return {f}
    values = [f(x + k * 1e-3) for k in (-2, -1, 1, 2)]
    return sum(w * v for w, v in zip((1, -8, 8, -1), values)) / 12e-3
""",
        ),
        "without a text": (
            "refused",
            """
import math
lib = math
exec('''
def {name}({arguments}):
    def f(t):
        return {f}
    return (f(x + 1e-5) - f(x - 1e-5)) / 2e-5
''')
""",
        ),
        "under a forged text": (
            "refused",
            """
import linecache, math
lib = math
exec(compile('''
def {name}({arguments}):
    def f(t):
        return {f}
    return (f(x + 1e-5) - f(x - 1e-5)) / 2e-5
''', "<forged>", "exec"))
text = "\\ndef {name}({arguments}):\\n    return 6 * x - 4\\n"
linecache.cache["<forged>"] = (len(text), None, text.splitlines(keepends=True), "<forged>")
""",
        ),
        "without a text or a function": (
            "flagged",
            """
import math
lib = math
exec('''
def {name}({arguments}):
    values = []
    for t in (x + 1e-5, x - 1e-5):
        values.append({f})
    return (values[0] - values[1]) / 2e-5
''')
""",
        ),
        "in a text that is too long": (
            "refused",
            """
import math
lib = math

def {name}({arguments}):
    '''"""
            + "A long story. " * 1600
            + """'''
    def f(t):
        return {f}
    return (f(x + 1e-5) - f(x - 1e-5)) / 2e-5
""",
        ),
    },
    "library's derivative": {
        "np.gradient under another name": (
            "refused",
            """
lib = np
slope_of = getattr(np, "gra" + "dient")

def {name}({arguments}):
    t = x + np.linspace(-1e-4, 1e-4, 5)
    return slope_of({f}, t)[2]
""",
        ),
        "polyfit": (
            "refused",
            """
lib = np
fit = np.polyfit

def {name}({arguments}):
    t = x + np.linspace(-1e-2, 1e-2, 9)
    return fit(t - x, {f}, 5)[-2]
""",
        ),
        "sympy": (
            "refused",
            """
import sympy
lib = sympy

def {name}({arguments}):
    t = sympy.Symbol("t")
    return float(sympy.Derivative({f}, t).doit().subs(t, x))
""",
        ),
        "sympy beforehand": (
            "refused",
            """
import sympy
lib = sympy
t, y = sympy.symbols("t y")
slope = sympy.lambdify((t, y), sympy.diff({f}, t), "math")

def {name}({arguments}):
    return slope(x, *[{arguments}][1:] or [0])
""",
        ),
        "a symbol's slope beforehand": (
            "flagged",
            """
import sympy
lib = sympy
t, y_ = sympy.symbols("t y")
y = y_
slope = sympy.diff({f}, t)

def {name}({arguments}):
    return float(slope.subs({t: x, y_: ([{arguments}] + [0])[1]}))
""",
        ),
    },
    "complex numbers": {
        "a complex step": (
            "refused",
            """
import cmath
lib = cmath

def {name}({arguments}):
    t = x + 1e-20j
    return ({f}).imag / 1e-20
""",
        ),
        "Cauchy's integral": (
            "flagged",
            """
lib = np

def {name}({arguments}):
    w = np.exp(2j * np.pi * np.arange(64) / 64)
    t = x + 0.5 * w
    return float(np.mean(({f}) / w).real / 0.5)
""",
        ),
        "a complex tensor": (
            "refused",
            """
lib = torch

def {name}({arguments}):
    t = torch.complex(torch.tensor(float(x), dtype=torch.float64), torch.tensor(1e-20, dtype=torch.float64))
    return ({f}).imag.item() / 1e-20
""",
        ),
    },
    "autograd": {
        "backward": (
            "refused",
            """
lib = torch

def {name}({arguments}):
    t = torch.tensor(float(x), dtype=torch.float64, requires_grad=True)
    ({f}).backward()
    return t.grad.item()
""",
        ),
        "torch.func.grad": (
            "refused",
            """
lib = torch
from torch.func import grad as g

def {name}({arguments}):
    return g(lambda t: {f})(torch.tensor(float(x), dtype=torch.float64)).item()
""",
        ),
        "torch.func.jvp": (
            "refused",
            """
lib = torch

def {name}({arguments}):
    at = torch.tensor(float(x), dtype=torch.float64)
    return torch.func.jvp(lambda t: {f}, (at,), (torch.ones_like(at),))[1].item()
""",
        ),
        "jacfwd": (
            "refused",
            """
lib = torch

def {name}({arguments}):
    return torch.func.jacfwd(lambda t: {f})(torch.tensor(float(x), dtype=torch.float64)).item()
""",
        ),
        "in a thread": (
            "refused",
            """
import threading
lib = torch

def {name}({arguments}):
    found = []
    def work():
        at = torch.tensor(float(x), dtype=torch.float64)
        found.append(torch.func.jvp(lambda t: {f}, (at,), (torch.ones_like(at),))[1].item())
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return found[0]
""",
        ),
        "in a pool that waits": (
            "refused",
            """
from concurrent.futures import ThreadPoolExecutor
lib = torch
pool = ThreadPoolExecutor(1)
pool.submit(int).result()

def {name}({arguments}):
    at = torch.tensor(float(x), dtype=torch.float64)
    work = lambda: torch.func.jvp(lambda t: {f}, (at,), (torch.ones_like(at),))[1].item()
    return pool.submit(work).result()
""",
        ),
    },
    "own differentiation": {
        "dual numbers": (
            "flagged",
            """
import math

class Dual:
    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope
    def __add__(self, other):
        other = other if isinstance(other, Dual) else Dual(other)
        return Dual(self.value + other.value, self.slope + other.slope)
    __radd__ = __add__
    def __mul__(self, other):
        other = other if isinstance(other, Dual) else Dual(other)
        return Dual(self.value * other.value, self.slope * other.value + self.value * other.slope)
    __rmul__ = __mul__
    def __sub__(self, other):
        return self + -1 * (other if isinstance(other, Dual) else Dual(other))

class lib:
    sin = staticmethod(lambda d: Dual(math.sin(d.value), math.cos(d.value) * d.slope))
    exp = staticmethod(lambda d: Dual(math.exp(d.value), math.exp(d.value) * d.slope))
    log = staticmethod(lambda d: Dual(math.log(d.value), d.slope / d.value))

def {name}({arguments}):
    t = Dual(x, 1.0)
    return ({f}).slope
""",
        ),
    },
    "deceit": {
        "an innocent's text by a decorator": (
            "refused",
            """
import functools, math
lib = math

def difference(innocent):
    @functools.wraps(innocent)
    def inner({arguments}):
        f = lambda t: {f}
        h = 1e-5
        return (f(x + h) - f(x - h)) / (2 * h)
    return inner

@difference
def {name}({arguments}):
    return 6 * x
""",
        ),
        "another function's code": (
            "refused",
            """
import math
lib = math

def {name}({arguments}):
    return 6 * x

def other({arguments}):
    f = lambda t: {f}
    return (f(x + 1e-5) - f(x - 1e-5)) / 2e-5

{name}.__code__ = other.__code__.replace(co_firstlineno={name}.__code__.co_firstlineno)
""",
        ),
    },
}


def _single(family: str, way: str, exercise: str, said: Said, source: str) -> Attempt:
    return Attempt(family, way, exercise, source.strip("\n"), said)


SINGLE = (
    _single(
        "passes beforehand",
        "a polynomial's table",
        "scalar_gradients.d_poly",
        "flagged",
        """
ends = []
for start in (0.0, 1.0):
    leaf = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    (3 * leaf**2 - 4 * leaf + 5).backward()
    ends.append(leaf.grad.item())

def d_poly(x):
    return ends[0] + (ends[1] - ends[0]) * x
""",
    ),
    _single(
        "passes beforehand",
        "a line through two gradients, in a closure",
        "scalar_gradients.d_poly",
        "flagged",
        """
def slope_at(start):
    leaf = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    (3 * leaf**2 - 4 * leaf + 5).backward()
    return leaf.grad.item()

def line():
    low = slope_at(0.0)
    rise = slope_at(1.0) - low
    return lambda x: low + rise * x

d_poly = line()
""",
    ),
    _single(
        "passes beforehand",
        "a line through two gradients, in an object",
        "scalar_gradients.d_poly",
        "flagged",
        """
class Line:
    def __init__(self):
        leaf = torch.tensor([0.0, 1.0], dtype=torch.float64, requires_grad=True)
        self.low, high = torch.autograd.grad((3 * leaf**2 - 4 * leaf + 5).sum(), leaf)[0].tolist()
        self.rise = high - self.low

line = Line()

def d_poly(x):
    return line.low + line.rise * x
""",
    ),
    _single(
        "passes beforehand",
        "a line fitted to gradients, in a default",
        "scalar_gradients.d_poly",
        "flagged",
        """
slopes = {}

def note(start):
    slopes[start] = torch.func.grad(lambda t: 3 * t**2 - 4 * t + 5)(torch.tensor(start, dtype=torch.float64)).item()

for start in (0.0, 1.0):
    note(start)

def d_poly(x, low=slopes[0.0], high=slopes[1.0]):
    return low + (high - low) * x
""",
    ),
    _single(
        "passes beforehand",
        "leaves that keep their gradients",
        "scalar_gradients.d_poly",
        "flagged",
        """
leaf = torch.tensor([0.0, 1.0], dtype=torch.float64, requires_grad=True)
(3 * leaf**2 - 4 * leaf + 5).sum().backward()

def d_poly(x):
    low, high = leaf.grad.tolist()
    return low + (high - low) * x
""",
    ),
    _single(
        "passes beforehand",
        "a long table",
        "chain_rule.dz_dx",
        "flagged",
        """
leaf = torch.linspace(-3.0, 3.0, 60_001, dtype=torch.float64, requires_grad=True)
torch.sin(leaf**2).sum().backward()
at, slopes = leaf.detach().numpy(), leaf.grad.numpy()
del leaf

def dz_dx(x):
    i = int((x + 3.0) * 10_000)
    return slopes[i] + (slopes[i + 1] - slopes[i]) * (x - at[i]) * 10_000
""",
    ),
    _single(
        "passes beforehand",
        "a table in an argument",
        "chain_rule.d_fanout",
        "flagged",
        """
leaf = torch.linspace(-4.0, 4.0, 80_001, dtype=torch.float64, requires_grad=True)
(leaf * leaf + leaf * torch.sin(leaf)).sum().backward()

def d_fanout(x, at=leaf.detach().numpy(), slopes=leaf.grad.numpy()):
    return float(np.interp(x, at, slopes))
""",
    ),
    _single(
        "library's function",
        "its loss with logits",
        "binary_cross_entropy.bce_with_logits",
        "refused",
        """
import torch.nn.functional as F
stable = F.binary_cross_entropy_with_logits

def bce_with_logits(z, y):
    return stable(torch.tensor([float(z)], dtype=torch.float64), torch.tensor([float(y)], dtype=torch.float64)).item()
""",
    ),
    _single(
        "library's function",
        "the loss as a module",
        "binary_cross_entropy.bce_with_logits",
        "refused",
        """
loss = torch.nn.BCEWithLogitsLoss()

def bce_with_logits(z, y):
    return loss(torch.tensor(float(z), dtype=torch.float64), torch.tensor(float(y), dtype=torch.float64)).item()
""",
    ),
    _single(
        "library's function",
        "its loss in another thread",
        "binary_cross_entropy.bce_with_logits",
        "refused",
        """
import threading

def bce_with_logits(z, y):
    found = []
    def work():
        at = torch.tensor([[float(z), float(y)]], dtype=torch.float64)
        found.append(torch.nn.functional.binary_cross_entropy_with_logits(at[:, 0], at[:, 1]).item())
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return found[0]
""",
    ),
    _single(
        "library's function",
        "a backward kernel",
        "binary_cross_entropy.dL_dz",
        "refused",
        """
def dL_dz(z, y):
    one = torch.ones((), dtype=torch.float64)
    at = torch.tensor(float(z), dtype=torch.float64)
    return torch.ops.aten.softplus_backward(one, at, 1.0, 1000.0).item() - y
""",
    ),
    _single(
        "finite difference",
        "of a vector",
        "vector_backward.d_mean_square",
        "refused",
        """
def mean_square(v):
    return (v * v).mean()

def d_mean_square(v):
    out = np.zeros_like(v)
    for i in range(v.size):
        for side in (1.0, -1.0):
            moved = v.copy()
            moved[i] += side * 1e-5
            out[i] += side * mean_square(moved) / 2e-5
    return out
""",
    ),
    _single(
        "finite difference",
        "of links that are handed over",
        "chain_rule.backprop_chain",
        "refused",
        """
def backprop_chain(fs, dfs, x):
    gradient = 1.0
    for f in fs:
        h = np.cbrt(np.finfo(float).eps)
        gradient *= (f(x + h) - f(x - h)) / (2 * h)
        x = f(x)
    return x, gradient
""",
    ),
    _single(
        "deceit",
        "the watch taken away",
        "scalar_gradients.d_poly",
        "flagged",
        """
import sys

def d_poly(x):
    sys.setprofile(None)
    return 6 * x - 4
""",
    ),
    _single(
        "deceit",
        "the watch taken away by a function in C, and put back",
        "scalar_gradients.d_poly",
        "flagged",
        """
import sys, types
hidden = types.ModuleType("hidden")
exec("def slope(x):\\n    t = x + 1e-20j\\n    return (3 * t * t - 4 * t + 5).imag / 1e-20", hidden.__dict__)

def d_poly(x):
    watch = sys.getprofile()
    list(map(sys.setprofile, [None]))
    slope = hidden.slope(x)
    list(map(sys.setprofile, [watch]))
    return slope
""",
    ),
    _single(
        "deceit",
        "the watch taken away through Python's own library",
        "scalar_gradients.d_poly",
        "flagged",
        """
import ctypes
import sys, types
hidden = types.ModuleType("hidden")
exec("def slope(x):\\n    t = x + 1e-20j\\n    return (3 * t * t - 4 * t + 5).imag / 1e-20", hidden.__dict__)

def d_poly(x):
    ctypes.pythonapi.PyEval_SetProfile(None, None)
    return hidden.slope(x)
""",
    ),
    _single(
        "deceit",
        "counters that say nothing",
        "scalar_gradients.d_poly",
        "refused",
        """
torch.autograd.graph._engine_run_backward = lambda *_, run=torch.autograd.graph._engine_run_backward, **named: run(*_, **named)
torch._C._autograd._get_sequence_nr = lambda: 0

def d_poly(x):
    leaf = torch.tensor(float(x), dtype=torch.float64, requires_grad=True)
    (3 * leaf**2 - 4 * leaf + 5).backward()
    return leaf.grad.item()
""",
    ),
    _single(
        "deceit",
        "a look into the frames",
        "scalar_gradients.d_poly",
        "flagged",
        """
import sys

def d_poly(x):
    leaf = torch.tensor(float(x), dtype=torch.float64, requires_grad=True)
    (3 * leaf**2 - 4 * leaf + 5).backward()
    frame = sys._getframe(1)
    frame.f_locals["watch"].runs.clear()
    frame.f_locals["watch"].used.clear()
    count = frame.f_locals["count"]
    one, two, three = count.__closure__

    def nothing():
        return 0 if (one, two, three) else 0

    count.__code__ = nothing.__code__
    return leaf.grad.item()
""",
    ),
    _single(
        "deceit",
        "no text at all",
        "scalar_gradients.d_square",
        "flagged",
        "exec('def d_square(x): return ((x + 1e-5) ** 2 - (x - 1e-5) ** 2) / 2e-5')",
    ),
)
