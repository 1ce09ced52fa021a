"""Lesson 4: the gradient in a vector, the Jacobian, and the vector–Jacobian product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..exercise import Array, Build, Exercise, Lesson, Raises, case, gradient
from ..mistake import Mistake, raising, wrong_value
from ..observation import Call, Value

# --- shared ---------------------------------------------------------------------------------------

# For more than one pair of exercises. What only a pair shares stands with its first exercise.


def mean_square(x: Tensor) -> Tensor:
    """Return the mean of x²."""
    return (x**2).mean()


def mean_squared_error(pred: Tensor, target: Tensor) -> Tensor:
    """Return the mean of (pred − target)²."""
    return ((pred - target) ** 2).mean()


def _answering(slug: str, message: str, answer: Callable[..., Any]) -> Mistake:
    """Return a `wrong_value` whose arguments are converted to arrays."""
    return wrong_value(
        slug, message, lambda reference, *given: answer(reference, *(np.asarray(each) for each in given))
    )


def _shape(value: Value | None) -> tuple[int, ...] | None:
    """Return the shape of a number, an array, or nested sequences; None for all else."""
    if value is None:
        return None
    if value.kind in ("number", "array"):
        return tuple(value.shape)
    if value.kind == "sequence" and value.items:
        inner = _shape(value.items[0])
        return None if inner is None else (len(value.items), *inner)
    return None


def _shaped(slug: str, message: str, is_wrong: Callable[[tuple[int, ...]], bool]) -> Mistake:
    """Return a mistake that shows in the shape of the result."""

    def shows(call: Call) -> bool:
        shape = _shape(call.value)
        return shape is not None and is_wrong(shape)

    return Mistake(slug, message, shows=shows)


def _failing(slug: str, message: str, *parts: str) -> Mistake:
    """Return a mistake that shows as an error of NumPy or PyTorch about shapes, with one of `parts` in its text."""

    def shows(call: Call) -> bool:
        if call.raised is None or not {"ValueError", "RuntimeError"} & set(call.raised.types):
            return False
        return any(part in call.raised.text for part in parts)

    return Mistake(slug, message, shows=shows)


_ONE_NUMBER = _shaped(
    "one-number",
    "Your answer is one number. A gradient has one entry for each entry of the input vector.",
    lambda shape: shape == (),
)

_HARD_CODED = "Your answer is right for vectors of length 3 only. Use the length of the vector that your function gets."
_BROADCAST = ("could not be broadcast together with shapes", "must match the size")
_MATMUL = ("mismatch in its core dimension", "not aligned", "size mismatch", "cannot be multiplied")


def _cases(given: tuple[tuple[Any, ...], ...], kind: Any) -> Any:
    """Return cases whose arguments are all arrays of one kind."""
    return tuple(case(*(Array(data, kind) for data in arguments)) for arguments in given)


# --- 4.1a · The mean of squares, by hand ----------------------------------------------------------

_MEAN_SQUARE_CASES = (
    ((1.3, -0.7),),
    ((0.4, -1.2, 2.1, 0.9),),
    ((0.8,),),
    # A seventh has no end, so a rounded answer shows.
    ((-2.6, 0.3, 1.7, -0.8, 0.5, -1.4, 2.3),),
    ((0.6, 1.9),),
)

_HARD_CODED_N_OF_MEAN_SQUARE = _answering("hard-coded-n", _HARD_CODED, lambda slopes, x: slopes * len(x) / 3)

D_MEAN_SQUARE = Exercise(
    id="vector_backward.d_mean_square",
    number="4.1a",
    title="The mean of squares, by hand",
    way="hand",
    difficulty=1,
    importance=5,
    minutes=3,
    points=1,
    cases=_cases(_MEAN_SQUARE_CASES, "numpy"),
    forward=mean_square,
    reference=gradient(mean_square),
    mistakes=(
        _ONE_NUMBER,
        _HARD_CODED_N_OF_MEAN_SQUARE,
        _answering(
            "value-for-derivative",
            "You returned the terms of the mean. They are values of the function. The exercise asks for slopes.",
            lambda slopes, x: x**2 / len(x),
        ),
    ),
    hints=(
        "The argument is a vector of any length. The result is a vector of the same length.",
        "Two factors are easy to forget: the one from the square, and the one that turns a sum into a mean.",
        "Another example is the mean of x³ over two entries. Entry 0 is only in the term x0³/2, so its slope is 3·x0²/2.",
        "Read the section 'One number from many' again. Find out where the 3 in its formula comes from.",
    ),
    after=(
        "Each entry of the gradient belongs to one entry of the input. A mean over more entries makes each of "
        "them smaller, so a learning rate that fits a sum does not fit a mean."
    ),
)


# --- 4.1b · The mean of squares, by autograd ------------------------------------------------------

GRAD_MEAN_SQUARE = Exercise(
    id="vector_backward.grad_mean_square",
    number="4.1b",
    title="The mean of squares, by autograd",
    way="autograd",
    difficulty=1,
    importance=5,
    minutes=3,
    points=1,
    cases=_cases(_MEAN_SQUARE_CASES, "torch"),
    forward=mean_square,
    reference=gradient(mean_square),
    mistakes=(
        _ONE_NUMBER,
        _HARD_CODED_N_OF_MEAN_SQUARE,
        _answering(
            "value-for-derivative",
            "You returned the terms of the mean. They are values of the function. The slopes are in the `.grad` of the leaf.",
            lambda slopes, x: x**2 / len(x),
        ),
    ),
    hints=(
        "The argument is a float64 tensor that does not require grad. The result is a vector of the same length.",
        "Make your own leaf with `x.clone().requires_grad_()`. Then the argument does not change.",
        "For the mean of x³: `y = (leaf**3).mean()`, then `y.backward()`, then `leaf.grad`.",
        "Read the section 'One number from many' again. Its cells with autograd have all the steps.",
    ),
    after=(
        "A gradient always has the shape of its input. If the shapes differ, you look at another tensor than you think."
    ),
)


# --- 4.2a · The mean squared error, by hand -------------------------------------------------------


def _d_mse(pred: Any, target: Any) -> Any:
    if pred.ndim == 0:
        # A number has no length. Who asks for it before the check has an exception too.
        return Raises("ValueError", also="TypeError")
    if pred.ndim != 1 or pred.shape != target.shape:
        return Raises("ValueError")
    return gradient(mean_squared_error)(pred, target)


_MSE_CASES = (
    ((1.4, -0.6), (0.5, 0.9)),
    ((0.7, -1.3, 2.2, 0.4), (-0.9, 0.8, 1.1, 1.6)),
    (((0.8,), (1.7,), (-0.4,)), (1.2, 0.3, 2.1)),
    ((1.2, 0.3, 2.1), ((0.8,), (1.7,), (-0.4,))),
    ((0.9, -1.1, 0.3, 1.8), (0.6,)),
    (((0.9, -1.1), (0.3, 1.8)), ((0.2, 0.7), (1.5, -0.4))),
    (0.7, 1.2),
    ((((0.9, -1.1), (0.3, 1.8)),), (((0.2, 0.7), (1.5, -0.4)),)),
    ((1.6,), (-0.9,)),
    ((-0.7, 1.9, 0.2, -1.4, 0.6, 1.3, -0.5), (0.8, -0.3, 1.2, 0.5, -1.1, 0.4, 1.7)),
)

_WRONG_EXCEPTION_OF_MSE = raising(
    "wrong-exception",
    "Your function raised an AssertionError, as `assert` does. Raise a `ValueError` with `raise`.",
    "AssertionError",
)

_HARD_CODED_N_OF_MSE = _answering("hard-coded-n", _HARD_CODED, lambda slopes, pred, target: slopes * len(pred) / 3)

_DROPPED_TARGET_OF_MSE = _answering(
    "dropped-target",
    "Your answer does not depend on the target. The loss measures the distance between prediction and target.",
    lambda slopes, pred, target: gradient(mean_square)(pred),
)

D_MSE = Exercise(
    id="vector_backward.d_mse",
    number="4.2a",
    title="The mean squared error, by hand",
    way="hand",
    difficulty=2,
    importance=5,
    minutes=4,
    points=1,
    cases=_cases(_MSE_CASES, "numpy"),
    forward=mean_squared_error,
    reference=_d_mse,
    mistakes=(
        _ONE_NUMBER,
        _WRONG_EXCEPTION_OF_MSE,
        _HARD_CODED_N_OF_MSE,
        _DROPPED_TARGET_OF_MSE,
        _answering(
            "value-for-derivative",
            "You returned the terms of the loss. They are values of the function. The exercise asks for slopes.",
            lambda slopes, pred, target: (pred - target) ** 2 / len(pred),
        ),
    ),
    hints=(
        "The arguments are two vectors of the same length. The result is a vector of that length. For all other shapes, raise a `ValueError`.",
        "Compare the shapes before you subtract. The difference of arrays of shapes (n,) and (n, 1) has the shape (n, n).",
        "Another example is the mean of (p - t)³. Its slope in entry 0 is 3·(p0 - t0)²/n. The inner derivative is 1.",
        "Read the section 'A loss is one number from many' again. Test your function with its numbers.",
    ),
    after=(
        "The target is a constant, so it moves nothing. Had you asked for its gradient too, you would have "
        "found the same numbers with the other sign."
    ),
)


# --- 4.2b · The mean squared error, by autograd ---------------------------------------------------

GRAD_MSE = Exercise(
    id="vector_backward.grad_mse",
    number="4.2b",
    title="The mean squared error, by autograd",
    way="autograd",
    difficulty=2,
    importance=5,
    minutes=4,
    points=1,
    cases=_cases(_MSE_CASES, "torch"),
    forward=mean_squared_error,
    reference=_d_mse,
    mistakes=(
        _ONE_NUMBER,
        _WRONG_EXCEPTION_OF_MSE,
        _HARD_CODED_N_OF_MSE,
        _answering(
            "gradient-in-target",
            "Every sign is the opposite of the right one. The gradient in the target has these signs. Check in which tensor you "
            "differentiate, and whether a minus is too many.",
            lambda slopes, pred, target: -slopes,
        ),
        _DROPPED_TARGET_OF_MSE,
    ),
    hints=(
        "The arguments are two tensors of the same length. The result is a vector of that length. For all other shapes, raise a `ValueError`.",
        "Compare the two shapes first. The prediction is the leaf, and the target is a constant.",
        "You can check two shapes like this: `if a.ndim != 1 or a.shape != b.shape: raise ValueError(...)`.",
        "Read the section 'A loss is one number from many' again. Its cells with autograd have the forward pass.",
    ),
    after=(
        "A silent broadcast from (n,) and (n, 1) to (n, n) is one of the most frequent bugs in this loss: it "
        "still gives one number, and it still trains a little."
    ),
)


# --- 4.3 · Formula detective ----------------------------------------------------------------------

RECORDED_X = (0.8675, -1.17224, -0.05804)

_CANDIDATES: dict[str, Callable[[Tensor], Tensor]] = {
    "a": lambda x: mean_squared_error(x, x.new_tensor([1.0, 2.1, 3.0])),
    "b": lambda x: ((x + 2) ** 2).sum(),
    "c": lambda x: ((x + 2) ** 2).mean(),
}


def _recorded_run(x: Tensor) -> Tensor:
    y = x + 2
    z = y * y
    return z.mean()


def _matching() -> str:
    printed = gradient(_recorded_run)(RECORDED_X)
    return next(
        letter for letter, each in _CANDIDATES.items() if np.allclose(gradient(each)(RECORDED_X), printed, atol=5e-5)
    )


MATCHING_FORMULA = Exercise(
    id="vector_backward.matching_formula",
    number="4.3",
    title="Formula detective",
    way="recorded",
    difficulty=2,
    importance=3,
    minutes=4,
    points=1,
    cases=(case(),),
    reference=_matching,
    mistakes=(
        Mistake(
            "not-a-letter",
            "Expected one of the three letters of the text, as a string of one small letter.",
            shows=lambda call: (
                call.value is not None and call.value.kind == "text" and call.value.text not in _CANDIDATES
            ),
        ),
        wrong_value(
            "trusted-the-prose",
            "You chose the formula that stood beside the run. It has a target in it, and the code has none. Put the numbers into each formula.",
            lambda letter: "a",
        ),
        wrong_value(
            "forgot-1n",
            "Put the numbers into your formula. Its first entry is larger than the printed one. Find the factor between them.",
            lambda letter: "b",
        ),
    ),
    hints=(
        "The answer is one letter, as a string.",
        "Read the code line by line, and ignore the sentence beside it. Then put one number into each formula.",
        "One number is enough to tell two formulas apart. For x = 1 and n = 3, the formula 3(x + 1)²/n gives 4, and 3(x + 1)² gives 12.",
        "Read the section 'Which formula was it?' again. It has all the numbers that you need.",
    ),
    after=(
        "Code and sentence disagreed, and the code won. Read what is computed, and test it with one number "
        "that you know."
    ),
)


# --- 4.4a · A vector–Jacobian product, by hand ----------------------------------------------------


def weighted_squares(x: Tensor, v: Tensor) -> Tensor:
    """Return v · x²."""
    return (v * x**2).sum()


def _not_finite(call: Call) -> bool:
    return call.value is not None and not np.isfinite(call.value.numbers).all()


_VJP_CASES = (
    ((1.3, -0.7), (0.8, -1.9)),
    ((0.4, -1.2, 2.1, 0.9), (-1.5, 0.0, 2.2, 0.6)),
    ((1.7, -2.3, 0.5), (0.0, -0.4, 3.1)),
    ((0.9,), (-1.4,)),
    ((-0.637, 1.129, 0.854, -1.943), (0.713, -2.418, 0.0, 1.367)),
)

_WHOLE_JACOBIAN_OF_SQUARE = _shaped(
    "whole-jacobian",
    "Your answer is a matrix. A vector–Jacobian product is a weighted sum of the rows of that matrix, so it is one vector.",
    lambda shape: len(shape) == 2 and shape[0] == shape[1],
)

_SUMMED_V_OF_SQUARE = _answering(
    "summed-v",
    "You multiplied every entry by the sum of `v`. Each output has its own weight in `v`.",
    lambda mix, x, v: gradient(weighted_squares)(x, np.full_like(v, v.sum())),
)

VJP_SQUARE = Exercise(
    id="vector_backward.vjp_square",
    number="4.4a",
    title="A vector–Jacobian product, by hand",
    way="hand",
    difficulty=2,
    importance=5,
    minutes=4,
    points=1,
    cases=_cases(_VJP_CASES, "numpy"),
    forward=weighted_squares,
    reference=gradient(weighted_squares),
    mistakes=(
        _ONE_NUMBER,
        _WHOLE_JACOBIAN_OF_SQUARE,
        Mistake(
            "divided-by-v",
            "Your answer is nan or infinite where `v` is 0. An output with weight 0 adds nothing to the result.",
            shows=_not_finite,
        ),
        _answering(
            "ignored-v",
            "Your answer does not depend on `v`. Each output has its own weight in `v`.",
            lambda mix, x, v: gradient(weighted_squares)(x, np.ones_like(v)),
        ),
        _SUMMED_V_OF_SQUARE,
        _answering(
            "squared-weights",
            "The weights are in your answer twice. Multiply each derivative by its weight once.",
            lambda mix, x, v: mix * v,
        ),
        _answering(
            "value-for-derivative",
            "You multiplied the values of the function by the weights. Multiply its slopes by the weights.",
            lambda mix, x, v: v * x**2,
        ),
    ),
    hints=(
        "The arguments are two vectors of the same length. The result is a vector of that length.",
        "Each output depends on one input only. So each entry of the answer contains one weight.",
        "Another example is y = exp(x) at [0, 1] with v = [5, -1]. There the answer is [5·1, -1·e].",
        "Read the section 'Which output?' again.",
    ),
    after=(
        "You never built the whole table of derivatives. One weight for each output is enough, and that is "
        "what travels back through a network."
    ),
)


# --- 4.4b · A vector–Jacobian product, by autograd ------------------------------------------------

VJP_SQUARE_AUTOGRAD = Exercise(
    id="vector_backward.vjp_square_autograd",
    number="4.4b",
    title="A vector–Jacobian product, by autograd",
    way="autograd",
    difficulty=2,
    importance=5,
    minutes=3,
    points=1,
    cases=_cases(_VJP_CASES, "torch"),
    forward=weighted_squares,
    reference=gradient(weighted_squares),
    mistakes=(
        _ONE_NUMBER,
        _WHOLE_JACOBIAN_OF_SQUARE,
        _answering(
            "ignored-v",
            "Your answer does not depend on `v`. Give the weights to the backward pass.",
            lambda mix, x, v: gradient(weighted_squares)(x, np.ones_like(v)),
        ),
        _SUMMED_V_OF_SQUARE,
        _answering(
            "squared-weights",
            "The weights are in your answer twice. Each weight belongs to an output. Use it once, and after the squaring.",
            lambda mix, x, v: mix * v,
        ),
        _answering(
            "weights-in-the-input",
            "The weights are in your answer three times. Each weight belongs to an output. Use it once, and after the squaring.",
            lambda mix, x, v: mix * v * v,
        ),
    ),
    hints=(
        "The arguments are two tensors of the same length. The result is a vector of that length.",
        "The output is a vector, so `backward` needs a weight for each of its entries.",
        "Another example is exp: `y = torch.exp(leaf)`, then `y.backward(v)`, then `leaf.grad`.",
        "Read the section 'Which output?' again.",
    ),
    after=(
        "`backward(v)` and `(v * y).sum().backward()` give the same gradient. The weights are the gradient "
        "that the rest of the network would send."
    ),
)


# --- 4.5a · A Jacobian, by hand -------------------------------------------------------------------


def products(x: Tensor) -> Tensor:
    """Return [x0·x1, x1·x2]."""
    return torch.stack([x[0] * x[1], x[1] * x[2]])


def _jacobian(f: Callable[[Tensor], Tensor], x: Any) -> Any:
    rows = len(f(torch.as_tensor(x, dtype=torch.float64)))
    return np.stack([gradient(lambda t, row=row: f(t)[row])(x) for row in range(rows)])


JACOBIAN_BY_HAND = Exercise(
    id="vector_backward.jacobian_by_hand",
    number="4.5a",
    title="A Jacobian, by hand",
    way="hand",
    difficulty=2,
    importance=4,
    minutes=4,
    points=1,
    cases=_cases((((1.3, -0.7, 2.2),), ((0.4, 1.9, -1.6),), ((-0.83164, 0.61277, 1.10459),)), "numpy"),
    reference=lambda x: _jacobian(products, x),
    mistakes=(
        _shaped(
            "no-zeros",
            "Each row has one column for every input, even for an input that the output does not use. Think about the slope in such an input.",
            lambda shape: shape == (2, 2),
        ),
        _shaped(
            "one-row",
            "Your answer is one vector. Expected a matrix with one row for each of the two outputs.",
            lambda shape: len(shape) == 1,
        ),
        _answering(
            "own-factor",
            "You put each factor in its own place. Change one factor of the product a little, and see what decides how much the product changes.",
            lambda matrix, x: np.where(matrix != 0, x, 0.0),
        ),
        _answering(
            "value-for-derivative",
            "You returned values of the outputs. A Jacobian contains their slopes.",
            lambda matrix, x: matrix * x,
        ),
        _answering(
            "swapped-rows",
            "The rows are in the wrong order. The first row belongs to the first output.",
            lambda matrix, x: matrix[::-1],
        ),
    ),
    hints=(
        "The argument is a vector of three numbers. The result has two rows and three columns.",
        "Take one output at a time. Write down its derivative in each input, also where it is zero.",
        "Another example is the output y = x0·x2 at [5, 6, 7]. Its row is [7, 0, 5].",
        "Read the section 'The Jacobian, row by row' again.",
    ),
    after=(
        "A row belongs to an output, and a column to an input. Zeros say which output does not depend on "
        "which input. Most large Jacobians are almost all zeros."
    ),
)


# --- 4.5b · Any Jacobian, one row at a time -------------------------------------------------------


def pairs(first: float, second: float) -> Callable[[Tensor], Tensor]:
    """Return x ↦ [first · x0·x1, second · x1·x2], from 3 numbers to 2."""
    return lambda x: torch.stack([first * x[0] * x[1], second * x[1] * x[2]])


def waves(frequency: float) -> Callable[[Tensor], Tensor]:
    """Return x ↦ [sin(frequency · x0·x3), x1 · exp(x2)], from 4 numbers to 2."""
    return lambda x: torch.stack([torch.sin(frequency * x[0] * x[3]), x[1] * torch.exp(x[2])])


def ladder(scale: float) -> Callable[[Tensor], Tensor]:
    """Return x ↦ [scale · x0·x1, x1²·x2, x2·x3³], from 4 numbers to 3."""
    return lambda x: torch.stack([scale * x[0] * x[1], x[1] ** 2 * x[2], x[2] * x[3] ** 3])


def spread(scale: float) -> Callable[[Tensor], Tensor]:
    """Return x ↦ [scale · x0, x0·x1, x1², sin x0, exp x1], from 2 numbers to 5."""
    return lambda x: torch.stack([scale * x[0], x[0] * x[1], x[1] ** 2, torch.sin(x[0]), torch.exp(x[1])])


def product(scale: float) -> Callable[[Tensor], Tensor]:
    """Return x ↦ [scale · x0·x1·x2], from 3 numbers to 1."""
    return lambda x: torch.stack([scale * x[0] * x[1] * x[2]])


def curve(scale: float) -> Callable[[Tensor], Tensor]:
    """Return x ↦ [scale · x0², sin x0], from 1 number to 2."""
    return lambda x: torch.stack([scale * x[0] ** 2, torch.sin(x[0])])


def ring(scale: float) -> Callable[[Tensor], Tensor]:
    """Return x ↦ [scale · x0·x1, x1·x2², x2·exp(x0)], from 3 numbers to 3."""
    return lambda x: torch.stack([scale * x[0] * x[1], x[1] * x[2] ** 2, x[2] * torch.exp(x[0])])


JACOBIAN = Exercise(
    id="vector_backward.jacobian",
    number="4.5b",
    title="Any Jacobian, one row at a time",
    way="autograd",
    difficulty=3,
    importance=4,
    minutes=7,
    points=3,
    builders={
        "pairs": pairs,
        "waves": waves,
        "ladder": ladder,
        "spread": spread,
        "product": product,
        "curve": curve,
        "ring": ring,
    },
    cases=(
        case(Build("pairs", (0.9, 1.4)), Array((1.3, -0.7, 2.2), "torch")),
        case(Build("waves", (0.8,)), Array((0.6, -1.4, 0.3, 1.7), "torch")),
        case(Build("ladder", (1.6,)), Array((0.9, 1.2, -0.7, 1.4), "torch")),
        case(Build("product", (1.3,)), Array((0.8, -1.2, 0.7), "torch")),
        case(Build("curve", (0.7,)), Array((1.2,), "torch")),
        case(Build("ring", (1.4,)), Array((0.6, -0.9, 1.3), "torch")),
        case(Build("spread", (1.2,)), Array((0.7, -1.3), "torch")),
    ),
    reference=_jacobian,
    mistakes=(
        Mistake(
            "library-jacobian",
            "A function of the library built this Jacobian. Build it yourself from one-hot vectors, as with one backward pass for each row.",
            shows=lambda call: not {"jacobian", "jacrev", "jacfwd", "hessian"}.isdisjoint(call.used),
        ),
        _shaped(
            "transposed",
            "Rows and columns are exchanged. Each row belongs to one output, and each column to one input.",
            lambda shape: shape in ((3, 2), (4, 2), (4, 3), (2, 5), (3, 1), (1, 2)),
        ),
        _shaped(
            "one-row",
            "Your answer is one vector. Expected a matrix with one row for each output, also where there is one output. A row has the slopes of its output alone.",
            lambda shape: len(shape) == 1,
        ),
        _failing(
            "columns-for-rows",
            "You put the result of a backward pass into a column. The result has one entry for each input, so it is a row.",
            "expanded size of the tensor",
        ),
        _answering(
            "rows-accumulate",
            "Each row is added to the rows above it. Start each row anew. If you read `.grad`, it is a running sum.",
            lambda matrix, f, x: matrix.cumsum(axis=0),
        ),
        _answering(
            "aliased-rows",
            "Every row is the sum of all right rows. Each row has the slopes of one output alone. If you keep `.grad` itself, it is one tensor, and each pass adds to it.",
            lambda matrix, f, x: np.broadcast_to(matrix.sum(axis=0), matrix.shape),
        ),
        _answering(
            "aliased-last",
            "Every row is the last row. Each row needs an array of its own. If you keep `.grad` itself, it is one tensor, and later passes change it.",
            lambda matrix, f, x: np.broadcast_to(matrix[-1], matrix.shape),
        ),
        _answering(
            "emptied",
            "Every entry is zero. Look at what each row holds at the end. If you keep `.grad` itself and clear it, the row is cleared too.",
            lambda matrix, f, x: np.zeros_like(matrix),
        ),
    ),
    hints=(
        "The arguments are a function and a vector. The result has one row for each output and one column for each input.",
        "A vector with a single 1 and zeros elsewhere selects one row. Count how many such vectors you need.",
        "This gives row 1 of exp: `y = torch.exp(leaf)`, then "
        "`torch.autograd.grad(y, leaf, torch.tensor([0., 1.]), retain_graph=True)[0]`.",
        "Read the section 'The Jacobian, row by row' again. The loop there does this for one function.",
    ),
    after=(
        "One backward pass gives one row, so this costs as many passes as there are outputs. Forward mode "
        "gives a column at a time. `torch.func.jacrev` and `jacfwd` are the two in the library."
    ),
)


# --- 4.6a · Back through a matrix, by hand --------------------------------------------------------


def _linear_vjp(m: Any, v: Any) -> Any:
    matrix, weights = (torch.as_tensor(each, dtype=torch.float64) for each in (m, v))
    return gradient(lambda x: weights @ (matrix @ x))(torch.zeros_like(matrix[0]))


_LINEAR_CASES = (
    (((1.2, -0.7, 1.5), (0.4, 1.1, -0.9)), (0.6, -0.8)),
    (((0.6, 1.9), (-1.3, 0.5), (0.9, -0.2), (1.1, 0.7)), (1.4, -0.6, 0.9, 2.3)),
    # In a square matrix rows and columns can be taken for each other.
    (((0.8, -1.3, 0.6), (1.7, 0.5, -0.9), (-0.4, 1.1, 2.3)), (1.2, -0.7, 0.5)),
    (((0.9, -0.4, 1.6),), (1.3,)),
    (((0.7,), (-1.5,), (0.4,)), (0.6, 1.1, -2.2)),
    (((0.317, -1.824, 0.739, 1.246), (2.251, 0.408, -0.563, 0.917)), (-0.738, 1.629)),
)

_DIVIDED_BY_ROWS = _answering(
    "extra-1n",
    "Your answer is m times too small, where m is the number of rows of `M`. The outputs are added up, and nothing is averaged.",
    lambda mix, m, v: mix / m.shape[0],
)

_DIVIDED_BY_COLUMNS = _answering(
    "divided-by-columns",
    "Your answer is n times too small, where n is the number of columns of `M`. The outputs are added up, and nothing is averaged.",
    lambda mix, m, v: mix / m.shape[1],
)

_IGNORED_V_OF_LINEAR = _answering(
    "ignored-v",
    "Your answer does not depend on `v`. You gave every row the weight 1.",
    lambda mix, m, v: m.sum(axis=0),
)

_SUMMED_V_OF_LINEAR = _answering(
    "summed-v",
    "You multiplied every row by the sum of `v`. Each row has its own weight in `v`.",
    lambda mix, m, v: m.sum(axis=0) * v.sum(),
)

LINEAR_VJP = Exercise(
    id="vector_backward.linear_vjp",
    number="4.6a",
    title="Back through a matrix, by hand",
    way="hand",
    difficulty=3,
    importance=4,
    minutes=3,
    points=1,
    cases=_cases(_LINEAR_CASES, "numpy"),
    reference=_linear_vjp,
    mistakes=(
        _ONE_NUMBER,
        _shaped(
            "matrix-returned",
            "Your answer is a matrix. Each weight belongs to a row. Add up the weighted rows.",
            lambda shape: len(shape) == 2 and min(shape) > 1,
        ),
        _failing(
            "elementwise",
            "The shapes don't fit. `*` and `+` work entry by entry. The exercise asks for a weighted sum of rows.",
            *_BROADCAST,
        ),
        _IGNORED_V_OF_LINEAR,
        _SUMMED_V_OF_LINEAR,
        _DIVIDED_BY_ROWS,
        _DIVIDED_BY_COLUMNS,
    ),
    hints=(
        "M has m rows and n columns. v has m entries. The result has n entries.",
        "The answer is a weighted sum of the rows of M. Find the product of a vector and a matrix that gives it.",
        "For the rows [1, 2] and [3, 4] and the weights 10 and -1, the sum is 10·[1, 2] - [3, 4] = [7, 16].",
        "Read the section 'A matrix in the middle' again.",
    ),
    after=(
        "For a linear function the Jacobian is the matrix itself. Going back through a layer is one more "
        "product with the same weights."
    ),
)


# --- 4.6b · Back through a matrix, by autograd ----------------------------------------------------

LINEAR_VJP_AUTOGRAD = Exercise(
    id="vector_backward.linear_vjp_autograd",
    number="4.6b",
    title="Back through a matrix, by autograd",
    way="autograd",
    difficulty=3,
    importance=4,
    minutes=3,
    points=1,
    cases=_cases(_LINEAR_CASES, "torch"),
    reference=_linear_vjp,
    mistakes=(
        _ONE_NUMBER,
        _shaped(
            "matrix-returned",
            "Your answer is a matrix. The exercise asks for the gradient in the vector that `M` is multiplied by, which is a vector.",
            lambda shape: len(shape) == 2 and shape[0] > 1,
        ),
        _failing(
            "wrong-length",
            "The shapes don't fit. Check how many entries the vector needs that `M` is multiplied by.",
            *_MATMUL,
        ),
        _IGNORED_V_OF_LINEAR,
        _SUMMED_V_OF_LINEAR,
        _DIVIDED_BY_ROWS,
        _DIVIDED_BY_COLUMNS,
        Mistake(
            "added-to-grad",
            "You used `backward`, which adds to the `.grad` of the leaf. Here use `torch.autograd.grad`, which returns the "
            "gradient and adds to nothing.",
            shows=lambda call: call.raised is None and any(run.accumulates for run in call.engine_runs),
        ),
    ),
    hints=(
        "M has m rows and n columns. v has m entries. The result has n entries.",
        "You need a leaf for the input vector. The function is linear, so its slopes are the same at every point.",
        "Another example is y = 3x: `leaf = torch.zeros(2, requires_grad=True)`, then `torch.autograd.grad(3 * leaf, leaf, v)`, "
        "which is a tuple of one gradient.",
        "Read the section 'A matrix in the middle' again. Its first code cell makes such a leaf.",
    ),
    after=(
        "A backward pass through a layer costs about as much as the forward pass. Each gives one product with a matrix."
    ),
)


# --- 4.7a · Back through a transpose, by hand -----------------------------------------------------


def weighted_shifted_squares(inp: Tensor, v: Tensor) -> Tensor:
    """Return the sum of v times the transpose of (inp + 1)²."""
    return (v * ((inp + 1) ** 2).t()).sum()


# No input has more rows than columns: an answer that has got the shape of the output.
_MATRIX_CASES = (
    (((0.4, -1.7, 0.9), (1.2, 0.3, -0.6)), ((0.7, -1.1), (0.5, 1.9), (-2.3, 0.8))),
    (
        ((0.413, -1.728, 0.957), (1.234, 0.316, -0.642), (0.871, -0.539, 1.468)),
        ((0.726, -1.143, 0.358), (0.517, 1.932, -0.847), (-2.314, 0.829, 1.215)),
    ),
    (((0.6, -1.4, 0.8),), ((1.3,), (-0.7,), (0.5,))),
    (((0.8, 0.2, -1.6, 1.1), (-0.3, 1.4, 0.6, -2.2)), ((1.3, 0.4), (-0.9, 1.7), (0.6, -0.2), (2.1, 0.5))),
    (
        ((0.5, -0.4, 1.3, 0.7), (1.8, 0.9, -0.3, 0.2), (-1.5, 0.6, 0.4, 1.1)),
        ((0.3, 1.2, -0.7), (1.6, -0.5, 0.9), (0.8, 2.4, -1.3), (-0.2, 0.6, 1.7)),
    ),
)

_TRANSPOSED_OF_SHIFTED_SQUARE = _shaped(
    "transposed",
    "Your answer has the shape of the output. A gradient has the shape of the input.",
    lambda shape: len(shape) == 2 and shape[0] > shape[1],
)

_V_NOT_TRANSPOSED_OF_SHIFTED_SQUARE = _failing(
    "v-not-transposed",
    "The shapes don't fit. `v` has the shape of the output. The output is the transpose, so its shape differs from the shape of the input.",
    *_BROADCAST,
)

_RESHAPED_V_OF_SHIFTED_SQUARE = _answering(
    "reshaped-v",
    "The numbers of `v` are in the wrong places, as if they were read row by row into the other shape. A transpose exchanges rows and columns.",
    lambda mix, inp, v: gradient(weighted_shifted_squares)(inp, v.reshape(inp.shape).T),
)

D_SHIFTED_SQUARE_T = Exercise(
    id="vector_backward.d_shifted_square_t",
    number="4.7a",
    title="Back through a transpose, by hand",
    way="hand",
    difficulty=3,
    importance=3,
    minutes=5,
    points=2,
    cases=_cases(_MATRIX_CASES, "numpy"),
    forward=weighted_shifted_squares,
    reference=gradient(weighted_shifted_squares),
    mistakes=(
        _TRANSPOSED_OF_SHIFTED_SQUARE,
        _V_NOT_TRANSPOSED_OF_SHIFTED_SQUARE,
        _RESHAPED_V_OF_SHIFTED_SQUARE,
        _answering(
            "ignored-v",
            "Your answer does not depend on `v`. Each output has its own weight in `v`.",
            lambda mix, inp, v: gradient(weighted_shifted_squares)(inp, np.ones_like(v)),
        ),
        _answering(
            "summed-v",
            "You multiplied every entry by the sum of `v`. Each output has its own weight in `v`.",
            lambda mix, inp, v: gradient(weighted_shifted_squares)(inp, np.full_like(v, v.sum())),
        ),
        _answering(
            "forgot-shift",
            "You took the slope of the square at the input itself. Look again at what the function squares.",
            lambda mix, inp, v: gradient(weighted_shifted_squares)(inp - 1, v),
        ),
        _answering(
            "value-for-derivative",
            "You multiplied the values of the function by the weights. Multiply its slopes by the weights.",
            lambda mix, inp, v: (inp + 1) ** 2 * v.T,
        ),
    ),
    hints=(
        "inp has n rows and m columns. v has m rows and n columns. The result has the shape of inp.",
        "Each input goes into one output only. Find the row and the column of that output. Its weight is in the same place of v.",
        "Another example is out = exp(inp)ᵀ. There the entry [0, 2] of the answer is exp(inp[0, 2]) · v[2, 0].",
        "Read the section 'A matrix at the end' again.",
    ),
    after="A transpose moves numbers and changes none. Its backward moves the gradients home again.",
)


# --- 4.7b · Back through a transpose, by autograd -------------------------------------------------

GRAD_SHIFTED_SQUARE_T = Exercise(
    id="vector_backward.grad_shifted_square_t",
    number="4.7b",
    title="Back through a transpose, by autograd",
    way="autograd",
    difficulty=2,
    importance=3,
    minutes=3,
    points=1,
    cases=_cases(_MATRIX_CASES, "torch"),
    forward=weighted_shifted_squares,
    reference=gradient(weighted_shifted_squares),
    mistakes=(
        _TRANSPOSED_OF_SHIFTED_SQUARE,
        _V_NOT_TRANSPOSED_OF_SHIFTED_SQUARE,
        _RESHAPED_V_OF_SHIFTED_SQUARE,
        _answering(
            "ignored-v",
            "Your answer does not depend on `v`. Give the weights to the backward pass.",
            lambda mix, inp, v: gradient(weighted_shifted_squares)(inp, np.ones_like(v)),
        ),
        _answering(
            "forgot-shift",
            "Your slopes are those of the square of the input itself. Look again at what the function squares.",
            lambda mix, inp, v: gradient(weighted_shifted_squares)(inp - 1, v),
        ),
    ),
    hints=(
        "inp has n rows and m columns. v has m rows and n columns. The result has the shape of inp.",
        "Write the forward pass as the exercise gives it, with the transpose last. Then v has the shape of the output.",
        "Another example is exp: `out = torch.exp(leaf).t()`, then `out.backward(v)`, then `leaf.grad`.",
        "Read the section 'A matrix at the end' again.",
    ),
    after=(
        "All functions that only move entries behave in this way: `reshape`, `permute`, `flip`, indexing. "
        "Their backward puts each gradient where its number came from."
    ),
)


# --- 4.8a · A layer and its loss, by hand ---------------------------------------------------------


def linear_bce(x: Tensor, w: Tensor, b: Tensor, y: Tensor) -> Tensor:
    """Return the mean binary cross-entropy of the logits x w + b against the labels y."""
    return functional.binary_cross_entropy_with_logits(x @ w + b, y)


def _on_logits(x: Tensor, w: Tensor, b: Tensor, y: Tensor) -> Tensor:
    return mean_squared_error(x @ w + b, y) / 2


def _on_probabilities(x: Tensor, w: Tensor, b: Tensor, y: Tensor) -> Tensor:
    return mean_squared_error(torch.sigmoid(x @ w + b), y) / 2


def _layer_grads(loss: Callable[..., Tensor]) -> Callable[..., tuple[Any, Any]]:
    """Return the function that gives the gradients of `loss(x, w, b, y)` in w and in b."""
    return lambda *arguments: (gradient(loss, 1)(*arguments), gradient(loss, 2)(*arguments))


_LAYER_CASES = (
    (
        (0.7, -1.4, 0.9, 0.3),
        ((0.5, -0.8), (1.1, 0.4), (-0.6, 0.9), (0.2, -1.3)),
        (0.3, -0.7),
        (1, 0),
    ),
    ((1.6, -0.5, 0.8), ((0.9, -0.4), (0.7, 1.2), (-1.1, 0.6)), (-0.2, 0.5), (0, 1)),
    ((0.9,), ((0.5, -0.8, 1.1),), (0.2, 0.6, -0.4), (1, 0, 1)),
    ((0.6, -1.1, 0.8), ((0.7,), (-0.4,), (1.2,)), (-0.3,), (0,)),
    ((0.8, 0.5, -1.2), ((0.6, -0.9, 0.4), (1.2, 0.3, -0.7), (-0.5, 0.8, 1.1)), (0.5, -0.3, 0.7), (1, 0, 0)),
    # The layer is sure of each output, so a clamp shows.
    ((2.9, -2.3), ((1.4, -1.2, 1.5), (-1.3, 1.1, -1.2)), (0.4, -0.6, 0.5), (0, 1, 1)),
    (
        (0.4, 1.3, -0.9, 0.6, -1.2),
        (
            (0.8, -0.5, 0.3, 1.1),
            (-0.7, 0.9, 0.6, -0.2),
            (0.4, 1.2, -1.0, 0.5),
            (1.3, 0.2, -0.6, 0.7),
            (-0.3, 0.8, 0.9, -1.1),
        ),
        (0.2, -0.4, 0.6, 0.9),
        (1, 0, 0, 1),
    ),
)

_FORGOT_1N_OF_LAYER = _answering(
    "forgot-1n",
    "Your answer is too large by a factor k, the number of outputs. Check whether the loss is a sum or a mean.",
    lambda grads, x, w, b, y: tuple(each * len(y) for each in grads),
)

_HARD_CODED_N_OF_LAYER = _answering(
    "hard-coded-n",
    "Your answer is right for layers with 3 outputs only. Use the number of outputs that your function gets.",
    lambda grads, x, w, b, y: tuple(each * len(y) / 3 for each in grads),
)

LINEAR_BCE_GRADS = Exercise(
    id="vector_backward.linear_bce_grads",
    number="4.8a",
    title="A layer and its loss, by hand",
    way="hand",
    difficulty=4,
    importance=5,
    minutes=6,
    points=2,
    cases=_cases(_LAYER_CASES, "numpy"),
    forward=linear_bce,
    reference=_layer_grads(linear_bce),
    mistakes=(
        _failing(
            "elementwise",
            "The shapes don't fit. `*` and `+` work entry by entry. In a layer, every input is connected to every output.",
            *_BROADCAST,
        ),
        _FORGOT_1N_OF_LAYER,
        _HARD_CODED_N_OF_LAYER,
        _answering(
            "divided-by-inputs",
            "You divided by the number of inputs. The loss is a mean over the outputs.",
            lambda grads, x, w, b, y: tuple(each * len(y) / len(x) for each in grads),
        ),
        _answering(
            "dropped-x",
            "All rows of your gradient in `W` are the same. Each row belongs to one input, so it depends on that input.",
            lambda grads, x, w, b, y: (np.broadcast_to(grads[1], w.shape), grads[1]),
        ),
        _answering(
            "dropped-target",
            "Your answer does not depend on the labels. Write down the loss for a label of 1, and differentiate it.",
            lambda grads, x, w, b, y: _layer_grads(linear_bce)(x, w, b, 0 * y),
        ),
        _answering(
            "dropped-bias",
            "Your answer does not depend on the bias. Look again at how the logits are computed.",
            lambda grads, x, w, b, y: _layer_grads(linear_bce)(x, w, 0 * b, y),
        ),
        _answering(
            "no-sigmoid",
            "You compared the logits with the labels. The loss compares probabilities with the labels.",
            lambda grads, x, w, b, y: _layer_grads(_on_logits)(x, w, b, y),
        ),
        _answering(
            "sigmoid-slope-twice",
            "Your answer has the slope of the sigmoid as an extra factor. Multiply the local derivatives, and see which terms cancel.",
            lambda grads, x, w, b, y: _layer_grads(_on_probabilities)(x, w, b, y),
        ),
    ),
    hints=(
        "The result is a tuple of two: the gradient in W, with the shape of W, and the gradient in b, with the shape of b.",
        "First find the gradient in the logits, which is a vector. Then find from it the gradients in b and in W.",
        "Take z = x W with x = [2, 3], and a gradient in z of [10, -1]. Then row 0 of the gradient in W is 2·[10, -1].",
        "Lesson 3 has the gradient in one logit. The section 'A layer and its loss' shows the outer product.",
    ),
    after=(
        "This is a whole layer with its loss. The gradient in the logits is short, and the one in the weights "
        "is a product of what came in and what came back."
    ),
)


# --- 4.8b · A layer and its loss, by autograd -----------------------------------------------------


def _second_is_none(call: Call) -> bool:
    return (
        call.value is not None
        and not any("not a leaf" in warning for warning in call.warnings)
        and [item.kind == "nothing" for item in call.value.items] == [False, True]
    )


def _sigmoid_twice(x: Tensor, w: Tensor, b: Tensor, y: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(torch.sigmoid(x @ w + b), y)


LINEAR_BCE_GRADS_AUTOGRAD = Exercise(
    id="vector_backward.linear_bce_grads_autograd",
    number="4.8b",
    title="A layer and its loss, by autograd",
    way="autograd",
    difficulty=3,
    importance=5,
    minutes=4,
    points=2,
    cases=_cases(_LAYER_CASES, "torch"),
    forward=linear_bce,
    reference=_layer_grads(linear_bce),
    passes=lambda x, w, b, y: 1,
    mistakes=(
        raising(
            "logits-as-probabilities",
            "You gave logits to a loss that expects probabilities. Use the loss that includes the sigmoid.",
            "RuntimeError",
            "between 0 and 1",
        ),
        _FORGOT_1N_OF_LAYER,
        _HARD_CODED_N_OF_LAYER,
        _answering(
            "sigmoid-twice",
            "You applied the sigmoid twice. This loss already includes it, so give it the logits.",
            lambda grads, x, w, b, y: _layer_grads(_sigmoid_twice)(x, w, b, y),
        ),
        Mistake(
            "none-read",
            "The second entry is None. Expected the gradient in `b`. It is in the `.grad` of a leaf that requires grad and that the "
            "loss was computed from. Check each of the three for the tensor that you read.",
            shows=_second_is_none,
        ),
    ),
    hints=(
        "The result is a tuple of two: the gradient in W, with the shape of W, and the gradient in b, with the shape of b.",
        "W and b are the parameters, so make leaves from them. x and y are constants.",
        "If a loss depends on two leaves p and q, one `loss.backward()` fills both `p.grad` and `q.grad`.",
        "Read the section 'A layer and its loss' again. Its first code cell has this forward pass.",
    ),
    after=(
        "A library's layer does the same. `nn.Linear` keeps its weight as (out, in), so there the transpose "
        "stands on the other side."
    ),
)


LESSON = Lesson(
    number=4,
    name="vector_backward",
    title="Backward from a vector",
    teaches="What a Jacobian is, and why `backward` needs a vector for it",
    exercises=(
        D_MEAN_SQUARE,
        GRAD_MEAN_SQUARE,
        D_MSE,
        GRAD_MSE,
        MATCHING_FORMULA,
        VJP_SQUARE,
        VJP_SQUARE_AUTOGRAD,
        JACOBIAN_BY_HAND,
        JACOBIAN,
        LINEAR_VJP,
        LINEAR_VJP_AUTOGRAD,
        D_SHIFTED_SQUARE_T,
        GRAD_SHIFTED_SQUARE_T,
        LINEAR_BCE_GRADS,
        LINEAR_BCE_GRADS_AUTOGRAD,
    ),
)
