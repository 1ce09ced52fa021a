"""Compares one derivative in three ways: by hand, by autograd, and by a central difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from . import view

_STEP = 1e-6
_AGREE = 1e-5

Number = float | np.ndarray[Any, Any] | torch.Tensor


@dataclass(frozen=True)
class Comparison:
    """One row: the derivative by hand, by autograd and by a central difference, and the error of the first two."""

    name: str
    by_hand: str
    by_autograd: str
    central_difference: str
    relative_error: float

    @property
    def verdict(self) -> str:
        """Return "agree" if the two agree to a relative error of 1e-5, float32's precision; otherwise "differ"."""
        return "agree" if self.relative_error <= _AGREE else "differ"

    def cells(self) -> list[tuple[str, str]]:
        """Return the row as pairs of heading and text."""
        return [
            ("name", self.name),
            ("by hand", self.by_hand),
            ("autograd", self.by_autograd),
            ("central difference", self.central_difference),
            ("relative error", f"{self.relative_error:.0e}" if self.relative_error else "0"),
            ("verdict", self.verdict),
        ]

    def __repr__(self) -> str:
        """Return the row as text, a heading over each column."""
        widths = [max(len(heading), len(text)) for heading, text in self.cells()]
        headings, texts = zip(*self.cells(), strict=True)
        rows = (headings, texts)
        return "\n".join(
            "   ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows
        )

    def _repr_html_(self) -> str:
        return view.comparison(self.cells())


def compare(
    name: str,
    by_hand: Number,
    by_autograd: Number,
    function: Callable[[torch.Tensor], torch.Tensor] | None = None,
    at: Number | None = None,
) -> Comparison:
    """Compare a derivative found by hand with autograd's, and with a central difference.

    Parameters
    ----------
    name
        What is compared, as `"dy/dx at 3"`.
    by_hand, by_autograd
        The two results: numbers, or arrays of one shape.
    function, at
        The function differentiated, tensor → scalar tensor, and the point; without them there is no difference.

    Returns
    -------
    Comparison
        Shown as a table with one row. The relative error is the largest difference over the largest magnitude.

    Raises
    ------
    ValueError
        When the two have different shapes.
    """
    hand, autograd = _array(by_hand), _array(by_autograd)
    if hand.shape != autograd.shape:
        raise ValueError(f"by hand has shape {hand.shape} and autograd {autograd.shape}: compare things of one shape")
    scale = max(float(np.abs(autograd).max(initial=0.0)), float(np.abs(hand).max(initial=0.0)))
    with np.errstate(invalid="ignore"):  # infinity less infinity is nan, and differs
        error = float(np.abs(hand - autograd).max(initial=0.0)) / scale if scale else 0.0
    difference = "–" if function is None or at is None else _text(_central_difference(function, _array(at)))
    return Comparison(name, _text(hand), _text(autograd), difference, error)


def _array(number: Number) -> np.ndarray[Any, Any]:
    plain = number.detach() if isinstance(number, torch.Tensor) else number
    return np.asarray(plain, dtype=np.float64)


def _text(array: np.ndarray[Any, Any]) -> str:
    if array.ndim == 0:
        return f"{array:.6g}"
    return " ".join(np.array2string(array, precision=6, floatmode="maxprec", suppress_small=True).split())


def _central_difference(
    function: Callable[[torch.Tensor], torch.Tensor], at: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    """Return the gradient by central differences in float64, one coordinate at a time, to five decimals.

    `torch.gradient` takes the central difference at every inner point of a sampled line.
    """
    result = np.empty(at.shape)
    for index in np.ndindex(at.shape):
        values = []
        for move in (-_STEP, 0.0, _STEP):
            moved = at.copy()
            moved[index] += move
            with torch.no_grad():
                values.append(function(torch.tensor(moved, dtype=torch.float64)))
        (slopes,) = torch.gradient(torch.stack(values), spacing=_STEP)
        result[index] = slopes[1]
    return result.round(5)
