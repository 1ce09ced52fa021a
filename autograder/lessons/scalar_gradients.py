"""Lesson 1: the gradient of a scalar function, by hand and by autograd."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..exercise import Build, Exercise, Lesson, case, gradient
from ..mistake import wrong_value

# --- shared ---------------------------------------------------------------------------------------


def square(x: Tensor) -> Tensor:
    """Return x²."""
    return x**2


def poly(x: Tensor) -> Tensor:
    """Return 3x² − 4x + 5."""
    return 3 * x**2 - 4 * x + 5


def branch(rate: float) -> Callable[[Tensor], Tensor]:
    """Return x ↦ rate · x³ where x > 0, and exp(rate · x) elsewhere."""
    return lambda x: rate * x**3 if x > 0 else torch.exp(rate * x)


def wave(frequency: float) -> Callable[[Tensor], Tensor]:
    """Return x ↦ x · sin(frequency · x)."""
    return lambda x: x * torch.sin(frequency * x)


def _slope(f: Callable[[Tensor], Tensor], x: float) -> float:
    return float(gradient(f)(x))


def _value(f: Callable[[Tensor], Tensor], x: float) -> float:
    return f(torch.tensor(float(x), dtype=torch.float64)).item()


# --- 1.1 · Predict three slopes -------------------------------------------------------------------

PREDICTIONS = Exercise(
    id="scalar_gradients.predictions",
    number="1.1",
    title="Predict three slopes",
    way="recorded",
    difficulty=1,
    importance=3,
    minutes=4,
    points=1,
    cases=(case(),),
    reference=lambda: {x: gradient(square)(x) for x in (3, 0, -2)},
    atol=0.1,  # of each slope: it is read from a picture, with a ruler
    mistakes=(
        wrong_value(
            "value-for-derivative",
            "These are the heights of the parabola, the values of x². Expected its slopes, which say how steep it is.",
            lambda slopes: {x: float(x**2) for x in slopes},
        ),
        wrong_value(
            "lost-sign",
            "The sizes are right, and a sign is missing. A curve that falls has a negative slope.",
            lambda slopes: {x: abs(slope) for x, slope in slopes.items()},
        ),
        wrong_value(
            "constant-slope",
            "You gave the same slope at every point. Only a straight line has the same slope everywhere, and the "
            "parabola bends.",
            lambda slopes: dict.fromkeys(slopes, 2.0),
        ),
        wrong_value(
            "halved",
            "Each slope is half of what it should be. Draw a line through two near points of the curve, and measure "
            "its slope.",
            lambda slopes: {x: slope / 2 for x, slope in slopes.items()},
        ),
    ),
    hints=(
        "The answer is a dict with three numbers, one for each of the points 3, 0 and -2.",
        "Give the slope and not the height. A falling curve has a negative slope.",
        "For x³ at 1, take the points at 1 and at 1.001. The line through them has the slope (1.003003 - 1) / 0.001 = "
        "3.003. So the slope of the curve there is close to 3.",
        "Read the section 'The slope of a curve' again, and put your ruler on the picture.",
    ),
    after=(
        "You read a slope from a picture. That is how one checks any gradient first: its sign says which way "
        "is up, and its size says how steep it is. Training looks at nothing else."
    ),
)


# --- 1.2 · The slope of a parabola ----------------------------------------------------------------

D_SQUARE = Exercise(
    id="scalar_gradients.d_square",
    number="1.2",
    title="The slope of a parabola",
    way="hand",
    difficulty=1,
    importance=5,
    minutes=3,
    points=1,
    # Of a number with one digit behind the point, rounding would lose nothing.
    cases=(case(-1.7), case(0.613725), case(4.3)),
    forward=square,
    reference=gradient(square),
    mistakes=(
        wrong_value(
            "forgot-factor",
            "The exponent of a power becomes a factor in the derivative. Your answer has lost this factor.",
            lambda slope, x: slope / 2,
        ),
        wrong_value(
            "kept-power",
            "The exponent of a power goes down by one in the derivative. Your answer still has the old exponent.",
            lambda slope, x: slope * x,
        ),
        wrong_value(
            "second-derivative",
            "Your answer is the same number everywhere. It is the derivative of the derivative: you differentiated "
            "once too often.",
            lambda slope, x: slope / x,
        ),
    ),
    hints=(
        "One number goes in, and one number comes out: `d_square(0.5)` returns a float.",
        "Check for the three usual mistakes: the height in place of the slope, a lost factor, an exponent that stayed "
        "the same.",
        "For x³ the exponent 3 becomes a factor, and a square is left: the slope is 3x².",
        "Read the section 'From secant to tangent' again. Its cell `dy_dx` has the formula.",
    ),
    after=(
        "The formula works at every point, so you never need to draw the curve again. Near a minimum the "
        "slope goes to 0: steps along it become small on their own."
    ),
)


# --- 1.3 · The same slope from autograd -----------------------------------------------------------

GRAD_SQUARE = Exercise(
    id="scalar_gradients.grad_square",
    number="1.3",
    title="The same slope from autograd",
    way="autograd",
    difficulty=1,
    importance=5,
    minutes=4,
    points=3,
    cases=(case(-1.7), case(3), case(0.613725), case(4.3), case(3)),  # twice at one point, for a leaf that was kept
    forward=square,
    reference=gradient(square),
    hints=(
        "A number goes in, and it can be an int. A plain float comes out.",
        "Make the leaf inside the function, with a floating dtype. Then every call starts with an empty `.grad`.",
        "For x³ the steps are `x = torch.tensor(2.0, requires_grad=True)`, `(x**3).backward()`, `x.grad.item()`.",
        "Read the section 'Autograd does the same' again: leaf, forward pass, backward pass, `.grad`.",
    ),
    after=(
        "You gave autograd no formula for the slope. It wrote down each operation and differentiated these, "
        "one by one. The same five lines work for any function."
    ),
)


# --- 1.4a · A polynomial, by hand -----------------------------------------------------------------

D_POLY = Exercise(
    id="scalar_gradients.d_poly",
    number="1.4a",
    title="A polynomial, by hand",
    way="hand",
    difficulty=2,
    importance=4,
    minutes=4,
    points=2,
    cases=(case(-1.3), case(0.4173251), case(2.7137253), case(2 / 3, exact=True)),
    forward=poly,
    reference=gradient(poly),
    mistakes=(
        wrong_value(
            "kept-constant",
            "A constant moves the whole curve up and does not change its slope. Your answer still contains the "
            "constant.",
            lambda slope, x: slope + 5,
        ),
        wrong_value(
            "dropped-linear-term",
            "The term with x to the first power has a slope of its own. Your answer has lost it.",
            lambda slope, x: slope + 4,
        ),
        wrong_value(
            "kept-linear-term",
            "You kept the term with x to the first power as it is. Put its slope there: it is the slope of a straight "
            "line.",
            lambda slope, x: slope + 4 - 4 * x,
        ),
        wrong_value(
            "forgot-factor",
            "In the square term, the exponent should come down as a factor and join the one that is there.",
            lambda slope, x: (slope + 4) / 2 - 4,
        ),
        wrong_value(
            "kept-power",
            "In the square term, the exponent should be one less than before.",
            lambda slope, x: (slope + 4) * x - 4,
        ),
    ),
    hints=(
        "One number goes in, and one number comes out.",
        "Differentiate term by term. Check the factor, the exponent and the sign of each term.",
        "For 7x² + 2x - 9 the terms give 14x, 2 and 0, so the slope is 14x + 2.",
        "Read the section 'Term by term' again.",
    ),
    after=(
        "A derivative is linear: each term can be differentiated on its own. A network's loss is such a sum "
        "too, one term for each sample of the data."
    ),
)


# --- 1.4b · The polynomial, by autograd -----------------------------------------------------------

GRAD_POLY = Exercise(
    id="scalar_gradients.grad_poly",
    number="1.4b",
    title="The polynomial, by autograd",
    way="autograd",
    difficulty=2,
    importance=4,
    minutes=4,
    points=3,
    cases=(case(-1.3), case(0.4173251), case(2 / 3, exact=True), case(2.7137253)),
    forward=poly,
    reference=gradient(poly),
    hints=(
        "A float goes in, and a plain float comes out.",
        "Return the slope and not the value. The slope is in the `.grad` of the leaf.",
        "For 7x² + 2x - 9: make the leaf x, compute `y = 7*x**2 + 2*x - 9`, call `y.backward()`, read `x.grad`.",
        "Read the section 'Term by term' again. Your `grad_square` has all the steps too: only the forward line is different.",
    ),
    after=(
        "Compare this cell with the one for the parabola: only the forward pass has changed. This is why "
        "people write the forward pass alone, and leave the rest to the library."
    ),
)


# --- 1.5 · A derivative without a formula ---------------------------------------------------------


def sine(frequency: float) -> Callable[[float], float]:
    """Return x ↦ sin(frequency · x), on floats."""
    return lambda x: math.sin(frequency * x)


def exponential(rate: float) -> Callable[[float], float]:
    """Return x ↦ exp(rate · x), on floats."""
    return lambda x: math.exp(rate * x)


def cube(scale: float) -> Callable[[float], float]:
    """Return x ↦ scale · x³, on floats."""
    return lambda x: scale * x**3


def _sampled(f: Callable[[float], float], points: list[float]) -> Tensor:
    """Return the slopes that `torch.gradient` finds from f at evenly spaced points. Those at inner points are central."""
    values = torch.tensor([f(point) for point in points], dtype=torch.float64)
    slopes: Tensor = torch.gradient(values, spacing=points[1] - points[0])[0]
    return slopes


def _central(f: Callable[[float], float], x: float, h: float = 1e-5) -> float:
    return _sampled(f, [x - h, x, x + h])[1].item()


def _forward(f: Callable[[float], float], x: float, h: float = 1e-5) -> float:
    return _sampled(f, [x, x + h])[0].item()


def _backward(f: Callable[[float], float], x: float, h: float = 1e-5) -> float:
    return _sampled(f, [x - h, x])[0].item()


CENTRAL_DIFFERENCE = Exercise(
    id="scalar_gradients.central_difference",
    number="1.5",
    title="A derivative without a formula",
    way="any",
    difficulty=2,
    importance=4,
    minutes=7,
    points=3,
    builders={"sine": sine, "exponential": exponential, "cube": cube},
    cases=(
        case(Build("sine", (1.3,)), 0.7, 0.001),
        # It falls everywhere, and its third derivative is large.
        case(Build("exponential", (-3.1,)), 0.4, 0.001),
        case(Build("exponential", (2.6,)), -0.5, 0.3),
        case(Build("cube", (1.1,)), 1.3, 0.1),
        case(Build("exponential", (-2.3,)), 0.6),
    ),
    reference=_central,
    mistakes=(
        wrong_value(
            "forward-difference",
            "Your answer is the forward difference. It looks to one side only, and its error shrinks like h. Step to "
            "both sides.",
            lambda slope, *arguments: _forward(*arguments),
        ),
        wrong_value(
            "backward-difference",
            "Your answer is the backward difference. It looks to one side only, and its error shrinks like h. Step to "
            "both sides.",
            lambda slope, *arguments: _backward(*arguments),
        ),
        wrong_value(
            "divided-by-h",
            "A slope is rise over run. The run goes from the left point to the right point, and yours has another "
            "length.",
            lambda slope, *arguments: 2 * slope,
        ),
        wrong_value(
            "multiplied-by-h",
            "`a / 2 * h` means `(a / 2) * h`. Put the whole run in parentheses.",
            lambda slope, f, x, h=1e-5: slope * h * h,
        ),
        wrong_value(
            "not-divided",
            "Your answer is the rise alone. A slope is rise over run.",
            lambda slope, f, x, h=1e-5: slope * 2 * h,
        ),
        wrong_value(
            "half-step",
            "You stepped by h/2 to each side. Here the step to each side is h, so the run is 2h.",
            lambda slope, f, x, h=1e-5: _central(f, x, h / 2),
        ),
        wrong_value(
            "five-points",
            "Your formula takes two points on each side, and its error shrinks like h⁴. Here one point on each side is asked "
            "for, at the step h.",
            lambda slope, f, x, h=1e-5: (4 * slope - _central(f, x, 2 * h)) / 3,
        ),
        wrong_value(
            "extrapolated",
            "You combined the slopes of two steps, and the error shrinks like h⁴. Here the slope of the one step h is asked for.",
            lambda slope, f, x, h=1e-5: (4 * _central(f, x, h / 2) - slope) / 3,
        ),
        wrong_value(
            "ignored-h",
            "Your answer is the same for a large step and for a small one. Use the `h` that the function is given.",
            lambda slope, f, x, h=1e-5: _central(f, x),
        ),
    ),
    hints=(
        "A function, a point and a step go in, and one number comes out. `f` takes a float and returns a float.",
        "Use both neighbours, x + h and x - h. Divide by the distance between the two.",
        "For f(x) = x³ at 1 with h = 0.1: f(1.1) = 1.331 and f(0.9) = 0.729. The two points are 0.2 apart, and the "
        "result is 3.01.",
        "Read the section 'A derivative without a formula' again.",
    ),
    after=(
        "It needs no formula, so it is the usual test of a gradient: PyTorch's `torch.autograd.gradcheck` "
        "does the same in float64. With a million inputs it would take two million calls. Autograd takes one "
        "backward pass."
    ),
)


# --- 1.6 · The gradient of any function -----------------------------------------------------------


def doubling_loop(start: float) -> Callable[[Tensor], Tensor]:
    """Return a function that doubles start · x until its size reaches 10, and then triples a negative result.

    It leaves 0 as it is.
    """

    def function(x: Tensor) -> Tensor:
        y = start * x
        while 0 < y.abs() < 10:
            y = y * 2
        return y if y > 0 else 3 * y

    return function


GRAD_OF = Exercise(
    id="scalar_gradients.grad_of",
    number="1.6",
    title="The gradient of any function",
    way="autograd",
    difficulty=3,
    importance=5,
    minutes=7,
    points=4,
    builders={"doubling_loop": doubling_loop, "branch": branch, "wave": wave},
    cases=(
        case(Build("doubling_loop", (0.7,)), 0.45),
        case(Build("doubling_loop", (0.7,)), -0.8),
        case(Build("branch", (0.9,)), 1.4),
        case(Build("branch", (0.9,)), -0.6),
        # From 2x = 2.03 to 4.91 it falls.
        case(Build("wave", (2,)), 1.7),
        # Twice at one point, for a leaf that was kept.
        case(Build("wave", (2,)), 2.3, exact=True),
        case(Build("wave", (2,)), 2.3, exact=True),
    ),
    reference=_slope,
    mistakes=(
        wrong_value(
            "value-for-derivative",
            "Your answer is f(x), the value. Expected the slope: it is in the `.grad` of the leaf.",
            lambda slope, f, x: _value(f, x),
        ),
    ),
    hints=(
        "`f` takes a tensor with no dimensions and returns one. `grad_of(f, x)` takes a function and a float, and returns a float.",
        "Only the leaf that you give to `f` gets a `.grad`. Make the leaf, call `f` on it, call `backward()`, read "
        "`.grad`.",
        "For one function the steps are `x = torch.tensor(1.5, requires_grad=True)`, `torch.exp(x).backward()`, "
        "`x.grad`.",
        "Read the section 'Any function, with branches and loops' again. Your `grad_square` has all the steps: put `f` in "
        "place of the square.",
    ),
    after=(
        "You have written what `torch.autograd.grad` and `torch.func.grad` do for one input. From now on a "
        "function and a point are enough."
    ),
)


# --- 1.7 · The tangent line -----------------------------------------------------------------------


def _line(f: Callable[[Tensor], Tensor], x0: float) -> tuple[float, float]:
    """Return the slope at x0 and the intercept. The intercept is the slope at s = 1 of the perspective s · f(x0 / s).

    Boyd and Vandenberghe, Convex Optimization, section 3.2.6.
    """
    return _slope(f, x0), _slope(lambda s: s * f(x0 / s), 1.0)


TANGENT = Exercise(
    id="scalar_gradients.tangent",
    number="1.7",
    title="The tangent line",
    way="autograd",
    difficulty=3,
    importance=3,
    minutes=7,
    points=3,
    partial=True,
    builders={"branch": branch, "wave": wave},
    cases=(
        case(Build("wave", (1.1,)), 0.9),
        case(Build("branch", (0.8,)), 1.6),
        case(Build("branch", (0.8,)), -1.2),
        # It falls, wherever it is drawn.
        case(Build("branch", (-0.7,)), 1.3),
        case(Build("wave", (1.9,)), -1.3),
    ),
    reference=_line,
    mistakes=(
        wrong_value(
            "value-for-intercept",
            "Your second number is the height of the curve at x0. The intercept is the height of the line at 0.",
            lambda line, f, x0: (line[0], _value(f, x0)),
        ),
        wrong_value(
            "sign-of-intercept",
            "Check the sign in your intercept. The step goes from x0 back to 0, and not from 0 to x0.",
            lambda line, f, x0: (line[0], _value(f, x0) + line[0] * x0),
        ),
        wrong_value(
            "swapped",
            "Both numbers are right, in the wrong order. Expected the slope first, then the intercept.",
            lambda line, f, x0: (line[1], line[0]),
        ),
        wrong_value(
            "through-origin",
            "Your line goes through the origin. The tangent touches the curve at x0.",
            lambda line, f, x0: (line[0], 0.0),
        ),
    ),
    hints=(
        "The answer is a tuple of two plain numbers: the slope, then the intercept.",
        "The line has the slope of the curve at x0, and it goes through the point of the curve there.",
        "For x² at 3 the slope is 6 and the height is 9. From 3 back to 0 the line falls by 6·3, so it starts at 9 - "
        "18 = -9.",
        "Read the section 'A parabola and its tangent' again. `grad_of` gives you the slope.",
    ),
    after=(
        "The tangent is the best straight line at a point. Gradient descent believes it for one step: it goes "
        "down along the line, and then computes a new one."
    ),
)


LESSON = Lesson(
    number=1,
    name="scalar_gradients",
    title="Scalar gradients",
    teaches="What a gradient is, and how `backward()` finds one",
    exercises=(
        PREDICTIONS,
        D_SQUARE,
        GRAD_SQUARE,
        D_POLY,
        GRAD_POLY,
        CENTRAL_DIFFERENCE,
        GRAD_OF,
        TANGENT,
    ),
)
