"""Runs an answer's source as a notebook would run its cell, and judges what comes of it."""

from __future__ import annotations

import importlib
import itertools
import linecache
import math
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import torch

from autograder import lessons
from autograder.diagnosis.running import run_variants
from autograder.diagnosis.search import Budget, Clock, diagnose
from autograder.exercise import Case, Exercise, Lesson, Way, case
from autograder.grading.rebuild import grade_id_of
from autograder.judge import judge
from autograder.probe import probe
from autograder.verdict import Verdict
from tests.cells import forgotten_cells

# The tensors are small: a second thread would only be waited for.
torch.set_num_threads(1)

ROOT = Path(__file__).parents[1]

_numbers = itertools.count(1)


def answers_to(lesson: Lesson, kind: str) -> dict[str, dict[str, str]]:
    """Return the answers of a kind, RIGHT, WRONG or FOUND, to a lesson; none where nobody wrote them."""
    try:
        return dict(getattr(importlib.import_module(f"tests.answers.{lesson.name}"), kind, {}))
    except ModuleNotFoundError:
        return {}


def right_answers(lesson: Lesson) -> dict[str, dict[str, str]]:
    """Return the right answers to each exercise of a lesson, by style. The solution stands in where nobody wrote one."""
    notebook = nbformat.read(ROOT / "solutions" / lesson.folder / f"{lesson.folder}.ipynb", as_version=4)
    solutions = {grade_id_of(cell): {"solution": cell.source} for cell in notebook.cells}
    written = answers_to(lesson, "RIGHT")
    return {one.id: written.get(one.id) or solutions[one.name] for one in lesson.exercises}


def exercise_of(*cases: Case, way: Way = "any", **more: Any) -> Exercise:
    """Return an exercise that asks for `answer`, a function of the cases' arguments; its right answer is 0."""
    fields: dict[str, Any] = {
        "id": "lesson.answer",
        "number": "1.1",
        "title": "A function",
        "difficulty": 1,
        "importance": 1,
        "minutes": 1,
        "points": 1,
        "reference": lambda *_: 0.0,
        "hints": ("Look at the type.", "Look at the sign.", "Look at another.", "Look it up."),
    }
    return Exercise(cases=cases or (case(1.5),), way=way, **fields | more)


def namespace_of(source: str, **extra: Any) -> dict[str, Any]:
    """Run a source as a notebook cell, and return the names it leaves.

    The source is registered under a file name of its own, so `inspect.getsource` and tracebacks find its lines.
    """
    filename = f"<cell {next(_numbers)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"__name__": "__main__", "math": math, "np": np, "torch": torch, **extra}
    exec(compile(source, filename, "exec"), namespace)
    return namespace


def verdict_on(exercise_id: str, source: str, cases: Sequence[Case] | None = None) -> Verdict:
    """Run a cell and check the exercise as the notebook does; `cases` default to the public ones."""
    exercise = lessons.find(exercise_id)
    cases = exercise.cases if cases is None else cases
    with forgotten_cells():
        observation = probe(exercise, namespace_of(source), cases)
    return judge(exercise, cases, observation.to_json())


def pinpointed(
    exercise: Exercise, source: str, budget: Budget | None = None, clock: Clock = time.thread_time
) -> Verdict:
    """Run a cell and check the exercise as the notebook does, the search for one edit included."""
    with forgotten_cells():
        namespace = namespace_of(source)
        observation = probe(exercise, namespace, exercise.cases)
        verdict = judge(exercise, exercise.cases, observation.to_json())
        run = partial(run_variants, exercise, namespace)
        return diagnose(exercise, exercise.cases, observation, verdict, run, budget or Budget(), clock)
