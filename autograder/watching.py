"""Watches the autograd engine and the operations on tensors while an answer runs. Decides nothing."""

from __future__ import annotations

import contextlib
import functools
import importlib
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import torch
from torch._C import _functorch as functorch
from torch.utils._python_dispatch import TorchDispatchMode

from .observation import EngineRun
from .origins import is_library

_MAX_RUNS = 1000
_MAX_NODES = 1000
# Where products keep their factors: `*`, `dot`, `mv`, `mm`, `bmm`, `addmm`.
_SAVED_FACTORS = ("_saved_self", "_saved_other", "_saved_tensor", "_saved_mat1", "_saved_mat2")
# The engine gives a thread to each sixty passes that start within one another, and one that comes to itself has no end.
_DEEPEST = 50
_TOLD_TYPES = frozenset((torch.float16, torch.bfloat16, torch.float32, torch.complex64, torch.complex128))
_EXPONENTIALS = frozenset(("exp", "exp2", "expm1"))


def _module_of_duals() -> Any:
    """Return the module in which `forward_ad.make_dual` finds the `_make_dual` that it calls, by release of PyTorch."""
    try:
        module = importlib.import_module("torch._functorch.predispatch")
    except ImportError:
        return torch._VF
    return module if hasattr(module, "_make_dual") else torch._VF


_DUALS = _module_of_duals()


class Watch:
    """The number of starts of the autograd engine, and their arguments.

    The library's functions are noted up to the call of `until`, which calls the answer.
    """

    def __init__(self, until: types.CodeType) -> None:
        self._until = until
        self.runs: list[EngineRun] = []
        self.began = 0
        self.numbers: set[int] = set()
        self.forward_mode = 0
        self.rows = 1
        self.used: set[str] = set()

    def ran(self, retain_graph: bool, create_graph: bool, accumulates: bool, roots: Sequence[Any] = ()) -> None:
        """Note a start of the engine, and the graph that it starts from."""
        if len(self.runs) < _MAX_RUNS:
            built_ahead = bool(self.runs) and any(root._sequence_nr() < self.began for root in roots)
            nodes = _nodes_of(roots)
            counts = len(nodes), built_ahead, max(map(_largest_saved, nodes), default=0)
            leaves = [node.variable for node in nodes if hasattr(node, "variable")]
            # Only what was computed has a number of its own.
            numbers = {node._sequence_nr() for node in nodes if not hasattr(node, "variable")}
            seen = not numbers.isdisjoint(self.numbers), any(one.grad is not None for one in leaves)
            self.runs.append(EngineRun(retain_graph, create_graph, accumulates, *counts, *seen))
            self.numbers = numbers
        # Nodes are numbered in the order in which they are made.
        self.began = torch._C._autograd._get_sequence_nr()

    def entered(self, directions: Sequence[torch.Tensor | None]) -> None:
        """Note the library's functions on the way from the answer to here, and how many passes run as one."""
        self.rows = max([self.rows, *map(_rows, directions)])
        frame = sys._getframe(2)
        while frame.f_back is not None and frame.f_code is not self._until:
            if is_library(frame.f_code.co_filename):
                self.used.add(frame.f_code.co_qualname.partition(".<locals>")[0][:200])
            frame = frame.f_back


def _rows(tensor: torch.Tensor | None) -> int:
    """Return how many rows `vmap` has laid together in a tensor; 1 outside of it."""
    rows = 1
    while tensor is not None and functorch.is_functorch_wrapped_tensor(tensor):
        inner = functorch.get_unwrapped(tensor)
        if functorch.is_batchedtensor(tensor):
            rows *= inner.shape[functorch.maybe_get_bdim(tensor)]
        tensor = inner
    return rows


def _nodes_of(roots: Sequence[Any]) -> list[Any]:
    """Return the nodes of a graph, no more than 1000 of them."""
    seen = set(roots)
    waiting = list(seen)
    while waiting and len(seen) < _MAX_NODES:
        new = {node for node, _ in waiting.pop().next_functions if node is not None} - seen
        seen |= new
        waiting += new
    return list(islice(seen, _MAX_NODES))


def _largest_saved(node: Any) -> int:
    """Return the number of entries of the largest factor that a node has saved; 0 where it has none, or it was freed."""
    largest = 0
    for name in _SAVED_FACTORS:
        # What was freed, or changed in place, can't be read. The pass itself will say so.
        with contextlib.suppress(Exception):
            largest = max(largest, getattr(node, name).numel())
    return largest


class _Engine:
    """The autograd engine, with another function in front of it."""

    def __init__(self, engine: Any, run_backward: Callable[..., Any]) -> None:
        self._engine = engine
        self.run_backward = run_backward

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


@contextlib.contextmanager
def passes_limited() -> Iterator[None]:
    """Refuse a pass that starts within fifty others with a RecursionError, in whichever thread."""
    engine = torch.autograd.Variable._execution_engine
    depth = 0

    def limited_backward(*arguments: Any, **options: Any) -> Any:
        nonlocal depth
        if depth == _DEEPEST:
            raise RecursionError(f"a backward pass started within {_DEEPEST} others; does one come to itself?")
        depth += 1
        try:
            return engine.run_backward(*arguments, **options)
        finally:
            depth -= 1

    with _engine_replaced(limited_backward):
        yield


@contextlib.contextmanager
def _engine_replaced(run_backward: Callable[..., Any]) -> Iterator[None]:
    """Have each reverse pass begin with a function, whichever name the student imported `backward` or `grad` by."""
    variable: Any = torch.autograd.Variable
    engine = variable._execution_engine
    variable._execution_engine = _Engine(engine, run_backward)
    try:
        yield
    finally:
        variable._execution_engine = engine


@contextlib.contextmanager
def engine_watched(scale: float, until: types.CodeType) -> Iterator[Watch]:
    """Note every reverse pass and every forward-mode tangent; multiply the gradients that enter by `scale`.

    `backward`, `autograd.grad` and the transforms of `torch.func` all come through these two, whichever name the student
    imported them by. `until` is the code that calls the answer.
    """
    watch = Watch(until)
    engine = torch.autograd.Variable._execution_engine
    make_dual = _DUALS._make_dual

    def watched_backward(outputs: Any, gradients: Any, retain: Any, create: Any, *rest: Any, **options: Any) -> Any:
        roots = [node for each in outputs if (node := getattr(each, "grad_fn", None)) is not None]
        watch.ran(bool(retain), bool(create), bool(options.get("accumulate_grad", False)), roots)
        watch.entered(gradients)
        if scale != 1.0:
            gradients = tuple(None if each is None else each * scale for each in gradients)
        return engine.run_backward(outputs, gradients, retain, create, *rest, **options)

    @functools.wraps(make_dual)
    def watched_dual(tensor: torch.Tensor, tangent: torch.Tensor, **options: Any) -> Any:
        watch.forward_mode += 1
        watch.entered((tangent,))
        return make_dual(tensor, tangent if scale == 1.0 else tangent * scale, **options)

    with _engine_replaced(watched_backward):
        _DUALS._make_dual = watched_dual
        try:
            yield watch
        finally:
            _DUALS._make_dual = make_dual


class Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes the names of operations on tensors, as `exp` or `add`; and `overflow`, of which PyTorch never warns."""

    def __init__(self, names: set[str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._names = names

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Otherwise the first operation that is seen imports the compiler, which takes longer than a second.
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.name().partition("::")[2].partition(".")[0][:200]
        self._names.add(name)
        # Numbers of few digits, and complex ones, are told by the name of their type.
        self._names.update(str(one.dtype)[6:] for one in args if type(one) is torch.Tensor and one.dtype in _TOLD_TYPES)
        result = func(*args, **(kwargs or {}))
        if name in _EXPONENTIALS and torch.any(torch.isinf(result) & torch.isfinite(args[0])):
            self._names.add("overflow")
        return result


def pass_counter() -> Callable[[], int]:
    """Return a function that makes a reverse pass and returns its number.

    The engine numbers all passes of the process, one after the other.
    """
    numbers: list[int] = []
    with torch.enable_grad():
        leaf = torch.zeros((), requires_grad=True)
    leaf.register_hook(lambda _: numbers.append(torch._C._current_graph_task_id()))  # type: ignore[no-untyped-call]
    # What `torch.autograd.backward` does before it calls the engine takes as long again.
    engine = torch.autograd.Variable._execution_engine

    def count() -> int:
        engine.run_backward((leaf,), (leaf,), False, False, (leaf,))
        return numbers[-1]

    return count
