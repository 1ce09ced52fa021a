"""Finite differences are found in the text of an answer, and formulas are not taken for them."""

from __future__ import annotations

import pytest

from autograder.difference import is_readable, says_finite_difference
from autograder.source import names_taken, says_few_digits

DIFFERENCES = {
    "central": """\
def d(x):
    h = 1e-5
    return (f(x + h) - f(x - h)) / (2 * h)
""",
    "forward": """\
def d(x, h=1e-6):
    return (f(x + h) - f(x)) / h
""",
    "backward": """\
def d(x):
    return (f(x) - f(x - 1e-6)) / 1e-6
""",
    "lambda": "d = lambda x: (f(x + 1e-5) - f(x - 1e-5)) / 2e-5",
    "lambda with a default": "d = lambda x, eps=1e-5: (f(x + eps) - f(x - eps)) / (2 * eps)",
    "keyword only": """\
def d(x, *, tiny=1e-5):
    return (f(x + tiny) - f(x - tiny)) / (2 * tiny)
""",
    "written out": """\
def d(x):
    return ((x + 0.001) ** 2 - (x - 0.001) ** 2) / 0.002
""",
    "power as the step": """\
def d(x):
    return (math.exp(x + 10**-6) - math.exp(x)) / 10**-6
""",
    "names for all": """\
def d(x):
    small = 1e-7
    right, left = x + small, x - small
    up, down = right**2, left**2
    rise = up - down
    run = 2 * small
    return rise / run
""",
    "slope of a secant, its ends given": """\
def slope(left, right, f):
    return (f(right) - f(left)) / (right - left)
""",
    "run from the points": """\
def d(x):
    a = x - 1e-6
    b = x + 1e-6
    return (f(b) - f(a)) / (b - a)
""",
    "vector, one element moved": """\
def d(x):
    h = 1e-6
    slopes = np.zeros_like(x)
    for i in range(len(x)):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        slopes[i] = (f(up) - f(down)) / (2 * h)
    return slopes
""",
    "vector, step written into zeros": """\
def d(x, h=1e-6):
    slopes = []
    for i in range(len(x)):
        e = np.zeros_like(x)
        e[i] = h
        slopes.append((f(x + e) - f(x)) / h)
    return slopes
""",
    "vector, step along an axis": """\
def d(x):
    h = 1e-6
    return [(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))]
""",
    "vector, named step along an axis": """\
def d(x):
    eps = 1e-6
    for i in range(len(x)):
        move = eps * np.eye(len(x))[i]
        yield (f(x + move) - f(x)) / eps
""",
    "annotated step": """\
def d(x: float) -> float:
    tiny: float = 1e-6
    return (f(x + tiny) - f(x)) / tiny
""",
    "global step": """\
def d(x):
    return (f(x + EPS) - f(x - EPS)) / (2 * EPS)
""",
    "default is a global": """\
def d(f, x, h=STEP):
    return (f(x + h) - f(x)) / h
""",
    "step is an argument": """\
def slope(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)
""",
    "step of an object": """\
class Slope:
    def __call__(self, x):
        return (self.f(x + self.h) - self.f(x - self.h)) / (2 * self.h)
""",
    "half in front": """\
def d(x, h=1e-5):
    return 0.5 * (f(x + h) - f(x - h)) / h
""",
    "halved twice": """\
def d(x, h=1e-5):
    return (f(x + h) - f(x - h)) / 2 / h
""",
    "times the inverse": """\
def d(x, h=1e-5):
    return (f(x + h) - f(x - h)) * (1 / (2 * h))
""",
    "times a large number": """\
def d(x):
    return (f(x + 0.001) - f(x - 0.001)) * 500
""",
    "negated": """\
def d(x, h=1e-5):
    return -(f(x - h) - f(x + h)) / (2 * h)
""",
    "half of it, negated": """\
def d(x, h=1e-5):
    return -(0.5 * (f(x - h) - f(x + h))) / h
""",
    "plus the negative": """\
def d(x, h=1e-5):
    return (f(x + h) + -f(x)) / h
""",
    "negative run": """\
def d(x, h=1e-5):
    return (f(x - h) - f(x)) / -h
""",
    "five points": """\
def d(x):
    h = 0.01
    return (-f(x + 2 * h) + 8 * f(x + h) - 8 * f(x - h) + f(x - 2 * h)) / (12 * h)
""",
    "tensors": """\
def d(x):
    x = torch.tensor(x, dtype=torch.float64)
    return ((torch.sin(x + 1e-6) - torch.sin(x - 1e-6)) / 2e-6).item()
""",
    "in an inner function": """\
def d(x):
    def quotient(h):
        return (f(x + h) - f(x)) / h

    return quotient(1e-6)
""",
    "in a method, indented": """\
    def slope(self, x):
        h = 1e-5
        return (self.f(x + h) - self.f(x)) / h
""",
    "in a helper below": """\
def d(x):
    return helper(lambda t: t**2, x)

def helper(f, x, delta=1e-5):
    return (f(x + delta) - f(x)) / delta
""",
    "in a loop": """\
def d(x):
    for h in (0.1, 0.01, 0.001):
        slope = (f(x + h) - f(x - h)) / (2 * h)
    return slope
""",
    "with a name that stands for itself": """\
def d(x, h=1e-5):
    def other():
        a = a * 2
        b = b + a
        return a / b

    return (f(x + h) - f(x)) / h
""",
}

DIFFERENCES |= {
    "step that grows with x": """\
def d(x, n):
    step = x * n
    return (math.sin(x + step) - math.sin(x)) / step
""",
    "machine epsilon": """\
def d(x):
    tiny = np.finfo(float).eps ** 0.5 * max(1.0, abs(x))
    return (f(x + tiny) - f(x)) / tiny
""",
    "global step of any name": "def d(x): return (f(x + WEE) - f(x - WEE)) / (2 * WEE)",
    "half a step to both sides": "def d(x, w=1e-4): return (f(x + w / 2) - f(x - w / 2)) / w",
    "step as an argument of any name": "def d(f, x, q): return (f(x + q) - f(x)) / q",
    "moved name": """\
def d(x):
    y = x
    y += 1e-6
    return (f(y) - f(x)) / 1e-6
""",
    "of one argument of two": "def d(z, y): return (loss(z + 1e-6, y) - loss(z - 1e-6, y)) / 2e-6",
    "of a method": """\
def d(x):
    h = 1e-6
    a, b = torch.tensor(x + h), torch.tensor(x - h)
    return ((a.sin() - b.sin()) / (2 * h)).item()
""",
    "complex step": "def d(x, h=1e-20): return f(x + 1j * h).imag / h",
    "complex step, written out": "def d(x): return np.imag(f(x + 1e-20j)) / 1e-20",
    "complex step, made": "def d(x): return f(complex(x, 1e-20)).imag / 1e-20",
    "over a distance of one": "def d(x):\n    f = lambda t: t**2\n    return f(x + 0.5) - f(x - 0.5)",
    "exact for a parabola": "def d(x): return ((x + 1) ** 2 - (x - 1) ** 2) / 2",
    "a large step with a name": """\
def d(x):
    f = lambda t: t**2
    h = 0.5
    return (f(x + h) - f(x - h)) / (2 * h)
""",
    "a large step, term by term": """\
def d(x):
    return (3 * (x + 1) ** 2 - 4 * (x + 1) + 5 - (3 * (x - 1) ** 2 - 4 * (x - 1) + 5)) / 2
""",
}

FORMULAS = {
    "argument with a large default": "def d(x, a=2.0): return (math.sin(x + a) - math.sin(x)) / a",
    "clamped for a guard": """\
def d(z, y):
    p = 1 / (1 + math.exp(-z))
    pc = max(1e-12, min(p, 1 - 1e-12))
    return (pc - y) / (pc * (1 - pc)) * p * (1 - p)
""",
    "clamped by a named guard": """\
def d(p, y, eps=1e-12):
    p = np.clip(p, eps, 1 - eps)
    return (p - y) / (p * (1 - p))
""",
    "clamped into a new name": """\
def d(p, y):
    eps = 1e-7
    q = torch.clamp(p, eps, 1 - eps)
    return (q - y) / (q - q * q + eps)
""",
    "guarded numerator and denominator": """\
def d(p, y):
    tiny = 1e-12
    safe = p + tiny
    return (safe - y) / (safe * (1 - p + tiny)) - tiny / safe
""",
    "difference of exponentials": "def d(x): return (math.exp(x) - math.exp(-x)) / (math.exp(x) + math.exp(-x))",
    "hyperbolic sine": "def d(x): return (math.exp(x) - math.exp(-x)) / 2",
    "cosine from two sines": "def d(x): return (math.sin(x + math.pi / 2) - math.sin(x - math.pi / 2)) / 2",
    "two powers": "def d(x): return (x**3 - x**2) / 2",
    "a check of the formula": """\
def d(x):
    h = 1e-5
    assert abs((f(x + h) - f(x - h)) / (2 * h) - 2 * x) < 1e-3
    return 2 * x
""",
    "Euler's formula": "def d(x): return 2 * x * cmath.exp(1j * x * x).real",
    "loss of a batch": "def d(p, y): return ((p - y) / (p * (1 - p))) / len(p)",
    "parabola": "def d(x): return 2 * x",
    "lambda": "d = lambda x: 6 * x - 4",
    "polynomial": "def d(x): return (3 * x**2 - 2 * x) / 1",
    "quotient rule": "def d(x): return (math.cos(x) * x - math.sin(x)) / x**2",
    "argument in place of a step": "def d(x, a, b): return (a * math.cos(x + b) - math.sin(x + b)) / b",
    "cross entropy": "def d(p, y): return (p - y) / (p * (1 - p))",
    "guarded": "def d(p, y): return (p - y) / (p * (1 - p) + 1e-12)",
    "guarded everywhere": "def d(p, y, eps=1e-7): return (p + eps - y) / ((p + eps) * (1 + eps - p))",
    "guarded terms": "def d(p, y, eps=1e-7): return -y / (p + eps) + (1 - y) / (1 - p + eps)",
    "guarded logarithm": "def d(p, y, eps=1e-7): return (math.log(p + eps) - math.log(1 - p + eps)) / 2",
    "moved and divided": "def d(x): return (x + 1e-9) / (x - 1e-9)",
    "moved by what it is divided by": "def d(x): return (x - 0.1) / 0.1",
    "scaled": "def d(x): return (x - 0.1) * 10",
    "mean": "def d(x): return 2 * (x - x.mean()) / len(x)",
    "mean squared error": "def d(pred, target): return 2 * (pred - target) / pred.size",
    "small learning rate": "def step(w, g): return (w - 0.1 * g) / (1 + 0.1 * w)",
    "sigmoid": "def d(z): return math.exp(-z) / (1 + math.exp(-z)) ** 2",
    "line through two points": "def d(x, a, b): return (x * x - a * a) / (x - a + b)",
    "hidden layer called h": """\
def d(x, w, y):
    h = math.tanh(w * x)
    return (math.exp(h + y) - math.exp(h - y)) / h
""",
    "difference and step that do not meet": """\
def d(x):
    h = 1e-5
    return (math.sin(x + h) - math.sin(x)) / x + h
""",
    "only in a comment": """\
def d(x):
    # (f(x + h) - f(x - h)) / (2 * h) would be close
    return 2 * x
""",
    "only in the docstring": '''\
def d(x):
    """Not (f(x + 1e-5) - f(x - 1e-5)) / 2e-5."""
    return 2 * x
''',
    "beside the answer": """\
x = (f(2 + 1e-5) - f(2)) / 1e-5

def d(x):
    return 2 * x
""",
    "floor division": "def d(x, h=0.1): return (f(x + h) - f(x)) // h",
    "a distance of two, and no quotient": "def d(x): return (x + 1) ** 2 - (x - 1) ** 2",
    "terms that differ by one": "def d(x): return 3 * (x + 1) - 2 * (x + 0.5) + (n + 1) * x - n * x",
    "a sum and no difference": "def d(x, h=0.1): return (f(x + h) + f(x)) / h",
}

GARBAGE = [
    "",
    "(",
    "def d(x:",
    "def d(x): return (f(x + h) - f(x)) / h\n   )",
    "\x00",
    "\ud800",
    "d = lambda x: 2 * x,)",
    "x" * 20_000,
    "(" * 5_000,
    "def d(x): return " + "-" * 50_000 + "x",
    "def d(x): return " + "+".join(["x"] * 5_000),
    "def d(x): return 10 ** 10 ** 10 ** 10 / 0",
    "def d(x): return (f(x + 1e400) - f(x)) / 1e400",
    "def d(x, h=h): return (x - h) / (h - h)",
    "def d(*args, **kwargs): return args[0] / kwargs",
    "def d(x):\n    a = b\n    b = a\n    return (a - b) / (b - a)",
    "def d(x):\n    a = a + a\n    b = b * b\n    return (a - b) / (b * a)",
]


@pytest.mark.parametrize("text", DIFFERENCES.values(), ids=DIFFERENCES)
def test_difference_is_found(text: str) -> None:
    assert says_finite_difference(text)


@pytest.mark.parametrize("text", FORMULAS.values(), ids=FORMULAS)
def test_formula_is_no_difference(text: str) -> None:
    assert not says_finite_difference(text)


@pytest.mark.parametrize("text", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_says_nothing(text: str) -> None:
    assert not says_finite_difference(text)


@pytest.mark.parametrize("text", [*DIFFERENCES.values(), *FORMULAS.values()], ids=[*DIFFERENCES, *FORMULAS])
def test_ordinary_text_can_be_read(text: str) -> None:
    assert is_readable(text)


@pytest.mark.parametrize("text", ["", "(", "x" * 3 + "(" * 5_000, "def d(x): return " + "-" * 50_000 + "x"])
def test_what_cannot_be_read_is_told(text: str) -> None:
    assert not is_readable(text)


@pytest.mark.parametrize(
    "text",
    [
        "def d(x): return sympy.diff(t**2, t).subs(t, x)",
        "def d(x): return f(t).diff(t)",
        "def d(x): return diff(t**2, t)",
        "def d(x):\n    from sympy import diff\n    return diff(t**2, t)",
        "def d(x):\n    diff = np.diff(f(t))\n    return diff[0]",
        "def d(x):\n    diff = sympy.diff\n    return diff(t**2, t)",
        "def d(x):\n    slope_of = sympy.diff\n    return slope_of(t**2, t)",
    ],
)
def test_what_is_taken_from_a_library_is_seen(text: str) -> None:
    assert "diff" in names_taken(text)


@pytest.mark.parametrize(
    "text",
    [
        "def diff(x): return 2 * x\ndef d(x): return diff(x)",
        "def d(x, diff): return diff(x)",
        "d = lambda x, diff=cos: diff(x)",
        "def d(x):\n    diff = DFS[0]\n    return diff(x)",
        "def d(x):\n    for f, diff in PAIRS:\n        x = diff(x)\n    return x",
        "def d(x): return [diff(x) for diff in DFS]",
        "class Link:\n    diff: object\n    def back(self, x): return self.diff(x)\ndef d(x): return LINK.diff(x)",
        "class Link:\n    def __init__(self, diff): self.diff = diff\n    def back(self, x): return self.diff(x)",
        "class Link:\n    def diff(self, x): return x\ndef d(x): return Link().diff(x)",
        "def d(x): return 2 * x",
        "(",
    ],
)
def test_a_name_of_its_own_is_taken_from_no_library(text: str) -> None:
    assert "diff" not in names_taken(text)


def test_digits_are_not_few_for_what_an_assert_compares() -> None:
    assert not says_few_digits("def d(x):\n    assert abs(f(x)) < 1e-9\n    return 2 * x")
    assert says_few_digits("def d(x):\n    h = 1e-9\n    return f(x + h)")
