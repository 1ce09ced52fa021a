"""Curves, secants and tangents, and the error of a finite difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..exercise import gradient
from .picture import BLUE, GREY, ORANGE, RED, Explorer, Motion, Picture, plain_axes


def _square(x: torch.Tensor) -> torch.Tensor:
    return x**2


def parabola(points: tuple[float, ...] = ()) -> Picture:
    """Return the parabola y = x² with some of its points marked."""

    def draw(figure: Figure) -> None:
        axes = plain_axes(figure.subplots())
        x = np.linspace(-3.5, 4, 200)
        axes.plot(x, x**2, color=BLUE, lw=2)
        for point in points:
            axes.plot(point, point**2, "o", color=ORANGE)
            inward = -10 if point > 0 else 10
            side = "right" if point > 0 else "left"
            axes.annotate(f"x = {point:g}", (point, point**2), (inward, 8), textcoords="offset points", ha=side)
        axes.set(xlabel="x", ylabel="y = x²", ylim=(-2, 16))

    marked = ", ".join(f"{point:g}" for point in points)
    return Picture(
        draw, f"The parabola y = x², falling left of 0 and rising right of it, with its points at x = {marked}."
    )


def secants(steps: tuple[float, ...] = (1.0, 0.5, 0.1), at: float = 3.0) -> Picture:
    """Return a strip of the parabola with the secants from `at` to `at + h`, one for each step h, and with the tangent.

    Each panel zooms in on its two points.
    """

    def draw(figure: Figure) -> None:
        panels = np.atleast_1d(figure.subplots(1, len(steps)))
        for axes, h in zip(panels, steps, strict=True):
            _draw_secant(axes, at, h)
        panels[0].set_ylabel("y = x²")
        panels[0].legend(loc="upper left", fontsize=8)

    told = ", ".join(f"{_secant_slope(at, h):.3g} for h = {h:g}" for h in steps)
    return Picture(
        draw,
        f"Secants of the parabola from x = {at:g} to x + h, each panel closer than the one before. Their slopes are {told}. "
        "The dashed tangent has the slope that they settle on, and the secant turns onto it.",
        (8.0, 3.0),
    )


def zooming_secant(at: float = 3.0) -> Motion:
    """Return the strip of secants, and in motion one secant whose step shrinks while the picture zooms in."""
    steps = np.geomspace(1.0, 0.02, 8)

    def frame(h: float) -> Picture:
        return Picture(lambda figure: _draw_secant(figure.subplots(), at, h, ".3f"), "", (4.2, 3.0))

    return Motion(secants(at=at), tuple(frame(float(h)) for h in steps))


def _secant_slope(at: float, h: float) -> float:
    return ((at + h) ** 2 - at**2) / h


def _draw_secant(axes: Axes, at: float, h: float, form: str = ".3g") -> None:
    """Draw the curve, the secant and the tangent around the two points."""
    slope, tangent = _secant_slope(at, h), gradient(_square)(at)
    x = np.linspace(at - 0.7 * h, at + 1.7 * h, 100)
    plain_axes(axes).plot(x, x**2, color=BLUE, lw=2, label="curve")
    axes.plot(x, at**2 + slope * (x - at), color=ORANGE, lw=1.5, label="secant")
    axes.plot([at, at + h], [at**2, (at + h) ** 2], "o", color=ORANGE)
    axes.plot(x, at**2 + tangent * (x - at), color=GREY, lw=1.5, ls="--", label="tangent")
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.ticklabel_format(useOffset=False)
    axes.set(title=f"h = {h:{form}}, slope {slope:{form}}", xlabel="x")


def tangent_line(at: float = 3.0) -> Picture:
    """Return the parabola with its tangent at one point; the slope comes from autograd."""
    slope = gradient(_square)(at)
    meets = at**2 - slope * at

    def draw(figure: Figure) -> None:
        axes = plain_axes(figure.subplots())
        x = np.linspace(-3.5, 4, 200)
        axes.plot(x, x**2, color=BLUE, lw=2, label="y = x²")
        axes.plot(x, at**2 + slope * (x - at), color=ORANGE, lw=1.5, label=f"tangent, slope {slope:g}")
        axes.plot(at, at**2, "o", color=ORANGE)
        axes.axvline(0, color=GREY, lw=0.8, zorder=0)
        axes.plot(0, meets, "s", color=RED, label=f"intercept {meets:g}")
        axes.set(xlabel="x", ylabel="y", ylim=(-14, 16))
        axes.legend(loc="upper center")

    return Picture(
        draw,
        f"The parabola y = x² and its tangent at x = {at:g}, which has slope {slope:g} and meets the y-axis at {meets:g}.",
    )


def explore_tangent() -> Explorer:
    """Return the parabola and its tangent at a point that a slider moves."""
    return Explorer(lambda at: tangent_line(round(at, 2)), "x", start=1.5, low=-3.0, high=3.5)


def error_curve(function: Callable[[torch.Tensor], torch.Tensor], name: str, at: float) -> Picture:
    """Return the error of the central difference against its step, on logarithmic axes, in float64 and float32."""
    truth = gradient(function)(at)
    steps = np.logspace(-12, 0, 49)

    def errors(dtype: torch.dtype) -> np.ndarray[Any, Any]:
        x = torch.tensor(at, dtype=dtype)
        h = torch.tensor(steps, dtype=dtype)
        difference = (function(x + h) - function(x - h)) / (2 * h)
        return np.asarray((difference.double() - truth).abs())

    def draw(figure: Figure) -> None:
        axes = plain_axes(figure.subplots())
        axes.loglog(steps, errors(torch.float64), color=BLUE, lw=2, label="float64")
        axes.loglog(steps, errors(torch.float32), color=RED, lw=2, ls="--", label="float32")
        axes.axhline(abs(truth), color=GREY, lw=1)
        axes.annotate(
            "size of the derivative itself", (1e-12, abs(truth)), (0, 5), textcoords="offset points", color=GREY
        )
        axes.set(ylim=(1e-10, 1e2), xlabel="step h", ylabel="error of the central difference")
        axes.legend(loc="lower left")

    return Picture(
        draw,
        f"Error of the central difference of {name} at {at:g} against the step. Both curves are V-shaped: rounding on "
        "the left, a step that is too long on the right. The float64 curve has its lowest point near h = 1e-6, the float32 curve "
        "near 1e-3 and far higher up.",
    )
