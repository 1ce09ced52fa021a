"""Watches which overflows an answer hides during one call of it. Decides nothing.

An overflow is hidden by NumPy's settings, by a filter of warnings, or by a handler that catches its error.
"""

from __future__ import annotations

import sys
import types
import warnings
from typing import Any

import numpy as np

from .origins import is_library

# What changes how NumPy tells of an overflow, and what changes which warnings are seen.
_SETTERS = frozenset(
    one.__code__
    for one in (
        np.errstate.__enter__,
        np.seterr,
        warnings.catch_warnings.__enter__,
        warnings.filterwarnings,
        warnings.simplefilter,
    )
    if isinstance(one, types.FunctionType)
)


class Overflows:
    """The overflows of one call that nobody is told of.

    Attributes
    ----------
    hidden
        Whether there was one.
    lost
        Whether the watch was taken away during the call.
    """

    def __init__(self) -> None:
        self.hidden = False
        self.lost = False

    def __enter__(self) -> None:
        """Watch this thread. A debugger of the student's own rests for so long."""
        self._before = sys.gettrace()
        self._told = np.geterrcall()
        sys.settrace(self._see_call)

    def __exit__(self, *_: object) -> None:
        """Watch no longer."""
        self.lost = sys.gettrace() != self._see_call
        sys.settrace(self._before)
        np.seterrcall(self._told)

    def _see_call(self, frame: types.FrameType, event: str, given: Any) -> Any:
        code = frame.f_code
        if not is_library(code.co_filename):
            # A decorator of NumPy's changes the settings before the function is called.
            if np.geterr()["over"] == "ignore":
                self._listen()
            frame.f_trace_lines = False
            return self._see_error
        if code in _SETTERS and frame.f_back is not None and not is_library(frame.f_back.f_code.co_filename):
            return self._see_setting
        return None

    def _see_error(self, frame: types.FrameType, event: str, given: Any) -> Any:
        if event == "exception" and _is_overflow(*given[:2]):
            self.hidden = True
        return self._see_error

    def _see_setting(self, frame: types.FrameType, event: str, given: Any) -> Any:
        if event == "return":
            self._listen()
        return self._see_setting

    def _listen(self) -> None:
        """Let NumPy call this object at an overflow, where it would tell of it by a warning or not at all."""
        hear = {"ignore": self._note, "warn": self._warn}.get(np.geterr()["over"])
        if hear is not None:
            np.seterrcall(hear)
            np.seterr(over="call")

    def _note(self, what: str, flag: int) -> None:
        self.hidden = self.hidden or "overflow" in what

    def _warn(self, what: str, flag: int) -> None:
        self._note(what, flag)
        warnings.warn(f"{what} encountered", RuntimeWarning, stacklevel=2)


def _is_overflow(kind: type[BaseException], error: object) -> bool:
    # By the classes themselves: to ask Python for a subclass takes a call, and a deep recursion has none left.
    if OverflowError in kind.__mro__:
        return True
    return not {FloatingPointError, RuntimeWarning}.isdisjoint(kind.__mro__) and "overflow" in str(error)
