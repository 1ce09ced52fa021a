"""The corpus of wrong answers: of each something true and specific is told, and most get a place or a finding."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

from autograder.diagnosis.edits import variants
from autograder.diagnosis.search import Budget
from autograder.diagnosis.text import text_of
from autograder.lessons import find
from autograder.verdict import Outcome
from tests.bench.diagnosis import checked, shown_line, too_tame
from tests.corpus import Wrong, by_edits, by_hand, right
from tests.drawings import misjudged

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


def test_what_was_written_by_hand_is_refused_at_drawn_inputs_too() -> None:
    assert [(one.exercise.id, one.note, numbers) for one, numbers in misjudged(by_hand(), False, range(2))] == []


# What was accepted at one drawing or another.
@pytest.mark.parametrize("name", ["grad_of", "tangent", "sigmoid", "dz_dx", "Softplus", "gradcheck_by_hand"])
def test_no_drawing_is_so_tame_that_a_wrong_answer_is_right(name: str) -> None:
    answers = [one for one in by_hand() if one.exercise.name == name]
    assert answers
    assert [(one.note, numbers) for one, numbers in misjudged(answers, False, range(2, 32))] == []


BY_KIND = (
    ("scalar_gradients.d_poly", "slip.sign", "def d_poly(x):\n    return 6 * x + 4\n"),
    (
        "chain_rule.local_derivatives",
        "slip.exchanged-entries",
        'def local_derivatives(x):\n    return {"dz_dy": 2 * x, "dy_dx": math.cos(x**2)}\n',
    ),
    (
        "chain_rule.dz_dx_autograd",
        "slip.exchanged-entries",
        "def dz_dx_autograd(x):\n    x = torch.tensor(x, requires_grad=True)\n    y = x**2\n    z = torch.sin(y)\n"
        "    dz_dx, dz_dy = torch.autograd.grad(z, (y, x))\n"
        '    return {"z": z.item(), "dz_dy": dz_dy.item(), "dz_dx": dz_dx.item()}\n',
    ),
    ("chain_rule.d_fanout", "slip.sign", "def d_fanout(x):\n    return 2 * x + math.sin(x) - x * math.cos(x)\n"),
    (
        "binary_cross_entropy.local_grads",
        "slip.exchanged-entries",
        "def local_grads(x, y, w, b):\n    p = 1 / (1 + math.exp(-(w * x + b)))\n"
        '    return {"dL_dp": (p - y) / (p * (1 - p)), "dp_dz": p * (1 - p), "dz_dw": 1, "dz_db": x}\n',
    ),
    (
        "binary_cross_entropy.dL_dz",
        "slip.extra-call",
        "def dL_dz(z, y):\n    return abs(1 / (1 + math.exp(-z)) - y)\n",
    ),
)


@pytest.mark.parametrize(("exercise_id", "kind", "source"), BY_KIND)
def test_what_no_lesson_names_is_told_by_its_kind(exercise_id: str, kind: str, source: str) -> None:
    exercise = find(exercise_id)
    for cases in (exercise.cases, exercise.grading_cases(b"a class")):
        told = checked(Wrong(exercise, kind, source), BY_NUMBER, cases)
        assert told is not None
        assert told.verdict.outcome is not Outcome.RIGHT
        assert told.verdict.finding is not None
        assert (told.verdict.finding.kind, told.verdict.message) == (kind, told.verdict.finding.sentence)
