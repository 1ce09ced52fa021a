"""Global settings of Python, NumPy and PyTorch: a check's own work needs fresh ones, whatever student code has set.

Student code may set a default device that is not there, turn warnings into errors, or give `len` another meaning. What a
check computes itself is computed with the settings of a fresh process; what was set is put back afterwards.
"""

from __future__ import annotations

import builtins
import contextlib
import random
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import _tensor_str

# Written down before student code runs. `_` is what a console shows last, and no builtin.
_NAMES = builtins.__dict__
_BUILTINS = {name: value for name, value in _NAMES.items() if name != "_"}


class _Setting(NamedTuple):
    """One setting: how it is read and written, and what it is in a fresh process."""

    read: Callable[[], Any]
    write: Callable[[Any], Any]
    fresh: Any

    def put(self, value: Any) -> None:
        """Write the setting if it is another one: to write takes several times as long as to read."""
        if self.read() != value:
            self.write(value)


def _set_numpy_errors(errors: dict[str, Any]) -> None:
    np.seterr(**errors)


def _set_numpy_printing(options: dict[str, Any]) -> None:
    # Of another release's options, NumPy writes only what can be set.
    np.set_printoptions(**{name: value for name, value in options.items() if name != "override_repr"})


def _torch_printing() -> dict[str, Any]:
    return dict(vars(_tensor_str.PRINT_OPTS))


def _set_torch_printing(options: dict[str, Any]) -> None:
    for name, value in options.items():
        setattr(_tensor_str.PRINT_OPTS, name, value)


_SETTINGS = (
    _Setting(np.geterr, _set_numpy_errors, dict.fromkeys(np.geterr(), "ignore")),
    _Setting(np.get_printoptions, _set_numpy_printing, np.get_printoptions()),
    _Setting(_torch_printing, _set_torch_printing, _torch_printing()),
    _Setting(torch.get_default_dtype, torch.set_default_dtype, torch.float32),
    # PyTorch's own function for this imports its compiler first, which takes a millisecond.
    _Setting(torch.are_deterministic_algorithms_enabled, torch._C._set_deterministic_algorithms, False),
)
_RANDOM: tuple[tuple[Callable[[], Any], Callable[[Any], Any]], ...] = (
    (random.getstate, random.setstate),
    (np.random.get_state, np.random.set_state),
    (torch.get_rng_state, torch.set_rng_state),
)


def _replaced_builtins() -> dict[str, Any]:
    """Put Python's own builtins in place, and return those that stood there. Calls none that may have been replaced."""
    there = {}
    for name in _BUILTINS:
        if _NAMES.get(name) is not _BUILTINS[name]:
            there[name] = _NAMES.get(name)
            _NAMES[name] = _BUILTINS[name]
    return there


def _write_fresh() -> None:
    for setting in _SETTINGS:
        setting.put(setting.fresh)


class Kept:
    """The settings that student code made, while a check does its own work."""

    def __init__(self) -> None:
        self._values = [setting.read() for setting in _SETTINGS]

    def put_back(self) -> None:
        """Set again what was kept."""
        for setting, value in zip(_SETTINGS, self._values, strict=True):
            setting.put(value)

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Call student code with its own settings, on the processor, with gradients enabled and with Python's own builtins.

        What it sets during the call is forgotten after it. NumPy tells of an overflow, whatever was set before the call.
        """
        self.put_back()
        if np.geterr()["over"] != "raise":
            np.seterr(over="warn")
        try:
            with torch._C._EnableTorchFunction(), _on_the_processor(), torch.enable_grad():
                yield
        finally:
            _replaced_builtins()
            _write_fresh()


@contextlib.contextmanager
def fresh_settings() -> Iterator[Kept]:
    """Work with the settings of a fresh process. Student code can be called in between, see `Kept.in_place`."""
    replaced = _replaced_builtins()
    kept = Kept()
    _write_fresh()
    states = [read() for read, _ in _RANDOM]
    try:
        with (
            warnings.catch_warnings(),
            # Modes of PyTorch that student code has entered do nothing here: a default device is one.
            torch._C.DisableTorchFunction(),
            torch.inference_mode(False),
            torch.enable_grad(),
            torch.amp.autocast("cpu", enabled=False),
        ):
            warnings.simplefilter("ignore")
            yield kept
    finally:
        for (_, write), state in zip(_RANDOM, states, strict=True):
            write(state)
        kept.put_back()
        _NAMES.update(replaced)
        for name in [name for name, value in replaced.items() if value is None]:
            del _NAMES[name]


@contextlib.contextmanager
def _on_the_processor() -> Iterator[None]:
    """Make tensors on the processor, whatever the default device is: another one may be missing where work is graded."""
    if _is_on_the_processor():
        try:
            yield
        finally:
            if not _is_on_the_processor():
                torch.set_default_device(None)
        return
    with torch.device("cpu"):
        yield


def _is_on_the_processor() -> bool:
    try:
        return torch.get_default_device().type == "cpu"
    # PyTorch finds the number of the device by making a tensor there, which fails where there is none.
    except Exception:
        return False
