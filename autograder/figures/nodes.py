"""What is inside a node: what it saves, how a gradient is checked, curvature along a direction, and what is recomputed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch.utils.checkpoint import checkpoint

from .picture import BLUE, GREEN, GREY, ORANGE, RED, Explorer, Picture, plain_axes


def node_parts() -> Picture:
    """Return the two halves of a node, forward and backward, and what is kept between them."""
    boxes = {
        "x": (0.0, 1.0, "x", ORANGE),
        "forward": (1.5, 1.0, "forward(ctx, x)", BLUE),
        "y": (3.0, 1.0, "y", GREEN),
        "ctx": (1.5, 0.0, "ctx: what forward saved", GREY),
        "dx": (0.0, -1.0, "∂L/∂x = g · slope", ORANGE),
        "backward": (1.5, -1.0, "backward(ctx, g)", BLUE),
        "g": (3.0, -1.0, "g = ∂L/∂y", GREEN),
    }
    arrows = (
        ("x", "forward", BLUE),
        ("forward", "y", BLUE),
        ("g", "backward", RED),
        ("backward", "dx", RED),
        ("forward", "ctx", GREY),
        ("ctx", "backward", GREY),
    )

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.set(xlim=(-0.65, 3.5), ylim=(-1.45, 1.45))
        axes.axis("off")
        patches = {}
        for name, (x, y, text, colour) in boxes.items():
            style = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": colour, "linewidth": 1.5}
            drawn = axes.text(x, y, text, ha="center", va="center", bbox=style, fontsize=10, zorder=3)
            patches[name] = drawn.get_bbox_patch()
        for start, end, colour in arrows:
            between: dict[str, Any] = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.5}
            between |= {"patchA": patches[start], "patchB": patches[end], "shrinkA": 2, "shrinkB": 2}
            axes.annotate("", boxes[end][:2], boxes[start][:2], arrowprops=between)

    return Picture(
        draw,
        "A node has two halves. Above, from left to right: x goes into forward, and y comes out. Below, from right to left: "
        "the gradient g of y goes into backward, and g times the slope, the gradient of x, comes out. Between the two halves "
        "stands ctx with what forward saved.",
        (7.2, 3.0),
    )


def step_sizes() -> Picture:
    """Return the error of central differences of sin at 1 over the step h, in float32 and in float64."""
    exponents = np.arange(-12.0, 0.01, 0.25)
    errors = {}
    for name, dtype in (("float32", torch.float32), ("float64", torch.float64)):
        x = torch.tensor(1.0, dtype=dtype)
        found = []
        for exponent in exponents:
            h = torch.tensor(10.0**exponent, dtype=dtype)
            slope = (torch.sin(x + h) - torch.sin(x - h)) / (2 * h)
            found.append(max(abs(slope.item() - math.cos(1.0)), 1e-16))
        errors[name] = found

    def draw(figure: Figure) -> None:
        axes = plain_axes(figure.subplots())
        for (name, found), colour, line in zip(errors.items(), (RED, BLUE), ("s--", "o-"), strict=True):
            axes.loglog(10.0**exponents, found, line, color=colour, ms=3, label=name)
        axes.axhline(1e-6, color=GREY, lw=1)
        axes.text(1e-8, 1.6e-6, "tolerance of a check", color=GREY, fontsize=9, va="bottom")
        axes.set(xlabel="step h", ylabel="error of the central difference", ylim=(1e-13, 3))
        axes.legend(loc="lower left")

    return Picture(
        draw,
        "The error of a central difference of sin at 1, over steps from 10⁻¹² to 1, on logarithmic axes. Both curves have "
        "the shape of a V. In float64 the lowest errors are far below one millionth, at steps near 10⁻⁵. In float32 the errors "
        "stay near one millionth or above it, and for steps below 10⁻⁷ the difference is useless.",
        (6.8, 3.6),
    )


# A valley that is much steeper across than along.
_HESSIAN = np.array([[0.5, 1.2], [1.2, 4.4]])
_START = np.array([-2.4, 2.0])


def _height(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    height: np.ndarray[Any, Any] = (
        0.5 * (_HESSIAN[0, 0] * x**2 + _HESSIAN[1, 1] * y**2) + _HESSIAN[0, 1] * x * y + 0.03 * x**4
    )
    return height


def _surface(at: torch.Tensor) -> torch.Tensor:
    x, y = at
    height: torch.Tensor = 0.5 * (_HESSIAN[0, 0] * x**2 + _HESSIAN[1, 1] * y**2) + _HESSIAN[0, 1] * x * y + 0.03 * x**4
    return height


def _contours(axes: Axes) -> None:
    x, y = np.meshgrid(np.linspace(-3, 3, 121), np.linspace(-2.6, 2.6, 105))
    levels = [0.1, 0.5, 1.5, 3, 5, 8, 12, 17, 23]
    axes.contour(x, y, _height(x, y), levels, colors=GREY, linewidths=0.7, alpha=0.6)
    axes.set(xlabel="x₀", ylabel="x₁", aspect="equal")


def _path(step: Callable[[torch.Tensor], torch.Tensor], steps: int) -> np.ndarray[Any, Any]:
    at = torch.tensor(_START)
    points = [at]
    for _ in range(steps):
        at = at - step(at)
        points.append(at)
    return torch.stack(points).numpy()


def _slope(at: torch.Tensor) -> torch.Tensor:
    (slope,) = torch.autograd.grad(_surface(leaf := at.clone().requires_grad_()), leaf)
    return slope


def _newton(at: torch.Tensor) -> torch.Tensor:
    hessian = torch.autograd.functional.hessian(_surface, at)  # type: ignore[no-untyped-call]
    return cast(torch.Tensor, torch.linalg.solve(hessian, _slope(at)))


def two_descents(steps: int = 5) -> Picture:
    """Return the paths of gradient descent and of Newton's method down one valley."""
    descent = _path(lambda at: 0.2 * _slope(at), steps)
    newton = _path(_newton, steps)

    def draw(figure: Figure) -> None:
        axes = plain_axes(figure.subplots())
        _contours(axes)
        axes.plot(*descent.T, "o-", color=RED, ms=4, label="gradient descent, rate 0.2")
        axes.plot(*newton.T, "s-", color=BLUE, ms=5, label="Newton")
        axes.plot(0, 0, "*", color=GREEN, ms=13, label="minimum")
        axes.legend(loc="lower left", fontsize=9)

    heights = [float(_height(*path[-1])) for path in (descent, newton)]
    return Picture(
        draw,
        f"Two paths down a long valley, {steps} steps each, from the same start. Gradient descent first falls into the valley "
        f"and then creeps along it: its last height is {heights[0]:.2g}. Newton's steps use the curvature and point at the "
        f"minimum: the last height is {'below one millionth' if heights[1] < 1e-6 else f'{heights[1]:.1g}'}.",
        (6.4, 4.6),
    )


def curvature(degrees: float) -> Picture:
    """Return a valley with a direction in it, and the height along this direction beside its parabola."""
    at = torch.tensor([-1.0, 0.6], dtype=torch.float64)
    angle = math.radians(degrees)
    direction = torch.tensor([math.cos(angle), math.sin(angle)], dtype=torch.float64)
    leaf = at.clone().requires_grad_()
    (slope,) = torch.autograd.grad(_surface(leaf), leaf, create_graph=True)
    (product,) = torch.autograd.grad(slope @ direction, leaf)
    rise, bend = (slope @ direction).item(), (direction @ product).item()

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        _contours(plain_axes(left))
        ends = np.stack([(at - 1.2 * direction).numpy(), (at + 1.2 * direction).numpy()])
        left.plot(*ends.T, color=BLUE, lw=2.5)
        left.plot(*at.numpy(), "o", color=ORANGE, ms=7)
        plain_axes(right)
        t = np.linspace(-1.2, 1.2, 81)
        line = at.numpy()[:, None] + direction.numpy()[:, None] * t
        start = float(_height(*at.numpy()))
        right.plot(t, _height(*line), color=BLUE, lw=2.5, label="f along the line")
        right.plot(
            t, start + rise * t + bend * t**2 / 2, "--", color=RED, label="parabola with this slope and curvature"
        )
        right.plot(0, start, "o", color=ORANGE, ms=7)
        right.set(xlabel="steps along v", title=f"slope {rise:.2f}, curvature vᵀHv {bend:.2f}", ylim=(-1, 9))
        right.legend(loc="upper center", fontsize=9)

    return Picture(
        draw,
        f"Left, a valley with a line through a point, at {degrees:g} degrees. Right, the height along this line, with the "
        f"parabola that has the same slope, {rise:.2f}, and the same curvature vᵀHv, {bend:.2f}.",
        (8.0, 3.6),
    )


def explore_curvature() -> Explorer:
    """Return the curvature of a valley in a direction that a slider turns."""
    return Explorer(curvature, "degrees", start=0, low=0, high=180, step=10)


def _saved(run: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> int:
    """Return how many bytes a forward pass saves, each storage counted once."""
    sizes: dict[int, int] = {}
    kept = []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        kept.append(tensor)
        storage = tensor.untyped_storage()
        sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = run(x)
    del result
    return sum(sizes.values())


def kept_and_recomputed(depths: tuple[int, ...] = (4, 16, 64)) -> Picture:
    """Return the bytes that a chain of sines saves, by its length: as it is, in pieces, and as one piece."""
    x = torch.linspace(0.0, 1.0, 1000).requires_grad_()

    def chain(x: torch.Tensor, depth: int) -> torch.Tensor:
        for _ in range(depth):
            x = torch.sin(x)
        return x

    def pieces(x: torch.Tensor, depth: int, many: int) -> torch.Tensor:
        for _ in range(many):
            x = checkpoint(chain, x, depth // many, use_reentrant=True)
        return x

    ways: dict[str, list[int]] = {"everything saved": [], "checkpoint after each √n layers": [], "one checkpoint": []}
    for depth in depths:
        ways["everything saved"].append(_saved(lambda x, n=depth: chain(x, n), x))  # type: ignore[misc]
        root = math.isqrt(depth)
        ways["checkpoint after each √n layers"].append(_saved(lambda x, n=depth, k=root: pieces(x, n, k), x))  # type: ignore[misc]
        ways["one checkpoint"].append(_saved(lambda x, n=depth: pieces(x, n, 1), x))  # type: ignore[misc]

    def draw(figure: Figure) -> None:
        axes = plain_axes(figure.subplots())
        for k, ((name, sizes), colour) in enumerate(zip(ways.items(), (RED, BLUE, GREEN), strict=True)):
            bars = axes.bar(np.arange(len(depths)) + 0.27 * (k - 1), [one / 1000 for one in sizes], 0.25, color=colour)
            axes.bar_label(bars, [f"{one // 1000}" for one in sizes], padding=2, fontsize=9)
            bars.set_label(name)
        axes.margins(y=0.08)
        axes.set(xticks=range(len(depths)), xticklabels=[f"{one} layers" for one in depths])
        axes.set(ylabel="saved, in thousand bytes")
        axes.grid(axis="x", visible=False)
        axes.legend(loc="upper left")

    told = "; ".join(f"{name}, {', '.join(map(str, sizes))} bytes" for name, sizes in ways.items())
    return Picture(
        draw, f"Saved by a chain of {', '.join(map(str, depths))} sines of 1000 numbers: {told}.", (7.2, 3.4)
    )
