"""Nothing undeserved: each attack of `undeserved/` is handed in among honest neighbours, and all are graded in one run."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping

import pytest

from autograder.exercise import Lesson
from autograder.grading.gradebook import Graded
from autograder.lessons import all_lessons
from autograder.verdict import Outcome

from .attack import KINDS, RIGHT, UNTOUCHED, Attack, all_attacks, all_limits, grade_all

pytestmark = pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="bubblewrap is not installed: make setup installs it"
)

ATTACKS, LIMITS = all_attacks(), all_limits()
Results = Mapping[tuple[str, str], Graded]

each_lesson = pytest.mark.parametrize("lesson", all_lessons(), ids=lambda lesson: lesson.name)
each_attack = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
each_limit = pytest.mark.parametrize("attack", LIMITS, ids=lambda attack: attack.name)


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Return what came of the attacks that were asked for, and of their neighbours, by student and lesson."""
    asked = {item.callspec.id for item in request.session.items if hasattr(item, "callspec")}
    return grade_all(tmp_path_factory.mktemp("course"), [attack for attack in ATTACKS + LIMITS if attack.name in asked])


def test_there_are_enough_of_every_kind_and_lesson() -> None:
    assert len(ATTACKS) >= 60
    assert {attack.kind for attack in ATTACKS} == set(KINDS)
    assert {attack.lesson.name for attack in ATTACKS} == {lesson.name for lesson in all_lessons()}


@each_attack
def test_an_attack_says_in_one_sentence_what_it_tries_and_what_must_happen(attack: Attack) -> None:
    tries, must = attack.tries.removesuffix(".").split("; ")
    assert attack.tries.endswith(".")
    assert tries
    assert must
    assert not re.search(r"[.?!] ", attack.tries)


@each_attack
def test_an_attack_earns_what_is_honest_in_it(results: Results, attack: Attack) -> None:
    graded = results[attack.name, attack.lesson.folder]
    assert graded.score == results[UNTOUCHED, attack.lesson.folder].score + attack.honest, graded.verdicts
    assert graded.max_score == 20
    assert graded.reason == ""
    # Each check has its verdict, and each that says nothing of an answer says why.
    assert [verdict.exercise for verdict in graded.verdicts] == [one.id for one in attack.lesson.exercises]
    assert all(verdict.message for verdict in graded.verdicts if verdict.outcome is not Outcome.RIGHT)


@each_limit
def test_what_is_not_promised_earns_what_is_said_of_it(results: Results, attack: Attack) -> None:
    assert attack.earns > 0
    assert results[attack.name, attack.lesson.folder].score == attack.earns, "where a hole is closed, say so"


@each_lesson
def test_the_neighbours_get_what_they_deserve(results: Results, lesson: Lesson) -> None:
    untouched = results[UNTOUCHED, lesson.folder]
    assert (untouched.score, untouched.notes) == (0, ())
    assert {verdict.outcome for verdict in untouched.verdicts} == {Outcome.NOT_ATTEMPTED}
    for neighbour in RIGHT:
        right = results[neighbour, lesson.folder]
        assert (right.score, right.notes, right.stopped) == (20, (), False)
