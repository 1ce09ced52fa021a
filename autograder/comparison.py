"""Compares one derivative in three ways: by hand, by autograd, and by a central difference."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import torch

from . import view

_STEP = 1e-6
# Nearly float32's precision: digits after these are rounding, and differ from one machine to the next.
_DIGITS = 5
_AGREE = 10.0**-_DIGITS

Number = float | np.ndarray[Any, Any] | torch.Tensor


@dataclass(frozen=True)
class Comparison:
    """One row: the derivative by hand, by autograd and by a central difference, and whether they agree."""

    name: str
    by_hand: str
    by_autograd: str
    central_difference: str
    verdict: str

    def cells(self) -> list[tuple[str, str]]:
        """Return the row as pairs of heading and text."""
        return [
            ("name", self.name),
            ("by hand", self.by_hand),
            ("autograd", self.by_autograd),
            ("central difference", self.central_difference),
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
        Shown as a table with one row. Results agree when their largest difference is at most 1e-5 of the largest
        magnitude; the verdict names the one that does not.

    Raises
    ------
    ValueError
        When the results have different shapes.
    """
    hand, autograd = _array(by_hand), _array(by_autograd)
    if hand.shape != autograd.shape:
        raise ValueError(f"by hand has shape {hand.shape} and autograd {autograd.shape}: compare things of one shape")
    results = {"by hand": hand, "autograd": autograd}
    rounding = 0.0
    if function is not None and at is not None:
        results["central difference"], rounding = _central_difference(function, _array(at))
        if results["central difference"].shape != hand.shape:
            raise ValueError(
                f"by hand has shape {hand.shape} and the point {results['central difference'].shape}: "
                "a derivative has the shape of the point it is taken at"
            )
    scale = max(float(np.abs(one).max(initial=0.0, where=np.isfinite(one))) for one in results.values())
    differing = _differing(results, _AGREE * scale, rounding)
    # Where results differ, the digit in which they do is shown.
    digits = _DIGITS + bool(differing)
    places = digits - 1 - math.floor(math.log10(scale)) if scale else 0
    texts = {
        name: _text(one, min(places, _places_of(rounding)) if name == "central difference" else places, digits)
        for name, one in results.items()
    }
    return Comparison(
        name,
        texts["by hand"],
        texts["autograd"],
        texts.get("central difference", "–"),
        differing or f"agree to {_DIGITS} digits",
    )


def _differing(results: Mapping[str, np.ndarray[Any, Any]], tolerance: float, rounding: float) -> str:
    """Say which of the results differ from the others; return nothing where they agree."""
    pairs = list(combinations(results, 2))
    off = [pair for pair in pairs if not _agree(results, pair, tolerance, rounding)]
    if not off:
        return ""
    if len(pairs) == 1:
        return "differ"
    if len(off) == len(pairs):
        return "all three differ"
    if len(off) == 1:
        return f"{off[0][0]} and {off[0][1]} differ"
    (odd,) = set(off[0]) & set(off[1])
    return f"{odd} differs"


def _agree(
    results: Mapping[str, np.ndarray[Any, Any]], pair: tuple[str, str], tolerance: float, rounding: float
) -> bool:
    one, other = (results[name] for name in pair)
    if "central difference" in pair:
        tolerance += rounding
    with np.errstate(invalid="ignore"):  # infinity less infinity is nan, and differs
        return bool((np.abs(one - other) <= tolerance).all())


def _array(number: Number) -> np.ndarray[Any, Any]:
    plain = number.detach() if isinstance(number, torch.Tensor) else number
    return np.asarray(plain, dtype=np.float64)


def _places_of(rounding: float) -> int:
    """Return how many decimal places are above the rounding of a central difference."""
    return 300 if rounding == 0 else math.floor(-math.log10(rounding))


def _text(array: np.ndarray[Any, Any], places: int, digits: int) -> str:
    """Return the numbers rounded to that many decimal places, the smaller ones beside large ones to fewer digits."""
    if array.ndim:
        return f"[{' '.join(_text(one, places, digits) for one in array)}]"
    number = round(float(array), places) + 0.0  # adding 0.0 turns -0 into 0
    return f"{number:.0f}" if number.is_integer() and abs(number) < 1e6 else f"{number:.{digits}g}"


def _central_difference(
    function: Callable[[torch.Tensor], torch.Tensor], at: np.ndarray[Any, Any]
) -> tuple[np.ndarray[Any, Any], float]:
    """Return the gradient by central differences in float64, one coordinate at a time, and how large its rounding is.

    `torch.gradient` takes the central difference at every inner point of a sampled line.
    """
    result = np.empty(at.shape)
    largest = 0.0
    for index in np.ndindex(at.shape):
        values = []
        for move in (-_STEP, 0.0, _STEP):
            moved = at.copy()
            moved[index] += move
            with torch.no_grad():
                values.append(function(torch.tensor(moved, dtype=torch.float64)))
        sampled = torch.stack(values)
        (slopes,) = torch.gradient(sampled, spacing=_STEP)
        result[index] = slopes[1]
        largest = max(largest, float(sampled.abs().max()))
    # A few operations, each of them off by half a unit in the last place, divided by the step.
    return result, 16 * sys.float_info.epsilon * largest / _STEP
