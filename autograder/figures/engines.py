"""An engine at work: the order of a backward pass, broadcasting and back, and a network that learns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch.nn import functional

from .picture import BLUE, GREEN, GREY, ORANGE, RED, Explorer, Picture, plain_axes

_SIDES = LinearSegmentedColormap.from_list("sides", ("#9ecae8", "#ffffff", "#f0c89a"))
# From which share of the points on a word is true; far from where a training on another machine would end.
_SHARES = ((0.95, "nearly all"), (0.6, "most"), (0.4, "about half"), (0.0, "few"))

# The graph of L = d + tanh d with d = a b: where each node stands, and what it was made of.
_PLACES = {"L": (1.0, 3.0), "tanh d": (1.7, 2.0), "d": (1.0, 1.0), "a": (0.4, 0.0), "b": (1.6, 0.0)}
_PARENTS = {"L": ("d", "tanh d"), "tanh d": ("d",), "d": ("a", "b"), "a": (), "b": ()}


def _at_once() -> list[str]:
    """Return the nodes in the order in which a walk visits them that goes on to the parents at once."""
    order: list[str] = []

    def visit(node: str) -> None:
        if node not in order:
            order.append(node)
            for parent in _PARENTS[node]:
                visit(parent)

    visit("L")
    return order


def _when_complete() -> list[str]:
    """Return the nodes in the order of a backward pass: each after all that was made of it."""
    order: list[str] = []

    def visit(node: str) -> None:
        if node not in order:
            for parent in _PARENTS[node]:
                visit(parent)
            order.append(node)

    visit("L")
    return order[::-1]


def order_picture() -> Picture:
    """Return two orders of a backward pass through L = d + tanh d: one that is too early at d, and one that waits."""
    panels = {"to the parents at once": _at_once(), "when all has arrived": _when_complete()}

    def draw(figure: Figure) -> None:
        for axes, (title, order) in zip(figure.subplots(1, 2), panels.items(), strict=True):
            early = order.index("d") < order.index("tanh d")
            axes.set(title=title, xlim=(-0.2, 2.4), ylim=(-0.6, 3.6))
            axes.axis("off")
            for node, (x, y) in _PLACES.items():
                for parent in _PARENTS[node]:
                    late = early and (node, parent) == ("tanh d", "d")
                    style = {"arrowstyle": "->", "color": RED if late else GREY, "shrinkA": 17, "shrinkB": 17}
                    axes.annotate("", _PLACES[parent], (x, y), arrowprops=style | {"linestyle": "--" if late else "-"})
                colour = RED if early and node == "d" else BLUE
                box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": colour}
                axes.text(x, y, f"{order.index(node) + 1}: {node}", ha="center", va="center", bbox=box)
            if early:
                axes.text(1.75, 1.35, "too late", color=RED, fontsize=9)

    told = "; ".join(f"{title}: {', '.join(order)}" for title, order in panels.items())
    return Picture(
        draw,
        f"The graph of L = d + tanh d with d = a b, and two orders of a backward pass. {told}. In the first one d passes "
        "its gradient on before the part through tanh d has arrived.",
        (7.2, 3.6),
    )


def broadcast_picture() -> Picture:
    """Return a row that is copied into two rows, and the two gradients that are added up on the way back."""
    rows = ((1, 10, 100), (2, 20, 200))

    def cells(axes: Axes, top: float, texts: Sequence[object], colour: str, left: float = 0.0) -> None:
        for i, text in enumerate(texts):
            box = {"boxstyle": "square,pad=0.5", "facecolor": "white", "edgecolor": colour}
            axes.text(left + i, top, f"{text}", ha="center", va="center", bbox=box, color=colour, family="monospace")

    def draw(figure: Figure) -> None:
        forward, back = figure.subplots(1, 2)
        for axes in (forward, back):
            axes.set(xlim=(-0.7, 3.1), ylim=(-0.5, 3.4))
            axes.axis("off")
        forward.set_title("forward: v is copied")
        back.set_title("back: the gradients of the copies add up")
        names = ("v₀", "v₁", "v₂")
        cells(forward, 3.0, names, BLUE)
        cells(back, 0.0, [sum(column) for column in zip(*rows, strict=True)], GREEN)
        for top, row in zip((1.6, 0.8), rows, strict=True):
            cells(forward, top, names, GREY)
            cells(back, top + 1.2, row, ORANGE)
        for i in range(3):
            style = {"arrowstyle": "->", "color": GREY}
            forward.annotate("", (i, 1.95), (i, 2.65), arrowprops=style)
            back.annotate("", (i, 0.4), (i, 1.6), arrowprops=style)

    sums = ", ".join(f"{sum(column)}" for column in zip(*rows, strict=True))
    return Picture(
        draw,
        "Left: a row v of three numbers is copied into two rows. Right: gradients 1, 10, 100 arrive at the first copy and "
        f"2, 20, 200 at the second. Added up they are the gradient of v: {sums}.",
        (7.6, 3.0),
    )


def training(
    points: Any, labels: Any, side: Any, losses: Sequence[float], snapshots: Mapping[int, Any], step: int
) -> Picture:
    """Return which side a network puts each place on after some steps, beside the course of its loss.

    Parameters
    ----------
    side
        The coordinates of a grid, the same in both directions.
    snapshots
        By step, the logit at each place of the grid, row by row from the bottom.
    """
    which = np.asarray(labels).ravel() > 0.5
    logits = np.asarray(snapshots[step])

    def draw(figure: Figure) -> None:
        plane, curve = figure.subplots(1, 2, width_ratios=(1, 1.1))
        plane.contourf(side, side, 1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.linspace(0, 1, 11), cmap=_SIDES)
        if logits.min() < 0 < logits.max():
            plane.contour(side, side, logits, [0.0], colors="black", linewidths=1.5)
        for chosen, colour, marker in ((~which, BLUE, "o"), (which, ORANGE, "^")):
            plane.plot(*np.asarray(points)[chosen].T, marker, color=colour, ms=4, mec="white", mew=0.4)
        plane.set(title=f"after {step} steps", aspect="equal", xticks=[], yticks=[])
        plain_axes(curve).plot(losses, color=GREY, lw=1.2)
        at = min(step, len(losses) - 1)
        curve.plot([at], [losses[at]], "o", color=RED)
        curve.set(title="loss", xlabel="step", yscale="log")

    nearest = np.abs(np.asarray(side)[:, None] - np.asarray(points).T[:, None, :]).argmin(axis=1)
    right = float(((logits[nearest[1], nearest[0]] > 0) == which).mean())
    told = next(word for least, word in _SHARES if right >= least)
    return Picture(
        draw,
        f"Two spirals of points, and the sides that the network puts each place on after {step} steps: {told} of the "
        "points lie on their own side. Beside it the loss, falling over the steps, with a dot at this one.",
        (7.8, 3.6),
    )


def explore_training(
    points: Any, labels: Any, side: Any, losses: Sequence[float], snapshots: Mapping[int, Any]
) -> Explorer | Picture:
    """Return the picture of a training with a slider over its steps; where nothing was trained yet, the points alone."""
    steps = sorted(snapshots)
    if len(steps) < 2 or not losses:
        return _points_alone(points, labels)
    apart = steps[1] - steps[0]

    def at(position: float) -> Picture:
        nearest = min(steps, key=lambda step: abs(step - position))
        return training(points, labels, side, losses, snapshots, nearest)

    return Explorer(at, "step", start=steps[-1], low=steps[0], high=steps[-1], step=apart)


def _points_alone(points: Any, labels: Any) -> Picture:
    which = np.asarray(labels).ravel() > 0.5

    def draw(figure: Figure) -> None:
        axes = plain_axes(figure.subplots())
        for chosen, colour, marker in ((~which, BLUE, "o"), (which, ORANGE, "^")):
            axes.plot(*np.asarray(points)[chosen].T, marker, color=colour, ms=4)
        axes.set(title="not trained yet", aspect="equal", xticks=[], yticks=[])

    return Picture(draw, "Two spirals of points. No network was trained yet.", (4.0, 3.6))


def _loop_losses(clear: bool, moves: bool, rate: float = 0.15, steps: int = 20) -> list[float]:
    """Return the losses of a linear model, its gradient cleared or not, its own weights moved or not."""
    inputs = torch.tensor([[1.0, 0.5], [-0.5, 1.0], [0.5, -1.5], [-1.0, 0.25]])
    weight = torch.tensor([[1.5], [-2.0]], requires_grad=True)
    losses = []
    for _ in range(steps):
        loss = functional.mse_loss(inputs @ weight, torch.zeros(4, 1))
        losses.append(loss.item())
        torch.autograd.backward(loss)
        assert weight.grad is not None
        with torch.no_grad():
            if moves:
                weight -= rate * weight.grad
        if clear:
            weight.grad = None
    return losses


def symptoms_picture() -> Picture:
    """Return the loss curves of a sound loop, of one that never clears, and of one that moves no weight of the model."""
    curves = {
        "sound": (_loop_losses(True, True), BLUE, "-"),
        "never cleared": (_loop_losses(False, True), RED, "--"),
        "weights stand still": (_loop_losses(True, False), GREY, ":"),
    }

    def draw(figure: Figure) -> None:
        axes = plain_axes(figure.subplots())
        for name, (losses, colour, line) in curves.items():
            axes.plot(losses, line, color=colour, lw=2, label=name)
        axes.set(xlabel="step", ylabel="loss", ylim=(-0.3, 9.0))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(loc="upper right", ncols=3)

    return Picture(
        draw,
        "Three loss curves over 20 steps. A sound loop falls at once and stays down. One that never clears its gradients "
        "swings up and down. One whose weights stand still is flat.",
    )
