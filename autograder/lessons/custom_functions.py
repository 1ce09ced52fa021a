"""Lesson 7: what happens inside a node of the graph, and how to write one."""

from __future__ import annotations

import contextlib
import re
import sys
import types
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch._C import _functorch as functorch
from torch.autograd.function import BackwardCFunction
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ..exercise import Array, Build, Exercise, Lesson, Raises, case, gradient
from ..mistake import Mistake, effect, measured, raising, wrong_effect, wrong_value
from ..observation import Call, Value
from ..source import may_read_grad

# --- shared ---------------------------------------------------------------------------------------

Numbers = np.ndarray[Any, np.dtype[np.float64]]


def _leaf(numbers: Any) -> Tensor:
    """Return a float64 leaf of its own that requires grad."""
    return torch.as_tensor(numbers, dtype=torch.float64).detach().clone().requires_grad_()


def _tensor(*rows: Any) -> Array:
    return Array(rows, "torch")


def _apply(thing: Any) -> Callable[..., Any]:
    """Return what an autograd Function is used by; a plain function is used by itself."""
    return cast(Callable[..., Any], getattr(thing, "apply", thing))


def _maker(y: Tensor) -> str:
    """Say whether the node of a result came from a Function of the student's."""
    return "your Function" if isinstance(y.grad_fn, BackwardCFunction) else "no Function of yours"


def _entries(call: Call) -> tuple[Value, ...]:
    return () if call.value is None else call.value.items


def _no_gradient(call: Call) -> bool:
    """Whether a leaf that should have got a gradient has none."""
    return any(item.kind == "nothing" for item in _entries(call))


def _not_finite(call: Call) -> bool:
    return any(not np.isfinite(item.numbers).all() for item in _entries(call))


def _completed(call: Call) -> bool:
    return call.raised is None and call.value is not None and call.value.kind != "nothing"


_OTHER = {"made by": "no Function of yours"}


def _passes_apart(call: Call) -> bool:
    """Whether several passes were made, and none recorded a graph of its gradient through which another could go."""
    passes = call.engine_runs
    if call.raised is not None and "does not require grad" not in call.raised.text:
        return False
    return len(passes) > 1 and not call.forward_mode and not any(run.create_graph for run in passes)


# What stands for a result that is no tensor.
_CALLED = "the class was called, and not applied"
_NO_RESULT = "no tensor"


def _no_tensor(y: Any) -> str:
    """Return what stands for a result that is no tensor; "" for a tensor."""
    if isinstance(y, torch.autograd.Function):
        return _CALLED
    return "" if isinstance(y, Tensor) else _NO_RESULT


def _is_other_class(thing: Any) -> bool:
    """Whether a thing is a class, and no Function: such a class can be used in no way that is known here."""
    return isinstance(thing, type) and not issubclass(thing, torch.autograd.Function)


_NO_TENSOR = Mistake(
    "no-tensor",
    "Your forward pass returned no tensor. Check that `forward` ends in a `return`, and what it returns.",
    shows=lambda call: call.value is not None and call.value.text == _NO_RESULT,
)

_OTHER_SHAPE = Mistake(
    "output-shape",
    "The output has another shape than the input. Expected one number for each entry.",
    # The pass that the check starts is at no line of the student's.
    shows=lambda call: call.raised is not None and "shape: grad_output" in call.raised.text and not call.raised.line,
)

_NO_FUNCTION = wrong_effect(
    "no-function",
    "The result has no node of your own. Expected a class that inherits from `torch.autograd.Function`, and its `apply`.",
    {"made by": "no Function of yours"},
)

_SAVED_TUPLE = raising(
    "saved-is-a-tuple",
    "`ctx.saved_tensors` is a tuple, also when you saved one tensor. Unpack it: `(x,) = ctx.saved_tensors`.",
    "TypeError",
    "not tuple",
    "'tuple' and",
    "bad operand type for unary -: 'tuple'",
)


def _unpacked_another_number(call: Call) -> bool:
    raised = call.raised
    return raised is not None and "to unpack" in raised.text and "saved_tensors" in raised.line


_NOTHING_SAVED = Mistake(
    "nothing-saved",
    "`ctx.saved_tensors` is empty, because `forward` saved nothing. Call `ctx.save_for_backward(…)` there.",
    shows=lambda call: call.raised is not None and "got 0" in call.raised.text and _unpacked_another_number(call),
)

_OTHER_NUMBER_SAVED = Mistake(
    "number-of-saved",
    "`ctx.saved_tensors` holds as many tensors as `ctx.save_for_backward` got in `forward`. You unpack another number of them.",
    shows=_unpacked_another_number,
)

_NOT_RECORDED = Mistake(
    "not-recorded",
    "In `forward` and in `backward` autograd is off, and only what stands under `torch.enable_grad()` is recorded. Put all of it "
    "there, from a leaf that requires grad to the tensor that you go backward from.",
    # The pass that the check starts is at no line of the student's.
    shows=lambda call: (
        call.raised is not None and "does not require grad" in call.raised.text and bool(call.raised.line)
    ),
)

_NEAR_POINTS = raising(
    "near-points",
    "Your function calls `f` at two points. The difference of two slopes is not what is asked for. Stay at one point, and go "
    "backward through a backward pass.",
    "ValueError",
    "called at a second point",
)

_NO_GRAPH = Mistake(
    "no-create-graph",
    "No gradient here has a graph, so no pass can go through another. Ask the first pass to record itself, with "
    "`create_graph=True`, and go backward from the gradient that it found.",
    shows=_passes_apart,
)


# --- 7.1 · What each node saves -------------------------------------------------------------------

_OPERATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "x ** 2": torch.square,
    "exp(x)": torch.exp,
    "x + 2": lambda x: torch.add(x, 2),
    "sin(x)": torch.sin,
    "tanh(x)": torch.tanh,
    "sum(x)": torch.sum,
}


def _same_storage(a: Tensor, b: Tensor) -> bool:
    return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()


def _savings() -> dict[str, str]:
    """Return what each operation saves for its backward pass, as its hooks see it."""
    found = {}
    for name, operation in _OPERATIONS.items():
        x = _leaf((0.4, 1.3))
        saved: list[Tensor] = []

        def pack(tensor: Tensor, saved: list[Tensor] = saved) -> Tensor:
            saved.append(tensor)
            return tensor

        with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            y = operation(x)
        kinds = {"input" if _same_storage(one, x) else "output" if _same_storage(one, y) else "other" for one in saved}
        found[name] = " and ".join(sorted(kinds)) or "nothing"
    return found


def _savings_with(**entries: str) -> Callable[[dict[str, str]], dict[str, str]]:
    names = {"square": "x ** 2", "exp": "exp(x)", "add": "x + 2", "sin": "sin(x)", "tanh": "tanh(x)", "sum": "sum(x)"}
    return lambda right: {**right, **{names[name]: value for name, value in entries.items()}}


_WORDS = ("input", "output", "nothing")

SAVED_BY = Exercise(
    id="custom_functions.saved_by",
    number="7.1",
    title="What each node saves",
    way="recorded",
    difficulty=2,
    importance=4,
    minutes=6,
    points=2,
    cases=(case(),),
    reference=_savings,
    mistakes=(
        Mistake(
            "other-word",
            'One of your entries is another word. Each entry is "input", "output" or "nothing", in small letters.',
            shows=lambda call: any(item.kind == "text" and item.text not in _WORDS for item in _entries(call)),
        ),
        wrong_value(
            "exp-and-tanh-save-inputs",
            "Four entries are right. For exp and tanh the derivative can be written with the output alone. Look for this formula.",
            _savings_with(exp="input", tanh="input"),
        ),
        wrong_value(
            "exp-saves-its-input",
            "Five entries are right. Write the derivative of exp, and look at what is in it: the forward pass has computed it already.",
            _savings_with(exp="input"),
        ),
        wrong_value(
            "tanh-saves-its-input",
            "Five entries are right. The derivative of tanh is 1 − tanh². Look at what this formula needs.",
            _savings_with(tanh="input"),
        ),
        wrong_value(
            "everything-saves-its-input",
            "You expect every node to save its input. A node saves what its derivative needs. The derivative of x + 2 needs nothing.",
            lambda right: dict.fromkeys(right, "input"),
        ),
        wrong_value(
            "linear-saves-input",
            "Four entries are right. The derivatives of x + 2 and of the sum do not depend on the numbers in x.",
            _savings_with(add="input", sum="input"),
        ),
        wrong_value(
            "sum-saves-input",
            "Five entries are right. The sum's derivative is 1 for every entry of x. It needs the shape of x, and no number of it.",
            _savings_with(sum="input"),
        ),
        wrong_value(
            "sine-saves-output",
            "Five entries are right. The derivative of sin is cos. From sin(x) alone the sign of cos(x) is lost.",
            _savings_with(sin="output"),
        ),
    ),
    hints=(
        'The answer is a dict with six entries. Each of them is "input", "output" or "nothing".',
        "Write the derivative of each operation. Then ask which tensor the formula needs, and whether the forward pass has it already.",
        "For 1/x the derivative is −1/x². With the output y it is −y². So the node can save its output, and needs no input.",
        "Read the section 'What a node is made of' again, from the cell with `saved_tensors_hooks`.",
    ),
    after=(
        "What a node saves is the price of training: it stays in memory until the backward pass. A chain "
        "of exp and tanh keeps its outputs, and each of them is the input of the next node, so it is "
        "stored once."
    ),
)


# --- 7.2a · The slope of softplus -----------------------------------------------------------------


def softplus(x: Tensor) -> Tensor:
    """Return log(1 + exp(x)), stable for every x."""
    return torch.logaddexp(x, torch.zeros_like(x))


def _overflowed(call: Call) -> bool:
    if call.raised is not None:
        return call.raised.types[0] == "OverflowError"
    numbers = call.value.numbers if call.value is not None else ()
    return not np.isfinite(numbers).all() or any("overflow encountered" in one for one in call.warnings)


D_SOFTPLUS = Exercise(
    id="custom_functions.d_softplus",
    number="7.2a",
    title="The slope of softplus",
    way="hand",
    difficulty=2,
    importance=3,
    minutes=3,
    points=1,
    cases=(
        case(-1.7),
        case(0.6),
        case(4.3),
        # Where the slope is 1 or 0 but for 2e-5, a slope that is cut off earlier is told.
        *(case(x, exact=True) for x in (11.0, -11.0, 1000.0, -1000.0)),
    ),
    forward=softplus,
    reference=gradient(softplus),
    mistakes=(
        Mistake(
            "overflow",
            "The exponential of a large positive number overflows. Choose the form of the formula by the sign of x, so "
            "that `exp` never gets a positive number.",
            shows=_overflowed,
        ),
        wrong_value(
            "relu-slope",
            "Your slope jumps from 0 to 1. That is the slope of relu. Softplus is its smooth form.",
            lambda slope, x: float(x > 0),
        ),
    ),
    hints=(
        "The function takes one number and returns one number between 0 and 1.",
        "Differentiate the logarithm, then what is in it. Then find the two forms of the fraction, and use each where it does not overflow.",
        "For log(3 + x²) the slope is 1/(3 + x²) · 2x: one over what is inside, times its own derivative.",
        "Read the section 'A node of your own' again. In lesson 3 you wrote a sigmoid that does not overflow.",
    ),
    after=(
        "The slope of softplus is the sigmoid of lesson 3. Its two forms are equal on paper. In floating point only one of "
        "them is safe, and which one depends on the sign of the input."
    ),
)


# --- 7.2b · Softplus as a Function ----------------------------------------------------------------


def ask_softplus(names: Mapping[str, Any], x: Tensor, g: Tensor) -> Any:
    """Use the student's Function once as it is, and once with its input changed before the backward pass."""
    if _is_other_class(names["Softplus"]):
        return _OTHER
    with torch.enable_grad():
        leaf = _leaf(x)
        y = _apply(names["Softplus"])(leaf)
        if missing := _no_tensor(y):
            return missing
        torch.autograd.backward(y, g)
        return {
            "value": y.detach().clone(),
            "gradient": leaf.grad,
            "made by": _maker(y),
            "input changed before the backward pass": _noticed(names["Softplus"], x, g, leaf.grad),
        }


def _noticed(answer: Any, x: Tensor, g: Tensor, right: Tensor | None) -> str:
    """Say what comes of a change of the input in place, after the forward pass."""
    leaf = _leaf(x)
    moved = torch.mul(leaf, 1)
    y = _apply(answer)(moved)
    with torch.no_grad():
        moved.add_(1)
    try:
        torch.autograd.backward(y, g)
    except RuntimeError:
        return "no wrong gradient"
    same = leaf.grad is None or right is None or torch.allclose(leaf.grad, right, equal_nan=True)
    return "no wrong gradient" if same else "a wrong gradient, and no error"


def _right_softplus(x: Tensor, g: Tensor) -> dict[str, Any]:
    return {
        "value": softplus(x).numpy(),
        "gradient": gradient(lambda x: (softplus(x) * g).sum())(x),
        "made by": "your Function",
        "input changed before the backward pass": "no wrong gradient",
    }


SOFTPLUS = Exercise(
    id="custom_functions.Softplus",
    number="7.2b",
    title="Softplus as a Function",
    way="any",
    difficulty=3,
    importance=5,
    minutes=9,
    points=2,
    atol=1e-7,  # the largest value is 1000
    cases=(
        case(_tensor(-1.7, 0.6, 4.3), _tensor(0.8, -1.4, 2.5)),
        case(_tensor(0.9, -0.4), _tensor(-0.7, 1.9)),
        # exp(710) overflows, so no smaller number may stand for 1000.
        # At 8 a value that is cut off earlier is told, and at 11 a slope.
        case(
            _tensor(1000.0, -2.3, -1000.0, 0.2, 8.0, -8.0, 11.0, -11.0),
            _tensor(1.6, 0.5, -0.9, 2.2, 1.4, -1.7, 2.1, 1.9),
            exact=True,
        ),
    ),
    ask=ask_softplus,
    reference=_right_softplus,
    mistakes=(
        _NO_TENSOR,
        _OTHER_SHAPE,
        _NO_FUNCTION,
        _SAVED_TUPLE,
        raising(
            "no-ctx",
            "PyTorch calls `forward(ctx, x)` and `backward(ctx, g)`, both with `ctx` first. Yours take another number of arguments.",
            "TypeError",
            ".forward() takes",
            ".backward() takes",
        ),
        _NOTHING_SAVED,
        _OTHER_NUMBER_SAVED,
        _NOT_RECORDED,
        Mistake(
            "no-gradient",
            "The leaf got no gradient. Check that `backward` ends in a `return`, and that it returns a tensor.",
            shows=_no_gradient,
        ),
        Mistake(
            "overflow",
            "The value or the gradient is not finite at an input of large magnitude. Rewrite the formula so that `exp` gets no large "
            "positive number, and `log` no 0.",
            shows=_not_finite,
        ),
        wrong_effect(
            "saved-on-ctx",
            "The input was changed in place before the backward pass. Your node used the new numbers, and no error said so. "
            "Save `x` itself with `ctx.save_for_backward`, and neither as an attribute of `ctx` nor by `.data`: then autograd checks its "
            "version.",
            {"input changed before the backward pass": "a wrong gradient, and no error"},
        ),
    ),
    hints=(
        "The answer is a class with two static methods. `forward(ctx, x)` returns a tensor, and `backward(ctx, g)` returns a tensor.",
        "`forward` computes and saves. `backward` reads what was saved, and multiplies the slope by the gradient that comes in.",
        "A cube looks like this: `ctx.save_for_backward(x)` and `return x**3`; then `(x,) = ctx.saved_tensors` and `return g * 3 * x**2`.",
        "Read the cell with `class Cube` in the section 'A node of your own' again.",
    ),
    after=(
        "Your node has one slope of its own and is stable, where the plain formula overflows. Libraries "
        "write the activation functions of their networks like this. You could also save the output in "
        "place of the input."
    ),
)


# --- 7.3 · Two inputs, and a constant -------------------------------------------------------------


def _storages(things: Any) -> set[int]:
    """Return where the numbers of tensors stand."""
    return {one.untyped_storage().data_ptr() for one in tree_leaves(things) if isinstance(one, Tensor)}


class _Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes of each operation on tensors what it was given and what it made, and whether autograd recorded it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        # A tensor that is kept here keeps its address.
        self._done: list[tuple[Any, Any, bool]] = []

    def __torch_dispatch__(self, func: Any, kinds: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        self._done.append(((args, kwargs), made, torch.is_grad_enabled()))
        return made

    def needless(self, wanted: Any) -> int:
        """Return how many operations no wanted tensor comes from.

        A forward pass that is recorded does not count, and neither does what computes nothing new, as `detach`.
        """
        live = _storages(wanted)
        count = 0
        for given, made, recorded in reversed(self._done):
            read, written = _storages(given), _storages(made)
            if live & written:
                live |= read
            elif not recorded and not written <= read:
                count += 1
        return count


@dataclass(frozen=True)
class _Pass:
    """A pass through a student's `backward`: its operations, and what it returned."""

    operations: _Operations
    returned: Any

    def gradient(self, of: str) -> Any:
        """Return the gradient of a factor, or None."""
        return self.returned["ab".index(of)] if isinstance(self.returned, tuple | list) else None


def _watched(answer: Any, passes: list[_Pass]) -> Any:
    """Return the student's Function under its own name, with a note of each backward pass."""
    if not (isinstance(answer, type) and issubclass(answer, torch.autograd.Function)):
        return answer

    def backward(ctx: Any, *gradients: Any) -> Any:
        with _Operations() as operations:
            returned = answer.backward(ctx, *gradients)
        passes.append(_Pass(operations, returned))
        return returned

    return types.new_class(
        answer.__name__, (answer,), exec_body=lambda names: names.update(backward=staticmethod(backward))
    )


def ask_scaled_product(names: Mapping[str, Any], a: Tensor, b: Tensor, k: float, g: Tensor, tracked: str) -> Any:
    """Use the student's Function with both factors tracked, or with one of them constant."""
    if _is_other_class(names["ScaledProduct"]):
        return _OTHER
    passes: list[_Pass] = []
    used = _apply(_watched(names["ScaledProduct"], passes))
    with torch.enable_grad():
        whole = used(_leaf(a), _leaf(b), k)
        if missing := _no_tensor(whole):
            return missing
        torch.autograd.backward(whole, g)
        first = _leaf(a).requires_grad_(tracked in ("both", "a"))
        second = _leaf(b).requires_grad_(tracked in ("both", "b"))
        y = used(first, second, k)
        torch.autograd.backward(y, g)
    gradients = {"gradient of a": first, "gradient of b": second}
    return {
        "value": y.detach().clone(),
        **{name: leaf.grad for name, leaf in gradients.items() if leaf.requires_grad},
        "made by": _maker(y),
        "for a constant factor": _work_for_constant(passes, tracked),
    }


def _work_for_constant(passes: list[_Pass], tracked: str) -> str:
    """Say what the last pass did for a gradient that nobody asked for. The first pass had to compute both.

    What a pass does for no gradient at all, such as to print a tensor, it does in both.
    """
    if tracked == "both" or len(passes) < 2:
        return "no work"
    first, last = passes[0], passes[-1]
    unneeded = last.gradient("b" if tracked == "a" else "a")
    if isinstance(unneeded, Tensor) and not unneeded.any():
        return "zeros returned"
    more = last.operations.needless(last.gradient(tracked)) > first.operations.needless(first.returned)
    return "no work" if unneeded is None and not more else "a gradient computed"


def _right_product(a: Tensor, b: Tensor, k: float, g: Tensor, tracked: str) -> dict[str, Any]:
    def weighted(a: Tensor, b: Tensor) -> Tensor:
        return (k * a * b * g).sum()

    gradients = {"a": gradient(weighted, 0)(a, b), "b": gradient(weighted, 1)(a, b)}
    return {
        "value": (k * a * b).numpy(),
        **{f"gradient of {name}": one for name, one in gradients.items() if tracked in ("both", name)},
        "made by": "your Function",
        "for a constant factor": "no work",
    }


def _made_of_itself(right: dict[str, Any], a: Tensor, b: Tensor, k: float, g: Tensor, tracked: str) -> dict[str, Any]:
    own = {"gradient of a": (k * a * g).numpy(), "gradient of b": (k * b * g).numpy()}
    return {key: own.get(key, value) for key, value in right.items()}


SCALED_PRODUCT = Exercise(
    id="custom_functions.ScaledProduct",
    number="7.3",
    title="Two inputs, and a constant",
    way="any",
    difficulty=3,
    importance=4,
    minutes=8,
    points=2,
    cases=(
        case(_tensor(0.7, -1.2, 2.3), _tensor(1.6, 0.4, -0.9), 2.5, _tensor(0.8, -1.5, 1.1), "both"),
        case(_tensor(-0.6, 1.9), _tensor(1.3, -2.2), -1.7, _tensor(-0.9, 0.5), "a"),
        case(_tensor(1.4, 0.3), _tensor(-0.8, 2.6), 0.6, _tensor(1.7, -0.4), "b"),
    ),
    ask=ask_scaled_product,
    reference=_right_product,
    mistakes=(
        _NO_TENSOR,
        _OTHER_SHAPE,
        _NO_FUNCTION,
        _SAVED_TUPLE,
        _NOTHING_SAVED,
        _OTHER_NUMBER_SAVED,
        _NOT_RECORDED,
        raising(
            "list-saved",
            "`ctx.save_for_backward` takes each tensor as an argument of its own, and no list of them.",
            "TypeError",
            "is of type list",
            "is of type tuple",
        ),
        Mistake(
            "no-gradient",
            "A factor that requires grad got no gradient. `ctx.needs_input_grad` has one entry for each input of `forward`, "
            "in the same order. Check which entry you asked, and the order of the gradients that you return.",
            shows=_no_gradient,
        ),
        wrong_effect(
            "zeros-for-constant",
            "One factor was a constant, and your `backward` returned zeros for it. Expected None: then nothing is computed.",
            {"for a constant factor": "zeros returned"},
        ),
        wrong_effect(
            "computed-for-constant",
            "One factor was a constant, and your `backward` did work for its gradient all the same. Ask `ctx.needs_input_grad` "
            "before each step that only this gradient needs, and return None for a constant.",
            {"for a constant factor": "a gradient computed"},
        ),
        wrong_value(
            "own-factor",
            "You gave each factor a gradient made of itself. The derivative of k·a·b in a contains the other factor.",
            _made_of_itself,
        ),
    ),
    hints=(
        "The answer is a class. `forward(ctx, a, b, k)` returns one tensor, and `backward(ctx, g)` returns three results.",
        "The three results belong to a, b and k, in this order. A number has no gradient, and neither has a constant tensor.",
        "For a + 5b it looks like this: `grad_a = g if ctx.needs_input_grad[0] else None`, `grad_b = 5 * g if ctx.needs_input_grad[1] else None`.",
        "Read the section 'Several inputs' again.",
    ),
    after=(
        "Fine-tuning freezes most layers of a network. Each frozen weight is a constant, and the time for "
        "its gradient is saved in this way. PyTorch's own nodes ask the same question."
    ),
)


# --- 7.4 · Check a gradient by hand ---------------------------------------------------------------


class Checked:
    """A vector function that notes the dtypes of its inputs."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        self.function = function
        self.dtypes: set[str] = set()

    def __call__(self, x: Tensor) -> Tensor:
        """Return the value of the function at x."""
        self.dtypes.add(str(x.dtype).removeprefix("torch."))
        return self.function(x)


def swirl(a: float) -> Checked:
    """Return a function of three numbers with two results. Its backward is PyTorch's own, and right."""
    return Checked(lambda x: torch.stack([a * x[0] ** 2 - x[1] * x[2], torch.sin(x[0]) * x[2] ** 2]))


def _claiming(f: Callable[[Tensor], Tensor], claimed: Callable[[Tensor], Tensor]) -> Checked:
    """Return a function with the value of one function, and the gradient of another."""

    def made(x: Tensor) -> Tensor:
        other = claimed(x)
        return other + (f(x) - other).detach()

    return Checked(made)


def exchanged(a: float) -> Checked:
    """Return a function whose backward exchanges the gradients of its two outputs."""

    def f(x: Tensor) -> Tensor:
        return torch.stack([a * x[0] * x[1], x[1] ** 2 + x[2]])

    return _claiming(f, lambda x: f(x).flip(0))


def halved(a: float) -> Checked:
    """Return a function of two numbers with three results, whose backward lost a factor in the last one."""

    def f(x: Tensor, a: float = a) -> Tensor:
        return torch.stack([x[0] * x[1], torch.sin(x[0]), a * x[1] ** 2])

    return _claiming(f, lambda x: f(x, a / 2))


def lessened(a: float, share: float) -> Checked:
    """Return a function whose backward lost a share of the slope of its first output in its first input."""

    def f(x: Tensor, a: float = a) -> Tensor:
        return torch.stack([a * x[0] ** 2 + x[1], x[1] * x[2]])

    return _claiming(f, lambda x: f(x, a * (1 - share)))


def single(*numbers: float) -> Tensor:
    """Return a vector in float32."""
    return torch.tensor(numbers, dtype=torch.float32)


def measure_gradcheck(f: Checked, x: Tensor) -> Callable[[Any], Any]:
    """Return the function that says what `gradcheck_by_hand` returned, and in which precision it worked."""
    f.dtypes.clear()

    def after(result: Any) -> Any:
        if not isinstance(result, tuple | list) or len(result) != 2:
            return result
        precision = "float64" if f.dtypes == {"float64"} else "another one" if f.dtypes else "f was not called"
        return {"ok": result[0], "largest_error": result[1], "precision": precision}

    return after


_STEP = 1e-6
_TOLERANCE = 1e-6
_LOOSE = 1e-2


def _jacobians(f: Checked, x: Tensor) -> tuple[Numbers, Numbers]:
    """Return the Jacobian of f by autograd, and by central differences, both in float64."""
    point = x.detach().double()
    by_autograd = torch.autograd.functional.jacobian(f, point)  # type: ignore[no-untyped-call]
    columns = [(f(point + move) - f(point - move)) / (2 * _STEP) for move in _STEP * torch.eye(len(point)).double()]
    return by_autograd.numpy(), torch.stack(columns, dim=1).detach().numpy()


def _one_sided(f: Checked, x: Tensor) -> float:
    """Return the largest error by differences to one side only."""
    point = x.detach().double()
    by_autograd, _ = _jacobians(f, x)
    columns = [(f(point + move) - f(point)) / _STEP for move in _STEP * torch.eye(len(point)).double()]
    return float(np.abs(by_autograd - torch.stack(columns, dim=1).detach().numpy()).max())


def _found(error: float, ok: bool | None = None) -> dict[str, Any]:
    return {"ok": error <= _TOLERANCE if ok is None else ok, "largest_error": error, "precision": "float64"}


def _right_gradcheck(f: Checked, x: Tensor) -> dict[str, Any]:
    by_autograd, by_steps = _jacobians(f, x)
    return _found(float(np.abs(by_autograd - by_steps).max()))


def _check_by(error: Callable[[Numbers, Numbers], Any]) -> Callable[..., dict[str, Any]]:
    """Return a mistake's answer: another way to make one error of the two Jacobians."""
    return lambda right, f, x: _found(float(error(*_jacobians(f, x))))


GRADCHECK_BY_HAND = Exercise(
    id="custom_functions.gradcheck_by_hand",
    number="7.4",
    title="Check a gradient by hand",
    way="any",
    difficulty=4,
    importance=4,
    minutes=10,
    points=2,
    builders={
        "swirl": swirl,
        "exchanged": exchanged,
        "halved": halved,
        "lessened": lessened,
        "single": single,
    },
    cases=(
        # A difference to one side is off by 2.5 steps.
        case(Build("swirl", (2.5,)), _tensor(0.7, -1.2, 0.9)),
        # The largest error is not in the last column.
        case(Build("exchanged", (2.4,)), _tensor(1.4, 1.1, -0.5)),
        # Here it is in the last row and below 0, and then in the first row and above.
        case(Build("halved", (1.7,)), _tensor(-0.4, 2.3)),
        case(Build("lessened", (0.6, 0.5)), _tensor(-0.9, 0.5, 1.6)),
        # Here it is 4e-6.
        case(Build("lessened", (1.6, 1e-6)), _tensor(1.25, 0.8, -0.7)),
        case(Build("swirl", (-0.9,)), Build("single", (1.5, 0.8, -1.3))),
    ),
    measure=measure_gradcheck,
    reference=_right_gradcheck,
    # A difference carries rounding, and its size depends on the step.
    rtol=1e-3,
    atol=1e-4,
    mistakes=(
        Mistake(
            "not-a-pair",
            "Expected a tuple of two: `ok`, and the largest error.",
            shows=lambda call: call.value is not None and call.value.kind != "mapping",
        ),
        Mistake(
            "library-gradcheck",
            "You used the library's `gradcheck`. Here you write it yourself: compare each entry with a central difference.",
            shows=lambda call: "gradcheck" in call.used,
        ),
        wrong_effect(
            "single-precision",
            "You called `f` in float32. There a difference of two near values keeps a few digits only, so a right gradient "
            "looks wrong. Convert `x` to float64 first.",
            {"precision": "another one"},
        ),
        raising(
            "other-shapes",
            "Tensors of two shapes meet in a sum or a difference. A step has the shape of `x` and moves one input, so it gives one "
            "column, with an entry for each output. Put the columns side by side: then both Jacobians have the same shape.",
            "RuntimeError",
            "must match the size of tensor",
        ),
        wrong_value(
            "one-sided",
            "You stepped to one side only. Such a difference is off by about the step itself, so a right gradient looks "
            "wrong. Step to both sides, and divide by 2h.",
            lambda right, f, x: _found(_one_sided(f, x)),
        ),
        wrong_value(
            "only-the-sum",
            "You compared the gradients of the sum of the outputs. Errors of two outputs can cancel there. Check every output on its own.",
            _check_by(lambda autograd, steps: np.abs(autograd.sum(0) - steps.sum(0)).max()),
        ),
        wrong_value(
            "only-first-output",
            "Your largest error is that of the first outputs only. Expected the largest of all outputs: does a loop end too early?",
            _check_by(lambda autograd, steps: np.abs(autograd[0] - steps[0]).max()),
        ),
        wrong_value(
            "only-last-output",
            "Your largest error is that of the last output only. Expected the largest of all outputs.",
            _check_by(lambda autograd, steps: np.abs(autograd[-1] - steps[-1]).max()),
        ),
        wrong_value(
            "only-last-input",
            "Your largest error is that of the last input only. Expected the largest of all inputs: does a loop keep only "
            "what it found last?",
            _check_by(lambda autograd, steps: np.abs(autograd - steps)[:, -1].max()),
        ),
        wrong_value(
            "sign-kept",
            "An error below zero is an error too. Take the magnitude before you take the largest.",
            _check_by(lambda autograd, steps: (autograd - steps).max()),
        ),
        wrong_value(
            "mean-error",
            "You returned the mean of the errors. Expected the largest one, because one wrong entry is enough.",
            _check_by(lambda autograd, steps: np.abs(autograd - steps).mean()),
        ),
        wrong_value(
            "always-ok",
            "Your `ok` is True for every function. Compare the largest error with the tolerance.",
            lambda right, f, x: {**right, "ok": True},
        ),
        wrong_value(
            "other-tolerance",
            "Your `ok` is True for an error that is larger than the tolerance. Compare the largest error with the tolerance that the exercise names.",
            lambda right, f, x: {**right, "ok": right["largest_error"] <= _LOOSE},
        ),
    ),
    hints=(
        "The result is a tuple of two: a truth value, and a number that is not negative.",
        "Make two Jacobians of the same shape, one by autograd and one by small steps. Subtract, take magnitudes, take the largest.",
        "One column for x₁ of another function: `step = torch.tensor([0.0, 1e-6])`, then `(f(x + step) - f(x - step)) / 2e-6`.",
        "Read the section 'Is my backward right?' again. In lesson 4 you built a Jacobian from one-hot vectors.",
    ),
    after=(
        "Each new node in PyTorch is tested like this. The check costs two forward passes for each input, "
        "so it is for small vectors in a test, and never for training."
    ),
)


# --- 7.5a · The slope of a slope, by hand ---------------------------------------------------------


def poly(x: Tensor) -> Tensor:
    """Return 2x⁴ − 3x³ + x."""
    return 2 * x**4 - 3 * x**3 + x


def _derivatives(f: Callable[[Tensor], Tensor], x: float) -> list[float]:
    """Return the value of f at x, and its first, second and third derivatives."""
    leaf = _leaf(x)
    with torch.enable_grad():
        found = [f(leaf)]
        for _ in range(3):
            (slope,) = torch.autograd.grad(found[-1], leaf, create_graph=True)
            found.append(slope)
    return [one.item() for one in found]


def _derivative(order: int) -> Callable[..., float]:
    return lambda slope, f, x: _derivatives(f, x)[order]


D2_POLY = Exercise(
    id="custom_functions.d2_poly",
    number="7.5a",
    title="The slope of a slope, by hand",
    way="hand",
    difficulty=1,
    importance=3,
    minutes=3,
    points=1,
    cases=(case(-1.7), case(0.6), case(2.3)),
    reference=lambda x: _derivatives(poly, x)[2],
    mistakes=(
        wrong_value(
            "first-derivative",
            "You returned the first derivative. Differentiate it once more.",
            lambda slope, x: _derivatives(poly, x)[1],
        ),
        wrong_value(
            "value-for-derivative",
            "You returned the value of the polynomial.",
            lambda slope, x: _derivatives(poly, x)[0],
        ),
        wrong_value(
            "slope-squared",
            "You squared the slope. The second derivative is the slope of the slope.",
            lambda slope, x: _derivatives(poly, x)[1] ** 2,
        ),
    ),
    hints=(
        "The function takes one number and returns one number.",
        "Differentiate the polynomial. You get another polynomial. Differentiate that one.",
        "For 5x³ the slope is 15x², and the slope of this is 30x.",
        "Read the section 'The slope of a slope' again.",
    ),
    after=(
        "The sign of the second derivative says whether a curve bends up or down. At a minimum it is not "
        "negative. Physics calls it acceleration, if x is the time."
    ),
)


# --- 7.5b · The slope of a slope, by autograd -----------------------------------------------------


def _numbers_in(x: Tensor) -> Tensor:
    """Return the numbers of a tensor, also inside the transforms of `torch.func`: what `vmap` goes through comes first."""
    while functorch.is_functorch_wrapped_tensor(x):
        inner = functorch.get_unwrapped(x)
        x = inner.movedim(functorch.maybe_get_bdim(x), 0) if functorch.is_batchedtensor(x) else inner
    return x.detach()


def _at_one_point(function: Callable[[Tensor], Tensor], length: int = 1) -> Callable[[Tensor], Tensor]:
    """Return a function that raises when it is called at a second point: its derivatives are those at the first one.

    `length` is how many numbers a point has; -1 for as many as the last axis.
    """
    points: set[tuple[float, ...]] = set()

    def called(x: Tensor) -> Tensor:
        # A tracer calls a function with tensors that hold no numbers.
        with contextlib.suppress(Exception):
            numbers = _numbers_in(x)
            points.update(map(tuple, numbers.reshape(-1, numbers.shape[-1] if length < 0 else length).tolist()))
        if len(points) > 1:
            raise ValueError("f was called at a second point")
        return function(x)

    return called


def wave(a: float) -> Callable[[Tensor], Tensor]:
    """Return the function sin(a x²)."""
    return _at_one_point(lambda x: torch.sin(a * x**2))


def damped(a: float) -> Callable[[Tensor], Tensor]:
    """Return the function x³ exp(−a x)."""
    return _at_one_point(lambda x: x**3 * torch.exp(-a * x))


def quartic(a: float) -> Callable[[Tensor], Tensor]:
    """Return the function a x⁴ − x³."""
    return _at_one_point(lambda x: a * x**4 - x**3)


SECOND_DERIVATIVE = Exercise(
    id="custom_functions.second_derivative",
    number="7.5b",
    title="The slope of a slope, by autograd",
    way="autograd",
    difficulty=2,
    importance=4,
    minutes=5,
    points=1,
    builders={"wave": wave, "damped": damped, "quartic": quartic},
    cases=(
        case(Build("wave", (0.7,)), 1.3),
        case(Build("damped", (0.4,)), -0.8),
        case(Build("quartic", (1.2,)), 1.9),
    ),
    reference=lambda f, x: _derivatives(f, x)[2],
    rtol=1e-4,
    atol=1e-5,
    mistakes=(
        _NEAR_POINTS,
        _NO_GRAPH,
        wrong_value(
            "first-derivative",
            "You returned the first derivative. Differentiate it once more, in the same leaf.",
            _derivative(1),
        ),
        wrong_value(
            "added-up",
            "Your answer is the sum of the first and the second derivative. `.grad` adds up. Clear it between the two "
            "passes, or use `torch.autograd.grad`.",
            lambda slope, f, x: slope + _derivatives(f, x)[1],
        ),
    ),
    hints=(
        "`f` takes a tensor and returns a tensor with one number. The result is a plain float.",
        "The first pass has to be recorded as a graph of its own. Then its result has a `grad_fn`, and you can go backward from it.",
        "For a vector-valued first step: `(slope,) = torch.autograd.grad(y.sum(), x, create_graph=True)`, and `slope` can be used in a loss.",
        "Read the section 'The slope of a slope' again, from the cell with `create_graph`.",
    ),
    after=(
        "You differentiated a program that was itself a backward pass. Networks that solve differential "
        "equations use this in their loss. `torch.func.grad` of `torch.func.grad` does the same."
    ),
)


# --- 7.6 · Curvature in one direction -------------------------------------------------------------


def valley(a: float, b: float) -> Callable[[Tensor], Tensor]:
    """Return a function of three numbers whose Hessian has entries off the diagonal."""
    return _at_one_point(lambda x: (a * x**4).sum() + b * x[0] * x[1] * x[2], length=-1)


def banana(a: float) -> Callable[[Tensor], Tensor]:
    """Return the function of Rosenbrock with the factor a."""
    return _at_one_point(lambda x: (a * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum(), length=-1)


def _hessian(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    return cast(Tensor, torch.autograd.functional.hessian(f, x))  # type: ignore[no-untyped-call]


def _of_hessian(product: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Any]:
    return lambda right, f, x, v: product(_hessian(f, x), v).numpy()


# `_vmap` runs many passes as one, behind `is_grads_batched` or `vectorize`.
_BUILDS_HESSIAN = frozenset({"hessian", "_vmap"})

HVP = Exercise(
    id="custom_functions.hvp",
    number="7.6",
    title="Curvature in one direction",
    way="autograd",
    difficulty=4,
    importance=4,
    minutes=8,
    points=2,
    builders={"valley": valley, "banana": banana},
    cases=(
        case(Build("valley", (0.7, 1.6)), _tensor(0.8, -1.3, 0.5), _tensor(1.2, 0.4, -0.9)),
        case(Build("banana", (2.4,)), _tensor(0.6, 1.7), _tensor(-0.8, 1.5)),
        case(Build("banana", (1.1,)), _tensor(-0.9, 0.7, 1.4, 0.3), _tensor(0.5, -1.1, 0.9, 2.1)),
    ),
    reference=lambda f, x, v: (_hessian(f, x) @ v).numpy(),
    mistakes=(
        _NEAR_POINTS,
        _NO_GRAPH,
        Mistake(
            "library-hvp",
            "You used the library's own Hessian–vector product. Here you write it yourself, in two passes.",
            shows=lambda call: bool({"hvp", "vhp"} & set(call.used)),
        ),
        Mistake(
            "hessian-built",
            "You built the whole Hessian. For a million weights it has a million times a million entries. Two passes are "
            "enough for its product with one vector.",
            shows=lambda call: call.rows > 1 or bool(_BUILDS_HESSIAN & set(call.used)),
        ),
        Mistake(
            "number-of-passes",
            "You made more than two passes. The whole Hessian takes one for each weight, and its product with one vector "
            "takes two.",
            shows=lambda call: len(call.engine_runs) > 2,
        ),
        wrong_value(
            "gradient-for-product",
            "You returned the gradient of f. It is only the first of the two passes.",
            lambda right, f, x, v: gradient(f)(x),
        ),
        wrong_value(
            "entry-by-entry",
            "You multiplied the sums of the Hessian's rows by v, entry by entry. Take the product of the gradient with v before the second pass.",
            _of_hessian(lambda hessian, v: hessian.sum(1) * v),
        ),
        wrong_value(
            "added-up",
            "The gradient itself is still in your answer. `.grad` adds up. Clear it between the two passes, or use "
            "`torch.autograd.grad`.",
            lambda right, f, x, v: right + gradient(f)(x),
        ),
    ),
    hints=(
        "`x` and `v` are vectors of one shape, and the result has this shape too.",
        "Find a scalar whose gradient in x is the product that you want. The gradient of f and the vector v are in it.",
        "If s = 4·g₀ + 7·g₁ and each g depends on x, then the gradient of s is 4 times the gradient of g₀ plus 7 times the gradient of g₁.",
        "Read the section 'Curvature without the matrix' again.",
    ),
    after=(
        "The conjugate gradient method finds Newton's step from such products alone, so networks with "
        "many weights can use it. `torch.func.jvp` of the gradient is another way to the same product."
    ),
)


# --- 7.7a · Forward, one pair at a time -----------------------------------------------------------


def curve(x: Tensor) -> Tensor:
    """Return [sin u, x · u, exp(−u)] with u = x²."""
    u = x**2
    return torch.stack([torch.sin(u), x * u, torch.exp(-u)])


def _pushed(x: float, v: float) -> tuple[Numbers, Numbers]:
    slopes = [gradient(lambda x, i=i: curve(x)[i])(x) for i in range(3)]
    return curve(torch.tensor(x, dtype=torch.float64)).numpy(), v * np.array(slopes)


def _tangents(change: Callable[[Numbers, float, float], Any]) -> Callable[..., Any]:
    return lambda right, x, v: (right[0], np.asarray(change(right[1], x, v)))


JVP_BY_HAND = Exercise(
    id="custom_functions.jvp_by_hand",
    number="7.7a",
    title="Forward, one pair at a time",
    way="hand",
    difficulty=3,
    importance=3,
    minutes=7,
    points=1,
    cases=(case(0.7, 1.3), case(-1.2, 0.6), case(0.4, -2.1)),
    dual_numbers=True,
    reference=_pushed,
    mistakes=(
        wrong_value(
            "inner-tangent-lost",
            "The tangent of u = x² is missing in your answer: you used the tangent of x in its place. Carry a pair for u as well.",
            _tangents(lambda tangent, x, v: [tangent[0] / (2 * x), v * x**2 + x * v, tangent[2] / (2 * x)]),
        ),
        wrong_value(
            "speed-lost",
            "The tangent of u is the slope of u times the tangent of x. Yours is the slope alone, without v.",
            _tangents(lambda tangent, x, v: [tangent[0] / v, v * x**2 + 2 * x**2, tangent[2] / v]),
        ),
        wrong_value(
            "one-factor-moves",
            "In the product x·u both factors move. You differentiated one of them.",
            _tangents(lambda tangent, x, v: [tangent[0], tangent[1] * 2 / 3, tangent[2]]),
        ),
        wrong_value(
            "other-factor-moves",
            "In the product x·u both factors move. You kept u fixed.",
            _tangents(lambda tangent, x, v: [tangent[0], tangent[1] / 3, tangent[2]]),
        ),
    ),
    hints=(
        "The arguments are two numbers. The result is a tuple of two lists with three numbers each: the values, then the tangents.",
        "For each value keep a second number beside it: how fast it moves when x moves with speed v. Begin with the pair (x, v).",
        "For w = log(u) and y = 5w the pairs are (log u, du/u) and then (5w, 5·dw).",
        "Read the section 'The other direction' again.",
    ),
    after=(
        "These pairs are called dual numbers. For a function with few inputs and many outputs, forward "
        "mode needs one pass for each input. `torch.func.jacfwd` is made of it."
    ),
)


# --- 7.7b · A gradient for each sample ------------------------------------------------------------


def logistic(scale: float) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Return the loss of one sample with a label between 0 and 1."""
    return lambda w, x, y: scale * (torch.logaddexp(x @ w, torch.zeros(())) - y * (x @ w))


def squared(scale: float) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Return the squared error of one sample."""
    return lambda w, x, y: scale * (x @ w - y) ** 2


def labelled_distance(scale: float) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Return the squared distance of one sample, times its label. Of a whole batch it makes one sum."""
    return lambda w, x, y: scale * y * ((x - w) ** 2).sum()


def _each(loss: Callable[..., Tensor], w: Tensor, inputs: Tensor, y: Tensor) -> Numbers:
    return np.stack([gradient(loss)(w, one, label) for one, label in zip(inputs, y, strict=True)])


def _of_batch(loss: Callable[..., Tensor], w: Tensor, inputs: Tensor, y: Tensor) -> Numbers:
    losses = torch.autograd.functional.jacobian(lambda w: loss(w, inputs, y), w)  # type: ignore[no-untyped-call]
    return cast(Numbers, losses.numpy())


PER_SAMPLE_GRADS = Exercise(
    id="custom_functions.per_sample_grads",
    number="7.7b",
    title="A gradient for each sample",
    way="any",
    difficulty=3,
    importance=4,
    minutes=5,
    points=1,
    builders={"logistic": logistic, "squared": squared, "labelled_distance": labelled_distance},
    cases=(
        case(
            Build("logistic", (1.4,)),
            _tensor(0.6, -1.1, 0.8),
            _tensor((0.5, 1.2, -0.7), (1.4, -0.3, 0.9), (-0.8, 0.6, 1.1), (0.2, -1.6, 0.4)),
            _tensor(0.9, 0.2, 0.7, 0.4),
        ),
        case(
            Build("squared", (0.8,)),
            _tensor(1.3, -0.6),
            _tensor((0.7, 1.5), (-1.2, 0.4), (0.9, -0.8)),
            _tensor(0.5, -1.4, 2.2),
        ),
        case(
            Build("squared", (1.7,)),
            _tensor(-0.9, 0.5, 1.6),
            _tensor((1.1, -0.4, 0.6), (0.3, 0.8, -1.3), (-0.7, 1.9, 0.2), (1.5, 0.1, -0.5), (0.4, -1.2, 0.9)),
            _tensor(1.2, -0.6, 0.3, 1.8, -0.9),
        ),
        case(
            Build("labelled_distance", (0.9,)),
            _tensor(0.4, -1.3),
            _tensor((1.6, 0.2), (-0.5, 0.9), (0.8, -1.1)),
            _tensor(1.4, -0.8, 0.6),
        ),
    ),
    reference=_each,
    mistakes=(
        Mistake(
            "no-rows",
            "Your result is one row of numbers. Expected one row for each sample, with the shape of `w`.",
            shows=lambda call: call.value is not None and call.value.kind == "array" and len(call.value.shape) == 1,
        ),
        raising(
            "rows-of-w",
            "`vmap` went through the rows of every argument, of `w` too. Say with `in_dims` which arguments come in rows.",
            "ValueError",
            "size in the mapped dimension",
        ),
        wrong_value(
            "same-buffer",
            "All rows are the same: each is the sum over all samples. Give each sample a pass of its own. If you keep `.grad`, "
            "keep a clone of it and clear it before the next sample.",
            lambda right, loss, w, inputs, y: np.tile(right.sum(0), (len(right), 1)),
        ),
        wrong_value(
            "same-buffer-cleared",
            "All rows are the gradient of the last sample. If you keep `.grad`, keep a clone of it for each sample before you "
            "clear it.",
            lambda right, loss, w, inputs, y: np.tile(right[-1], (len(right), 1)),
        ),
        wrong_value(
            "running-sum",
            "Each row is the sum of all rows so far. `.grad` adds up. Clear it before the next sample.",
            lambda right, *rest: np.cumsum(right, axis=0),
        ),
        wrong_value(
            "whole-batch",
            "You handed the whole batch to `loss`. It is the loss of one sample: hand in one row of `X` and the `y` of this row.",
            lambda right, loss, w, inputs, y: _of_batch(loss, w, inputs, y),
        ),
    ),
    hints=(
        "The result has one row for each sample, and each row has the shape of w.",
        "There is a loop that is easy to write, and a transform of a function that does the loop for you. Both are right.",
        "For a function g(a, b) the call `torch.func.vmap(g, in_dims=(None, 0))(a, B)` keeps a fixed and goes through the rows of B.",
        "Read the section 'One gradient for each sample' again.",
    ),
    after=(
        "Training with a guarantee of privacy clips the gradient of each sample before they are added up. "
        "The transform replaces the loop, and one large operation is faster than many small ones."
    ),
)


# --- 7.8 · Clip a gradient in flight --------------------------------------------------------------


def ask_clip(names: Mapping[str, Any], x: Tensor, incoming_gradient: Tensor, limit: float) -> Any:
    """Use the student's function on a tensor in the middle of a graph, and look at the gradients behind and beside it."""
    with torch.enable_grad():
        behind, beside = _leaf(x), _leaf(x)
        # This node is older, so the backward pass reaches it later: a gradient that was changed in place arrives here.
        other = torch.mul(beside, 3)
        middle = torch.mul(behind, 2)
        returned = names["clip_in_flight"](middle, limit)
        used = returned if isinstance(returned, Tensor) else middle
        values = "as before" if torch.equal(used.detach(), 2 * x) else "changed"
        torch.autograd.backward((torch.add(used, other) * incoming_gradient).sum())
    return {
        "values": values,
        "returned": "a tensor" if isinstance(returned, Tensor) else "no tensor",
        "gradient behind x": behind.grad,
        "gradient beside x": beside.grad,
    }


def _clipped(c: Tensor, limit: float) -> Numbers:
    return c.clamp(-limit, limit).numpy()


def _right_clip(x: Tensor, c: Tensor, limit: float) -> dict[str, Any]:
    return {
        "values": "as before",
        "returned": "a tensor",
        "gradient behind x": 2 * _clipped(c, limit),
        "gradient beside x": 3 * c.numpy(),
    }


def _behind(gradient: Callable[[Numbers, float], Numbers]) -> Callable[..., dict[str, Any]]:
    """Return a mistake's answer: another gradient that goes on behind x."""
    return lambda right, x, c, limit: {**right, "gradient behind x": 2 * gradient(c.numpy(), limit)}


CLIP_IN_FLIGHT = Exercise(
    id="custom_functions.clip_in_flight",
    number="7.8",
    title="Clip a gradient in flight",
    way="any",
    difficulty=3,
    importance=4,
    minutes=6,
    points=1,
    cases=(
        case(_tensor(0.4, 1.3, -0.8, 0.9), _tensor(2.5, -1.8, 0.3, -0.2), 0.9),
        case(_tensor((-1.1, 0.6), (0.7, 1.2)), _tensor((-3.4, 0.5), (2.8, -0.9)), 1.4),
        case(_tensor(1.6, -0.5, 0.2), _tensor(0.15, 1.7, -2.2), 0.6),
    ),
    ask=ask_clip,
    reference=_right_clip,
    mistakes=(
        wrong_effect(
            "clipped-values",
            "Your function changed the numbers in `x`. Expected the same numbers: only the gradient is clipped.",
            {"values": "changed"},
        ),
        wrong_effect(
            "nothing-returned",
            "Your function returned no tensor, so nothing can go on with it. End it with `return x`.",
            {"returned": "no tensor"},
        ),
        Mistake(
            "no-gradient-yet",
            "No backward pass has run when your function is called, so there is no `.grad` yet. Register a hook: it is called "
            "when the gradient comes.",
            shows=lambda call: call.raised is not None and "'NoneType' object has no attribute" in call.raised.text,
            says=may_read_grad,
        ),
        Mistake(
            "no-gradient",
            "No gradient came through `x`. Return `x` itself and keep its graph.",
            shows=_no_gradient,
        ),
        wrong_value(
            "changed-in-place",
            "The gradient behind `x` is right, but your hook changed its argument in place. The same tensor goes to another "
            "part of the graph. Return a new tensor from the hook.",
            lambda right, x, c, limit: {**right, "gradient beside x": 3 * _clipped(c, limit)},
        ),
        wrong_value(
            "nothing-clipped",
            "The gradient came through unchanged. Check that a hook is on the tensor that you return, that it stays there, and "
            "that it returns the clipped gradient.",
            _behind(lambda c, limit: c),
        ),
        wrong_value(
            "one-sided",
            "You clipped on the upper side only. A gradient below −limit is too large as well.",
            _behind(lambda c, limit: np.minimum(c, limit)),
        ),
        wrong_value(
            "by-norm",
            "You scaled the whole gradient by its norm. The exercise clips each entry on its own.",
            _behind(lambda c, limit: c * min(1.0, limit / float(np.linalg.norm(c)))),
        ),
        wrong_value(
            "zeroed",
            "You set the entries that are too large to 0. Expected ±limit there.",
            _behind(lambda c, limit: np.where(np.abs(c) > limit, 0.0, c)),
        ),
        wrong_value(
            "sign-only",
            "You set every entry to ±limit. The small entries should stay as they are.",
            _behind(lambda c, limit: limit * np.sign(c)),
        ),
    ),
    hints=(
        "The arguments are a tensor of a graph and a positive number. Return the tensor that the graph goes on with.",
        "A hook is a function that gets the gradient on its way through a tensor. What it returns goes on in its place.",
        "This hook halves a gradient: `t.register_hook(lambda g: g / 2)`. The numbers in t stay the same.",
        "Read the section 'On the way' again.",
    ),
    after=(
        "Clipping by value changes the direction of a gradient. Clipping by norm, as "
        "`torch.nn.utils.clip_grad_norm_` does it, keeps the direction. Hooks also serve to look at "
        "gradients without changing them."
    ),
)


# --- 7.9a · Read the versions ---------------------------------------------------------------------


def _backward(y: Tensor) -> None:
    torch.autograd.backward(y.sum())


def _to_run(changes: Callable[[float], None]) -> Callable[[float], Callable[[], None]]:
    """Return the function that makes of a number what runs with it when it is called."""
    return lambda a: lambda: changes(a)


@_to_run
def in_place(a: float) -> None:
    """Change the output of `exp` before the backward pass."""
    y = torch.exp(_leaf((a, 1.0)))
    y.add_(1)
    _backward(y)


@_to_run
def later_in_place(a: float) -> None:
    """Change a tensor ten times before it is saved, and twice after."""
    y = torch.mul(_leaf((a, 1.0)), 3)
    for _ in range(10):
        y.add_(1)
    z = torch.square(y)
    y.mul_(2)
    y.sub_(1)
    _backward(z)


@_to_run
def through_view(a: float) -> None:
    """Change a saved tensor through a view of it."""
    x = torch.mul(_leaf((a, 1.0, 2.0)), 1)
    y = torch.sin(x)
    x[1:].mul_(2)
    _backward(y)


@_to_run
def through_detach(a: float) -> None:
    """Change a saved tensor through `detach`."""
    x = _leaf((a, 1.0))
    y = torch.square(x)
    x.detach().mul_(2)
    _backward(y)


@_to_run
def through_data(a: float) -> None:
    """Change a saved tensor through `.data`. Nothing is raised."""
    x = _leaf((a, 1.0))
    y = torch.square(x)
    x.data.mul_(2)
    _backward(y)


@_to_run
def twice(a: float) -> None:
    """Go backward twice through one graph."""
    y = torch.square(_leaf((a, 1.0)))
    _backward(y)
    _backward(y)


@_to_run
def no_number(a: float) -> None:
    """Read a number in a text that is none. Python raises a ValueError."""
    float(f"{a} is no number")


_VERSIONS = re.compile(r"is at version (\d+); expected version (\d+)")


def _raised_by(fn: Callable[[], None]) -> Exception | None:
    try:
        with torch.enable_grad():
            fn()
    except Exception as error:
        return error
    return None


def _message(fn: Callable[[], None]) -> str:
    """Return the text of the exception that fn raises; "" if there is none."""
    return str(_raised_by(fn) or "")


def _tells_versions(fn: Callable[[], None]) -> bool:
    return _VERSIONS.search(_message(fn)) is not None


def _versions(fn: Callable[[], None]) -> str | Raises:
    error = _raised_by(fn)
    found = _VERSIONS.search(str(error))
    if error is not None and not found:
        return Raises(type(error).__name__)
    return f"version {found[1]}, expected {found[2]}" if found else ""


def _with_versions(form: str) -> Callable[..., str]:
    """Return a mistake's answer: the two versions in another form; "" where there are none."""

    def answer(right: str, fn: Callable[[], None]) -> str:
        found = _VERSIONS.search(_message(fn))
        return form.format(found[1], found[2]) if found else ""

    return answer


# What reading two versions raises in a text that has none.
_NOT_FOUND = ("not enough values to unpack", "'NoneType' object", "list index out of range", "no such group")


def _found_none(call: Call) -> bool:
    return call.raised is not None and any(part in call.raised.text for part in _NOT_FOUND)


VERSION_ERROR = Exercise(
    id="custom_functions.version_error",
    number="7.9a",
    title="Read the versions",
    way="any",
    difficulty=3,
    importance=3,
    minutes=7,
    points=1,
    builders={
        "in_place": in_place,
        "later_in_place": later_in_place,
        "through_view": through_view,
        "through_detach": through_detach,
        "through_data": through_data,
        "twice": twice,
        "no_number": no_number,
    },
    cases=(
        case(Build("in_place", (0.7,))),
        case(Build("later_in_place", (1.3,))),
        case(Build("through_view", (0.4,))),
        case(Build("through_detach", (0.9,))),
        case(Build("through_data", (1.6,))),
        case(Build("twice", (0.5,))),
        case(Build("no_number", (0.8,))),
    ),
    reference=_versions,
    mistakes=(
        Mistake(
            "not-caught",
            "Your function let an error about versions pass. Catch it between `try:` and `except RuntimeError`, and find both "
            "numbers in its text, however long they are.",
            shows=lambda call: call.raised is not None and "modified by an inplace" in call.raised.text,
        ),
        Mistake(
            "not-about-versions",
            "Your function found no versions in the text of the error. One of the functions raises an error of another "
            "kind. Let such an error pass.",
            shows=_found_none,
            at=lambda fn: not _tells_versions(fn),
        ),
        Mistake(
            "not-found",
            "The text of the error holds both versions, and your function did not find them. Print the text, and compare it with what "
            "your function looks for.",
            shows=_found_none,
            at=_tells_versions,
        ),
        wrong_value(
            "whole-message",
            "You returned the whole message. Expected the two versions only, in the form of the example.",
            lambda right, fn: _message(fn) if right else "",
        ),
        wrong_value(
            "versions-exchanged",
            "You exchanged the two numbers. The message names the version of now first, and then the one that was saved.",
            _with_versions("version {1}, expected {0}"),
        ),
        wrong_value(
            "constant",
            "Your numbers are the same for every function. Read them in the message of the error.",
            lambda right, fn: "version 1, expected 0" if right else "",
        ),
    ),
    hints=(
        "The argument is a function without arguments. The result is a string, and it is empty if the function raises nothing.",
        "Catch the error, and find the two numbers in its text. An error with another text is not yours: raise it again.",
        'In "page 12 of 30; done" the numbers are found by `re.search(r"page (\\d+) of (\\d+)", text)`, and then `.group(1)`.',
        "Read the section 'Versions' again, from the cell that prints the whole message.",
    ),
    after=(
        "Two integers protect you from a gradient that is wrong in silence. To find the line that made "
        "the change, look at each operation whose name ends in an underscore, and at each `+=`."
    ),
)


# --- 7.9b · Repair the step -----------------------------------------------------------------------


def lifted_cubes(x: Tensor) -> Tensor:
    """Return the sum of (σ(x) + 1)³."""
    return ((torch.sigmoid(x) + 1) ** 3).sum()


def _changed_sigmoid(x: Tensor) -> Numbers:
    """Return the gradient with σ + 1 in place of σ in the backward of the sigmoid."""
    s = torch.sigmoid(x).numpy() + 1
    result: Numbers = 3 * s**2 * (s * (1 - s))
    return result


# Of the cube, the sum with 1, the sigmoid and the leaf. Some answers sum up in a node of its own.
_NODES = 4


def _short_way(call: Call) -> bool:
    """Whether all passes together went through fewer nodes than the computation has."""
    nodes = sum(run.nodes for run in call.engine_runs)
    return call.raised is None and not call.forward_mode and 0 < nodes < _NODES


REPAIRED_GRAD = Exercise(
    id="custom_functions.repaired_grad",
    number="7.9b",
    title="Repair the step",
    way="autograd",
    difficulty=2,
    importance=4,
    minutes=5,
    points=1,
    cases=(case(_tensor(0.7, -1.2, 0.4)), case(_tensor(-0.5, 1.9)), case(_tensor(1.4, 0.3, -0.9, 0.6))),
    forward=lifted_cubes,
    reference=gradient(lifted_cubes),
    mistakes=(
        raising(
            "still-in-place",
            "Some line still changes a tensor in place that the graph has saved. Compute a new tensor there: `s = s + 1`.",
            "RuntimeError",
            "modified by an inplace operation",
        ),
        wrong_value(
            "hidden-by-data",
            "The error is gone, and the gradient is wrong. `.data` has a version counter of its own, so autograd did not see "
            "that you changed what the sigmoid had saved. Compute a new tensor.",
            lambda right, x: _changed_sigmoid(x),
        ),
        Mistake(
            "part-of-the-way",
            "Your backward pass goes through a part of the computation only. Compute the loss from a leaf with the numbers of `x`, and "
            "let the pass go back from the loss to this leaf, without a formula of your own.",
            shows=_short_way,
        ),
        wrong_value(
            "cut-at-s",
            "Your gradient ends at `s`. Go back to the leaf: the sigmoid has a slope too.",
            lambda right, x: 3 * (torch.sigmoid(x).numpy() + 1) ** 2,
        ),
    ),
    hints=(
        "The argument is a vector, and the result is the gradient of the loss, with the same shape.",
        "Find the node whose saved tensor was changed. Then write this line so that it makes a new tensor.",
        "`y = torch.sqrt(x)` saves y. After `y *= 2` the backward pass fails. After `y = 2 * y` it works.",
        "Read the section 'Versions' again.",
    ),
    after=(
        "Another repair is to change a clone in place: then the saved tensor stays as it was. An "
        "operation in place is safe where no node has saved the tensor, for instance on the result of an "
        "addition."
    ),
)


# --- 7.10 · Compute twice, save once --------------------------------------------------------------


class Layers:
    """A function with a weight that watches its calls. Each of its layers saves tensors for the backward pass."""

    def __init__(self, start: float, depth: int) -> None:
        self.weight = _leaf(torch.sin(start * torch.arange(1, 10, dtype=torch.float64)).reshape(3, 3))
        self.depth = depth
        self.calls = 0
        self.by_library = False
        self.results: list[weakref.ref[Tensor]] = []

    def __call__(self, x: Tensor) -> Tensor:
        """Return x after all layers."""
        self.calls += 1
        self.by_library |= _is_library_calling()
        result = self.layers(x, self.weight)
        self.results.append(weakref.ref(result))
        return result

    def layers(self, x: Tensor, weight: Tensor) -> Tensor:
        """Return x after all layers with this weight."""
        for _ in range(self.depth):
            x = torch.tanh(x @ weight)
        return x


def _is_library_calling() -> bool:
    """Whether the library's `checkpoint` is among the callers."""
    frame = sys._getframe()
    while (above := frame.f_back) is not None:
        if above.f_globals.get("__name__") == "torch.utils.checkpoint":
            return True
        frame = above
    return False


def _bytes_saved(checkpointed: Any, f: Layers, x: Tensor) -> int:
    """Return how many bytes a forward pass saves: each storage once, and not those of x and the weight.

    A result of f that lives on counts too, if it is not what the pass returned.
    """
    leaf = _leaf(x)
    sizes: dict[int, int] = {}
    # A tensor that is kept here keeps its address.
    kept: list[Tensor] = []

    def pack(tensor: Tensor) -> Tensor:
        kept.append(tensor)
        storage = tensor.untyped_storage()
        sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        y = checkpointed(f, leaf)
    living = [one.untyped_storage() for result in f.results if (one := result()) is not None]
    sizes |= {one.data_ptr(): one.nbytes() for one in living if one.data_ptr() not in _storages(y)}
    given = {one.untyped_storage().data_ptr() for one in (leaf, f.weight)}
    return sum(size for place, size in sizes.items() if place not in given)


_BEHIND = "gradient behind two checkpoints"


def _after(f: Layers) -> Layers:
    """Return a function to use after f, with a weight of its own."""
    return Layers(f.depth + 0.4, 1)


def _behind_two(checkpointed: Any, f: Layers, x: Tensor, g: Tensor) -> Tensor | str | None:
    """Return the gradient of x behind two checkpoints. The second gets a tensor from the middle of a graph.

    Where a second pass goes on behind that tensor, it frees what the first node saved. A text then says so.
    """
    leaf = _leaf(x)
    y = checkpointed(_after(f), checkpointed(f, leaf))
    try:
        torch.autograd.backward(y, g)
    except RuntimeError as error:
        if "a second time" in str(error):
            return "an error"
        raise
    return leaf.grad


def ask_checkpointed(names: Mapping[str, Any], f: Layers, x: Tensor, g: Tensor, in_a_row: bool) -> Any:
    """Use the student's function to count what it saves, for a forward and a backward pass, and perhaps twice in a row."""
    checkpointed = names["checkpointed"]
    with torch.enable_grad():
        size = _bytes_saved(checkpointed, f, x)
        f.calls = 0
        leaf = _leaf(x)
        y = checkpointed(f, leaf)
        if missing := _no_tensor(y):
            return missing
        if not y.requires_grad:
            return _OTHER
        before = f.calls
        torch.autograd.backward(y, g)
        times_in_all, of_weight = f.calls, f.weight.grad
        f.weight.grad = None
        behind = {_BEHIND: _behind_two(checkpointed, f, x, g)} if in_a_row else {}
    times = {0: "never", 1: "once"}
    return {
        "value": y.detach().clone(),
        "gradient of x": leaf.grad,
        "gradient of the weight": of_weight,
        **behind,
        "bytes saved beside x": size,
        "made by": _maker(y),
        "f called in the forward pass": times.get(before, "several times"),
        "f called in the backward pass": times.get(times_in_all - before, "several times"),
        "library used": f.by_library,
    }


def _right_checkpoint(f: Layers, x: Tensor, g: Tensor, in_a_row: bool) -> dict[str, Any]:
    def weighted(x: Tensor, weight: Tensor) -> Tensor:
        return (f.layers(x, weight) * g).sum()

    weight = f.weight.detach()
    after = _after(f)
    return {
        "value": f.layers(x, weight).numpy(),
        "gradient of x": gradient(weighted, 0)(x, weight),
        "gradient of the weight": gradient(weighted, 1)(x, weight),
        **({_BEHIND: gradient(lambda x: (after(f(x)) * g).sum())(x)} if in_a_row else {}),
        "bytes saved beside x": 0,
        "made by": "your Function",
        "f called in the forward pass": "once",
        "f called in the backward pass": "once",
        "library used": False,
    }


def _last_f_for_both(right: dict[str, Any], f: Layers, x: Tensor, g: Tensor, in_a_row: bool) -> dict[str, Any]:
    """Return a mistake's answer: the first of two checkpoints goes backward through the function of the second."""
    if not in_a_row:
        return right
    after = _after(f)
    first = torch.as_tensor(gradient(lambda y: (after(y) * g).sum())(f.layers(x, f.weight.detach())))
    return {**right, _BEHIND: gradient(lambda x: (after(x) * first).sum())(x)}


def _ones_for_g(right: dict[str, Any], f: Layers, x: Tensor, g: Tensor, in_a_row: bool) -> dict[str, Any]:
    right = _right_checkpoint(f, x, torch.ones_like(g), in_a_row)
    # The first of two nodes starts with ones as well.
    return right | dict.fromkeys(right.keys() & {_BEHIND}, right["gradient of x"])


CHECKPOINTED = Exercise(
    id="custom_functions.checkpointed",
    number="7.10",
    title="Compute twice, save once",
    way="any",
    difficulty=5,
    importance=4,
    minutes=13,
    points=2,
    builders={"layers": Layers},
    cases=(
        case(
            Build("layers", (0.7, 3)),
            _tensor((0.5, -1.2, 0.8), (1.1, 0.4, -0.6)),
            _tensor((0.9, -0.7, 1.4), (0.3, 1.6, -1.1)),
            False,
        ),
        case(
            Build("layers", (1.3, 2)),
            _tensor((-0.9, 0.6, 1.2)),
            _tensor((1.5, -0.4, 0.8)),
            False,
        ),
        case(
            Build("layers", (2.1, 4)),
            _tensor((0.3, 0.7, -1.4), (-0.5, 1.3, 0.2)),
            _tensor((-1.2, 0.6, 0.5), (0.8, -1.7, 0.4)),
            True,
        ),
    ),
    ask=ask_checkpointed,
    reference=_right_checkpoint,
    mistakes=(
        _NO_TENSOR,
        _OTHER_SHAPE,
        _NOT_RECORDED,
        Mistake(
            "class-called",
            "You called the class. Only its `apply` makes a node.",
            shows=lambda call: (
                (call.value is not None and call.value.text == _CALLED)
                or (call.raised is not None and "non-static forward" in call.raised.text)
            ),
        ),
        Mistake(
            "library-checkpoint",
            "You used the library's `checkpoint`. Here you write it yourself, as a Function of your own.",
            shows=lambda call: effect(call, "library used") is True,
        ),
        Mistake(
            "more-than-x-saved",
            "The forward pass saved more than `x`. Call `f` inside the `forward` of a Function, where nothing is recorded, and "
            "save `x` itself and nothing else.",
            shows=lambda call: (effect(call, "bytes saved beside x") or 0) > 0,
        ),
        _NO_FUNCTION,
        Mistake(
            "weight-forgotten",
            "`f` has a weight that requires grad, and it got no gradient. In `backward`, record `f` once more and call `backward` on its "
            "result: this reaches every leaf. `torch.autograd.grad` gives the gradients only of the tensors that you name.",
            shows=lambda call: (
                measured(call, "gradient of the weight").kind == "nothing"
                and measured(call, "gradient of x").kind != "nothing"
            ),
        ),
        Mistake(
            "no-gradient",
            "`x` got no gradient. Check that the leaf of your second pass requires grad, and that `backward` returns its "
            "gradient in the place of x.",
            shows=lambda call: measured(call, "gradient of x").kind == "nothing",
        ),
        wrong_value(
            "forgot-incoming",
            "Your second pass starts with ones. Start it with the gradient that comes in: `y.backward(g)`.",
            _ones_for_g,
        ),
        Mistake(
            "not-detached",
            "Your second pass went on behind `x`, into the graph that `x` comes from. Detach `x` first, so that this pass begins "
            "at a leaf of its own.",
            shows=lambda call: measured(call, _BEHIND).kind == "text",
        ),
        wrong_value(
            "last-function-for-both",
            "Behind two checkpoints the gradient of x is wrong. The first of them went backward through the function of the "
            "second. Keep `f` where each call has a place of its own: on `ctx`.",
            _last_f_for_both,
        ),
    ),
    hints=(
        "The result is `f(x)` as a tensor with a node of your own. Write a class first, then a function that calls its `apply`.",
        "`forward` keeps the function and the input, and records nothing. `backward` does the forward pass once more, recorded, and then goes backward through it.",
        "A function is no tensor, so it is kept as `ctx.f = f`. Its place in what `backward` returns holds None.",
        "Read the section 'Memory against time' again, from the table of the two passes.",
    ),
    after=(
        "With checkpoints one trains networks that would not fit into memory, at the price of one more "
        "forward pass. If the function draws random numbers, as dropout does, the second pass must draw "
        "the same ones. PyTorch's own `checkpoint` sees to that."
    ),
)


LESSON = Lesson(
    number=7,
    name="custom_functions",
    title="Nodes of your own",
    teaches="What a node saves and computes, how to write one, check it, and differentiate through it",
    exercises=(
        SAVED_BY,
        D_SOFTPLUS,
        SOFTPLUS,
        SCALED_PRODUCT,
        GRADCHECK_BY_HAND,
        D2_POLY,
        SECOND_DERIVATIVE,
        HVP,
        JVP_BY_HAND,
        PER_SAMPLE_GRADS,
        CLIP_IN_FLIGHT,
        VERSION_ERROR,
        REPAIRED_GRAD,
        CHECKPOINTED,
    ),
)
