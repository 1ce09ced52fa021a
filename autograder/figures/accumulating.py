"""The buffer that gradients are added into, and what a training loop does that forgets to clear it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .picture import BLUE, GREEN, GREY, ORANGE, RED, Explorer, Picture, plain_axes


def _parts_of_buffer(passes: int, clear: bool) -> list[list[float]]:
    """Return, after each backward pass of 3 · weight, what each pass so far has left in the buffer of the weight."""
    weight = torch.tensor(1.0, requires_grad=True)
    after = [0.0]
    for _ in range(passes):
        if clear:
            weight.grad = None
        torch.autograd.backward(weight * 3)
        assert weight.grad is not None
        after.append(weight.grad.item())
    if clear:
        return [[one] for one in after[1:]]
    added = [now - before for before, now in pairwise(after)]
    return [added[: k + 1] for k in range(passes)]


def buffer_bars(passes: int = 3) -> Picture:
    """Return the buffer of a weight after each backward pass of 3 · weight, as bars: never cleared, and cleared."""
    panels = {
        "never cleared": _parts_of_buffer(passes, False),
        "cleared between passes": _parts_of_buffer(passes, True),
    }
    colours = (BLUE, ORANGE, GREEN, RED, GREY)

    def draw(figure: Figure) -> None:
        all_axes = figure.subplots(1, 2, sharey=True)
        for axes, (title, bars) in zip(all_axes, panels.items(), strict=True):
            plain_axes(axes).set_axisbelow(True)
            for k, parts in enumerate(bars, start=1):
                floor = 0.0
                # Where the buffer was cleared, the only part in it is that of the latest pass.
                for which, part in enumerate(parts, start=k - len(parts) + 1):
                    colour = colours[(which - 1) % len(colours)]
                    axes.bar(k, part, bottom=floor, color=colour, edgecolor="white", width=0.6)
                    axes.text(k, floor + part / 2, f"pass {which}", ha="center", va="center", color="white", fontsize=9)
                    floor += part
                axes.text(k, floor + 0.15, f"{floor:g}", ha="center", va="bottom")
            axes.set(title=title, xlabel="after pass", xticks=range(1, passes + 1), ylim=(0, 3 * passes + 1))
        all_axes[0].set_ylabel("weight.grad")

    told = " and ".join(f"{', '.join(f'{sum(parts):g}' for parts in bars)} {name}" for name, bars in panels.items())
    return Picture(
        draw,
        f"Bars of weight.grad after each of {passes} backward passes of 3 · weight: {told}. Without clearing, each bar "
        "is a stack: one block for every pass so far, all of one size.",
        (7.6, 3.4),
    )


def _saved(node: Any) -> str:
    """Return what a node has saved, in words; "freed" after a backward pass that kept nothing."""
    try:
        return f"saved: {node._saved_self.item():g}"
    except RuntimeError:
        return "freed"


def _saved_by_chain(keep: bool) -> list[list[str]]:
    """Return what the nodes of y = x² and z = sin y at x = 3 have saved, before and after a backward pass from z."""
    y = torch.tensor(3.0, requires_grad=True) ** 2
    z = torch.sin(y)
    nodes = y.grad_fn, z.grad_fn
    before = [_saved(node) for node in nodes]
    torch.autograd.backward(z, retain_graph=keep)
    return [before, [_saved(node) for node in nodes]]


def saved_and_freed(keep: bool = False) -> Picture:
    """Return the graph of y = x² and z = sin y at x = 3, before and after a backward pass, with what its nodes have saved."""
    titles = ("after the forward pass", f"after z.backward({'retain_graph=True' if keep else ''})")
    rows = _saved_by_chain(keep)
    nodes = ("x\nAccumulateGrad", "y\nPowBackward0", "z\nSinBackward0")

    def draw(figure: Figure) -> None:
        for axes, title, saved in zip(figure.subplots(2, 1), titles, rows, strict=True):
            boxes = []
            for x, (label, colour) in enumerate(zip(nodes, (ORANGE, BLUE, BLUE), strict=True)):
                style = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": colour}
                text = axes.text(x, 0, label, ha="center", va="center", fontsize=9, bbox=style, zorder=3)
                boxes.append(text.get_bbox_patch())
            for x, held in enumerate(saved, start=1):
                gone = held == "freed"
                style = {"boxstyle": "square,pad=0.4", "facecolor": "none" if gone else "#dcebf5"}
                style |= {"edgecolor": RED if gone else BLUE, "linestyle": "--" if gone else "-"}
                axes.text(
                    x, -0.85, held, ha="center", va="center", fontsize=9, color=RED if gone else "black", bbox=style
                )
            for x in (0, 1):
                arrow = {"arrowstyle": "-|>", "color": GREY, "patchA": boxes[x], "patchB": boxes[x + 1], "shrinkB": 2}
                axes.annotate("", (x + 1, 0), (x, 0), arrowprops=arrow)
            axes.set(xlim=(-0.5, 2.5), ylim=(-1.3, 0.6))
            axes.set_title(title, loc="left", fontsize=10)
            axes.axis("off")

    told = "; ".join(
        f"{title}: the node of y {of_y}, the node of z {of_z}" for title, (of_y, of_z) in zip(titles, rows, strict=True)
    )
    return Picture(
        draw,
        f"The graph from x over y = x² to z = sin y, twice. {told.capitalize()}. All nodes and arrows are in both.",
        (6.4, 3.6),
    )


def _losses(rate: float, clear: bool, steps: int) -> list[float]:
    """Return the losses w² of a training loop that starts at w = 3, the buffer cleared after each step or never."""
    w = torch.tensor(3.0, requires_grad=True)
    losses = []
    for _ in range(steps):
        loss = w**2
        torch.autograd.backward(loss)
        losses.append(loss.item())
        assert w.grad is not None
        with torch.no_grad():
            w -= rate * w.grad
        if clear:
            w.grad = None
    return losses


def loss_curves(rate: float = 0.2, steps: int = 16) -> Picture:
    """Return the loss w² of a training loop from w = 3 on, with the buffer cleared in every step and without."""
    cleared, summed = (_losses(rate, clear, steps) for clear in (True, False))

    def draw(figure: Figure) -> None:
        axes = plain_axes(figure.subplots())
        axes.plot(cleared, "o-", color=BLUE, lw=2, ms=5, label="cleared in every step")
        axes.plot(summed, "s--", color=RED, lw=2, ms=5, label="never cleared")
        axes.set(title=f"learning rate {rate:g}", xlabel="step", ylabel="loss w²", ylim=(-0.5, max(*summed, 9.0) * 1.3))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(loc="upper right", ncols=2)

    first = " → ".join(f"{loss:.3g}" for loss in cleared[:4])
    second = " → ".join(f"{loss:.3g}" for loss in summed[:7])
    return Picture(
        draw,
        f"The loss over {steps} steps at learning rate {rate:g}. Cleared in every step it goes {first} and on to "
        f"{cleared[-1]:.2g}; never cleared it goes {second} and ends at {summed[-1]:.2g}.",
    )


def explore_learning_rate() -> Explorer:
    """Return the loss curves at a learning rate that a slider moves."""
    return Explorer(lambda rate: loss_curves(round(rate, 2)), "rate", start=0.4, low=0.02, high=0.6, step=0.02)
