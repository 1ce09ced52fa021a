"""Why an answer returned None: four causes, and a sentence for each."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from ..finding import Finding
from ..observation import Call
from .numbers import as_array
from .text import Function, Text, returns
from .wrong import Wrong

# Methods that change their object and return None.
_CHANGING = frozenset(
    {"append", "extend", "insert", "sort", "reverse", "update", "clear", "remove", "step", "zero_grad"}
)
_CLEARING = frozenset({"zero_grad", "zero_"})
# What is read of a leaf, and done to it, and computes nothing from it.
_OF_LEAVES = frozenset({"grad", "requires_grad_", "requires_grad", "retain_grad", "is_leaf"})


def why_none(wrong: Wrong) -> Finding | None:
    """Return why the call that is wrong gave None; None where it gave something else, or the text does not tell."""
    call = wrong.calls[wrong.case]
    function = wrong.function
    if call.value is None or call.value.kind != "nothing" or wrong.text is None or function is None:
        return None
    ends = list(returns(function))
    if not any(one.value is not None for one in ends):
        return _no_return(wrong, wrong.text, call)
    may_be_none = any(one.value is not None and _may_be_none(one.value, function) for one in ends)
    if not isinstance(function, ast.Lambda) and not may_be_none and not _always_returns(function.body):
        sentence = f"This call came to the end of `{wrong.exercise.name}` without a `return`. Not every way through it has one."
        return Finding("none.way-without-return", sentence)
    return _of_value(wrong, wrong.text, function, call)


def unused_leaf(text: Text | None, name: str) -> Finding | None:
    """Return which tensor's `.grad` an answer reads where nothing is computed from that tensor."""
    function = text.function(name) if text is not None else None
    if text is None or function is None:
        return None
    nodes = list(ast.walk(function))
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    # Where no pass runs at all, that is what is told.
    if not any(node.attr == "backward" for node in attributes):
        return None
    read_as = {id(node.value): node.attr for node in attributes if isinstance(node.ctx, ast.Load)}
    names = [node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    made = [
        target
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp | ast.Call)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    times = Counter(target.id for target in made)
    for target in made:
        # What a name stands for before, or in, the statement that makes it is another thing.
        uses = [read_as.get(id(one), "") for one in names if one.id == target.id and one.lineno > target.lineno]
        if "grad" in uses and all(one in _OF_LEAVES for one in uses) and times[target.id] == 1:
            place = text.place(target)
            sentence = (
                f"Nothing is computed from `{target.id}`, which line {place.line} makes. So its `.grad` stays None. Which name "
                "belongs into the forward pass?"
            )
            return Finding("none.unused-leaf", sentence, place)
    return None


def _no_return(wrong: Wrong, text: Text, call: Call) -> Finding:
    name = wrong.exercise.name
    if call.printed and _right_number_in(wrong, call.printed):
        sentence = (
            f"`{name}` prints the right number and returns nothing. `print` shows a value, `return` hands it over."
        )
        return Finding("none.printed", sentence)
    if call.printed:
        sentence = f"`{name}` prints something and returns nothing. `print` shows a value, `return` hands it over."
        return Finding("none.printed", sentence)
    return Finding("none.no-return", f"`{name}` has no `return` with a value, so its result is None.")


def _right_number_in(wrong: Wrong, printed: str) -> bool:
    want = as_array(wrong.points[wrong.case].reference)
    if want is None or want.ndim:
        return False
    numbers = [float(one) for one in re.findall(r"[-+]?\d+\.?\d*(?:e[-+]?\d+)?", printed)]
    return any(abs(one - float(want)) <= 1e-3 * max(abs(float(want)), 1e-3) for one in numbers)


def _of_value(wrong: Wrong, text: Text, function: Function, call: Call) -> Finding | None:
    """Say why the value that is returned is None."""
    values = [one.value for one in returns(function) if one.value is not None]
    value = values[-1]
    place = text.place(value)
    match value:
        case ast.Call(ast.Attribute(_, "backward")):
            sentence = f"Line {place.line} returns the result of `backward()`, which is always None. It adds the gradient to `.grad`."
            return Finding("none.backward", sentence, place)
        case ast.Call(ast.Attribute(_, name)) if name in _CHANGING:
            sentence = (
                f"Line {place.line} returns the result of `{name}`, which is None: it changes its object in place."
            )
            return Finding("none.method", sentence, place)
        case ast.Call(ast.Name("print")):
            sentence = f"Line {place.line} returns the result of `print`, which is None. Return the value itself."
            return Finding("none.printed", sentence, place)
    if not any(isinstance(node, ast.Attribute) and node.attr == "grad" for node in ast.walk(function)):
        return None
    if not any(run.accumulates for run in call.engine_runs):
        sentence = "`.grad` was read, and no `backward()` ran in this call. Until one has run, `.grad` is None."
        return Finding("none.no-backward", sentence, place)
    cleared = next(_clearing(function), None)
    if cleared is not None:
        at = text.place(cleared)
        sentence = f"`.grad` was emptied in line {at.line} before it was read. Read it first."
        return Finding("none.cleared", sentence, at)
    unused = unused_leaf(text, wrong.exercise.name)
    if unused is not None:
        return unused
    sentence = (
        "`.grad` was read from a tensor that the backward pass did not reach. Only leaf tensors that went into the result get "
        "one. Which tensor is the leaf?"
    )
    return Finding("none.other-tensor", sentence, place)


def _may_be_none(value: ast.expr, function: Function) -> bool:
    """Whether a value that is returned may be None itself, as a `.grad`, or what a method gives that changes its object."""
    match value:
        case ast.Name(name):
            given = (node.value for node in ast.walk(function) if isinstance(node, ast.Assign) and _binds(node, name))
            return any(not isinstance(one, ast.Name) and _may_be_none(one, function) for one in given)
        case ast.Constant(content):
            return content is None
        case ast.Attribute(_, name):
            return name == "grad"
        case ast.Call(ast.Attribute(_, name)):
            return name in _CHANGING or name == "backward"
        case ast.Call(ast.Name(name)):
            return name not in (
                "float",
                "int",
                "abs",
                "round",
                "sum",
                "len",
                "list",
                "tuple",
                "dict",
                "max",
                "min",
                "str",
            )
        case ast.IfExp(_, one, other):
            return _may_be_none(one, function) or _may_be_none(other, function)
    return False


def _binds(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def _always_returns(body: list[ast.stmt]) -> bool:
    """Whether each way through statements ends in a return with a value, a raise, or an endless loop."""
    for statement in body:
        match statement:
            case ast.Return(value):
                return value is not None
            case ast.Raise() | ast.While(ast.Constant(True | 1)):
                return True
            case ast.If(_, then, otherwise) if _always_returns(then) and _always_returns(otherwise):
                return True
            case ast.With(_, inner) if _always_returns(inner):
                return True
            case ast.Try(inner, handlers, _, final):
                ends = _always_returns(inner) and all(_always_returns(one.body) for one in handlers)
                if ends or _always_returns(final):
                    return True
            case ast.Match(_, cases) if cases and all(_always_returns(one.body) for one in cases):
                return any(isinstance(one.pattern, ast.MatchAs) and one.pattern.pattern is None for one in cases)
    return False


def _clearing(function: Function) -> Iterator[ast.stmt | ast.expr]:
    """Yield what empties a `.grad`."""
    for node in ast.walk(function):
        match node:
            case ast.Assign([ast.Attribute(_, "grad")], ast.Constant(None)):
                yield node
            case ast.Call(ast.Attribute(_, name)) if name in _CLEARING:
                yield node
