"""By which means an answer by hand found its values: refused where another one shows, flagged where it can't be seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .difference import is_readable, says_finite_difference
from .exercise import Case, Exercise
from .observation import Call, Observation
from .reading import Numbers, Part, Problem
from .source import names_taken, says_complex, says_few_digits, says_samples
from .verdict import Outcome

Rows = Sequence[Sequence[Part]]

# A formula in float64 has more digits than this says, and a finite difference has fewer. Where two near points show too,
# less is enough.
_DIGITS, _DIGITS_AT_NEAR_POINTS = 1e-12, 2e-14
_SHORT = frozenset(("float16", "bfloat16", "float32"))
_COMPLEX = frozenset(("complex64", "complex128"))
# Whole libraries that differentiate.
_DIFFERENTIATING = frozenset(("autograd", "casadi", "jax", "numdifftools", "tensorflow"))
# Libraries that differentiate beside much else.
_SYMBOLIC = frozenset(("mpmath", "sympy"))
# What finds a slope from samples, and what finds a derivative from a fitted curve or from symbols: by these names, whatever
# the module is called.
_SAMPLING = frozenset(("approx_derivative", "approx_fprime", "ediff1d", "gradient"))
_LIBRARY = frozenset(("Derivative", "derivative", "diff", "lambdify", "polyfit", "sympify"))
_LOOK_UP = frozenset(("bisect", "bisect_left", "bisect_right", "interp", "searchsorted"))
# What looks into the frames and objects of the program around it, or takes its watch away.
_INTO_PROGRAM = frozenset(
    [
        "gc.get_objects",
        "gc.get_referrers",
        "inspect.currentframe",
        "inspect.stack",
        "sys._current_frames",
        "sys._getframe",
        "sys.setprofile",
        "sys.settrace",
        "threading.setprofile",
        "threading.settrace",
    ]
)

_FORMULA = "This exercise is by hand: write the derivative as a formula."


def other_than_by_hand(exercise: Exercise, observation: Observation, used_autograd: bool) -> Problem | None:
    """Return what shows that an answer was not found by hand, whatever its values are."""
    # The names of operations are written down too: a backward kernel is a derivative of the library's.
    used = frozenset(name for call in observation.calls for name in call.used)
    source = observation.source
    if used_autograd or any(name.endswith("_backward") for name in used):
        return _refused("autograd-by-hand", f"Autograd computed the result. {_FORMULA}")
    # What an engine calls is not watched. Of any other answer, the text would tell less: its own functions have any names.
    called = _called(observation) if exercise.ask is None else names_taken(source)
    if called & _SAMPLING or says_finite_difference(source):
        return _FINITE_DIFFERENCE
    if _is_complex(observation) and _says_few_digits(observation):
        said = "Your function takes a small step in the imaginary direction. That is a numerical derivative."
        return _refused("finite-difference", f"{said} {_FORMULA}")
    if name := _library_derivative(observation, called):
        return _refused("library-derivative", f"The library function `{name}` computed the derivative. {_FORMULA}")
    if any(call.elsewhere for call in observation.calls):
        said = "Your function gave its work to another thread or process. Compute the result in the function itself."
        return _refused("work-elsewhere", said)
    return None


def difference_seen(exercise: Exercise, observation: Observation, cases: Sequence[Case], rows: Rows) -> Problem | None:
    """Refuse right values that have a finite difference's digits, where one function was called at two near points."""
    if exercise.way == "hand" and _is_inexact(observation, cases, rows, _DIGITS_AT_NEAR_POINTS):
        near = [call.near for call, one in zip(observation.calls, cases, strict=True) if not one.exact]
        if all(near):
            return _FINITE_DIFFERENCE
    return None


def why_flagged(exercise: Exercise, observation: Observation, cases: Sequence[Case], rows: Rows) -> str:
    """Return why a person should look at right values of an answer by hand; "" where nothing is to be seen."""
    if exercise.way != "hand":
        return ""
    names, called = _names(observation), _called(observation)
    if not is_readable(observation.source):
        why = "the way could not be read in the answer's text"
    elif names & _INTO_PROGRAM:
        why = "the function looked into the program that called it"
    elif "tracked" in observation.reads:
        why = "the function reads a tensor that has a gradient from an earlier pass"
    elif "gradient" in observation.reads:
        why = "the function reads numbers that a backward pass found before it was called"
    elif "table" in observation.reads or called & _LOOK_UP:
        why = "the function reads numbers from a table that was made before"
    elif _is_complex(observation) and says_samples(observation.source):
        why = "they come from many points in the complex plane"
    elif any(name.partition(".")[0] in _SYMBOLIC for name in names):
        why = "a library that differentiates symbols had a part in them"
    elif not exercise.dual_numbers and any(name.startswith("__main__.") for name in names):
        why = "the function multiplies numbers of a class of its own, as dual numbers"
    elif _is_inexact(observation, cases, rows, _DIGITS) and not _says_few_digits(observation):
        why = "they have as few digits as a finite difference has"
    else:
        return ""
    return f"The values are right, but {why}. A person should look at it."


def _is_complex(observation: Observation) -> bool:
    """Whether an answer computes with complex numbers."""
    used = {name for call in observation.calls for name in call.used}
    by_name = any(name.startswith("cmath.") for name in _names(observation))
    return by_name or not _COMPLEX.isdisjoint(used) or says_complex(observation.source)


def _says_few_digits(observation: Observation) -> bool:
    return "small" in observation.reads or says_few_digits(observation.source)


def _refused(slug: str, message: str) -> Problem:
    return Problem(Outcome.WRONG_STATE, message, slug)


_FINITE_DIFFERENCE = _refused(
    "finite-difference",
    "This is a finite difference: it compares two near points, so it is close and not exact. Write the derivative as a formula.",
)


def _names(observation: Observation) -> frozenset[str]:
    """Return the functions that an answer called, as `numpy.gradient`."""
    return frozenset(name for call in observation.calls for name in call.called)


def _called(observation: Observation) -> frozenset[str]:
    """Return the functions and classes that an answer called, without their modules."""
    return frozenset(map(_last, (name for name in _names(observation) if not name.startswith("__main__."))))


def _last(name: str) -> str:
    """Return the last part of a function's name; for what makes an object of a class, the name of the class."""
    return next((part for part in reversed(name.split(".")) if not part.startswith("__")), name)


def _library_derivative(observation: Observation, called: frozenset[str]) -> str:
    """Return the name of a library's function that finds derivatives, if an answer calls one."""
    of_libraries = {name for name in _names(observation) if name.partition(".")[0] in _DIFFERENTIATING}
    return min(called & _LIBRARY | set(map(_last, of_libraries)), default="")


def _is_inexact(observation: Observation, cases: Sequence[Case], rows: Rows, digits: float) -> bool:
    """Whether right values are off in each case by more than a formula's are, and no short numbers explain it."""
    if any(_is_short(call) for call in observation.calls):
        return False
    generic = [row for row, one in zip(rows, cases, strict=True) if not one.exact]
    numbers = [[pair for part in row if (pair := part.numbers()) is not None] for row in generic]
    return bool(numbers) and all(any(_is_off(*pair, digits) for pair in row) for row in numbers)


def _is_off(got: Numbers, reference: Numbers, digits: float) -> bool:
    if np.any((got != np.round(got)) & (got == got.astype(np.float32))):
        return False
    size = float(np.abs(reference).max(initial=0.0))
    return bool(size) and float(np.abs(got - reference).max(initial=0.0)) > digits * size


def _is_short(call: Call) -> bool:
    return not _SHORT.isdisjoint(call.used)
