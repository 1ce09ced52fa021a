"""Lesson 4: gradients of and through vectors. One number from many, the Jacobian, and the vector–Jacobian product."""

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


def mean_square(x: Tensor) -> Tensor:
    """Return the mean of x²."""
    return (x**2).mean()


def mean_squared_error(pred: Tensor, target: Tensor) -> Tensor:
    """Return the mean of (pred − target)²."""
    return ((pred - target) ** 2).mean()


def _answering(slug: str, message: str, answer: Callable[..., Any]) -> Mistake:
    """Return a `wrong_value` whose arguments come as arrays, whatever the answer was handed."""
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


def _shaped(slug: str, message: str, told_by: Callable[[tuple[int, ...]], bool]) -> Mistake:
    """Return a mistake that the shape of the result tells."""

    def shows(call: Call) -> bool:
        shape = _shape(call.value)
        return shape is not None and told_by(shape)

    return Mistake(slug, message, shows=shows)


def _failing(slug: str, message: str, *parts: str) -> Mistake:
    """Return a mistake that shows as NumPy's or PyTorch's complaint about shapes, with one of `parts` in its text."""

    def shows(call: Call) -> bool:
        if call.raised is None or not {"ValueError", "RuntimeError"} & set(call.raised.types):
            return False
        return any(part in call.raised.text for part in parts)

    return Mistake(slug, message, shows=shows)


_ONE_NUMBER = _shaped(
    "one-number",
    "That is one number. A gradient has one entry for each entry of the vector it is taken in.",
    lambda shape: shape == (),
)

_HARD_CODED = "The answer is right for vectors of length 3 and for no others. Where does the length come into it?"
_BROADCAST = ("could not be broadcast", "must match the size")
_MATMUL = ("mismatch in its core dimension", "not aligned", "size mismatch", "cannot be multiplied")


def _cases(given: tuple[tuple[Any, ...], ...], kind: Any) -> Any:
    """Return cases whose arguments are all arrays of one kind."""
    return tuple(case(*(Array(data, kind) for data in arguments)) for arguments in given)


# --- 4.1a · The mean of squares, by hand ----------------------------------------------------------

_MEAN_SQUARE_CASES = (
    ((1.3, -0.7),),
    ((0.4, -1.2, 2.1, 0.9),),
    ((-2.6, 0.3, 1.7, -0.8),),
    ((0.6, 1.9),),
)

# Mistakes that the twins share, the exercise by hand and the one by autograd.
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
            "forgot-factor",
            "Each square is differentiated too, and its exponent comes down as a factor. In yours it has gone.",
            lambda slopes, x: slopes / 2,
        ),
        _answering(
            "kept-power",
            "When a square is differentiated, a first power is left. In yours it is still a square.",
            lambda slopes, x: slopes * x,
        ),
        _answering(
            "value-for-derivative",
            "Those are the shares that the entries have in the mean, heights and not slopes.",
            lambda slopes, x: x**2 / len(x),
        ),
    ),
    hints=(
        "A vector goes in, of any length, and a vector of the same length comes out.",
        "Two things get lost here: the factor of the square, and the one that makes a sum a mean.",
        "For the mean of x³ over two entries: entry 0 occurs in x0³/2 alone, so its slope is 3·x0²/2.",
        "Read the section 'One number from many' again, and ask where its 3 came from.",
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
            "Those are the shares that the entries have in the mean. The slopes are in the `.grad` of the leaf.",
            lambda slopes, x: x**2 / len(x),
        ),
    ),
    hints=(
        "A float64 tensor goes in, without `requires_grad`; a vector of the same length comes out.",
        "Make a leaf of your own from it, so that the argument stays as it was: `x.clone().requires_grad_()`.",
        "For the mean of x³: `y = (leaf**3).mean()`, then `y.backward()`, then `leaf.grad`.",
        "Read the section 'One number from many' again: its second cell has all the steps.",
    ),
)


# --- 4.2a · The mean squared error, by hand -------------------------------------------------------


def _d_mse(pred: Any, target: Any) -> Any:
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
    ((-0.7, 1.9, 0.2, -1.4), (0.8, -0.3, 1.2, 0.5)),
)

_WRONG_EXCEPTION_OF_MSE = raising(
    "wrong-exception",
    "An `assert` raises an AssertionError. Asked for is a `ValueError`, with `raise`.",
    "AssertionError",
)

_HARD_CODED_N_OF_MSE = _answering("hard-coded-n", _HARD_CODED, lambda slopes, pred, target: slopes * len(pred) / 3)

_DROPPED_TARGET_OF_MSE = _answering(
    "dropped-target",
    "The target has no effect on your answer. Measured is how far the prediction is from it.",
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
        _answering(
            "gradient-in-target",
            "Exactly the opposite sign: that is the gradient in the target. Nudge the prediction up, and look.",
            lambda slopes, pred, target: -slopes,
        ),
        _answering(
            "forgot-factor",
            "The square is differentiated too, and its exponent comes down as a factor. In yours it has gone.",
            lambda slopes, pred, target: slopes / 2,
        ),
        _DROPPED_TARGET_OF_MSE,
        _answering(
            "value-for-derivative",
            "Those are the shares that the entries have in the loss, heights and not slopes.",
            lambda slopes, pred, target: (pred - target) ** 2 / len(pred),
        ),
    ),
    hints=(
        "Two vectors of one length go in, one of that length comes out. All other shapes raise a `ValueError`.",
        "Compare the shapes before you subtract: arrays of shapes (n,) and (n, 1) subtract to one of (n, n).",
        "For the mean of (p - t)³ the slope in entry 0 is 3·(p0 - t0)²/n, with the inner factor 1.",
        "Read the section 'A loss is one number from many' again, and test yourself on its numbers.",
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
            "Exactly the opposite sign: that is the gradient in the target. Which of the two is the leaf?",
            lambda slopes, pred, target: -slopes,
        ),
        _DROPPED_TARGET_OF_MSE,
    ),
    hints=(
        "Two tensors of one length go in, a vector of that length comes out. Other shapes raise a `ValueError`.",
        "The prediction is the leaf, and the target a constant. Compare the two shapes first.",
        "A check of the shape reads so: `if a.ndim != 1 or a.shape != b.shape: raise ValueError(...)`.",
        "Read the section 'A loss is one number from many' again: its second cell has the forward pass.",
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
            "The answer is one of the three letters, as a string, just as it stands in the text.",
            shows=lambda call: (
                call.value is not None and call.value.kind == "text" and call.value.text not in _CANDIDATES
            ),
        ),
        wrong_value(
            "trusted-the-prose",
            "That formula was printed next to the run. Does the code have a target in it? Put in the numbers.",
            lambda letter: "a",
        ),
        wrong_value(
            "forgot-1n",
            "Put in the numbers: the first entry comes out larger than the one that was printed. By what factor?",
            lambda letter: "b",
        ),
    ),
    hints=(
        "One letter, as a string.",
        "Read the code line by line, and not the sentence beside it. Then put a number into each formula.",
        "With x = 1 and n = 3, the formula 3(x + 1)²/n gives 4, and 3(x + 1)² gives 12: one number is enough.",
        "Read the section 'Which formula was it?' again: everything you need is printed there.",
    ),
)


# --- 4.4a · A weighted mix of slopes, by hand -----------------------------------------------------


def weighted_squares(x: Tensor, v: Tensor) -> Tensor:
    """Return v · x²."""
    return (v * x**2).sum()


def _not_finite(call: Call) -> bool:
    return call.value is not None and not np.isfinite(call.value.numbers).all()


_VJP_CASES = (
    ((1.3, -0.7), (0.8, -1.9)),
    ((0.4, -1.2, 2.1, 0.9), (-1.5, 0.0, 2.2, 0.6)),
    ((1.7, -2.3, 0.5), (0.0, -0.4, 3.1)),
    ((-0.6, 1.1, 0.8, -1.9), (0.7, -2.4, 0.0, 1.3)),
)

_WHOLE_JACOBIAN_OF_SQUARE = _shaped(
    "whole-jacobian",
    "That is a matrix. A vector–Jacobian product mixes its rows into one vector.",
    lambda shape: len(shape) == 2 and shape[0] == shape[1],
)

_SUMMED_V_OF_SQUARE = _answering(
    "summed-v",
    "All entries are weighed with the sum of `v`. Each output has a weight of its own.",
    lambda mix, x, v: gradient(weighted_squares)(x, np.full_like(v, v.sum())),
)

VJP_SQUARE = Exercise(
    id="vector_backward.vjp_square",
    number="4.4a",
    title="A weighted mix of slopes, by hand",
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
            "Where the vector has a zero your answer is not finite. An output with weight 0 has no say at all.",
            shows=_not_finite,
        ),
        _answering(
            "ignored-v",
            "Your answer is the same whatever `v` is. Each output's derivative comes in with its own weight.",
            lambda mix, x, v: gradient(weighted_squares)(x, np.ones_like(v)),
        ),
        _SUMMED_V_OF_SQUARE,
        _answering(
            "squared-weights",
            "The weights come in twice. They weigh the derivatives and are not squared themselves.",
            lambda mix, x, v: mix * v,
        ),
        _answering(
            "forgot-factor",
            "When a square is differentiated its exponent comes down as a factor. In yours it has gone.",
            lambda mix, x, v: mix / 2,
        ),
        _answering(
            "value-for-derivative",
            "Those are weighted heights. It is the slopes that are weighed.",
            lambda mix, x, v: v * x**2,
        ),
    ),
    hints=(
        "Two vectors of one length go in, and one of that length comes out.",
        "Here each output depends on one input alone, so each entry of the answer has one weight in it.",
        "For y = exp(x) at [0, 1] with v = [5, -1] the answer is [5·1, -1·e].",
        "Read the section 'Which output?' again.",
    ),
)


# --- 4.4b · A weighted mix of slopes, by autograd -------------------------------------------------

VJP_SQUARE_AUTOGRAD = Exercise(
    id="vector_backward.vjp_square_autograd",
    number="4.4b",
    title="A weighted mix of slopes, by autograd",
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
            "Your answer is the same whatever `v` is. Hand the weights to the backward pass.",
            lambda mix, x, v: gradient(weighted_squares)(x, np.ones_like(v)),
        ),
        _SUMMED_V_OF_SQUARE,
        _answering(
            "squared-weights",
            "The weights come in twice. Were they squared with the input, or given to the backward pass as well?",
            lambda mix, x, v: mix * v,
        ),
        _answering(
            "weights-in-the-input",
            "The weights went into the square. They weigh the outputs, after the squaring.",
            lambda mix, x, v: mix * v * v,
        ),
    ),
    hints=(
        "Two tensors go in, and a vector of their length comes out.",
        "The output is a vector, so `backward` wants to know the weight of each of its entries.",
        "For exp it would be: `y = torch.exp(leaf)`, `y.backward(v)`, `leaf.grad`.",
        "Read the section 'Which output?' again.",
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
    cases=_cases((((1.3, -0.7, 2.2),), ((0.4, 1.9, -1.6),), ((-0.8, 0.6, 1.1),)), "numpy"),
    reference=lambda x: _jacobian(products, x),
    mistakes=(
        _shaped(
            "transposed",
            "Rows and columns are exchanged. The row says which output, and the column which input.",
            lambda shape: shape == (3, 2),
        ),
        _shaped(
            "no-zeros",
            "An input that an output doesn't use has a column in its row all the same. What stands in it?",
            lambda shape: shape == (2, 2),
        ),
        _shaped(
            "one-row",
            "That is one vector. Each of the two outputs has a row of its own.",
            lambda shape: len(shape) == 1,
        ),
        _answering(
            "own-factor",
            "The derivative of a product in one of its factors is the other factor. Nudge one and watch.",
            lambda matrix, x: np.where(matrix != 0, x, 0.0),
        ),
        _answering(
            "value-for-derivative",
            "Those are the outputs themselves. A Jacobian holds their slopes.",
            lambda matrix, x: matrix * x,
        ),
        _answering(
            "swapped-rows",
            "The rows are in the wrong order: the first one belongs to the first output.",
            lambda matrix, x: matrix[::-1],
        ),
    ),
    hints=(
        "A vector with three entries goes in. What comes out has two rows and three columns.",
        "Take one output at a time, and write down its derivative in each of the inputs, zeros too.",
        "For the one output y = x0·x2 at [5, 6, 7] the row is [7, 0, 5].",
        "Read the section 'The Jacobian, row by row' again.",
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


JACOBIAN = Exercise(
    id="vector_backward.jacobian",
    number="4.5b",
    title="Any Jacobian, one row at a time",
    way="autograd",
    difficulty=3,
    importance=4,
    minutes=7,
    points=3,
    builders={"pairs": pairs, "waves": waves, "ladder": ladder},
    cases=(
        case(Build("pairs", (0.9, 1.4)), Array((1.3, -0.7, 2.2), "torch")),
        case(Build("waves", (0.8,)), Array((0.6, -1.4, 0.3, 1.7), "torch")),
        case(Build("ladder", (1.6,)), Array((0.9, 1.2, -0.7, 1.4), "torch")),
    ),
    reference=_jacobian,
    mistakes=(
        Mistake(
            "library-jacobian",
            "Here the library built the Jacobian. Build it from one-hot vectors, one backward pass for each row.",
            shows=lambda call: not {"jacobian", "jacrev", "jacfwd", "hessian"}.isdisjoint(call.used),
        ),
        _shaped(
            "transposed",
            "Rows and columns are exchanged. The row says which output, and the column which input.",
            lambda shape: len(shape) == 2 and shape[0] > shape[1],
        ),
        _shaped(
            "one-row",
            "That is one vector. A backward pass gives one mix of the rows, so each row takes a pass of its own.",
            lambda shape: len(shape) == 1,
        ),
        _failing(
            "columns-for-rows",
            "The result of one backward pass has an entry for each input, so it fills a row and not a column.",
            "expanded size of the tensor",
        ),
        _answering(
            "rows-accumulate",
            "Each row has the rows above it added in. `.grad` is a running sum: what should happen between rows?",
            lambda matrix, f, x: matrix.cumsum(axis=0),
        ),
        _answering(
            "aliased-rows",
            "All rows are the same, and they are the sum of the right ones. `.grad` is one tensor that goes on "
            "changing: clone what you keep, and clear the rest.",
            lambda matrix, f, x: np.broadcast_to(matrix.sum(axis=0), matrix.shape),
        ),
        _answering(
            "aliased-last",
            "All rows are the last one. `.grad` is one tensor that goes on changing: clone what you keep.",
            lambda matrix, f, x: np.broadcast_to(matrix[-1], matrix.shape),
        ),
        _answering(
            "emptied",
            "All zeros. You kept `.grad` itself and then zeroed it: clone a row before you clear it.",
            lambda matrix, f, x: np.zeros_like(matrix),
        ),
    ),
    hints=(
        "A function and a vector go in. What comes out has a row for each output and a column for each input.",
        "A vector that is 1 in one place and 0 elsewhere picks one row. How many of them do you need?",
        "Row 1 of exp alone: `y = torch.exp(leaf)`, then "
        "`torch.autograd.grad(y, leaf, torch.tensor([0., 1.]), retain_graph=True)[0]`.",
        "Read the section 'The Jacobian, row by row' again: the loop there does it for one function.",
    ),
)


# --- 4.6a · Back through a matrix, by hand --------------------------------------------------------


def _linear_vjp(m: Any, v: Any) -> Any:
    matrix, weights = (torch.as_tensor(each, dtype=torch.float64) for each in (m, v))
    return gradient(lambda x: weights @ (matrix @ x))(torch.zeros_like(matrix[0]))


_LINEAR_CASES = (
    (((1.2, -0.7, 1.5), (0.4, 1.1, -0.9)), (0.6, -0.8)),
    (((0.6, 1.9), (-1.3, 0.5), (0.9, -0.2), (1.1, 0.7)), (1.4, -0.6, 0.9, 2.3)),
    (((0.3, -1.8, 0.7, 1.2), (2.2, 0.4, -0.5, 0.9)), (-0.7, 1.6)),
)

_IGNORED_V_OF_LINEAR = _answering(
    "ignored-v",
    "Your answer is the same whatever `v` is: all rows have come in with the weight 1.",
    lambda mix, m, v: m.sum(axis=0),
)

_SUMMED_V_OF_LINEAR = _answering(
    "summed-v",
    "All rows are weighed with the sum of `v`. Each row has a weight of its own.",
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
            "That is a matrix. Each weight belongs to a row, and the weighted rows are added up.",
            lambda shape: len(shape) == 2,
        ),
        _failing(
            "not-transposed",
            "The shapes don't fit: `v` has an entry for each row of `M`. From which side does it meet the rows?",
            *_MATMUL,
        ),
        _failing(
            "elementwise",
            "The shapes don't fit: `*` multiplies entry by entry. Asked for is a mix of rows.",
            *_BROADCAST,
        ),
        _IGNORED_V_OF_LINEAR,
        _SUMMED_V_OF_LINEAR,
    ),
    hints=(
        "M has m rows and n columns, v has m entries, and the answer has n.",
        "It is a weighted sum of the rows of M. Which product of a vector and a matrix is that?",
        "With the rows [1, 2] and [3, 4] and the weights 10 and -1: 10·[1, 2] - [3, 4] = [7, 16].",
        "Read the section 'A matrix in the middle' again.",
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
            "That is a matrix. Asked for is the gradient in the vector that `M` is multiplied with, not in `M`.",
            lambda shape: len(shape) == 2 and shape[0] > 1,
        ),
        _failing(
            "wrong-length",
            "The shapes don't fit. How many entries does the vector have that `M` can be multiplied with?",
            *_MATMUL,
        ),
        _IGNORED_V_OF_LINEAR,
        _SUMMED_V_OF_LINEAR,
    ),
    hints=(
        "M has m rows and n columns, v has m entries, and the answer has n.",
        "You need a leaf for the input. The map is linear, so its slopes are the same at every point.",
        "For y = 3x it would be: `leaf = torch.zeros(2, requires_grad=True)`, `(3 * leaf).backward(v)`, `leaf.grad`.",
        "Read the section 'A matrix in the middle' again: its second cell makes such a leaf.",
    ),
)


# --- 4.7a · Back through a transpose, by hand -----------------------------------------------------


def weighted_shifted_squares(inp: Tensor, v: Tensor) -> Tensor:
    """Return the sum of v times the transpose of (inp + 1)²."""
    return (v * ((inp + 1) ** 2).t()).sum()


_MATRIX_CASES = (
    (((0.4, -1.7, 0.9), (1.2, 0.3, -0.6)), ((0.7, -1.1), (0.5, 1.9), (-2.3, 0.8))),
    (((0.8, 0.2, -1.6, 1.1), (-0.3, 1.4, 0.6, -2.2)), ((1.3, 0.4), (-0.9, 1.7), (0.6, -0.2), (2.1, 0.5))),
    (
        ((0.5, -0.4, 1.3, 0.7), (1.8, 0.9, -0.3, 0.2), (-1.5, 0.6, 0.4, 1.1)),
        ((0.3, 1.2, -0.7), (1.6, -0.5, 0.9), (0.8, 2.4, -1.3), (-0.2, 0.6, 1.7)),
    ),
)

_TRANSPOSED_OF_SHIFTED_SQUARE = _shaped(
    "transposed",
    "Your answer has the shape of the output. A gradient has the shape of what it is taken in, the input.",
    lambda shape: len(shape) == 2 and shape[0] > shape[1],
)

_V_NOT_TRANSPOSED_OF_SHIFTED_SQUARE = _failing(
    "v-not-transposed",
    "The shapes don't fit: `v` is as large as the output, which stands on its side.",
    *_BROADCAST,
)

_RESHAPED_V_OF_SHIFTED_SQUARE = _answering(
    "reshaped-v",
    "`reshape` keeps the order of the numbers and breaks up the rows. A transpose exchanges rows and columns.",
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
            "Your answer is the same whatever `v` is. Each output's derivative comes in with its own weight.",
            lambda mix, inp, v: gradient(weighted_shifted_squares)(inp, np.ones_like(v)),
        ),
        _answering(
            "summed-v",
            "All entries are weighed with the sum of `v`. Each output has a weight of its own.",
            lambda mix, inp, v: gradient(weighted_shifted_squares)(inp, np.full_like(v, v.sum())),
        ),
        _answering(
            "forgot-shift",
            "The slope of the square is taken at the input. What is it that gets squared?",
            lambda mix, inp, v: gradient(weighted_shifted_squares)(inp - 1, v),
        ),
        _answering(
            "forgot-factor",
            "When a square is differentiated its exponent comes down as a factor. In yours it has gone.",
            lambda mix, inp, v: mix / 2,
        ),
        _answering(
            "value-for-derivative",
            "Those are weighted heights. It is the slopes that are weighed.",
            lambda mix, inp, v: (inp + 1) ** 2 * v.T,
        ),
    ),
    hints=(
        "inp has n rows and m columns, v has m rows and n columns, and the answer has the shape of inp.",
        "Each input goes into one output alone. In which row and column of the output, and of v, is it found?",
        "For out = exp(inp)ᵀ the entry [0, 2] of the answer is exp(inp[0, 2]) · v[2, 0].",
        "Read the section 'A matrix at the end' again.",
    ),
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
            "Your answer is the same whatever `v` is. Hand the weights to the backward pass.",
            lambda mix, inp, v: gradient(weighted_shifted_squares)(inp, np.ones_like(v)),
        ),
        _answering(
            "forgot-shift",
            "Something was left out of the forward pass: what is it that gets squared?",
            lambda mix, inp, v: gradient(weighted_shifted_squares)(inp - 1, v),
        ),
    ),
    hints=(
        "inp has n rows and m columns, v has m rows and n columns, and the answer has the shape of inp.",
        "Write the forward pass as it stands, with the transpose last, and v has the output's shape already.",
        "For exp it would be: `out = torch.exp(leaf).t()`, `out.backward(v)`, `leaf.grad`.",
        "Read the section 'A matrix at the end' again.",
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


def _parts_shaped(slug: str, message: str, told_by: Callable[[tuple[int, ...], tuple[int, ...]], bool]) -> Mistake:
    """Return a mistake that the shapes of the two parts of the result tell."""

    def shows(call: Call) -> bool:
        if call.value is None or len(call.value.items) != 2:
            return False
        first, second = (_shape(item) for item in call.value.items)
        return first is not None and second is not None and told_by(first, second)

    return Mistake(slug, message, shows=shows)


_LAYER_CASES = (
    (
        (0.7, -1.4, 0.9, 0.3),
        ((0.5, -0.8), (1.1, 0.4), (-0.6, 0.9), (0.2, -1.3)),
        (0.3, -0.7),
        (1, 0),
    ),
    ((1.6, -0.5, 0.8), ((0.9, -0.4), (0.7, 1.2), (-1.1, 0.6)), (-0.2, 0.5), (0, 1)),
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

_SWAPPED_OF_LAYER = _parts_shaped(
    "swapped",
    "The two gradients are in the wrong order. Asked for is first the one in `W`, then the one in `b`.",
    lambda first, second: len(first) == 1 and len(second) == 2,
)

_TRANSPOSED_OF_LAYER = _parts_shaped(
    "transposed",
    "The gradient in `W` stands on its side. Like `W` it has a row for each input and a column for each output.",
    lambda first, second: len(first) == 2 and first[0] < first[1],
)

_WRONG_ORDER_OF_LAYER = _failing(
    "wrong-order",
    "The shapes don't fit. `x` has an entry for each row of `W`: on which side of `W` does it stand?",
    *_MATMUL,
)

_FORGOT_1N_OF_LAYER = _answering(
    "forgot-1n",
    "Your answer is k times ours, k being the number of outputs. Is the loss their sum or their mean?",
    lambda grads, x, w, b, y: tuple(each * len(y) for each in grads),
)

_HARD_CODED_N_OF_LAYER = _answering(
    "hard-coded-n",
    "The answer is right for layers with 3 outputs and for no others. Where does their number come into it?",
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
        _SWAPPED_OF_LAYER,
        _TRANSPOSED_OF_LAYER,
        _WRONG_ORDER_OF_LAYER,
        _failing(
            "elementwise",
            "The shapes don't fit: `*` multiplies entry by entry. Here every input meets every output.",
            *_BROADCAST,
        ),
        _FORGOT_1N_OF_LAYER,
        _HARD_CODED_N_OF_LAYER,
        _answering(
            "divided-by-inputs",
            "The loss is a mean over the outputs. You divided by the number of inputs.",
            lambda grads, x, w, b, y: tuple(each * len(y) / len(x) for each in grads),
        ),
        _answering(
            "dropped-x",
            "In yours, all rows of the gradient in `W` are the same. They are only if all inputs are.",
            lambda grads, x, w, b, y: (np.broadcast_to(grads[1], w.shape), grads[1]),
        ),
        _answering(
            "dropped-target",
            "The labels have no effect on your answer. Set one of them to 1, and derive again.",
            lambda grads, x, w, b, y: _layer_grads(linear_bce)(x, w, b, 0 * y),
        ),
        _answering(
            "dropped-bias",
            "The bias has no effect on your answer. What are the logits?",
            lambda grads, x, w, b, y: _layer_grads(linear_bce)(x, w, 0 * b, y),
        ),
        _answering(
            "no-sigmoid",
            "The logits were compared with the labels. It is probabilities that are compared with them.",
            lambda grads, x, w, b, y: _layer_grads(_on_logits)(x, w, b, y),
        ),
        _answering(
            "sigmoid-slope-twice",
            "The slope of the sigmoid is in there once too often. Multiply the local factors, and see what cancels.",
            lambda grads, x, w, b, y: _layer_grads(_on_probabilities)(x, w, b, y),
        ),
    ),
    hints=(
        "A tuple of two: the gradient in W, with W's shape, and the gradient in b, with b's shape.",
        "First find the gradient in the logits, a vector. Then carry it through the layer to b and to W.",
        "For z = x W with x = [2, 3] and the gradient [10, -1] in z, row 0 of the gradient in W is 2·[10, -1].",
        "Lesson 3 has the gradient in one logit; the section 'A layer and its loss' shows the outer product.",
    ),
)


# --- 4.8b · A layer and its loss, by autograd -----------------------------------------------------


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
    mistakes=(
        _SWAPPED_OF_LAYER,
        _TRANSPOSED_OF_LAYER,
        _WRONG_ORDER_OF_LAYER,
        raising(
            "logits-as-probabilities",
            "This loss wants probabilities and was given logits. Which loss has the sigmoid in it already?",
            "RuntimeError",
            "between 0 and 1",
        ),
        _FORGOT_1N_OF_LAYER,
        _HARD_CODED_N_OF_LAYER,
        _answering(
            "sigmoid-twice",
            "This loss has the sigmoid in it already, and yours was applied on top of it.",
            lambda grads, x, w, b, y: _layer_grads(_sigmoid_twice)(x, w, b, y),
        ),
        Mistake(
            "dropped-bias",
            "The gradient in `b` is None: no backward pass has reached `b`. Is it in the forward pass?",
            shows=lambda call: (
                call.value is not None and len(call.value.items) == 2 and call.value.items[1].kind == "nothing"
            ),
        ),
    ),
    hints=(
        "A tuple of two: the gradient in W, with W's shape, and the gradient in b, with b's shape.",
        "W and b are the parameters, so they are the leaves. x and y are constants.",
        "For a loss of two leaves p and q, one `loss.backward()` fills both `p.grad` and `q.grad`.",
        "Read the section 'A layer and its loss' again: its second cell has this forward pass.",
    ),
)


LESSON = Lesson(
    number=4,
    name="vector_backward",
    title="Backward from a vector",
    teaches="What a Jacobian is, and why `backward` wants a vector for it",
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
