"""Expressions that ask an engine: texts such as `(a * b).tanh()`, read with the objects of whoever answers.

A program is a row of pairs, the name of a group and an expression of it. What an answer gives, and what is right, have the
same form: by group and by expression the value, and the gradient in each of the names that the expression uses.
"""

from __future__ import annotations

import functools
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

Program = Sequence[Sequence[str]]
Leaves = Sequence[Sequence[Any]]
Results = dict[str, dict[str, Any]]

# No expression here has a gradient this small, but for one that is 0 up to rounding.
_CANCELLED = 1e-12

VALUE, GRADIENT = "value", "gradient of "
# Where the name of a value is, as in `a.exp()`. A name that an expression gives, as in `(d := a * b)`, is no leaf.
_NAME = re.compile(r"\b([a-z])\b(?!\s*:=)")
# Frames of an expression are this package's and not the student's.
_FILE = sys._getframe().f_code.co_filename


def evaluate(text: str, names: Mapping[str, Any]) -> Any:
    """Return the value of an expression; of several with `; ` between them, go backward from each and return the last."""
    local = dict(names)
    *before, last = text.split("; ")
    for one in before:
        _read(one, local).backward()
    return _read(last, local)


def _read(text: str, names: dict[str, Any]) -> Any:
    return eval(compile(text.strip(), _FILE, "eval"), {}, names)


def used(text: str, leaves: Iterable[str]) -> list[str]:
    """Return the leaves that an expression uses, in the order of the leaves."""
    found = set(_NAME.findall(text))
    return [name for name in leaves if name in found]


def asked(make: Callable[[Any], Any], program: Program, leaves: Leaves, names: Mapping[str, Any]) -> Results:
    """Read each expression with a student's objects, go backward, and return the values and gradients.

    An expression that raises has the text of its exception in place of them.

    Parameters
    ----------
    make
        Makes the student's object of a number or an array.
    leaves
        Pairs of a name and its number or array.
    names
        What the expressions use besides, such as functions of the student's.

    Raises
    ------
    Exception
        The first one, if every expression raised.
    """
    found: Results = {}
    errors = []
    for group, text in program:
        entries = found.setdefault(group, {})
        try:
            mine = {name: make(np.array(start) if isinstance(start, np.ndarray) else start) for name, start in leaves}
            result = evaluate(text, {**names, **mine})
            result.backward()
            entries[text] = {
                VALUE: result.data,
                **{GRADIENT + name: mine[name].grad for name in used(text, mine)},
            }
        except Exception as error:
            errors.append(error)
            entries[text] = f"{type(error).__name__}: {error}"[:300]
    if errors and len(errors) == len(program):
        raise errors[0]
    return found


def building_on(answer: str, ask: Callable[..., Results]) -> Callable[..., Any]:
    """Return a way to ask for `answer` that says which earlier part is still to be written, where it is not the answer."""

    @functools.wraps(ask)
    def asks(*arguments: Any) -> Any:
        try:
            return ask(*arguments)
        except NotImplementedError as error:
            *_, (last, _line) = traceback.walk_tb(error.__traceback__)
            name = last.f_code.co_qualname
            if name.partition(".")[0] == answer:
                raise
        raise LookupError(f"`{name}` is still to be written, and `{answer}` is asked together with it")

    return asks


class Missing:
    """Stands for something that is not there yet: whoever uses it is told so."""

    def __init__(self, name: str, why: str = "is not defined yet. Run the cell that defines it") -> None:
        self.__dict__["_said"] = f"`{name}` {why}"

    def __call__(self, *_: object, **__: object) -> Missing:
        """Return what stands for the result as well."""
        return self

    def __getattr__(self, name: str) -> Any:
        raise LookupError(self._said)

    def __iter__(self) -> Any:
        raise LookupError(self._said)


def prior(names: Mapping[str, Any], name: str) -> Any:
    """Return what a student defined in an earlier part, or what stands for it."""
    return names[name] if name in names else Missing(name)


def right(program: Program, leaves: Leaves, names: Mapping[str, Any]) -> Results:
    """Return the values and gradients of the expressions, by PyTorch in float64."""
    found: Results = {}
    with torch.enable_grad():
        for group, text in program:
            mine = {name: torch.tensor(start, dtype=torch.float64, requires_grad=True) for name, start in leaves}
            result = evaluate(text, {**names, **mine})
            result.backward()
            gradients = {name: _gradient(leaf) for name, leaf in mine.items()}
            found.setdefault(group, {})[text] = {
                VALUE: _plain(result.detach()),
                **{GRADIENT + name: _plain(gradients[name]) for name in used(text, mine)},
            }
    return found


def _gradient(leaf: torch.Tensor) -> torch.Tensor:
    """Return the gradient of a leaf, with 0 for what is left of terms that cancel: another order rounds in another way."""
    if leaf.grad is None:
        return torch.zeros_like(leaf)
    return torch.where(leaf.grad.abs() < _CANCELLED, 0.0, leaf.grad)


def _plain(tensor: Any) -> Any:
    return tensor.item() if tensor.ndim == 0 else tensor.numpy()
