"""The lessons, one module each; a module is found by its name and holds one `LESSON`."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from functools import cache

from ..exercise import Exercise, Lesson


@cache
def all_lessons() -> tuple[Lesson, ...]:
    """Return the lessons in the order of the course."""
    return tuple(sorted((_lesson(name) for name in _names()), key=lambda lesson: lesson.number))


def find(exercise_id: str) -> Exercise:
    """Return the exercise with this id. Only its own lesson's module is imported.

    Raises
    ------
    LookupError
        When there is none; the message names the nearest ids.
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


@cache
def _names() -> tuple[str, ...]:
    return tuple(module.name for module in pkgutil.iter_modules(__path__))


@cache
def _lesson(name: str) -> Lesson:
    lesson: Lesson = importlib.import_module(f"{__name__}.{name}").LESSON
    return lesson
