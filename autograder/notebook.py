"""The functions for notebooks: `check`, `hint`, `compare` and `progress`."""

from __future__ import annotations

import os
import sys
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from . import lessons, view
from .comparison import Comparison, compare
from .diagnosis.running import run_variants
from .diagnosis.search import Budget, diagnose
from .exercise import withheld
from .judge import judge, stopped
from .modules import lessons_of, own_lessons, use_lessons
from .overview import Progress, saved_verdicts, summarise
from .probe import probe
from .settings import fresh_settings
from .source import defines
from .verdict import Outcome, Verdict

__all__ = ["Comparison", "check", "compare", "hint", "progress"]

_hints_taken: Counter[str] = Counter()
_verdicts: dict[str, Verdict] = {}


class ShownVerdict(Verdict):
    """A verdict that a notebook shows as its panel."""

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
    namespace = sys._getframe(1).f_globals
    observation = probe(exercise, namespace, exercise.cases)
    with fresh_settings():
        # Judged is the text and not the object: just what crosses from the sandbox to the judge in grading.
        judged = judge(exercise, exercise.cases, observation.to_json())
        error = None if observation.failed else _error_of(exercise.name, observation.answer is not None)
        if error is None:
            run = partial(run_variants, exercise, namespace)
            told = diagnose(exercise, exercise.cases, observation, judged, run, Budget())
        else:
            told = stopped(exercise, type(error).__name__, str(error))
    verdict = ShownVerdict(**vars(told))
    _verdicts.pop(exercise_id, None)
    _verdicts[exercise_id] = verdict
    if not _shows_html():
        print(view.text(verdict))
    return verdict


def _shell() -> Any:
    """Return IPython's shell that runs this code; None where there is none."""
    return sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None


def _shows_html() -> bool:
    """Return whether the value of a cell is shown as more than plain text, as in a notebook and not in a terminal."""
    shell = _shell()
    return shell is not None and "text/html" in shell.display_formatter.active_types


def _error_of(name: str, defined: bool) -> BaseException | None:
    """Return the error of the cell that ran last, where that cell defines a name and left it as it was before.

    A cell that Python could not read ran nothing, so a name that is defined is an earlier cell's.
    """
    ran = getattr(_shell(), "last_execution_result", None)
    if ran is None or ran.info is None or not defines(str(ran.info.raw_cell), name):
        return None
    error = ran.error_before_exec or (None if defined else ran.error_in_exec)
    return error if isinstance(error, BaseException) else None


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
