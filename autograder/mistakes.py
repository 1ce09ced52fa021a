"""The mistakes that any exercise can have. A lesson's module holds those of its own exercises.

A message helps to find the error and never gives the answer away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from .exercise import Exercise
from .mistake import Mistake, raising, wrong_value
from .observation import Call

# Shows in how each answer follows from the one before it, see `comparing.adds_up`.
STALE_ACCUMULATION = Mistake(
    "stale-accumulation",
    "Each call gives the sum of all the gradients so far. `.grad` is a running sum: make a new leaf tensor in every "
    "call, or clear its `.grad`.",
)


def general(exercise: Exercise) -> tuple[Mistake, ...]:
    """Return the mistakes that show in the values of any exercise."""
    known = [
        wrong_value(
            "transposed",
            "The numbers are right and stand in the wrong place: rows and columns are exchanged.",
            _transposed,
        ),
        wrong_value(
            "forgot-1n",
            "Your answer is n times ours, n being the length of the vector. Is it a sum or a mean that is differentiated?",
            _times_length(1),
        ),
        wrong_value(
            "extra-1n",
            "Your answer is an n-th of ours, n being the length of the vector. Is it a sum or a mean that is differentiated?",
            _times_length(-1),
        ),
    ]
    if exercise.forward is not None:
        known.append(
            wrong_value(
                "value-for-derivative",
                "That is the value of the function, its height at this point. The slope was asked for.",
                lambda _, *arguments: _value(exercise, arguments),
            )
        )
    return tuple(known)


def message_of(exercise: Exercise, slug: str) -> str:
    """Return what a student is told who makes the mistake; "" where the sentence differs from one answer to the next."""
    known = (*exercise.mistakes, *general(exercise), STALE_ACCUMULATION, *SHOWN)
    return next((mistake.message for mistake in known if mistake.slug == slug), "")


def _length(arguments: tuple[Any, ...]) -> int | None:
    """Return the length of the first array or tensor among the arguments."""
    return next((len(one) for one in arguments if isinstance(one, np.ndarray | torch.Tensor) and one.ndim), None)


def _times_length(power: int) -> Callable[..., Any]:
    def answer(reference: Any, *arguments: Any) -> Any:
        n = _length(arguments)
        return None if n is None else _scaled(reference, float(n) ** power)

    return answer


def _scaled(reference: Any, factor: float) -> Any:
    if isinstance(reference, tuple | list):
        return [_scaled(one, factor) for one in reference]
    return reference * factor if isinstance(reference, float | np.ndarray) else None


def _value(exercise: Exercise, arguments: tuple[Any, ...]) -> Any:
    assert exercise.forward is not None
    value = exercise.forward(*(torch.as_tensor(each, dtype=torch.float64) for each in arguments))
    return value.item() if value.ndim == 0 else value.numpy()


def _transposed(reference: Any, *_: Any) -> Any:
    return reference.T if isinstance(reference, np.ndarray) and reference.ndim == 2 else None


def _returned_nothing(call: Call) -> bool:
    return call.value is not None and call.value.kind == "nothing"


def _returned_grad_tuple(call: Call) -> bool:
    """Whether the result is the tuple that `grad` gives for one input; a tuple of several may well be asked for."""
    by_grad = any(not run.accumulates for run in call.engine_runs)
    value = call.value
    return (
        by_grad and value is not None and value.kind == "sequence" and value.type == "tuple" and len(value.items) == 1
    )


# Attributes of tensors, or how they begin, that plain numbers lack.
_OF_TENSORS = ("abs", "clone", "detach", "exp", "grad", "pow", "requires_grad", "sin", "square")

# How any answer can go wrong other than in its values. A problem that has no name yet takes the first that shows.
SHOWN = (
    Mistake(
        "grad-of-non-leaf",
        "`.grad` was read from a tensor that was computed, and only leaf tensors keep theirs. Read it from the leaf, or "
        "call `retain_grad()` on that tensor before the backward pass.",
        shows=lambda call: any("not a leaf" in warning for warning in call.warnings),
    ),
    Mistake(
        "backward-returns-none",
        "The result is None. `backward()` itself returns nothing: it adds the gradient to the `.grad` of the leaf tensor.",
        shows=lambda call: _returned_nothing(call) and any(run.accumulates for run in call.engine_runs),
    ),
    Mistake(
        "grad-returns-tuple",
        "`torch.autograd.grad` returns a tuple, one gradient for each input. Take the one that you want out of it.",
        shows=_returned_grad_tuple,
    ),
    raising(
        "integer-tensor",
        "Only floating-point tensors can require gradients. Write `3.` for `3`, or give the tensor a floating dtype.",
        "RuntimeError",
        "only Tensors of floating point",
    ),
    raising(
        "second-backward",
        "This graph was already used: the values it saved are freed by the first backward. Build the forward pass anew, "
        "or keep them on purpose.",
        "RuntimeError",
        "a second time",
    ),
    raising(
        "backward-on-vector",
        "`backward()` on its own needs a scalar. Which weighted sum of the outputs do you want?",
        "RuntimeError",
        "only for scalar outputs",
    ),
    raising(
        "vector-shape",
        "The vector given to `backward` weighs the outputs, so it has the output's shape.",
        "RuntimeError",
        "mismatch in shape: grad_output",
    ),
    raising(
        "untracked",
        "Nothing that went into this tensor asked to be tracked, so it has no graph. Set `requires_grad` on the leaf "
        "before the forward pass, and compute with tensors all the way.",
        "RuntimeError",
        "does not require grad",
    ),
    raising(
        "inplace-on-leaf",
        "A leaf that requires grad can't be changed in place while it is tracked. Compute out of place, or under `no_grad`.",
        "RuntimeError",
        "leaf variable",
        "view of a leaf",
    ),
    raising(
        "inplace-on-saved",
        "A value that the backward pass had saved was changed in place after the forward pass.",
        "RuntimeError",
        "modified by an inplace operation",
    ),
    raising(
        "numpy-on-tracked",
        "NumPy can't take a tensor that requires grad: the graph would be cut there. Stay with torch functions in the "
        "forward pass.",
        "RuntimeError",
        "call numpy() on Tensor that requires grad",
    ),
    raising(
        "unused-in-graph",
        "The tensor you differentiate in is not part of that graph. Compute the result from the very leaf that you made.",
        "RuntimeError",
        "to not have been used in the graph",
    ),
    raising(
        "math-on-tensor",
        "A function that is made for tensors was given a plain number. Make a tensor of it first.",
        "TypeError",
        "must be Tensor, not float",
        "must be Tensor, not int",
    ),
    raising(
        "backward-on-number",
        "A plain Python number has no graph. Keep the result a tensor until `backward` has run.",
        "AttributeError",
        "'float' object has no attribute 'backward'",
        "'int' object has no attribute 'backward'",
    ),
    raising(
        "math-on-tensor",
        "A plain number was used where a tensor is needed. Make a tensor of it first.",
        "AttributeError",
        *(f"'{kind}' object has no attribute '{name}" for kind in ("float", "int") for name in _OF_TENSORS),
    ),
    raising(
        "no-grad-yet",
        "`.grad` is None until the first backward has reached this tensor, and only leaf tensors get one.",
        "AttributeError",
        "'NoneType' object has no attribute",
    ),
    raising(
        "none-as-number",
        "Something here is None where a number was expected. `.grad` is None until a backward has reached that leaf.",
        "TypeError",
        "NoneType",
    ),
    raising(
        "interrupted",
        "The call did not come to an end and was interrupted. Which loop never stops?",
        "KeyboardInterrupt",
    ),
)
