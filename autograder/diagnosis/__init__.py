"""Says of a wrong answer where it is wrong and why, whatever the exercise: nothing here knows a lesson.

`expressions` tells of an engine by the smallest expression that is wrong. `behaviour` reads the numbers, `nothing` says why
there is none, `evidence` has something to say of any wrong answer. `text` reads the answer's text, `numbers` lays its numbers
beside the arguments that they belong to, and `right` lays calls beside the right answers. `edits` makes variants of the text,
each with one thing changed, and `search` looks for one that is right. `running` runs them where the student's code runs, and
`harmless` says which may run.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..exercise import Exercise
from ..finding import Finding
from .behaviour import behaviour, unused_parameter
from .evidence import evidence, small_step
from .expressions import smallest_wrong
from .nothing import unused_leaf, why_none
from .text import entry_of_result
from .wrong import Wrong, parameters_of

__all__ = [
    "Wrong",
    "explain",
    "parameters_of",
    "small_step",
    "smallest_wrong",
    "unused_leaf",
    "unused_parameter",
    "why_none",
]


@np.errstate(all="ignore")
def explain(wrong: Wrong, others: Sequence[Exercise] = ()) -> Finding:
    """Return what is found of a wrong answer; `others` are the other exercises of its lesson."""
    # A check writes nothing to stderr, whatever one of our own functions is tried with.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _with_source(wrong, behaviour(wrong, others) or evidence(wrong))


def _with_source(wrong: Wrong, finding: Finding) -> Finding:
    """Show the expression that a wrong entry of the result is, if the text writes it out."""
    function = wrong.function
    is_returned = wrong.exercise.measure is None and wrong.exercise.ask is None
    if function is None or wrong.text is None or finding.place.text or not is_returned:
        return finding
    expression = entry_of_result(function, finding.place.entry)
    if expression is None:
        return finding
    place = replace(wrong.text.place(expression), entry=finding.place.entry)
    entry = finding.place.entry.partition("]")[0] + "]"
    sentence = f"{finding.sentence} In line {place.line} of `{place.function}`, `{entry}` is `{place.text}`."
    return Finding(finding.kind, sentence, place)
