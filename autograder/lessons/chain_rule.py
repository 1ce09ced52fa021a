"""Lesson 2: the chain rule, along one path and over several."""

from __future__ import annotations

import cmath
import math
import random
import warnings
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from ..exercise import Build, Case, Exercise, Input, Lesson, case, gradient
from ..mistake import Mistake, raising, wrong_value
from ..observation import Call
from ..source import detaches_or_retains_late

# --- shared ---------------------------------------------------------------------------------------

Function = Callable[[Tensor], Tensor]


def square(x: Tensor) -> Tensor:
    """Return x²."""
    return x**2


def sine_of_square(x: Tensor) -> Tensor:
    """Return sin(x²)."""
    return torch.sin(x**2)


def fanout(x: Tensor) -> Tensor:
    """Return x · x + x · sin(x), which uses x in four places."""
    return x * x + x * torch.sin(x)


_inner = gradient(square)
_outer = gradient(torch.sin)


def _along_chain(x: float) -> dict[str, float]:
    """Return the value of z = sin(y) with y = x², and the derivatives of z in y and in x."""
    z = sine_of_square(torch.tensor(x, dtype=torch.float64)).item()
    return {"z": z, "dz_dy": _outer(x**2), "dz_dx": gradient(sine_of_square)(x)}


def _warned(call: Call, words: str) -> bool:
    return any(words in warning for warning in call.warnings)


def _named_nodes(call: Call) -> list[str]:
    return [item.text for item in call.value.items] if call.value is not None else []


_PATHS = (
    (
        "one-path-of-square",
        lambda x: x * x.detach() + x * torch.sin(x),
        "x · x uses the same x twice. Each of the two is a path of its own.",
    ),
    (
        "no-path-through-sine",
        lambda x: x * x + x * torch.sin(x).detach(),
        "One path goes from x through the sine. It is missing in your sum, as if the sine were a constant.",
    ),
    (
        "no-path-beside-sine",
        lambda x: x * x + x.detach() * torch.sin(x),
        "In the second product the factor beside the sine is also x. Its path is missing in your sum.",
    ),
    (
        "one-path-each",
        lambda x: x * x.detach() + x * torch.sin(x).detach(),
        "You followed one path in each product. Every factor that depends on x is a path.",
    ),
)


def _missing_paths(cut: str = "") -> tuple[Mistake, ...]:
    """Return one mistake for each missing path: the gradient that autograd finds when the path is cut."""
    return tuple(
        wrong_value(slug, message + cut, lambda slope, x, forward=forward: gradient(forward)(x))
        for slug, forward, message in _PATHS
    )


# --- 2.1 · Predict two signs ----------------------------------------------------------------------

PREDICTED_SIGNS = Exercise(
    id="chain_rule.predicted_signs",
    number="2.1",
    title="Predict two signs",
    way="recorded",
    difficulty=1,
    importance=3,
    minutes=3,
    points=1,
    cases=(case(),),
    reference=lambda: {x: math.copysign(1.0, gradient(sine_of_square)(x)) for x in (3, 4)},
    mistakes=(
        Mistake(
            "slope-for-sign",
            "Expected the sign alone: -1 for falling, 1 for rising, 0 for flat. Your answer has another number in it.",
            shows=lambda call: (
                call.value is not None
                and any(item.kind == "number" and abs(item.numbers[0]) not in (0, 1) for item in call.value.items)
            ),
        ),
        wrong_value(
            "value-for-derivative",
            "These are the signs of z itself, which say whether z is above or below zero. Expected whether z rises or "
            "falls.",
            lambda signs: {x: math.copysign(1.0, _along_chain(float(x))["z"]) for x in signs},
        ),
        wrong_value(
            "inner-only",
            "The square rises at both points, and it is only one of the two links. Check which way the sine goes at y.",
            lambda signs: {x: math.copysign(1.0, _inner(x)) for x in signs},
        ),
        wrong_value(
            "flat-everywhere",
            "A slope of 0 means a highest or a lowest point. Check where y lies on the sine curve.",
            lambda signs: dict.fromkeys(signs, 0.0),
        ),
    ),
    hints=(
        "The answer is a dict with two entries, for x = 3 and for x = 4. Each of them is -1, 0 or 1.",
        "Two links decide: the square, and the sine at the number that the square gives to it.",
        "For sin(x²) at x = 1: the square rises there, and the sine rises at y = 1. So z rises, and the sign is 1.",
        "Read the section 'One function inside another' again, and look at the sine curve at the marked points.",
    ),
    after=(
        "You used the chain rule without numbers: the sign of a product comes from the signs of its factors. "
        "A wrong sign is the most expensive slip in training, because the loss then grows."
    ),
)


# --- 2.2 · One derivative for each link -----------------------------------------------------------


def _locals(x: float) -> dict[str, float]:
    """Return the two local derivatives of sin(x²), each at its own point."""
    return {"dy_dx": _inner(x), "dz_dy": _outer(x**2)}


LOCAL_DERIVATIVES = Exercise(
    id="chain_rule.local_derivatives",
    number="2.2",
    title="One derivative for each link",
    way="hand",
    difficulty=1,
    importance=4,
    minutes=4,
    points=2,
    partial=True,
    # At the last one the sine falls, and its value is negative.
    cases=(case(0.6), case(-0.9), case(1.55), case(1.9, exact=True)),
    reference=_locals,
    mistakes=(
        wrong_value(
            "outer-at-x",
            "The sine gets y, so take its derivative at y too. You took it at x.",
            lambda both, x: {**both, "dz_dy": _outer(x)},
        ),
        wrong_value(
            "already-multiplied",
            "Under `dz_dy` stands the derivative of the whole chain. Expected the derivative of one link, from y to z.",
            lambda both, x: {**both, "dz_dy": both["dz_dy"] * both["dy_dx"]},
        ),
        wrong_value(
            "value-for-derivative",
            "These are y and z, the values of the two links. Expected the derivative of each link.",
            lambda both, x: {"dy_dx": x**2, "dz_dy": _along_chain(x)["z"]},
        ),
        wrong_value(
            "kept-sine",
            "Under `dz_dy` stands the value of the sine. Expected its derivative.",
            lambda both, x: {**both, "dz_dy": _along_chain(x)["z"]},
        ),
        wrong_value(
            "sign-of-cosine",
            "`dz_dy` has the wrong sign. Test yours at y = 0: the sine rises there.",
            lambda both, x: {**both, "dz_dy": -both["dz_dy"]},
        ),
        wrong_value(
            "degrees",
            "You turned the angle from degrees into radians. It is already in radians, which is what `math` expects.",
            lambda both, x: {**both, "dz_dy": _outer(math.radians(x**2))},
        ),
        wrong_value(
            "forgot-factor",
            "In `dy_dx` the exponent should become a factor. Your answer has lost this factor.",
            lambda both, x: {**both, "dy_dx": both["dy_dx"] / 2},
        ),
        wrong_value(
            "kept-power",
            "`dy_dx` is x times too large. Either its exponent should be one less, or you took it at y in place of x.",
            lambda both, x: {**both, "dy_dx": both["dy_dx"] * x},
        ),
    ),
    hints=(
        'The answer is a dict with the keys "dy_dx" and "dz_dy", and a number for each. Compute y first.',
        "Differentiate each link on its own, and check the point at which you take its derivative.",
        'For p = 1 + x² and q = log(p) at x = 3 the answer is {"dp_dx": 6.0, "dq_dp": 0.1}: 2x at x, and 1/p at p = '
        "10.",
        "Read the section 'Two links, two slopes' again.",
    ),
    after=(
        "Each link knows only its own input and output. This is what makes autograd possible: a library needs "
        "one rule for each operation, and no rule for whole programs."
    ),
)


# --- 2.3 · The whole chain, by hand ---------------------------------------------------------------

DZ_DX = Exercise(
    id="chain_rule.dz_dx",
    number="2.3",
    title="The whole chain, by hand",
    way="hand",
    difficulty=2,
    importance=5,
    minutes=4,
    points=2,
    cases=(case(0.65), case(-0.9), case(1.55), case(1.9, exact=True)),
    forward=sine_of_square,
    reference=gradient(sine_of_square),
    mistakes=(
        wrong_value(
            "inner-dropped",
            "You differentiated the sine, and not what is inside it. Each link of the chain gives one factor.",
            lambda slope, x: _outer(x**2),
        ),
        wrong_value(
            "outer-dropped",
            "Your answer is the derivative of the inner link alone. Each link of the chain gives one factor.",
            lambda slope, x: _inner(x),
        ),
        wrong_value(
            "outer-at-x",
            "Both factors are there, and one is taken at the wrong point. The sine gets y, so take its derivative at "
            "y.",
            lambda slope, x: _outer(x) * _inner(x),
        ),
        wrong_value(
            "derivative-inside",
            "You put the derivative of the inner link inside the outer one. It belongs beside it, as a factor.",
            lambda slope, x: _outer(_inner(x)),
        ),
        wrong_value(
            "added",
            "You added the two local derivatives. Along one path they are multiplied.",
            lambda slope, x: _outer(x**2) + _inner(x),
        ),
        wrong_value(
            "product-rule",
            "Your answer is the derivative of x² times sin x, a product. Here one function stands inside the other.",
            lambda slope, x: gradient(lambda t: t**2 * torch.sin(t))(x),
        ),
        wrong_value(
            "square-of-sine",
            "Your answer is the derivative of (sin x)². Here the square comes first, and the sine is taken of the "
            "square.",
            lambda slope, x: gradient(lambda t: torch.sin(t) ** 2)(x),
        ),
        wrong_value(
            "kept-sine",
            "The inner derivative is there. In place of the outer derivative stands the sine itself.",
            lambda slope, x: _inner(x) * _along_chain(x)["z"],
        ),
        wrong_value(
            "kept-power",
            "The inner derivative is x times too large. Either its exponent should be one less, or you took it at y in place of "
            "x.",
            lambda slope, x: slope * x,
        ),
        wrong_value(
            "degrees",
            "You turned the angle from degrees into radians. It is already in radians, which is what `math` expects.",
            lambda slope, x: _inner(x) * _outer(math.radians(x**2)),
        ),
    ),
    hints=(
        "One number goes in, and one number comes out: `dz_dx(0.5)` returns a float.",
        "Check your product: it needs one factor for each link, and each factor is taken at the right point.",
        "For q = log(1 + x²) the factors are 1/(1 + x²) and 2x, so the derivative is 2x/(1 + x²).",
        "Read the section 'Two links, two slopes' again. Your `local_derivatives` has both factors.",
    ),
    after=(
        "You multiplied from the outside to the inside, which is the order of a backward pass. The other "
        "order gives the same number here. It costs more where one number depends on many inputs, as a loss "
        "does."
    ),
)


# --- 2.4 · The whole chain, by autograd -----------------------------------------------------------


def _lacks_gradient(call: Call) -> bool:
    """Whether a gradient was None, in the result or in an error."""
    if call.raised is not None:
        return "NoneType" in call.raised.text
    return call.value is not None and any(item.kind == "nothing" for item in call.value.items)


DZ_DX_AUTOGRAD = Exercise(
    id="chain_rule.dz_dx_autograd",
    number="2.4",
    title="The whole chain, by autograd",
    way="autograd",
    difficulty=2,
    importance=5,
    minutes=6,
    points=3,
    partial=True,
    # Twice at one point, for a leaf that was kept.
    cases=(case(0.6), case(1.9, exact=True), case(-0.9), case(1.55), case(1.9, exact=True)),
    reference=_along_chain,
    mistakes=(
        Mistake(
            "rewrapped",
            "You made a new tensor out of a tensor. The new one is a leaf, and the graph behind it is cut off.",
            shows=lambda call: _lacks_gradient(call) and _warned(call, "copy construct"),
        ),
        Mistake(
            "retained-too-late",
            "A gradient is None here. Call `retain_grad()` before the backward pass. A tensor that was detached takes "
            "no part in that pass.",
            shows=lambda call: _lacks_gradient(call) and not _warned(call, "not a leaf"),
            says=detaches_or_retains_late,
        ),
        Mistake(
            "formula-for-a-link",
            "A number under `dz_dy` or `dz_dx` does not come from the backward pass. Let autograd find the derivative of each "
            "link.",
            unmoved=frozenset({"dz_dy", "dz_dx"}),
        ),
        wrong_value(
            "gradient-of-result",
            "Under `dz_dy` stands the derivative of z in z itself. Another tensor has to keep its gradient.",
            lambda three, x: {**three, "dz_dy": 1.0},
        ),
        wrong_value(
            "other-link",
            "Under `dz_dy` stands the derivative of the other link, from x to y. Expected the link from y to z.",
            lambda three, x: {**three, "dz_dy": _inner(x)},
        ),
        wrong_value(
            "multiplied-again",
            "The `.grad` of the leaf is already the derivative of the whole chain. Do not multiply it again.",
            lambda three, x: {**three, "dz_dx": three["dz_dx"] * three["dz_dy"]},
        ),
        wrong_value(
            "both-backwards",
            "A backward pass from y ran too, and its gradients were added to those of z. One pass from z is enough.",
            lambda three, x: {
                "z": three["z"],
                "dz_dy": three["dz_dy"] + 1.0,
                "dz_dx": three["dz_dx"] + _inner(x),
            },
        ),
    ),
    hints=(
        'The answer is a dict with the keys "z", "dz_dy" and "dz_dx". The values are plain floats: use `.item()`.',
        "x is a leaf and keeps its gradient. y is computed: tell it to keep its gradient, before `backward()`.",
        "For p = 1 + x² and q = log(p): call `p.retain_grad()`, then `q.backward()`, and read `p.grad` and `x.grad`.",
        "Read the section 'Autograd walks the same chain' again.",
    ),
    after=(
        "The gradient at y is what the pass carries on its way to x. PyTorch throws it away to save memory, "
        "so one has to ask for it. A tensor hook sees it too, without keeping it."
    ),
)


# --- 2.5 · A chain of any length ------------------------------------------------------------------


class Link:
    """A function from float to float. It warns when it is called twice at the same point, or after a derivative.

    It computes with plain numbers. So no gradient can be had from what it is made of. Two of the same function are equal, as
    the function is to itself.
    """

    def __init__(self, function: Callable[[float], float]) -> None:
        self.value = function
        self._called_at: set[float] = set()
        self._slopes_taken = Slope.taken

    def __eq__(self, other: object) -> bool:
        """Whether the other is the same function."""
        return isinstance(other, Link) and other.value == self.value

    def __hash__(self) -> int:
        """Return the hash of the function."""
        return hash(self.value)

    def __call__(self, x: float) -> float:
        """Return the value at x."""
        point = float(x)
        if point in self._called_at:
            warnings.warn("called again at the same point", stacklevel=2)
        self._called_at.add(point)
        if Slope.taken != self._slopes_taken:
            warnings.warn("called after a derivative", stacklevel=2)
        return self.value(point)


class Slope:
    """The derivative of a function, from float to float, with no formula and no autograd.

    A step of 1e-20 in the imaginary direction gives all digits, because nothing is subtracted. Two of the same function are
    equal.
    """

    # How often any of them was called.
    taken: ClassVar[int] = 0

    def __init__(self, function: Callable[[complex], complex]) -> None:
        self.function = function

    def __eq__(self, other: object) -> bool:
        """Whether the other is the derivative of the same function."""
        return isinstance(other, Slope) and other.function == self.function

    def __hash__(self) -> int:
        """Return the hash of the function."""
        return hash(self.function)

    def __call__(self, x: float) -> float:
        """Return the derivative at x."""
        Slope.taken += 1
        step = 1e-20
        return self.function(complex(x, step)).imag / step


def _square(x: float) -> float:
    return math.pow(x, 2)


def _complex_square(x: complex) -> complex:
    return complex(x) ** 2


LINKS: Mapping[str, Callable[[float], float]] = {
    "cos": math.cos,
    "exp": math.exp,
    "sin": math.sin,
    "square": _square,
    "tanh": math.tanh,
}
SLOPES: Mapping[str, Callable[[complex], complex]] = {
    "cos": cmath.cos,
    "exp": cmath.exp,
    "sin": cmath.sin,
    "square": _complex_square,
    "tanh": cmath.tanh,
}
# The same functions, of tensors. Behind the walls they are not there.
_OF_TENSORS: Mapping[Callable[[float], float], Function] = {
    math.cos: torch.cos,
    math.exp: torch.exp,
    math.sin: torch.sin,
    _square: square,
    math.tanh: torch.tanh,
}


def _chain(*names: str) -> tuple[Input, Input]:
    """Return the inputs `fs` and `dfs` of a chain, applied first to last."""
    return tuple(Build(name) for name in names), tuple(Build(f"d_{name}") for name in names)


def _composed(fs: Sequence[Link]) -> Function:
    def function(x: Tensor) -> Tensor:
        for f in fs:
            x = _OF_TENSORS[f.value](x)
        return x

    return function


def _value_and_gradient(fs: Sequence[Link], x: float) -> tuple[float, float]:
    function = _composed(fs)
    return function(torch.tensor(x, dtype=torch.float64)).item(), gradient(function)(x)


def _points(fs: Sequence[Link], x: float) -> list[float]:
    """Return x and every value of the forward pass."""
    points = [x]
    for f in fs:
        points.append(f.value(points[-1]))
    return points


def _wrong_slopes(slug: str, message: str, slope: Callable[[Sequence[Slope], Sequence[float]], float]) -> Mistake:
    """Return a mistake in the gradient of a chain. `slope(dfs, points)` computes the wrong gradient."""
    return wrong_value(slug, message, lambda pair, fs, dfs, x: (pair[0], slope(dfs, _points(fs, x))))


BACKPROP_CHAIN = Exercise(
    id="chain_rule.backprop_chain",
    number="2.5",
    title="A chain of any length",
    way="hand",
    difficulty=3,
    importance=5,
    minutes=8,
    points=4,
    builders={name: partial(Link, function) for name, function in LINKS.items()}
    | {f"d_{name}": partial(Slope, function) for name, function in SLOPES.items()},
    cases=(
        case(*_chain("cos", "exp", "sin"), 0.8),
        case(*_chain("square", "tanh"), -0.7),
        case(*_chain("exp", "sin", "square", "cos"), 0.4),
        case(*_chain("sin", "exp", "tanh", "square", "exp", "sin"), 0.6),
        # Its value is negative, wherever it is drawn.
        case(*_chain("tanh", "sin", "exp", "tanh", "square", "exp", "sin", "exp", "cos"), -0.9),
        case(*_chain("sin"), 1.1),
    ),
    reference=lambda fs, dfs, x: _value_and_gradient(fs, x),
    mistakes=(
        Mistake(
            "computed-again",
            "A function was called twice at one point. Keep the values of the forward pass, and use them in the "
            "backward pass.",
            shows=lambda call: _warned(call, "called again"),
        ),
        Mistake(
            "no-backward-pass",
            "A derivative was called before the forward pass had come to its end. Go forward first, and keep what the way "
            "back needs. Then go back, and call the derivatives.",
            shows=lambda call: _warned(call, "called after"),
        ),
        wrong_value(
            "swapped",
            "Both numbers are right, in the wrong order. Expected the value first, then the gradient.",
            lambda pair, fs, dfs, x: (pair[1], pair[0]),
        ),
        wrong_value(
            "last-to-first",
            "You applied the functions from last to first. The first function of the list gets x.",
            lambda pair, fs, dfs, x: _value_and_gradient(fs[::-1], x),
        ),
        wrong_value(
            "one-function-short",
            "The gradient is right. The value is what went into the last function. Expected what came out of it.",
            lambda pair, fs, dfs, x: (_points(fs, x)[-2], pair[1]),
        ),
        _wrong_slopes(
            "all-at-x",
            "You took every derivative at x. Take each one at the number that went into its function.",
            lambda dfs, points: math.prod(df(points[0]) for df in dfs),
        ),
        _wrong_slopes(
            "at-outputs",
            "You took each derivative at what came out of its function. Take it at what went in.",
            lambda dfs, points: math.prod(df(at) for df, at in zip(dfs, points[1:], strict=True)),
        ),
        _wrong_slopes(
            "mismatched",
            "You go through the derivatives in one direction and through the kept values in the other. They do not "
            "belong together.",
            lambda dfs, points: math.prod(df(at) for df, at in zip(dfs, points[-2::-1], strict=True)),
        ),
        _wrong_slopes(
            "added",
            "You added the local derivatives. Along one path they are multiplied.",
            lambda dfs, points: sum(df(at) for df, at in zip(dfs, points[:-1], strict=True)),
        ),
        _wrong_slopes(
            "last-link-only",
            "Your gradient is the derivative of the last function alone. Each link of the chain gives one factor.",
            lambda dfs, points: dfs[-1](points[-2]),
        ),
        _wrong_slopes(
            "first-link-only",
            "Your gradient is the derivative of the first function alone. Each link of the chain gives one factor.",
            lambda dfs, points: dfs[0](points[0]),
        ),
    ),
    hints=(
        "Two lists of functions and a number go in. A tuple comes out: the value, then the gradient.",
        "Each derivative needs the number that went *into* its function. Keep these numbers in the forward pass.",
        "The loop of the forward pass is `for f in fs: kept.append(x); x = f(x)`. In the backward pass, pair "
        "`reversed(dfs)` with `reversed(kept)`.",
        "Read the section 'Forward, then back' again. The worked cell does it for three links.",
    ),
    after=(
        "This is backpropagation: a pass forward that remembers, and a pass backward that multiplies. A deep "
        "network is a long chain, and many small factors in it make the gradient vanish."
    ),
)


# --- 2.6a · Several paths, by hand ----------------------------------------------------------------

D_FANOUT = Exercise(
    id="chain_rule.d_fanout",
    number="2.6a",
    title="Several paths, by hand",
    way="hand",
    difficulty=3,
    importance=4,
    minutes=5,
    points=2,
    cases=(case(-1.4), case(0.8), case(2.3)),
    forward=fanout,
    reference=gradient(fanout),
    mistakes=(
        *_missing_paths(),
        wrong_value(
            "product-of-derivatives",
            "The derivative of a product is not the product of the derivatives. Each factor is a path of its own.",
            lambda slope, x: 1.0 + _outer(x),
        ),
    ),
    hints=(
        "One number goes in, and one number comes out.",
        "Count the places where x stands in the formula. Each is the start of a path, and each path adds one term.",
        "x · eˣ has two paths. One gives 1 · eˣ, the other gives x · eˣ, and the derivative is their sum.",
        "Read the section 'Two ways to the same leaf' again.",
    ),
    after=(
        "Paths add up. So the gradient of a weight that is used at every position of a text is a sum over all "
        "positions."
    ),
)


# --- 2.6b · Several paths, by autograd ------------------------------------------------------------

GRAD_FANOUT = Exercise(
    id="chain_rule.grad_fanout",
    number="2.6b",
    title="Several paths, by autograd",
    way="autograd",
    difficulty=2,
    importance=4,
    minutes=3,
    points=1,
    cases=(case(-1.4), case(0.8), case(2.3)),
    forward=fanout,
    reference=gradient(fanout),
    mistakes=_missing_paths(" Look for a plain number where a tensor should be."),
    hints=(
        "A float goes in, and a plain float comes out.",
        "Every x in the formula must be the same leaf. `.item()`, `.detach()` and `math` cut a path off.",
        "For x · eˣ: make the leaf x, compute `x * torch.exp(x)`, call `backward()` on it, read `x.grad`.",
        "Read the section 'Two ways to the same leaf' again.",
    ),
    after=(
        "Autograd adds where paths meet, inside one pass. Lesson 5 shows the other sum: the one over several "
        "passes, which surprises many people."
    ),
)


# --- 2.7 · Walk the graph -------------------------------------------------------------------------

# The steps that made each tensor. Its right answer comes from taking the same steps again.

_STEPS = WeakTensorKeyDictionary()


def walk_through(*steps: Function) -> Callable[[float], Tensor]:
    """Return a builder that makes a leaf from a number and applies the steps. Each step adds one node."""

    def build(start: float) -> Tensor:
        tensor = torch.tensor(start, requires_grad=True)
        with torch.enable_grad():
            for step in steps:
                tensor = step(tensor)
        _STEPS[tensor] = steps
        return tensor

    return build


def _nodes(t: Tensor) -> list[str]:
    """Return the names of the nodes, from a tensor that a builder made to its leaf."""
    names = ["AccumulateGrad"]
    tensor = torch.tensor(0.5, requires_grad=True)
    with torch.enable_grad():
        for step in _STEPS[t]:
            tensor = step(tensor)
            names.append(type(tensor.grad_fn).__name__)
    return names[::-1]


def _times_another(y: Tensor) -> Tensor:
    """Return y times the exponential of another leaf."""
    return y * torch.exp(torch.tensor(0.5, requires_grad=True))


def _times_deeper(y: Tensor) -> Tensor:
    """Return y times a function of another leaf, which has more nodes than any walk to the leaf of y."""
    other = torch.tensor(0.5, requires_grad=True)
    for _ in range(12):
        other = torch.exp(-other)
    return y * torch.exp(other)


def _times_constant(y: Tensor) -> Tensor:
    """Return a constant times y. The constant is the first factor, and it has no node."""
    return torch.tensor(2.5) * y


def _after_two_constants(y: Tensor) -> Tensor:
    """Return a constant plus a constant times y. The two constants come first, and they have no node."""
    return torch.addcmul(torch.tensor(0.7), torch.tensor(1.2), y)


_PICKED = (
    square,
    torch.sin,
    torch.cos,
    torch.tanh,
    torch.sigmoid,
    _times_constant,
    _times_another,
    _times_deeper,
    _after_two_constants,
)


def picked_walk(start: float, *picks: int) -> Tensor:
    """Return the tensor that the picked steps make from a leaf."""
    return walk_through(*(_PICKED[pick] for pick in picks))(start)


def _drawn_walks(rng: random.Random) -> tuple[Case, ...]:
    """Return two walks whose nodes an answer cannot know before. Their last step is no square."""
    walks = ((*(rng.randrange(len(_PICKED)) for _ in range(n)), rng.randrange(1, len(_PICKED))) for n in (4, 6))
    return tuple(case(Build("picked_walk", (0.4, *picks))) for picks in walks)


OP_NAMES = Exercise(
    id="chain_rule.op_names",
    number="2.7",
    title="Walk the graph",
    way="any",
    difficulty=2,
    importance=3,
    minutes=5,
    points=2,
    builders={
        "sine_of_square": walk_through(square, torch.sin),
        "product": walk_through(torch.sin, _times_deeper),
        "log_of_multiple": walk_through(square, _times_constant, torch.log),
        "picked_walk": picked_walk,
        "long_walk": walk_through(
            torch.tanh, _times_constant, torch.cos, _after_two_constants, torch.sigmoid, _times_another, torch.sqrt
        ),
    },
    cases=(
        case(Build("sine_of_square", (3.0,))),
        case(Build("product", (0.7,))),
        case(Build("log_of_multiple", (1.4,))),
        case(Build("long_walk", (0.3,))),
    ),
    more_cases=_drawn_walks,
    reference=_nodes,
    mistakes=(
        raising(
            "none-parent",
            "A parent can be None, because a constant has no node. Take the first parent that is not None.",
            "AttributeError",
            "'NoneType' object has no attribute 'name'",
            "'NoneType' object has no attribute 'next_functions'",
        ),
        raising(
            "past-the-leaf",
            "The node of a leaf has no parents, and its `next_functions` is empty. Stop there.",
            "IndexError",
        ),
        Mistake(
            "nodes-for-names",
            "The list has nodes or functions in it. Expected their names: call `name()` on each node.",
            shows=lambda call: (
                call.value is not None and any(item.kind in ("callable", "other") for item in call.value.items)
            ),
        ),
        Mistake(
            "addresses",
            "The list has nodes in it as they are printed, with an address in memory. Expected their names: call "
            "`name()` on each node.",
            shows=lambda call: any(" at 0x" in name for name in _named_nodes(call)),
        ),
        Mistake(
            "module-prefix",
            "A name still has its module before it, with `::` between the two. Expected the last part alone.",
            shows=lambda call: any("::" in name for name in _named_nodes(call)),
        ),
        Mistake(
            "every-branch",
            "The list has more than one leaf in it, so the walk took several branches. Follow one parent of each node.",
            # Each other branch begins with an exponential.
            shows=lambda call: (
                _named_nodes(call).count("AccumulateGrad") > 1
                and any(name.startswith("Exp") for name in _named_nodes(call))
            ),
        ),
        Mistake(
            "last-parent",
            "At a node with two parents the walk took the last one. Expected the first one that is not None.",
            shows=lambda call: any(name.startswith("Exp") for name in _named_nodes(call)),
        ),
        Mistake(
            "leaf-left-out",
            "The walk ends too early. The node of the leaf is missing from your list.",
            shows=lambda call: (
                call.value is not None
                and call.value.kind == "sequence"
                and not any("accum" in name.lower() for name in _named_nodes(call))
            ),
        ),
        Mistake(
            "leaf-twice",
            "The name of the leaf's node stands twice at the end of your list.",
            shows=lambda call: _named_nodes(call)[-2:] == ["AccumulateGrad"] * 2,
        ),
        wrong_value(
            "leaf-to-root",
            "All the names are there, in the opposite order. Start at the result.",
            lambda names, t: names[::-1],
        ),
        Mistake(
            "root-left-out",
            "The list starts with a parent of the node that you were given. Start at `t.grad_fn` itself.",
            shows=lambda call: _named_nodes(call)[:1] == ["PowBackward0"],  # which made none of the tensors
        ),
    ),
    hints=(
        "The answer is a list of strings. It starts with the node that made `t`, and ends with the node of a leaf.",
        "A parent can be None. A leaf's node has no parents at all. One of the names has a prefix.",
        "The parents of a node are `[parent for parent, _ in node.next_functions]`. For `2.0 * x` these are a node "
        "and None.",
        "Read the section 'Reading the graph' again, and walk one step at a time.",
    ),
    after=(
        "The graph is made of plain Python objects, so one can draw it or search it. Tools that show a "
        "model's graph walk it in just this way."
    ),
)


# --- 2.8a · Two wrong lines ------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A line `d<target> = d<source> * factor`. It has `+=` in place of `=` where `adds` is true."""

    label: str
    source: str
    target: str
    factor: Callable[[Mapping[str, float]], float]
    adds: bool = False


FORWARD: Mapping[str, tuple[tuple[str, ...], Callable[..., Tensor]]] = {
    "a": (("x",), lambda x: x * x),
    "b": (("a",), torch.sin),
    "c": (("x", "b"), lambda x, b: x * b),
    "d": (("a",), torch.exp),
    "z": (("c", "d"), lambda c, d: c + d),
}

BACKWARD = (
    Line("A", "z", "c", lambda v: 1.0),
    Line("B", "z", "d", lambda v: 1.0),
    Line("C", "c", "b", lambda v: v["x"]),
    Line("D", "c", "x", lambda v: v["b"]),
    Line("E", "b", "a", lambda v: math.cos(v["b"])),
    Line("F", "d", "a", lambda v: v["d"], adds=True),
    Line("G", "a", "x", lambda v: 2 * v["x"]),
)


def _values_at(x: float) -> dict[str, float]:
    """Return the value of each variable of the forward pass."""
    values = {"x": x}
    for name, (inputs, step) in FORWARD.items():
        values[name] = step(*(torch.tensor(values[each], dtype=torch.float64) for each in inputs)).item()
    return values


def _true_factor(line: Line, values: Mapping[str, float]) -> float:
    """Return the local derivative of a line's step, by autograd."""
    inputs, step = FORWARD[line.source]
    return float(gradient(step, inputs.index(line.target))(*(values[each] for each in inputs)))


def _buggy_lines() -> set[str]:
    """Return the labels of the lines whose factor differs from autograd's, and of those that overwrite a gradient."""
    values = _values_at(0.7)
    wrong = set()
    written: set[str] = set()
    for line in BACKWARD:
        factor = _true_factor(line, values)
        if not math.isclose(factor, line.factor(values)) or (line.target in written and not line.adds):
            wrong.add(line.label)
        written.add(line.target)
    return wrong


_LABELS = {line.label for line in BACKWARD}


def _is_set(call: Call) -> bool:
    """Whether the answer is a set, or a list or tuple, which does as well."""
    return call.value is not None and call.value.kind == "sequence"


BUGGY_LINES = Exercise(
    id="chain_rule.buggy_lines",
    number="2.8a",
    title="Two wrong lines",
    way="recorded",
    difficulty=4,
    importance=4,
    minutes=7,
    points=1,
    cases=(case(),),
    reference=_buggy_lines,
    mistakes=(
        Mistake(
            "not-a-label",
            "Your set has something in it that is not a label. The labels are the capital letters at the ends of the "
            "lines.",
            shows=lambda call: _is_set(call) and bool(set(_named_nodes(call)) - _LABELS),
        ),
        Mistake(
            "not-two",
            "Expected two labels, since two of the lines are wrong. Compare one variable at a time with its `.grad`.",
            shows=lambda call: _is_set(call) and len(set(_named_nodes(call))) != 2,
        ),
        # It does not say which one, or there would be nothing left to find.
        Mistake(
            "right-line-blamed",
            "At least one of the lines that you name is right. Compare one variable at a time with its `.grad`.",
            shows=lambda call: _is_set(call) and set(_named_nodes(call)) != _buggy_lines(),
        ),
    ),
    hints=(
        'The answer is a set with two of the labels, as strings. `{"A", "B"}` has the right form.',
        "Check two things in every line. Is the local derivative right, and taken at the right point? Does the line "
        "add to the gradient that is there, or replace it?",
        "A variable that is used in two steps gets two gradients. For z = a·a + a the lines are `da = 2 * a`, and "
        "then `da += 1`.",
        "Compare one variable at a time: build the forward pass with tensors, call `retain_grad()` on each, and "
        "compare its `.grad` with what the line computes. The section 'Autograd walks the same chain' shows `retain_grad()`.",
    ),
    after=(
        "Both bugs give numbers that look fine. A comparison with a central difference shows that something is wrong, "
        "and a comparison of one variable at a time shows where."
    ),
)


# --- 2.8b · The two lines, repaired ---------------------------------------------------------------


def _paths_of_lines(x: Tensor) -> Tensor:
    """Return x · sin(x²) + exp(x²)."""
    return x * torch.sin(x * x) + torch.exp(x * x)


def _gone_back(x: float, repaired: Set[str]) -> float:
    """Return the gradient in x that the lines compute, with some of them repaired."""
    values = _values_at(x)
    gradients = {"z": 1.0}
    for line in BACKWARD:
        factor, adds = line.factor(values), line.adds
        if line.label in repaired:
            factor, adds = _true_factor(line, values), line.target in gradients
        share = gradients[line.source] * factor
        gradients[line.target] = gradients[line.target] + share if adds else share
    return gradients["x"]


def _still_wrong(slug: str, message: str, repaired: Callable[[set[str]], set[str]]) -> Mistake:
    """Return the mistake of repairing only some of the wrong lines: `repaired` picks them."""
    return wrong_value(slug, message, lambda pair, x: (pair[0], _gone_back(x, repaired(_buggy_lines()))))


REPAIRED_BACKWARD = Exercise(
    id="chain_rule.repaired_backward",
    number="2.8b",
    title="The two lines, repaired",
    way="hand",
    difficulty=3,
    importance=4,
    minutes=4,
    points=2,
    cases=(case(-1.2), case(0.7), case(1.1)),
    reference=lambda x: (_values_at(x)["z"], gradient(_paths_of_lines)(x)),
    mistakes=(
        _still_wrong(
            "nothing-repaired",
            "The gradient is the one of `manual_backward`, with both of its wrong lines.",
            lambda wrong: set(),
        ),
        _still_wrong(
            "wrong-point-left",
            "One wrong line is repaired. One local derivative is still taken at the wrong point.",
            lambda wrong: {line.label for line in BACKWARD if line.label in wrong and line.target == "x"},
        ),
        _still_wrong(
            "overwriting-left",
            "One wrong line is repaired. One line still throws away what another line has put into its variable.",
            lambda wrong: {line.label for line in BACKWARD if line.label in wrong and line.target != "x"},
        ),
        wrong_value(
            "swapped",
            "Both numbers are right, in the wrong order. Expected the value first, then the gradient.",
            lambda pair, x: (pair[1], pair[0]),
        ),
    ),
    hints=(
        "One number goes in, and a tuple comes out: the value, then the gradient. `manual_backward` returns both already.",
        "Change two lines and nothing else. In one, check the point at which the derivative is taken. In the other, check "
        "whether the variable holds something already.",
        "For z = a·a + a the lines are `da = 2 * a`, and then `da += 1`. With `=` in the second one, the first is lost.",
        "Read the sections 'Two links, two slopes' and 'Two ways to the same leaf' again.",
    ),
    after=(
        "Your function agrees with autograd at every point. Writing such a backward pass by hand is rare today, and "
        "reading one is not: each operation of PyTorch has one, written by somebody."
    ),
)


LESSON = Lesson(
    number=2,
    name="chain_rule",
    title="The chain rule",
    teaches="How derivatives multiply along a path and add up over paths",
    exercises=(
        PREDICTED_SIGNS,
        LOCAL_DERIVATIVES,
        DZ_DX,
        DZ_DX_AUTOGRAD,
        BACKPROP_CHAIN,
        D_FANOUT,
        GRAD_FANOUT,
        OP_NAMES,
        BUGGY_LINES,
        REPAIRED_BACKWARD,
    ),
)
