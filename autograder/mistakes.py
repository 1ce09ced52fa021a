"""The mistakes that any exercise can have. The mistakes of a single exercise are in its lesson's module.

A message helps to find the error. It never gives the answer away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from .exercise import Exercise
from .mistake import Mistake, raising, wrong_value
from .observation import Call
from .source import may_read_grad, uses_backward_result

# Both are seen by comparing each answer with the one before it, see `comparing.adds_up`. Without a pass there is no `.grad`.
STALE_ACCUMULATION = Mistake(
    "stale-accumulation",
    "Each call gives the sum of all gradients so far, because `.grad` is a running sum. Make a new leaf tensor in each"
    " call, or clear its `.grad`.",
)
KEPT_SUM = Mistake(
    "kept-sum",
    "Each call gives the sum of all results so far. Something outside of the call keeps what an earlier call added, such as a "
    "global, a default argument or a class. Start each call from nothing.",
)


def general(exercise: Exercise) -> tuple[Mistake, ...]:
    """Return the general mistakes that are seen in an answer's values."""
    known = [
        wrong_value(
            "transposed",
            "The numbers are right, and rows and columns are exchanged.",
            _transposed,
        ),
        wrong_value(
            "forgot-1n",
            "Your answer is n times too large, where n is the length of the first array. Check whether the function is a "
            "sum or a mean.",
            _times_length(1),
        ),
        wrong_value(
            "extra-1n",
            "Your answer is n times too small, where n is the length of the first array. Check whether the function is a "
            "sum or a mean.",
            _times_length(-1),
        ),
    ]
    if exercise.forward is not None:
        known.append(
            wrong_value(
                "value-for-derivative",
                "Your answer is the value of the function at this point. Expected its derivative.",
                lambda _, *arguments: _value(exercise, arguments),
            )
        )
    return tuple(known)


def message_of(exercise: Exercise, slug: str) -> str:
    """Return the message of a mistake; "" where the message depends on the answer."""
    known = (*exercise.mistakes, *general(exercise), STALE_ACCUMULATION, KEPT_SUM, *SHOWN)
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
    """Whether the result is the tuple that `grad` gives for one input. An exercise may well ask for a longer tuple."""
    by_grad = any(not run.accumulates for run in call.engine_runs)
    value = call.value
    return (
        by_grad and value is not None and value.kind == "sequence" and value.type == "tuple" and len(value.items) == 1
    )


_OF_NONE = "'NoneType' object has no attribute"
# What is asked of a result, and not of a gradient.
_OF_RESULTS = tuple(
    f"'{name}" for name in ("backward'", "grad'", "grad_fn'", "is_leaf'", "requires_grad", "retain_grad'")
)


def _used_gradient(call: Call) -> bool:
    """Whether an attribute of None was asked for, as of a `.grad` that is not there."""
    if call.raised is None or "AttributeError" not in call.raised.types:
        return False
    _, of_none, attribute = call.raised.text.partition(_OF_NONE)
    return bool(of_none) and not attribute.strip().startswith(_OF_RESULTS)


def _met_none(call: Call) -> bool:
    """Whether None was used, or is a part of the result."""
    if call.raised is not None:
        return "NoneType" in call.raised.text
    return call.value is not None and any(item.kind == "nothing" for item in call.value.items)


# Attributes of tensors, or their first letters, that plain numbers do not have.
_OF_TENSORS = ("abs", "clone", "detach", "exp", "grad", "pow", "requires_grad", "sin", "square")

# The general mistakes that are seen in a call, and not in its values. A problem gets the first one that shows.
SHOWN = (
    Mistake(
        "grad-of-non-leaf",
        "You read `.grad` of a tensor that was computed, and only leaf tensors keep their gradient. Read it from the "
        "leaf, or call `retain_grad()` on that tensor before the backward pass.",
        shows=lambda call: any("not a leaf" in warning for warning in call.warnings),
    ),
    Mistake(
        "backward-returns-none",
        "The result is None. `backward()` returns None. It adds the gradient to the `.grad` of the leaf tensor.",
        shows=lambda call: _returned_nothing(call) and any(run.accumulates for run in call.engine_runs),
    ),
    Mistake(
        "backward-returns-none",
        "Your function uses what `backward()` returns, and that is None. `backward()` adds the gradient to the `.grad` of the leaf "
        "tensor.",
        shows=lambda call: _met_none(call) and any(run.accumulates for run in call.engine_runs),
        says=uses_backward_result,
    ),
    Mistake(
        "grad-returns-tuple",
        "`torch.autograd.grad` returns a tuple with one gradient for each input. Take the gradient out of the tuple.",
        shows=_returned_grad_tuple,
    ),
    raising(
        "integer-tensor",
        "Only floating-point tensors can require gradients. Write `3.` and not `3`, or give the tensor a "
        "floating-point dtype.",
        "RuntimeError",
        "only Tensors of floating point",
    ),
    raising(
        "second-backward",
        "The first backward pass freed the values that this graph had saved, so a second one is not possible. Run the "
        "forward pass again, or tell the first pass to keep the graph.",
        "RuntimeError",
        "a second time",
    ),
    raising(
        "backward-on-vector",
        "`backward()` without an argument needs a scalar. Give it a vector with one weight for each output, or make a "
        "scalar first.",
        "RuntimeError",
        "only for scalar outputs",
    ),
    raising(
        "vector-shape",
        "The weights for the backward pass have another shape than the output. Each entry of the output has one weight. Print both shapes.",
        "RuntimeError",
        "mismatch in shape: grad_output",
    ),
    raising(
        "untracked",
        "This tensor has no graph. No tensor that it was computed from requires grad, or `detach()`, `.data` or `no_grad` "
        "has cut the graph off. Set `requires_grad` on the leaf before the forward pass, and compute with tensors only.",
        "RuntimeError",
        "does not require grad",
    ),
    raising(
        "flag-of-computed",
        "You set `requires_grad` on a computed tensor. Only a leaf tensor allows that. Use `detach()` to cut a computed "
        "tensor from its graph.",
        "RuntimeError",
        "requires_grad flags of leaf",
    ),
    raising(
        "inplace-on-leaf",
        "A leaf that requires grad can't be changed in place while autograd tracks it. Compute a new tensor, or make "
        "the change under `no_grad`.",
        "RuntimeError",
        "leaf variable",
        "view of a leaf",
    ),
    raising(
        "inplace-on-saved",
        "You changed a tensor in place after the forward pass, and the backward pass needs its old value. Compute a "
        "new tensor.",
        "RuntimeError",
        "modified by an inplace operation",
    ),
    raising(
        "numpy-on-tracked",
        "NumPy can't take a tensor that requires grad, because it can't record a graph. Use torch functions only in "
        "the forward pass.",
        "RuntimeError",
        "call numpy() on Tensor that requires grad",
    ),
    raising(
        "unused-in-graph",
        "The tensor in which you differentiate is not part of that graph. Compute the result from the leaf that you "
        "made.",
        "RuntimeError",
        "to not have been used in the graph",
    ),
    raising(
        "no-backward",
        "Your class has no `backward`. Give it a second static method with this name.",
        "NotImplementedError",
        "must implement either the backward",
    ),
    raising(
        "number-of-gradients",
        "Your `backward` returned another number of gradients than `forward` has inputs. Return one for each input after "
        "`ctx`, and None for an input that has no gradient.",
        "RuntimeError",
        "incorrect number of gradients",
    ),
    raising(
        "wrong-place",
        "Your `backward` returned a gradient for an input that is no tensor. The gradients have the order of the inputs of "
        "`forward`, with None for each input that is no tensor.",
        "RuntimeError",
        "gradient different than None",
    ),
    raising(
        "number-saved",
        "`ctx.save_for_backward` takes tensors only, and got something else. Keep that as an attribute, as in `ctx.k = k`. "
        "Check the order of the arguments of `forward` too.",
        "TypeError",
        "save_for_backward can only save variables",
    ),
    raising(
        "math-on-tensor",
        "A function that expects a tensor got a plain number. Make the number a tensor first.",
        "TypeError",
        "must be Tensor, not float",
        "must be Tensor, not int",
    ),
    raising(
        "backward-on-number",
        "You called `backward` on a plain Python number, which has no graph. Keep the result a tensor until `backward`"
        " has run.",
        "AttributeError",
        "'float' object has no attribute 'backward'",
        "'int' object has no attribute 'backward'",
    ),
    raising(
        "math-on-tensor",
        "A plain number was used where a tensor is needed. Make the number a tensor first.",
        "AttributeError",
        *(f"'{kind}' object has no attribute '{name}" for kind in ("float", "int") for name in _OF_TENSORS),
    ),
    Mistake(
        "no-grad-yet",
        "`.grad` is None, because no backward pass ran in this call. Call `backward()` on the result before you read "
        "`.grad`.",
        shows=lambda call: not call.engine_runs and _used_gradient(call),
        says=may_read_grad,
    ),
    Mistake(
        "no-grad-yet",
        "`.grad` is None here. Only a leaf tensor, or one with `retain_grad()`, gets a `.grad`, and only when a backward pass "
        "reaches it.",
        shows=_used_gradient,
        says=may_read_grad,
    ),
    raising(
        "none-as-number",
        "A value is None where a number or a tensor was expected. None is what a `.grad` holds until a backward pass reaches that "
        "leaf, and what a function without a `return` gives.",
        "TypeError",
        "NoneType",
    ),
    raising(
        "caret-for-power",
        "In Python, `^` works on the bits of whole numbers. A power is written with two stars, as in `a**b`.",
        "Exception",
        "for ^",
        "bitwise_xor",
    ),
    raising(
        "interrupted",
        "The call took too long and was interrupted. Check that each loop stops.",
        "KeyboardInterrupt",
    ),
    raising(
        "undefined-name",
        "A name is used that is not defined. If a cell above defines it, run that cell first. If not, correct the name.",
        "NameError",
        "is not defined",
    ),
)
