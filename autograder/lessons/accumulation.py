"""Lesson 5: `.grad` is a running sum, and a backward pass frees what the graph saved."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..exercise import Array, Build, Case, Exercise, Lesson, case, gradient
from ..mistake import Mistake, raising, wrong_effect, wrong_value
from ..observation import Call

# --- shared ---------------------------------------------------------------------------------------

Numbers = np.ndarray[Any, np.dtype[np.float64]]


def _leaf(*numbers: float) -> Tensor:
    """Return a float64 leaf: a scalar for one number, a vector for several."""
    data = numbers[0] if len(numbers) == 1 else numbers
    return torch.tensor(data, dtype=torch.float64, requires_grad=True)


def _history(k: int, clear: bool, weight: float, coefficient: float) -> list[float]:
    """Return the buffer of a weight after each of k backward passes of coefficient · weight."""
    leaf = _leaf(weight)
    seen = []
    with torch.enable_grad():
        for _ in range(k):
            if clear:
                leaf.grad = None
            torch.autograd.backward(coefficient * leaf)
            assert leaf.grad is not None
            seen.append(leaf.grad.item())
    return seen


def _completed(call: Call) -> bool:
    """Whether a call returned something other than None."""
    return call.raised is None and call.value is not None and call.value.kind != "nothing"


def _has_none(call: Call) -> bool:
    return (
        call.value is not None
        and not any("not a leaf" in warning for warning in call.warnings)
        and any(item.kind == "nothing" for item in call.value.items)
    )


_NONE_READ = Mistake(
    "none-read",
    "At least one entry is None. A `.grad` that you set to None stays None until the next backward pass. Read it before you clear it.",
    shows=_has_none,
)


def _rebuilt(call: Call) -> bool:
    """Whether the second of two passes went through another graph. It did if the first kept none."""
    runs = call.engine_runs
    return _completed(call) and len(runs) > 1 and runs[0].accumulates and not (runs[0].retain_graph and runs[1].again)


_RETAINED_ON_LAST = Mistake(
    "retained-on-last",
    "Your last pass keeps the graph, and nothing uses the graph after it. Keep the graph only if another pass follows.",
    shows=lambda call: _completed(call) and bool(call.engine_runs) and call.engine_runs[-1].keeps_graph,
)

_CREATED_GRAPH = Mistake(
    "created-graph",
    "You used `create_graph=True`, which records the backward pass itself. To keep the graph for a second pass, use "
    "`retain_graph=True`.",
    shows=lambda call: _completed(call) and any(run.create_graph and run.accumulates for run in call.engine_runs),
)


# --- 5.1 · Predict three prints -------------------------------------------------------------------

PREDICTED_PRINTS = Exercise(
    id="accumulation.predicted_prints",
    number="5.1",
    title="Predict three prints",
    way="recorded",
    difficulty=1,
    importance=4,
    minutes=3,
    points=1,
    cases=(case(),),
    reference=lambda: _history(3, False, 1.0, 3.0),
    mistakes=(
        wrong_value(
            "overwrites",
            "You expect each pass to replace what is in the buffer. Run the cell below, and look at its second print.",
            lambda prints: _history(3, True, 1.0, 3.0),
        ),
        wrong_value(
            "doubles",
            "You expect each pass to double the buffer. A pass adds one more gradient, and each gradient has the same size.",
            lambda prints: [prints[0] * 2**i for i in range(3)],
        ),
        wrong_value(
            "starts-at-zero",
            "You expect the first print to show an empty buffer. Each print comes after a backward pass.",
            lambda prints: [0.0, *prints[:-1]],
        ),
        wrong_value(
            "starts-at-weight",
            "You added the value of the weight. The buffer contains gradients only.",
            lambda prints: [entry + 1 for entry in prints],
        ),
        wrong_value(
            "summed-over-weights",
            "You added up the slopes of all four weights. The printed number is the slope in one weight.",
            lambda prints: [entry * 4 for entry in prints],
        ),
        wrong_value(
            "value-for-derivative",
            "You wrote the value of the output. The cell prints a slope.",
            lambda prints: [4 * prints[0]] * 3,
        ),
    ),
    hints=(
        "The answer is a list of three numbers, in the order of the prints.",
        "That loop never clears `weights.grad`. Think about what happens to the gradient of the pass before.",
        "Another example is `loss = 5 * w`. Its slope is 5 in each pass. If a pass adds, the buffer holds 10 after two passes.",
        "Read the section 'One pass, then another' again. The cell below the check shows the prints.",
    ),
    after=(
        "Nothing in the output says that something is wrong, and so this bug lives long in real code: the "
        "steps become larger and larger."
    ),
)


# --- 5.2a · The buffer, in plain Python -----------------------------------------------------------


def _times(history: list[float], *factors: float) -> list[float]:
    """Return the history with its entries multiplied by the factors in turn."""
    return [entry * factors[i % len(factors)] for i, entry in enumerate(history)]


_HISTORY_MISTAKES = (
    wrong_value(
        "overwrites",
        "In your answer each pass replaces what is in the buffer, also when `clear` is False. Look at what a backward pass does with an old gradient.",
        lambda history, k, clear, *both: _history(k, True, *both),
    ),
    wrong_value(
        "never-cleared",
        "In your answer the gradients add up, also when `clear` is True. Empty the buffer between two passes.",
        lambda history, k, clear, *both: _history(k, False, *both),
    ),
    wrong_value(
        "clear-inverted",
        "Your answer clears the buffer when `clear` is False, and not when it is True. It should be the other way round.",
        lambda history, k, clear, *both: _history(k, not clear, *both),
    ),
    wrong_value(
        "cleared-before-reading",
        "You cleared the buffer before you read it. Read it first, then clear it.",
        lambda history, k, clear, *both: [0.0] * k if clear else history,
    ),
    wrong_value(
        "read-too-early",
        "You read the buffer before each pass. The exercise asks for the buffer after each pass.",
        lambda history, k, clear, *both: [0.0] * k if clear else [0.0, *history[:-1]],
    ),
    wrong_value(
        "doubles",
        "In your answer each pass doubles the buffer. A pass adds one new gradient, and each gradient has the same size.",
        lambda history, k, clear, *both: history if clear else [history[0] * 2**i for i in range(k)],
    ),
    wrong_value(
        "value-for-derivative",
        "You added up the values of the loss. A backward pass adds the slope of the loss to the buffer.",
        lambda history, k, clear, weight, coefficient: _times(history, weight),
    ),
    wrong_value(
        "slope-in-the-other",
        "You used the slope in the coefficient. The buffer belongs to the weight, so it needs the slope in the weight.",
        lambda history, k, clear, weight, coefficient: _times(history, weight / coefficient),
    ),
)

GRAD_HISTORY = Exercise(
    id="accumulation.grad_history",
    number="5.2a",
    title="The buffer, in plain Python",
    way="hand",
    difficulty=1,
    importance=4,
    minutes=4,
    points=1,
    cases=(
        case(4, False, -1.3, 2.5),
        case(3, True, 0.7, -1.6),
        case(5, False, 1.9, 9.137),
        case(2, True, -2.2, 3.1),
    ),
    reference=_history,
    mistakes=_HISTORY_MISTAKES,
    hints=(
        "The result is a list of `k` floats: the buffer after the first pass, after the second pass, and so on.",
        "A pass adds and never replaces. Empty the buffer between two passes only if `clear` is True. Read it after each pass.",
        "Another example is the loss 7 · weight. Three passes without clearing give 7, then 7 + 7, then 7 + 7 + 7.",
        "Read the cell with `buffer` in the section 'One pass, then another'.",
    ),
    after=(
        "You have modelled the buffer: one number that is added to. Frameworks differ here: JAX returns "
        "gradients and has no buffer."
    ),
)


# --- 5.2b · The buffer, as autograd fills it ------------------------------------------------------


def _added_elsewhere(call: Call) -> bool:
    """Whether the numbers differ though no `backward` found a gradient to add to."""
    numbers = [one.numbers[0] for one in call.value.items if one.kind == "number"] if call.value is not None else []
    runs = call.engine_runs
    alone = all(run.accumulates and not run.adds for run in runs)
    return len(runs) > 1 and alone and not np.allclose(numbers, numbers[:1])


GRAD_HISTORY_AUTOGRAD = Exercise(
    id="accumulation.grad_history_autograd",
    number="5.2b",
    title="The buffer, as autograd fills it",
    way="autograd",
    difficulty=2,
    importance=4,
    minutes=4,
    points=2,
    cases=(
        case(4, False, -1.3, 2.5),
        case(3, True, 0.7, -1.6),
        case(2, True, -2.2, 3.1),
        case(5, False, 1.9, 9.137),
    ),
    reference=_history,
    passes=lambda k, clear, weight, coefficient: k,
    mistakes=(
        _NONE_READ,
        Mistake(
            "added-elsewhere",
            "Your numbers change from pass to pass, but no pass found a gradient in `.grad` to add to. Keep one leaf for all "
            "passes, and let nothing but its `.grad` add up.",
            shows=_added_elsewhere,
        ),
        raising(
            "no-grad-yet",
            "`.grad` is None before the first backward pass, and None has no `zero_`. Clear after a pass, or check first "
            "that `.grad` is not None.",
            "AttributeError",
            "'NoneType' object has no attribute",
        ),
        wrong_value(
            "same-buffer",
            "Each entry of your list is what the buffer holds after the last pass. If you keep `.grad` itself, later passes change it. "
            "Keep its number with `.item()`, or keep a `.clone()`.",
            lambda history, k, clear, *both: history if clear else [history[-1]] * k,
        ),
        wrong_value(
            "same-buffer-emptied",
            "Each entry of your list is what the buffer holds at the end. If you keep `.grad` itself, later passes and `zero_()` "
            "change it. Keep its number with `.item()`, or keep a `.clone()`.",
            lambda history, k, clear, *both: [0.0] * k if clear else [history[-1]] * k,
        ),
        *_HISTORY_MISTAKES,
    ),
    hints=(
        "The result is a list of `k` plain floats. Make the leaf tensor once, inside the function.",
        "Use one leaf for all passes. In each pass compute the loss, go backward, and read `.item()`. Then decide where in the loop to clear.",
        "One pass of w³ looks like this: `w = torch.tensor(2.0, requires_grad=True)`, `(w**3).backward()`, `seen.append(w.grad.item())`.",
        "Read the section 'Clearing' again. It has three ways to clear. Each of them comes after the gradient was read.",
    ),
    after=(
        "PyTorch adds on purpose. Two losses, or a batch in pieces, need the sum. The price is that somebody "
        "has to clear."
    ),
)


# --- 5.3 · Split a sum of gradients ---------------------------------------------------------------


def _squared_residuals(prediction: Tensor) -> Tensor:
    return (prediction - torch.tensor((1.0, 2.1, 3.0), dtype=torch.float64)) ** 2


def _parts() -> dict[str, Numbers]:
    """Return what each of the cell's two backward passes adds to the buffer."""
    prediction = (1.30, 2.79, 4.02)
    weights = torch.tensor((1.0, 10.0, 100.0), dtype=torch.float64)
    return {
        "left_over": gradient(lambda one: _squared_residuals(one).mean())(prediction),
        "fresh": gradient(lambda one: _squared_residuals(one) @ weights)(prediction),
    }


def _split(left_over: Any, fresh: Any) -> dict[str, Any]:
    return {"left_over": left_over, "fresh": fresh}


def _both(parts: dict[str, Numbers]) -> Numbers:
    return parts["left_over"] + parts["fresh"]


EXPLAIN_S1 = Exercise(
    id="accumulation.explain_s1",
    number="5.3",
    title="Split a sum of gradients",
    way="any",
    difficulty=2,
    importance=4,
    minutes=6,
    points=2,
    partial=True,
    cases=(case(),),
    reference=_parts,
    mistakes=(
        wrong_value(
            "total-as-fresh",
            "Your `fresh` is the whole sum. Clear the buffer before the second pass, or subtract what was in it before.",
            lambda parts: _split(parts["left_over"], _both(parts)),
        ),
        wrong_value(
            "nothing-left-over",
            "Your `left_over` is zero. The buffer was not empty before the pass with `v`. Find the backward pass that ran earlier on the same leaf.",
            lambda parts: _split(0 * parts["left_over"], _both(parts)),
        ),
        wrong_value(
            "same-buffer",
            "Each of your entries is the whole sum. If you keep `.grad` itself, the second pass changes it. Clone each gradient that "
            "you keep.",
            lambda parts: _split(_both(parts), _both(parts)),
        ),
        wrong_value(
            "same-buffer-emptied",
            "Each of your entries is the gradient of the second pass. If you keep `.grad` itself, `zero_()` and the second pass "
            "change it. Clone each gradient that you keep.",
            lambda parts: _split(parts["fresh"], parts["fresh"]),
        ),
        wrong_value(
            "forgot-1n",
            "Your `left_over` is n times too large. Check whether the first loss is a sum or a mean.",
            lambda parts: _split(parts["left_over"] * 3, parts["fresh"]),
        ),
        wrong_value(
            "extra-1n",
            "Your `fresh` is too small by a factor n. Only the first loss is a mean.",
            lambda parts: _split(parts["left_over"], parts["fresh"] / 3),
        ),
        wrong_value(
            "ignored-weights",
            "Your `fresh` gives every residual the same weight. In the second pass each residual has its own weight from `v`.",
            lambda parts: _split(parts["left_over"], parts["left_over"] * 3),
        ),
        wrong_value(
            "split-evenly",
            "You cut the printed numbers in half. The two passes have different losses. Work out the gradient of one of them.",
            lambda parts: _split(_both(parts) / 2, _both(parts) / 2),
        ),
    ),
    hints=(
        "The answer is a dict with two vectors of three numbers. Their sum is the printed vector.",
        "That cell calls `backward` twice, and there is one buffer. Find out what each call added to it.",
        "Another example is a leaf with the value 2. After `(x**3).backward()` the buffer holds 12. After `(5 * x).backward()` it holds 17 = 12 + 5.",
        "Read the section 'Taking a sum apart' again. Lesson 4 explains the vector–Jacobian product.",
    ),
    after=(
        "One buffer can't tell who filled it. When a gradient looks odd, ask first how many passes have been "
        "made since it was cleared."
    ),
)


# --- 5.4 · Two passes through one graph -----------------------------------------------------------


def _two(x: float, reset: bool) -> tuple[float, float]:
    """Return the buffer of x after each of two backward passes through x². With `reset`, it is cleared between them."""
    leaf = _leaf(x)
    with torch.enable_grad():
        y = leaf**2
        torch.autograd.backward(y, retain_graph=True)
        assert leaf.grad is not None
        first = leaf.grad.item()
        if reset:
            leaf.grad.zero_()
        torch.autograd.backward(y)
    return first, leaf.grad.item()


TWO_BACKWARDS = Exercise(
    id="accumulation.two_backwards",
    number="5.4",
    title="Two passes through one graph",
    way="autograd",
    difficulty=2,
    importance=4,
    minutes=5,
    points=2,
    cases=(case(-1.7, False), case(0.6, True), case(-0.9, True), case(2.31847, False)),
    reference=_two,
    mistakes=(
        raising(
            "second-backward",
            "The first pass freed the values that the graph had saved. Clearing `.grad` does not bring them back. Decide "
            "which pass has to keep them.",
            "RuntimeError",
            "a second time",
        ),
        _NONE_READ,
        Mistake(
            "single-pass",
            "Expected two backward passes; got one. Run a second one.",
            shows=lambda call: _completed(call) and len(call.engine_runs) == 1,
        ),
        _RETAINED_ON_LAST,
        _CREATED_GRAPH,
        Mistake(
            "rebuilt-forward",
            "Your second pass went through a second graph. Compute y once, and keep its graph for the second pass.",
            shows=_rebuilt,
        ),
        wrong_value(
            "never-reset",
            "Your second entry is exactly twice the right one where `reset` is True. Two gradients are in the buffer. "
            "Clear it between the two passes.",
            lambda both, x, reset: _two(x, False),
        ),
        wrong_value(
            "always-reset",
            "Your second entry is the gradient of one pass where `reset` is False. `.grad` is a running sum, and nothing should clear it there.",
            lambda both, x, reset: _two(x, True),
        ),
        wrong_value(
            "reset-inverted",
            "Your answer clears the buffer when `reset` is False, and not when it is True. It should be the other way round.",
            lambda both, x, reset: _two(x, not reset),
        ),
        wrong_value(
            "same-buffer",
            "Your first entry is what the buffer holds after the second pass. Read it before that pass. If you keep `.grad` itself, "
            "the second pass changes it. Clone what you keep, or take its number with `.item()`.",
            lambda both, x, reset: (both[1], both[1]),
        ),
        wrong_value(
            "cleared-before-reading",
            "You cleared the buffer after the first pass, before you read it. Read it first, then clear it.",
            lambda both, x, reset: (0.0, both[1]) if reset else both,
        ),
        wrong_value(
            "cleared-after-second",
            "You cleared the buffer after the second pass, before you read it. Clear it between the two passes.",
            lambda both, x, reset: (both[0], 0.0) if reset else both,
        ),
        wrong_value(
            "value-for-derivative",
            "You returned the value of y. The slopes are in the `.grad` of the leaf tensor.",
            lambda both, x, reset: (x**2, x**2),
        ),
    ),
    hints=(
        "The result is a tuple of two plain floats: `.grad` after the first pass, and `.grad` after the second pass.",
        "Compute y once, and go backward twice. The first pass has to keep something for the second.",
        "For w³ at 2 the code starts like this: `u = w**3`, `u.backward(retain_graph=True)`, `first = w.grad.item()`.",
        "Read the section 'What a backward pass frees' again.",
    ),
    after=(
        "A pass frees what its nodes have saved, because that is most of the memory of training. "
        "`retain_graph=True` keeps it, and the memory with it."
    ),
)


# --- 5.5 · Which graphs allow a second pass? ------------------------------------------------------


def shifted(x: float, c: float) -> Callable[[], Tensor]:
    """Return a builder of x + c."""
    return lambda: _leaf(x) + c


def squared(x: float) -> Callable[[], Tensor]:
    """Return a builder of x²."""
    return lambda: _leaf(x) ** 2


def scaled_sum(a: float, b: float) -> Callable[[], Tensor]:
    """Return a builder of the sum of 3 · [a, b]."""
    return lambda: (_leaf(a, b) * 3).sum()


def difference(a: float, b: float) -> Callable[[], Tensor]:
    """Return a builder of a − b, where a and b are leaves."""
    return lambda: _leaf(a) - _leaf(b)


def sum_of_squares(a: float, b: float) -> Callable[[], Tensor]:
    """Return a builder of a² + b², whose last node is a sum."""
    return lambda: (_leaf(a, b) ** 2).sum()


def total(a: float, b: float) -> Callable[[], Tensor]:
    """Return a builder of the sum of [a, b]."""
    return lambda: _leaf(a, b).sum()


def average(a: float, b: float) -> Callable[[], Tensor]:
    """Return a builder of the mean of [a, b]."""
    return lambda: _leaf(a, b).mean()


def exponential(x: float) -> Callable[[], Tensor]:
    """Return a builder of exp x."""
    return lambda: torch.exp(_leaf(x))


def ratio(a: float, b: float) -> Callable[[], Tensor]:
    """Return a builder of a / b, where a and b are leaves."""
    return lambda: _leaf(a) / _leaf(b)


def inner(a: float, b: float) -> Callable[[], Tensor]:
    """Return a builder of the inner product of [a, b] with [b, a]."""
    return lambda: _leaf(a, b) @ _leaf(b, a)


_SAVES_NOTHING: tuple[Callable[[Tensor], Tensor], ...] = (
    lambda t: t + 1.5,
    lambda t: 2.5 - t,
    lambda t: -t,
    lambda t: t.clone(),
    lambda t: t.view(1).sum(),
    lambda t: t.expand(3).mean(),
)

_SAVES: tuple[Callable[[Tensor], Tensor], ...] = (
    lambda t: t * 3,
    lambda t: t**2,
    lambda t: t / 3,
    lambda t: 1 / t,
    lambda t: t.abs(),
    lambda t: t.view(1) @ t.view(1),
    torch.sin,
    torch.exp,
    torch.tanh,
    torch.sigmoid,
)

_PICKED = _SAVES_NOTHING + _SAVES


def picked_steps(start: float, *picks: int) -> Callable[[], Tensor]:
    """Return a builder of a leaf with the picked steps applied to it."""

    def build() -> Tensor:
        tensor = _leaf(start)
        for pick in picks:
            tensor = _PICKED[pick](tensor)
        return tensor

    return build


def _drawn_graphs(rng: random.Random) -> tuple[Case, ...]:
    """Return eight graphs in random order. Five of them have a step that saves something, each another one."""
    plain = [[rng.randrange(len(_SAVES_NOTHING)) for _ in range(3)] for _ in range(8)]
    for steps, saving in zip(plain, rng.sample(range(len(_SAVES_NOTHING), len(_PICKED)), 5), strict=False):
        steps[rng.randrange(3)] = saving
    rng.shuffle(plain)
    return tuple(case(Build("picked_steps", (0.6, *steps))) for steps in plain)


def _survives(build: Callable[[], Tensor]) -> bool:
    """Return whether a second backward pass through the same graph works."""
    with torch.enable_grad():
        result = build()
        torch.autograd.backward(result)
        try:
            torch.autograd.backward(result)
        except RuntimeError:
            return False
    return True


CAN_BACKWARD_TWICE = Exercise(
    id="accumulation.can_backward_twice",
    number="5.5",
    title="Which graphs allow a second pass?",
    way="any",
    difficulty=3,
    importance=3,
    minutes=5,
    points=3,
    builders={
        "shifted": shifted,
        "squared": squared,
        "scaled_sum": scaled_sum,
        "difference": difference,
        "sum_of_squares": sum_of_squares,
        "total": total,
        "average": average,
        "exponential": exponential,
        "ratio": ratio,
        "inner": inner,
        "picked_steps": picked_steps,
    },
    cases=(
        case(Build("shifted", (1.4, 2.0))),
        case(Build("squared", (-1.7,))),
        case(Build("scaled_sum", (0.6, 1.2))),
        case(Build("difference", (2.3, 0.9))),
        case(Build("sum_of_squares", (1.1, -0.4))),
        case(Build("total", (0.7, 1.9))),
        case(Build("average", (1.3, -0.8))),
        case(Build("exponential", (0.4,))),
        case(Build("ratio", (0.9, 1.6))),
        case(Build("inner", (1.2, 0.5))),
    ),
    more_cases=_drawn_graphs,
    reference=_survives,
    mistakes=(
        raising(
            "uncaught",
            "The second backward pass raised an error. Catch this error, and return False.",
            "RuntimeError",
            "a second time",
        ),
        Mistake(
            "no-return",
            "Your function returned None for this graph. Return True or False on every path through the function.",
            shows=lambda call: call.raised is None and (call.value is None or call.value.kind == "nothing"),
        ),
        Mistake(
            "kept-graph",
            "You used `retain_graph=True`. With it every graph allows a second pass. Find out what happens without it.",
            shows=lambda call: _completed(call) and any(run.retain_graph for run in call.engine_runs[:-1]),
        ),
        wrong_value(
            "always-true",
            "You returned True for every graph. Some graphs have saved values, and the first pass frees them. To see it, take two "
            "passes through the same graph: each `build()` makes a new one.",
            lambda survives, build: True,
        ),
        wrong_value(
            "always-false",
            "You returned False for every graph. Some operations save nothing, so a backward pass has nothing to free.",
            lambda survives, build: False,
        ),
        wrong_value(
            "inverted",
            "True and False are exchanged. True means that the second pass works.",
            lambda survives, build: not survives,
        ),
    ),
    hints=(
        "`build()` takes no argument and returns a scalar tensor with its graph. Return True or False.",
        "Call `build` once, and try two backward passes through that graph. The second one may raise an error.",
        "This code finds out whether a text is a number: `try: float(text)`, `except ValueError: return False`, then `return True`.",
        "Read the section 'What was saved decides' again.",
    ),
    after="It depends on what a graph has saved. An addition saves nothing, so it has nothing to free.",
)


# --- 5.6a · Two losses, one pass ------------------------------------------------------------------


def _square(x: Tensor) -> Tensor:
    return x**2


def _sine_of_square(x: Tensor) -> Tensor:
    return torch.sin(x**2)


def both_losses(x: Tensor) -> Tensor:
    """Return y + z with y = x² and z = sin y."""
    return _square(x) + _sine_of_square(x)


# Drawn inputs near 1.7 could have a slope near zero, where float32 has no digits left. So 1.7 stays as it is.
_BOTH_CASES = (case(-0.9), case(1.7, exact=True), case(0.5), case(1.1))

_BOTH_MISTAKES = (
    wrong_value(
        "only-y",
        "You returned the gradient of y only. The part of z is missing. Check whether you cleared it, or detached z from the graph.",
        lambda slope, x: gradient(_square)(x),
    ),
    wrong_value(
        "only-z",
        "You returned the gradient of z only. y is a loss too, and its part is missing. Check whether you cleared it.",
        lambda slope, x: gradient(_sine_of_square)(x),
    ),
    wrong_value(
        "counted-twice",
        "Your answer contains the gradient of y twice. Each of the two losses counts once.",
        lambda slope, x: slope + gradient(_square)(x),
    ),
    wrong_value(
        "z-counted-twice",
        "Your answer contains the gradient of z twice. Each of the two losses counts once.",
        lambda slope, x: slope + gradient(_sine_of_square)(x),
    ),
)

BOTH_LOSSES_GRAD = Exercise(
    id="accumulation.both_losses_grad",
    number="5.6a",
    title="Two losses, one pass",
    way="autograd",
    difficulty=2,
    importance=4,
    minutes=3,
    points=1,
    cases=_BOTH_CASES,
    forward=both_losses,
    reference=gradient(both_losses),
    mistakes=(
        Mistake(
            "two-passes",
            "Expected one backward pass; got several. Combine the two losses first. Then one pass is enough.",
            shows=lambda call: _completed(call) and len(call.engine_runs) > 1,
        ),
        _RETAINED_ON_LAST,
        *_BOTH_MISTAKES,
    ),
    hints=(
        "The argument is a number, and the result is a plain float. Make the leaf tensor inside the function.",
        "The gradient of a sum is the sum of the gradients. Find one number to go backward from.",
        "Another example is u = exp x and v = u³. Compute `u` and `v` once, call `(u + v).backward()`, and read `x.grad`.",
        "Read the section 'Two losses on one graph' again.",
    ),
    after=(
        "One pass through the sum visits the shared part of the graph once. That is the cheap way to train "
        "with several losses."
    ),
)


# --- 5.6b · Two losses, two passes ----------------------------------------------------------------

BOTH_LOSSES_TWO_PASSES = Exercise(
    id="accumulation.both_losses_two_passes",
    number="5.6b",
    title="Two losses, two passes",
    way="autograd",
    difficulty=3,
    importance=4,
    minutes=3,
    points=2,
    cases=_BOTH_CASES,
    forward=both_losses,
    reference=gradient(both_losses),
    mistakes=(
        raising(
            "second-backward",
            "Both losses go through the node of the square. The first pass freed the value that this node had saved. "
            "Let the first pass keep it.",
            "RuntimeError",
            "a second time",
        ),
        Mistake(
            "one-pass",
            "Expected two backward passes; got one. Run one pass for each loss. The buffer adds up the gradients.",
            shows=lambda call: _completed(call) and len(call.engine_runs) == 1,
        ),
        Mistake(
            "too-many-passes",
            "Expected two backward passes; got more. Run one pass for each loss.",
            shows=lambda call: _completed(call) and len(call.engine_runs) > 2,
        ),
        Mistake(
            "rebuilt-forward",
            "Your second pass went through a second graph. Compute y and z once, and keep the graph for the second "
            "pass.",
            shows=_rebuilt,
        ),
        _RETAINED_ON_LAST,
        _CREATED_GRAPH,
        *_BOTH_MISTAKES,
    ),
    hints=(
        "The argument is a number. The result is a plain float, the same as from `both_losses_grad`.",
        "Go backward from one loss, then from the other, and clear nothing between them. The first pass has to keep something.",
        "Another example is u = exp x and v = u³. Call `v.backward(retain_graph=True)`, then `u.backward()`, and read `x.grad`.",
        "Read the section 'Two losses on one graph' again. The error is explained at the start of 'What a backward pass frees'.",
    ),
    after=(
        "Two passes allow a look at each gradient on its own. Then one can see whether two losses pull in "
        "opposite directions."
    ),
)


# --- 5.7 · A batch in small pieces ----------------------------------------------------------------


def full_batch(inputs: Tensor, t: Tensor, w: Tensor, k: Any = 1) -> Tensor:
    """Return the mean squared error of inputs · w against t. It does not depend on k."""
    return ((inputs @ w - t) ** 2).mean()


def _shape_mixed(inputs: Tensor, t: Tensor, w: Tensor) -> Tensor:
    """Return the mean of the squared differences of every prediction and every target."""
    return (((inputs @ w)[:, None] - t) ** 2).mean()


_of_batch = gradient(full_batch, 2)
_of_mixed = gradient(_shape_mixed, 2)


def _of_part(part: int, inputs: Tensor, t: Tensor, w: Tensor, k: int) -> Numbers:
    """Return the gradient of the mean of one micro-batch."""
    result: Numbers = _of_batch(inputs.chunk(k)[part], t.chunk(k)[part], w)
    return result


def _of_broadcast(inputs: Tensor, t: Tensor, w: Tensor, k: int) -> Numbers:
    """Return the mean of the micro-batches' gradients where each broadcasts shapes (m, 1) and (m,)."""
    parts = [_of_mixed(rows, targets, w) for rows, targets in zip(inputs.chunk(k), t.chunk(k), strict=True)]
    return np.asarray(np.mean(parts, axis=0))


def _tensor(*rows: Any) -> Array:
    return Array(rows, "torch")


# No micro-batch of the cases has more entries: 3 rows of 3. Each whole batch has.
_LARGEST_PIECE = 9

MICRO_BATCH_GRADS = Exercise(
    id="accumulation.micro_batch_grads",
    number="5.7",
    title="A batch in small pieces",
    way="autograd",
    difficulty=4,
    importance=5,
    minutes=8,
    points=4,
    cases=(
        case(
            _tensor((0.5, -1.2), (1.4, 0.3), (-0.7, 0.9), (2.1, -0.4), (0.2, 1.6), (-1.5, 0.8)),
            _tensor(0.9, -1.1, 0.4, 1.7, -0.6, 0.3),
            _tensor(1.3, -0.8),
            3,
        ),
        case(
            _tensor(
                (1.1, 0.4, -0.6),
                (-0.3, 1.8, 0.7),
                (0.9, -1.4, 2.2),
                (1.6, 0.5, -1.9),
                (-0.8, 0.6, 1.2),
                (0.3, -2.0, 0.4),
            ),
            _tensor(1.2, -0.5, 0.8, -1.4, 0.6, 2.3),
            _tensor(0.7, -1.6, 0.5),
            2,
        ),
        case(
            _tensor(
                (0.6, 1.3),
                (-1.1, 0.2),
                (1.7, -0.9),
                (0.4, 0.8),
                (-0.5, -1.6),
                (2.0, 0.7),
                (0.3, -1.2),
                (1.2, 0.6),
            ),
            _tensor(-0.7, 1.5, 0.2, -1.8, 0.9, 1.1, -0.4, 0.5),
            _tensor(-1.4, 0.6),
            4,
        ),
    ),
    forward=full_batch,
    reference=_of_batch,
    passes=lambda inputs, t, w, k: k,
    mistakes=(
        Mistake(
            "graph-kept",
            "You kept a graph after its backward pass. Each micro-batch has its own graph, and nothing uses it a second time.",
            shows=lambda call: _completed(call) and any(run.keeps_graph for run in call.engine_runs),
        ),
        Mistake(
            "built-ahead",
            "You computed a second loss before the first one had its backward pass, so two graphs were in memory at once. "
            "Go backward after each micro-batch, before you compute the next one.",
            shows=lambda call: _completed(call) and any(run.built_ahead for run in call.engine_runs),
        ),
        Mistake(
            "whole-batch",
            "A pass of yours went through the whole batch. Each pass takes the rows of one micro-batch only.",
            shows=lambda call: _completed(call) and any(run.largest > _LARGEST_PIECE for run in call.engine_runs),
        ),
        wrong_value(
            "forgot-1k",
            "Your gradient is exactly k times the gradient of the full batch. You added up k means. The exercise asks for one mean over all rows.",
            lambda slope, inputs, t, w, k: slope * k,
        ),
        wrong_value(
            "extra-1k",
            "Your gradient is too small by a factor k. Check whether you divided by k twice.",
            lambda slope, inputs, t, w, k: slope / k,
        ),
        wrong_value(
            "last-only",
            "You returned the gradient of the last micro-batch only. Check what becomes of the gradients of the others.",
            lambda slope, *batch: _of_part(-1, *batch),
        ),
        wrong_value(
            "last-only-1k",
            "Only the last micro-batch is in your gradient. Check what becomes of the gradients of the others.",
            lambda slope, inputs, t, w, k: _of_part(-1, inputs, t, w, k) / k,
        ),
        wrong_value(
            "first-only",
            "You returned the gradient of the first micro-batch only. Check which rows each pass takes, and how many passes there are.",
            lambda slope, *batch: _of_part(0, *batch),
        ),
        wrong_value(
            "first-only-1k",
            "Only the first micro-batch is in your gradient. Check which rows each pass takes, and how many passes there are.",
            lambda slope, inputs, t, w, k: _of_part(0, inputs, t, w, k) / k,
        ),
        wrong_value(
            "forgot-1n",
            "Your gradient is N times too large, where N is the number of all rows. Check whether the loss is a sum or a mean.",
            lambda slope, inputs, t, w, k: slope * len(inputs),
        ),
        wrong_value(
            "extra-1n",
            "Your gradient is N times too small, where N is the number of all rows. A mean divides by their number once.",
            lambda slope, inputs, t, w, k: slope / len(inputs),
        ),
        wrong_value(
            "sum-over-k",
            "You divided sums by k. Take the mean in each micro-batch, or divide the sums by the number of all rows.",
            lambda slope, inputs, t, w, k: slope * len(inputs) / k,
        ),
        wrong_value(
            "k-as-size",
            "Your gradient is that of the sum over all rows, divided by k twice. k is the number of micro-batches. A mean divides by "
            "the number of rows.",
            lambda slope, inputs, t, w, k: slope * len(inputs) / k / k,
        ),
        wrong_value(
            "broadcast",
            "Your loss is a mean of m·m differences. So it is where one of predictions and targets has shape (m, 1), and the other "
            "one has shape (m,). Give both the same shape.",
            lambda slope, *batch: _of_broadcast(*batch),
        ),
    ),
    hints=(
        "The result has the shape of w. The arguments are tensors that do not require grad. Make your own leaf tensor from w.",
        "Use one leaf and k small backward passes, and clear nothing between them. Then think about the mean of k means.",
        "Another example has 4 numbers in 2 pieces. The mean of (1, 3, 5, 7) is 4. The means of the halves are 2 and 6, and their sum is 8.",
        "Read the section 'Micro-batches' again. Look at the line with the division.",
    ),
    after=(
        "This is gradient accumulation: large batches on a small machine. It is exact as long as no sample "
        "looks at another one. Batch norm does."
    ),
)


# --- 5.8 · Clear on request -----------------------------------------------------------------------


def trained(*weights: float) -> list[Tensor]:
    """Return a scalar leaf for each weight, and a vector of all. Each has a gradient."""
    leaves = [*(_leaf(weight) for weight in weights), _leaf(*weights, 1.0)]
    with torch.enable_grad():
        torch.autograd.backward([(leaf**2).sum() for leaf in leaves])
    return leaves


def partly_trained(*weights: float) -> list[Tensor]:
    """Return the same leaves, and in second place one without a gradient."""
    first, *rest = trained(*weights)
    return [first, _leaf(*weights, 2.0), *rest]


def untrained(*weights: float) -> list[Tensor]:
    """Return the same leaves without gradients."""
    return [leaf.detach().clone().requires_grad_() for leaf in trained(*weights)]


def _effect(gradients: list[str], same_buffers: bool = True) -> dict[str, Any]:
    return {"gradients": gradients, "same buffers": same_buffers, "weights": "as before", "list": "as before"}


def _asked(params: list[Tensor], to_none: bool) -> dict[str, Any]:
    """Return what the parameters should look like after `clear_`."""
    return _effect(["None" if to_none or param.grad is None else "zeros" for param in params])


def _kept(params: list[Tensor]) -> list[str]:
    return ["None" if param.grad is None else "full" for param in params]


def _watched(params: list[Tensor], to_none: bool) -> Callable[[Any], dict[str, Any]]:
    """Note the parameters and their buffers. Return the function that says what the call changed."""
    # A second view of each buffer keeps its memory alive, so no other tensor gets the same address.
    before = [(param, param.detach().clone(), None if param.grad is None else param.grad.detach()) for param in params]

    def state(param: Tensor, buffer: Tensor | None) -> str:
        if param.grad is None:
            return "None"
        if bool(param.grad.any()):
            return "full"
        # A parameter without a gradient may keep None or get zeros. The next pass gives the same gradient for both.
        return "None" if buffer is None and not to_none else "zeros"

    def kept(param: Tensor, buffer: Tensor | None) -> bool:
        return buffer is None or param.grad is None or param.grad.data_ptr() == buffer.data_ptr()

    def as_before(param: Tensor, value: Tensor) -> bool:
        return param.requires_grad and param.is_leaf and torch.equal(param.detach(), value)

    def after(_: Any) -> dict[str, Any]:
        same_list = len(params) == len(before) and all(a is b for a, (b, _, _) in zip(params, before, strict=True))
        untouched = all(as_before(param, value) for param, value, _ in before)
        return {
            "gradients": [state(param, buffer) for param, _, buffer in before],
            "same buffers": all(kept(param, buffer) for param, _, buffer in before),
            "weights": "as before" if untouched else "changed",
            "list": "as before" if same_list else "changed",
        }

    return after


def _until(count: Callable[[list[str]], int]) -> Callable[..., dict[str, Any]]:
    """Return the answer that clears only the first parameters. `count` takes the gradients' states and returns how many."""

    def answer(effect: dict[str, Any], params: list[Tensor], to_none: bool) -> dict[str, Any]:
        states = _kept(params)
        n = count(states)
        return _effect([*effect["gradients"][:n], *states[n:]])

    return answer


CLEAR_ = Exercise(
    id="accumulation.clear_",
    number="5.8",
    title="Clear on request",
    way="any",
    difficulty=2,
    importance=5,
    minutes=4,
    points=2,
    builders={"trained": trained, "partly_trained": partly_trained, "untrained": untrained},
    cases=(
        case(Build("trained", (0.7, -1.2)), False),
        case(Build("trained", (1.6, 0.4)), True),
        case(Build("partly_trained", (-0.9, 2.1)), False),
        case(Build("partly_trained", (0.5, 1.3)), True),
        case(Build("untrained", (1.1, -0.6)), False),
    ),
    changes=True,
    measure=_watched,
    reference=_asked,
    mistakes=(
        Mistake(
            "library-clears",
            "You called `zero_grad`, which is what the exercise asks you to write. Change the `.grad` of each parameter yourself.",
            calls=frozenset({"zero_grad"}),
        ),
        wrong_effect(
            "weights-changed",
            "Your function changed the parameters themselves. Clearing changes their `.grad` and nothing else.",
            {"weights": "changed"},
        ),
        wrong_effect(
            "list-changed",
            "Your function changed the list `params`. Leave the same tensors in it, and change the `.grad` of each.",
            {"list": "changed"},
        ),
        wrong_effect(
            "new-buffer",
            "You put a new tensor into `.grad`. Keep the tensor that is there, and change its numbers in place.",
            {"same buffers": False},
        ),
        raising(
            "number-as-grad",
            "You assigned a number to `.grad`. It takes a tensor or None.",
            "TypeError",
            "assigned grad",
        ),
        raising(
            "no-grad-yet",
            "A `.grad` is None here, and None can't be zeroed. It is None if no backward pass reached the parameter, or if your "
            "function has set it to None before. Skip it then.",
            "AttributeError",
            "'NoneType' object has no attribute",
        ),
        wrong_value(
            "nothing-cleared",
            "Every gradient is still there. Check that you change `p.grad` itself, and not only a name of your own or a copy.",
            lambda effect, params, to_none: _effect(_kept(params)),
        ),
        wrong_value(
            "always-zeros",
            "Expected `.grad` to be None where `to_none` is True; got zeros.",
            lambda effect, params, to_none: _asked(params, False),
        ),
        wrong_value(
            "always-none",
            "Expected zeros in `.grad` where `to_none` is False; got None. Since PyTorch 2.0, the `zero_grad` of an optimizer "
            "sets None by default.",
            lambda effect, params, to_none: _asked(params, True),
        ),
        wrong_value(
            "inverted",
            "Your answer sets zeros where `to_none` is True, and None where it is False. It should be the other way round.",
            lambda effect, params, to_none: _asked(params, not to_none),
        ),
        wrong_value(
            "only-first",
            "You cleared the first parameter only. Do the same for each parameter in the list.",
            _until(lambda states: 1),
        ),
        wrong_value(
            "stops-at-none",
            "Your loop ended at a parameter without a gradient, so the parameters after it were not cleared. Skip this parameter, and go on.",
            _until(lambda states: states.index("None") if "None" in states else len(states)),
        ),
    ),
    hints=(
        "`params` is a list of leaf tensors. Change them in place. You need not return anything.",
        "There are two ways to clear. There is also a third case: a `.grad` that is None already. Make sure that no line fails on it.",
        "Lists have the same difference: `numbers.clear()` empties the same list, and `numbers = []` makes a new one.",
        "Read the sections 'Clearing' and 'In a training loop' again.",
    ),
    after=(
        "`zero_grad()` of an optimizer sets `None` by default, which saves memory. The optimizer then passes "
        "over that parameter. With zeros it would still move by momentum or weight decay."
    ),
)


LESSON = Lesson(
    number=5,
    name="accumulation",
    title="Accumulation",
    teaches="Why `.grad` is a running sum, how to clear it, and what a backward pass frees",
    exercises=(
        PREDICTED_PRINTS,
        GRAD_HISTORY,
        GRAD_HISTORY_AUTOGRAD,
        EXPLAIN_S1,
        TWO_BACKWARDS,
        CAN_BACKWARD_TWICE,
        BOTH_LOSSES_GRAD,
        BOTH_LOSSES_TWO_PASSES,
        MICRO_BATCH_GRADS,
        CLEAR_,
    ),
)
