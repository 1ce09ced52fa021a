"""Broken answers break no check; `python -m tests.diagnosis.fuzz` has as many as one likes."""

from __future__ import annotations

import random
from itertools import islice

from autograder.diagnosis.search import Budget

from .fuzz import broken, check


def test_broken_answers_are_checked() -> None:
    found = [check(one, Budget(variants=30, seconds=60.0)) for one in islice(broken(random.Random(1)), 120)]
    assert sum(one is not None for one in found) > 30
    assert all(one.verdict.outcome for one in found if one is not None)
