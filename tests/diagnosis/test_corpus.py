"""The corpus of wrong answers: of each something true and specific is told, and most get a place or a finding."""

from __future__ import annotations

from collections import Counter

from autograder.diagnosis.edits import variants
from autograder.diagnosis.search import Budget
from autograder.diagnosis.text import text_of
from autograder.verdict import Outcome
from tests.bench.diagnosis import checked
from tests.corpus import by_edits, by_hand, right


def test_of_each_wrong_answer_something_is_told_and_mostly_where_or_why() -> None:
    found: Counter[str] = Counter()
    for one in by_hand():
        told = checked(one, Budget(seconds=1.0))
        assert told is not None, (one.exercise.id, one.note)
        assert told.verdict.outcome is not Outcome.RIGHT, (one.exercise.id, one.note)
        assert told.verdict.message
        assert told.found != "nothing", (one.exercise.id, one.note)
        found[told.found] += 1
    assert sum(found.values()) > 250
    assert found["evidence"] < 0.08 * sum(found.values()), found


def test_an_edit_is_found_again() -> None:
    # Some of each lesson; `make bench` has them all.
    wrong = [one for i, one in enumerate(by_edits(1)) if i % 12 == 0]
    told = [one for one in (checked(one, Budget(seconds=2.0)) for one in wrong) if one is not None]
    made = [one for one in told if one.verdict.outcome not in (Outcome.RIGHT, Outcome.WRONG_STATE)]
    assert len(made) > 20
    assert sum(one.found == "place" for one in made) > 0.8 * len(made)


def test_any_text_can_be_varied() -> None:
    for _, _, source in right():
        for cut in (len(source), len(source) // 2, 7):
            text = text_of(source[:cut])
            if text is not None:
                assert all(one.source != source[:cut] for one in variants(text))
