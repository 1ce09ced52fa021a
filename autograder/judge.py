"""Judges an observation by its exercise and returns a verdict. Pure: it runs, imports and unpickles nothing of the student.

The judge tries the outcomes in the order of `Outcome`. The first that fits gives the message. An observation that can't
be read is worth 0 points, and the message says why.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import msgspec
import numpy as np

from . import lessons
from . import mistakes as known
from .comparing import adds_up, broke, first_wrong, is_mistake, mostly_wrong, share, telling_ratio
from .describe import shown
from .diagnosis import (
    Wrong,
    explain,
    parameters_of,
    small_step,
    smallest_wrong,
    unused_leaf,
    unused_parameter,
    why_none,
)
from .diagnosis.text import text_of
from .exercise import Array, Build, Case, Exercise, Input, Raises
from .finding import Finding, Place
from .means import difference_seen, other_than_by_hand, why_flagged
from .mistake import Point, entry_of
from .observation import Call, Observation, UnreadableError, Value
from .raised import meaning
from .reading import Part, Problem, moved, not_finite, numbers_in, read, subject, what_is
from .source import names_taken
from .verdict import OF_VALUES, Outcome, Verdict

# How a sentence begins that tells an exception.
RAISED = "The call raised"


# A check neither raises nor warns, for any numbers of an answer and any settings of NumPy.
@np.errstate(all="ignore")
def judge(exercise: Exercise, cases: Sequence[Case], observation: Observation | str) -> Verdict:
    """Judge an answer by the probe's observation of it.

    Parameters
    ----------
    exercise, cases
        The exercise, and the inputs at which the answer was called.
    observation
        The probe's observation of the answer, or its JSON text.

    Returns
    -------
    Verdict
        Never raises, whatever is in an observation. One that can't be read is "unreadable" and worth 0.
    """
    if isinstance(observation, str):
        try:
            observation = Observation.from_json(observation)
        except UnreadableError as error:
            return _verdict(exercise, Problem(Outcome.UNREADABLE, str(error)))
    if observation.failed:
        message = (
            f"The check itself failed, with {observation.failed}. Something in this notebook has changed what the check "
            "needs. Restart the kernel, and run the cells from the top."
        )
        return _verdict(exercise, Problem(Outcome.UNREADABLE, message))
    problem = _not_an_answer(exercise, observation)
    if problem is not None:
        return _verdict(exercise, problem)
    calls = observation.calls
    cases = (Case(),) if exercise.way == "recorded" else cases
    if observation.exercise != exercise.id or len(calls) != len(cases):
        message = f"Expected {exercise.id!r} with {len(cases)} calls; got {observation.exercise!r} with {len(calls)}."
        return _verdict(exercise, Problem(Outcome.UNREADABLE, message))
    points = [Point(exercise.arguments(one), exercise.right_answer(one)) for one in cases]
    problem = _raised(points, calls)
    if problem is not None:
        cause = _cause(exercise, cases, points, observation, problem) or _unused(exercise, problem, observation)
        return _verdict(exercise, cause or _named(exercise, problem, points, observation), 0.0, cases, calls)

    rows, problem = _read_all(points, calls)
    problem = smallest_wrong(exercise, points, calls, rows) or problem or _wrong_state(exercise, points, observation)
    if problem is None:
        wrong = first_wrong(exercise, rows)
        problem = (
            _wrong(exercise, points, calls, rows, *wrong)
            if wrong is not None
            else _not_through_engine(exercise, observation)
            or _other_passes(exercise, points, calls)
            or difference_seen(exercise, observation, cases, rows)
        )
    if problem is None:
        verdict = _verdict(exercise, Problem(Outcome.RIGHT, ""), 1.0, cases, calls)
        return replace(verdict, flag=why_flagged(exercise, observation, cases, rows))
    cause = _cause(exercise, cases, points, observation, problem)
    if cause is None:
        problem = _named(exercise, problem, points, observation)
        cause = _explained(_wrong_answer(exercise, cases, points, rows, observation, problem), problem)
    earned = 0.0 if problem.outcome is Outcome.WRONG_STATE else share(exercise, rows)
    # What is right in a wrong answer counts only where it came by the way that is asked for.
    if earned and (_other_means(exercise, observation) or _not_through_engine(exercise, observation)) is not None:
        earned = 0.0
    return _verdict(exercise, cause, earned, cases, calls)


def stopped(exercise: Exercise, name: str, text: str, is_old: bool = False) -> Verdict:
    """Return the verdict on an answer whose cell stopped with an error before it defined the answer.

    Parameters
    ----------
    name, text
        The error's class and its message.
    is_old
        Whether an answer from an earlier run of the cell is still defined. It is not judged.
    """
    # Python names a cell by a number, which tells a student nothing.
    said = re.sub(r"\([^()]*?(line \d+)\)$", r"in \1", f"{name}: {text[:_ERROR].strip()}".rstrip(": ."))
    cell, so = f"cell that defines `{exercise.name}`", ""
    match name:
        case "SyntaxError" | "IndentationError" | "TabError":
            found, advice = f"Python can't read the {cell}: {said}.", "Correct it."
            if "incomplete input" in text:
                advice = "Close each bracket and each quote, and write a body below each line that ends in a colon."
        case "KeyboardInterrupt":
            found, advice = f"The {cell} took too long and was interrupted.", "Check that each loop stops."
        case _:
            found, advice = f"The {cell} stopped with {said}.", "Correct the cell."
            so = f" So `{exercise.name}` is not defined."
            if name == "NameError":
                advice = "If a cell above defines the missing name, run that cell first. If not, correct the name."
    if is_old:
        so = f" So your last change did not run, and `{exercise.name}` is still the old one."
    message = f"{found}{so} {advice} Then run the cell and this one again."
    return _verdict(exercise, Problem(Outcome.RAISED, message))


# In characters of an error's text, of an answer, and of the inputs of an `ask`.
_ERROR, _ANSWER, _MOST_OF_INPUTS = 300, 500, 200


# The outcomes before any value is looked at


def _not_an_answer(exercise: Exercise, observation: Observation) -> Problem | None:
    answer = observation.answer
    if answer is None:
        message = f"`{exercise.name}` is not defined yet. Run the cell that defines it, then this one again."
        return Problem(Outcome.NOT_ATTEMPTED, message)
    if _is_blank(answer):
        return Problem(Outcome.NOT_ATTEMPTED, f"Put your answer into `{exercise.name}`, then run this cell again.")
    if exercise.way == "recorded":
        return None
    if answer.kind != "callable":
        message = f"Expected a function, `def {exercise.name}(…):`; got {what_is(answer)}."
        return Problem(Outcome.WRONG_TYPE, message)
    stubs = [call.raised for call in observation.calls if call.raised is not None and call.raised.stub]
    mine = next((raised for raised in stubs if raised.is_stub_of(exercise.name)), None)
    if mine is not None:
        message = f"Write the body of `{mine.stub}` in place of `raise NotImplementedError`, then run both cells."
        return Problem(Outcome.NOT_ATTEMPTED, message)
    if stubs:
        # Where `ask` asks, it may have called the other one before it came to the answer.
        outcome, caller = (
            (Outcome.RAISED, f"`{exercise.name}`")
            if exercise.ask is None
            else (Outcome.NOT_ATTEMPTED, f"The check of `{exercise.name}`")
        )
        message = (
            f"{caller} calls `{stubs[0].stub}`, and `{stubs[0].stub}` has no body yet. Write it in place of "
            "`raise NotImplementedError`. Then run its cell and this one."
        )
        return Problem(outcome, message)
    return None


def _is_blank(value: Value) -> bool:
    """Whether the dots still stand where the answer belongs."""
    return value.kind in ("blank", "nothing") or (bool(value.items) and all(_is_blank(item) for item in value.items))


def _raised(points: Sequence[Point], calls: Sequence[Call]) -> Problem | None:
    for index, (point, call) in enumerate(zip(points, calls, strict=True)):
        if call.raised is None:
            continue
        if isinstance(point.reference, Raises) and {point.reference.kind, point.reference.also} & set(
            call.raised.types
        ):
            continue
        # PyTorch explains at length what the sentence before it says in short.
        text = call.raised.text.partition(". ")[0].partition(" (or ")[0].rstrip(".")
        said = f"{call.raised.types[0]}: {text}" if text else call.raised.types[0]
        where = f" at the line `{call.raised.line}`" if call.raised.line else ""
        return Problem(Outcome.RAISED, f"{RAISED} {said}{where}.", "", index)
    return None


def _named(exercise: Exercise, problem: Problem, points: Sequence[Point], observation: Observation) -> Problem:
    """Give a problem without a name the name and the message of the first mistake that shows in its call.

    What was found already, as an expression that is wrong, knows more.
    """
    if problem.slug or problem.finding is not None:
        return problem
    call, arguments = observation.calls[problem.case], points[problem.case].arguments
    for mistake in (*exercise.mistakes, *known.SHOWN):
        if mistake.is_shown(call, arguments, observation.source):
            said = f" {problem.message}" if problem.outcome is Outcome.RAISED else ""
            return replace(problem, message=mistake.message + said, slug=mistake.slug)
    if problem.outcome is Outcome.RAISED and (raised := call.raised) is not None:
        return replace(problem, message=f"{meaning(raised.types, raised.text)} {problem.message}".lstrip())
    return problem


def _unused(exercise: Exercise, problem: Problem, observation: Observation) -> Problem | None:
    """Return as the cause of an exception that nothing is computed from a tensor whose `.grad` is read."""
    raised = observation.calls[problem.case].raised
    if raised is None or not {"AttributeError", "RuntimeError", "TypeError"} & set(raised.types):
        return None
    finding = unused_leaf(text_of(observation.source), exercise.name)
    if finding is None:
        return None
    return replace(problem, message=f"{finding.sentence} {problem.message}", finding=finding)


def _cause(
    exercise: Exercise, cases: Sequence[Case], points: Sequence[Point], observation: Observation, problem: Problem
) -> Problem | None:
    """Return what is wrong with most numbers, if the problem is a call in which numbers left their range.

    That they did is then a consequence, or the smaller mistake. A known mistake that shows there knows more than evidence.
    """
    calls = observation.calls
    if exercise.ask is not None or not broke(calls[problem.case]):
        return None
    consequence = _named(exercise, problem, points, observation)
    kept = [i for i, one in enumerate(points) if not broke(calls[i]) and not isinstance(one.reference, Raises)]
    cases, points = [cases[i] for i in kept], [points[i] for i in kept]
    observation = msgspec.structs.replace(observation, calls=tuple(calls[i] for i in kept))
    rows, other = _read_all(points, observation.calls)
    wrong = first_wrong(exercise, rows)
    if wrong is None or not mostly_wrong(rows) or other or _wrong_state(exercise, points, observation):
        return None
    cause = _named(exercise, _wrong(exercise, points, observation.calls, rows, *wrong), points, observation)
    cause = _explained(_wrong_answer(exercise, cases, points, rows, observation, cause), cause)
    if consequence.slug and not cause.slug and cause.finding is not None and cause.finding.kind.startswith("evidence."):
        return None
    said = f" {problem.message}" if problem.outcome is Outcome.RAISED else ""
    return replace(cause, message=cause.message + said, case=kept[cause.case])


def _read_all(points: Sequence[Point], calls: Sequence[Call]) -> tuple[list[list[Part]], Problem | None]:
    """Read the value of each call beside its reference. Return the parts, and the first problem in the order of outcomes."""
    rows: list[list[Part]] = []
    problems: list[Problem] = []
    for index, (point, call) in enumerate(zip(points, calls, strict=True)):
        row: list[Part] = []
        rows.append(row)
        if isinstance(point.reference, Raises):
            if call.raised is None:
                message = f"Expected this call to raise a `{point.reference.kind}`; it raised nothing."
                problems.append(Problem(Outcome.WRONG, message, "should-raise", index))
            continue
        value = call.value or Value(kind="nothing", type="NoneType")
        problem = read(point.reference, value, "", row) or not_finite(row)
        if problem is not None:
            problems.append(replace(problem, case=index))
    order = list(Outcome)
    return rows, min(problems, key=lambda problem: order.index(problem.outcome), default=None)


def _wrong_state(exercise: Exercise, points: Sequence[Point], observation: Observation) -> Problem | None:
    for index, (point, call) in enumerate(zip(points, observation.calls, strict=True)):
        if call.changed and not exercise.changes:
            ordinal = ("first", "second", "third", "fourth", "fifth")[min(call.changed[0], 4)]
            message = f"The call changed its {ordinal} argument. Leave the arguments as they are: work on a copy."
            return Problem(Outcome.WRONG_STATE, message, "argument-changed", index)
        if call.left_off:
            message = (
                "After the call, tracking is off for the whole program. Turn it off in a `with` block, which ends."
            )
            return Problem(Outcome.WRONG_STATE, message, "tracking-left-off", index)
        for mistake in exercise.mistakes:
            if mistake.is_shown(call, point.arguments, observation.source):
                return Problem(Outcome.WRONG_STATE, mistake.message, mistake.slug, index)
    taken = names_taken(observation.source)
    for mistake in exercise.mistakes:
        said = mistake.shows is None and mistake.says is not None and mistake.says(observation.source)
        if said or taken & mistake.calls:
            return Problem(Outcome.WRONG_STATE, mistake.message, mistake.slug)
    return _other_means(exercise, observation)


def _other_means(exercise: Exercise, observation: Observation) -> Problem | None:
    """Refuse other means than the exercise asks for."""
    used_autograd = any(call.engine_runs or call.forward_mode for call in observation.calls)
    if exercise.way == "hand":
        return other_than_by_hand(exercise, observation, used_autograd)
    if exercise.way == "autograd" and not used_autograd:
        message = (
            "No backward pass ran, so your result does not come from autograd. Let autograd compute the derivative."
        )
        return Problem(Outcome.WRONG_STATE, message, "formula-by-autograd")
    return None


def _not_through_engine(exercise: Exercise, observation: Observation) -> Problem | None:
    """Refuse right values that do not change when each gradient that enters the engine is doubled, or halved."""
    if exercise.way != "autograd":
        return None
    index, last = [(i, call.value) for i, call in enumerate(observation.calls) if call.value is not None][-1]
    if observation.scaled is None:
        return Problem(Outcome.UNREADABLE, "The observation lacks the call with changed gradients.", "", index)
    # An answer that checks itself may raise when its gradients are changed. Then it came through the engine.
    scaled = observation.scaled.value
    if scaled is None:
        return None
    pairs = [(last, scaled)]
    # Where the answer is the derivative of a function, each entry of it is.
    if exercise.forward is not None and last.items and len(last.items) == len(scaled.items):
        pairs = list(zip(last.items, scaled.items, strict=True))
    still = [not moved(before, after) for before, after in pairs]
    if not any(still):
        return _unmoved_entry(exercise, last, scaled, index)
    if not (observation.scaled.engine_runs or observation.scaled.forward_mode):
        message = (
            "Called again at the same point, your function ran no backward pass: it returned what it had kept. Return the "
            "gradient that autograd computes in this call."
        )
        return Problem(Outcome.WRONG_STATE, message, "formula-by-autograd")
    what = "your result" if all(still) else "a part of your result"
    message = f"A backward pass ran, and {what} does not come from it. Return the gradient that autograd computed."
    return Problem(Outcome.WRONG_STATE, message, "formula-by-autograd")


def _unmoved_entry(exercise: Exercise, last: Value, scaled: Value, index: int) -> Problem | None:
    """Refuse an entry that a known mistake leaves as it is when every gradient in the engine is changed."""
    for mistake in exercise.mistakes:
        for key in mistake.unmoved:
            entry = entry_of(last, key)
            if numbers_in(entry).size and not moved(entry, entry_of(scaled, key)):
                return Problem(Outcome.WRONG_STATE, mistake.message, mistake.slug, index)
    return None


def _other_passes(exercise: Exercise, points: Sequence[Point], calls: Sequence[Call]) -> Problem | None:
    """Refuse right values that came from more or fewer backward passes than the exercise asks for."""
    if exercise.passes is None:
        return None
    for index, (point, call) in enumerate(zip(points, calls, strict=True)):
        expected, got = exercise.passes(*point.arguments), len(call.engine_runs)
        if got != expected:
            passes = "backward pass" if expected == 1 else "backward passes"
            message = f"The result is right. Expected {expected} {passes}; got {got}."
            return Problem(Outcome.WRONG_STATE, message, "number-of-passes", index)
    return None


def _wrong_answer(
    exercise: Exercise,
    cases: Sequence[Case],
    points: Sequence[Point],
    rows: Sequence[Sequence[Part]],
    observation: Observation,
    problem: Problem,
) -> Wrong:
    write_call = partial(_call_text, exercise)
    return Wrong(exercise, cases, points, rows, observation.calls, observation.source, problem.case, write_call)


def _explained(wrong: Wrong, problem: Problem) -> Problem:
    """Say where a wrong answer is wrong and why, if no known mistake says it."""
    if problem.finding is not None:
        return problem
    if not problem.slug and problem.outcome is Outcome.WRONG:
        finding: Finding | None = explain(wrong, lessons.siblings(wrong.exercise))
    elif problem.slug == "should-raise":
        finding = unused_parameter(wrong)
    elif problem.slug in ("", "backward-returns-none"):
        finding = why_none(wrong)
        if finding is None and problem.message.endswith("got None."):
            finding = unused_leaf(wrong.text, wrong.exercise.name)
    else:
        finding = None
    step = small_step(wrong) if problem.outcome in OF_VALUES else None
    evidence = step.sentence if step is not None and step != finding else ""
    message = problem.message if finding is None else finding.sentence
    return replace(problem, message=message, finding=finding, evidence=evidence)


def _wrong(
    exercise: Exercise,
    points: Sequence[Point],
    calls: Sequence[Call],
    rows: Sequence[Sequence[Part]],
    i: int,
    j: int,
) -> Problem:
    """Describe a wrong value: as a known mistake, by a telling ratio, or by the place where it differs."""
    for mistake in (*exercise.mistakes, *known.general(exercise)):
        if is_mistake(mistake, exercise, points, rows):
            return Problem(Outcome.KNOWN_MISTAKE, mistake.message, mistake.slug, i)
    if adds_up(exercise, rows):
        mistake = known.STALE_ACCUMULATION if any(call.engine_runs for call in calls) else known.KEPT_SUM
        return Problem(Outcome.KNOWN_MISTAKE, mistake.message, mistake.slug, i)
    ratio = telling_ratio(exercise, rows)
    if ratio is not None:
        return replace(ratio, case=i)
    part = rows[i][j]
    if exercise.by_effect and isinstance(part.reference, bool | str):
        # The part says in a word what the call did. The student did not return it.
        said = f"{subject(part.path)} is {part.got}. Expected {part.reference}."
        return Problem(Outcome.WRONG, said, "", i, Finding("evidence.effect", said, Place(entry=part.path)))
    return Problem(Outcome.WRONG, f"{subject(part.path)} is wrong.", "", i)


# The verdict


def _verdict(
    exercise: Exercise,
    problem: Problem,
    earned: float = 0.0,
    cases: Sequence[Case] = (),
    calls: Sequence[Call] = (),
) -> Verdict:
    right = problem.outcome is Outcome.RIGHT
    call, one = (calls[problem.case], cases[problem.case]) if calls else (None, None)
    answer = _effect_text(call, problem) if exercise.by_effect else _answer_text(call, right)
    return Verdict(
        exercise=exercise.id,
        outcome=problem.outcome,
        points=round(earned * exercise.points, 4) if not right else exercise.points,
        max_points=exercise.points,
        mistake=f"{exercise.id}.{problem.slug}" if problem.slug else "",
        message=_of_effect(problem.message) if exercise.by_effect else problem.message,
        call=(_call_text(exercise, one) or (_inputs_text(exercise, one) if answer else "")) if one is not None else "",
        answer=answer,
        printed=call.printed if call is not None else "",
        hints=() if right else exercise.hints,
        after=exercise.after if right else "",
        finding=problem.finding,
        evidence=problem.evidence,
    )


def _of_effect(message: str) -> str:
    """Call a measured entry an effect of the call, because the student did not return it."""
    message = re.sub(r"The entry `\[(['\"])(.*?)\1\](.*?)`", r"After the call, `\2\3`", message)
    return re.sub(r"the entry `\[(['\"])(.*?)\1\](.*?)`", r"`\2\3`", message)


def _answer_text(call: Call | None, right: bool) -> str:
    """Return the text of an answer, cut to a few lines. A right one has four digits: more of them depend on the machine."""
    if call is None or call.value is None:
        return ""
    # What is empty is seen only between quotes.
    text = call.value.text or ("''" if call.value.kind == "text" and not right else "")
    text = text if len(text) <= _ANSWER else text[: _ANSWER - 1] + "…"
    return _DECIMAL.sub(_to_four_digits, text) if right else text


def _effect_text(call: Call | None, problem: Problem) -> str:
    """Return the numbers of the measured entry that a finding is about; "" where it is about something else."""
    entry = problem.finding.place.entry if problem.finding is not None else ""
    if call is None or call.value is None:
        return ""
    entries = zip(call.value.keys, call.value.items, strict=False)
    measured = ((key, one) for key, one in entries if one.kind in ("array", "number") and entry == f"[{key!r}]")
    return next((f"{key} = {_numbers_text(one)}" for key, one in measured), "")


def _numbers_text(value: Value) -> str:
    """Return the text of a number or an array, which is written down for whole answers alone."""
    if not value.shape:
        return shown(value.numbers[0])
    text = shown(np.array(value.numbers).reshape(value.shape))
    return text.replace("array(", "tensor(", 1) if value.type == "torch.Tensor" else text


def _to_four_digits(number: re.Match[str]) -> str:
    return str(float(f"{float(number[0]):.4g}"))


_DECIMAL = re.compile(r"\d+\.\d+(?:e[+-]\d+)?")


def _call_text(exercise: Exercise, one: Case) -> str:
    if exercise.way == "recorded":
        return exercise.name
    if exercise.ask is not None:
        return ""
    return f"{exercise.name}({', '.join(_input_text(argument) for argument in one.arguments)})"


def _inputs_text(exercise: Exercise, one: Case) -> str:
    """Return the inputs at which an `ask` used an answer, under its own names; "" where they are long or a whole program."""
    names = parameters_of(exercise.ask)[1:] if exercise.ask is not None else ()
    pairs = zip(names, one.arguments, strict=False)
    said = ", ".join(f"{name} = {_input_text(argument)}" for name, argument in pairs)
    return said if len(said) <= _MOST_OF_INPUTS and "program" not in names else ""


def _input_text(argument: Input) -> str:
    match argument:
        case Build(builder, numbers):
            said = (f"{number:g}" if isinstance(number, int | float) else f"{number}" for number in numbers)
            return f"{builder}({', '.join(said)})" if numbers else builder
        case Array(data, kind):
            return f"{'array' if kind == 'numpy' else 'tensor'}({_input_text(data)})"
        case tuple():
            return f"[{', '.join(_input_text(item) for item in argument)}]"
    return repr(argument)
