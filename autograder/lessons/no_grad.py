"""Lesson 6: turning tracking off, for one tensor, at one place in the graph, or in a block of code."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..exercise import Array, Build, Exercise, Lesson, case, gradient
from ..mistake import Mistake, effect, measured, raising, wrong_effect, wrong_value
from ..observation import Call, Value

# --- shared ---------------------------------------------------------------------------------------


def _numbers(start: float, *shape: int) -> Tensor:
    """Return numbers between -1 and 1 that all differ, in float64."""
    count = int(np.prod(shape, dtype=np.int64))
    return torch.sin(start * torch.arange(1, count + 1, dtype=torch.float64)).reshape(shape).clone()


def leaf(start: float, *shape: int) -> Tensor:
    """Return a leaf of this shape that requires grad."""
    return _numbers(start, *shape).requires_grad_()


def leaf_with_gradient(start: float, *shape: int) -> Tensor:
    """Return a leaf that requires grad and has a gradient from an earlier backward pass."""
    made = leaf(start, *shape)
    made.grad = _numbers(start + 1, *shape)
    return made


def constant(start: float, *shape: int) -> Tensor:
    """Return a tensor that does not require grad."""
    return _numbers(start, *shape)


def computed(start: float, *shape: int) -> Tensor:
    """Return a tensor that was computed from a leaf, so it has a graph."""
    with torch.enable_grad():
        return 2 * leaf(start, *shape)


def _same_storage(a: Tensor, b: Tensor) -> bool:
    return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()


def _flat(tensors: list[Tensor]) -> Any:
    plain = [torch.as_tensor(each, dtype=torch.float64).detach().ravel() for each in tensors]
    return torch.cat(plain).numpy() if plain else np.array([])


FLAG_OF_COMPUTED = raising(
    "flag-of-computed",
    "Only a leaf tensor has a flag of its own to set. A tensor that was computed is cut off with `detach()`.",
    "RuntimeError",
    "requires_grad flags of leaf",
)

NO_PARENTHESES = raising(
    "no-parentheses",
    "`with` was given the class itself. Parentheses after its name make the context manager that it wants.",
    "TypeError",
    "context manager protocol",
)


# --- 6.1 · Predict what the three methods give ----------------------------------------------------


def measured_table() -> dict[str, dict[str, Any]]:
    """Return what the three methods give for the leaf x = 2, property by property."""
    table = {}
    for method in ("requires_grad_(False)", "detach()", "no_grad()"):
        with torch.enable_grad():
            x = torch.tensor(2.0, requires_grad=True)
            if method == "requires_grad_(False)":
                r = x.requires_grad_(False)
            elif method == "detach()":
                r = x.detach()
            else:
                with torch.no_grad():
                    r = x**2
        table[method] = {
            "value": r.item(),
            "requires_grad": r.requires_grad,
            "has a grad_fn": r.grad_fn is not None,
            "is_leaf": r.is_leaf,
            "shares storage": _same_storage(r, x),
        }
    return table


def _table_with(**cells: Any) -> Callable[[dict[str, dict[str, Any]]], dict[str, dict[str, Any]]]:
    """Return the change of a table in which cells, named `<method>__<property>`, hold something else."""
    methods = {"flag": "requires_grad_(False)", "detach": "detach()", "block": "no_grad()"}
    properties = {"grad_fn": "has a grad_fn", "storage": "shares storage"}

    def changed(table: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        result = {method: dict(row) for method, row in table.items()}
        for name, value in cells.items():
            method, _, key = name.partition("__")
            result[methods[method]][properties.get(key, key)] = value
        return result

    return changed


TRUTH_TABLE = Exercise(
    id="no_grad.truth_table",
    number="6.1",
    title="Predict what the three methods give",
    way="recorded",
    difficulty=1,
    importance=4,
    minutes=5,
    points=3,
    partial=True,
    cases=(case(),),
    reference=measured_table,
    mistakes=(
        wrong_value(
            "detach-copies",
            "Fourteen cells are right. Does `detach()` copy the numbers, or does it only look at them without a graph?",
            _table_with(detach__storage=False),
        ),
        wrong_value(
            "block-gives-a-view",
            "Fourteen cells are right. Inside the block a square was computed. Where do its numbers lie?",
            _table_with(block__storage=True),
        ),
        wrong_value(
            "block-computes-nothing",
            "Fourteen cells are right. Inside the block the computation runs as ever, only unrecorded. What is its value?",
            _table_with(block__value=2.0),
        ),
        wrong_value(
            "computed-is-no-leaf",
            "Fourteen cells are right. A tensor that has no graph behind it counts as a leaf, even where it was computed.",
            _table_with(block__is_leaf=False),
        ),
        wrong_value(
            "no-leaf-without-grad",
            "A leaf tensor is one with no graph behind it. Must it require grad for that?",
            _table_with(flag__is_leaf=False, detach__is_leaf=False, block__is_leaf=False),
        ),
        wrong_value(
            "new-tensor-is-no-leaf",
            "Two cells differ. Which graph is there behind a tensor that nobody recorded?",
            _table_with(detach__is_leaf=False, block__is_leaf=False),
        ),
        wrong_value(
            "flag-is-inherited",
            "x requires grad all along, and a block without tracking is around the square. Does the square require grad?",
            _table_with(block__requires_grad=True),
        ),
        wrong_value(
            "block-records",
            "The square was computed, and yet nothing was recorded. What stands in `grad_fn` then?",
            _table_with(block__grad_fn=True),
        ),
        wrong_value(
            "detach-copies-block-shares",
            "Two cells differ. One of the methods looks at the numbers of x, another computes numbers of its own.",
            _table_with(detach__storage=False, block__storage=True),
        ),
    ),
    hints=(
        "Each of the fifteen cells is a number (the value) or True or False (all the others).",
        "Ask three questions of each method: is it still x? Is it a second look at x? Or is it something new?",
        "For `x.clone()` the row would be: 2.0, True, True, False, False. It is tracked, and has numbers of its own.",
        "Read the section 'Three ways to turn it off' again, and read each line of code aloud.",
    ),
)


# --- 6.2a · Freeze a tensor -----------------------------------------------------------------------


def measure_freeze(t: Tensor) -> Callable[[Any], Any]:
    """Measure `freeze`."""
    before = t.detach().clone()

    def after(result: Any) -> dict[str, Any]:
        returned = "nothing" if result is None else "another tensor" if isinstance(result, Tensor) else "no tensor"
        return {
            "returned": "t itself" if result is t else returned,
            "t requires grad": t.requires_grad,
            "values of t": "as before" if torch.equal(t.detach(), before) else "changed",
        }

    return after


FREEZE = Exercise(
    id="no_grad.freeze",
    number="6.2a",
    title="Freeze a tensor",
    way="any",
    difficulty=1,
    importance=3,
    minutes=2,
    points=1,
    builders={"leaf": leaf, "leaf_with_gradient": leaf_with_gradient, "constant": constant},
    cases=(
        case(Build("leaf", (0.7, 3))),
        case(Build("leaf_with_gradient", (1.3, 2, 2))),
        case(Build("constant", (0.9, 3))),
    ),
    changes=True,
    measure=measure_freeze,
    reference=lambda t: {"returned": "t itself", "t requires grad": False, "values of t": "as before"},
    mistakes=(
        FLAG_OF_COMPUTED,
        wrong_effect(
            "froze-another-tensor",
            "The tensor that came back is frozen, and `t` is not: it still requires grad. Change `t` itself.",
            {"returned": "another tensor", "t requires grad": True},
        ),
        wrong_effect(
            "nothing-changed",
            "After the call `t` requires grad as before. What stays when the block is left, or the name is assigned?",
            {"returned": "t itself", "t requires grad": True},
        ),
        wrong_effect(
            "returned-another",
            "`t` is frozen, and what came back is another tensor. Return `t` itself, the same object.",
            {"returned": "another tensor", "t requires grad": False},
        ),
        wrong_effect(
            "returned-nothing",
            "The call returns None. In PyTorch a method that changes a tensor in place returns it too: do the same.",
            {"returned": "nothing"},
        ),
        wrong_effect(
            "changed-values",
            "The numbers in `t` have changed. To freeze is to leave them as they are, and only to stop tracking them.",
            {"values of t": "changed"},
        ),
    ),
    hints=(
        "A tensor goes in and the very same tensor comes out: `freeze(t) is t`.",
        "Which of the three methods changes a tensor in place, from now on?",
        "To zero a tensor in place and return it, one writes `t.zero_()` and `return t`; the underscore says 'in place'.",
        "Read the section 'This tensor, from now on' again.",
    ),
)


# --- 6.2b · Catch an error and read it ------------------------------------------------------------


def backward_of_constant(number: float) -> Callable[[], None]:
    """Return a function that calls `backward()` on something nobody tracked."""
    return lambda: (torch.tensor(number) ** 2).backward()  # type: ignore[no-untyped-call]


def freeze_result(number: float) -> Callable[[], object]:
    """Return a function that sets the flag of a tensor that was computed."""
    return lambda: computed(number).requires_grad_(False)


def harmless(number: float) -> Callable[[], float]:
    """Return a function that raises nothing."""
    return lambda: 2 * number


def negative_rate(rate: float) -> Callable[[], object]:
    """Return a function that raises a `ValueError` of its own."""

    def function() -> None:
        raise ValueError(f"a learning rate of {-abs(rate)} goes uphill")

    return function


class _Caught:
    """Keeps the exception that its block raises."""

    error: BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: TracebackType | None) -> bool:
        self.error = error
        return True


def _error_of(fn: Callable[[], object]) -> BaseException | None:
    with _Caught() as caught, contextlib.ExitStack() as stack:
        stack.enter_context(torch.enable_grad())
        fn()
    return caught.error


def _said(fn: Callable[[], object], form: str) -> str:
    """Return the exception of `fn` in a form such as "{error!r}", or "" where there is none."""
    error = _error_of(fn)
    return "" if error is None else form.format(error=error, kind=type(error).__name__)


def _returned(call: Call, *kinds: str) -> bool:
    return call.value is not None and call.value.kind in kinds


def _came_through(call: Call, kinds: tuple[str, ...]) -> bool:
    """Whether an exception of the function that was handed in, and not of the answer's own, came out of the call."""
    return call.raised is not None and not call.raised.own and call.raised.types[0] in kinds


MESSAGE_OF = Exercise(
    id="no_grad.message_of",
    number="6.2b",
    title="Catch an error and read it",
    way="any",
    difficulty=1,
    importance=2,
    minutes=3,
    points=1,
    builders={
        "backward_of_constant": backward_of_constant,
        "freeze_result": freeze_result,
        "harmless": harmless,
        "negative_rate": negative_rate,
    },
    cases=(
        case(Build("backward_of_constant", (2.5,))),
        case(Build("harmless", (1.5,))),
        case(Build("negative_rate", (0.3,))),
        case(Build("freeze_result", (0.8,))),
    ),
    reference=lambda fn: _said(fn, "{error}"),
    mistakes=(
        Mistake(
            "not-caught",
            "The error of `fn` came straight through. Call it between `try:` and `except`.",
            shows=lambda call: _came_through(call, ("RuntimeError",)),
        ),
        Mistake(
            "caught-too-little",
            "An error of another class came through. Not everything that a function can raise is a `RuntimeError`.",
            shows=lambda call: _came_through(call, ("ValueError",)),
        ),
        Mistake(
            "printed",
            "The text was printed, and None came back. Return it.",
            shows=lambda call: _returned(call, "nothing") and bool(call.printed.strip()),
        ),
        Mistake(
            "none-without-error",
            "Where nothing is raised the answer is an empty string, and yours is None.",
            shows=lambda call: _returned(call, "nothing"),
        ),
        Mistake(
            "exception-for-text",
            "That is the exception itself, an object. Asked for is its text.",
            shows=lambda call: _returned(call, "other"),
        ),
        wrong_value(
            "repr-for-text",
            "That is how the exception is written in code, with its class around it. Asked for is its text alone.",
            lambda text, fn: _said(fn, "{error!r}"),
        ),
        wrong_value(
            "class-for-text",
            "That is the name of the exception's class. Asked for is its text.",
            lambda text, fn: _said(fn, "{kind}"),
        ),
        wrong_value(
            "class-and-text",
            "The name of the class stands before the text. Asked for is the text alone.",
            lambda text, fn: _said(fn, "{kind}: {error}"),
        ),
    ),
    hints=(
        "A function without arguments goes in, a string comes out; it is empty where nothing is raised.",
        "Every class of exception counts, and the text is asked for, neither the object nor its class.",
        "To know whether `int(word)` fails: `try:` `int(word)`, then `except ValueError as error:` `print(error)`.",
        "Read the cells with `try` in the section 'This tensor, from now on' again.",
    ),
)


# --- 6.3a · A factor that stands still, by hand ---------------------------------------------------


def stopped(x: Tensor) -> Tensor:
    """Return x · x² with the square cut off from the graph."""
    return x * (x * x).detach()


def stopped_outside(x: Tensor) -> Tensor:
    """Return x · x² with the first factor cut off from the graph."""
    return x.detach() * (x * x)


def unstopped(x: Tensor) -> Tensor:
    """Return x · x² with nothing cut off."""
    return x * (x * x)


STOP_GRADIENT_DERIVATIVE = Exercise(
    id="no_grad.stop_gradient_derivative",
    number="6.3a",
    title="A factor that stands still, by hand",
    way="hand",
    difficulty=2,
    importance=4,
    minutes=3,
    points=1,
    cases=(case(-1.7), case(0.6), case(2.3), case(0.0, exact=True)),
    reference=gradient(stopped),
    mistakes=(
        wrong_value(
            "detached-still-moves",
            "That is the derivative with nothing detached. The second factor counts as a constant.",
            lambda slope, x: gradient(unstopped)(x),
        ),
        wrong_value(
            "only-the-detached-part",
            "You differentiated the factor that is detached, and held the other one fixed. It is the other way round.",
            lambda slope, x: gradient(stopped_outside)(x),
        ),
        wrong_value(
            "detached-is-zero",
            "A detached factor has the derivative 0, and it is still there as a number that multiplies.",
            lambda slope, x: 0.0,
        ),
        wrong_value(
            "detached-is-absent",
            "Detached means constant, and not absent. In 7x the constant factor stays when you differentiate.",
            lambda slope, x: 1.0,
        ),
        wrong_value(
            "value-for-derivative",
            "That is the value of z, its height at this point. The slope was asked for.",
            lambda slope, x: slope * x,
        ),
    ),
    hints=(
        "One number in, one number out.",
        "Put a name, say c, in the place of what is detached, and differentiate. Only then put its value back.",
        "For exp(x) · detach(x) it goes: c·exp(x) has the slope c·exp(x), and with c = x put back it is x·exp(x).",
        "Read the section 'Constant, not absent' again.",
    ),
)


# --- 6.3b · The same, by autograd -----------------------------------------------------------------

STOP_GRADIENT_AUTOGRAD = Exercise(
    id="no_grad.stop_gradient_autograd",
    number="6.3b",
    title="The same, by autograd",
    way="autograd",
    difficulty=2,
    importance=4,
    minutes=3,
    points=1,
    cases=(case(-1.7), case(0.0, exact=True), case(0.6), case(2.3)),
    reference=gradient(stopped),
    mistakes=(
        FLAG_OF_COMPUTED,
        NO_PARENTHESES,
        raising(
            "inference-is-for-good",
            "What is computed in inference mode can't take part in a graph, not even as a constant. Use a weaker method.",
            "RuntimeError",
            "inference tensors cannot be saved",
        ),
        wrong_value(
            "not-detached",
            "That is the gradient with nothing detached. Where is the graph to be cut?",
            lambda slope, x: gradient(unstopped)(x),
        ),
        wrong_value(
            "wrong-factor-detached",
            "The graph is cut at the wrong place: the first factor is the one to track.",
            lambda slope, x: gradient(stopped_outside)(x),
        ),
        wrong_value(
            "value-for-derivative",
            "That is the value of z, its height at this point. The slope is in the `.grad` of the leaf.",
            lambda slope, x: slope * x,
        ),
        wrong_value(
            "detached-is-absent",
            "The detached factor is missing from the product. It is a constant, and it still multiplies.",
            lambda slope, x: 1.0,
        ),
    ),
    hints=(
        "A number goes in, a plain float comes out.",
        "Some of the product has to stay tracked: with everything detached there is nothing to go back through.",
        "For exp(x) · detach(x): `z = torch.exp(x) * x.detach()`, then `z.backward()`, then `x.grad.item()`.",
        "Read the section 'Constant, not absent' again.",
    ),
)


# --- 6.4 · A copy that is one ---------------------------------------------------------------------


def single(start: float, *shape: int) -> Tensor:
    """Return a leaf in float32 that requires grad."""
    return _numbers(start, *shape).float().requires_grad_()


def whole(*numbers: int) -> Tensor:
    """Return a tensor of integers."""
    return torch.tensor(numbers)


def measure_copy(t: Tensor) -> Callable[[Any], Any]:
    """Measure `safe_copy`; what is no tensor is left for the judge to name."""

    def after(copy: Any) -> Any:
        if not isinstance(copy, Tensor):
            return copy
        return {
            "values": copy.detach().double().numpy(),
            "dtype": str(copy.dtype),
            "requires grad": copy.requires_grad,
            "has a grad_fn": copy.grad_fn is not None,
            "own storage": not _same_storage(copy, t),
        }

    return after


def _right_copy(t: Tensor) -> dict[str, Any]:
    return {
        "values": np.array(t.tolist(), dtype=np.float64),
        "dtype": str(t.dtype),
        "requires grad": False,
        "has a grad_fn": False,
        "own storage": True,
    }


SAFE_COPY = Exercise(
    id="no_grad.safe_copy",
    number="6.4",
    title="A copy that is one",
    way="any",
    difficulty=2,
    importance=4,
    minutes=5,
    points=2,
    builders={"leaf": leaf, "computed": computed, "single": single, "whole": whole},
    cases=(
        case(Build("leaf", (0.7, 4))),
        case(Build("computed", (1.9, 2, 3))),
        case(Build("single", (1.1, 3))),
        case(Build("whole", (4, 0, -7))),
    ),
    measure=measure_copy,
    reference=_right_copy,
    mistakes=(
        Mistake(
            "not-a-tensor",
            "What came back is no tensor. Asked for is a tensor with the values of `t`.",
            shows=lambda call: call.value is not None and call.value.kind != "mapping",
        ),
        wrong_effect(
            "the-tensor-itself",
            "That is `t` itself, under a second name, or a second look at it that is tracked as well.",
            {"own storage": False, "requires grad": True},
        ),
        wrong_effect(
            "shares-storage",
            "It is off the graph, and it still looks at the numbers of `t`: write 100 into it, and `t` has the 100 too.",
            {"own storage": False, "requires grad": False},
        ),
        wrong_effect(
            "keeps-graph",
            "The numbers are its own, and it is still connected: its `grad_fn` leads back to `t`.",
            {"own storage": True, "has a grad_fn": True},
        ),
        wrong_effect(
            "still-requires-grad",
            "The copy is a leaf that asks for gradients again. Asked for is one that does not require grad.",
            {"own storage": True, "requires grad": True, "has a grad_fn": False},
        ),
        FLAG_OF_COMPUTED,
        NO_PARENTHESES,
        raising(
            "deepcopy-of-computed",
            "`deepcopy` takes leaf tensors only. A tensor that was computed has to be cut from its graph first.",
            "RuntimeError",
            "deepcopy protocol",
        ),
        wrong_value(
            "lost-dtype",
            "The values went through Python numbers, and came back in torch's default dtype. Keep the dtype of `t`.",
            lambda right, t: {**right, "dtype": "torch.float32"} if t.is_floating_point() else right,
        ),
        wrong_value(
            "values-not-copied",
            "The copy has the right shape and dtype, and nothing but zeros in it.",
            lambda right, t: {**right, "values": np.zeros(tuple(t.shape))},
        ),
    ),
    hints=(
        "A tensor in, a tensor of the same shape, dtype and values out. `t` may be a leaf, or computed, or untracked.",
        "There are two things to get rid of, the graph and the shared numbers, and one method for each.",
        "In NumPy `a[1:3]` is a second look at the numbers of `a`, and `a[1:3].copy()` has its own: two steps there too.",
        "Read the section 'The same numbers' again.",
    ),
)


# --- 6.5 · One step of gradient descent -----------------------------------------------------------


def parameters(start: float) -> list[Tensor]:
    """Return a matrix with a gradient, a vector that no backward pass has reached, and a scalar with a gradient."""
    return [leaf_with_gradient(start, 2, 3), leaf(start + 2, 2), leaf_with_gradient(start + 3)]


def parameters_and_constant(start: float) -> list[Tensor]:
    """Return a vector with a gradient, a frozen one without, and a matrix with a gradient."""
    return [leaf_with_gradient(start, 3), constant(start + 2, 2), leaf_with_gradient(start + 3, 2, 2)]


def measure_step(params: list[Tensor], lr: float) -> Callable[[Any], Any]:
    """Measure `sgd_step_`."""
    objects = list(params)
    flags = [p.requires_grad for p in objects]
    gradients = [None if p.grad is None else p.grad.clone() for p in objects]

    def kept(p: Tensor, gradient: Tensor | None) -> bool:
        now = p.grad if p.is_leaf else None
        return now is gradient if now is None or gradient is None else torch.equal(now, gradient)

    def after(result: Any) -> dict[str, Any]:
        same = len(params) == len(objects) and all(a is b for a, b in zip(params, objects, strict=True))
        return {
            "values": _flat(params),
            "same objects": same,
            "all leaves": all(isinstance(p, Tensor) and p.is_leaf for p in params),
            "requires_grad": "as before"
            if [getattr(p, "requires_grad", False) for p in params] == flags
            else "changed",
            "gradients": "as before" if all(map(kept, objects, gradients)) else "changed",
        }

    return after


def _right_step(params: list[Tensor], lr: float) -> dict[str, Any]:
    moved = [p if p.grad is None else torch.add(p.detach(), p.grad, alpha=-lr) for p in params]
    return {
        "values": _flat(moved),
        "same objects": True,
        "all leaves": True,
        "requires_grad": "as before",
        "gradients": "as before",
    }


def _moved_before_first_none(params: list[Tensor], lr: float) -> Any:
    """Return the values of a step that ends at the first parameter without a gradient."""
    reached = next((i for i, p in enumerate(params) if p.grad is None), len(params))
    return np.concatenate([_right_step(params[:reached], lr)["values"], _flat(params[reached:])])


SGD_STEP_ = Exercise(
    id="no_grad.sgd_step_",
    number="6.5",
    title="One step of gradient descent",
    way="any",
    difficulty=3,
    importance=5,
    minutes=7,
    points=3,
    builders={"parameters": parameters, "parameters_and_constant": parameters_and_constant},
    cases=(
        case(Build("parameters", (0.7,)), 0.1),
        case(Build("parameters", (1.9,)), 0.45),
        case(Build("parameters_and_constant", (1.2,)), 0.25),
    ),
    changes=True,
    measure=measure_step,
    reference=_right_step,
    mistakes=(
        NO_PARENTHESES,
        raising(
            "step-without-gradient",
            "One of the parameters has no gradient: no backward pass has reached it. Leave that one as it is.",
            "Exception",
            "NoneType",
        ),
        wrong_effect(
            "made-new-tracked",
            "The list now holds new tensors that were computed, so their `.grad` stays None. Change the old ones in place.",
            {"same objects": False, "all leaves": False},
        ),
        wrong_effect(
            "made-new-untracked",
            "The list now holds new tensors that don't require grad. Keep the objects: what does an in-place operation do?",
            {"same objects": False, "all leaves": True, "requires_grad": "changed"},
        ),
        wrong_effect(
            "made-new-leaves",
            "The list now holds new leaf tensors, which nobody else knows of. Change the old ones in place.",
            {"same objects": False, "all leaves": True, "requires_grad": "as before"},
        ),
        wrong_effect(
            "changed-requires-grad",
            "After the step not every parameter requires grad as it did before. The next forward pass needs that.",
            {"same objects": True, "requires_grad": "changed"},
        ),
        wrong_effect(
            "touched-gradients",
            "The step has changed the gradients too. It only reads them; to clear them is a step of its own.",
            {"gradients": "changed"},
        ),
        wrong_value(
            "nothing-moved",
            "No parameter has moved. `p = p - …` makes a new tensor and gives it the name; the one in the list stays.",
            lambda right, params, lr: {**right, "values": _flat(params)},
        ),
        wrong_value(
            "uphill",
            "Every parameter moved the wrong way. The gradient points to where the loss grows.",
            lambda right, params, lr: {**right, "values": 2 * _flat(params) - right["values"]},
        ),
        wrong_value(
            "forgot-rate",
            "The step is as long as the whole gradient. Where is the learning rate?",
            lambda right, params, lr: {
                **right,
                "values": _flat(params) + (right["values"] - _flat(params)) / lr,
            },
        ),
        wrong_value(
            "stopped-at-none",
            "The step ended at the first parameter that has no gradient. Pass over that one and go on.",
            lambda right, params, lr: {**right, "values": _moved_before_first_none(params, lr)},
        ),
    ),
    hints=(
        "A list of leaf tensors and a number go in. What it returns does not matter; the tensors in the list change.",
        "Three things can go wrong: the direction, the object that is changed, and a `.grad` that is None.",
        "To halve every tensor in place: `with torch.no_grad():` `for p in params:` `p *= 0.5`.",
        "Read the section 'The update step' again.",
    ),
)


# --- 6.6 · Predict, and leave no trace ------------------------------------------------------------


class _Log(list[dict[str, Any]]):
    """What a model noted of its forward passes; a copy of the model goes on in the same one."""

    def __deepcopy__(self, memo: object) -> Self:
        return self


def _linear(inputs: int, outputs: int) -> torch.nn.Linear:
    """Return an empty layer. Nothing is drawn at random, so a check leaves the student's generator as it was."""
    return torch.nn.Linear(inputs, outputs, dtype=torch.float64, device="meta").to_empty(device="cpu")


class Classifier(torch.nn.Module):
    """A small network that notes how it is run: in which mode, and what its graph saves."""

    def __init__(self, training: int, norm_training: int, start: float) -> None:
        super().__init__()
        self.log = _Log()
        self.first = _linear(3, 4)
        self.norm = torch.nn.BatchNorm1d(4, dtype=torch.float64)
        self.drop = torch.nn.Dropout(0.5)
        self.last = _linear(4, 2)
        with torch.no_grad():
            for i, learned in enumerate(self.parameters()):
                learned.copy_(_numbers(start + i, *learned.shape))
            for i, counted in enumerate(self.norm.buffers()):
                counted.copy_(_numbers(start - i, *counted.shape).square() + 1)
        self.train(bool(training))
        self.norm.train(bool(norm_training))

    def forward(self, x: Tensor) -> Tensor:
        """Return two logits a row."""
        saved: list[Tensor] = []

        def pack(tensor: Tensor) -> Tensor:
            saved.append(tensor)
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            result: Tensor = self.last(self.drop(torch.relu(self.norm(self.first(x)))))
        self.log.append({"training": any(part.training for part in self.modules()), "saved": len(saved)})
        return result


def measure_predict(model: Classifier, x: Tensor) -> Callable[[Any], Any]:
    """Measure `predict`."""
    flags = [part.training for part in model.modules()]
    model.log.clear()

    def after(output: Any) -> dict[str, Any]:
        now = [part.training for part in model.modules()]
        all_now = "all in training mode" if all(now) else "mixed" if any(now) else "all in eval mode"
        in_training = any(each["training"] for each in model.log)
        tracked = isinstance(output, Tensor) and output.requires_grad
        return {
            "output": output.detach().clone() if isinstance(output, Tensor) else output,
            "forward pass": ("in training mode" if in_training else "in eval mode") if model.log else "none",
            "tensors saved": sum(each["saved"] for each in model.log),
            "output requires grad": tracked,
            "training flags afterwards": "as before" if now == flags else all_now,
            "parameters require grad": all(p.requires_grad for p in model.parameters()),
        }

    return after


def _settled(model: Classifier, x: Tensor) -> Tensor:
    """Return the logits with the normalization as learned, and nothing dropped out."""
    norm = model.norm
    hidden = functional.batch_norm(model.first(x), norm.running_mean, norm.running_var, norm.weight, norm.bias)
    result: Tensor = model.last(torch.relu(hidden))
    return result


def _right_prediction(model: Classifier, x: Tensor) -> dict[str, Any]:
    return {
        "output": _settled(model, x).detach().numpy(),
        "forward pass": "in eval mode",
        "tensors saved": 0,
        "output requires grad": False,
        "training flags afterwards": "as before",
        "parameters require grad": True,
    }


PREDICT = Exercise(
    id="no_grad.predict",
    number="6.6",
    title="Predict, and leave no trace",
    way="any",
    difficulty=3,
    importance=5,
    minutes=7,
    points=3,
    builders={"classifier": Classifier},
    cases=(
        case(Build("classifier", (1, 1, 0.7)), Array(((0.4, -1.2, 0.9), (1.5, 0.3, -0.6)), "torch")),
        case(Build("classifier", (1, 0, 1.6)), Array(((-0.8, 0.5, 1.1),), "torch")),
        case(Build("classifier", (0, 1, 0.9)), Array(((1.2, 0.7, -0.4), (0.2, -0.9, 1.3)), "torch")),
        case(Build("classifier", (0, 0, 1.3)), Array(((0.6, 1.4, -1.1),), "torch")),
    ),
    measure=measure_predict,
    reference=_right_prediction,
    mistakes=(
        NO_PARENTHESES,
        wrong_effect(
            "model-not-called",
            "The model was never run. Call it: `model(X)`.",
            {"forward pass": "none"},
        ),
        wrong_effect(
            "parameters-frozen",
            "Afterwards the parameters of the model don't require grad any more, so nobody can train it further.",
            {"parameters require grad": False},
        ),
        wrong_effect(
            "not-in-eval-mode",
            "The forward pass ran in training mode: dropout dropped, and the batch norm learned from your inputs.",
            {"forward pass": "in training mode"},
        ),
        wrong_effect(
            "eval-is-not-no-grad",
            "The output still has its graph. `eval()` changes what some layers do, and nothing about tracking.",
            {"forward pass": "in eval mode", "output requires grad": True},
        ),
        Mistake(
            "detached-too-late",
            "The output is detached, but the forward pass was recorded and had saved its tensors by then. Don't record it at all.",
            shows=lambda call: (
                effect(call, "output requires grad") is False and (effect(call, "tensors saved") or 0) > 0
            ),
        ),
        wrong_effect(
            "left-in-eval-mode",
            "The model was left in eval mode, though some of it was training before. Whoever trains it further would not notice.",
            {"training flags afterwards": "all in eval mode"},
        ),
        wrong_effect(
            "flags-of-the-parts",
            "`train()` sets the flag of a model and of every part in it, and some part was in eval mode before.",
            {"training flags afterwards": "all in training mode"},
        ),
    ),
    hints=(
        "A model and a matrix go in, the model's output for it comes out; before and after, the model is the same.",
        "Two switches, and one promise: how layers behave, whether anything is recorded, and what was found is put back.",
        "To put many lamps back: `was = [(lamp, lamp.on) for lamp in lamps]`, and later `for lamp, on in was: lamp.on = on`.",
        "Read the section 'Prediction' again; `model.modules()` goes through the model and every part of it.",
    ),
)


# --- 6.7 · Freeze the weights, train the bias -----------------------------------------------------


def layer_loss(x: Tensor, weight: Tensor, bias: Tensor, y: Tensor) -> Tensor:
    """Return the mean binary cross-entropy of a linear layer's outputs."""
    return functional.binary_cross_entropy_with_logits(x @ weight + bias, y)


def layer_loss_sigmoid_twice(x: Tensor, weight: Tensor, bias: Tensor, y: Tensor) -> Tensor:
    """Return the loss of a linear layer with one sigmoid too many."""
    return functional.binary_cross_entropy_with_logits(torch.sigmoid(x @ weight + bias), y)


def measure_bias_only(x: Tensor, weight: Tensor, bias: Tensor, y: Tensor) -> Callable[[Any], Any]:
    """Measure `train_bias_only`."""
    before = _flat([weight, bias])
    reached: list[bool] = []
    weight.register_hook(lambda gradient: reached.append(True))  # type: ignore[no-untyped-call]

    def after(result: Any) -> dict[str, Any]:
        return {
            "gradient of b": result,
            "W.grad is None": weight.grad is None,
            "gradient of W computed": bool(reached),
            "b requires grad": bias.requires_grad,
            "values of W and b": "as before" if np.array_equal(_flat([weight, bias]), before) else "changed",
        }

    return after


def _right_bias_only(loss: Callable[..., Tensor]) -> Callable[..., dict[str, Any]]:
    def right(x: Tensor, weight: Tensor, bias: Tensor, y: Tensor) -> dict[str, Any]:
        return {
            "gradient of b": gradient(loss, 2)(x, weight.detach(), bias.detach(), y),
            "W.grad is None": True,
            "gradient of W computed": False,
            "b requires grad": True,
            "values of W and b": "as before",
        }

    return right


def _is_tuple_of_one(value: Value) -> bool:
    return value.type == "tuple" and [item.kind for item in value.items] == ["array"]


TRAIN_BIAS_ONLY = Exercise(
    id="no_grad.train_bias_only",
    number="6.7",
    title="Freeze the weights, train the bias",
    way="autograd",
    difficulty=3,
    importance=4,
    minutes=6,
    points=2,
    builders={"leaf": leaf},
    cases=(
        case(
            Array((0.5, -1.2, 0.8, 1.4, -0.3), "torch"),
            Build("leaf", (0.7, 5, 3)),
            Build("leaf", (1.9, 3)),
            Array((1, 0, 1), "torch"),
        ),
        case(
            Array((1.1, 0.4), "torch"),
            Build("leaf", (1.3, 2, 4)),
            Build("leaf", (0.8, 4)),
            Array((0, 0, 1, 0), "torch"),
        ),
        case(
            Array((-0.9, 0.6, 1.7), "torch"),
            Build("leaf", (2.2, 3, 2)),
            Build("leaf", (1.4, 2)),
            Array((0, 1), "torch"),
        ),
    ),
    changes=True,
    measure=measure_bias_only,
    reference=_right_bias_only(layer_loss),
    mistakes=(
        FLAG_OF_COMPUTED,
        NO_PARENTHESES,
        Mistake(
            "froze-the-bias",
            "It is `b` that was cut off, and not `W`. Which of the two is to be trained?",
            shows=lambda call: (
                effect(call, "b requires grad") is False
                or (
                    measured(call, "gradient of b").kind == "nothing"
                    and effect(call, "W.grad is None") is False
                    and not call.warnings
                )
            ),
        ),
        wrong_effect(
            "not-frozen",
            "`W` got a gradient too. Freeze it before the forward pass, so that nothing is recorded for it.",
            {"W.grad is None": False},
        ),
        wrong_effect(
            "gradient-thrown-away",
            "`W.grad` is None, but a gradient for `W` was computed on the way. Frozen means that this work isn't done.",
            {"gradient of W computed": True},
        ),
        wrong_effect(
            "values-changed",
            "The values of `W` or `b` have changed. Asked for is the gradient alone, before any step.",
            {"values of W and b": "changed"},
        ),
        Mistake(
            "backward-returns-none",
            "The result is None. `backward()` itself returns nothing, and only a leaf that it has reached has a `.grad`.",
            shows=lambda call: measured(call, "gradient of b").kind == "nothing" and not call.warnings,
        ),
        Mistake(
            "grad-returns-tuple",
            "The result is a tuple, as `torch.autograd.grad` returns one. Take the one gradient that is asked for out of it.",
            shows=lambda call: _is_tuple_of_one(measured(call, "gradient of b")),
        ),
        wrong_value(
            "summed-loss",
            "Your loss is the sum over the outputs. The one asked for is their mean.",
            lambda right, x, weight, bias, y: {**right, "gradient of b": right["gradient of b"] * len(bias)},
        ),
        wrong_value(
            "sigmoid-twice",
            "The loss for logits has the sigmoid in it already, and you applied it once more.",
            lambda right, *arguments: _right_bias_only(layer_loss_sigmoid_twice)(*arguments),
        ),
    ),
    hints=(
        "The gradient that comes back has the shape of `b`. `W` and `b` come as leaf tensors that require grad.",
        "Something must stay tracked, or there is nothing to go back through; and something must not.",
        "To train `b` alone in (w·x + b)²: `w.requires_grad_(False)`, then the forward pass, `backward()`, `b.grad`.",
        "Read the section 'Freezing a part' again; the loss is in the cell with the linear layer.",
    ),
)


# --- 6.8 · Train it -------------------------------------------------------------------------------


def bce(x: Tensor, y: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Return the binary cross-entropy of the prediction σ(w x + b) for the label y."""
    return functional.binary_cross_entropy_with_logits(w * x + b, y)


def bce_sigmoid_twice(x: Tensor, y: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Return what comes out when a probability is given to the loss that takes logits."""
    return functional.binary_cross_entropy_with_logits(torch.sigmoid(w * x + b), y)


def _course(
    x: float,
    y: float,
    w: float,
    b: float,
    lr: float = 0.1,
    steps: int = 20,
    *,
    loss: Callable[..., Tensor] = bce,
    kept: float = 0.0,
    speeds: tuple[float, float] = (1.0, 1.0),
) -> tuple[list[float], float]:
    """Return the losses of gradient descent, and the last one.

    Parameters
    ----------
    kept
        How much of the gradient before is left in each new one.
    speeds
        What the steps of the weight and of the bias are multiplied by.
    """

    def value() -> float:
        return loss(*(torch.tensor(float(each), dtype=torch.float64) for each in (x, y, w, b))).item()

    losses = []
    dw = db = 0.0
    for _ in range(steps):
        losses.append(value())
        dw = kept * dw + gradient(loss, 2)(x, y, w, b)
        db = kept * db + gradient(loss, 3)(x, y, w, b)
        w, b = w - lr * speeds[0] * dw, b - lr * speeds[1] * db
    return losses, value()


TRAIN_BCE = Exercise(
    id="no_grad.train_bce",
    number="6.8",
    title="Train it",
    way="any",
    difficulty=4,
    importance=5,
    minutes=9,
    points=3,
    cases=(
        case(0.5, 1, -1.2, 0.3),
        case(-1.4, 0, 0.8, 1.5, 0.35, 8),
        case(2.1, 1, -0.4, -0.9, 0.2, 12),
    ),
    reference=_course,
    # Twenty steps in float32 add up their rounding.
    atol=2e-6,
    mistakes=(
        NO_PARENTHESES,
        Mistake(
            "graph-kept",
            "`retain_graph=True` keeps what this step saved, and every step builds a new graph. Nobody needs the old one.",
            shows=lambda call: any(run.retain_graph and not run.create_graph for run in call.engine_runs),
        ),
        wrong_value(
            "forgot-to-clear",
            "From the second step on, the gradient is the sum of all so far. What should happen to `.grad` after a step?",
            lambda right, *arguments: _course(*arguments, kept=1.0),
        ),
        wrong_value(
            "nothing-learned",
            "The loss stays as it is: neither the weight nor the bias has moved.",
            lambda right, *arguments: _course(*arguments, speeds=(0.0, 0.0)),
        ),
        wrong_value(
            "uphill",
            "The loss grows from step to step. The gradient points uphill: which way is the step to go?",
            lambda right, *arguments: _course(*arguments, speeds=(-1.0, -1.0)),
        ),
        wrong_value(
            "bias-not-trained",
            "Only the weight has moved. The bias is a parameter too.",
            lambda right, *arguments: _course(*arguments, speeds=(1.0, 0.0)),
        ),
        wrong_value(
            "weight-not-trained",
            "Only the bias has moved. The weight is a parameter too.",
            lambda right, *arguments: _course(*arguments, speeds=(0.0, 1.0)),
        ),
        wrong_value(
            "logged-after-the-step",
            "Your list begins with the loss after the first step. Asked for is the loss before each of them.",
            lambda right, *arguments: ([*right[0][1:], right[1]], right[1]),
        ),
        wrong_value(
            "final-before-the-last-step",
            "The last number is the loss before the last step. Run the forward pass once more when all steps are done.",
            lambda right, *arguments: (right[0], right[0][-1]),
        ),
        wrong_value(
            "ignored-rate",
            "The answer is the same for a large learning rate and a small one. Use the `lr` that the function is given.",
            lambda right, x, y, w, b, lr=0.1, steps=20: _course(x, y, w, b, 0.1, steps),
        ),
        wrong_value(
            "sigmoid-twice",
            "The loss for logits has the sigmoid in it already, and you applied it once more.",
            lambda right, *arguments: _course(*arguments, loss=bce_sigmoid_twice),
        ),
    ),
    hints=(
        "A tuple of two: a list of `steps` floats, and one more float.",
        "Each step is forward, log, backward, update, clear, in this order. Which of them must not be recorded?",
        "A log of lengths instead of losses: `lengths.append(v.norm().item())` keeps a number, and no graph.",
        "Read the section 'All of it together' again: the loop there trains another loss.",
    ),
)


LESSON = Lesson(
    number=6,
    name="no_grad",
    title="Turning tracking off",
    teaches="How to freeze, cut, update and predict without a graph, and how to train a model with all of it",
    exercises=(
        TRUTH_TABLE,
        FREEZE,
        MESSAGE_OF,
        STOP_GRADIENT_DERIVATIVE,
        STOP_GRADIENT_AUTOGRAD,
        SAFE_COPY,
        SGD_STEP_,
        PREDICT,
        TRAIN_BIAS_ONLY,
        TRAIN_BCE,
    ),
)
