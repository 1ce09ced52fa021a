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
        "verdict": "agree to 5 digits",
    }


def test_differing_row() -> None:
    row = compare("slope", 9.0, torch.tensor(6.0, requires_grad=True), square, torch.tensor(3.0))
    assert (row.by_hand, row.by_autograd, row.central_difference) == ("9", "6", "6")
    assert row.verdict == "by hand differs"


@pytest.mark.parametrize(
    ("by_hand", "by_autograd", "verdict"),
    [
        (6.0, 6.0, "agree to 5 digits"),
        (7.0, 7.0, "central difference differs"),
        (7.0, 6.0, "by hand differs"),
        (6.0, 7.0, "autograd differs"),
        (7.0, 8.0, "all three differ"),
        (math.nan, math.nan, "all three differ"),
        (6 - 4e-5, 6 + 4e-5, "by hand and autograd differ"),
    ],
)
def test_three_results_agree_or_the_verdict_names_the_one_that_does_not(
    by_hand: float, by_autograd: float, verdict: str
) -> None:
    assert compare("x² at 3", by_hand, torch.tensor(by_autograd), square, 3.0).verdict == verdict


def test_results_that_differ_never_look_the_same() -> None:
    for scale in (1e-6, 0.99, 1.0, 9.99, 1e5, 1e9):
        row = compare("slope", scale * (1 + 1.1e-5), scale)
        assert row.verdict == "differ"
        assert row.by_hand != row.by_autograd


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
def test_a_central_difference_is_as_good_as_its_rounding(size: float) -> None:
    assert compare("slope", 6 * size, 6 * size, lambda x: size * x**2, 3.0).verdict == "agree to 5 digits"
    assert compare("slope", 7 * size, 7 * size, lambda x: size * x**2, 3.0).verdict == "central difference differs"
    # Beside a large value the step is nearly lost: digits that are rounding are neither shown nor held against it.
    assert cells(compare("slope", 1.0, 1.0, lambda x: x + 1e6, 3.0))["central difference"] == "1"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rounding_shows_in_no_cell(dtype: type[np.floating]) -> None:
    point = np.array([0.3, -2.7, 40.1])
    right = (np.cos(point) * np.exp(np.sin(point))).astype(dtype)
    rows = {
        repr(compare("slope", right, torch.tensor(off), lambda x: torch.exp(torch.sin(x)).sum(), point))
        for off in (right, np.nextafter(right, dtype(9)), np.nextafter(right, dtype(-9)))
    }
    assert len(rows) == 1


@pytest.mark.parametrize(
    ("error", "verdict"),
    [(0.0, "agree to 5 digits"), (0.9e-5, "agree to 5 digits"), (1.1e-5, "differ"), (-1.1e-5, "differ")],
)
def test_agreement_is_to_the_precision_of_float32(error: float, verdict: str) -> None:
    for scale in (1e-6, 1.0, 1e6):
        assert compare("slope", scale * (1 + error), scale).verdict == verdict


def test_float32_of_the_same_number_agrees() -> None:
    assert compare("slope", math.cos(0.3), torch.tensor(0.3).cos()).verdict == "agree to 5 digits"


def test_arrays() -> None:
    x = np.array([1.0, 2.0, 3.0])
    row = compare("gradient", 2 * x / 3, torch.tensor(2 * x / 3), lambda t: (t**2).mean(), x)
    assert (row.by_hand, row.central_difference) == ("[0.6667 1.3333 2]", "[0.6667 1.3333 2]")
    assert row.verdict == "agree to 5 digits"
    assert compare("gradient", 2 * x, 2 * x / 3).verdict == "differ"
    matrix = np.arange(6.0).reshape(2, 3)
    assert (
        compare("matrix", 2 * matrix, 2 * matrix, lambda t: (t**2).sum(), matrix).central_difference
        == compare("matrix", 2 * matrix, 2 * matrix).by_hand
    )


def test_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(2,\) and autograd \(2, 1\)"):
        compare("gradient", np.ones(2), torch.ones(2, 1))
    with pytest.raises(ValueError, match=r"by hand has shape \(\) and the point \(2,\)"):
        compare("gradient", 2.0, 2.0, lambda x: x.sum(), np.ones(2))
    with pytest.raises(ValueError, match="one shape"):
        compare("gradient", 2.0, [2.0])  # type: ignore[arg-type]


def test_without_a_function_there_is_no_difference() -> None:
    assert compare("slope", 6, 6).central_difference == "–"
    assert compare("slope", 6, 6, square).central_difference == "–"


def test_zeros_agree() -> None:
    row = compare("slope", 0.0, 0, square, 0.0)
    assert (row.verdict, row.central_difference) == ("agree to 5 digits", "0")


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
    assert html.count('<th scope="col"') == html.count("<td") == 5
    assert "dy/dx &lt; 3" in html
