"""The sigmoid, the cross-entropy and its gradient: curves, a graph with its numbers, and where floats give out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from typing import Any

import networkx
import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch.nn import functional

from ..exercise import gradient
from ..losses import clamped_loss, loss_of_logit, loss_of_probability
from .chain import flow_told, gradient_flow
from .picture import BLUE, GREEN, GREY, ORANGE, RED, Explorer, Picture, plain_axes

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Curve = np.ndarray[Any, Any]


def _slopes(loss: Loss, z: Curve, y: float, dtype: torch.dtype = torch.float64) -> Curve:
    """Return the gradient of a loss of (logit, label) at each of the logits, as autograd computes it in a dtype."""
    leaf = torch.tensor(z, dtype=dtype, requires_grad=True)
    with torch.enable_grad():
        (slopes,) = torch.autograd.grad(loss(leaf, torch.full_like(leaf, y)).sum(), leaf)
    return np.asarray(slopes.double())


def sigmoid_curve() -> Picture:
    """Return the sigmoid and its slope."""
    z = np.linspace(-8, 8, 321)
    values = np.asarray(torch.sigmoid(torch.tensor(z)))
    slopes = _slopes(lambda z, _: torch.sigmoid(z), z, 0.0)

    def draw(figure: Figure) -> None:
        axes = plain_axes(figure.subplots())
        axes.plot(z, values, color=BLUE, lw=2, label="p, the sigmoid of z")
        axes.plot(z, slopes, color=ORANGE, lw=2, ls="--", label="its slope, dp/dz")
        axes.set(xlabel="logit z", ylabel="", ylim=(-0.05, 1.05))
        axes.legend(loc="upper left")

    return Picture(
        draw,
        f"The sigmoid rises from 0 to 1 in the shape of an S and is {values[160]:g} at z = 0. Its slope is a bell: highest "
        f"at z = 0, where it is {slopes.max():g}, and close to 0 left of −6 and right of 6.",
    )


def loss_curves() -> Picture:
    """Return the loss against the probability, one curve for each label."""
    p = np.linspace(0.002, 0.998, 500)
    losses = [
        np.asarray(functional.binary_cross_entropy(torch.tensor(p), torch.full((500,), y).double(), reduction="none"))
        for y in (1.0, 0.0)
    ]

    def draw(figure: Figure) -> None:
        axes = plain_axes(figure.subplots())
        axes.plot(p, losses[0], color=BLUE, lw=2, label="label 1:  −log p")
        axes.plot(p, losses[1], color=ORANGE, lw=2, ls="--", label="label 0:  −log(1 − p)")
        axes.set(xlabel="probability p that the neuron gives to label 1", ylabel="loss", ylim=(0, 6))
        axes.legend(loc="upper center")

    return Picture(
        draw,
        "The loss against the probability p. For label 1 it falls from very high near p = 0 down to 0 at p = 1. For label 0 "
        "it is the mirror image: 0 at p = 0, and very high near p = 1. The curves cross at p = 0.5, at 0.69.",
    )


def tall_graph(root: torch.Tensor, names: Mapping[str, torch.Tensor]) -> Picture:
    """Return the recorded graph of a scalar, from its leaves downward: gradients in the nodes, local derivatives between.

    Parameters
    ----------
    root
        A scalar with a `grad_fn`, before `backward()` has freed what its graph saved.
    names
        Names for tensors of the graph, written with their values at the nodes they came from.
    """
    graph = gradient_flow(root, names)
    layers = list(networkx.topological_generations(graph))
    place = {
        node: ((i - (len(layer) - 1) / 2) * 2.1, -float(y))
        for y, layer in enumerate(layers)
        for i, node in enumerate(layer)
    }
    # A leaf stands just above the node that it goes into, even where it could stand higher.
    for leaf in layers[0]:
        x, y = max((place[child] for child in graph.successors(leaf)), key=lambda at: at[1])
        taken = {place[node] for node in graph if node is not leaf}
        place[leaf] = (x + 2.1 * ((x, y + 1) in taken), y + 1)

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        boxes = {}
        for node, words in graph.nodes.items():
            named = f"{words['name']} = {words['value']:.5g}\n" if words["name"] else ""
            text = f"{named}{words['kind']}\ngradient {words['gradient'] + 0.0:.5g}"
            colour = ORANGE if words["kind"] == "AccumulateGrad" else GREEN if node is root.grad_fn else BLUE
            style = {"boxstyle": "round,pad=0.3", "facecolor": "white", "edgecolor": colour}
            label = axes.text(*place[node], text, ha="center", va="center", bbox=style, fontsize=8, zorder=3)
            boxes[node] = label.get_bbox_patch()
        for start, end, slopes in graph.edges(data="slopes"):
            arrow = {"arrowstyle": "-|>", "color": GREY, "patchA": boxes[start], "patchB": boxes[end], "shrinkB": 2}
            axes.annotate("", place[end], place[start], arrowprops=arrow)
            (x0, y0), (x1, y1) = place[start], place[end]
            beside = {"x": x0 + 0.08, "ha": "left"} if x0 == x1 else {"x": (x0 + x1) / 2, "ha": "center"}
            words = {"y": (y0 + y1) / 2, "s": " and ".join(f"× {slope:.5g}" for slope in slopes), **beside}
            white = {"facecolor": "white", "edgecolor": "none", "pad": 1}
            axes.text(**words, va="center", fontsize=8, color=RED, bbox=white)
        across, down = zip(*place.values(), strict=True)
        axes.set(xlim=(min(across) - 1.1, max(across) + 1.1), ylim=(min(down) - 0.4, max(down) + 0.4))
        axes.axis("off")

    heights = [y for _, y in place.values()]
    size = (6.4, 0.82 * (max(heights) - min(heights) + 1))
    return Picture(draw, f"The recorded graph from the leaves, on top, down to the result. {flow_told(graph)}", size)


def huge_times_tiny(z: float = 6.7, y: int = 0) -> Picture:
    """Return the two local derivatives of the loss at one logit, and their product, as bars on a logarithmic scale."""
    p = torch.sigmoid(torch.tensor(z, dtype=torch.float64)).item()
    factors = [float(gradient(loss_of_probability)(p, y)), float(gradient(torch.sigmoid)(z))]
    product = factors[0] * factors[1]
    names = ["dL/dp", "dp/dz", "their product"]
    logits = np.linspace(-12, 12, 241)
    losses = [float(loss_of_logit(torch.tensor(each), torch.tensor(float(y)))) for each in logits]
    height = float(loss_of_logit(torch.tensor(z), torch.tensor(float(y))))

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        plain_axes(left)
        left.plot(logits, losses, color=BLUE, lw=2)
        left.plot(logits, height + product * (logits - z), color=ORANGE, lw=1.5)
        left.plot(z, height, "o", color=ORANGE)
        left.set(
            xlabel="logit z", ylabel=f"loss for label {y}", ylim=(-1.5, 13), title=f"z = {z:g}, slope {product:.4g}"
        )
        plain_axes(right)
        sizes = [abs(each) for each in (*factors, product)]
        bars = right.bar(names, sizes, color=[RED, BLUE, ORANGE], log=True)
        right.bar_label(bars, [f"{each:.5g}" for each in (*factors, product)], padding=2)
        right.set(ylim=(1e-6, 1e7), title="size, on a logarithmic scale")
        right.axhline(1, color=GREY, lw=1)

    return Picture(
        draw,
        f"Left, the loss for label {y} against the logit, with its tangent at z = {z:g}, which has slope {product:.4g}. Right, "
        f"three bars on a logarithmic scale: dL/dp is {factors[0]:.5g}, dp/dz is {factors[1]:.5g}, and their product is "
        f"{product:.5g}.",
        (8.0, 3.4),
    )


def explore_factors() -> Explorer:
    """Return the two local derivatives and their product at a logit that a slider moves, for label 0."""
    return Explorer(lambda z: huge_times_tiny(round(z, 2)), "logit z", start=6.7, low=-12.0, high=12.0)


def gradient_curves() -> Picture:
    """Return the gradient in the logit as four ways of computing the loss give it in float32, for both labels."""
    z = np.linspace(-25, 25, 1001)
    ways: dict[str, tuple[Loss, str, str]] = {
        "plain, in float64": (_of_probability(_plain), GREY, "-"),
        "clamped": (_of_probability(clamped_loss), RED, "--"),
        "F.binary_cross_entropy": (_of_probability(_library), BLUE, "-."),
        "…_with_logits": (_with_logits, GREEN, ":"),
    }
    curves = {
        (name, y): _slopes(loss, z, y, torch.float64 if "float64" in name else torch.float32)
        for name, (loss, _, _) in ways.items()
        for y in (0.0, 1.0)
    }
    broken = z[~np.isfinite(curves["clamped", 0.0])].min()
    flat = z[(curves["clamped", 1.0] == 0) & (z < 0)].max()
    zero = z[(curves["F.binary_cross_entropy", 0.0] == 0) & (z > 0)].min()

    def draw(figure: Figure) -> None:
        for axes, y in zip(figure.subplots(1, 2), (0.0, 1.0), strict=True):
            plain_axes(axes)
            for name, (_, colour, style) in ways.items():
                axes.plot(z, curves[name, y], color=colour, ls=style, lw=5 if style == "-" else 2, label=name)
                if style == "-":
                    axes.lines[-1].set_alpha(0.35)
            axes.axvspan(broken, 25, color=RED, alpha=0.12, lw=0)
            axes.text((broken + 25) / 2, y * -0.45 + (1 - y) * 0.5, "nan", ha="center", color=RED)
            axes.set(xlabel="logit z", title=f"label {y:.0f}", ylim=(-0.1 - y, 1.1 - y), xlim=(-25, 25))
        figure.axes[0].set_ylabel("gradient dL/dz")
        figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=8)

    return Picture(
        draw,
        "The gradient in the logit, in float32, for label 0 on the left and label 1 on the right. The loss with logits stays "
        "on the true curve everywhere: from 0 up to 1 for label 0, from −1 up to 0 for label 1. The clamped loss gives nan "
        f"from z = {broken:.1f} on, for both labels, and 0 in place of −1 left of z = {flat:.1f} for label 1. "
        f"F.binary_cross_entropy gives 0 in place of 1 from z = {zero:.1f} on for label 0.",
        (8.4, 3.8),
    )


def _of_probability(loss: Loss) -> Loss:
    return lambda z, y: loss(torch.sigmoid(z), y)


def _plain(p: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return -(y * torch.log(p) + (1 - y) * torch.log(1 - p))


def _library(p: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return functional.binary_cross_entropy(p, y, reduction="none")


def _with_logits(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return functional.binary_cross_entropy_with_logits(z, y, reduction="none")


def learning_signal() -> Picture:
    """Return the gradient in the logit of three losses for label 0: two of them say little where it matters most."""
    z = np.linspace(-8, 12, 401)
    ways: dict[str, tuple[Loss, str, str]] = {
        "cross-entropy": (_with_logits, BLUE, "-"),
        "squared error of the sigmoid": (_of_probability(lambda p, y: (p - y) ** 2), ORANGE, "--"),
        "cross-entropy with the sigmoid twice": (_of_probability(_with_logits), RED, "-."),
    }
    curves = {name: _slopes(loss, z, 0.0) for name, (loss, _, _) in ways.items()}

    def draw(figure: Figure) -> None:
        axes = plain_axes(figure.subplots())
        for name, (_, colour, style) in ways.items():
            axes.plot(z, curves[name], color=colour, ls=style, lw=2, label=name)
        axes.set(xlabel="logit z: the further right, the more wrong", ylabel="gradient dL/dz, label 0")
        axes.legend(loc="center right")

    ends = ", ".join(f"{curve[-1]:.2g} for {name}" for name, curve in curves.items())
    return Picture(
        draw,
        "The gradient in the logit for label 0. That of the cross-entropy rises to 1 and stays there. Those of the squared "
        f"error and of the sigmoid applied twice rise to a small hill around z = 1 and fall back to 0. At z = 12: {ends}.",
    )


def learning_curves(losses: Mapping[str, Sequence[float]]) -> Picture:
    """Return the losses of several trainings, step by step. Where a loss is not finite there is no line."""
    styles = ((RED, "--"), (BLUE, "-."), (GREEN, "-"), (ORANGE, ":"))

    def draw(figure: Figure) -> None:
        axes = plain_axes(figure.subplots())
        for (name, curve), (colour, line) in zip(losses.items(), cycle(styles)):
            label = name if np.isfinite(curve).all() else f"{name}: not finite"
            axes.plot(
                range(1, len(curve) + 1),
                np.where(np.isfinite(curve), curve, np.nan),
                color=colour,
                ls=line,
                lw=2,
                label=label,
            )
        axes.set(xlabel="step", ylabel="loss", ylim=(0, None))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend()

    return Picture(draw, f"The loss at each step of a training. {' '.join(_told(*one) for one in losses.items())}")


def _told(name: str, curve: Sequence[float]) -> str:
    finite = np.isfinite(curve)
    if not finite.all():
        return f"{name}: not finite from step {int(np.argmin(finite)) + 1} on."
    return f"{name}: from {curve[0]:.1f} to {curve[-1]:.1f}."
