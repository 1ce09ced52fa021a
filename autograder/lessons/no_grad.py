"""Lesson 6: how to turn tracking off for one tensor, at one place in the graph, or in a block of code."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..exercise import Array, Build, Exercise, Lesson, case, gradient
from ..mistake import Mistake, effect, measured, raising, wrong_effect, wrong_value
from ..observation import Call, Value
from ..source import may_catch

# --- shared ---------------------------------------------------------------------------------------


def _numbers(start: float, *shape: int) -> Tensor:
    """Return float64 numbers between -1 and 1. No two are the same."""
    count = int(np.prod(shape, dtype=np.int64))
    return torch.sin(start * torch.arange(1, count + 1, dtype=torch.float64)).reshape(shape).clone()


def leaf(start: float, *shape: int) -> Tensor:
    """Return a leaf of this shape that requires grad."""
    return _numbers(start, *shape).requires_grad_()


def leaf_with_gradient(start: float, *shape: int) -> Tensor:
    """Return a leaf that requires grad and already has a gradient."""
    made = leaf(start, *shape)
    made.grad = _numbers(start + 1, *shape)
    return made


def constant(start: float, *shape: int) -> Tensor:
    """Return a tensor that does not require grad."""
    return _numbers(start, *shape)


def computed(start: float, *shape: int) -> Tensor:
    """Return a tensor that was computed from a leaf. It has a graph."""
    with torch.enable_grad():
        return 2 * leaf(start, *shape)


def _same_storage(a: Tensor, b: Tensor) -> bool:
    return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()


def _flat(tensors: list[Tensor]) -> Any:
    plain = [torch.as_tensor(each, dtype=torch.float64).detach().ravel() for each in tensors]
    return torch.cat(plain).numpy() if plain else np.array([])


NO_PARENTHESES = raising(
    "no-parentheses",
    "You gave `with` the class itself. Write parentheses after its name: they make the context manager that `with` needs.",
    "TypeError",
    "context manager protocol",
)


# --- 6.1 · Predict what the three methods give ----------------------------------------------------


def measured_table() -> dict[str, dict[str, Any]]:
    """Return each property of each method's result, for the leaf x = 2."""
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
    """Return a function that changes cells of a table. A cell is named `<method>__<property>`."""
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
            "Fourteen cells are right. Look again at `detach()`: check whether it copies the numbers or shares them.",
            _table_with(detach__storage=False),
        ),
        wrong_value(
            "block-gives-a-view",
            "Fourteen cells are right. The square in the block is a new result. Check where its numbers are stored.",
            _table_with(block__storage=True),
        ),
        wrong_value(
            "block-computes-nothing",
            "Fourteen cells are right. The block computes the square as usual, and only does not record it. Check its value.",
            _table_with(block__value=2.0),
        ),
        wrong_value(
            "computed-is-no-leaf",
            "Fourteen cells are right. A tensor without a graph is a leaf, even if it was computed.",
            _table_with(block__is_leaf=False),
        ),
        wrong_value(
            "no-leaf-without-grad",
            "You expect that a leaf has to require grad. A leaf is a tensor without a graph, and that is all.",
            _table_with(flag__is_leaf=False, detach__is_leaf=False, block__is_leaf=False),
        ),
        wrong_value(
            "new-tensor-is-no-leaf",
            "Two cells are wrong. A tensor without a graph is a leaf, even if it is a new tensor.",
            _table_with(detach__is_leaf=False, block__is_leaf=False),
        ),
        wrong_value(
            "flag-is-inherited",
            "You expect the square to require grad because x does. The block turns tracking off for what is computed in it.",
            _table_with(block__requires_grad=True),
        ),
        wrong_value(
            "block-records",
            "You expect the square to have a `grad_fn`. The block computes the square and records nothing.",
            _table_with(block__grad_fn=True),
        ),
        wrong_value(
            "detach-copies-block-shares",
            "Two cells are wrong. One method shares the numbers of x, and another one makes new numbers. You exchanged them.",
            _table_with(detach__storage=False, block__storage=True),
        ),
    ),
    hints=(
        "The answer has fifteen cells. Each value is a number. Each other cell is True or False.",
        "For each method, find out whether its result is x itself, another tensor with the numbers of x, or a tensor with new numbers.",
        "For `x.clone()` the row would be: 2.0, True, True, False, False. The clone is tracked, and it has its own numbers.",
        "Read the section 'Three ways to turn it off' again, line by line.",
    ),
    after=(
        "Three words, three effects: the flag of a tensor, a tensor outside the graph, and a region without "
        "recording. Most confusion comes from mixing them up."
    ),
)


# --- 6.2a · Freeze a tensor -----------------------------------------------------------------------


def measure_freeze(t: Tensor) -> Callable[[Any], Any]:
    """Return the function that says what `freeze` did to t."""
    before = t.detach().clone()
    gradient = None if t.grad is None else t.grad.clone()

    def gradient_now() -> str:
        if t.grad is None or gradient is None:
            return "as before" if t.grad is gradient else "changed"
        return "as before" if torch.equal(t.grad, gradient) else "changed"

    def after(result: Any) -> dict[str, Any]:
        returned = "nothing" if result is None else "another tensor" if isinstance(result, Tensor) else "no tensor"
        return {
            "returned": "t itself" if result is t else returned,
            "t requires grad": t.requires_grad,
            "values of t": "as before" if torch.equal(t.detach(), before) else "changed",
            "gradient of t": gradient_now(),
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
    reference=lambda t: {
        "returned": "t itself",
        "t requires grad": False,
        "values of t": "as before",
        "gradient of t": "as before",
    },
    mistakes=(
        wrong_effect(
            "froze-another-tensor",
            "You returned another tensor that is frozen, but `t` still requires grad. Change `t` itself.",
            {"returned": "another tensor", "t requires grad": True},
        ),
        wrong_effect(
            "nothing-changed",
            "After the call `t` requires grad. Expected a tensor that does not, whatever its flag was before. Set the flag of `t` itself.",
            {"returned": "t itself", "t requires grad": True},
        ),
        wrong_effect(
            "returned-another",
            "`t` is frozen, but you returned another tensor. Return `t` itself.",
            {"returned": "another tensor", "t requires grad": False},
        ),
        wrong_effect(
            "returned-nothing",
            "Your function returned None. Return `t`, as PyTorch's own in-place methods do.",
            {"returned": "nothing"},
        ),
        wrong_effect(
            "returned-no-tensor",
            "You returned something that is not a tensor. Return `t` itself.",
            {"returned": "no tensor"},
        ),
        wrong_effect(
            "changed-values",
            "Your function changed the numbers in `t`. Freezing keeps the numbers and only turns tracking off.",
            {"values of t": "changed"},
        ),
        wrong_effect(
            "changed-gradient",
            "Your function changed or removed the gradient that `t` already had. Freezing keeps it, and only turns tracking off.",
            {"gradient of t": "changed"},
        ),
    ),
    hints=(
        "The argument is a tensor, and the result is the same tensor: `freeze(t) is t`.",
        "Find the one of the three methods that changes a tensor in place.",
        "To zero a tensor in place and return it, write `t.zero_()` and then `return t`. The underscore means 'in place'.",
        "Read the section 'This tensor, from now on' again.",
    ),
    after=(
        "Freezing is how one trains only the last layers of a large model. A frozen parameter costs no "
        "gradient and no memory for one."
    ),
)


# --- 6.2b · Catch an error and read it ------------------------------------------------------------


def backward_of_constant(number: float) -> Callable[[], None]:
    """Return a function that calls `backward()` on an untracked tensor."""
    return lambda: (torch.tensor(number) ** 2).backward()  # type: ignore[no-untyped-call]


def freeze_result(number: float) -> Callable[[], object]:
    """Return a function that sets `requires_grad` of a computed tensor."""
    return lambda: computed(number).requires_grad_(False)


def harmless(number: float) -> Callable[[], float]:
    """Return a function that raises nothing."""
    return lambda: 2 * number


def negative_rate(rate: float) -> Callable[[], object]:
    """Return a function that raises a `ValueError`."""

    def function() -> None:
        raise ValueError(f"a learning rate of {-abs(rate)} goes uphill")

    return function


def missing_key(key: str) -> Callable[[], object]:
    """Return a function that raises a `KeyError`, whose text has quotes around the key."""
    return lambda: {"weight": 0.3}[key]


class DivergedError(Exception):
    """Training went wrong: an exception of a class of one's own."""


def diverged(*said: str) -> Callable[[], object]:
    """Return a function that raises a `DivergedError` with these arguments."""

    def function() -> None:
        raise DivergedError(*said)

    return function


class _Caught:
    """A context manager that catches and keeps the exception of its block."""

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
    """Return the exception of `fn` in a format such as "{error!r}"; "" if there is none."""
    error = _error_of(fn)
    return "" if error is None else form.format(error=error, kind=type(error).__name__)


def _returned(call: Call, *kinds: str) -> bool:
    return call.value is not None and call.value.kind in kinds


def _came_through(call: Call) -> bool:
    """Whether the call raised an exception of the given function, and not one of the answer's own."""
    kinds = ("RuntimeError", "ValueError", "KeyError", "DivergedError")
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
        "missing_key": missing_key,
        "diverged": diverged,
    },
    cases=(
        case(Build("backward_of_constant", (2.5,))),
        case(Build("harmless", (1.5,))),
        case(Build("negative_rate", (0.3,))),
        case(Build("freeze_result", (0.8,))),
        case(Build("missing_key", ("bias",))),
        case(Build("diverged", (" the loss is nan,\nand the weights too ",))),
        case(Build("diverged")),
        case(Build("diverged", ("step", "loss"))),
    ),
    reference=lambda fn: _said(fn, "{error}"),
    mistakes=(
        Mistake(
            "not-caught",
            "Your function did not catch the error of `fn`. Call `fn` between `try:` and `except`.",
            shows=_came_through,
            says=lambda source: not may_catch(source),
        ),
        Mistake(
            "caught-too-little",
            "An error of `fn` came out of your function. A function can raise exceptions of many classes, also of its own. Catch them "
            "all, and raise none of them again.",
            shows=_came_through,
        ),
        Mistake(
            "printed",
            "Your function printed the text and returned None. Return the text.",
            shows=lambda call: _returned(call, "nothing") and bool(call.printed.strip()),
        ),
        Mistake(
            "none-without-error",
            "Expected an empty string where `fn` raises nothing; got None.",
            shows=lambda call: _returned(call, "nothing"),
            at=lambda fn: _error_of(fn) is None,
        ),
        Mistake(
            "none-with-error",
            "Your function returned None where `fn` raises an error. Return the error's text there.",
            shows=lambda call: _returned(call, "nothing"),
        ),
        Mistake(
            "exception-for-text",
            "You returned the exception object. Return its text.",
            shows=lambda call: _returned(call, "other"),
        ),
        wrong_value(
            "repr-for-text",
            "You returned the `repr` of the exception, which contains its class. Return its text only.",
            lambda text, fn: _said(fn, "{error!r}"),
        ),
        wrong_value(
            "class-for-text",
            "You returned the name of the exception's class. Return its text.",
            lambda text, fn: _said(fn, "{kind}"),
        ),
        wrong_value(
            "class-and-text",
            "Your text starts with the name of the exception's class. Return the text only.",
            lambda text, fn: _said(fn, "{kind}: {error}"),
        ),
    ),
    hints=(
        "The argument is a function without arguments. The result is a string. It is empty if the function raises nothing.",
        "Catch exceptions of every class. Return the text, and not the object or its class.",
        "This code shows why `int(word)` fails: `try:` `int(word)`, then `except ValueError as error:` `print(error)`.",
        "Read the cells with `try` in the section 'This tensor, from now on' again.",
    ),
    after=("Messages of PyTorch often name the cause and the cure. Read the first sentence before you search for it."),
)


# --- 6.3a · A detached factor, by hand ------------------------------------------------------------


def stopped(x: Tensor) -> Tensor:
    """Return x · x², where the square is detached."""
    return x * (x * x).detach()


def stopped_outside(x: Tensor) -> Tensor:
    """Return x · x², where the first factor is detached."""
    return x.detach() * (x * x)


def unstopped(x: Tensor) -> Tensor:
    """Return x · x², where nothing is detached."""
    return x * (x * x)


STOP_GRADIENT_DERIVATIVE = Exercise(
    id="no_grad.stop_gradient_derivative",
    number="6.3a",
    title="A detached factor, by hand",
    way="hand",
    difficulty=2,
    importance=4,
    minutes=3,
    points=1,
    cases=(case(-1.7), case(0.6), case(2.3174), case(0.0, exact=True)),
    reference=gradient(stopped),
    mistakes=(
        wrong_value(
            "detached-still-moves",
            "You returned the derivative with nothing detached. The detached factor counts as a constant.",
            lambda slope, x: gradient(unstopped)(x),
        ),
        wrong_value(
            "only-the-detached-part",
            "You differentiated the detached factor and kept the other one constant. It is the other way round.",
            lambda slope, x: gradient(stopped_outside)(x),
        ),
        wrong_value(
            "detached-is-zero",
            "Your answer is 0. The detached factor is a constant, but the other factor still changes.",
            lambda slope, x: 0.0,
        ),
        wrong_value(
            "detached-is-absent",
            "Your answer does not contain the detached factor. A constant factor stays when you differentiate, as the 7 in 7x.",
            lambda slope, x: 1.0,
        ),
        wrong_value(
            "value-for-derivative",
            "You returned the value of z. The exercise asks for its slope.",
            lambda slope, x: slope * x,
        ),
    ),
    hints=(
        "The argument is a number, and the result is a number.",
        "Replace the detached part by a name, for example c. Differentiate. Then put the value of c back.",
        "Another example is exp(x) · detach(x). With c it is c·exp(x), and the slope is c·exp(x). With c = x the slope is x·exp(x).",
        "Read the section 'Constant, not absent' again.",
    ),
    after=(
        "The value counts and its derivative does not. Mathematics has no such function, so a central "
        "difference can't confirm it."
    ),
)


# --- 6.3b · A detached factor, by autograd --------------------------------------------------------

STOP_GRADIENT_AUTOGRAD = Exercise(
    id="no_grad.stop_gradient_autograd",
    number="6.3b",
    title="A detached factor, by autograd",
    way="autograd",
    difficulty=2,
    importance=4,
    minutes=3,
    points=1,
    cases=(case(-1.7), case(0.0, exact=True), case(0.6), case(2.3174)),
    reference=gradient(stopped),
    mistakes=(
        NO_PARENTHESES,
        raising(
            "inference-is-for-good",
            "The graph has to save your factor for the backward pass. It can't save a tensor that was made in inference mode. Use another method.",
            "RuntimeError",
            "inference tensors cannot be saved",
        ),
        wrong_value(
            "not-detached",
            "Your answer is the gradient with nothing detached. Check where you cut the graph, and how many passes add to `.grad`.",
            lambda slope, x: gradient(unstopped)(x),
        ),
        wrong_value(
            "wrong-factor-detached",
            "Your answer is twice the right one, as it is where the first factor is detached. Check where you cut the graph, and how "
            "many passes add to `.grad`.",
            lambda slope, x: gradient(stopped_outside)(x),
        ),
        wrong_value(
            "value-for-derivative",
            "You returned the value of z. The slope is in the `.grad` of the leaf.",
            lambda slope, x: slope * x,
        ),
        wrong_value(
            "detached-is-absent",
            "Your answer does not contain the detached factor. It is a constant, but it is still a factor of the product.",
            lambda slope, x: 1.0,
        ),
    ),
    hints=(
        "The argument is a number, and the result is a plain float.",
        "One factor of the product has to stay tracked. If you detach everything, no graph is left for the backward pass.",
        "Another example is exp(x) · detach(x): `z = torch.exp(x) * x.detach()`, then `z.backward()`, then `x.grad.item()`.",
        "Read the section 'Constant, not absent' again.",
    ),
    after=(
        "Targets that must not move are made like this: in reinforcement learning, in contrastive learning, "
        "and in the straight-through estimator."
    ),
)


# --- 6.4 · An independent copy --------------------------------------------------------------------


def single(start: float, *shape: int) -> Tensor:
    """Return a leaf in float32 that requires grad."""
    return _numbers(start, *shape).float().requires_grad_()


def whole(*numbers: int) -> Tensor:
    """Return a tensor of integers."""
    return torch.tensor(numbers)


def measure_copy(t: Tensor) -> Callable[[Any], Any]:
    """Return the function that describes the copy. It returns anything but a tensor as it is."""

    def after(copy: Any) -> Any:
        if not isinstance(copy, Tensor):
            return copy
        return {
            "values": copy.detach().double().numpy(),
            "dtype": str(copy.dtype),
            "requires grad": copy.requires_grad,
            "has a grad_fn": copy.grad_fn is not None,
            "own storage": not _same_storage(copy, t),
            "made in inference mode": copy.is_inference(),
        }

    return after


def _right_copy(t: Tensor) -> dict[str, Any]:
    return {
        "values": np.array(t.tolist(), dtype=np.float64),
        "dtype": str(t.dtype),
        "requires grad": False,
        "has a grad_fn": False,
        "own storage": True,
        "made in inference mode": False,
    }


def _of_whole_numbers_requires_grad(call: Call) -> bool:
    """Whether a copy of integers was told to require grad, which PyTorch refuses."""
    return call.raised is not None and "only Tensors of floating point" in call.raised.text


SAFE_COPY = Exercise(
    id="no_grad.safe_copy",
    number="6.4",
    title="An independent copy",
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
            "Your function did not return a tensor. Return a tensor with the values of `t`.",
            shows=lambda call: call.value is not None and call.value.kind != "mapping",
        ),
        wrong_effect(
            "the-tensor-itself",
            "You returned `t` itself, or a tracked tensor that shares the numbers of `t`. Return a tensor with its own numbers and without a graph.",
            {"own storage": False, "requires grad": True},
        ),
        wrong_effect(
            "shares-storage",
            "Your tensor has no graph, but it shares the numbers of `t`. If you write 100 into it, `t` changes too.",
            {"own storage": False, "requires grad": False},
        ),
        wrong_effect(
            "keeps-graph",
            "Your copy has its own numbers, but it still has a graph: its `grad_fn` leads back to `t`.",
            {"own storage": True, "has a grad_fn": True},
        ),
        Mistake(
            "still-requires-grad",
            "Your function has its copy require grad. Expected a tensor that does not require grad.",
            shows=lambda call: (
                _of_whole_numbers_requires_grad(call)
                or (effect(call, "requires grad"), effect(call, "has a grad_fn")) == (True, False)
            ),
        ),
        wrong_effect(
            "inference-copy",
            "You made the copy in inference mode, so no graph can ever save it, and it can't be trained on. Use a method "
            "whose result is an ordinary tensor.",
            {"made in inference mode": True},
        ),
        NO_PARENTHESES,
        raising(
            "deepcopy-of-computed",
            "`deepcopy` works for leaf tensors only. Cut a computed tensor from its graph first.",
            "RuntimeError",
            "deepcopy protocol",
        ),
        wrong_value(
            "lost-dtype",
            "Your copy has the default dtype of PyTorch, as a tensor made from Python numbers has. Keep the dtype of `t`.",
            lambda right, t: {**right, "dtype": "torch.float32"} if t.is_floating_point() else right,
        ),
        wrong_value(
            "values-not-copied",
            "Your copy contains only zeros. Copy the values of `t`.",
            lambda right, t: {**right, "values": np.zeros(tuple(t.shape))},
        ),
    ),
    hints=(
        "The argument is a tensor: a leaf, a computed tensor, or an untracked one. The result has the same shape, dtype and values.",
        "The copy must have no graph and must not share numbers with `t`. There is one method for each.",
        "NumPy needs two steps too: `a[1:3]` shares the numbers of `a`, and `a[1:3].copy()` has its own.",
        "Read the section 'The same numbers' again.",
    ),
    after=(
        "`detach()` shares the numbers, and `clone()` keeps the graph. Only both together give a copy that "
        "nothing reaches."
    ),
)


# --- 6.5 · One step of gradient descent -----------------------------------------------------------


def parameters(start: float) -> list[Tensor]:
    """Return a matrix and a vector with gradients, a vector without one, and a scalar with one."""
    return [
        leaf_with_gradient(start, 2, 3),
        leaf_with_gradient(start + 1, 2),
        leaf(start + 2, 2),
        leaf_with_gradient(start + 3),
    ]


def parameters_and_constant(start: float) -> list[Tensor]:
    """Return a vector with a gradient, a frozen vector without one, and a matrix with one."""
    return [leaf_with_gradient(start, 3), constant(start + 2, 2), leaf_with_gradient(start + 3, 2, 2)]


def measure_step(params: list[Tensor], lr: float) -> Callable[[Any], Any]:
    """Return the function that says what `sgd_step_` did to the parameters."""
    objects = list(params)
    flags = [p.requires_grad for p in objects]
    gradients = [None if p.grad is None else p.grad.clone() for p in objects]
    # These share the storages and keep them alive, so no new tensor gets an old address.
    numbers = [p.detach() for p in objects]

    def kept(p: Tensor, gradient: Tensor | None) -> bool:
        now = p.grad if p.is_leaf else None
        return now is gradient if now is None or gradient is None else torch.equal(now, gradient)

    def after(result: Any) -> dict[str, Any]:
        same = len(params) == len(objects) and all(a is b for a, b in zip(params, objects, strict=True))
        return {
            "values": _flat(params),
            "same objects": same,
            "same storage": all(map(_same_storage, objects, numbers)),
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
        "same storage": True,
        "all leaves": True,
        "requires_grad": "as before",
        "gradients": "as before",
    }


def _moved_first(params: list[Tensor], lr: float) -> Any:
    """Return the values after a step of the first parameter alone."""
    return np.concatenate([_right_step(params[:1], lr)["values"], _flat(params[1:])])


def _moved_before_first_none(params: list[Tensor], lr: float) -> Any:
    """Return the values after a step that ends at the first parameter without a gradient."""
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
        Mistake(
            "library-steps",
            "You let an optimizer take the step. Change each parameter yourself.",
            calls=frozenset({"SGD"}),
        ),
        NO_PARENTHESES,
        raising(
            "step-without-gradient",
            "The `.grad` of one parameter is None, because no backward pass reached it. Skip this parameter.",
            "Exception",
            "NoneType",
        ),
        wrong_effect(
            "made-new-tracked",
            "You put new, computed tensors into the list, so their `.grad` stays None. Change the old tensors in place.",
            {"same objects": False, "all leaves": False},
        ),
        wrong_effect(
            "made-new-untracked",
            "You put new tensors into the list that do not require grad. Change the old tensors in place.",
            {"same objects": False, "all leaves": True, "requires_grad": "changed"},
        ),
        wrong_effect(
            "made-new-leaves",
            "You put new leaf tensors into the list. A model would still hold the old ones. Change the old tensors in place.",
            {"same objects": False, "all leaves": True, "requires_grad": "as before"},
        ),
        wrong_effect(
            "changed-requires-grad",
            "Your step changed `requires_grad` of a parameter. The next forward pass needs it as it was.",
            {"same objects": True, "requires_grad": "changed"},
        ),
        wrong_effect(
            "touched-gradients",
            "Your step changed the gradients. A step only reads them. Clearing is another step.",
            {"gradients": "changed"},
        ),
        wrong_effect(
            "new-storage",
            "You put a new tensor behind the parameter, as `p.data = …` does. Change the numbers of the parameter in place.",
            {"same objects": True, "same storage": False},
        ),
        wrong_value(
            "nothing-moved",
            "No parameter changed. After the call, the tensors in the list that have a gradient hold new numbers. A new tensor changes "
            "none of them, with a name or without one.",
            lambda right, params, lr: {**right, "values": _flat(params)},
        ),
        wrong_value(
            "only-first",
            "Only the first parameter changed. Take the same step for each parameter in the list.",
            lambda right, params, lr: {**right, "values": _moved_first(params, lr)},
        ),
        wrong_value(
            "stopped-at-none",
            "Your step ended at the first parameter without a gradient. Skip this parameter, and go on with the others.",
            lambda right, params, lr: {**right, "values": _moved_before_first_none(params, lr)},
        ),
    ),
    hints=(
        "The arguments are a list of leaf tensors and a number. Change the tensors in the list. The result does not matter.",
        "Check three things: the direction of the step, which tensor you change, and a `.grad` that is None.",
        "This code halves every tensor in place: `with torch.no_grad():` `for p in params:` `p *= 0.5`.",
        "Read the section 'The update step' again.",
    ),
    after=(
        "You have written `torch.optim.SGD` without momentum. The step must not be recorded, since otherwise "
        "each step would become a part of the next one's graph."
    ),
)


# --- 6.6 · Predict without side effects -----------------------------------------------------------


class _Log(list[dict[str, Any]]):
    """What a model notes about its forward passes. A copy of the model writes into the same log."""

    def __deepcopy__(self, memo: object) -> Self:
        return self


def _linear(inputs: int, outputs: int) -> torch.nn.Linear:
    """Return an uninitialized layer. It draws no random numbers, so the state of the student's generator stays the same."""
    return torch.nn.Linear(inputs, outputs, dtype=torch.float64, device="meta").to_empty(device="cpu")


class Classifier(torch.nn.Module):
    """A small network that notes for each forward pass the mode and the number of saved tensors.

    Its parts have parts. The second dropout has another flag than the first, which is of the same class.
    """

    def __init__(self, training: int, norm_training: int, start: float) -> None:
        super().__init__()
        self.log = _Log()
        norm = torch.nn.BatchNorm1d(4, dtype=torch.float64)
        self.body = torch.nn.Sequential(_linear(3, 4), norm, torch.nn.ReLU(), torch.nn.Dropout(0.5))
        self.head = torch.nn.Sequential(torch.nn.Dropout(0.4), _linear(4, 2))
        with torch.no_grad():
            for i, learned in enumerate(self.parameters()):
                learned.copy_(_numbers(start + i, *learned.shape))
            for i, counted in enumerate(norm.buffers()):
                counted.copy_(_numbers(start - i, *counted.shape).square() + 1)
        self.train(bool(training))
        norm.train(bool(norm_training))
        self.head[0].train(not training)

    def forward(self, x: Tensor) -> Tensor:
        """Return two logits for each row."""
        saved: list[Tensor] = []

        def pack(tensor: Tensor) -> Tensor:
            saved.append(tensor)
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            result: Tensor = self.head(self.body(x))
        self.log.append({"training": any(part.training for part in self.modules()), "saved": len(saved)})
        return result


def measure_predict(model: Classifier, x: Tensor) -> Callable[[Any], Any]:
    """Return the function that says what `predict` did to the model."""
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
    """Return the logits in eval mode: with the learned normalization and without dropout."""
    first, norm, *_ = cast(Any, model.body)
    hidden = functional.batch_norm(first(x), norm.running_mean, norm.running_var, norm.weight, norm.bias)
    result: Tensor = model.head[1](torch.relu(hidden))
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
    title="Predict without side effects",
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
            "Your function did not run the model. Call `model(X)`.",
            {"forward pass": "none"},
        ),
        wrong_effect(
            "parameters-frozen",
            "After your call the parameters of the model do not require grad, so the model can't be trained further.",
            {"parameters require grad": False},
        ),
        wrong_effect(
            "not-in-eval-mode",
            "The model, or a part of it, ran in training mode. There dropout is active, and a batch norm changes its statistics. Switch the mode of the model with all its parts before the forward pass.",
            {"forward pass": "in training mode"},
        ),
        Mistake(
            "eval-is-not-no-grad",
            "The output still has its graph. `eval()` changes how some layers work. It does not turn tracking off.",
            shows=lambda call: (
                effect(call, "forward pass") == "in eval mode"
                and effect(call, "output requires grad") is True
                and (effect(call, "tensors saved") or 0) > 0
            ),
        ),
        Mistake(
            "detached-too-late",
            "You detached the output after the forward pass, when the graph had already saved its tensors. Turn tracking off before the forward pass.",
            shows=lambda call: (
                effect(call, "output requires grad") is False and (effect(call, "tensors saved") or 0) > 0
            ),
        ),
        wrong_effect(
            "left-in-eval-mode",
            "You left the model in eval mode. Some of its parts were in training mode before. Set each part back to its old mode.",
            {"training flags afterwards": "all in eval mode"},
        ),
        wrong_effect(
            "flags-of-the-parts",
            "After your call every part is in training mode, and some part was in eval mode before. `train()` would do that. Set each "
            "part back to its old mode.",
            {"training flags afterwards": "all in training mode"},
        ),
        wrong_effect(
            "flags-of-inner-parts",
            "After your call some parts have another flag than before. A part can have parts of its own, and two parts of one class can "
            "have different flags. Compare the flags of all parts before and after.",
            {"training flags afterwards": "mixed"},
        ),
    ),
    hints=(
        "The arguments are a model and a matrix. The result is the output of the model. After the call the model is as it was before.",
        "You need two switches: one for the mode of the layers, and one for tracking. Afterwards set the flags back.",
        "For many lamps it works like this: `was = [(lamp, lamp.on) for lamp in lamps]`, and later `for lamp, on in was: lamp.on = on`.",
        "Read the section 'A model made of modules' again. `model.modules()` gives the model and every part of it.",
    ),
    after=(
        "Two switches that many people take for one. `eval()` changes what layers compute, and `no_grad()` "
        "changes what is recorded."
    ),
)


# --- 6.7 · Freeze the weights, train the bias -----------------------------------------------------


def layer_loss(x: Tensor, weight: Tensor, bias: Tensor, y: Tensor) -> Tensor:
    """Return the mean binary cross-entropy of the outputs of a linear layer."""
    return functional.binary_cross_entropy_with_logits(x @ weight + bias, y)


def layer_loss_sigmoid_twice(x: Tensor, weight: Tensor, bias: Tensor, y: Tensor) -> Tensor:
    """Return the loss of a linear layer, with the sigmoid applied twice."""
    return functional.binary_cross_entropy_with_logits(torch.sigmoid(x @ weight + bias), y)


def measure_bias_only(x: Tensor, weight: Tensor, bias: Tensor, y: Tensor) -> Callable[[Any], Any]:
    """Return the function that says what `train_bias_only` did to W and b."""
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
    passes=lambda x, weight, bias, y: 1,
    reference=_right_bias_only(layer_loss),
    mistakes=(
        NO_PARENTHESES,
        Mistake(
            "froze-the-bias",
            "You turned tracking off for `b`. Freeze `W`, and train `b`.",
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
            "`W` got a gradient too. Freeze `W` before the forward pass. Then nothing is recorded for it.",
            {"W.grad is None": False},
        ),
        wrong_effect(
            "gradient-thrown-away",
            "`W.grad` is None, but autograd still computed a gradient for `W`. Freeze `W` before the forward pass. Then this work is not done.",
            {"gradient of W computed": True},
        ),
        wrong_effect(
            "values-changed",
            "Your function changed the values of `W` or `b`. Return the gradient only, and update nothing.",
            {"values of W and b": "changed"},
        ),
        Mistake(
            "backward-returns-none",
            "The gradient that you returned is None. Return the `.grad` of `b`. Read it after the backward pass, and before anything clears it.",
            shows=lambda call: measured(call, "gradient of b").kind == "nothing" and not call.warnings,
        ),
        Mistake(
            "grad-returns-tuple",
            "You returned a tuple with one gradient, as `torch.autograd.grad` gives it. Return the gradient itself.",
            shows=lambda call: _is_tuple_of_one(measured(call, "gradient of b")),
        ),
        wrong_value(
            "summed-loss",
            "Your gradient is that of the sum over the outputs. The exercise asks for the mean.",
            lambda right, x, weight, bias, y: {**right, "gradient of b": right["gradient of b"] * len(bias)},
        ),
        wrong_value(
            "sigmoid-twice",
            "You applied the sigmoid twice. The loss for logits already includes it.",
            lambda right, *arguments: _right_bias_only(layer_loss_sigmoid_twice)(*arguments),
        ),
    ),
    hints=(
        "`W` and `b` are leaf tensors that require grad. The result is a gradient with the shape of `b`.",
        "One of the two parameters has to stay tracked, and the other one must not be tracked. Decide which.",
        "For (w·x + b)² it works like this: `w.requires_grad_(False)`, then the forward pass, `backward()`, and `b.grad`.",
        "Read the section 'Freezing a part' again. The loss is in the cell with the linear layer.",
    ),
    after=(
        "The other parameter got no gradient, so no optimizer would move it. Fine-tuning with few parameters, "
        "as in BitFit, trains just the biases."
    ),
)


# --- 6.8 · Train a model --------------------------------------------------------------------------


def bce(x: Tensor, y: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Return the binary cross-entropy of the prediction σ(w x + b) for the label y."""
    return functional.binary_cross_entropy_with_logits(w * x + b, y)


def bce_sigmoid_twice(x: Tensor, y: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Return the loss for logits, given a probability by mistake."""
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
    """Return the losses before each step of gradient descent, and the loss after the last step.

    Parameters
    ----------
    kept
        The share of the previous gradient that is added to each new one.
    speeds
        Factors for the steps of the weight and of the bias.
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
    title="Train a model",
    way="any",
    difficulty=4,
    importance=5,
    minutes=9,
    points=3,
    cases=(
        case(0.5, 1, -1.2, 0.3),
        case(-1.4, 0, 0.8, 1.5, 0.35, 8),
        case(2.1, 1, -0.4, -0.9, 0.2, 12),
        # The model is sure and wrong, so a clamp shows.
        case(3.5, 0, 1.1, 0.6, 0.05, 3),
    ),
    reference=_course,
    # Rounding errors add up over twenty steps in float32.
    atol=2e-6,
    mistakes=(
        NO_PARENTHESES,
        Mistake(
            "graph-kept",
            "You used `retain_graph=True`. Every step builds a new graph, so nothing needs the old one. Remove it.",
            shows=lambda call: any(run.keeps_graph for run in call.engine_runs),
        ),
        Mistake(
            "grad-of-non-leaf",
            "After your update the parameter is not a leaf any more, so its `.grad` stays None. `w = w - …` makes a new, "
            "tracked tensor. Take the step without tracking.",
            shows=lambda call: any("not a leaf" in warning for warning in call.warnings),
        ),
        Mistake(
            "graph-grows",
            "The graph of your loss grows from step to step. Your update is recorded, so each new weight has all the steps "
            "before it in its graph. Take the step without tracking.",
            shows=lambda call: bool(call.engine_runs) and call.engine_runs[-1].nodes > call.engine_runs[0].nodes,
        ),
        wrong_value(
            "forgot-to-clear",
            "From the second step on, your step takes the sum of all gradients so far. Expected a step by the newest gradient alone. "
            "`.grad` is a running sum until it is cleared.",
            lambda right, *arguments: _course(*arguments, kept=1.0),
        ),
        wrong_value(
            "nothing-learned",
            "Your loss does not change. Neither the weight nor the bias was updated.",
            lambda right, *arguments: _course(*arguments, speeds=(0.0, 0.0)),
        ),
        wrong_value(
            "uphill",
            "Your loss grows from step to step. The gradient points in the direction in which the loss grows. Check the sign of your step.",
            lambda right, *arguments: _course(*arguments, speeds=(-1.0, -1.0)),
        ),
        wrong_value(
            "bias-not-trained",
            "You updated the weight only. The bias is a parameter too.",
            lambda right, *arguments: _course(*arguments, speeds=(1.0, 0.0)),
        ),
        wrong_value(
            "weight-not-trained",
            "You updated the bias only. The weight is a parameter too.",
            lambda right, *arguments: _course(*arguments, speeds=(0.0, 1.0)),
        ),
        wrong_value(
            "logged-after-the-step",
            "Your list begins with the loss after the first step. The exercise asks for the loss before each step.",
            lambda right, *arguments: ([*right[0][1:], right[1]], right[1]),
        ),
        wrong_value(
            "final-before-the-last-step",
            "Your last number is the loss before the last step. Expected the loss after it: take this step too, and then run the forward pass once more.",
            lambda right, *arguments: (right[0], right[0][-1]),
        ),
        wrong_value(
            "ignored-rate",
            "Your answer does not depend on the learning rate. Use the argument `lr`.",
            lambda right, x, y, w, b, lr=0.1, steps=20: _course(x, y, w, b, 0.1, steps),
        ),
        wrong_value(
            "sigmoid-twice",
            "You applied the sigmoid twice. The loss for logits already includes it.",
            lambda right, *arguments: _course(*arguments, loss=bce_sigmoid_twice),
        ),
    ),
    hints=(
        "The result is a tuple of two: a list of `steps` floats, and one more float.",
        "Each step has five parts, in this order: forward, log, backward, update, clear. Decide which part must not be recorded.",
        "Another example is a list of lengths: `lengths.append(v.norm().item())` keeps a number and no graph.",
        "Read the section 'All of it together' again. The loop there trains with another loss.",
    ),
    after=(
        "Every training loop has these five parts, also the one of a large language model. An optimizer takes two "
        "of them for you: update and clear."
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
