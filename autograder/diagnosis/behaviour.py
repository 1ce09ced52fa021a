"""What the numbers of a wrong answer say. Pure: nothing of the student's runs again.

Each function looks for one thing and returns a finding or None; the first that finds something is told. Each sentence is
true of the numbers in front of it, and of those that were tried only.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import numpy as np
import torch

from ..exercise import Exercise, gradient
from ..finding import Finding, Place
from ..reading import Numbers, subject
from .numbers import Mask, Table, as_array
from .text import names_read, parameters, variables_from_outside
from .wrong import Wrong

# A second derivative by a difference is no better than this.
_ROUGH = 1e-4
# As a share of the largest number, what two numbers that are the same may differ by.
_EXACT = 1e-3


def behaviour(wrong: Wrong, others: Sequence[Exercise] = ()) -> Finding | None:
    """Return what the numbers say; `others` are the other exercises of the lesson."""
    if not wrong.wrong_paths:
        return unused_parameter(wrong)
    found = bitwise_power(wrong) or unused_parameter(wrong) or constant(wrong) or exchanged_entries(wrong)
    found = found or _related(wrong) or _other_quantity(wrong, others) or _arranged(wrong)
    found = found or one_side(wrong) or outside_variable(wrong) or _where_in_array(wrong)
    return found or some_inputs(wrong)


# It does not move


def unused_parameter(wrong: Wrong) -> Finding | None:
    """Look for a parameter that the body never reads and that the right answer depends on."""
    function = wrong.text.function(wrong.exercise.name) if wrong.text is not None else None
    # What asks an answer may hand it other arguments than its own.
    if function is None or wrong.text is None or wrong.exercise.ask is not None:
        return None
    read = names_read(function)
    if "locals" in read or "vars" in read:
        return None
    for position, parameter in enumerate(parameters(function)):
        name = parameter.arg
        if name not in read and wrong.matters(position):
            sentence = f"`{name}` is never used in `{wrong.exercise.name}`. The right answer depends on it."
            outside = next(iter(variables_from_outside(wrong.text, function)), None)
            if outside is not None:
                place = wrong.text.place(outside)
                sentence += f" Line {place.line} reads `{outside.id}`, which comes from outside the function."
                return Finding("behaviour.unused-parameter", sentence, place)
            return Finding("behaviour.unused-parameter", sentence, wrong.text.place(parameter))
    return None


def bitwise_power(wrong: Wrong) -> Finding | None:
    """Look for `^` with a number after it, which people of other languages write for a power."""
    text = wrong.text
    if text is None:
        return None
    for node in ast.walk(text.tree):
        match node:
            case ast.BinOp(_, ast.BitXor(), ast.Constant(int() as exponent)) if type(exponent) is int:
                place = text.place(node)
                where = f"Look at `{place.text}` in line {place.line} of `{place.function}`."
                meaning = "In Python `^` works on the bits of whole numbers. A power is written with `**`."
                return Finding("behaviour.bitwise-power", f"{where} {meaning}", place)
    return None


def outside_variable(wrong: Wrong) -> Finding | None:
    """Look for a variable of the notebook that the body reads."""
    function = wrong.text.function(wrong.exercise.name) if wrong.text is not None else None
    if function is None or wrong.text is None:
        return None
    outside = next(iter(variables_from_outside(wrong.text, function)), None)
    if outside is None:
        return None
    place = wrong.text.place(outside)
    sentence = (
        f"Line {place.line} of `{place.function}` reads `{outside.id}`, which is not made in the function. "
        "It comes from another cell, and has the same value at every call."
    )
    return Finding("behaviour.outside-variable", sentence, place)


def constant(wrong: Wrong) -> Finding | None:
    """Look for the same number at every input, where the right ones differ."""
    for path in wrong.wrong_paths:
        table, arrays = wrong.tables[path], wrong.arrays[path]
        if len(arrays) < 2 or bool(table.same(table.want, np.full_like(table.want, table.want[0])).all()):
            continue
        if not (table.got == table.got[0]).all() or not np.isfinite(table.got[0]):
            continue
        sentence = f"{subject(path)} is {table.got[0]:.6g} at every input. It should change with the input."
        outside = outside_variable(wrong)
        if outside is not None:
            where = f" Line {outside.place.line} reads `{outside.place.text}`, which comes from outside the function."
            return Finding("behaviour.constant", sentence + where, replace(outside.place, entry=path))
        return Finding("behaviour.constant", sentence, Place(entry=path))
    return None


# A relation to the right number


@dataclass(frozen=True)
class Relation:
    """How every number of a table follows from the right one: `words` complete "The result is …"."""

    kind: str
    words: str
    question: str


_RIGHT = "the right number"


def relation(table: Table) -> Relation | None:
    """Return how all numbers of a table follow from the right ones."""
    if not table.got.size or not np.isfinite(table.got).all():
        return None
    return _rounded(table) or _factor(table) or _argument(table) or _term(table) or _changed(table) or _near(table)


def _all_same(table: Table, numbers: Numbers) -> bool:
    """Whether the answer's numbers are these, and these are not the right ones."""
    if not np.isfinite(numbers).all() or table.same(numbers, table.want).all():
        return False
    # A float32 result times a factor is a little farther off. And numbers that are read off a picture are near to much.
    rtol, atol = min(2 * table.rtol, _EXACT), min(2 * table.atol, _EXACT * float(np.abs(table.want).max()))
    return bool(replace(table, rtol=rtol, atol=atol).same(table.got, numbers).all())


def _telling(table: Table, least: int = 2) -> bool:
    """Whether there are enough different right numbers to tell one relation from another."""
    large = table.want[np.abs(table.want) > table.atol]
    return len(set(np.round(large, 12).tolist())) >= least


def _rounded(table: Table) -> Relation | None:
    # Zeros alone need not come from the right numbers.
    if not _telling(table) or not table.got.any():
        return None
    if _all_same(table, np.trunc(table.want)):
        return Relation("behaviour.rounded", f"{_RIGHT} cut to a whole one", "What cuts it?")
    for digits in range(7):
        if _all_same(table, np.round(table.want, digits)):
            places = f"rounded to {digits} decimal places" if digits else "rounded to a whole one"
            return Relation("behaviour.rounded", f"{_RIGHT} {places}", "Return it unrounded.")
    if _all_same(table, np.floor(table.want)):
        return Relation("behaviour.rounded", f"{_RIGHT} rounded down", "Is there a `//` or an `int`?")
    with np.errstate(all="ignore"):
        half = table.want.astype(np.float16).astype(np.float64)
    if bool((np.abs(table.got - half) <= 1e-6 * np.abs(half)).all()):
        return Relation("behaviour.rounded", f"{_RIGHT} as float16 holds it", "Which dtype do you compute in?")
    return None


def _factor(table: Table) -> Relation | None:
    question = "Where does that factor come from?"
    if not _telling(table):
        return None
    large = np.abs(table.want) > table.atol
    ratios = table.got[large] / table.want[large]
    ratio = float(np.median(ratios))
    if ratio and np.isfinite(ratio) and _all_same(table, ratio * table.want):
        if abs(ratio + 1) < 1e-6:
            return Relation("behaviour.sign", f"{_RIGHT} with the opposite sign", "Where does the sign turn?")
        return Relation("behaviour.factor", f"{_RIGHT} times {ratio:.6g}", question)
    if _all_same(table, np.abs(table.want)):
        return Relation("behaviour.sign", f"{_RIGHT} without its sign", "Which step loses the sign?")
    if _all_same(table, -np.abs(table.want)):
        return Relation("behaviour.sign", f"{_RIGHT}, but negative everywhere", "Which step loses the sign?")
    argument = _argument(table)
    if argument is not None:
        return argument
    for words, numbers in _factors(table):
        for sign, turned in ((1, ""), (-1, ", with the opposite sign")):
            if _all_same(table, sign * numbers * table.want):
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
    if not _telling(table):
        return None
    difference = table.got - table.want
    middle = float(np.median(difference))
    if abs(middle) > table.atol and _all_same(table, table.want + middle):
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
                    if _all_same(table, table.want + sign * factor * numbers):
                        return Relation("behaviour.term", f"{_RIGHT} {joined} {times}{what}", question)
    return None


def _argument(table: Table) -> Relation | None:
    """Look for an argument that is handed back."""
    for name, q in table.quantities.items():
        if _telling(table, 1) and len(set(q.tolist())) > 1 and _all_same(table, q):
            question = "Is a step left out, or is it another argument that is wanted?"
            return Relation("behaviour.argument", f"{name} itself, as it was given", question)
    return None


def _changed(table: Table) -> Relation | None:
    """Look for a function of the right number."""
    if not _telling(table):
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
        if _all_same(table, numbers):
            return Relation("behaviour.function", words, "Which step is one too many?")
    return None


def _near(table: Table) -> Relation | None:
    if not _telling(table):
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


def _related(wrong: Wrong) -> Finding | None:
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
    others = " The other entries are right." if path and len(wrong.arrays) > 1 and len(wrong.wrong_paths) == 1 else ""
    sentence = f"{where}{every}{first} is {found.words}.{others} {found.question}"
    return Finding(found.kind, sentence, Place(entry=path))


# Right on one side


def one_side(wrong: Wrong) -> Finding | None:
    """Look for a property of the arguments that parts the right numbers from the wrong ones."""
    # What an `ask` is given is no argument of the student's.
    for path in wrong.wrong_paths if wrong.exercise.ask is None else ():
        table = wrong.tables[path]
        right = table.right
        # That zero times anything is zero says nothing.
        if not (right & (np.abs(table.want) > table.atol)).any():
            continue
        sides = (*_sides(table), *_sides_by_case(wrong, table))
        side = _likeliest([one for one in sides if _parted(one, right) is not None])
        words = _parted(side, right) if side is not None else None
        if words is None:
            continue
        found = relation(table.where(~right)) if (~right).sum() > 1 else None
        more = f" There it is {found.words}." if found is not None else ""
        sentence = f"{subject(path)} is right {words[0]}, and wrong {words[1]}.{more}"
        return Finding("behaviour.one-side", sentence, Place(entry=path))
    return None


@dataclass(frozen=True)
class Side:
    """A property of the arguments: where it holds, and the words for where it does and where it does not.

    `of` says which argument has it, and `switch` that the argument is one of two things, as a label or a flag.
    """

    holds: Mask
    words: str
    otherwise: str
    of: str = ""
    switch: bool = False


def _likeliest(sides: Sequence[Side]) -> Side | None:
    """Return the property that is told of those that part right from wrong; None where it may be one argument's or another's."""
    switches = [one for one in sides if one.switch]
    found = switches or sides
    return found[0] if len({one.of for one in found}) == 1 else None


def _parted(side: Side, right: Mask) -> tuple[str, str] | None:
    if side.holds.all() or not side.holds.any():
        return None
    if (side.holds == right).all():
        return side.words, side.otherwise
    if (side.holds == ~right).all():
        return side.otherwise, side.words
    return None


def _sides(table: Table) -> Iterator[Side]:
    for name, q in table.quantities.items():
        if not np.isfinite(q).all():
            continue
        if set(q.tolist()) <= {0.0, 1.0}:
            yield Side(q == 1, f"where {name} is 1", f"where {name} is 0", name, switch=True)
            continue
        zero = " or zero" if (q == 0).any() else ""
        yield Side(q < 0, f"where {name} is negative", f"where {name} is positive{zero}", name)
        yield Side(q > 0, f"where {name} is positive", f"where {name} is negative{zero}", name)
        yield Side(q == 0, f"where {name} is 0", f"where {name} is not 0", name)
        large = np.abs(q) > 1
        # One number on a side may be there for any reason.
        if min(large.sum(), (~large).sum()) > 1:
            yield Side(large, f"where {name} is larger than 1 in size", f"where {name} is at most 1 in size", name)
        yield from _thresholds(name, q, table.right)
    if table.index.max(initial=0) > 0:
        last = np.array([i == table.index[table.case == c].max() for i, c in zip(table.index, table.case, strict=True)])
        yield Side(table.index == 0, "in the first entry", "in the others")
        yield Side(last, "in the last entry", "in the others")


def _thresholds(name: str, q: Numbers, right: Mask) -> Iterator[Side]:
    """Yield the size of an argument from which on an answer is wrong, where a wide gap lies before it."""
    size = np.abs(q)
    if right.any() and (~right).any():
        largest, smallest = size[right].max(), size[~right].min()
        if smallest > 2 * largest:
            yield Side(size > largest, f"from {name} = ±{smallest:.3g} on", f"up to {name} = ±{largest:.3g}", name)


def _sides_by_case(wrong: Wrong, table: Table) -> Iterator[Side]:
    """Yield the properties that a whole case has: how many arguments, of which type, with how many entries."""
    given = [point.arguments for point in wrong.points]
    most = max(len(one) for one in given)
    left_out = np.array([len(one) < most for one in given], dtype=np.bool_)
    yield Side(
        left_out[table.case], "where the last argument is left out", "where all arguments are given", switch=True
    )
    for i, name in enumerate(wrong.names):
        for one in _properties(name, [arguments[i] if i < len(arguments) else None for arguments in given]):
            yield replace(one, holds=one.holds[table.case])


def _properties(name: str, given: Sequence[object]) -> Iterator[Side]:
    """Yield the properties of one argument. Each holds in some of the cases."""

    def side(values: Sequence[bool], words: str, otherwise: str, switch: bool = False) -> Side:
        return Side(
            np.array(values, dtype=np.bool_), f"where {name} {words}", f"where {name} {otherwise}", name, switch
        )

    if any(isinstance(one, bool) for one in given):
        yield side([one is True for one in given], "is True", "is False", switch=True)
        return
    yield side([isinstance(one, int) for one in given], "is a whole number", "is a float")
    dimensions = [_dimensions(one) for one in given]
    for n in sorted(set(dimensions)):
        words = "is a single number" if n == 0 else f"has {n} dimension{'s' if n > 1 else ''}"
        yield side([one == n for one in dimensions], words, "has another shape")
    lengths = [_length(one) for one in given]
    what = "rows" if max(dimensions) > 1 else "entries"
    for shorter, longer in pairwise(sorted(set(lengths))):
        at_least = [one >= longer for one in lengths]
        # Any two cases that differ in length are parted by it, whatever else they differ in.
        if min(sum(at_least), len(lengths) - sum(at_least)) > 1:
            yield side(at_least, f"has {longer} {what} or more", f"has {shorter} {what} or fewer")


def _dimensions(argument: object) -> int:
    array = as_array(argument)
    return -1 if array is None else array.ndim


def _length(argument: object) -> int:
    try:
        return len(argument)  # type: ignore[arg-type]
    except TypeError:
        return 0


# Right at some inputs


def some_inputs(wrong: Wrong) -> Finding | None:
    """Tell one input at which the answer is right, and one at which it is not."""
    path = next(iter(wrong.wrong_paths), None)
    if path is None or len(wrong.arrays[path]) < 2:
        return None
    table = wrong.tables[path]
    right = {int(case) for case in set(table.case) if table.right[table.case == case].all()}
    telling = {int(case) for case, large in zip(table.case, np.abs(table.want) > table.atol, strict=True) if large}
    shown = sorted(right & telling)
    if not shown:
        return None
    good, bad = (wrong.write_call(wrong.cases[case]) for case in (shown[0], wrong.case))
    way = _way(wrong, path)
    return Finding("behaviour.some-inputs", f"It is right at `{good}`, and {way} at `{bad}`.", Place(entry=path))


def _way(wrong: Wrong, path: str) -> str:
    for array in wrong.arrays[path]:
        if array.case == wrong.case and array.want.ndim == 0:
            if float(np.sign(array.got)) == -float(np.sign(array.want)) != 0:
                return "has the wrong sign"
            return "too large" if array.got > array.want else "too small"
    return "wrong"


# Another quantity


def _other_quantity(wrong: Wrong, others: Sequence[Exercise]) -> Finding | None:
    for path in wrong.wrong_paths:
        table = wrong.tables[path]
        # One number alone may be equal to anything.
        if not _telling(replace(table, want=table.got)):
            continue
        for kind, words, values in _quantities(wrong, others):
            numbers = _like_path(wrong, path, values)
            if numbers is None or not _all_same(table, numbers):
                continue
            if not table.same(numbers, table.want).all():
                return Finding(kind, f"{subject(path)} is {words}, at every input.", Place(entry=path))
    return None


def _quantities(wrong: Wrong, others: Sequence[Exercise]) -> Iterator[tuple[str, str, list[object]]]:
    """Yield what might have been computed in place of the right answer: a kind, words, and the value at each case."""
    arguments = [point.arguments for point in wrong.points]
    for other in others:
        if other.id != wrong.exercise.id and _takes(other, arguments):
            values = [_tried(other.reference, one) for one in arguments]
            yield "behaviour.other-exercise", f"what exercise {other.number} asks for (`{other.name}`)", values
    forward = wrong.exercise.forward
    if forward is not None:
        most = min((len(one) for one in arguments), default=0)
        for i, name in zip(range(most), wrong.names, strict=False):
            slope = gradient(forward, i)
            yield "behaviour.other-variable", f"the derivative in {name}", [_tried(slope, one) for one in arguments]
    yield "behaviour.second-derivative", "the derivative of the right answer", [_slope(wrong, one) for one in arguments]
    at_opposite = [_tried(wrong.exercise.reference, (_minus(one[0]), *one[1:])) if one else None for one in arguments]
    yield "behaviour.other-point", f"the right answer at −{wrong.names[0] if wrong.names else 'x'}", at_opposite


def _takes(other: Exercise, arguments: Sequence[tuple[object, ...]]) -> bool:
    """Whether another exercise is asked with arguments of the same form, all of them numbers."""
    forms = [_form(other.arguments(one)) for one in other.cases]
    return None not in forms and bool(arguments[0]) and all(_form(one) in forms for one in arguments)


def _form(arguments: tuple[object, ...]) -> tuple[object, ...] | None:
    """Return the kinds of arguments; None where one is no number and no array."""
    if any(not isinstance(one, bool | int | float | np.ndarray | torch.Tensor) for one in arguments):
        return None
    return tuple((float if isinstance(one, int) else type(one), np.ndim(one)) for one in arguments)  # type: ignore[arg-type]


def _tried(function: Callable[..., object], arguments: Sequence[object]) -> object:
    """Return the value of one of our own functions at arguments that may not fit it; None where they do not."""
    try:
        return function(*arguments)
    except Exception:
        return None


def _minus(argument: object) -> object:
    return -argument if isinstance(argument, float | np.ndarray) else None


def _slope(wrong: Wrong, arguments: Sequence[object]) -> object:
    """Return the slope of the right answer in a number, by a central difference."""
    if not arguments or not isinstance(arguments[0], float):
        return None
    step = 1e-5 * max(1.0, abs(arguments[0]))
    ends = [_tried(wrong.exercise.reference, (arguments[0] + move, *arguments[1:])) for move in (step, -step)]
    if not all(isinstance(end, float) for end in ends):
        return None
    return (ends[0] - ends[1]) / (2 * step)  # type: ignore[operator]


def _like_path(wrong: Wrong, path: str, values: Sequence[object]) -> Numbers | None:
    """Return the values at the cases of a path in one row, if they have the form of its numbers."""
    columns = []
    for array in wrong.arrays[path]:
        value = values[array.case]
        numbers = None if value is None or isinstance(value, dict | str | bool) else as_array(value)
        if numbers is None or numbers.shape != array.want.shape:
            return None
        columns.append(numbers.ravel())
    return np.concatenate(columns)


# Where in an array, a dict, a tuple


def exchanged_entries(wrong: Wrong) -> Finding | None:
    """Look for two entries that stand under each other's name, or one that stands under another's."""
    for a, b in combinations(wrong.wrong_paths, 2):
        if _equal(wrong, a, b) and _equal(wrong, b, a):
            sentence = f"`{a}` and `{b}` are exchanged: each has the number that belongs to the other."
            return Finding("behaviour.exchanged", sentence, Place(entry=a))
    for a in wrong.wrong_paths:
        for b in wrong.arrays:
            if a != b and _equal(wrong, a, b):
                sentence = f"The entry `{a}` has the number that belongs to `{b}`."
                return Finding("behaviour.exchanged", sentence, Place(entry=a))
    return None


def _equal(wrong: Wrong, path: str, other: str) -> bool:
    """Whether what stands at a path is what belongs to another, wherever the two differ."""
    mine, theirs = wrong.tables[path], wrong.tables[other]
    if mine.want.shape != theirs.want.shape or not _telling(theirs, 1):
        return False
    return bool(theirs.same(mine.got, theirs.want).all() and not mine.same(mine.want, theirs.want).all())


def _arranged(wrong: Wrong) -> Finding | None:
    for path in wrong.wrong_paths:
        arrays = wrong.arrays[path]
        table = wrong.tables[path]
        if not any(one.want.size > 1 for one in arrays):
            continue
        for words, arrange in _ARRANGEMENTS:
            moved = [arrange(one.want) for one in arrays]
            if any(one.shape != array.want.shape for one, array in zip(moved, arrays, strict=True)):
                continue
            numbers = np.concatenate([one.ravel() for one in moved])
            if _all_same(table, numbers) and not table.same(numbers, table.want).all():
                sentence = f"{subject(path)} has {words}."
                return Finding("behaviour.arranged", sentence, Place(entry=path))
    return None


def _repeat(number: Callable[[Numbers], float]) -> Callable[[Numbers], Numbers]:
    return lambda want: np.full_like(want, number(want))


_ARRANGEMENTS: tuple[tuple[str, Callable[[Numbers], Numbers]], ...] = (
    ("the right numbers in the reverse order", lambda want: want[::-1] if want.ndim else want),
    ("the right numbers shifted by one place", lambda want: np.roll(want, 1, axis=0) if want.ndim else want),
    ("the right numbers shifted by one place", lambda want: np.roll(want, -1, axis=0) if want.ndim else want),
    ("the right numbers, but sorted", lambda want: np.sort(want, axis=0) if want.ndim else want),
    ("the right numbers with rows and columns exchanged", lambda want: want.T),
    ("the right numbers in another order", lambda want: want.T.reshape(want.shape)),
    ("running sums of the right numbers", lambda want: np.cumsum(want, axis=0) if want.ndim else want),
    ("the steps between the right numbers", lambda want: np.diff(want, axis=0, prepend=0) if want.ndim else want),
    ("the mean of the right numbers in each place", _repeat(lambda want: float(want.mean()))),
    ("the sum of the right numbers in each place", _repeat(lambda want: float(want.sum()))),
    ("the first of the right numbers in each place", _repeat(lambda want: float(want.flat[0]))),
    ("the last of the right numbers in each place", _repeat(lambda want: float(want.flat[-1]))),
)


def _where_in_array(wrong: Wrong) -> Finding | None:
    """Tell which entries are wrong, where some are right."""
    for path in wrong.wrong_paths:
        for array in wrong.arrays[path]:
            table = wrong.tables[path].where(wrong.tables[path].case == array.case)
            right = table.right
            if right.all() or not right.any() or array.want.ndim == 0:
                continue
            index = [int(i) for i in np.unravel_index(int(np.argmin(right)), array.want.shape)]
            count = f"{int(right.sum())} of its {right.size} numbers are right"
            sentence = f"{subject(path)} is wrong in part: {count}, and the first wrong one is at {index}."
            return Finding("behaviour.entry", sentence, Place(entry=f"{path}{index}"))
    return None
