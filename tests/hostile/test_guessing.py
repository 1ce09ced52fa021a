"""Guessing does not pay: random and constant answers earn less than a tenth of an exercise's points."""

from __future__ import annotations

import pytest

from autograder.exercise import Exercise
from tests.answering import verdict_on

from .guessing import guessed, with_partial_credit


@pytest.mark.parametrize("exercise", with_partial_credit(), ids=lambda exercise: exercise.id)
def test_guesses_earn_less_than_a_tenth(exercise: Exercise) -> None:
    found = guessed(exercise, draws=50)
    assert found.constant < 0.1
    assert found.drawn < 0.1


def test_honest_partial_work_earns_its_part() -> None:
    half = "def local_derivatives(x):\n    return {'dy_dx': 2 * x, 'dz_dy': x}"
    assert verdict_on("chain_rule.local_derivatives", half).points == 1
