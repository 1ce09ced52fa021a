"""The functions for notebooks: `check`, `hint`, `compare` and `progress`."""

from __future__ import annotations

import gc
import linecache
import os
import sys
import traceback
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from . import lessons, view
from .comparison import Comparison, compare
from .diagnosis.running import run_variants
from .diagnosis.search import Budget, diagnose
from .exercise import Exercise, withheld
from .judge import judge, stopped
from .modules import lessons_of, own_lessons, use_lessons
from .overview import Progress, saved_verdicts, summarise
from .probe import probe
from .settings import fresh_settings
from .source import defines, is_left_undefined
from .verdict import Outcome, Verdict

__all__ = ["Comparison", "check", "compare", "hint", "progress"]

_hints_taken: Counter[str] = Counter()
_verdicts: dict[str, Verdict] = {}
_running: set[str] = set()
# The answers of an earlier run of a cell whose latest run stopped with an error before it defined them.
_old: dict[str, tuple[object, BaseException]] = {}


class ShownVerdict(Verdict):
    """A verdict that a notebook shows as its panel, and `print` as its text."""

    def __str__(self) -> str:
        """Return the text, for a front end that shows only `text/plain`, where nbgrader has the points."""
        with fresh_settings():
            return view.text(self)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return view.bundle(self)


class ShownProgress(Progress):
    """A progress that a notebook shows as bars."""

    def __repr__(self) -> str:
        """Return the rows as bars of text."""
        return view.progress_text(self)

    def _repr_html_(self) -> str:
        return view.progress_html(self)


def _take_lessons_of_this_course() -> None:
    """Take the lessons of the course that this notebook lies in, if that has its own. Behind the walls there are no folders."""
    if not own_lessons() and Path(lessons.__path__[0]).is_dir():
        here = Path.cwd()
        course = next((one for one in (here, *here.parents) if (one / "nbgrader_config.py").is_file()), None)
        use_lessons(None if course is None else lessons_of(course))


_take_lessons_of_this_course()
# What is imported stays. To look for garbage in all of PyTorch takes longer than a check.
gc.freeze()


def check(exercise_id: str) -> ShownVerdict:
    """Check the answer to an exercise. Return what is right, or which mistake the student made.

    Parameters
    ----------
    exercise_id
        As `"scalar_gradients.d_poly"`; the part after the dot is the name that the answer defines.

    Returns
    -------
    ShownVerdict
        A notebook shows it as a panel. Never raises for what an answer does.

    Raises
    ------
    LookupError
        When there is no such exercise.
    """
    with fresh_settings():
        exercise = lessons.find(exercise_id)
    if exercise.reference is withheld:
        message = "While work is graded, only the check cells of the lesson itself are checked."
        return ShownVerdict(exercise_id, Outcome.UNREADABLE, 0, exercise.points, "", message)
    caller = sys._getframe(1)
    namespace = caller.f_globals
    if exercise_id in _running:
        message = (
            f"The answer calls `check` on itself. Call `check` in a cell of its own, and not in `{exercise.name}`."
        )
        return ShownVerdict(exercise_id, Outcome.UNREADABLE, 0, exercise.points, "", message)
    with fresh_settings():
        error = _error_before(exercise.name, namespace.get(exercise.name), caller.f_code.co_filename)
    if error is not None:
        is_old = exercise.name in namespace
        return _shown(stopped(exercise, type(error).__name__, str(error), is_old))
    _running.add(exercise_id)
    try:
        return _shown(_judged(exercise, namespace))
    finally:
        _running.remove(exercise_id)


def _judged(exercise: Exercise, namespace: dict[str, Any]) -> Verdict:
    observation = probe(exercise, namespace, exercise.cases)
    with fresh_settings():
        # Judged is the text and not the object: just what crosses from the sandbox to the judge in grading.
        judged = judge(exercise, exercise.cases, observation.to_json())
        run = partial(run_variants, exercise, namespace)
        return diagnose(exercise, exercise.cases, observation, judged, run, Budget())


def _shown(verdict: Verdict) -> ShownVerdict:
    shown = ShownVerdict(**vars(verdict))
    _verdicts.pop(verdict.exercise, None)
    _verdicts[verdict.exercise] = shown
    if not _shows_html():
        print(shown)
    return shown


def _shell() -> Any:
    """Return IPython's shell that runs this code; None where there is none."""
    return sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None


def _shows_html() -> bool:
    """Return whether the value of a cell is shown as more than plain text, as in a notebook and not in a terminal."""
    shell = _shell()
    return shell is not None and "text/html" in shell.display_formatter.active_types


def _error_before(name: str, answer: object, cell: str) -> BaseException | None:
    """Return the error with which a cell stopped before it defined an answer that is now missing, or is still the old one.

    Parameters
    ----------
    cell
        The file name of the cell that runs now. What it defines is new.
    """
    if defines("".join(linecache.getlines(cell)), name):
        return None
    shell = _shell()
    ran = getattr(shell, "last_execution_result", None)
    error = None if ran is None or ran.info is None else ran.error_before_exec or ran.error_in_exec
    if isinstance(error, BaseException) and _stopped_before(shell, ran, name):
        _old[name] = answer, error
        return error
    # A later check finds the same old answer.
    old, error = _old.get(name, (None, None))
    return error if old is not None and old is answer else None


def _stopped_before(shell: Any, ran: Any, name: str) -> bool:
    """Return whether a cell that stopped with an error had yet to define a name."""
    if ran.error_before_exec:
        return defines(ran.info.raw_cell, name)
    lines = (
        line for frame, line in traceback.walk_tb(ran.error_in_exec.__traceback__) if frame.f_globals is shell.user_ns
    )
    return is_left_undefined(shell.transform_cell(ran.info.raw_cell), name, next(lines, 1))


@dataclass(frozen=True)
class Ladder:
    """The hints taken so far for one exercise. A notebook shows them as a list."""

    hints: tuple[str, ...]
    taken: int

    def __repr__(self) -> str:
        """Return the newest hint, with its number."""
        return f"Hint {self.taken} of {len(self.hints)}: {self.hints[self.taken - 1]}"

    def _repr_html_(self) -> str:
        return view.ladder(self.hints, self.taken)


def hint(exercise_id: str) -> Ladder:
    """Return the next hint for an exercise, one more at each call. The last hint names the place to read.

    Raises
    ------
    LookupError
        When there is no such exercise.
    """
    hints = lessons.find(exercise_id).hints
    _hints_taken[exercise_id] = min(_hints_taken[exercise_id] + 1, len(hints))
    return Ladder(hints, _hints_taken[exercise_id])


def progress() -> ShownProgress:
    """Return the progress: from the checks of this session, and for other exercises from saved notebooks.

    The lesson that was checked last is the one that is being worked on.
    """
    if os.environ.get("NBGRADER_EXECUTION") == "autograde" and not _verdicts:
        # In grading, another process computes the verdicts, and the notebooks of other lessons are not there.
        return ShownProgress(())
    all_lessons = lessons.all_lessons()
    here = next(reversed(_verdicts)).partition(".")[0] if _verdicts else ""
    saved = saved_verdicts(Path.cwd().parent, all_lessons)
    return ShownProgress(**vars(summarise(all_lessons, saved | _verdicts, here)))
