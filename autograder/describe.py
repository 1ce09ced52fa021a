"""Describes any Python object as a `Value`: numbers, shapes and capped text, never the object itself."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from itertools import islice
from typing import Any

import numpy as np
import torch

from .observation import MAX_DIMENSIONS, MAX_NUMBERS, MAX_TEXT, Kind, Value

_MAX_DEPTH = 4
_MAX_ITEMS = 200
# NumPy's names of types by its codes for them: to ask it for a name runs Python code, which takes longer.
_DTYPES = {np.dtype(name).str: name for name in ("bool", "int32", "int64", "float32", "float64")}


def describe(thing: Any, depth: int = 0) -> Value:
    """Return the description of `thing`. Never raises: an object that can't be read becomes a value of kind "other" that says so."""
    try:
        return _describe(thing, depth)
    except BaseException as error:
        return Value(kind="other", type=_type_name(thing), text=f"unreadable: {type(error).__name__}")


def shown(thing: Any, limit: int = 120) -> str:
    """Return `repr(thing)` on one line, cut to `limit` characters. If the repr raises, the text says so.

    Numbers are shown to seven digits. That tells any two apart that are judged to differ.
    """
    try:
        # The options matter to arrays alone, and to set them takes longer than to write a number.
        with contextlib.nullcontext() if type(thing) is float else np.printoptions(precision=7):
            text = " ".join(repr(_rounded(thing)).split())
    except BaseException as error:
        return f"<a {_type_name(thing)} whose repr raises {type(error).__name__}>"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _rounded(thing: Any, depth: int = 0) -> Any:
    """Return plain numbers to seven digits, also those in plain containers, and anything else as it is."""
    kind = type(thing)
    if kind in (float, np.float32, np.float64):
        return thing if thing.is_integer() else kind(f"{thing:.7g}")
    if depth >= _MAX_DEPTH or kind not in (dict, list, tuple) or len(thing) > _MAX_ITEMS:
        return thing
    if kind is dict:
        return {key: _rounded(item, depth + 1) for key, item in thing.items()}
    return kind(_rounded(item, depth + 1) for item in thing)


def _type_name(thing: Any) -> str:
    try:
        module, name = type(thing).__module__, type(thing).__qualname__
        return str(name if module in ("builtins", "__main__") else f"{module}.{name}")[:200]
    except BaseException:
        return "a class without a name"


def _describe(thing: Any, depth: int) -> Value:
    name = _type_name(thing)
    if thing is None:
        return Value(kind="nothing", type=name, text="None")
    if thing is Ellipsis:
        return Value(kind="blank", type=name, text="...")
    if isinstance(thing, bool | np.bool_):
        return Value(kind="truth", type=name, numbers=(float(thing),), text=_text(thing, depth))
    if isinstance(thing, torch.Tensor):
        return _describe_tensor(thing, name, depth)
    if isinstance(thing, np.ndarray | np.number):
        return _describe_array(np.asarray(thing), name, thing, depth)
    if isinstance(thing, int | float):
        return Value(kind="number", type=name, dtype=name, numbers=(float(thing),), text=_text(thing, depth))
    if isinstance(thing, str):
        return Value(kind="text", type=name, text=str(thing)[:MAX_TEXT])
    if callable(thing):
        return Value(kind="callable", type=name, text=shown(thing))
    if isinstance(thing, Mapping | list | tuple | set | frozenset):
        return _describe_container(thing, name, depth)
    return Value(kind="other", type=name, text=shown(thing))


def _text(thing: Any, depth: int) -> str:
    """Return the text of a whole answer. What is in a container is shown with it, and to write it takes long."""
    return "" if depth else shown(thing)


def _describe_tensor(tensor: torch.Tensor, name: str, depth: int) -> Value:
    with torch._C.DisableTorchFunctionSubclass():
        plain = torch.Tensor.detach(tensor)
        if plain.dtype == torch.bfloat16:
            plain = plain.float()
        array = plain.cpu().numpy() if plain.layout == torch.strided else plain.to_dense().cpu().numpy()
        return _describe_array(array, name, tensor, depth, requires_grad=bool(tensor.requires_grad))


def _describe_array(
    array: np.ndarray[Any, Any], name: str, thing: Any, depth: int, requires_grad: bool = False
) -> Value:
    """Return the description of a thing whose numbers are in `array`. They are read before anything else is asked of it."""
    kind_of_numbers = array.dtype.kind
    if kind_of_numbers == "U":
        return describe(array.tolist(), depth)
    if kind_of_numbers not in "biuf" or array.ndim > MAX_DIMENSIONS:
        return Value(kind="other", type=name, text=shown(thing), dtype=str(array.dtype))
    if array.size > MAX_NUMBERS:
        return Value(
            kind="other", type=name, text=f"an array of {array.size} numbers; at most {MAX_NUMBERS} can be read"
        )
    numbers = tuple(array.astype(np.float64).ravel().tolist())
    kind: Kind = "array" if array.ndim else "truth" if kind_of_numbers == "b" else "number"
    return Value(
        kind=kind,
        type=name,
        dtype=_DTYPES.get(array.dtype.str) or str(array.dtype),
        shape=tuple(array.shape),
        numbers=numbers,
        requires_grad=requires_grad,
        text=_text(thing, depth),
    )


def _describe_container(thing: Any, name: str, depth: int) -> Value:
    long = len(thing) > _MAX_ITEMS
    if long and isinstance(thing, list | tuple) and all(isinstance(one, int | float | np.number) for one in thing):
        return _describe_array(np.asarray(thing), name, thing, depth)
    if depth >= _MAX_DEPTH or long:
        return Value(kind="other", type=name, text=shown(thing))
    if isinstance(thing, Mapping):
        keys = tuple(_key(key) for key in islice(thing, _MAX_ITEMS))
        items = tuple(describe(item, depth + 1) for item in islice(thing.values(), _MAX_ITEMS))
        return Value(kind="mapping", type=name, keys=keys, items=items, text=_text(thing, depth))
    if isinstance(thing, set | frozenset) and thing:
        # A set has no fixed order: it differs from process to process.
        ordered = sorted(thing, key=shown)
        items = tuple(describe(item, depth + 1) for item in islice(ordered, _MAX_ITEMS))
        return Value(kind="sequence", type=name, items=items, text="" if depth else f"{{{shown(ordered)[1:-1]}}}")
    items = tuple(describe(item, depth + 1) for item in islice(thing, _MAX_ITEMS))
    return Value(kind="sequence", type=name, items=items, text=_text(thing, depth))


def _key(key: Any) -> str | int | float:
    """Return a mapping's key as plain data. A number of any type becomes a plain number."""
    if isinstance(key, str):
        return str(key)[:500]
    if isinstance(key, bool):
        return repr(key)
    if isinstance(key, int | float | np.number) or (isinstance(key, torch.Tensor) and key.ndim == 0):
        number = float(key)
        return int(number) if number.is_integer() else number
    return shown(key)
