"""Jacobians as pictures: rows that are weighed and added up, and lines from inputs to outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from .picture import BLUE, GREEN, GREY, ORANGE, Explorer, Picture

_Function = Callable[[torch.Tensor], torch.Tensor]


def _jacobian(function: _Function, at: Sequence[float]) -> np.ndarray[Any, Any]:
    with torch.enable_grad():
        return np.asarray(torch.func.jacrev(function)(torch.tensor(at, dtype=torch.float64)))


def _numbers(values: np.ndarray[Any, Any]) -> str:
    return "[" + ", ".join(f"{value:.3g}" for value in values + 0.0) + "]"


def _count(n: int, thing: str) -> str:
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"


def weighted_rows(function: _Function, at: Sequence[float], weights: Sequence[float]) -> Picture:
    """Return the Jacobian of a function of a vector, with a weight for each row, and below it the sum that results.

    Parameters
    ----------
    function
        Takes a vector, returns a vector.
    at
        The point, of shape (n,).
    weights
        The vector v, one weight for each output, of shape (m,).

    Raises
    ------
    ValueError
        When there are more or fewer weights than outputs.
    """
    matrix, v = _jacobian(function, at), np.asarray(weights, dtype=np.float64)
    if v.shape != matrix.shape[:1]:
        raise ValueError(f"expected {_count(len(matrix), 'weight')}, one for each output; got {v.size}")
    product = v @ matrix
    m, n = matrix.shape
    limit = float(np.abs(matrix).max()) or 1.0

    def draw(figure: Figure) -> None:
        grid = figure.add_gridspec(2, 2, width_ratios=(1.3, n), height_ratios=(m, 1.5))
        rows, cells, sums = (figure.add_subplot(grid[place]) for place in ((0, 0), (0, 1), (1, 1)))
        cells.imshow(matrix, cmap="PuOr_r", vmin=-1.6 * limit, vmax=1.6 * limit, aspect="auto")
        for o, i in np.ndindex(m, n):
            cells.text(i, o, f"{matrix[o, i] + 0.0:.3g}", ha="center", va="center", fontsize=11)
        cells.set(xticks=range(n), yticks=[], title="Jacobian: a row for each output")
        cells.set_xticklabels([f"∂/∂x{i}" for i in range(n)])
        cells.tick_params(length=0)
        _bars(rows.barh(range(m), v, height=0.6), v)
        span = max(1.0, float(np.abs(v).max())) * 1.6
        rows.set(ylim=(m - 0.5, -0.5), xlim=(-span, span), yticks=range(m), xticks=[], title="v")
        rows.set_yticklabels([f"y{o}" for o in range(m)])
        rows.tick_params(length=0)
        rows.axvline(0, color=GREY, lw=1)
        for o, weight in enumerate(v):
            side = "left" if weight >= 0 else "right"
            rows.annotate(
                f"{weight:.3g}",
                (weight, o),
                (4 if weight >= 0 else -4, 0),
                textcoords="offset points",
                ha=side,
                va="center",
            )
        _bars(sums.bar(range(n), product, width=0.6), product)
        height = max(float((np.abs(v) @ np.abs(matrix)).max()), 1e-9) * 1.5
        sums.set(xlim=(-0.5, n - 0.5), ylim=(-height, height), xticks=[], yticks=[])
        sums.set_xlabel("vᵀJ: the weighted rows, added up")
        sums.axhline(0, color=GREY, lw=1)
        for i, value in enumerate(product):
            below = value < 0
            sums.annotate(
                f"{value + 0.0:.3g}",
                (i, value),
                (0, -4 if below else 4),
                textcoords="offset points",
                ha="center",
                va="top" if below else "bottom",
            )
        for axes in (rows, sums):
            axes.spines[:].set_visible(False)

    rows_told = "; ".join(
        f"y{o} {_numbers(row)} with weight {weight:.3g}" for o, (row, weight) in enumerate(zip(matrix, v, strict=True))
    )
    alt = f"A Jacobian with {m} rows and {n} columns. Its rows: {rows_told}. Weighed and added up they give {_numbers(product)}."
    return Picture(draw, alt, (max(1.9 + 1.25 * n, 5.0), 1.5 + 0.62 * m))


def _bars(bars: Any, values: np.ndarray[Any, Any]) -> None:
    """Colour bars by their sign."""
    for bar, value in zip(bars, values, strict=True):
        bar.set_color(ORANGE if value >= 0 else BLUE)


def explore_rows(function: _Function, at: Sequence[float]) -> Explorer:
    """Return the Jacobian of a function with two outputs; a slider moves the weight from the first to the second."""

    def picture(t: float) -> Picture:
        t = round(t, 2)
        return weighted_rows(function, at, (round(1 - t, 2), t))

    return Explorer(picture, "t", start=0.0, low=-0.5, high=1.5)


def connections(function: _Function, at: Sequence[float]) -> Picture:
    """Return dots for the inputs and the outputs, joined by a line wherever the derivative is not zero.

    A thicker line is a larger derivative. Solid lines are positive, dashed ones negative.
    """
    matrix = _jacobian(function, at)
    m, n = matrix.shape
    limit = float(np.abs(matrix).max()) or 1.0
    inputs = [(0.0, (n - 1) / 2 - i) for i in range(n)]
    outputs = [(1.0, (m - 1) / 2 - o) for o in range(m)]

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for o, i in np.ndindex(m, n):
            slope = matrix[o, i]
            if slope == 0:
                continue
            (x0, y0), (x1, y1) = inputs[i], outputs[o]
            colour, style = (ORANGE, "-") if slope > 0 else (BLUE, "--")
            axes.plot([x0, x1], [y0, y1], color=colour, ls=style, lw=1 + 5 * abs(slope) / limit, alpha=0.8, zorder=1)
            # Near its input a line is alone: further right several meet.
            axes.text(
                x0 + 0.28 * (x1 - x0),
                y0 + 0.28 * (y1 - y0),
                f"{slope:.3g}",
                ha="center",
                va="center",
                fontsize=10,
                bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"},
                zorder=2,
            )
        for name, places, colour in (("x", inputs, GREY), ("y", outputs, GREEN)):
            for k, (x, y) in enumerate(places):
                axes.plot(x, y, "o", color=colour, ms=14, zorder=3)
                label = f"x{k} = {at[k]:g}" if name == "x" else f"y{k}"
                axes.text(
                    x + (-0.07 if name == "x" else 0.07), y, label, ha="right" if name == "x" else "left", va="center"
                )
        tall = max(m, n)
        axes.set(xlim=(-0.45, 1.3), ylim=(-tall / 2 - 0.1, tall / 2 + 0.1))
        axes.axis("off")

    lines = [f"x{i} to y{o} ({matrix[o, i]:.3g})" for o, i in np.ndindex(m, n) if matrix[o, i] != 0]
    missing = [f"x{i} to y{o}" for o, i in np.ndindex(m, n) if matrix[o, i] == 0]
    alt = f"{_count(n, 'input')} on the left, {_count(m, 'output')} on the right. Lines with their derivatives: {', '.join(lines)}."
    if missing:
        alt += f" No line from {', '.join(missing)}."
    return Picture(draw, alt, (5.0, 0.6 + 0.75 * max(m, n)))
