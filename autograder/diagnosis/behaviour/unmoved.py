"""What shows in the text, and in numbers that do not move: a parameter without use, `^` for a power, a constant result."""

from __future__ import annotations

import ast
from dataclasses import replace

import numpy as np

from ...finding import Finding, Place
from ...reading import subject
from ..text import names_read, parameters, variables_from_outside
from ..wrong import Wrong


def unused_parameter(wrong: Wrong) -> Finding | None:
    """Look for a parameter that the body never reads and that the right answer depends on."""
    function = wrong.function
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
    function = wrong.function
    if function is None or wrong.text is None:
        return None
    outside = next(iter(variables_from_outside(wrong.text, function)), None)
    if outside is None:
        return None
    place = wrong.text.place(outside)
    sentence = (
        f"Line {place.line} of `{place.function}` reads `{outside.id}`, which is not made in the function. "
        "Does it have the value there that each call needs?"
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
