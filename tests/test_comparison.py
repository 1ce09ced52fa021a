"""One derivative found in three ways: the numbers that stand beside each other."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import torch

from autograder.comparison import Comparison, compare


def square(x: torch.Tensor) -> torch.Tensor:
    return x**2


def cells(row: Comparison) -> dict[str, str]:
    return dict(row.cells())


def test_row() -> None:
    assert cells(compare("dy/dx at 3", 6, torch.tensor(6.0), square, 3.0)) == {
        "name": "dy/dx at 3",
        "by hand": "6",
        "autograd": "6",
        "central difference": "6",
        "relative error": "0",
        "verdict": "agree",
    }


def test_differing_row() -> None:
    row = compare("slope", 9.0, torch.tensor(6.0, requires_grad=True), square, torch.tensor(3.0))
    assert (row.by_hand, row.by_autograd, row.central_difference) == ("9", "6", "6")
    assert row.relative_error == pytest.approx(1 / 3)
    assert cells(row)["relative error"] == "3e-01"
    assert row.verdict == "differ"


@pytest.mark.parametrize(
    ("error", "verdict"), [(0.0, "agree"), (0.9e-5, "agree"), (1.1e-5, "differ"), (-1.1e-5, "differ")]
)
def test_agreement_is_to_the_precision_of_float32(error: float, verdict: str) -> None:
    for scale in (1e-6, 1.0, 1e6):
        assert compare("slope", scale * (1 + error), scale).verdict == verdict


def test_float32_of_the_same_number_agrees() -> None:
    assert compare("slope", math.cos(0.3), torch.tensor(0.3).cos()).verdict == "agree"


def test_arrays() -> None:
    x = np.array([1.0, 2.0, 3.0])
    row = compare("gradient", 2 * x / 3, torch.tensor(2 * x / 3), lambda t: (t**2).mean(), x)
    assert (row.by_hand, row.central_difference) == ("[0.666667 1.333333 2. ]", "[0.66667 1.33333 2. ]")
    assert row.verdict == "agree"
    assert compare("gradient", 2 * x, 2 * x / 3).relative_error == pytest.approx(2 / 3)
    matrix = np.arange(6.0).reshape(2, 3)
    assert (
        compare("matrix", 2 * matrix, 2 * matrix, lambda t: (t**2).sum(), matrix).central_difference
        == compare("matrix", 2 * matrix, 2 * matrix).by_hand
    )


def test_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(2,\) and autograd \(2, 1\)"):
        compare("gradient", np.ones(2), torch.ones(2, 1))
    with pytest.raises(ValueError, match="one shape"):
        compare("gradient", 2.0, [2.0])  # type: ignore[arg-type]


def test_without_a_function_there_is_no_difference() -> None:
    assert compare("slope", 6, 6).central_difference == "–"
    assert compare("slope", 6, 6, square).central_difference == "–"


def test_zeros_agree() -> None:
    row = compare("slope", 0.0, 0, square, 0.0)
    assert (row.relative_error, row.verdict, row.central_difference) == (0.0, "agree", "0")


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_does_not_agree(number: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compare("slope", number, 6.0).verdict == "differ"
        assert compare("slope", 6.0, number).verdict == "differ"
        assert compare("slope", number, number).verdict == "differ"


def test_central_difference_leaves_no_gradients() -> None:
    weight = torch.tensor(3.0, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compare("slope", 6.0, 6.0, lambda x: weight * x, 2.0)
    assert weight.grad is None
    with torch.no_grad():
        assert compare("slope", 4.0, 4.0, square, 2.0).central_difference == "4"


def test_text_stands_in_columns() -> None:
    lines = repr(compare("dy/dx at 3", 6, 6)).splitlines()
    assert len(lines) == 2
    assert all(line == line.rstrip() for line in lines)
    for heading, text in compare("dy/dx at 3", 6, 6).cells():
        start = lines[0].index(heading)
        assert lines[1][start : start + len(text)] == text


def test_table() -> None:
    html = compare("dy/dx < 3", 6, 6)._repr_html_()
    assert html.count('<th scope="col"') == html.count("<td") == 6
    assert "dy/dx &lt; 3" in html
