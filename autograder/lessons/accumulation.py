"""Lesson 5: `.grad` is a running sum, and a backward pass frees what the graph had saved."""

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
    """Return a leaf tensor of float64: without dimensions for one number, a vector for several."""
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
    """Whether a call came to its end with some result."""
    return call.raised is None and call.value is not None and call.value.kind != "nothing"


def _has_none(call: Call) -> bool:
    return (
        call.value is not None
        and not any("not a leaf" in warning for warning in call.warnings)
        and any(item.kind == "nothing" for item in call.value.items)
    )


_NONE_READ = Mistake(
    "none-read",
    "At least one entry is None. A `.grad` that was set to None is empty until the next backward pass: read it before that.",
    shows=_has_none,
)


def _rebuilt(call: Call) -> bool:
    """Whether two calls of `backward` got through though the first did not keep the graph: it was another graph."""
    runs = call.engine_runs
    return _completed(call) and len(runs) > 1 and runs[0].accumulates and not runs[0].retain_graph


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
            "So you expect each pass to overwrite the buffer. Run the cell below and look at its second print.",
            lambda prints: _history(3, True, 1.0, 3.0),
        ),
        wrong_value(
            "doubles",
            "A pass does not double what is in the buffer. It adds one more gradient, of the same size each time.",
            lambda prints: [prints[0] * 2**i for i in range(3)],
        ),
        wrong_value(
            "starts-at-zero",
            "Each print comes after its backward pass, so the first gradient is already in the buffer.",
            lambda prints: [0.0, *prints[:-1]],
        ),
        wrong_value(
            "starts-at-weight",
            "The weight itself is not in its buffer. A buffer holds gradients and nothing else.",
            lambda prints: [entry + 1 for entry in prints],
        ),
        wrong_value(
            "summed-over-weights",
            "Four weights have four buffers. Each gets the slope in its own direction, and no sum over the others.",
            lambda prints: [entry * 4 for entry in prints],
        ),
        wrong_value(
            "value-for-derivative",
            "That is the value of the output in each pass. What is printed is a slope.",
            lambda prints: [4 * prints[0]] * 3,
        ),
    ),
    hints=(
        "A list of three numbers, in the order in which they are printed.",
        "Nobody clears `weights.grad` in that loop. So what happens to the gradient of the pass before?",
        "With `loss = 5 * w` the slope is 5 each time. If a pass adds, then two passes leave 10 in the buffer.",
        "Read the section 'One pass, then another' again. The cell below the check shows the prints.",
    ),
)


# --- 5.2a · The buffer, in plain Python -----------------------------------------------------------


def _times(history: list[float], *factors: float) -> list[float]:
    """Return the history with its entries multiplied, each by its own factor or all by one."""
    return [entry * factors[i % len(factors)] for i, entry in enumerate(history)]


_HISTORY_MISTAKES = (
    wrong_value(
        "overwrites",
        "In yours each pass replaces what was in the buffer, whatever `clear` says. What does a pass do with what is there?",
        lambda history, k, clear, *both: _history(k, True, *both),
    ),
    wrong_value(
        "never-cleared",
        "Yours goes on adding when `clear` is True. Something has to happen between two passes then.",
        lambda history, k, clear, *both: _history(k, False, *both),
    ),
    wrong_value(
        "clear-inverted",
        "Yours clears when `clear` is False, and adds up when it is True.",
        lambda history, k, clear, *both: _history(k, not clear, *both),
    ),
    wrong_value(
        "cleared-before-reading",
        "You emptied the buffer before you read it. Read first, then clear.",
        lambda history, k, clear, *both: [0.0] * k if clear else history,
    ),
    wrong_value(
        "read-too-early",
        "Each entry was read before its pass ran. Asked for is the buffer after each pass.",
        lambda history, k, clear, *both: [0.0] * k if clear else [0.0, *history[:-1]],
    ),
    wrong_value(
        "doubles",
        "In yours every pass doubles the buffer. It adds the new gradient, and that is the same size each time.",
        lambda history, k, clear, *both: history if clear else [history[0] * 2**i for i in range(k)],
    ),
    wrong_value(
        "value-for-derivative",
        "That is the sum of the products, the values of the forward pass. What goes into the buffer is their slope.",
        lambda history, k, clear, weight, coefficient: _times(history, weight),
    ),
    wrong_value(
        "slope-in-the-other",
        "That is the slope in the coefficient. The buffer belongs to the weight.",
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
        case(5, False, 1.9, 0.8),
        case(2, True, -2.2, 3.1),
    ),
    reference=_history,
    mistakes=_HISTORY_MISTAKES,
    hints=(
        "A list of `k` floats: what is in the buffer after the first pass, after the second, and so on.",
        "Add and never replace; empty the buffer between two passes only when `clear` says so; read after the pass.",
        "For a loss of 7 · weight, three passes and no clearing: 7, then 7 + 7, then 7 + 7 + 7.",
        "Read the worked cell with `buffer` in the section 'One pass, then another'.",
    ),
)


# --- 5.2b · The buffer, as autograd fills it ------------------------------------------------------

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
        case(5, False, 1.9, 0.8),
    ),
    reference=_history,
    mistakes=(
        _NONE_READ,
        raising(
            "no-grad-yet",
            "`.grad` is None until the first backward pass, and None has no `zero_`. Clear after a pass, or ask first "
            "whether there is something to clear.",
            "AttributeError",
            "'NoneType' object has no attribute",
        ),
        wrong_value(
            "same-buffer",
            "The list holds one and the same tensor several times: `.grad` itself, which goes on changing. Keep its "
            "number with `.item()`, or a `.clone()`.",
            lambda history, k, clear, *both: history if clear else [history[-1]] * k,
        ),
        wrong_value(
            "same-buffer-emptied",
            "The list holds `.grad` itself several times, and `zero_()` emptied it afterwards. Keep its number with "
            "`.item()`, or a `.clone()`.",
            lambda history, k, clear, *both: [0.0] * k if clear else [history[-1]] * k,
        ),
        *_HISTORY_MISTAKES,
    ),
    hints=(
        "A list of `k` plain floats; the leaf tensor is made inside the function, once.",
        "One leaf for all passes, a forward and a backward in each, then `.item()`. Where in the loop do you clear?",
        "For one pass of w³: `w = torch.tensor(2.0, requires_grad=True)`, `(w**3).backward()`, `seen.append(w.grad.item())`.",
        "Read the section 'Clearing' again: three ways to clear, and all of them come after the reading.",
    ),
)


# --- 5.3 · Take a sum apart -----------------------------------------------------------------------


def _squared_residuals(prediction: Tensor) -> Tensor:
    return (prediction - torch.tensor((1.0, 2.1, 3.0), dtype=torch.float64)) ** 2


def _parts() -> dict[str, Numbers]:
    """Return what each of the two backward passes of the cell adds to the buffer."""
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
    title="Take a sum apart",
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
            "swapped",
            "Both summands are right, under each other's name. Which of the two passes ran first?",
            lambda parts: _split(parts["fresh"], parts["left_over"]),
        ),
        wrong_value(
            "total-as-fresh",
            "`fresh` is still the whole sum. Empty the buffer before the second pass, or take away what was there.",
            lambda parts: _split(parts["left_over"], _both(parts)),
        ),
        wrong_value(
            "nothing-left-over",
            "Something was in the buffer before the pass with `v`. Which backward ran earlier on the same leaf?",
            lambda parts: _split(0 * parts["left_over"], _both(parts)),
        ),
        wrong_value(
            "same-buffer",
            "Both entries are one tensor: `.grad` itself, which the second pass went on changing. Clone what you keep.",
            lambda parts: _split(_both(parts), _both(parts)),
        ),
        wrong_value(
            "same-buffer-emptied",
            "Both entries are one tensor, `.grad` itself: it was emptied and filled again. Clone what you keep.",
            lambda parts: _split(parts["fresh"], parts["fresh"]),
        ),
        wrong_value(
            "forgot-1n",
            "`left_over` is n times too large. Is the first loss a sum of squares, or their mean?",
            lambda parts: _split(parts["left_over"] * 3, parts["fresh"]),
        ),
        wrong_value(
            "extra-1n",
            "`fresh` is an n-th of what it should be. The mean belongs to the first loss alone.",
            lambda parts: _split(parts["left_over"], parts["fresh"] / 3),
        ),
        wrong_value(
            "ignored-weights",
            "In the second pass each residual counts with its own weight from `v`. In yours they all count alike.",
            lambda parts: _split(parts["left_over"], parts["left_over"] * 3),
        ),
        wrong_value(
            "split-evenly",
            "Cut in half, the printed numbers add up again. But each pass has a formula of its own: work one of them out.",
            lambda parts: _split(_both(parts) / 2, _both(parts) / 2),
        ),
    ),
    hints=(
        "A dict with two vectors of three numbers. Added up, they give what was printed.",
        "There are two calls of `backward` in that cell, and one buffer. What did each of them put in?",
        "For a leaf at 2: `(x**3).backward()` leaves 12, then `(5 * x).backward()` makes it 17 = 12 + 5.",
        "Read the section 'Taking a sum apart' again. A vector–Jacobian product is in the lesson before this one.",
    ),
)


# --- 5.4 · The same graph twice -------------------------------------------------------------------


def _two(x: float, reset: bool) -> tuple[float, float]:
    """Return the buffer of x after each of two backward passes through x², cleared between them or not."""
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
    title="The same graph twice",
    way="autograd",
    difficulty=2,
    importance=4,
    minutes=5,
    points=2,
    cases=(case(-1.7, False), case(0.6, True), case(-0.9, True), case(2.3, False)),
    reference=_two,
    mistakes=(
        raising(
            "second-backward",
            "The first pass freed what the graph had saved, and clearing `.grad` does not bring that back. Which pass "
            "has to keep it?",
            "RuntimeError",
            "a second time",
        ),
        _NONE_READ,
        Mistake(
            "retained-on-last",
            "The numbers may be right, but the last pass keeps the graph too, and nobody uses it after that. "
            "Only a pass that another one follows has to keep it.",
            shows=lambda call: _completed(call) and len(call.engine_runs) > 1 and call.engine_runs[-1].retain_graph,
        ),
        Mistake(
            "single-pass",
            "One backward pass ran, and two were asked for. Let the second one fill the buffer.",
            shows=lambda call: _completed(call) and len(call.engine_runs) == 1,
        ),
        Mistake(
            "rebuilt-forward",
            "The second pass went through a graph of its own. Compute y once, and keep its graph for the second pass.",
            shows=_rebuilt,
        ),
        wrong_value(
            "never-reset",
            "Your gradient is exactly 2× where `reset` is True: two backward passes in one buffer. "
            "What should happen between them?",
            lambda both, x, reset: _two(x, False),
        ),
        wrong_value(
            "always-reset",
            "Where `reset` is False nothing is cleared. `.grad` is a running sum: what is in it after two passes?",
            lambda both, x, reset: _two(x, True),
        ),
        wrong_value(
            "reset-inverted",
            "Yours clears when `reset` is False, and does not when it is True.",
            lambda both, x, reset: _two(x, not reset),
        ),
        wrong_value(
            "same-buffer",
            "Both entries are one tensor: `.grad` itself, which the second pass went on changing. Clone what you keep, "
            "or take its number.",
            lambda both, x, reset: (both[1], both[1]),
        ),
        wrong_value(
            "cleared-before-reading",
            "The buffer was emptied after the first pass and before it was read. Read first, then clear.",
            lambda both, x, reset: (0.0, both[1]) if reset else both,
        ),
        wrong_value(
            "cleared-after-second",
            "The buffer was emptied after the second pass and before it was read. Clear between the two passes.",
            lambda both, x, reset: (both[0], 0.0) if reset else both,
        ),
        wrong_value(
            "value-for-derivative",
            "That is the value of y, its height at this point. The slopes are in the `.grad` of the leaf tensor.",
            lambda both, x, reset: (x**2, x**2),
        ),
    ),
    hints=(
        "A tuple of two plain floats: `.grad` after the first pass, and after the second.",
        "One forward pass, two backward passes. The first has to leave something for the second.",
        "For w³ at 2 it starts like this: `u = w**3`, `u.backward(retain_graph=True)`, `first = w.grad.item()`.",
        "Read the section 'What a backward pass frees' again.",
    ),
)


# --- 5.5 · Which graphs can go twice? -------------------------------------------------------------


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
    """Return a builder of a − b, both of them leaves."""
    return lambda: _leaf(a) - _leaf(b)


def sum_of_squares(a: float, b: float) -> Callable[[], Tensor]:
    """Return a builder of a² + b², whose last node is a sum."""
    return lambda: (_leaf(a, b) ** 2).sum()


def total(a: float, b: float) -> Callable[[], Tensor]:
    """Return a builder of the sum of [a, b]."""
    return lambda: _leaf(a, b).sum()


_PICKED: tuple[Callable[[Tensor], Tensor], ...] = (
    lambda t: t + 1.5,
    lambda t: 2.5 - t,
    lambda t: -t,
    lambda t: t.clone(),
    lambda t: t * 3,
    lambda t: t**2,
    lambda t: torch.sin(t),
    lambda t: torch.exp(t),
)

_SAVES_FROM = 4


def picked_steps(start: float, *picks: int) -> Callable[[], Tensor]:
    """Return a builder of what the picked steps make of a leaf."""

    def build() -> Tensor:
        tensor = _leaf(start)
        for pick in picks:
            tensor = _PICKED[pick](tensor)
        return tensor

    return build


def _drawn_graphs(rng: random.Random) -> tuple[Case, ...]:
    """Return four graphs, in an order that nobody knows; half of them have a step that saves something."""
    plain = [[rng.randrange(_SAVES_FROM) for _ in range(3)] for _ in range(4)]
    for steps in plain[:2]:
        steps[rng.randrange(3)] = rng.randrange(_SAVES_FROM, len(_PICKED))
    rng.shuffle(plain)
    return tuple(case(Build("picked_steps", (0.6, *steps))) for steps in plain)


def _survives(build: Callable[[], Tensor]) -> bool:
    """Return whether a second backward pass gets through the same graph."""
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
    title="Which graphs can go twice?",
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
        "picked_steps": picked_steps,
    },
    cases=(
        case(Build("shifted", (1.4, 2.0))),
        case(Build("squared", (-1.7,))),
        case(Build("scaled_sum", (0.6, 1.2))),
        case(Build("difference", (2.3, 0.9))),
        case(Build("sum_of_squares", (1.1, -0.4))),
        case(Build("total", (0.7, 1.9))),
    ),
    more_cases=_drawn_graphs,
    reference=_survives,
    mistakes=(
        raising(
            "uncaught",
            "Here the error is the answer: catch it, and say False.",
            "RuntimeError",
            "a second time",
        ),
        Mistake(
            "no-return",
            "On one of the ways through your function nothing is returned. Which graph takes that way?",
            shows=lambda call: call.raised is None and (call.value is None or call.value.kind == "nothing"),
        ),
        Mistake(
            "kept-graph",
            "With `retain_graph=True` every graph can go twice. Find out what happens when nothing is kept on purpose.",
            shows=lambda call: _completed(call) and any(run.retain_graph for run in call.engine_runs[:-1]),
        ),
        wrong_value(
            "always-true",
            "You say True of every graph. Do both backward passes go through the same one? Each `build()` makes a new one.",
            lambda survives, build: True,
        ),
        wrong_value(
            "always-false",
            "You say False of every graph. Not every operation saves something, so there is not always something to free.",
            lambda survives, build: False,
        ),
        wrong_value(
            "inverted",
            "True and False are exchanged. True means that the second pass gets through.",
            lambda survives, build: not survives,
        ),
    ),
    hints=(
        "`build()` takes nothing and returns a scalar tensor with its graph. Your answer is True or False.",
        "Try it: two backward passes through one graph, and the second may raise. Call `build` once.",
        "To find out whether a text is a number: `try: float(text)`, `except ValueError: return False`, then `return True`.",
        "Read the section 'What was saved decides' again.",
    ),
)


# --- 5.6a · Two losses, one pass ------------------------------------------------------------------


def _square(x: Tensor) -> Tensor:
    return x**2


def _sine_of_square(x: Tensor) -> Tensor:
    return torch.sin(x**2)


def both_losses(x: Tensor) -> Tensor:
    """Return y + z with y = x² and z = sin y."""
    return _square(x) + _sine_of_square(x)


def _of_product(x: Tensor) -> Tensor:
    return _square(x) * _sine_of_square(x)


# At 1.7 the slope of the sine is negative. Elsewhere it could be zero, where float32 has no digits left.
_BOTH_CASES = (case(-0.9), case(1.7, exact=True), case(0.5), case(1.1))

_BOTH_MISTAKES = (
    wrong_value(
        "only-y",
        "That is the gradient of y alone. z has to be in it too: was its part cleared, or its graph cut?",
        lambda slope, x: gradient(_square)(x),
    ),
    wrong_value(
        "only-z",
        "That is the gradient of z alone. y is a loss of its own besides: its part is missing, or was cleared.",
        lambda slope, x: gradient(_sine_of_square)(x),
    ),
    wrong_value(
        "counted-twice",
        "The part of y is in there twice. Each of the two losses counts once.",
        lambda slope, x: slope + gradient(_square)(x),
    ),
    wrong_value(
        "z-counted-twice",
        "The part of z is in there twice. Each of the two losses counts once.",
        lambda slope, x: slope + gradient(_sine_of_square)(x),
    ),
    wrong_value(
        "product-of-losses",
        "That is the gradient of the product of the two. What does the buffer do with what arrives: multiply or add?",
        lambda slope, x: gradient(_of_product)(x),
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
    atol=1e-6,
    mistakes=(
        Mistake(
            "two-passes",
            "More than one backward pass ran. Put the losses together first, then one pass is enough.",
            shows=lambda call: _completed(call) and len(call.engine_runs) > 1,
        ),
        *_BOTH_MISTAKES,
    ),
    hints=(
        "A number goes in, a plain float comes out. The leaf tensor is made inside.",
        "The gradient of a sum is the sum of the gradients. So which single number do you go backward from?",
        "For u = exp x and v = u³: compute `u` and `v` once, then `(u + v).backward()`, then read `x.grad`.",
        "Read the section 'Two losses on one graph' again.",
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
    atol=1e-6,
    mistakes=(
        raising(
            "second-backward",
            "Both losses go through the node of the square, and the first pass freed what it had saved. Ask that pass "
            "to keep it.",
            "RuntimeError",
            "a second time",
        ),
        Mistake(
            "one-pass",
            "One backward pass ran. Here each loss gets a pass of its own, and the buffer adds them up.",
            shows=lambda call: _completed(call) and len(call.engine_runs) == 1,
        ),
        Mistake(
            "too-many-passes",
            "More than two backward passes ran. Two losses, two passes.",
            shows=lambda call: _completed(call) and len(call.engine_runs) > 2,
        ),
        Mistake(
            "rebuilt-forward",
            "The second pass went through a graph of its own. Compute y and z once, and keep the graph for the second "
            "pass.",
            shows=_rebuilt,
        ),
        *_BOTH_MISTAKES,
    ),
    hints=(
        "A number goes in, a plain float comes out, the same as from `both_losses_grad`.",
        "Go backward from one loss, then from the other, and clear nothing between. What must the first pass keep?",
        "For u = exp x and v = u³: `v.backward(retain_graph=True)`, then `u.backward()`, then read `x.grad`.",
        "Read the section 'Two losses on one graph' again, and the error at the start of 'What a backward pass frees'.",
    ),
)


# --- 5.7 · A batch in small pieces ----------------------------------------------------------------


def full_batch(inputs: Tensor, t: Tensor, w: Tensor, k: Any = 1) -> Tensor:
    """Return the mean squared error of inputs · w against t; k takes no part in it."""
    return ((inputs @ w - t) ** 2).mean()


def _shape_mixed(inputs: Tensor, t: Tensor, w: Tensor) -> Tensor:
    """Return the mean over the differences of every prediction with every target."""
    return (((inputs @ w)[:, None] - t) ** 2).mean()


_of_batch = gradient(full_batch, 2)
_of_mixed = gradient(_shape_mixed, 2)


def _of_part(part: int, inputs: Tensor, t: Tensor, w: Tensor, k: int) -> Numbers:
    """Return the gradient of one micro-batch's own mean."""
    result: Numbers = _of_batch(inputs.chunk(k)[part], t.chunk(k)[part], w)
    return result


def _of_broadcast(inputs: Tensor, t: Tensor, w: Tensor, k: int) -> Numbers:
    """Return the mean of the micro-batches' gradients where shapes (m, 1) and (m,) met in each of them."""
    parts = [_of_mixed(rows, targets, w) for rows, targets in zip(inputs.chunk(k), t.chunk(k), strict=True)]
    return np.asarray(np.mean(parts, axis=0))


def _tensor(*rows: Any) -> Array:
    return Array(rows, "torch")


MICRO_BATCH_GRADS = Exercise(
    id="accumulation.micro_batch_grads",
    number="5.7",
    title="A batch in small pieces",
    way="any",
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
    mistakes=(
        wrong_value(
            "forgot-1k",
            "Your gradient is exactly k times that of the full batch: k means were added up. What makes a mean of them?",
            lambda slope, inputs, t, w, k: slope * k,
        ),
        wrong_value(
            "extra-1k",
            "Your gradient is a k-th of that of the full batch. It was divided by k twice over.",
            lambda slope, inputs, t, w, k: slope / k,
        ),
        wrong_value(
            "last-only",
            "That is the gradient of the last micro-batch alone. What happened to those before it?",
            lambda slope, *batch: _of_part(-1, *batch),
        ),
        wrong_value(
            "last-only-1k",
            "Only the last micro-batch is in the buffer. It was cleared, or made anew, in every round of the loop.",
            lambda slope, inputs, t, w, k: _of_part(-1, inputs, t, w, k) / k,
        ),
        wrong_value(
            "first-only",
            "That is the gradient of the first micro-batch alone. Does the loop end too early?",
            lambda slope, *batch: _of_part(0, *batch),
        ),
        wrong_value(
            "first-only-1k",
            "Only the first micro-batch is in the buffer. Does the loop end too early?",
            lambda slope, inputs, t, w, k: _of_part(0, inputs, t, w, k) / k,
        ),
        wrong_value(
            "sum-over-k",
            "Sums were divided by k. Take the mean within each micro-batch, or divide by the number of all rows.",
            lambda slope, inputs, t, w, k: slope * len(inputs) / k,
        ),
        wrong_value(
            "k-as-size",
            "k is the number of micro-batches, and you took it for the number of rows in each.",
            lambda slope, inputs, t, w, k: slope * len(inputs) / k / k,
        ),
        wrong_value(
            "broadcast",
            "Predictions of shape (m, 1) met targets of shape (m,), so m×m differences were averaged. Give both one shape.",
            lambda slope, *batch: _of_broadcast(*batch),
        ),
    ),
    hints=(
        "A vector of the shape of w. The arguments are tensors without gradients: make your own leaf tensor from w.",
        "One leaf, k small backward passes, nothing cleared between. Then ask yourself what the mean of k means is.",
        "For 4 numbers in 2 pieces, the mean of (1, 3, 5, 7) is 4, and the means 2 and 6 of the halves add up to 8.",
        "Read the section 'Micro-batches' again, above all the line that divides.",
    ),
)


# --- 5.8 · Clear on request -----------------------------------------------------------------------


def trained(*weights: float) -> list[Tensor]:
    """Return a scalar leaf for each weight and a vector of them all; a backward pass has filled every `.grad`."""
    leaves = [*(_leaf(weight) for weight in weights), _leaf(*weights, 1.0)]
    with torch.enable_grad():
        torch.autograd.backward([(leaf**2).sum() for leaf in leaves])
    return leaves


def partly_trained(*weights: float) -> list[Tensor]:
    """Return the same leaves, with one in second place that no backward pass has reached yet."""
    first, *rest = trained(*weights)
    return [first, _leaf(*weights, 2.0), *rest]


def untrained(*weights: float) -> list[Tensor]:
    """Return the same leaves before any backward pass."""
    return [leaf.detach().clone().requires_grad_() for leaf in trained(*weights)]


def _effect(gradients: list[str], same_buffers: bool = True) -> dict[str, Any]:
    return {"gradients": gradients, "same buffers": same_buffers, "weights": "as before"}


def _asked(params: list[Tensor], to_none: bool) -> dict[str, Any]:
    """Return what `clear_` is asked to leave behind."""
    return _effect(["None" if to_none or param.grad is None else "zeros" for param in params])


def _kept(params: list[Tensor]) -> list[str]:
    return ["None" if param.grad is None else "full" for param in params]


def _watched(params: list[Tensor], to_none: bool) -> Callable[[Any], dict[str, Any]]:
    """Remember the parameters and their buffers; return what tells afterwards how they were left."""
    # A second view of each buffer keeps its memory from being given to another tensor.
    before = [(param, param.detach().clone(), None if param.grad is None else param.grad.detach()) for param in params]

    def state(param: Tensor, buffer: Tensor | None) -> str:
        if param.grad is None:
            return "None"
        if bool(param.grad.any()):
            return "full"
        # A parameter that no pass has reached may be left empty, or be given zeros: the next pass gives the same.
        return "None" if buffer is None and not to_none else "zeros"

    def kept(param: Tensor, buffer: Tensor | None) -> bool:
        return buffer is None or param.grad is None or param.grad.data_ptr() == buffer.data_ptr()

    def as_before(param: Tensor, value: Tensor) -> bool:
        return param.requires_grad and param.is_leaf and torch.equal(param.detach(), value)

    def after(_: Any) -> dict[str, Any]:
        same_list = len(params) == len(before) and all(a is b for a, (b, _, _) in zip(params, before, strict=True))
        untouched = same_list and all(as_before(param, value) for param, value, _ in before)
        return {
            "gradients": [state(param, buffer) for param, _, buffer in before],
            "same buffers": all(kept(param, buffer) for param, _, buffer in before),
            "weights": "as before" if untouched else "changed",
        }

    return after


def _until(count: Callable[[list[str]], int]) -> Callable[..., dict[str, Any]]:
    """Return the answer that clears only the first parameters: as many as `count` says of the gradients' states."""

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
        wrong_effect(
            "weights-changed",
            "The parameters themselves are not what they were before. Clearing empties their `.grad` and nothing else.",
            {"weights": "changed"},
        ),
        wrong_effect(
            "new-buffer",
            "The zeros lie in a new tensor. Zeroing keeps the buffer and changes what is in it.",
            {"same buffers": False},
        ),
        raising(
            "number-as-grad",
            "`.grad` takes a tensor or None, and no number.",
            "TypeError",
            "assigned grad",
        ),
        raising(
            "no-grad-yet",
            "A parameter that no backward pass has reached has None in `.grad`, and None can't be zeroed. Skip it.",
            "AttributeError",
            "'NoneType' object has no attribute",
        ),
        wrong_value(
            "nothing-cleared",
            "Every gradient is still there. Did you give a new value to a name of your own, and not to `.grad`?",
            lambda effect, params, to_none: _effect(_kept(params)),
        ),
        wrong_value(
            "always-zeros",
            "Where `to_none` is True the buffer should be given up: `.grad` is None afterwards.",
            lambda effect, params, to_none: _asked(params, False),
        ),
        wrong_value(
            "always-none",
            "Where `to_none` is False the buffers should stay, with zeros in them. Since PyTorch 2.0 the `zero_grad` of an "
            "optimizer sets None unless it is told otherwise.",
            lambda effect, params, to_none: _asked(params, True),
        ),
        wrong_value(
            "inverted",
            "Zeros where None was asked for, and None where zeros were: `to_none` is read the wrong way round.",
            lambda effect, params, to_none: _asked(params, not to_none),
        ),
        wrong_value(
            "only-first",
            "Only the first parameter was cleared. Does the loop return too early?",
            _until(lambda states: 1),
        ),
        wrong_value(
            "stops-at-none",
            "The parameters after one without a gradient were left as they were. Skip that one and go on.",
            _until(lambda states: states.index("None") if "None" in states else len(states)),
        ),
    ),
    hints=(
        "`params` is a list of leaf tensors. Nothing needs to be returned: the parameters change in place.",
        "Two ways to clear, and a third case: a `.grad` that is None already. Which line would fail on it?",
        "To empty a list in place, `numbers.clear()` keeps the list; `numbers = []` makes another one.",
        "Read the sections 'Clearing' and 'In a training loop' again.",
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
