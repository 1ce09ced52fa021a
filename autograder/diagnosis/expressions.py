"""The smallest expression that shows what is wrong with an engine, and what is wrong with it there."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..comparing import is_right, scales_of
from ..exercise import Case, Exercise
from ..expressions import GRADIENT, VALUE
from ..finding import Finding, Place
from ..mistake import Point
from ..observation import Call, Value
from ..raised import meaning
from ..reading import Part, Problem
from ..verdict import Outcome

_PATH = re.compile(r"\['([^']+)'\]\['([^']+)'\]\['([^']+)'\]")
# What a mistake sees of the smallest expression: this call, with the expression, its names, and what the answer gave.
EXPRESSION, RAISED, VALUE_IS_RIGHT = "expression", "raised", "the value is right"
_KIND = "evidence.expression"


@dataclass(frozen=True)
class _Place:
    """One part of an answer to a program: the case, the group, the expression, and the entry of it."""

    case: int
    group: str
    text: str
    entry: str


def smallest_wrong(
    exercise: Exercise, points: Sequence[Point], calls: Sequence[Call], rows: Sequence[Sequence[Part]]
) -> Problem | None:
    """Return what is wrong with an answer that was asked in expressions, told by the smallest one that is wrong.

    None of a right answer, and of an exercise that asks in another way.
    """
    parts = [(i, part, _PATH.fullmatch(part.path)) for i, row in enumerate(rows) for part in row]
    if exercise.ask is None or not any(match for _, _, match in parts):
        return None
    scales = scales_of(rows)
    wrong = [(i, part, match) for i, part, match in parts if not is_right(exercise, part, scales)]
    found = [(_Place(i, *match.groups()), part) for i, part, match in wrong if match]
    if found:
        # What is written and wrong comes before what is still to be written.
        place = min(
            (place for place, _ in found),
            key=lambda place: (_is_unwritten(_given(calls[place.case], place)), _size(place.text)),
        )
        here = {at.entry: part for at, part in found if (at.case, at.text) == (place.case, place.text)}
        return _problem(exercise, points[place.case], calls[place.case], place, here)
    if wrong:
        # All expressions are right, and something else that was seen is not.
        case, part, _ = wrong[0]
        shown = (one for one in exercise.mistakes if one.shows is not None and one.shows(calls[case]))
        if mistake := next(shown, None):
            return Problem(
                Outcome.WRONG,
                mistake.message,
                mistake.slug,
                case,
                Finding(_KIND, mistake.message, Place(entry=part.path)),
            )
    return None


_OPERATORS: Mapping[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
}


def narrowed(case: Case, entry: str) -> Case | None:
    """Return a case that asks for one expression alone, of the entry that a finding names; None of another entry."""
    group, text = _of_entry(entry)
    program, *rest = case.arguments or ("",)
    pairs = program if isinstance(program, tuple) else ()
    one = tuple(pair for pair in pairs if pair == (group, text))
    return replace(case, arguments=(one, *rest)) if one else None


def functions_of(entry: str) -> frozenset[str]:
    """Return the functions and methods by whose names an engine computes the expression of an entry."""
    _, text = _of_entry(entry)
    found: set[str] = set()
    for node in (node for one in text.split("; ") if one for node in ast.walk(ast.parse(one.strip(), mode="eval"))):
        match node:
            case ast.BinOp(_, op, _) if type(op) in _OPERATORS:
                name = _OPERATORS[type(op)]
                found |= {f"__{name}__", f"__r{name}__"}
            case ast.UnaryOp(ast.USub()):
                found.add("__neg__")
            case ast.Call(ast.Name(name) | ast.Attribute(_, name)):
                found.add(name)
    return frozenset(found)


def _of_entry(entry: str) -> tuple[str, str]:
    match = re.fullmatch(r"\['([^']+)'\]\['([^']+)'\]", entry)
    return (match[1], match[2]) if match else ("", "")


def _problem(exercise: Exercise, point: Point, call: Call, place: _Place, wrong: Mapping[str, Part]) -> Problem:
    got = _given(call, place)
    leaves = {
        name: start for name, start in point.arguments[1] if GRADIENT + name in point.reference[place.group][place.text]
    }
    sentence = _sentence(place.text, leaves, got, wrong)
    keys: dict[str, Value] = {
        EXPRESSION: Value("text", "str", place.text),
        VALUE_IS_RIGHT: Value("truth", "bool", numbers=(float(VALUE not in wrong),)),
    }
    if got is not None and got.kind == "mapping":
        keys |= {str(key): item for key, item in zip(got.keys, got.items, strict=False)}
    elif got is not None:
        keys[RAISED] = got
    keys |= {name: Value("number", "float", numbers=(start,)) for name, start in leaves.items() if np.ndim(start) == 0}
    narrowed = Call(value=Value("mapping", "dict", keys=tuple(keys), items=tuple(keys.values())))
    shown = (one for one in exercise.mistakes if one.shows is not None and one.shows(narrowed))
    mistake = next(shown, None)
    message = sentence if mistake is None else f"{sentence} {mistake.message}"
    path = f"[{place.group!r}][{place.text!r}]"
    return Problem(
        Outcome.WRONG,
        message,
        "" if mistake is None else mistake.slug,
        place.case,
        Finding(_KIND, message, Place(entry=path)),
    )


def _sentence(text: str, leaves: Mapping[str, Any], got: Value | None, wrong: Mapping[str, Part]) -> str:
    """Say what an answer gave for one expression. What is right is not said."""
    # Of larger arrays the shape says enough.
    starts = {name: np.asarray(start) for name, start in leaves.items()}
    at = ", ".join(
        f"{name} = {_written(start)}" if start.size <= 3 else f"{name} of shape {start.shape}"
        for name, start in starts.items()
    )
    where = f"`{text}` with {at}"
    if got is None or got.kind == "text":
        said = "nothing" if got is None else got.text.rstrip(": .")
        if _is_unwritten(got):
            return f"`{text}` meets an operator that is still to be written."
        kind, _, text = said.partition(": ")
        return f"{where} raised {said}. {meaning((kind, 'Exception'), text)}".rstrip()
    entry, part = next(iter(wrong.items()))
    told = f"your {entry} is {_got(_entry(got, entry), part)}"
    right = "" if VALUE in wrong else " The value is right."
    return f"{where}: {told}.{right}"


def _given(call: Call, place: _Place) -> Value | None:
    """Return what an answer gave for an expression."""
    return _entry(_entry(call.value, place.group), place.text)


def _is_unwritten(got: Value | None) -> bool:
    """Whether an expression met an operator whose body is a stub."""
    return got is not None and got.kind == "text" and got.text.startswith("NotImplementedError")


def _got(value: Value | None, part: Part) -> str:
    if value is None or value.kind == "nothing":
        return "None"
    numbers = part.numbers()
    if numbers is not None:
        given, wanted = numbers
        off = ~np.isclose(given, wanted, rtol=1e-4, atol=1e-6 * float(np.abs(wanted).max(initial=0.0)), equal_nan=True)
        if given.size <= 3 or not off.any():
            return _written(given)
        first = tuple(int(i) for i in np.argwhere(off)[0])
        return f"wrong in {off.sum()} of {off.size} entries. The first of them, {list(first)}, is {given[first]:.4g}"
    if (
        value.kind in ("array", "number")
        and isinstance(part.reference, np.ndarray)
        and value.shape != part.reference.shape
    ):
        return f"of the shape {value.shape}, where {part.reference.shape} is needed"
    if value.kind == "array" and value.dtype == "bool":
        return "an array of True and False, where numbers are needed"
    return f"{value.type} and not a number"


def _written(array: np.ndarray[Any, Any]) -> str:
    if array.ndim == 0:
        return f"{float(array):.4g}"
    return np.array2string(array, precision=4, separator=", ", suppress_small=True).replace("\n", "")


def _entry(value: Value | None, key: str) -> Value | None:
    """Return the entry of a dict that was observed; None where there is none."""
    if value is None or value.kind != "mapping":
        return None
    return next((item for each, item in zip(value.keys, value.items, strict=False) if each == key), None)


def _size(text: str) -> int:
    """Return how many operations an expression has."""
    trees = [ast.parse(one.strip(), mode="eval") for one in text.split("; ")]
    return sum(isinstance(node, ast.BinOp | ast.Call | ast.UnaryOp) for tree in trees for node in ast.walk(tree))
