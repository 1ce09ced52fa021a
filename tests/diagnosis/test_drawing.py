"""The picture of a wrong answer: what it marks as right is what the judge takes for right."""

from __future__ import annotations

import torch

from autograder.exercise import Array, case, gradient
from autograder.sketch import Sketch
from tests.answering import exercise_of, pinpointed


def fourth(x: torch.Tensor) -> torch.Tensor:
    return x**4


INPUTS = (0.5, 2.0, 3.0)
SLOPE = exercise_of(*map(case, INPUTS), forward=fourth, reference=gradient(fourth))
VECTOR = exercise_of(case(Array((0.01, 0.02, 0.03))), case(Array((10.0, 20.0, 30.0))), reference=lambda v: 4 * v**3)
# By the largest right answer over all inputs, half of what a number may be off by.
OFF, OFF_IN_VECTOR = SLOPE.atol * 4 * 3.0**3 / 2, VECTOR.atol * 4 * 30.0**3 / 2


def picture(sketch: Sketch | None) -> Sketch:
    assert sketch is not None
    return sketch


def test_a_curve_marks_as_right_what_the_judge_takes_for_right() -> None:
    source = f"def answer(x):\n    return 4 * x**3 + ({OFF} if x < 2.5 else math.cos(x))"
    sketch = picture(pinpointed(SLOPE, source).sketch)
    assert [mark[2] for mark in sketch.marks] == [True, True, False]
    assert "2 of 3 checked inputs are right" in sketch.alt


def test_bars_mark_as_right_what_the_judge_takes_for_right() -> None:
    source = f"def answer(v):\n    return 4 * v**3 + np.array([np.sin(v[0]) + 1, {OFF_IN_VECTOR}, 0.0])"
    sketch = picture(pinpointed(VECTOR, source).sketch)
    assert [mark[2] for mark in sketch.marks] == [False, True, True]
    assert "Wrong are those at [0]; 2 of 3 are right" in sketch.alt
