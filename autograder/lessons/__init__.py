"""The lessons, one module each; a module is found by its name and holds one `LESSON`.

They are this package's own, or those of a course, see `modules.lessons_folder`.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import sys
import traceback
from functools import cache
from pathlib import Path
from types import ModuleType

from ..exercise import Exercise, Lesson
from ..modules import LessonError, lessons_folder, own_lessons


@cache
def all_lessons() -> tuple[Lesson, ...]:
    """Return the lessons in the order of the course.

    Raises
    ------
    LessonError
        When a module stops, or holds no lesson of its name.
    """
    return tuple(sorted((_lesson(name) for name in _names()), key=lambda lesson: lesson.number))


def find(exercise_id: str) -> Exercise:
    """Return the exercise with this id. Only its own lesson's module is imported.

    Raises
    ------
    LookupError
        When there is none; the message names the nearest ids. Also when the lesson's module can't be used.
    """
    lesson_name = exercise_id.partition(".")[0]
    if lesson_name in _names():
        for exercise in _lesson(lesson_name).exercises:
            if exercise.id == exercise_id:
                return exercise
    ids = [exercise.id for lesson in all_lessons() for exercise in lesson.exercises]
    near = difflib.get_close_matches(exercise_id, ids, n=3) or ids[:3]
    raise LookupError(f"there is no exercise {exercise_id!r}; did you mean {', '.join(near)}?")


def siblings(exercise: Exercise) -> tuple[Exercise, ...]:
    """Return the exercises of the lesson that an exercise belongs to; none of an exercise that is in no lesson."""
    return _lesson(exercise.lesson).exercises if exercise.lesson in _names() else ()


def knows(exercise_id: str) -> bool:
    """Return whether there is an exercise with this id."""
    name = exercise_id.partition(".")[0]
    return name in _names() and any(one.id == exercise_id for one in _lesson(name).exercises)


def find_anew() -> None:
    """Forget the lessons that were found, and find those in the folder that is named now."""
    for name in [name for name in sys.modules if name.startswith(f"{__name__}.")]:
        del sys.modules[name]
    for remembered in (all_lessons, _names, _lesson):
        remembered.cache_clear()
    __path__[:] = [str(lessons_folder())]
    importlib.invalidate_caches()


@cache
def _names() -> tuple[str, ...]:
    return tuple(module.name for module in pkgutil.iter_modules(__path__))


@cache
def _lesson(name: str) -> Lesson:
    lesson = getattr(_module(name), "LESSON", None)
    if not isinstance(lesson, Lesson):
        raise LessonError(
            f"lessons/{name}.py: Expected `LESSON = Lesson(…)` in each module of this folder; got none. Write it, or put what "
            "the module holds into the modules of the lessons."
        )
    if lesson.name != name:
        raise LessonError(
            f"lessons/{name}.py: Expected LESSON to have the name of its module, {name!r}; got {lesson.name!r}. "
            "Change one of the two."
        )
    return lesson


def _module(name: str) -> ModuleType:
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        line = next((frame.lineno for frame in reversed(frames) if Path(frame.filename).stem == name), None)
        where = f"lessons/{name}.py" + (f", line {line}" if line else "")
        raise LessonError(
            f"{where}: Expected the module to be imported; got {type(error).__name__}: {str(error)[:300]}. Correct the module."
        ) from error


# Behind the walls no folder is named, and the questions come from the package.
if own_lessons():
    find_anew()
