"""What the numbers of a wrong answer say. Pure: nothing of the student's runs again.

Each function looks for one thing and returns a finding or None; the first that finds something is told. Each sentence is
true of the numbers in front of it, and of those that were tried only.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...exercise import Exercise
from ...finding import Finding
from ..wrong import Wrong
from .arrangement import arranged, exchanged_entries, where_in_array
from .quantities import other_quantity
from .relation import related
from .sides import one_side, some_inputs
from .unmoved import bitwise_power, constant, outside_variable, unused_parameter

__all__ = ["behaviour", "unused_parameter"]


def behaviour(wrong: Wrong, others: Sequence[Exercise] = ()) -> Finding | None:
    """Return what the numbers say; `others` are the other exercises of the lesson."""
    if not wrong.wrong_paths:
        return unused_parameter(wrong)
    found = bitwise_power(wrong) or unused_parameter(wrong) or constant(wrong) or exchanged_entries(wrong)
    found = found or related(wrong) or other_quantity(wrong, others) or arranged(wrong)
    found = found or one_side(wrong) or outside_variable(wrong) or where_in_array(wrong)
    return found or some_inputs(wrong)
