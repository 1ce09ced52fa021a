"""Calls a student's answer and records what happened. Decides nothing.

The probe runs where the student's code runs: in the notebook's kernel, or inside the sandbox. What it returns is an
`Observation`, plain data, which the judge reads elsewhere.
"""

from __future__ import annotations

import ast
import contextlib
import dis
import functools
import importlib
import inspect
import io
import linecache
import sys
import sysconfig
import textwrap
import traceback
import types
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch._C import _functorch as functorch
from torch.utils._python_dispatch import TorchDispatchMode

from .calls import Calls
from .describe import describe
from .exercise import Case, Exercise
from .observation import MAX_TEXT, Call, EngineRun, Observation, Raised, Read, Value
from .origins import held, is_text_of, read_by_name, reads_gradients, within
from .reading import moved
from .settings import Kept, fresh_settings

_RAISE = dis.opmap["RAISE_VARARGS"]
# By what each gradient that enters the engine is multiplied. What goes through it twice may come out the same at one of them.
_SCALES = (2.0, 0.5)
_MAX_RUNS = 1000
_MAX_NODES = 1000
_MAX_USED = 200
_MAX_BORROWED = 50
# Where products keep their factors: `*`, `dot`, `mv`, `mm`, `bmm`, `addmm`.
_SAVED_FACTORS = ("_saved_self", "_saved_other", "_saved_tensor", "_saved_mat1", "_saved_mat2")
_TOLD_TYPES = frozenset((torch.float16, torch.bfloat16, torch.float32, torch.complex64, torch.complex128))
_EXPONENTIALS = frozenset(("exp", "exp2", "expm1"))
# PyTorch asks this of a tensor that it gives a tangent to, and of no other.
_SETS_TANGENT = "_has_same_storage_numel"


def _module_of_duals() -> Any:
    """Return the module in which `forward_ad.make_dual` finds the `_make_dual` that it calls, by release of PyTorch."""
    try:
        module = importlib.import_module("torch._functorch.predispatch")
    except ImportError:
        return torch._VF
    return module if hasattr(module, "_make_dual") else torch._VF


_DUALS = _module_of_duals()


def probe(exercise: Exercise, namespace: Mapping[str, Any], cases: Sequence[Case]) -> Observation:
    """Call the answer in `namespace` once for each case, and return what happened.

    Parameters
    ----------
    exercise
        The question.
    namespace
        The student's global names.
    cases
        The inputs, one call each.
    """
    with fresh_settings() as settings:
        try:
            return _observed(exercise, namespace, cases, settings)
        # What student code has replaced may be what is needed here: that costs this check and no other.
        except Exception as error:
            return Observation(exercise=exercise.id, failed=f"{type(error).__name__}: {error}"[:500])


def _observed(exercise: Exercise, namespace: Mapping[str, Any], cases: Sequence[Case], settings: Kept) -> Observation:
    if exercise.name not in namespace:
        return Observation(exercise=exercise.id)
    answer = namespace[exercise.name]
    if exercise.way == "recorded":
        value = describe(answer)
        return Observation(exercise=exercise.id, answer=value, calls=(Call(value=value),))
    if not callable(answer):
        return Observation(exercise=exercise.id, answer=describe(answer))
    asked = answer if exercise.ask is None else functools.partial(exercise.ask, namespace)
    calls: tuple[Call, ...] = ()
    watched = _is_watched(exercise)
    reads = _read_by(exercise.name, namespace) if watched else ()
    ran: dict[int, types.CodeType] = {}
    for case in cases:
        settled = bool(calls) and _settles(exercise, calls[-1])
        calls += (calls[-1] if settled else _call(exercise, asked, case, settings, ran=ran),)
    returned = [(case, call.value) for case, call in zip(cases, calls, strict=True) if call.value is not None]
    return Observation(
        exercise=exercise.id,
        answer=describe(answer),
        calls=calls,
        scaled=_scaled(exercise, asked, *returned[-1], settings) if exercise.way == "autograd" and returned else None,
        source=source_of(answer, namespace, ran.values() if watched else None),
        borrowed=_borrowed_by(exercise.name, answer, namespace),
        reads=reads,
    )


def _settles(exercise: Exercise, call: Call) -> bool:
    """Whether a call settles the verdict, so that the calls that are left count as this one."""
    if call.raised is None:
        return False
    # Who interrupts an endless loop means the whole check. A body that is not written yet is missing at every input.
    return "KeyboardInterrupt" in call.raised.types or call.raised.is_stub_of(exercise.name)


def _scaled(exercise: Exercise, answer: Callable[..., Any], case: Case, value: Value, settings: Kept) -> Call:
    """Call the answer at a case again, with other gradients in the engine: the first that move its value, or the last."""
    for scale in _SCALES:
        call = _call(exercise, answer, case, settings, scale)
        if call.value is None or moved(value, call.value) or not (call.engine_runs or call.forward_mode):
            break
    return call


def _is_watched(exercise: Exercise) -> bool:
    """Whether the functions are noted that an answer calls: an engine has its own numbers, and calls its pieces often."""
    return exercise.way == "hand" and exercise.ask is None


def _call(
    exercise: Exercise,
    answer: Callable[..., Any],
    case: Case,
    settings: Kept,
    scale: float = 1.0,
    ran: dict[int, types.CodeType] | None = None,
) -> Call:
    """Call the answer at one case, with its output caught and the autograd engine watched.

    The student's code that ran in an answer by hand is put into `ran`.
    """
    arguments = exercise.arguments(case)
    untouched = exercise.arguments(case)
    measured = exercise.measure(*arguments) if exercise.measure is not None else None
    printed = io.StringIO()
    value = raised = None
    left_off = False
    # An answer by hand has no business in the engine, by whatever way: all the passes that it makes are counted.
    by_hand = exercise.way == "hand"
    count = _pass_counter() if by_hand else None
    before = count() if count is not None else 0
    calls = Calls(is_library, _HANDED_OUT)
    watch_calls = calls if _is_watched(exercise) else contextlib.nullcontext()
    with (
        warnings.catch_warnings(record=True) as warned,
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        _engine_watched(scale) as watch,
        _Operations(watch.used) if by_hand else contextlib.nullcontext(),
    ):
        warnings.simplefilter("always")
        try:
            with settings.in_place(), watch_calls:
                result = answer(*arguments)
                left_off = not torch.is_grad_enabled()
        # An answer may call exit(), or be interrupted in an endless loop: both are outcomes, not ends of the check.
        except BaseException as error:
            raised = _raised(error)
        else:
            # What the result does when it is looked into is the answer's doing too.
            with watch_calls:
                value = _judged(result, measured)
    if ran is not None:
        ran |= calls.ran
    if count is not None and not watch.runs and count() > before + 1:
        watch.ran(False, False, False)
    if _SETS_TANGENT in watch.used:
        watch.forward_mode += 1
    return Call(
        value=value,
        raised=raised,
        engine_runs=tuple(watch.runs),
        forward_mode=watch.forward_mode,
        used=tuple(sorted(watch.used)[:_MAX_USED]),
        called=tuple(sorted(calls.names)[:_MAX_USED]),
        near=calls.near,
        elsewhere=calls.elsewhere,
        left_off=left_off,
        rows=watch.rows,
        changed=tuple(i for i, (now, was) in enumerate(zip(arguments, untouched, strict=True)) if _differs(now, was)),
        printed=printed.getvalue()[:500],
        warnings=tuple(f"{each.category.__name__}: {each.message}"[:500] for each in warned[:20]),
    )


def _judged(value: Any, measured: Callable[[Any], Any] | None) -> Value:
    """Return the value that the exercise judges: the result, or what it measures after the call."""
    if measured is None:
        return describe(value)
    try:
        return describe(measured(value))
    except Exception:
        return describe(value)


class _Watch:
    """The number of starts of the autograd engine, and their arguments."""

    def __init__(self) -> None:
        self.runs: list[EngineRun] = []
        self.began = 0
        self.numbers: set[int] = set()
        self.forward_mode = 0
        self.rows = 1
        self.used: set[str] = set()

    def ran(self, retain_graph: bool, create_graph: bool, accumulates: bool, roots: Sequence[Any] = ()) -> None:
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
        while frame.f_back is not None and frame.f_code is not _call.__code__:
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
    """The autograd engine, with a watch on it."""

    def __init__(self, engine: Any, run_backward: Callable[..., Any]) -> None:
        self._engine = engine
        self.run_backward = run_backward

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


@contextlib.contextmanager
def _engine_watched(scale: float) -> Iterator[_Watch]:
    """Note every reverse pass and every forward-mode tangent; multiply the gradients that enter by `scale`.

    `backward`, `autograd.grad` and the transforms of `torch.func` all come through these two, whichever name the student
    imported them by.
    """
    watch = _Watch()
    variable: Any = torch.autograd.Variable
    engine = variable._execution_engine
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

    variable._execution_engine = _Engine(engine, watched_backward)
    _DUALS._make_dual = watched_dual
    try:
        yield watch
    finally:
        variable._execution_engine = engine
        _DUALS._make_dual = make_dual


class _Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
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


def _pass_counter() -> Callable[[], int]:
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


def _raised(error: BaseException) -> Raised:
    types_ = tuple(kind.__name__[:200] for kind in type(error).__mro__ if issubclass(kind, BaseException))
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames[1:] if not is_library(frame.filename)]
    try:
        text = " ".join(str(error).split())[:500]
    except Exception:
        text = "(its text could not be read)"
    return Raised(
        types=types_[:50],
        text=text,
        line=((theirs[-1].line or "") if theirs else "")[:500],
        own=len(frames) > 1 and not is_library(frames[-1].filename),
        stub=_stub_of(error),
    )


def _stub_of(error: BaseException) -> str:
    """Return which function or method of the student's raised NotImplementedError itself; "" where none did.

    PyTorch's own NotImplementedError can come through the student's frame too: an operator has no frame of its own.
    """
    at = error.__traceback__
    if at is None or not isinstance(error, NotImplementedError):
        return ""
    while at.tb_next is not None:
        at = at.tb_next
    code = at.tb_frame.f_code
    if is_library(code.co_filename) or code.co_code[at.tb_lasti] != _RAISE:
        return ""
    return code.co_qualname.partition(".<locals>")[0][:200]


# Where this package's code is from, as the code says it: behind the walls the package is no file.
OWN_FILES = str(Path(sys._getframe().f_code.co_filename).parent)
_HANDED_OUT = f"{OWN_FILES}/lessons"
_LIBRARIES = (
    "<frozen",
    "<__array_function__",
    OWN_FILES,
    *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
)


def is_library(filename: str) -> bool:
    """Whether a file is Python's, an installed package's or this package's, and not the student's."""
    return filename.startswith(_LIBRARIES)


def _differs(now: Any, was: Any) -> bool:
    """Whether an argument was changed in place; functions and models are not looked into.

    A leaf that came to be differentiated gets its gradient. Any other tensor has none.
    """
    if isinstance(was, torch.Tensor):
        same = isinstance(now, torch.Tensor) and now.requires_grad == was.requires_grad
        same = same and (was.requires_grad or now.grad is None)
        same = same and now.dtype == was.dtype and now.shape == was.shape
        return not (same and torch.equal(now.detach(), was.detach()))
    if isinstance(was, np.ndarray):
        same = isinstance(now, np.ndarray) and now.dtype == was.dtype
        return not (same and np.array_equal(now, was, equal_nan=True))
    if isinstance(was, list):
        same = isinstance(now, list) and len(now) == len(was)
        return not same or any(_differs(a, b) for a, b in zip(now, was, strict=True))
    if isinstance(was, int | float | str):
        return now is not was and (type(now) is not type(was) or bool(now != was))
    return False


def source_of(answer: object, namespace: Mapping[str, Any], ran: Iterable[types.CodeType] | None = None) -> str:
    """Return the text of an answer and of the student's own functions that it reaches, or "" where there is none.

    With `ran`, the code that ran, its text belongs to that too; and where one of them is not compiled from the text that
    stands for it, there is none.
    """
    codes = [function.__code__ for function in _functions_of(answer, namespace)]
    if ran is not None:
        read = {id(one) for code in codes for one in within(code)}
        codes += [code for code in ran if id(code) not in read]
        if not all(map(is_text_of, codes)):
            return ""
    texts: dict[str, None] = {}
    for code in codes:
        # Whatever stands in the file, the check goes on without its text.
        with contextlib.suppress(OSError, TypeError, IndexError, SyntaxError):
            # Of the code, since of a function it would be the text of what that says that it wraps. And not by
            # `inspect.getsource`, which goes through all modules to find the one that a code is of.
            lines = linecache.getlines(code.co_filename)
            text = _class_around("".join(lines), code) if "." in code.co_qualname else ""
            texts[text or textwrap.dedent("".join(inspect.getblock(lines[code.co_firstlineno - 1 :])))] = None
    return "\n\n".join(texts)[:MAX_TEXT]


def _borrowed_by(name: str, answer: object, namespace: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the functions and classes that the answer of this name reaches in other cells than its own."""
    found = {(_top(function.__code__), function.__code__.co_filename) for function in _functions_of(answer, namespace)}
    own = {cell for top, cell in found if top == name}
    return tuple(sorted({top[:200] for top, cell in found if own and cell not in own}))[:_MAX_BORROWED]


def _top(code: types.CodeType) -> str:
    """Return the name of the function or class at the top of a cell in which a code stands."""
    return code.co_qualname.partition(".")[0]


@functools.lru_cache(maxsize=32)
def _classes_in(cell: str) -> tuple[tuple[int, int, str], ...]:
    """Return the classes at the top of a cell: the first and the last line, and the text."""
    lines = cell.splitlines(keepends=True)
    tops = (one for one in ast.parse(cell).body if isinstance(one, ast.ClassDef))
    spans = ((min([one.lineno, *(each.lineno for each in one.decorator_list)]), one.end_lineno) for one in tops)
    return tuple((start, end, "".join(lines[start - 1 : end])) for start, end in spans if end is not None)


def _class_around(cell: str, code: types.CodeType) -> str:
    """Return the text of the class in which the code of a method stands; "" where it stands in none."""
    try:
        found = _classes_in(cell)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # A cell with a magic is no Python as a whole.
        return ""
    return next((text for start, end, text in found if start <= code.co_firstlineno <= end), "")


def _read_by(name: str, namespace: Mapping[str, Any]) -> tuple[Read, ...]:
    """Return what the answer of this name reads that was made before its first call, by kind."""
    found: set[Read] = set()
    with contextlib.suppress(Exception):
        functions = _functions_of(namespace[name], namespace)
        if reads_gradients(name, functions, namespace):
            found.add("gradient")
        for function in functions:
            found |= read_by_name(function.__code__, namespace)
            found |= held(function.__defaults__ or ())
            found |= held(cell.cell_contents for cell in function.__closure__ or ())
    return tuple(sorted(found))


def _functions_of(answer: object, namespace: Mapping[str, Any]) -> list[types.FunctionType]:
    """Return the functions behind an answer, and those of the student's own that they reach."""
    found: list[types.FunctionType] = []
    seen: set[int] = set()
    waiting: list[object] = [answer]
    while waiting and len(seen) < 50:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        # Whatever an object does when it is looked into, the check goes on without its text.
        with contextlib.suppress(Exception):
            for function in _functions(thing, namespace):
                found.append(function)
                reached = [namespace.get(name) for name in names_in(function.__code__)]
                reached += inspect.getclosurevars(function).nonlocals.values()
                waiting.extend(each for one in reached for each in _members(one) if _is_theirs(each, namespace))
    return found


def _functions(thing: Any, namespace: Mapping[str, Any]) -> list[types.FunctionType]:
    """Return the function behind a partial, and what it wraps or says that it wraps; of a class or instance, its own."""
    while isinstance(thing, functools.partial | np.vectorize):
        thing = thing.func if isinstance(thing, functools.partial) else thing.pyfunc
    around: list[types.FunctionType] = []
    for _ in range(50):
        if not hasattr(thing, "__wrapped__"):
            break
        if isinstance(thing, types.FunctionType) and not is_library(thing.__code__.co_filename):
            around.append(thing)
        thing = thing.__wrapped__
    if isinstance(thing, types.FunctionType):
        return [*around, thing]
    thing = getattr(thing, "__self__", thing)
    kinds = (thing if isinstance(thing, type) else type(thing)).__mro__
    members = [member for kind in kinds if _is_theirs(kind, namespace) for member in vars(kind).values()]
    members = [getattr(member, "__func__", member) for member in members]
    return [member for member in members if isinstance(member, types.FunctionType)]


def names_in(code: types.CodeType) -> Iterator[str]:
    """Yield the names that a function's code looks up, those of its inner functions and comprehensions with them."""
    for one in within(code):
        yield from one.co_names


def _members(thing: object) -> Iterator[object]:
    """Yield a thing, and what is in it if it is a container."""
    yield thing
    if isinstance(thing, types.SimpleNamespace):
        thing = vars(thing)
    if isinstance(thing, dict | list | tuple | set):
        yield from islice(thing.values() if isinstance(thing, dict) else thing, 50)


def _is_theirs(thing: object, namespace: Mapping[str, Any]) -> bool:
    if isinstance(thing, types.FunctionType):
        return not is_library(thing.__code__.co_filename)
    return bool(getattr(thing, "__module__", None) == namespace.get("__name__", "__main__"))
