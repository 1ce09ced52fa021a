"""Lesson 3: binary cross-entropy, its gradients, and what float32 does to them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

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


# Other losses, of which the gradients are known mistakes


def _squared_error(p: Tensor, y: Tensor) -> Tensor:
    return ((p - y) ** 2).mean()


def _of_samples(loss: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """Return a loss of probabilities as one of (x, y, w, b), for one sample or a batch."""
    return lambda x, y, w, b: loss(torch.sigmoid((x @ w if x.ndim else x * w) + b), y)


def _without_sigmoid_slope(x: Tensor, y: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Return a loss whose backward pass treats the sigmoid as if its slope were 1."""
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
    """Return the gradients in w and in b of a loss of (x, y, w, b)."""
    return lambda *arguments: (gradient(loss, 2)(*arguments), gradient(loss, 3)(*arguments))


_sample_gradients = _parameter_gradients(loss_of_sample)
_batch_gradients = _parameter_gradients(loss_of_batch)
_dp_dz = gradient(torch.sigmoid)
_dl_dz = gradient(loss_of_logit)


def _dl_dp(z: float, y: int) -> float:
    return float(gradient(loss_of_probability)(_sigmoid(z), y))


# What a call shows beside its values


def _overflowed(call: Call) -> bool:
    if call.raised is not None:
        return "OverflowError" in call.raised.types
    return any("overflow encountered" in warning for warning in call.warnings)


def _not_finite(call: Call) -> bool:
    return call.value is not None and any(not math.isfinite(number) for number in numbers_in(call.value))


OVERFLOW = Mistake(
    "overflow",
    "The exponential of a large positive number overflows. Arrange it so that `exp` is only ever given numbers that are "
    "not positive, on every branch that is computed.",
    shows=_overflowed,
)
SWAPPED_LABELS = "The labels are exchanged: you charge for label 1 what label 0 costs, and the other way round."
DROPPED_TARGET = "This does not depend on the label: it is what comes out for y = 0. Set y = 1 and derive it again."
DROPPED_BIAS = "The bias takes no part in this logit. What is z, written out?"
TARGET_DTYPE = raising(
    "target-dtype",
    "The target is a tensor of integers, and the loss wants it in the dtype of the prediction.",
    "RuntimeError",
    "but expected",
    "can't be cast",
)
LOGIT_TO_BCE = raising(
    "logit-for-probability",
    "This loss takes probabilities, numbers between 0 and 1, and was given a logit. Something is missing in between.",
    "RuntimeError",
    "between 0 and 1",
)
SIGMOID_TWICE = "The sigmoid was applied twice: a loss that takes logits already has it inside."

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
        "The first number is the gradient in the input x. Asked for is the one in the weight w: what is w multiplied by?",
        lambda grads, x, y, w, b: (gradient(loss_of_sample)(x, y, w, b), grads[1]),
    ),
    wrong_value(
        "swapped-order",
        "Both numbers are right, in the wrong order. Asked for is dw first, then db.",
        lambda grads, *_: (grads[1], grads[0]),
    ),
    wrong_value(
        "dropped-dz-dw",
        "dw and db are the same in yours. Which local factor sets the weight's path apart from the bias's?",
        lambda grads, *_: (grads[1], grads[1]),
    ),
    wrong_value(
        "sigmoid-slope-twice",
        "The slope of the sigmoid is in it once too often. Multiply each local factor exactly once; print them.",
        lambda grads, x, y, w, b: tuple(each * _dp_dz(w * x + b) for each in grads),
    ),
    wrong_value(
        "dropped-dp-dz",
        "One local factor is missing on the way from the loss to z. Multiply each exactly once; print them.",
        lambda _, *sample: _parameter_gradients(_without_sigmoid_slope)(*sample),
    ),
    wrong_value(
        "squared-error",
        "That is the gradient of the squared error (p − y)². The loss here is the cross-entropy.",
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
        "dw is right, and db is n times what it should be. Both are gradients of the same mean.",
        lambda grads, x, *_: (grads[0], grads[1] * len(x)),
    ),
    wrong_value(
        "weight-not-averaged",
        "db is right, and dw is n times what it should be. Both are gradients of the same mean.",
        lambda grads, x, *_: (grads[0] * len(x), grads[1]),
    ),
    wrong_value(
        "divided-by-features",
        "Divided by the number of columns. The mean is over the samples, and those are the rows.",
        lambda grads, x, *_: tuple(each * x.shape[0] / x.shape[1] for each in grads),
    ),
    wrong_value(
        "last-sample-only",
        "That is the gradient of the last sample alone. Is something overwritten in a loop that should be added up?",
        lambda _, x, y, w, b: _batch_gradients(x[-1:], y[-1:], w, b),
    ),
    wrong_value(
        "last-sample-over-n",
        "Only the last sample counts in it, divided by n. Is something overwritten in a loop that should be added up?",
        lambda _, x, y, w, b: tuple(each / len(x) for each in _batch_gradients(x[-1:], y[-1:], w, b)),
    ),
    wrong_value(
        "sigmoid-slope-twice",
        "The slope of the sigmoid is in it once too often. For each sample, multiply each local factor exactly once.",
        lambda _, *batch: tuple(each / 2 for each in _parameter_gradients(_of_samples(_squared_error))(*batch)),
    ),
    wrong_value(
        "squared-error",
        "That is the gradient of the mean squared error. The loss here is the cross-entropy.",
        lambda _, *batch: _parameter_gradients(_of_samples(_squared_error))(*batch),
    ),
    wrong_value(
        "dropped-dp-dz",
        "For each sample, one local factor is missing on the way from the loss to z.",
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
        case(Array((-3.1, 0.4, 1.9))),
        case(0.0, exact=True),
        case(1000.0, exact=True),
        case(-1000.0, exact=True),
        case(Array((-1000.0, -0.8, 0.0, 3.2, 1000.0)), exact=True),
    ),
    reference=_sigmoid,
    mistakes=(
        OVERFLOW,
        raising(
            "math-on-array",
            "The functions of `math` take one number, and here came an array. NumPy's take both.",
            "TypeError",
            "arrays can be converted",
        ),
        raising(
            "branch-on-array",
            "An `if` decides once for the whole array, and its elements may want different branches. Choose for each "
            "element.",
            "ValueError",
            "truth value of an array",
        ),
        wrong_value(
            "sign-of-exponent",
            "Yours falls where the sigmoid rises: look at the sign in the exponent.",
            lambda p, z: _sigmoid(-z),
        ),
        wrong_value(
            "tanh",
            "That is the hyperbolic tangent, which runs from −1 to 1. A probability runs from 0 to 1.",
            lambda p, z: _value(torch.tanh, z),
        ),
        wrong_value(
            "stretched",
            "That curve runs from −1 to 1. A probability runs from 0 to 1.",
            lambda p, z: 2 * p - 1,
        ),
        wrong_value(
            "derivative-for-value",
            "That is the slope of the sigmoid. Asked for is its value.",
            lambda p, z: gradient(lambda t: torch.sigmoid(t).sum())(z),
        ),
    ),
    hints=(
        "A number gives a number, and an array gives an array of the same shape.",
        "At ±1000, is `exp` ever given a large positive number? `np.where` computes both of its branches.",
        "For tanh z = (1 − e^(−2z)) / (1 + e^(−2z)): left of 0, multiply above and below by e^(2z), and the exponents "
        "are negative again.",
        "Read the section 'A neuron that says yes or no' again, with its two forms of one function.",
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
    ),
    reference=_bce,
    mistakes=(
        raising(
            "log-of-nothing",
            "A logarithm was taken of something that is not positive. Both p and 1 − p are positive: what else did "
            "you take it of?",
            "ValueError",
            "math domain error",
            "expected a positive input",
        ),
        wrong_value("swapped-labels", SWAPPED_LABELS, lambda loss, p, y: _bce(p, 1 - y)),
        wrong_value(
            "label-0-free",
            "For label 0 your loss is 0, however wrong p is. What should a confident yes cost there?",
            lambda loss, p, y: loss * y,
        ),
        wrong_value(
            "label-1-free",
            "For label 1 your loss is 0, however wrong p is. What should a confident no cost there?",
            lambda loss, p, y: loss * (1 - y),
        ),
        wrong_value(
            "log2",
            "That is the loss in bits, with the logarithm to base 2. Here it is the natural logarithm.",
            lambda loss, p, y: loss / math.log(2),
        ),
        wrong_value(
            "log10",
            "That is the logarithm to base 10. Here it is the natural logarithm.",
            lambda loss, p, y: loss / math.log(10),
        ),
        wrong_value(
            "squared-error",
            "That is the squared error. Cross-entropy takes a logarithm.",
            lambda loss, p, y: _value(_squared_error, p, y),
        ),
    ),
    hints=(
        "Two numbers in, one number out, and it is never negative.",
        "Try both labels: with y = 1 the loss is small when p is close to 1, with y = 0 when p is close to 0.",
        "A switch between two formulas: `y * a + (1 - y) * b` is a for y = 1, and b for y = 0.",
        "Read the section 'What a wrong answer costs' again, and its picture.",
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
    points=2,
    partial=True,
    # No logit is large: in float32 the factors themselves lose digits there, even though their product does not.
    cases=(*SAMPLES[:3], case(-0.7, 0, -1.1, 0.6)),
    reference=_local_gradients,
    mistakes=(
        wrong_value(
            "sign-of-dl-dp",
            "The sign of dL_dp is off, and the rest is right. With y = 1, does the loss rise or fall when p grows?",
            lambda local, *_: local | {"dL_dp": -local["dL_dp"]},
        ),
        wrong_value(
            "dropped-target",
            "dL_dp is right for y = 0 alone. Set y = 1 and derive it again.",
            lambda local, x, y, w, b: local | {"dL_dp": _dl_dp(w * x + b, 0)},
        ),
        wrong_value(
            "dl-dz-for-dl-dp",
            "Your dL_dp has the slope of the sigmoid in it already: that is the derivative in z. Take p as the "
            "variable.",
            lambda local, x, y, w, b: local | {"dL_dp": _dl_dz(w * x + b, y)},
        ),
        wrong_value(
            "dp-dz-at-p",
            "The slope of the sigmoid is taken at p, and p is the sigmoid's value. Where is it applied?",
            lambda local, x, y, w, b: local | {"dp_dz": _dp_dz(_sigmoid(w * x + b))},
        ),
        wrong_value(
            "value-for-dp-dz",
            "Your dp_dz is the value of the sigmoid. Asked for is its slope.",
            lambda local, x, y, w, b: local | {"dp_dz": _sigmoid(w * x + b)},
        ),
        wrong_value(
            "w-for-x",
            "In w·x + b, what is w multiplied by? Your dz_dw is the derivative in x.",
            lambda local, x, y, w, b: local | {"dz_dw": w},
        ),
        wrong_value(
            "value-of-bias",
            "If b grows by a little, by how much does z grow? That does not depend on how large b is.",
            lambda local, x, y, w, b: local | {"dz_db": b},
        ),
        wrong_value(
            "constant-bias",
            "Here b is a variable, and not a constant. If it grows by a little, by how much does z grow?",
            lambda local, *_: local | {"dz_db": 0.0},
        ),
        wrong_value(
            "swapped-dz",
            "dz_dw and dz_db are exchanged.",
            lambda local, *_: local | {"dz_dw": local["dz_db"], "dz_db": local["dz_dw"]},
        ),
        wrong_value(
            "dropped-bias",
            DROPPED_BIAS,
            lambda _, x, y, w, b: _local_gradients(x, y, w, 0.0),
        ),
        wrong_value(
            "products",
            "Those are products along the path. Asked for are the single factors, before they are multiplied.",
            lambda local, x, y, w, b: {
                "dL_dp": local["dL_dp"],
                "dp_dz": _dl_dz(w * x + b, y),
                "dz_dw": _sample_gradients(x, y, w, b)[0],
                "dz_db": _sample_gradients(x, y, w, b)[1],
            },
        ),
    ),
    hints=(
        'A dict with the keys "dL_dp", "dp_dz", "dz_dw" and "dz_db", a number for each. Each earns its part of the '
        "points.",
        "Each factor is the derivative of one step in that step's own input: which sign, which label, at which point?",
        "For L = −3·log p, p = e^z and z = w·x − b it goes: dL/dp = −3/p, dp/dz = p, dz/dw = x, dz/db = −1.",
        "Read the section 'Three local factors' again. Its numbers are for y = 0, w = 1, b = 0; yours must hold for "
        "all.",
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
    points=2,
    cases=SAMPLES,
    forward=loss_of_sample,
    reference=_sample_gradients,
    mistakes=SAMPLE_MISTAKES,
    hints=(
        "A tuple of two plain numbers: dw, then db.",
        "Follow the path from the loss back to w and multiply every factor on it once. The path to b differs at its end.",
        "For L = p², p = e^z, z = w·x: 2p · e^z · x. Three steps, three factors.",
        "Your `local_grads` has all the factors. Read the section 'Three local factors' for how they go together.",
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
    points=1,
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
        "Plain numbers go in, a tuple of two plain numbers comes out: dw, then db.",
        "Which tensors are leaves that ask for a gradient, and which are constants? Read `.grad` of the former only.",
        "For L = (w·x − y)²: make w a leaf with `requires_grad=True`, compute L with it, `L.backward()`, `w.grad.item()`.",
        "Read the section 'Autograd walks the same path' again.",
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
    points=2,
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
            "For a large z, p is exactly 1 and something here is divided by 0. Cancel on paper what can be "
            "cancelled, and compute what is left.",
            shows=_divided_by_zero,
        ),
        *DL_DZ_MISTAKES,
        wrong_value(
            "sigmoid-slope-twice",
            "The slope of the sigmoid is in it once too often: it has cancelled already.",
            lambda slope, z, y: slope * _dp_dz(z),
        ),
        wrong_value(
            "dropped-sigmoid",
            "The logit stands where the probability should: where has the sigmoid gone?",
            lambda slope, z, y: slope - _sigmoid(z) + z,
        ),
        wrong_value(
            "sigmoid-twice",
            "The sigmoid was applied twice.",
            lambda slope, z, y: slope - _sigmoid(z) + _sigmoid(_sigmoid(z)),
        ),
        wrong_value(
            "lost-sign",
            "The size is right and the sign has gone. With y = 1, does the loss rise or fall when z grows?",
            lambda slope, z, y: abs(slope),
        ),
    ),
    hints=(
        "Two numbers in, one number out, between −1 and 1.",
        "Multiply dL/dp by dp/dz on paper, once for y = 1 and once for y = 0, and cancel before you compute.",
        "For L = −log p with p = e^(−z): dL/dp = −1/p and dp/dz = −p, the p cancels, and dL/dz is 1 at every z.",
        "Read the section 'Huge times tiny' again.",
    ),
)


# --- 3.6b · The short form, by autograd -----------------------------------------------------------


def _blocked(z: float, y: int) -> Any:
    """Return the gradient in z through the clamped loss."""
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
        case(-0.6, 0),
        case(1.9, 1),
    ),
    forward=loss_of_logit,
    reference=_dl_dz,
    mistakes=(
        TARGET_DTYPE,
        LOGIT_TO_BCE,
        *DL_DZ_MISTAKES,
        wrong_value(
            "clamped",
            "At z = −20 the slope is 0 in yours. Was p clamped on the way? What a clamp cuts off has no slope.",
            lambda _, z, y: _blocked(z, y),
        ),
        wrong_value(
            "gradient-in-p",
            "That is the gradient in p. Asked for is the one in the logit z: which of the two is your leaf?",
            lambda _, z, y: _dl_dp(z, y),
        ),
        wrong_value(
            "sigmoid-twice",
            SIGMOID_TWICE,
            lambda _, z, y: gradient(_sigmoid_twice)(z, y),
        ),
    ),
    hints=(
        "Two plain numbers go in, one plain number comes out.",
        "Here the leaf is z, and p is computed from it. Is anything on the way from z to the loss cut off at z = −20?",
        "For L = log(1 + t²): `t = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)`, "
        "`torch.log1p(t**2).backward()`, `t.grad.item()`.",
        "Read the section 'Huge times tiny' again: what float32 does there, and what float64 does.",
    ),
)


# --- 3.7a · Where the loss breaks -----------------------------------------------------------------


def _first_whole(holds: Callable[[Tensor], Tensor]) -> int:
    """Return the smallest whole logit from 1 on at which something holds."""
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
            "There the loss is still finite, if only just. Asked for is the first whole number where it is not.",
            lambda z: z - 1,
        ),
        wrong_value(
            "not-the-smallest",
            "There it is broken, and one before it too. Asked for is the smallest.",
            lambda z: z + 1,
        ),
        wrong_value(
            "where-the-clamp-begins",
            "There 1 − p falls below ε, on paper. Is 1 − ε the number that float32 takes it for?",
            lambda z: _first_whole(lambda t: 1 - torch.sigmoid(t.double()) < EPSILON),
        ),
        wrong_value(
            "in-float64",
            "There the sigmoid becomes 1 in float64. The notebook computes in float32.",
            lambda z: _first_whole(lambda t: torch.sigmoid(t.double()) == 1),
        ),
        wrong_value(
            "overflow-of-exp",
            "There e to the z overflows in float32. Something else breaks long before.",
            lambda z: _first_whole(lambda t: torch.isinf(torch.exp(t))),
        ),
    ),
    hints=(
        "One whole number, larger than 0.",
        "The loss breaks where float32 can't tell p from 1. Try whole logits, one after the other, with y = 0.",
        "To find where 1 + 2^−k becomes 1 in float32: let k go up in a loop, print the sum, stop when it is 1.",
        "Read the section 'Where the clamp does nothing' again, and let a loop run over z.",
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
    # The scale is that of the largest loss: together, a loss is right when it is off by less than 1e-7.
    atol=1e-10,
    cases=(
        case(1.7, 1),
        case(-0.9, 0),
        case(2.6, 0),
        case(-1.3, 1),
        case(0.0, 1, exact=True),
        case(17.0, 0, exact=True),
        case(-17.0, 1, exact=True),
        case(20.0, 0, exact=True),
        case(20.0, 1, exact=True),
        case(-20.0, 1, exact=True),
        case(-20.0, 0, exact=True),
        case(100.0, 0, exact=True),
        case(-100.0, 1, exact=True),
        case(1000.0, 0, exact=True),
        case(1000.0, 1, exact=True),
        case(-1000.0, 1, exact=True),
        case(-1000.0, 0, exact=True),
    ),
    reference=_bce_with_logits,
    mistakes=(
        Mistake(
            "library-loss",
            "That is PyTorch's own loss with logits. Here it is asked by hand: write it with `exp` and a logarithm.",
            shows=lambda call: "binary_cross_entropy_with_logits" in call.used,
        ),
        OVERFLOW,
        Mistake(
            "log-of-zero",
            "For a large z, p is exactly 0 or 1 and a logarithm of 0 is taken. Put the sigmoid into the loss on "
            "paper, and simplify, before you compute.",
            shows=_took_log_of_zero,
        ),
        wrong_value("swapped-labels", SWAPPED_LABELS, lambda loss, z, y: _bce_with_logits(z, 1 - y)),
        wrong_value("dropped-target", DROPPED_TARGET, lambda loss, z, y: _bce_with_logits(z, 0)),
        wrong_value(
            "clamped",
            "Your loss stops growing when p comes close to 0 or 1: that is a clamp. A wrong answer should cost more "
            "the surer it is.",
            lambda loss, z, y: _value(clamped_loss, _sigmoid(z), y),
        ),
        wrong_value(
            "floored-log",
            "Your loss stops growing far out: there p is exactly 0 or 1, and its logarithm is cut off. Compute from "
            "z, and not from p.",
            lambda loss, z, y: _bce(_sigmoid(z), y),
        ),
        wrong_value(
            "dropped-log-term",
            "That is the two straight lines which the loss approaches. What bends from one to the other around z = 0?",
            lambda loss, z, y: loss - _bce_with_logits(abs(z), 1),
        ),
        wrong_value(
            "sigmoid-twice",
            "The sigmoid is in it twice: this function takes the logit itself.",
            lambda loss, z, y: _bce_with_logits(_sigmoid(z), y),
        ),
        wrong_value(
            "labels-minus-one-and-one",
            "That form of the loss is for labels −1 and 1. Here they are 0 and 1.",
            lambda loss, z, y: _bce_with_logits(y * z, 1),
        ),
    ),
    hints=(
        "Two numbers in, one number out: never negative, never infinite.",
        "Two things go wrong far out: `exp` of a large positive number, and `log` of exactly 0. Which of them do you have?",
        "For √(a² + b²) with a huge a: take the larger one out, |a|·√(1 + (b/a)²), and nothing overflows. Do that to "
        "log(1 + e^z).",
        "Read the section 'The loss of a logit' again.",
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
        "X has a row for each of n samples and a column for each of d features. dw has shape (d,), db is one number.",
        "Check the mean: over which axis, divided by which number, and for dw and db alike?",
        "For the mean of (X w − y)² each sample has 2·(its error)·(its row); add the rows up and divide by n: "
        "`2 * X.T @ (X @ w - y) / n`.",
        "Read the section 'A whole batch' again, and the short form from 3.6.",
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
            "Logits and labels have different shapes. One of them has a dimension of length 1 that the other lacks.",
            "ValueError",
            "target size",
        ),
        raising(
            "mixed-dtypes",
            "Two dtypes meet in one product. Your leaf should have the dtype of what it is multiplied with.",
            "RuntimeError",
            "same dtype",
            "scalar type",
        ),
        *(each for each in BATCH_MISTAKES if each.slug not in ("bias-not-averaged", "weight-not-averaged")),
        wrong_value(
            "broadcast",
            "Shapes (n, 1) and (n,) were broadcast, and n·n pairs of a logit and a label averaged. Print the shapes "
            "of both.",
            lambda _, *batch: _parameter_gradients(_broadcast)(*batch),
        ),
        wrong_value(
            "sigmoid-twice",
            SIGMOID_TWICE,
            lambda _, *batch: _parameter_gradients(lambda x, y, w, b: _sigmoid_twice(x @ w + b, y))(*batch),
        ),
    ),
    hints=(
        "dw has shape (d,), db is one number. Return both detached: `.grad` is.",
        "Make leaves of your own from w and b, and leave the arguments as they are. Is the loss a mean or a sum?",
        "For the mean squared error: `w = w.clone().requires_grad_()`, `((X @ w - y) ** 2).mean().backward()`, `w.grad`.",
        "Read the section 'A whole batch' again: its second cell has the steps for another loss.",
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
