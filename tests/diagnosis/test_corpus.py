"""The corpus of wrong answers: of each something true and specific is told, and most get a place or a finding."""

from __future__ import annotations

from collections import Counter
from itertools import islice

from autograder.diagnosis.edits import variants
from autograder.diagnosis.search import Budget
from autograder.diagnosis.text import text_of
from autograder.verdict import Outcome
from tests.bench.diagnosis import checked, shown_line, too_tame
from tests.corpus import by_edits, by_hand, right

BY_NUMBER = Budget(variants=400, seconds=60.0)


def test_of_each_wrong_answer_something_is_told_and_mostly_where_or_why() -> None:
    found: Counter[str] = Counter()
    # Every fifth one; `make bench` has them all. By number and not by time: the same ones are found on any machine.
    for one in islice(by_hand(), 0, None, 5):
        told = checked(one, BY_NUMBER)
        assert told is not None, (one.exercise.id, one.note)
        assert told.verdict.outcome is not Outcome.RIGHT, (one.exercise.id, one.note)
        assert told.verdict.message
        assert told.found != "nothing", (one.exercise.id, one.note)
        found[told.found] += 1
    assert sum(found.values()) > 90
    assert found["evidence"] < 0.08 * sum(found.values()), found


def test_an_edit_is_found_again() -> None:
    # Some of each lesson; `make bench` has them all.
    told = [one for one in (checked(one, BY_NUMBER) for one in by_edits(1, every=16)) if one is not None]
    made = [one for one in told if one.verdict.outcome is not Outcome.RIGHT]
    assert len(made) > 15
    assert sum(shown_line(one) > 0 for one in made) > 0.8 * len(made)


def test_any_text_can_be_varied() -> None:
    for _, _, source in islice(right(), 0, None, 4):
        for cut in (len(source), len(source) // 2, 7):
            text = text_of(source[:cut])
            if text is not None:
                assert all(one.source != source[:cut] for one in variants(text))


def test_what_is_right_at_the_public_inputs_is_right_at_those_drawn_for_grading() -> None:
    assert [(one.exercise.id, one.note) for one in too_tame(by_edits(1, seed=1, every=9))] == []
