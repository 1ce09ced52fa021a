"""Lesson 3: binary cross-entropy, its gradients, and its rounding errors in float32."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..exercise import Array, Exercise, Lesson, case, gradient
from ..losses import EPSILON, clamped_loss, loss_of_logit, loss_of_probability
from ..mistake import Mistake, raising, wrong_value
from ..observation import Call
from ..reading import numbers_in

# --- shared ---------------------------------------------------------------------------------------


def loss_of_sample(x: Tensor, y: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Return the loss of one sample at the logit w·x + b."""
    return loss_of_logit(w * x + b, y)


def loss_of_batch(inputs: Tensor, y: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Return the mean loss over the rows of `inputs`, of shape (n, d)."""
    return loss_of_logit(inputs @ w + b, y)


# Other losses. Their gradients are known mistakes.


def _squared_error(p: Tensor, y: Tensor) -> Tensor:
    return ((p - y) ** 2).mean()


def _of_samples(loss: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """Turn a loss of (p, y) into a loss of (x, y, w, b), for one sample or a batch."""
    return lambda x, y, w, b: loss(torch.sigmoid((x @ w if x.ndim else x * w) + b), y)


def _without_sigmoid_slope(x: Tensor, y: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Return a loss whose backward pass takes 1 for the derivative of the sigmoid."""
    z = (x @ w if x.ndim else x * w) + b
    return loss_of_probability((torch.sigmoid(z) - z).detach() + z, y)


def _sigmoid_twice(z: Tensor, y: Tensor) -> Tensor:
    return loss_of_logit(torch.sigmoid(z), y)


# References, in float64


def _value(function: Callable[..., Tensor], *arguments: Any) -> Any:
    with torch.no_grad():
        value = function(*(torch.as_tensor(each, dtype=torch.float64) for each in arguments))
    return value.item() if value.ndim == 0 else value.numpy()


def _sigmoid(z: Any) -> Any:
    return _value(torch.sigmoid, z)


def _bce(p: float, y: int) -> float:
    return float(_value(loss_of_probability, p, y))


def _parameter_gradients(loss: Callable[..., Tensor]) -> Callable[..., tuple[Any, Any]]:
    """Return a function that computes the gradients of a loss of (x, y, w, b) in w and in b."""
    return lambda *arguments: (gradient(loss, 2)(*arguments), gradient(loss, 3)(*arguments))


_sample_gradients = _parameter_gradients(loss_of_sample)
_batch_gradients = _parameter_gradients(loss_of_batch)
_dp_dz = gradient(torch.sigmoid)
_dl_dz = gradient(loss_of_logit)


def _dl_dp(z: float, y: int) -> float:
    return float(gradient(loss_of_probability)(_sigmoid(z), y))


# What else than its values an observation of a call shows


def _overflowed(call: Call) -> bool:
    if call.raised is not None:
        return "OverflowError" in call.raised.types
    return any("overflow encountered" in warning for warning in call.warnings)


def _not_finite(call: Call) -> bool:
    return call.value is not None and any(not math.isfinite(number) for number in numbers_in(call.value))


def _is_far_out(z: float, y: int) -> bool:
    """Whether a logit is so large that `float32` rounds its probability to 0 or 1."""
    return abs(z) >= _FAR_OUT


# Rounded up from 24 · log 2, the number of bits of a `float32`.
_FAR_OUT = 17.0

OVERFLOW = Mistake(
    "overflow",
    "The exponential of a large positive number overflows. Rewrite the formula so that `exp` never gets a positive "
    "number. This holds for every branch that is computed.",
    shows=_overflowed,
)
# Where the exercise is to avoid the overflow. Tensors overflow without a warning.
ANY_OVERFLOW = replace(OVERFLOW, shows=lambda call: _overflowed(call) or "overflow" in call.used)
HIDDEN_OVERFLOW = Mistake(
    "hidden-overflow",
    "Your function hides the overflow, and `exp` still overflows. Rewrite the formula so that `exp` never gets a large "
    "positive number.",
    shows=lambda call: "hidden overflow" in call.used,
)


def _from_library(slug: str, what: str, operations: set[str], functions: set[str]) -> Mistake:
    """Return the mistake of taking from a library what is asked: by operations on tensors, or by functions of these names."""
    return Mistake(
        slug,
        f"{what} This exercise is by hand: write it yourself, with `exp` or `log`.",
        shows=lambda call: not operations.isdisjoint(call.used),
        calls=frozenset(functions),
    )


SWAPPED_LABELS = (
    "You exchanged the two labels. For label 1 your answer has what belongs to label 0, and for label 0 what belongs "
    "to label 1."
)
DROPPED_TARGET = "Your answer does not depend on the label. It is right for y = 0 only. Set y = 1 and derive it again."
DROPPED_BIAS = "Your logit does not contain the bias. Write out the formula for z, and check that b is in it."
TARGET_DTYPE = raising(
    "target-dtype",
    "The target is a tensor of integers. Give it the dtype of the prediction.",
    "RuntimeError",
    "but expected",
    "can't be cast",
)
LOGIT_TO_BCE = raising(
    "logit-for-probability",
    "This loss expects probabilities, which are numbers between 0 and 1, and it got a logit. One step between the "
    "logit and the probability is missing.",
    "RuntimeError",
    "between 0 and 1",
)
SIGMOID_TWICE = "You applied the sigmoid twice. A loss that takes logits already applies it."

SAMPLES = (
    case(0.5, 1, -1.2, 0.3),
    case(-1.4, 0, 0.8, 0.5),
    case(2.1, 1, 0.4, -0.9),
    case(1.7, 0, 1.9, 0.6),
)
SAMPLE_MISTAKES = (
    wrong_value(
        "dropped-target",
        DROPPED_TARGET,
        lambda _, x, y, w, b: _sample_gradients(x, 0, w, b),
    ),
    wrong_value(
        "dropped-bias",
        DROPPED_BIAS,
        lambda _, x, y, w, b: _sample_gradients(x, y, w, 0.0),
    ),
    wrong_value(
        "gradient-in-x",
        "The first number is the gradient in the input x. Expected the gradient in the weight w. Check what w is "
        "multiplied by.",
        lambda grads, x, y, w, b: (gradient(loss_of_sample)(x, y, w, b), grads[1]),
    ),
    wrong_value(
        "swapped-order",
        "Both numbers are right, in the wrong order. Expected dw first, then db.",
        lambda grads, *_: (grads[1], grads[0]),
    ),
    wrong_value(
        "dropped-dz-dw",
        "Your dw and db are the same. The path to the weight has one local factor that the path to the bias does not "
        "have.",
        lambda grads, *_: (grads[1], grads[1]),
    ),
    wrong_value(
        "sigmoid-slope-twice",
        "Your product contains the derivative of the sigmoid once too often. Multiply each local factor exactly once. "
        "Print the factors to check them.",
        lambda grads, x, y, w, b: tuple(each * _dp_dz(w * x + b) for each in grads),
    ),
    wrong_value(
        "dropped-dp-dz",
        "One local factor between the loss and z is missing. Multiply each local factor exactly once. Print the "
        "factors to check them.",
        lambda _, *sample: _parameter_gradients(_without_sigmoid_slope)(*sample),
    ),
    wrong_value(
        "squared-error",
        "Your answer is the gradient of the squared error (p − y)². The loss here is the cross-entropy.",
        lambda _, *sample: _parameter_gradients(_of_samples(_squared_error))(*sample),
    ),
)

BATCHES: tuple[tuple[Any, ...], ...] = (
    (((0.6, -1.3, 0.9), (-0.8, 0.4, 1.7)), (1, 0), (0.7, -0.5, 1.1), 0.4),
    (((1.2, -0.6), (-0.9, 1.5), (0.4, 0.8), (-1.6, -0.7), (2.1, 0.3)), (1, 0, 0, 1, 1), (-0.8, 1.3), -0.6),
    (
        ((0.5, 1.4, -0.7), (1.8, -0.3, 0.6), (-1.1, 0.9, 0.2), (0.3, -1.7, 1.3), (-0.4, 0.7, -1.9)),
        (0, 1, 1, 0, 1),
        (0.9, 0.6, -1.2),
        0.7,
    ),
)
BATCH_MISTAKES = (
    wrong_value(
        "dropped-target",
        DROPPED_TARGET,
        lambda _, x, y, w, b: _batch_gradients(x, 0 * y, w, b),
    ),
    wrong_value(
        "dropped-bias",
        DROPPED_BIAS,
        lambda _, x, y, w, b: _batch_gradients(x, y, w, 0.0),
    ),
    wrong_value(
        "bias-not-averaged",
        "dw is right, and db is n times too large. Both are gradients of the same mean.",
        lambda grads, x, *_: (grads[0], grads[1] * len(x)),
    ),
    wrong_value(
        "weight-not-averaged",
        "db is right, and dw is n times too large. Both are gradients of the same mean.",
        lambda grads, x, *_: (grads[0] * len(x), grads[1]),
    ),
    wrong_value(
        "divided-by-features",
        "You divided by the number of columns. The mean is over the samples, and the samples are the rows.",
        lambda grads, x, *_: tuple(each * x.shape[0] / x.shape[1] for each in grads),
    ),
    wrong_value(
        "last-sample-only",
        "Your answer is the gradient of the last sample alone. Check your loop: add up the gradients, and do not "
        "overwrite them.",
        lambda _, x, y, w, b: _batch_gradients(x[-1:], y[-1:], w, b),
    ),
    wrong_value(
        "last-sample-over-n",
        "Your answer is the gradient of the last sample alone, divided by n. Check your loop: add up the gradients, "
        "and do not overwrite them.",
        lambda _, x, y, w, b: tuple(each / len(x) for each in _batch_gradients(x[-1:], y[-1:], w, b)),
    ),
    wrong_value(
        "sigmoid-slope-twice",
        "Your product contains the derivative of the sigmoid once too often. For each sample, multiply each local "
        "factor exactly once.",
        lambda _, *batch: tuple(each / 2 for each in _parameter_gradients(_of_samples(_squared_error))(*batch)),
    ),
    wrong_value(
        "squared-error",
        "Your answer is the gradient of the mean squared error. The loss here is the cross-entropy.",
        lambda _, *batch: _parameter_gradients(_of_samples(_squared_error))(*batch),
    ),
    wrong_value(
        "dropped-dp-dz",
        "For each sample, one local factor between the loss and z is missing.",
        lambda _, *batch: _parameter_gradients(_without_sigmoid_slope)(*batch),
    ),
)

DL_DZ_MISTAKES = (
    wrong_value("dropped-target", DROPPED_TARGET, lambda _, z, y: _dl_dz(z, 0)),
    wrong_value("swapped-labels", SWAPPED_LABELS, lambda _, z, y: _dl_dz(z, 1 - y)),
)


# --- 3.1 · The sigmoid ----------------------------------------------------------------------------

SIGMOID = Exercise(
    id="binary_cross_entropy.sigmoid",
    number="3.1",
    title="The sigmoid",
    way="hand",
    difficulty=1,
    importance=5,
    minutes=5,
    points=2,
    cases=(
        case(-1.7),
        case(2.3),
        case(2),
        case(Array((-3.1, 0.4, 1.9))),
        case(Array((-2, 0, 3), dtype="int64")),
        # Where a sigmoid that is cut off shows.
        case(-5.4),
        case(8.3),
        case(Array((-9.2, 6.7))),
        case(0.0, exact=True),
        case(1000.0, exact=True),
        case(-1000.0, exact=True),
        case(Array((-1000.0, -0.8, 0.0, 3.2, 1000.0)), exact=True),
    ),
    reference=_sigmoid,
    mistakes=(
        _from_library(
            "library-sigmoid",
            "A function of a library computed the sigmoid.",
            {"sigmoid", "_softmax", "log_sigmoid_forward"},
            {"expit"},
        ),
        ANY_OVERFLOW,
        HIDDEN_OVERFLOW,
        raising(
            "math-on-array",
            "The functions of `math` take one number, and this one got an array. The functions of NumPy take both.",
            "TypeError",
            "arrays can be converted",
        ),
        raising(
            "branch-on-array",
            "An `if` decides once for the whole array. Its elements may need different branches. Choose the branch for"
            " each element.",
            "ValueError",
            "truth value of an array",
        ),
        wrong_value(
            "cut-to-integers",
            "For an array of integers your result has integers in it, so what is behind the point is cut off. `zeros_like` and "
            "`empty_like` of such an array make another one. Give the result a floating-point dtype.",
            lambda p, z: np.trunc(p) if np.asarray(z).dtype.kind == "i" and np.ndim(z) else p,
        ),
        wrong_value(
            "sign-of-exponent",
            "Your function falls where the sigmoid rises. Check the sign in the exponent.",
            lambda p, z: _sigmoid(-z),
        ),
        wrong_value(
            "tanh",
            "Your function is the hyperbolic tangent. Its values lie between −1 and 1, and a probability lies between "
            "0 and 1.",
            lambda p, z: _value(torch.tanh, z),
        ),
        wrong_value(
            "stretched",
            "The values of your function lie between −1 and 1. A probability lies between 0 and 1.",
            lambda p, z: 2 * p - 1,
        ),
        wrong_value(
            "derivative-for-value",
            "Your answer is the derivative of the sigmoid. Expected its value.",
            lambda p, z: gradient(lambda t: torch.sigmoid(t).sum())(z),
        ),
    ),
    hints=(
        "For a number, return a number. For an array, return an array of the same shape.",
        "Check your formula at ±1000: `exp` must not get a large positive number there. `np.where` computes both of "
        "its branches.",
        "For tanh z = (1 − e^(−2z)) / (1 + e^(−2z)): where z is negative, multiply the numerator and the denominator "
        "by e^(2z). Then the exponents are negative again.",
        "Read the section 'A neuron that says yes or no' again. It has two forms of one function.",
    ),
    after=(
        "A form that never overflows is worth its extra line: one infinite number in a batch spoils all "
        "gradients of the step. `torch.sigmoid` does it in the same way."
    ),
)


# --- 3.2 · The loss -------------------------------------------------------------------------------

BCE = Exercise(
    id="binary_cross_entropy.bce",
    number="3.2",
    title="The loss",
    way="hand",
    difficulty=2,
    importance=5,
    minutes=5,
    points=2,
    cases=(
        case(0.3, 1),
        case(0.3, 0),
        case(0.72, 1),
        case(0.64, 0),
        case(0.15, 0),
        case(0.03, 1),
        case(0.97, 0, exact=True),
        # A clamp shows here, unless it is a tiny one. In float32 these have all their digits.
        case(5e-4, 1, exact=True),
        case(1e-6, 1, exact=True),
        case(1 - 2**-20, 0, exact=True),
    ),
    reference=_bce,
    mistakes=(
        _from_library(
            "library-loss",
            "A function of a library computed the loss.",
            {"binary_cross_entropy", "binary_cross_entropy_with_logits", "nll_loss_forward", "soft_margin_loss"},
            {"log_loss"},
        ),
        raising(
            "log-of-nothing",
            "You took the logarithm of a number that is not positive. Both p and 1 − p are positive. Take the "
            "logarithm of nothing else.",
            "ValueError",
            "math domain error",
            "expected a positive input",
        ),
        wrong_value("swapped-labels", SWAPPED_LABELS, lambda loss, p, y: _bce(p, 1 - y)),
        wrong_value(
            "label-0-free",
            "For label 0 your loss is always 0. It should be large there when p is close to 1.",
            lambda loss, p, y: loss * y,
        ),
        wrong_value(
            "label-1-free",
            "For label 1 your loss is always 0. It should be large there when p is close to 0.",
            lambda loss, p, y: loss * (1 - y),
        ),
        wrong_value(
            "log2",
            "Your answer uses the logarithm to base 2. Use the natural logarithm.",
            lambda loss, p, y: loss / math.log(2),
        ),
        wrong_value(
            "log10",
            "Your answer uses the logarithm to base 10. Use the natural logarithm.",
            lambda loss, p, y: loss / math.log(10),
        ),
        wrong_value(
            "squared-error",
            "Your answer is the squared error. The cross-entropy contains a logarithm.",
            lambda loss, p, y: _value(_squared_error, p, y),
        ),
        wrong_value(
            "coarse-clamp",
            "You moved probabilities below 0.001 up to 0.001. So a neuron that is very sure and wrong pays too little. Here p is "
            "never 0, so take the clamp out.",
            lambda loss, p, y: _bce(min(max(p, 0.001), 0.999), y),
        ),
    ),
    hints=(
        "Two numbers go in, and one number comes out. It is never negative.",
        "Try both labels: with y = 1 the loss is small when p is close to 1, with y = 0 when p is close to 0.",
        "One line can choose between two formulas: `y * a + (1 - y) * b` is a for y = 1, and b for y = 0.",
        "Read the section 'What a wrong answer costs' again, and look at its picture.",
    ),
    after=(
        "The loss is the surprise: how unlikely the model called what happened. A coin flip costs log 2, "
        "about 0.69, so a model whose loss stays there has learned nothing yet."
    ),
)


# --- 3.3 · The local factors ----------------------------------------------------------------------


def _local_gradients(x: float, y: int, w: float, b: float) -> dict[str, float]:
    z = w * x + b
    linear: Callable[..., Tensor] = torch.addcmul
    dz_db, dz_dw = (gradient(linear, i)(b, w, x) for i in (0, 1))
    return {"dL_dp": _dl_dp(z, y), "dp_dz": _dp_dz(z), "dz_dw": dz_dw, "dz_db": dz_db}


LOCAL_GRADS = Exercise(
    id="binary_cross_entropy.local_grads",
    number="3.3",
    title="The local factors",
    way="hand",
    difficulty=2,
    importance=4,
    minutes=7,
    points=1,
    partial=True,
    # No logit is large: there each factor loses digits in float32, while their product does not.
    cases=(*SAMPLES[:3], case(-0.7, 0, -1.1, 0.6)),
    reference=_local_gradients,
    mistakes=(
        wrong_value(
            "sign-of-dl-dp",
            "dL_dp has the wrong sign, and the rest is right. Check whether the loss rises or falls when p grows and y"
            " = 1.",
            lambda local, *_: local | {"dL_dp": -local["dL_dp"]},
        ),
        wrong_value(
            "dropped-target",
            "dL_dp is right for y = 0 only. Set y = 1 and derive it again.",
            lambda local, x, y, w, b: local | {"dL_dp": _dl_dp(w * x + b, 0)},
        ),
        wrong_value(
            "dl-dz-for-dl-dp",
            "Your dL_dp already contains the derivative of the sigmoid, so it is the derivative in z. Take p as the "
            "variable.",
            lambda local, x, y, w, b: local | {"dL_dp": _dl_dz(w * x + b, y)},
        ),
        wrong_value(
            "dp-dz-at-p",
            "You took the derivative of the sigmoid at p, which is the value of the sigmoid. Take it at what goes into"
            " the sigmoid.",
            lambda local, x, y, w, b: local | {"dp_dz": _dp_dz(_sigmoid(w * x + b))},
        ),
        wrong_value(
            "value-for-dp-dz",
            "Your dp_dz is the value of the sigmoid. Expected its derivative.",
            lambda local, x, y, w, b: local | {"dp_dz": _sigmoid(w * x + b)},
        ),
        wrong_value(
            "w-for-x",
            "Your dz_dw is the derivative in x. Check what w is multiplied by in w·x + b.",
            lambda local, x, y, w, b: local | {"dz_dw": w},
        ),
        wrong_value(
            "value-of-bias",
            "Your dz_db is the value of b. The derivative does not depend on b: check how much z grows when b grows a "
            "little.",
            lambda local, x, y, w, b: local | {"dz_db": b},
        ),
        wrong_value(
            "constant-bias",
            "Here b is a variable, and not a constant. Check how much z grows when b grows a little.",
            lambda local, *_: local | {"dz_db": 0.0},
        ),
        wrong_value(
            "dropped-bias",
            DROPPED_BIAS,
            lambda _, x, y, w, b: _local_gradients(x, y, w, 0.0),
        ),
        wrong_value(
            "products",
            "Your answers are products of several factors. Expected the single factors, before they are multiplied.",
            lambda local, x, y, w, b: {
                "dL_dp": local["dL_dp"],
                "dp_dz": _dl_dz(w * x + b, y),
                "dz_dw": _sample_gradients(x, y, w, b)[0],
                "dz_db": _sample_gradients(x, y, w, b)[1],
            },
        ),
    ),
    hints=(
        'The answer is a dict with the keys "dL_dp", "dp_dz", "dz_dw" and "dz_db", and a number for each. Each entry '
        "earns its part of the points.",
        "Each factor is the derivative of one step in the input of that step. Check the sign, the label, and the point"
        " of each factor.",
        "For L = −3·log p, p = e^z and z = w·x − b the factors are dL/dp = −3/p, dp/dz = p, dz/dw = x, dz/db = −1.",
        "Read the section 'Three local factors' again. Its numbers are for y = 0, w = 1, b = 0. Your formulas must "
        "hold for all numbers.",
    ),
    after=(
        "Look at the sizes: one factor gets very large where another one gets very small. Their product is "
        "harmless. This is the reason for the short form that comes later."
    ),
)


# --- 3.4 · Gradients of weight and bias, by hand --------------------------------------------------

BCE_GRADS_MANUAL = Exercise(
    id="binary_cross_entropy.bce_grads_manual",
    number="3.4",
    title="Gradients of weight and bias, by hand",
    way="hand",
    difficulty=2,
    importance=5,
    minutes=4,
    points=1,
    cases=SAMPLES,
    forward=loss_of_sample,
    reference=_sample_gradients,
    mistakes=SAMPLE_MISTAKES,
    hints=(
        "The answer is a tuple of two plain numbers: dw, then db.",
        "Follow the path from the loss back to w, and multiply each factor on it once. The path to b differs in its "
        "last factor.",
        "For L = p², p = e^z, z = w·x the gradient is 2p · e^z · x. Three steps give three factors.",
        "Your `local_grads` has all the factors. Read the section 'Three local factors' again to see how to combine "
        "them.",
    ),
    after=(
        "The two gradients share all factors but the last. A backward pass computes the shared part once, and "
        "that is all its secret of speed."
    ),
)


# --- 3.5 · Gradients of weight and bias, by autograd ----------------------------------------------

BCE_GRADS_AUTOGRAD = Exercise(
    id="binary_cross_entropy.bce_grads_autograd",
    number="3.5",
    title="Gradients of weight and bias, by autograd",
    way="autograd",
    difficulty=2,
    importance=5,
    minutes=4,
    points=2,
    cases=SAMPLES,
    forward=loss_of_sample,
    reference=_sample_gradients,
    mistakes=(
        TARGET_DTYPE,
        LOGIT_TO_BCE,
        *(each for each in SAMPLE_MISTAKES if each.slug not in ("dropped-dz-dw", "sigmoid-slope-twice")),
        wrong_value(
            "sigmoid-twice",
            SIGMOID_TWICE,
            lambda _, *sample: _parameter_gradients(lambda x, y, w, b: _sigmoid_twice(w * x + b, y))(*sample),
        ),
    ),
    hints=(
        "Plain numbers go in, and a tuple of two plain numbers comes out: dw, then db.",
        "Decide which tensors are leaves that require a gradient, and which are constants. Read `.grad` of the leaves "
        "only.",
        "For L = (w·x − y)²: make w a leaf with `requires_grad=True`, compute L from it, call `L.backward()`, and read"
        " `w.grad.item()`.",
        "Read the section 'Autograd walks the same path' again.",
    ),
    after=(
        "Only the parameters are leaves that require a gradient. The data are constants: nobody wants to "
        "change them. Attacks on a model do the opposite, and ask for the gradient in the data."
    ),
)


# --- 3.6a · The short form, by hand ---------------------------------------------------------------


def _divided_by_zero(call: Call) -> bool:
    if call.raised is not None:
        return "ZeroDivisionError" in call.raised.types
    return _not_finite(call) or any("divide by zero" in warning for warning in call.warnings)


DL_DZ = Exercise(
    id="binary_cross_entropy.dL_dz",
    number="3.6a",
    title="The short form, by hand",
    way="hand",
    difficulty=3,
    importance=5,
    minutes=5,
    points=3,
    cases=(
        case(-2.3, 1),
        case(0.8, 0),
        case(1.9, 1),
        case(-0.6, 0),
        case(0.0, 1, exact=True),
        case(-20.0, 1, exact=True),
        case(20.0, 0, exact=True),
        case(100.0, 0, exact=True),
        case(-100.0, 1, exact=True),
    ),
    forward=loss_of_logit,
    reference=_dl_dz,
    mistakes=(
        OVERFLOW,
        Mistake(
            "not-simplified",
            "For a large z, p is exactly 1, and your formula divides by 0 there. Simplify the product on paper first, "
            "and compute the simplified formula.",
            shows=_divided_by_zero,
            at=_is_far_out,
        ),
        *DL_DZ_MISTAKES,
        wrong_value(
            "sigmoid-slope-twice",
            "Your product contains the derivative of the sigmoid once too often. It has already cancelled.",
            lambda slope, z, y: slope * _dp_dz(z),
        ),
        wrong_value(
            "dropped-sigmoid",
            "Your formula has the logit in place of the probability. The sigmoid is missing.",
            lambda slope, z, y: slope - _sigmoid(z) + z,
        ),
        wrong_value(
            "sigmoid-twice",
            "You applied the sigmoid twice.",
            lambda slope, z, y: slope - _sigmoid(z) + _sigmoid(_sigmoid(z)),
        ),
    ),
    hints=(
        "Two numbers go in, and one number between −1 and 1 comes out.",
        "Multiply dL/dp by dp/dz on paper, once for y = 1 and once for y = 0. Simplify the product before you compute "
        "it.",
        "For L = −log p with p = e^(−z): dL/dp = −1/p and dp/dz = −p. The p cancels, and dL/dz is 1 at every z.",
        "Read the section 'Huge times tiny' again.",
    ),
    after=(
        "A long product became very short, and the short form never overflows. Softmax with cross-entropy "
        "has the same short form, for any number of classes."
    ),
)


# --- 3.6b · The short form, by autograd -----------------------------------------------------------


def _blocked(z: float, y: int) -> Any:
    """Return the gradient of the clamped loss in z."""
    return gradient(lambda z, y: clamped_loss(torch.sigmoid(z), y))(z, y)


DL_DZ_AUTOGRAD = Exercise(
    id="binary_cross_entropy.dL_dz_autograd",
    number="3.6b",
    title="The short form, by autograd",
    way="autograd",
    difficulty=3,
    importance=4,
    minutes=4,
    points=1,
    cases=(
        case(-2.3, 1),
        case(0.8, 0),
        case(-20.0, 1, exact=True),
        case(20.0, 0, exact=True),
        case(-0.6, 0),
        case(1.9, 1),
    ),
    forward=loss_of_logit,
    reference=_dl_dz,
    mistakes=(
        TARGET_DTYPE,
        LOGIT_TO_BCE,
        Mistake(
            "single-precision",
            "At z = 20, `float32` rounds p to 1, and 1 − p to 0. Then the gradient is not a number. Give the leaf the dtype "
            "`float64`, or give the loss the logit itself.",
            shows=_not_finite,
            at=_is_far_out,
        ),
        *DL_DZ_MISTAKES,
        wrong_value(
            "clamped",
            "At z = −20 your derivative is 0. The cause is a clamp of p: where it cuts off the value, the derivative "
            "is 0.",
            lambda _, z, y: _blocked(z, y),
        ),
        wrong_value(
            "gradient-in-p",
            "Your answer is the gradient in p. Expected the gradient in the logit z. Make z the leaf.",
            lambda _, z, y: _dl_dp(z, y),
        ),
        wrong_value(
            "sigmoid-twice",
            SIGMOID_TWICE,
            lambda _, z, y: gradient(_sigmoid_twice)(z, y),
        ),
    ),
    hints=(
        "Two plain numbers go in, and one plain number comes out.",
        "Here the leaf is z, and p is computed from it. Check that nothing between z and the loss is cut off at z = "
        "−20.",
        "For L = log(1 + t²): write `t = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)`, call "
        "`torch.log1p(t**2).backward()`, and read `t.grad.item()`.",
        "Read the section 'Huge times tiny' again. It compares float32 and float64.",
    ),
    after=(
        "Autograd multiplies the factors and does not simplify them. A library function for the whole step "
        "can: it knows the short form."
    ),
)


# --- 3.7a · Where the loss breaks -----------------------------------------------------------------


def _first_whole(holds: Callable[[Tensor], Tensor]) -> int:
    """Return the smallest whole logit, from 1 on, for which `holds` is true."""
    return next(z for z in range(1, 1000) if holds(torch.tensor(float(z))))


def _breaking_logit() -> int:
    return _first_whole(lambda z: ~torch.isfinite(clamped_loss(torch.sigmoid(z), torch.tensor(0.0))))


BREAKING_LOGIT = Exercise(
    id="binary_cross_entropy.breaking_logit",
    number="3.7a",
    title="Where the loss breaks",
    way="recorded",
    difficulty=2,
    importance=3,
    minutes=4,
    points=1,
    cases=(case(),),
    reference=_breaking_logit,
    mistakes=(
        wrong_value(
            "still-finite",
            "At your number the loss is still finite. Expected the first whole number where it is not finite.",
            lambda z: z - 1,
        ),
        wrong_value(
            "not-the-smallest",
            "At your number the loss is not finite, and at the number before it too. Expected the smallest such "
            "number.",
            lambda z: z + 1,
        ),
        wrong_value(
            "where-the-clamp-begins",
            "At your number 1 − p falls below ε on paper. Print 1 − ε in float32: rounding changes it.",
            lambda z: _first_whole(lambda t: 1 - torch.sigmoid(t.double()) < EPSILON),
        ),
        wrong_value(
            "in-float64",
            "At your number the sigmoid becomes 1 in float64. The notebook computes in float32.",
            lambda z: _first_whole(lambda t: torch.sigmoid(t.double()) == 1),
        ),
        wrong_value(
            "overflow-of-exp",
            "At your number e^z overflows in float32. The loss breaks at a much smaller number.",
            lambda z: _first_whole(lambda t: torch.isinf(torch.exp(t))),
        ),
    ),
    hints=(
        "The answer is one whole number, larger than 0.",
        "The loss breaks where float32 rounds p to 1. Try whole logits, one after the other, with y = 0.",
        "To find where 1 + 2^−k becomes 1 in float32: increase k in a loop, print the sum, and stop when it is 1.",
        "Read the section 'Where the clamp does nothing' again, and write a loop over z.",
    ),
    after=(
        "float32 has 24 bits, so next to 1 there is a last number that still differs from it. A sigmoid "
        "passes it long before the logit is large."
    ),
)


# --- 3.7b · The stable loss -----------------------------------------------------------------------


def _bce_with_logits(z: float, y: int) -> float:
    return float(_value(loss_of_logit, z, y))


def _took_log_of_zero(call: Call) -> bool:
    if call.raised is not None:
        domain = ("math domain error", "expected a positive input")
        return "ValueError" in call.raised.types and any(text in call.raised.text for text in domain)
    return _not_finite(call) or any("encountered in log" in warning for warning in call.warnings)


BCE_WITH_LOGITS = Exercise(
    id="binary_cross_entropy.bce_with_logits",
    number="3.7b",
    title="The stable loss",
    way="hand",
    difficulty=4,
    importance=5,
    minutes=7,
    points=3,
    # `atol` is relative to the largest loss, which is 1000: a loss may be off by 1e-7, the largest by twice that.
    rtol=1e-10,
    atol=1e-10,
    cases=(
        case(1.7, 1),
        case(-0.9, 0),
        case(2.6, 0),
        case(-1.3, 1),
        # From the middle to the straight lines, with digits for `float32` to lose.
        case(-3.7, 0),
        case(4.9, 0),
        case(-6.8, 1),
        case(8.9, 1),
        case(11.3, 0, exact=True),
        case(-15.2, 1, exact=True),
        case(0.0, 1, exact=True),
        case(17.0, 0, exact=True),
        case(-17.0, 1, exact=True),
        case(20.0, 0, exact=True),
        case(20.0, 1, exact=True),
        case(-20.0, 1, exact=True),
        case(-20.0, 0, exact=True),
        case(100.0, 0, exact=True),
        case(-100.0, 1, exact=True),
        case(123.4567, 0),
        case(1000.0, 0, exact=True),
        case(1000.0, 1, exact=True),
        case(-1000.0, 1, exact=True),
        case(-1000.0, 0, exact=True),
    ),
    reference=_bce_with_logits,
    mistakes=(
        _from_library(
            "library-loss",
            "A function of a library computed the loss, or the logarithm of a sum of exponentials in it.",
            {
                "binary_cross_entropy_with_logits",
                "log_sigmoid_forward",
                "_log_softmax",
                "logaddexp",
                "logsumexp",
                "soft_margin_loss",
                "softplus",
            },
            {"logaddexp", "logaddexp2", "logsumexp"},
        ),
        ANY_OVERFLOW,
        HIDDEN_OVERFLOW,
        Mistake(
            "log-of-zero",
            "For a large z, p is exactly 0 or 1, and your function takes the logarithm of 0. Put the sigmoid into the "
            "loss on paper and simplify. Then compute the simplified formula.",
            shows=_took_log_of_zero,
            at=_is_far_out,
        ),
        wrong_value(
            "single-precision",
            "`float32` keeps about seven digits, so for a large z it does not keep seven decimals. Compute in `float64`.",
            lambda loss, z, y: loss_of_logit(torch.tensor(z), torch.tensor(float(y))).item(),
        ),
        wrong_value("swapped-labels", SWAPPED_LABELS, lambda loss, z, y: _bce_with_logits(z, 1 - y)),
        wrong_value("dropped-target", DROPPED_TARGET, lambda loss, z, y: _bce_with_logits(z, 0)),
        wrong_value(
            "clamped",
            "Your loss stops growing when p comes close to 0 or 1, because of a clamp. The loss of a wrong answer "
            "should keep growing with the size of z.",
            lambda loss, z, y: _value(clamped_loss, _sigmoid(z), y),
        ),
        wrong_value(
            "floored-log",
            "Your loss stops growing for a large z. There p is exactly 0 or 1, and its logarithm is cut off. Compute "
            "the loss from z, and not from p.",
            lambda loss, z, y: _bce(_sigmoid(z), y),
        ),
        wrong_value(
            "dropped-log-term",
            "Your answer consists of the two straight lines that the loss approaches. The term that makes the curve "
            "smooth around z = 0 is missing.",
            lambda loss, z, y: loss - _bce_with_logits(abs(z), 1),
        ),
        wrong_value(
            "sigmoid-twice",
            "You applied the sigmoid twice. This function takes the logit itself.",
            lambda loss, z, y: _bce_with_logits(_sigmoid(z), y),
        ),
        wrong_value(
            "labels-minus-one-and-one",
            "Your form of the loss is for the labels −1 and 1. Here the labels are 0 and 1.",
            lambda loss, z, y: _bce_with_logits(y * z, 1),
        ),
    ),
    hints=(
        "Two numbers go in, and one number comes out. It is never negative and never infinite.",
        "Two things can go wrong for a large z: `exp` of a large positive number, and `log` of exactly 0. Check your "
        "formula for both.",
        "For √(a² + b²) with a huge a: take out the larger one. Then |a|·√(1 + (b/a)²) does not overflow. Do the same "
        "with log(1 + e^z).",
        "Read the section 'The loss of a logit' again.",
    ),
    after=(
        "Work with logarithms and logits, and turn them into probabilities only to show them. That is why "
        "PyTorch has `binary_cross_entropy_with_logits`, and why its manual recommends it."
    ),
)


# --- 3.8a · A batch, by hand ----------------------------------------------------------------------

BCE_GRADS_BATCH = Exercise(
    id="binary_cross_entropy.bce_grads_batch",
    number="3.8a",
    title="A batch, by hand",
    way="hand",
    difficulty=3,
    importance=5,
    minutes=6,
    points=2,
    cases=tuple(case(Array(x), Array(y), Array(w), b) for x, y, w, b in BATCHES),
    forward=loss_of_batch,
    reference=_batch_gradients,
    mistakes=BATCH_MISTAKES,
    hints=(
        "X has a row for each of n samples and a column for each of d features. dw has shape (d,), and db is one "
        "number.",
        "Check the mean: its axis, the number that you divide by, and that dw and db use the same mean.",
        "For the mean of (X w − y)² the gradient of each sample is 2·(its error)·(its row). Add up these rows and "
        "divide by n: `2 * X.T @ (X @ w - y) / n`.",
        "Read the section 'A whole batch' again, and the short form from 3.6.",
    ),
    after=(
        "One product with a matrix replaces the loop over the samples. The mean keeps the step size "
        "independent of the batch size."
    ),
)


# --- 3.8b · A batch, by autograd ------------------------------------------------------------------


def _broadcast(inputs: Tensor, y: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Return the mean over all n·n pairs of a logit and a label, which shapes (n, 1) and (n,) broadcast to."""
    return loss_of_logit((inputs @ w + b).unsqueeze(1), y)


BCE_GRADS_BATCH_AUTOGRAD = Exercise(
    id="binary_cross_entropy.bce_grads_batch_autograd",
    number="3.8b",
    title="A batch, by autograd",
    way="autograd",
    difficulty=3,
    importance=4,
    minutes=4,
    points=2,
    cases=tuple(case(Array(x, "torch"), Array(y, "torch"), Array(w, "torch"), b) for x, y, w, b in BATCHES),
    forward=loss_of_batch,
    reference=_batch_gradients,
    mistakes=(
        LOGIT_TO_BCE,
        raising(
            "target-shape",
            "Logits and labels have different shapes. One of them has a dimension of length 1 that the other does not "
            "have.",
            "ValueError",
            "target size",
        ),
        raising(
            "mixed-dtypes",
            "You multiply tensors of two dtypes. Give your leaf the dtype of the tensor that it is multiplied with.",
            "RuntimeError",
            "same dtype",
            "scalar type",
        ),
        *(each for each in BATCH_MISTAKES if each.slug not in ("bias-not-averaged", "weight-not-averaged")),
        wrong_value(
            "broadcast",
            "The shapes (n, 1) and (n,) were broadcast, so your mean is over n·n pairs of a logit and a label. Print "
            "both shapes.",
            lambda _, *batch: _parameter_gradients(_broadcast)(*batch),
        ),
        wrong_value(
            "sigmoid-twice",
            SIGMOID_TWICE,
            lambda _, *batch: _parameter_gradients(lambda x, y, w, b: _sigmoid_twice(x @ w + b, y))(*batch),
        ),
    ),
    hints=(
        "dw has shape (d,), and db is one number. Return both detached: `.grad` is detached.",
        "Make new leaves from w and b, and do not change the arguments. Check whether the loss is a mean or a sum.",
        "For the mean squared error: write `w = w.clone().requires_grad_()`, call `((X @ w - y) ** "
        "2).mean().backward()`, and read `w.grad`.",
        "Read the section 'A whole batch' again. Its second cell has the steps for another loss.",
    ),
    after=(
        "A loss and its gradients are all that training needs. The neuron of this lesson learned with them, by steps "
        "against the gradient. In lesson 6 you train a model with more parameters in the same way."
    ),
)


LESSON = Lesson(
    number=3,
    name="binary_cross_entropy",
    title="Binary cross-entropy",
    teaches="The gradient of a yes-or-no loss, and why it is computed from logits",
    exercises=(
        SIGMOID,
        BCE,
        LOCAL_GRADS,
        BCE_GRADS_MANUAL,
        BCE_GRADS_AUTOGRAD,
        DL_DZ,
        DL_DZ_AUTOGRAD,
        BREAKING_LOGIT,
        BCE_WITH_LOGITS,
        BCE_GRADS_BATCH,
        BCE_GRADS_BATCH_AUTOGRAD,
    ),
)
