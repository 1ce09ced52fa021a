"""How all numbers follow from the right ones: rounded, by a factor, by a term, by a function."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from ...finding import Finding, Place
from ...reading import Numbers, subject
from ..numbers import Table
from ..wrong import Wrong

# As a share of the largest number, what two numbers that are the same may differ by.
_EXACT = 1e-3


@dataclass(frozen=True)
class Relation:
    """How every number of a table follows from the right one: `words` complete "The result is …"."""

    kind: str
    words: str
    question: str


_RIGHT = "the right number"


def relation(table: Table) -> Relation | None:
    """Return how all numbers of a table follow from the right ones."""
    if not table.got.size or not np.isfinite(table.got).all() or _almost_right(table):
        return None
    return _rounded(table) or _factor(table) or _argument(table) or _term(table) or _changed(table) or _near(table)


def all_same(table: Table, numbers: Numbers) -> bool:
    """Whether the answer's numbers are these, and these are not the right ones."""
    if not np.isfinite(numbers).all() or table.same(numbers, table.want).all() or _almost_right(table):
        return False
    # A float32 result times a factor is a little farther off. And numbers that are read off a picture are near to much.
    rtol, atol = min(2 * table.rtol, _EXACT), min(2 * table.atol, _EXACT * float(np.abs(table.want).max()))
    return bool(replace(table, rtol=rtol, atol=atol).same(table.got, numbers).all())


def _almost_right(table: Table) -> bool:
    """Whether numbers are wrong by too little to tell how, as a count that is one off is."""
    return bool(table.same(table.got, table.want).all())


def telling(table: Table, least: int = 2) -> bool:
    """Whether there are enough different right numbers to tell one relation from another."""
    large = table.want[np.abs(table.want) > table.atol]
    return len(set(np.round(large, 12).tolist())) >= least


def _rounded(table: Table) -> Relation | None:
    if not telling(table):
        return None
    if _are(table, np.trunc(table.want)):
        return Relation("behaviour.rounded", f"{_RIGHT} cut to a whole one", "What cuts it?")
    for digits in range(7):
        if _are(table, np.round(table.want, digits)):
            places = f"rounded to {digits} decimal places" if digits else "rounded to a whole one"
            return Relation("behaviour.rounded", f"{_RIGHT} {places}", "Return it unrounded.")
    if _are(table, np.floor(table.want)):
        return Relation("behaviour.rounded", f"{_RIGHT} rounded down", "Is there a `//` or an `int`?")
    with np.errstate(all="ignore"):
        half = table.want.astype(np.float16).astype(np.float64)
    # What float16 can't hold is infinite there, and everything is near to that.
    if bool((np.isfinite(half) & (np.abs(table.got - half) <= 1e-6 * np.abs(half))).all()):
        return Relation("behaviour.rounded", f"{_RIGHT} as float16 holds it", "Which dtype do you compute in?")
    return None


def _are(table: Table, rounded: Numbers) -> bool:
    """Whether an answer's numbers are rounded ones. Zeros alone need not come from the right numbers, and what is near to 0 is not 0."""
    is_wrong = bool(rounded.any()) and not table.same(rounded, table.want).all()
    return is_wrong and bool((np.abs(table.got - rounded) <= 1e-6 * np.abs(rounded)).all())


def _factor(table: Table) -> Relation | None:
    question = "Where does that factor come from?"
    if not telling(table):
        return None
    large = np.abs(table.want) > table.atol
    ratios = table.got[large] / table.want[large]
    ratio = float(np.median(ratios))
    if ratio and np.isfinite(ratio) and all_same(table, ratio * table.want):
        if abs(ratio + 1) < 1e-6:
            return Relation("behaviour.sign", f"{_RIGHT} with the opposite sign", "Where does the sign turn?")
        return Relation("behaviour.factor", f"{_RIGHT} times {ratio:.6g}", question)
    if all_same(table, np.abs(table.want)):
        return Relation("behaviour.sign", f"{_RIGHT} without its sign", "Which step loses the sign?")
    if all_same(table, -np.abs(table.want)):
        return Relation("behaviour.sign", f"{_RIGHT}, but negative everywhere", "Which step loses the sign?")
    argument = _argument(table)
    if argument is not None:
        return argument
    for words, numbers in _factors(table):
        for sign, turned in ((1, ""), (-1, ", with the opposite sign")):
            if all_same(table, sign * numbers * table.want):
                return Relation("behaviour.factor", f"{_RIGHT} {words}{turned}", question)
    return None


def _factors(table: Table) -> Iterator[tuple[str, Numbers]]:
    """Yield what a right number may be multiplied with by mistake, in words and in numbers."""
    # What is 0 or 1, as a label, parts the inputs in two. That says more than a factor that is 0 at some of them.
    quantities = {name: q for name, q in table.quantities.items() if not set(q.tolist()) <= {0.0, 1.0}}
    for name, q in quantities.items():
        yield f"times {name}", q
        yield f"divided by {name}", 1 / q
        yield f"times {name} squared", q**2
        yield f"divided by {name} squared", 1 / q**2
        yield f"times (1 − {name})", 1 - q
        yield f"divided by (1 − {name})", 1 / (1 - q)
        yield f"times the size of {name}", np.abs(q)
    for (name, q), (other, r) in combinations(quantities.items(), 2):
        yield f"times {name} and {other}", q * r
        yield f"divided by {name} and {other}", 1 / (q * r)
        yield f"times {name} divided by {other}", q / r
        yield f"times {other} divided by {name}", r / q


def _term(table: Table) -> Relation | None:
    question = "Which term is too many, and which is missing?"
    if not telling(table):
        return None
    difference = table.got - table.want
    middle = float(np.median(difference))
    if abs(middle) > table.atol and all_same(table, table.want + middle):
        words = f"{abs(middle):.6g} too {'large' if middle > 0 else 'small'}"
        return Relation("behaviour.term", words, "Where does that number come from?")
    for name, q in table.quantities.items():
        for factor, times in ((1, ""), (2, "2 times "), (0.5, "half of ")):
            for numbers, what in (
                (q, name),
                (q**2, f"{name} squared"),
                (1 / q, f"1 over {name}"),
                (1 - q, f"(1 − {name})"),
            ):
                for sign, joined in ((1, "plus"), (-1, "minus")):
                    if all_same(table, table.want + sign * factor * numbers):
                        return Relation("behaviour.term", f"{_RIGHT} {joined} {times}{what}", question)
    return None


def _argument(table: Table) -> Relation | None:
    """Look for an argument that is handed back."""
    for name, q in table.quantities.items():
        if telling(table, 1) and len(set(q.tolist())) > 1 and all_same(table, q):
            question = "Is a step left out, or is it another argument that is wanted?"
            return Relation("behaviour.argument", f"{name} itself, as it was given", question)
    return None


def _changed(table: Table) -> Relation | None:
    """Look for a function of the right number."""
    if not telling(table):
        return None
    want = table.want
    for words, numbers in (
        (f"the square of {_RIGHT}", want**2),
        (f"1 over {_RIGHT}", 1 / want),
        (f"1 minus {_RIGHT}", 1 - want),
        (f"the square root of {_RIGHT}", np.sqrt(want)),
        (f"the logarithm of {_RIGHT}", np.log(want)),
        (f"the exponential of {_RIGHT}", np.exp(want)),
    ):
        if all_same(table, numbers):
            return Relation("behaviour.function", words, "Which step is one too many?")
    return None


def _near(table: Table) -> Relation | None:
    if not telling(table):
        return None
    large = np.abs(table.want) > table.atol
    off = np.abs(table.got - table.want)[large] / np.abs(table.want[large])
    if off.max() > 0.01 or not table.same(table.got, table.want)[~large].all():
        return None
    return Relation(
        "behaviour.close",
        f"close to {_RIGHT}, and off by up to {_percent(float(off.max()))}",
        "Is a step too large, a limit set, or a number rounded on the way?",
    )


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"


def related(wrong: Wrong) -> Finding | None:
    """Look for a relation that all numbers share: those of the whole answer, or those of one entry."""
    shared = _shared(wrong)
    if shared is not None:
        return shared
    for path in wrong.wrong_paths:
        found = relation(wrong.tables[path])
        if found is not None:
            return _told(wrong, path, found)
    return None


def _shared(wrong: Wrong) -> Finding | None:
    """Look for one relation over the entries of an answer that has no arguments, as a table of predictions."""
    if len(wrong.points) != 1 or len(wrong.arrays) < 3:
        return None
    tables = list(wrong.tables.values())
    whole = replace(
        tables[0],
        got=np.concatenate([one.got for one in tables]),
        want=np.concatenate([one.want for one in tables]),
        right=np.concatenate([one.right for one in tables]),
        case=np.concatenate([one.case for one in tables]),
        index=np.concatenate([one.index for one in tables]),
        quantities={},
        atol=max(one.atol for one in tables),
    )
    found = relation(whole)
    if found is None:
        return None
    return Finding(found.kind, f"Every number is {found.words}. {found.question}")


def _told(wrong: Wrong, path: str, found: Relation, where: str = "") -> Finding:
    several = len(wrong.arrays[path]) > 1
    every = "At every input " if several and not where else ""
    first = subject(path)
    if every:
        first = first[0].lower() + first[1:]
    others = " The other entries are right." if wrong.is_wrong_at_alone(path) else ""
    sentence = f"{where}{every}{first} is {found.words}.{others} {found.question}"
    return Finding(found.kind, sentence, Place(entry=path))
