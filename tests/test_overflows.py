"""An overflow that an answer hides is seen by what happens, and a guard that hides nothing is not."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from autograder.overflows import Overflows
from tests.answering import namespace_of

HIDING = {
    "errstate": 'with np.errstate(over="ignore"):\n        return np.exp(z)',
    "errstate, all": 'with np.errstate(all="ignore"):\n        return np.exp(z)',
    "errstate, unpacked": 'with np.errstate(**{"over": "ignore"}):\n        return np.exp(z)',
    "errstate, printed": 'with np.errstate(over="ignore"):\n        with np.errstate(divide="raise"):\n            return np.exp(z)',
    "seterr": 'np.seterr(all="ignore")\n    return np.exp(z)',
    "in a helper": '@np.errstate(over="ignore")\n    def helper():\n        return np.exp(z)\n    return helper()',
    "filter": 'with warnings.catch_warnings():\n        warnings.simplefilter("ignore")\n        return np.exp(z)',
    "filter without a block": 'warnings.filterwarnings("ignore")\n    return np.exp(np.array([z, z]))',
    "recorded": "with warnings.catch_warnings(record=True):\n        return np.exp(z)",
    "caught": "try:\n        return math.exp(z)\n    except OverflowError:\n        return 0.0",
    "caught as anything": "try:\n        return math.e**z\n    except Exception:\n        return 0.0",
    "caught around a block": "with contextlib.suppress(OverflowError):\n        return math.exp(z)",
    "raised by NumPy": 'with np.errstate(over="raise"):\n        try:\n            return np.exp(z)\n'
    "        except FloatingPointError:\n            return 0.0",
    "a warning as an error": 'with warnings.catch_warnings():\n        warnings.simplefilter("error")\n        try:\n'
    "            return np.exp(z)\n        except RuntimeWarning:\n            return 0.0",
}


@pytest.fixture(autouse=True)
def _settings() -> Iterator[None]:
    """Let NumPy warn of an overflow, as a check does, and forget what is set."""
    before = np.geterr()
    np.seterr(over="warn")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        yield
    np.seterr(**before)


def hidden(body: str, z: float) -> bool:
    """Return whether an overflow was hidden while a function with this body ran at z."""
    function: Callable[[float], object] = namespace_of(f"import contextlib, warnings\n\ndef f(z):\n    {body}\n")["f"]
    overflows = Overflows()
    with overflows:
        function(z)
    return overflows.hidden


@pytest.mark.parametrize("body", HIDING.values(), ids=HIDING)
def test_an_overflow_is_seen_where_it_is_hidden_and_only_where_there_is_one(body: str) -> None:
    assert hidden(body, 1000.0)
    assert not hidden(body, -1000.0)


def test_what_is_told_is_not_hidden() -> None:
    with pytest.warns(RuntimeWarning, match="overflow encountered in exp"):
        assert not hidden("return np.exp(z)", 1000.0)


def test_another_error_that_is_caught_is_no_overflow() -> None:
    assert not hidden(
        "try:\n        return math.log(-1.0)\n    except (ValueError, OverflowError):\n        return 0.0", 1.0
    )


def test_a_warning_that_is_let_through_is_told() -> None:
    body = 'with warnings.catch_warnings():\n        warnings.simplefilter("always")\n        return np.exp(z)'
    with pytest.warns(RuntimeWarning, match="overflow encountered"):
        hidden(body, 1000.0)


def test_a_watch_that_is_taken_away_is_missed() -> None:
    overflows = Overflows()
    with overflows:
        math.exp(1.0)
    assert not overflows.lost
    with overflows:
        sys.settrace(None)
    assert overflows.lost


def test_what_was_set_before_is_there_again() -> None:
    def mine(what: str, flag: int) -> None: ...

    before = np.seterrcall(mine)
    try:
        hidden(HIDING["seterr"], 1000.0)
        assert np.geterrcall() is mine
    finally:
        np.seterrcall(before)
