"""Every exercise of every lesson against answers as people write them.

A right answer earns all its points and no mistake is named for it; a known mistake is rejected and named by its id;
what was not attempted says so. All of it at the public inputs and at drawn ones.
"""

from __future__ import annotations

import ast
import functools
import importlib
import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
import torch

from autograder import mistakes
from autograder.diagnosis.search import Budget
from autograder.exercise import Array, Build, Case, Exercise, Lesson, Raises, case
from autograder.grading.rebuild import grade_id_of
from autograder.lessons import all_lessons, find, own_engine
from autograder.mistake import Point
from autograder.rules import given_away
from autograder.verdict import Outcome
from tests.answering import answers_to, pinpointed, verdict_on

ROOT = Path(__file__).parents[1]
SEEDS = tuple(f"seed {i}".encode() for i in range(5))
LESSONS = all_lessons()
EXERCISES = tuple(exercise for lesson in LESSONS for exercise in lesson.exercises)


def parameters(kind: str) -> list[Any]:
    """Return one parameter set for each answer of a kind: exercise id, name of the answer, its source."""
    return [
        pytest.param(exercise_id, name, source, id=f"{exercise_id}-{name}")
        for lesson in LESSONS
        for exercise_id, answers in answers_to(lesson, kind).items()
        for name, source in answers.items()
    ]


def solutions(lesson: Lesson) -> Iterator[Any]:
    """Yield one parameter set for each exercise: its answer cell in the lesson's solution, after what it may call.

    That is what the cells before it import and define.
    """
    notebook = nbformat.read(ROOT / "solutions" / lesson.folder / f"{lesson.folder}.ipynb", as_version=4)
    names = {exercise.name for exercise in lesson.exercises}
    before = ""
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        if grade_id_of(cell) in names:
            before += f"{cell.source}\n"
            exercise_id = f"{lesson.name}.{grade_id_of(cell)}"
            yield pytest.param(exercise_id, "solution", before, id=f"{exercise_id}-solution")
        else:
            kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
            before += "".join(f"{ast.unparse(one)}\n" for one in ast.parse(cell.source).body if isinstance(one, kept))


RIGHT = parameters("RIGHT")
WRONG = parameters("WRONG")
FOUND = parameters("FOUND")

each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)


def inputs_of(exercise: Exercise, seeds: Sequence[bytes] = SEEDS) -> Iterator[tuple[str, tuple[Case, ...]]]:
    """Yield the public inputs, and those drawn from each seed, with a name to tell them by."""
    yield "public", exercise.cases
    for seed in seeds:
        yield seed.decode(), exercise.grading_cases(seed)


def points_at(exercise: Exercise, cases: tuple[Case, ...]) -> list[Point]:
    """Return the cases with their right answers, but for those where an exception is right."""
    return _points_at(exercise.id, cases)


@functools.cache
def _points_at(exercise_id: str, cases: tuple[Case, ...]) -> list[Point]:
    exercise = find(exercise_id)
    points = [Point(exercise.arguments(one), exercise.reference(*exercise.arguments(one))) for one in cases]
    return [point for point in points if not isinstance(point.reference, Raises)]


def numbers_of(answer: Any) -> list[float] | None:
    """Return all numbers of an answer in one row; None where it isn't made of numbers."""
    if isinstance(answer, dict):
        answer = list(answer.values())
    if isinstance(answer, tuple | list):
        rows = [numbers_of(one) for one in answer]
        return None if any(row is None for row in rows) else [x for row in rows if row is not None for x in row]
    if isinstance(answer, bool | str | set | frozenset) or answer is None:
        return None
    return [float(x) for x in np.asarray(answer, dtype=np.float64).ravel()]


# Right and wrong answers


@pytest.mark.parametrize(("exercise_id", "style", "source"), [*RIGHT, *itertools.chain(*map(solutions, LESSONS))])
def test_right_answer_earns_everything(exercise_id: str, style: str, source: str) -> None:
    exercise = find(exercise_id)
    for name, cases in inputs_of(exercise):
        verdict = verdict_on(exercise_id, source, cases)
        told = (verdict.outcome, verdict.mistake, verdict.message, verdict.finding, verdict.flag)
        assert told == (Outcome.RIGHT, "", "", None, ""), (name, verdict.to_dict())
        assert verdict.points == verdict.max_points == exercise.points
        assert (verdict.hints, verdict.after) == ((), exercise.after)


@pytest.mark.parametrize(
    ("exercise_id", "cases"),
    [
        # The slope is 0.0179, and its two terms are 0.9.
        ("scalar_gradients.tangent", (case(Build("wave", (1.1,)), 0.9), case(Build("wave", (1.978,)), -1.029))),
        # 1 - p is 0.0006 for one of the labels.
        (
            "vector_backward.linear_bce_grads_autograd",
            (
                case(
                    Array((3.402, -1.645), "torch"),
                    Array(((1.154, -1.078, 1.361), (-1.564, 1.135, -1.088)), "torch"),
                    Array((0.3214, -0.7136, 0.366), "torch"),
                    Array((0.0, 1.0, 1.0), "torch"),
                ),
            ),
        ),
    ],
)
def test_what_is_left_of_terms_that_cancel_may_be_rounded(exercise_id: str, cases: tuple[Case, ...]) -> None:
    found = [one.values for one in RIGHT if one.values[0] == exercise_id]
    assert found
    for _, style, source in found:
        assert verdict_on(exercise_id, source, cases).outcome is Outcome.RIGHT, style


def test_no_drawn_expression_is_0() -> None:
    # Some right rules for a power divide by its base.
    for i in range(200):
        drawn = own_engine.VALUE_CLASS.grading_cases(f"{i}".encode())[-1]
        found = own_engine.VALUE_CLASS.right_answer(drawn)["mixed"]
        assert all(one["value"] != 0 for one in found.values()), drawn


@pytest.mark.parametrize(("exercise_id", "mistake", "source"), WRONG)
def test_known_mistake_is_rejected_and_named(exercise_id: str, mistake: str, source: str) -> None:
    exercise = find(exercise_id)
    for name, cases in inputs_of(exercise):
        verdict = verdict_on(exercise_id, source, cases)
        assert verdict.mistake == f"{exercise_id}.{mistake.partition(':')[0]}", (name, verdict.to_dict())
        assert verdict.outcome is not Outcome.RIGHT
        assert verdict.points < exercise.points if exercise.partial else verdict.points == 0
        assert verdict.message
        assert (verdict.hints, verdict.after) == (exercise.hints, "")
        assert not given_away(exercise, cases, verdict.message), (name, verdict.message)


@pytest.mark.parametrize(("exercise_id", "kind", "source"), FOUND)
def test_finding_tells_what_no_mistake_names(exercise_id: str, kind: str, source: str) -> None:
    exercise = find(exercise_id)
    verdict = pinpointed(exercise, source, Budget(seconds=5.0))
    assert verdict.finding is not None, verdict.to_dict()
    assert verdict.finding.kind == kind.partition(":")[0], verdict.to_dict()
    assert verdict.points < exercise.points if exercise.partial else verdict.points == 0


def stubs_of(exercise: Exercise) -> Iterator[str]:
    """Yield the cell of an exercise as the student first finds it, and an empty one."""
    yield ""
    if exercise.way != "recorded":
        yield f"def {exercise.name}(*arguments):\n    raise NotImplementedError('Write the body here.')\n"
        return
    yield f"{exercise.name} = ..."
    reference = exercise.reference()
    if isinstance(reference, dict):
        yield f"{exercise.name} = {{{', '.join(f'{key!r}: ...' for key in reference)}}}"
    elif isinstance(reference, tuple | list):
        yield f"{exercise.name} = [{', '.join('...' for _ in reference)}]"


@each_exercise
def test_a_right_answer_opens_a_sentence(exercise: Exercise) -> None:
    assert exercise.after.endswith(".")


@each_exercise
def test_stub_is_not_attempted(exercise: Exercise) -> None:
    for source in stubs_of(exercise):
        for name, cases in inputs_of(exercise, SEEDS[:1]):
            verdict = verdict_on(exercise.id, source, cases)
            assert (verdict.outcome, verdict.points, verdict.mistake) == (Outcome.NOT_ATTEMPTED, 0, ""), (name, source)
            assert exercise.name in verdict.message


# The answers cover the exercises


@each_lesson
def test_as_many_exercises_ran_as_the_lesson_has(lesson: Lesson) -> None:
    ids = [exercise.id for exercise in lesson.exercises]
    assert sorted(parameter.values[0] for parameter in solutions(lesson)) == sorted(ids)
    for kind, ran in (("RIGHT", RIGHT), ("WRONG", WRONG)):
        answered = {parameter.values[0] for parameter in ran if parameter.values[0].startswith(f"{lesson.name}.")}
        assert answered <= set(ids), f"tests/answers/{lesson.name}.py, {kind}: there is no such exercise"
    assert sum(exercise.id in ids for exercise in EXERCISES) == len(ids) > 0


@each_exercise
def test_answers_cover_exercise(exercise: Exercise) -> None:
    """A mistake that shows in the values is held by `test_no_mistake_is_taken_for_another`, the solution by itself.

    Answers that somebody wrote down come together: odd styles that are right, and one for each known mistake.
    """
    right = [parameter for parameter in RIGHT if parameter.values[0] == exercise.id]
    named = {parameter.values[1].partition(":")[0] for parameter in WRONG if parameter.values[0] == exercise.id}
    if right or named:
        assert len(right) >= 3, f"tests/answers/{exercise.lesson}.py: Expected 3 right answers to {exercise.id}"
        missing = {mistake.slug for mistake in exercise.mistakes} - named
        assert not missing, f"tests/answers/{exercise.lesson}.py: Expected wrong answers to {exercise.id}: {missing}"
    shown = {mistake.slug for mistake in exercise.mistakes if mistake.answers is None}
    assert shown <= named, (
        f"tests/answers/{exercise.lesson}.py: Expected a wrong answer to {exercise.id} for each mistake that shows in "
        f"something else than values: {shown - named}"
    )


# No mistake looks like the right answer, or like another


@each_exercise
def test_no_mistake_is_taken_for_another(exercise: Exercise) -> None:
    own = {mistake.slug for mistake in exercise.mistakes}
    known = (*exercise.mistakes, *(each for each in mistakes.general(exercise) if each.slug not in own))
    for name, cases in inputs_of(exercise, [f"more {i}".encode() for i in range(30)]):
        points = points_at(exercise, cases)
        right = numbers_of([point.reference for point in points])
        if right is None:
            continue
        scale = max((abs(x) for x in right), default=0.0) or 1.0
        rows = {
            mistake.slug: row
            for mistake in known
            if mistake.answers is not None and (row := numbers_of(list(mistake.answers(points)))) is not None
        }
        assert own & {each.slug for each in known if each.answers is not None} <= set(rows)
        for (first, a), (second, b) in itertools.combinations([("the right answer", right), *rows.items()], 2):
            close = (
                x == y or abs(x - y) <= exercise.rtol * abs(y) + exercise.atol * scale
                for x, y in zip(a, b, strict=False)
            )
            assert len(a) != len(b) or not all(close), (
                f"autograder/lessons/{exercise.lesson}.py, {exercise.id}: Expected {first} and {second} to differ; got the same at "
                f"the {name} inputs. Add a case where they differ, or correct the mistake."
            )


@each_exercise
def test_doubled_gradient_shows(exercise: Exercise) -> None:
    """The last case is called again with changed gradients: where the answer is zero, that would change nothing."""
    if exercise.way != "autograd":
        return
    for name, cases in inputs_of(exercise):
        last = numbers_of(points_at(exercise, cases)[-1].reference)
        assert last is None or any(abs(x) > 1e-3 for x in last), (
            f"autograder/lessons/{exercise.lesson}.py, {exercise.id}: Expected a right answer other than 0 at the last case; got "
            f"{last} at the {name} inputs. Put another case last."
        )


# The reference


def central_differences(function: Any, arguments: tuple[Any, ...], h: float = 1e-5) -> list[np.ndarray[Any, Any]]:
    """Return the gradient of a scalar function in each of its arguments, by central differences in float64."""
    arrays = [np.asarray(argument, dtype=np.float64) for argument in arguments]

    def value(position: int, index: tuple[int, ...], move: float) -> float:
        moved = [array.copy() for array in arrays]
        moved[position][index] += move
        result = function(*(torch.tensor(array, dtype=torch.float64) for array in moved))
        assert result.ndim == 0, "only a scalar can be cross-checked here"
        return float(result)

    gradients = [np.empty(array.shape) for array in arrays]
    for position, gradient in enumerate(gradients):
        for index in np.ndindex(gradient.shape):
            gradient[index] = (value(position, index, h) - value(position, index, -h)) / (2 * h)
    return gradients


@each_exercise
def test_reference_agrees_with_central_difference(exercise: Exercise) -> None:
    if exercise.forward is None:
        return
    for _, cases in inputs_of(exercise):
        for point in points_at(exercise, cases):
            if exercise.way == "recorded":
                assert isinstance(point.reference, dict), "a recorded derivative is a dict from points to slopes"
                pairs = [((at,), slope) for at, slope in point.reference.items()]
            else:
                reference = point.reference.values() if isinstance(point.reference, dict) else point.reference
                parts = reference if isinstance(point.reference, dict | tuple | list) else [reference]
                pairs = [(point.arguments, part) for part in parts]
            for arguments, part in pairs:
                found = [one for one in central_differences(exercise.forward, arguments) if one.shape == np.shape(part)]
                assert any(np.allclose(part, one, rtol=1e-7, atol=1e-7) for one in found), (
                    f"autograder/lessons/{exercise.lesson}.py, {exercise.id}: Expected `reference` to be the derivative of "
                    f"`forward`; got {part} at {arguments}, and small steps give {found}. Correct one of the two."
                )


@each_lesson
def test_hints_name_sections_that_are_there(lesson: Lesson) -> None:
    notebook = nbformat.read(ROOT / "solutions" / lesson.folder / f"{lesson.folder}.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    sections = set(re.findall(r"^## (.+)$", text, re.M))
    named = {name for one in lesson.exercises for hint in one.hints for name in re.findall(r"section '(.+?)'", hint)}
    assert named
    assert named <= sections


@each_lesson
def test_each_exercise_stands_below_its_heading(lesson: Lesson) -> None:
    """All of an exercise stands in one place of its lesson's module, in the order of the lesson."""
    text = Path(str(importlib.import_module(f"autograder.lessons.{lesson.name}").__file__)).read_text()
    found = re.findall(
        r"^# --- (\d\S*) · (.+?) -+$|^\w+ = Exercise\(\n(?:    .*\n)*?    number=\"(.+)\"|^(LESSON) = ", text, re.M
    )
    expected = [row for one in lesson.exercises for row in ((one.number, one.title, "", ""), ("", "", one.number, ""))]
    assert found == [*expected, ("", "", "", "LESSON")]


def test_a_slope_that_is_a_whole_unit_off_is_no_reading_of_the_picture() -> None:
    verdict = verdict_on("scalar_gradients.predictions", "predictions = {3: 5, 0: 1, -2: -4}")
    assert verdict.outcome is Outcome.WRONG


@pytest.mark.parametrize(
    ("answer", "points"),
    [
        ("value-for-intercept", 1.5),
        ("sign-of-intercept", 1.5),
        ("through-origin", 1.5),
        ("value-for-intercept:slope by differences", 0),
        ("swapped", 0),
        ("opposite-sign", 0),
    ],
)
def test_a_right_slope_earns_half_of_the_tangent_if_autograd_found_it(answer: str, points: float) -> None:
    (source,) = (one.values[2] for one in WRONG if one.values[:2] == ("scalar_gradients.tangent", answer))
    exercise = find("scalar_gradients.tangent")
    assert {verdict_on(exercise.id, source, cases).points for _, cases in inputs_of(exercise)} == {points}


def test_an_entry_that_is_none_costs_no_other_entry_its_points() -> None:
    (source,) = (
        one.values[2] for one in WRONG if one.values[:2] == ("chain_rule.dz_dx_autograd", "retained-too-late:None kept")
    )
    assert verdict_on("chain_rule.dz_dx_autograd", source).points == 2


def test_a_wrong_no_grad_leaves_an_engine_that_records() -> None:
    class Engine:
        recording = True

    def no_grad() -> None:
        Engine.recording = False

    exercise = own_engine.NO_GRAD
    assert exercise.ask is not None
    with pytest.raises(TypeError):
        exercise.ask({"Tensor": Engine, "no_grad": no_grad}, np.ones(2), np.ones(2))
    assert Engine.recording


def test_a_wrong_number_that_was_measured_is_shown_beside_its_inputs() -> None:
    (right,) = (
        one.values[2] for one in itertools.chain(*map(solutions, LESSONS)) if one.values[0].endswith(".Softplus")
    )
    wrong = right.replace("g * torch.sigmoid(x)", "g + torch.sigmoid(x)")
    assert wrong != right
    verdict = verdict_on("custom_functions.Softplus", wrong)
    assert verdict.call == "x = tensor([-1.7, 0.6, 4.3]), g = tensor([0.8, -1.4, 2.5])"
    assert verdict.answer.startswith("gradient = tensor([")
    # A program is no input that a student could read.
    assert verdict_on("own_engine.Value", "class Value:\n    pass\n").call == ""


# Beside each answer is the mistake that it was taken for.
OTHERS = (
    ("chain_rule.buggy_lines", "right-line-blamed", 'buggy_lines = "EG"'),
    ("chain_rule.buggy_lines", "right-line-blamed", "buggy_lines = set()"),
    ("chain_rule.buggy_lines", "not-a-label", 'buggy_lines = {"E": "cos(a)", "G": "+="}'),
    (
        "chain_rule.dz_dx_autograd",
        "retained-too-late",
        "def dz_dx_autograd(x):\n    x = torch.tensor(x, requires_grad=True)\n    y = (x**2).retain_grad()\n"
        '    z = torch.sin(y)\n    z.backward()\n    return {"z": z.item(), "dz_dy": y.grad.item(), "dz_dx": x.grad.item()}\n',
    ),
    (
        "chain_rule.dz_dx_autograd",
        "retained-too-late",
        "def dz_dx_autograd(x):\n    x = torch.tensor(x, requires_grad=True)\n    y = x**2\n    y.retain_grad()\n"
        '    z = torch.sin(x)\n    z.backward()\n    return {"z": z.item(), "dz_dy": y.grad.item(), "dz_dx": x.grad.item()}\n',
    ),
    (
        "chain_rule.op_names",
        "leaf-left-out",
        "def op_names(t):\n    names, node = [], t.grad_fn\n    while node is not None:\n"
        "        names.append(type(node).__name__.lower())\n"
        "        node = next((one for one, _ in node.next_functions if one is not None), None)\n    return names\n",
    ),
    (
        "chain_rule.op_names",
        "addresses",
        "def op_names(t):\n    names, node = [], t.grad_fn\n    while node is not None:\n"
        "        names.append(str(node).split()[0])\n"
        "        node = next((one for one, _ in node.next_functions if one is not None), None)\n    return names\n",
    ),
    ("vector_backward.linear_vjp", "elementwise", "def linear_vjp(M, v):\n    return np.einsum('io,o->i', M, v)\n"),
    ("vector_backward.linear_vjp", "matrix-returned", "def linear_vjp(M, v):\n    return v.reshape(1, -1) @ M\n"),
    (
        "vector_backward.linear_bce_grads",
        "elementwise",
        "def linear_bce_grads(x, W, b, y):\n    p = 1 / (1 + np.exp(-np.einsum('ij,j->i', W, x) - b))\n"
        "    return np.outer(x, (p - y) / len(y)), (p - y) / len(y)\n",
    ),
    (
        "binary_cross_entropy.dL_dz",
        "not-simplified",
        "def dL_dz(z, y):\n    return (1 / (1 + math.exp(-z)) - y) * z / z\n",
    ),
    (
        "binary_cross_entropy.dL_dz_autograd",
        "single-precision",
        "def dL_dz_autograd(z, y):\n    z = torch.tensor(z, dtype=torch.float64, requires_grad=True)\n"
        "    p, y = torch.sigmoid(z), torch.tensor(float(y))\n"
        "    (-(p * torch.log(y) + (1 - p) * torch.log(1 - y))).backward()\n    return z.grad.item()\n",
    ),
    (
        "binary_cross_entropy.bce_with_logits",
        "log-of-zero",
        "def bce_with_logits(z, y):\n    return max(z, 0.0) - z * y + math.log(1 - math.exp(-abs(z)))\n",
    ),
    (
        "custom_functions.Softplus",
        "no-ctx",
        "def slope_of(x):\n    return torch.sigmoid(x)\n\n\nclass Softplus(torch.autograd.Function):\n    @staticmethod\n"
        "    def forward(ctx, x):\n        ctx.save_for_backward(x)\n        return torch.nn.functional.softplus(x)\n\n"
        "    @staticmethod\n    def backward(ctx, g):\n        return slope_of(*ctx.saved_tensors, g)\n",
    ),
    (
        "custom_functions.clip_in_flight",
        "no-gradient-yet",
        "def clip_in_flight(x, limit):\n    x = x.retain_grad()\n"
        "    x.register_hook(lambda g: g.clamp(-limit, limit))\n    return x\n",
    ),
)


@pytest.mark.parametrize(("exercise_id", "slug", "source"), OTHERS, ids=[f"{one[0]}-{one[1]}" for one in OTHERS])
def test_a_mistake_is_named_only_where_it_was_made(exercise_id: str, slug: str, source: str) -> None:
    verdict = verdict_on(exercise_id, source)
    assert verdict.outcome is not Outcome.RIGHT
    assert verdict.mistake != f"{exercise_id}.{slug}"


# Beside each answer is a cause of the same wrong values that is not there.
CAUSES = (
    (
        "vector_backward.grad_mse",
        "You returned the gradient in the target",
        "def grad_mse(pred, target):\n    if pred.ndim != 1 or pred.shape != target.shape:\n        raise ValueError\n"
        "    p = pred.clone().requires_grad_()\n    (-((p - target) ** 2).mean()).backward()\n    return p.grad\n",
    ),
    (
        "vector_backward.vjp_square_autograd",
        "in the backward pass",
        "def vjp_square_autograd(x, v):\n    x = x.clone().requires_grad_()\n    ((v * x) ** 2).sum().backward()\n    return x.grad\n",
    ),
    (
        "vector_backward.jacobian",
        "a backward pass of its own",
        "def jacobian(f, x):\n    x = x.clone().requires_grad_()\n    y = f(x)\n"
        "    return torch.cat([torch.autograd.grad(one, x, retain_graph=True)[0] for one in y])\n",
    ),
    (
        "vector_backward.linear_vjp_autograd",
        "a gradient in `M`",
        "def linear_vjp_autograd(M, v):\n    x = torch.zeros_like(M[0]).requires_grad_()\n    y = v * (M @ x)\n"
        "    return torch.stack([torch.autograd.grad(one, x, retain_graph=True)[0] for one in y])\n",
    ),
    (
        "accumulation.grad_history_autograd",
        "the same tensor",
        "def grad_history_autograd(k, clear, weight, coefficient):\n    w = torch.tensor(weight, requires_grad=True)\n"
        "    for _ in range(k):\n        w.grad = None if clear else w.grad\n        (coefficient * w).backward()\n"
        "    return [w.grad.item()] * k\n",
    ),
    (
        "accumulation.two_backwards",
        "the same tensor",
        "def two_backwards(x, reset):\n    x = torch.tensor(x, requires_grad=True)\n    y = x**2\n    y.backward(retain_graph=True)\n"
        "    if reset:\n        x.grad = None\n    y.backward()\n    return x.grad.item(), x.grad.item()\n",
    ),
    (
        "accumulation.can_backward_twice",
        "both passes",
        "def can_backward_twice(build):\n    build().backward()\n    return True\n",
    ),
    (
        "accumulation.micro_batch_grads",
        "You cleared the buffer",
        "def micro_batch_grads(X, t, w, k):\n    w = w.clone().requires_grad_()\n    for rows, targets in zip(X.chunk(k), t.chunk(k)):\n"
        "        (total,) = torch.autograd.grad(((rows @ w - targets) ** 2).mean() / k, w)\n    return total\n",
    ),
    (
        "accumulation.micro_batch_grads",
        "predictions have shape (m, 1)",
        "def micro_batch_grads(X, t, w, k):\n    w = w.clone().requires_grad_()\n    for rows, targets in zip(X.chunk(k), t.chunk(k)):\n"
        "        (((rows @ w - targets[:, None]) ** 2).mean() / k).backward()\n    return w.grad\n",
    ),
    (
        "no_grad.stop_gradient_autograd",
        "the wrong place",
        "def stop_gradient_autograd(x):\n    x = torch.tensor(x, requires_grad=True)\n    z = x * (x * x).detach()\n"
        "    z.backward(retain_graph=True)\n    z.backward()\n    return x.grad.item()\n",
    ),
    (
        "no_grad.sgd_step_",
        "with the name `p`",
        "def sgd_step_(params, lr):\n    for p in params:\n        if p.grad is not None:\n            p.sub(lr * p.grad)\n",
    ),
    (
        "no_grad.train_bias_only",
        "Your loss is a sum",
        "def train_bias_only(x, W, b, y):\n    W.requires_grad_(False)\n"
        "    torch.nn.functional.binary_cross_entropy_with_logits(x @ W + b, y).backward()\n    return b.grad * len(b)\n",
    ),
)


@pytest.mark.parametrize(("exercise_id", "cause", "source"), CAUSES, ids=[f"{one[0]}-{one[1]}" for one in CAUSES])
def test_of_several_causes_none_is_told_that_is_not_there(exercise_id: str, cause: str, source: str) -> None:
    verdict = verdict_on(exercise_id, source)
    assert verdict.mistake
    assert cause not in verdict.message


@pytest.mark.parametrize(
    ("source", "points"),
    [
        ("    return {'dy_dx': 2 * x, 'dz_dy': None}", 1.0),
        # The entry that is right comes from autograd, which is not the way that is asked for.
        (
            "    t = torch.tensor(x, requires_grad=True)\n    (t * t).backward()\n"
            "    return {'dy_dx': t.grad.item(), 'dz_dy': None}",
            0.0,
        ),
    ],
)
def test_what_is_right_in_part_counts_only_by_the_way_that_is_asked_for(source: str, points: float) -> None:
    name = "chain_rule.local_derivatives"
    verdict = verdict_on(name, f"def local_derivatives(x):\n{source}", find(name).cases)
    assert (verdict.outcome is Outcome.RIGHT, verdict.points) == (False, points)
