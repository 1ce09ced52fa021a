"""`make quick` runs the tests of what changed, the nearest first, and says which it leaves out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import quick

pytest_plugins = ("pytester",)


def test_the_nearest_tests_come_first_and_slow_ones_last() -> None:
    chosen = quick.tests_of(["autograder/describe.py"])
    assert chosen[0] == "tests/test_describe.py"
    slow = [name.startswith(quick.SLOW) for name in chosen]
    assert slow == sorted(slow)
    assert any(slow)


def test_a_test_that_changed_comes_before_all() -> None:
    chosen = quick.tests_of(["autograder/describe.py", "tests/browser/test_lab.py"])
    assert chosen[0] == "tests/browser/test_lab.py"


def test_what_a_test_imports_is_found_through_packages_and_relative_imports() -> None:
    used = set(quick.imported(Path(quick.__file__).parent / "grading" / "test_engine.py"))
    assert {"tests/grading/engines.py", "autograder/grading/engine.py", "autograder/grading/sandbox/tiers.py"} <= used


def test_what_is_left_out_is_told(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytester.makepyfile(test_one="def test_a(): pass\n\n\ndef test_b(): pass")
    monkeypatch.setattr(quick, "SECONDS", -1.0)
    ran = pytester.inline_run(plugins=[quick.Deadline()])
    assert ran.listoutcomes() == ([], [], [])
    monkeypatch.setattr(quick, "SECONDS", 60.0)
    ran = pytester.inline_run(plugins=[quick.Deadline()])
    ran.assertoutcome(passed=2)
