"""The functions that a question hands over tell nothing by what they are made of."""

from __future__ import annotations

import gc
import inspect
import types
from typing import Any

import torch

from autograder import lessons
from autograder.grading.sandbox.redact import questions_only

CHAIN = lessons.find("chain_rule.backprop_chain")


def reached(things: tuple[Any, ...]) -> list[Any]:
    """Return all that is reached from things by attributes, closures, defaults and elements, but for modules and classes."""
    found: dict[int, Any] = {}
    waiting = list(things)
    while waiting:
        thing = waiting.pop()
        if id(thing) in found or isinstance(thing, types.ModuleType | type | types.CodeType):
            continue
        found[id(thing)] = thing
        if isinstance(thing, types.FunctionType):
            waiting += [*(thing.__defaults__ or ()), *vars(thing).values(), *(thing.__kwdefaults__ or {}).values()]
            waiting += [cell.cell_contents for cell in thing.__closure__ or ()]
        else:
            waiting += gc.get_referents(thing)
    return list(found.values())


def test_the_links_of_a_chain_hold_nothing_that_autograd_can_follow() -> None:
    for one in CHAIN.cases:
        fs, dfs, _ = CHAIN.arguments(one)
        called = [thing for thing in reached((*fs, *dfs)) if callable(thing)]
        assert len(called) >= 2 * len(fs)
        leaf = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
        for function in called:
            try:
                result = function(leaf)
            except TypeError:
                continue
            assert not getattr(result, "requires_grad", False), function


def test_behind_the_walls_the_same_functions_of_tensors_are_not_there() -> None:
    kept = questions_only(inspect.getsource(lessons.chain_rule))
    assert "SLOPES" in kept
    assert "_OF_TENSORS" not in kept
    assert "_composed" not in kept
