"""Watches which functions an answer calls, and at which points. Decides nothing.

What is called shows by itself, whatever name it was imported by and whether its text can be read.
"""

from __future__ import annotations

import contextlib
import linecache
import sys
import types
from functools import cache
from typing import Any

import numpy as np
import torch

from .origins import HANDED_OUT, is_library

_NEAR = 1e-2
_MOST_POINTS = 100
_MOST_NUMBERS = 64
_MOST_CODES = 200
# A class of numbers of the student's own, such as a dual number, defines these. Each of them gives such a number again.
_PRODUCTS = frozenset(f"__{side}{name}__" for side in ("", "r") for name in ("mul", "truediv", "pow"))
_NUMBERS = frozenset(
    (int, float, complex, np.float64, np.float32, np.ndarray, torch.Tensor, type(NotImplemented), type(None))
)
# Python says by this event that a thread has another profiler, whoever asked for it.
_TAKEN_OFF = "sys.setprofile"
# Where threads and processes are started, and where work is handed to one that runs already.
_STARTS = frozenset(
    [
        "_thread.start_new_thread",
        "_thread.start_joinable_thread",
        "threading.Thread.start",
        "_queue.SimpleQueue.put",
        "queue.Queue.put",
        "queue.Queue.get",
        "concurrent.futures.thread.ThreadPoolExecutor.submit",
        "concurrent.futures._base.Executor.map",
        "concurrent.futures.process.ProcessPoolExecutor.submit",
        "multiprocessing.pool.Pool.apply",
        "multiprocessing.pool.Pool.map",
        "multiprocessing.process.BaseProcess.start",
        "subprocess.Popen.__init__",
        "subprocess.run",
        "subprocess.check_output",
        "subprocess.getoutput",
        "posix.fork",
        "posix.system",
        "posix.posix_spawn",
        "os.popen",
        "asyncio.threads.to_thread",
    ]
)


class Calls:
    """What an answer called during one call of it.

    Attributes
    ----------
    names
        The library's functions that the student's own code called, as `numpy.gradient`; and, as `__main__.Dual.__mul__`,
        multiplication of the student's own that gives an object.
    near
        Whether one function was called at two points that are very near each other and not the same.
    elsewhere
        Whether a thread or a process was started, or given work.
    ran
        The student's code that ran.
    """

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.near = False
        self.elsewhere = False
        self.ran: dict[int, types.CodeType] = {}
        self._theirs: dict[str, bool] = {}
        self._within: types.FrameType | None = None
        self._points: dict[int, list[list[float]]] = {}

    def __enter__(self) -> None:
        """Watch this thread. A profiler of the student's own rests for so long."""
        self._before = sys.getprofile()
        sys.setprofile(self._see)
        _listen()
        _watching.append(self)

    def __exit__(self, *_: object) -> None:
        """Watch no longer."""
        _watching.remove(self)
        sys.setprofile(self._before)

    def _see(self, frame: types.FrameType, event: str, given: Any) -> None:
        if event == "c_call":
            if self._is_theirs(frame):
                owner = given.__self__
                # What belongs to an object and not to a module is named by its class, which may be the student's.
                module = owner.__name__ if type(owner) is types.ModuleType else given.__module__
                self._note(f"{module}.{given.__qualname__}")
                # What PyTorch does within one of its functions, as to import more of itself, nobody but PyTorch calls.
                self._within = frame if str(module).startswith("torch") else None
        elif event == "call":
            code = frame.f_code
            if self._is_theirs(frame):
                self._runs(frame)
            elif frame.f_back is not self._within and self._is_theirs(frame.f_back):
                self._note(f"{frame.f_globals.get('__name__')}.{code.co_qualname}")
                if code.co_filename.startswith(HANDED_OUT):
                    self._called_at(frame)
        else:
            if frame is self._within:
                self._within = None
            if event == "return" and frame.f_code.co_name in _PRODUCTS and type(given) not in _NUMBERS:
                self._note_product(frame)

    def _runs(self, frame: types.FrameType) -> None:
        code = frame.f_code
        if len(self.ran) < _MOST_CODES:
            self.ran[id(code)] = code
        if code.co_filename.startswith("<lambdifygenerated"):
            self._note("sympy.lambdify")
        self._called_at(frame)

    def _note_product(self, frame: types.FrameType) -> None:
        if self._is_theirs(frame):
            self._note(f"__main__.{frame.f_code.co_qualname}")

    def _note(self, name: str) -> None:
        self.names.add(name[:200])
        if name in _STARTS:
            self.elsewhere = True

    def _is_theirs(self, frame: types.FrameType | None) -> bool:
        while frame is not None:
            name = frame.f_code.co_filename
            theirs = self._theirs.get(name)
            if theirs is None:
                theirs = self._theirs[name] = not is_library(name)
            # Code that a library makes for itself has no file. It belongs to whom it was called by.
            if not (theirs and _may_be_made(frame)):
                return theirs
            frame = None if frame.f_back is self._within else frame.f_back
        return False

    def _called_at(self, frame: types.FrameType) -> None:
        code = frame.f_code
        points = self._points.setdefault(id(code), [])
        if self.near or not code.co_argcount or len(points) >= _MOST_POINTS:
            return
        given = frame.f_locals
        point = [number for name in code.co_varnames[: code.co_argcount] for number in _numbers(given.get(name))]
        if point:
            self.near = any(_are_near(point, other) for other in points)
            points.append(point)


_watching: list[Calls] = []


@cache
def _listen() -> None:
    """Hear from Python itself when a watch is taken off: by a function in C, as `map`, no call is seen."""

    def hear(event: str, _: object) -> None:
        if event == _TAKEN_OFF and _watching:
            _watching[-1].names.add(_TAKEN_OFF)

    sys.addaudithook(hear)


def _may_be_made(frame: types.FrameType) -> bool:
    """Whether a frame runs code that a library may have made, as for a named tuple."""
    code = frame.f_code
    if not code.co_filename.startswith("<") or code.co_filename in linecache.cache:
        return False
    return code.co_name == "<module>" or frame.f_globals.get("__name__") != "__main__"


def _numbers(thing: Any) -> list[float]:
    """Return a number or the elements of a small array; of the student's own classes none, for theirs is the code."""
    kind = type(thing)
    if kind in (int, float, np.float64):
        return [float(thing)] if abs(thing) < 1e300 else []
    if kind is np.ndarray and thing.dtype == np.float64 and thing.size <= _MOST_NUMBERS:
        return list(thing.ravel().tolist())
    if kind is torch.Tensor and thing.dtype in (torch.float32, torch.float64) and thing.numel() <= _MOST_NUMBERS:
        with contextlib.suppress(Exception):
            found = thing.tolist()
            return found if thing.ndim == 1 else [found] if thing.ndim == 0 else [n for row in found for n in row]
    return []


def _are_near(one: list[float], other: list[float]) -> bool:
    if len(one) != len(other):
        return False
    try:
        apart = max(abs(a - b) for a, b in zip(one, other, strict=True))
        return 0 < apart <= _NEAR * max(1.0, *map(abs, one))
    except TypeError:
        return False
