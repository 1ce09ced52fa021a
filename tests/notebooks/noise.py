"""Another machine, played: every float result that no machine has to agree on is off in its last two bits.

IPython runs this file before a notebook when it lies in the `startup` folder of a profile. What processors, math libraries
and numbers of threads may change is changed: the result of each operation of PyTorch, of the functions of `math`, and of
those of NumPy that can be replaced. A number stays as it is where it was only moved, and where its last bits are zero:
whatever the order of the operations was, 3.0 squared is 9.0.
"""

from __future__ import annotations

import functools
import math
import os
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

SEED = int(os.environ.get("NOISE_SEED", "0"))
# By dtype: the integers of its bits, how many bits its mantissa has, and how many zeros at the end make it an exact number.
FORMATS = {np.dtype(np.float32): (np.int32, 23, 8), np.dtype(np.float64): (np.int64, 52, 24)}
EXACT = {"nextafter", "frexp", "ldexp", "copysign"}
MATH = [
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "sinh",
    "cosh",
    "tanh",
    "pow",
]
NUMPY = [
    "sin",
    "cos",
    "tan",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "sinh",
    "cosh",
    "tanh",
    "logaddexp",
    "sum",
    "mean",
    "dot",
    "std",
    "var",
]


def shaken(array: np.ndarray[Any, Any], name: str, known: list[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    """Return the array with up to two units in the last place added to each number; the same for the same numbers."""
    if array.dtype not in FORMATS:
        return array
    integers, mantissa, zeros = FORMATS[array.dtype]
    # Flat: NumPy warns of a product of single numbers that wraps around, and not of one of arrays.
    bits = np.ascontiguousarray(array).ravel().view(integers)
    flat = array.ravel()
    low = bits & ((1 << mantissa) - 1)
    salt = zlib.crc32(f"{name} {SEED}".encode())
    # The sign is left out: the opposite number is the opposite on any machine.
    mixed = ((bits & ((1 << (8 * bits.itemsize - 1)) - 1)).astype(np.uint64) ^ np.uint64(salt)) * np.uint64(
        0x9E3779B97F4A7C15
    )
    by = ((mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9) >> np.uint64(40)) % np.uint64(5)
    # No step over a power of two: no machine finds a sigmoid above 1.
    moved = np.clip(low + by.astype(integers) - 2, 0, (1 << mantissa) - 1)
    keep = ((bits & ((1 << zeros) - 1)) == 0) | ~np.isfinite(flat)
    for one in known:
        keep |= np.isin(flat, one)
    return np.where(keep, bits, bits - low + moved).astype(integers).view(array.dtype).reshape(array.shape)


class Noise(TorchDispatchMode):
    """Shakes what comes out of every operation of PyTorch, below autograd."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func.overloadpacket.__name__ in EXACT:
            return func(*args, **kwargs)
        # Some write into their inputs, so these are copied first.
        known = [np.array(one) for one in _numbers((args, kwargs))]
        result = func(*args, **kwargs)
        for tensor in _tensors(result):
            if tensor.is_floating_point() and _is_plain(tensor):
                array = tensor.detach().numpy()
                array[...] = shaken(array, str(func), known)
        return result


def _is_plain(tensor: torch.Tensor) -> bool:
    """Whether NumPy can look at the numbers."""
    plain = tensor.device.type == "cpu" and tensor.layout == torch.strided and tensor.dtype != torch.bfloat16
    return plain and not tensor._is_zerotensor()


def _tensors(thing: Any) -> Iterator[torch.Tensor]:
    if isinstance(thing, torch.Tensor):
        yield thing
    elif isinstance(thing, list | tuple):
        for one in thing:
            yield from _tensors(one)


def _numbers(thing: Any) -> Iterator[Any]:
    """Return the arrays and numbers among arguments."""
    if isinstance(thing, torch.Tensor):
        if _is_plain(thing):
            yield thing.detach().numpy()
    elif isinstance(thing, float):
        # A tensor of float32 is filled with the number as float32 has it.
        yield from (thing, np.float32(thing))
    elif isinstance(thing, list | tuple):
        for one in thing:
            yield from _numbers(one)
    elif isinstance(thing, dict):
        yield from _numbers(list(thing.values()))


class Function:
    """A function of `math` or NumPy with its result shaken; all else about it is as it was."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self._function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        result = self._function(*args, **kwargs)
        if type(result) not in (float, np.float32, np.float64, np.ndarray) or kwargs.get("out") is not None:
            return result
        found = shaken(np.asarray(result), self._function.__name__, [])
        return found if isinstance(result, np.ndarray) else type(result)(found)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_function"], name)


def start() -> None:
    """Shake everything that this process computes from now on, in this thread."""
    for module, names in ((math, MATH), (np, NUMPY)):
        for name in names:
            if hasattr(module, name):
                setattr(module, name, Function(getattr(module, name)))
    Noise().__enter__()


if "NOISE_SEED" in os.environ:
    start()
