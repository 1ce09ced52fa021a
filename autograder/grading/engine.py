"""Runs a rebuilt submission behind the walls, and judges it in front of them."""

from __future__ import annotations

import base64
import contextlib
import gc
import re
import secrets
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import groupby
from types import TracebackType
from typing import Any, Self

import torch
from nbformat import NotebookNode

from .. import lessons, view
from ..diagnosis.running import PATIENCE
from ..diagnosis.search import Budget, diagnose
from ..exercise import Case, Exercise
from ..judge import judge, stopped
from ..observation import Observation, UnreadableError
from ..source import defines
from ..verdict import Outcome, Verdict
from . import Tier, sandbox
from .files import File
from .rebuild import CHECK, grade_id_of
from .sandbox import (
    LOST,
    ClosedError,
    Endpoint,
    ForkServer,
    Limits,
    Message,
    SandboxError,
    Wire,
    WireError,
    clean_outputs,
    clean_text,
    limit_met,
    mentioned,
    new_output,
    refusal,
    why_it_ended,
)

# What is imported stays. To look for garbage in all of PyTorch takes longer than to judge an answer.
gc.freeze()

Draw = Callable[[Exercise], Sequence[Case]]

# In bytes, of which base64 makes a third more; a frame holds it.
_PART = 4_000_000

_GRACE = 3.0
# In characters of source, of which JSON makes twelve bytes at most.
_LOAD = 8_000
_START = 120.0
# What the search for the place of one mistake may take. A known mistake says enough without its place. Where one edit mends
# it, that is nearly always among the first.
BUDGET = Budget(variants=300, of_known=24, seconds=0.07)
_PATIENCE = 1.0
# What Python says of a file or a module that is not there.
_NOT_FOUND = re.compile(r"(?:No such file or directory|No module named).*?'([^'\n]{1,100})'")
_MOST_MISSING = 5


@dataclass(frozen=True)
class RunResult:
    """A notebook with its outputs, the verdicts in it, what had to be stopped, and which files its cells did not find.

    `lost` says that the sandbox itself ended on the way.
    """

    notebook: NotebookNode
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...]
    missing: tuple[str, ...] = ()
    lost: bool = False


class Engine:
    """Runs submissions one at a time, each in a fork of a template process behind walls.

    Parameters
    ----------
    endpoint
        A fork server that others use too. Without one, or where that one has ended, the engine starts its own.

    Raises
    ------
    SandboxError
        When the walls can't be put up.
    """

    def __init__(
        self, tier: Tier = "bubblewrap", limits: Limits | None = None, endpoint: Endpoint | None = None
    ) -> None:
        # References are computed on tiny tensors, for which threads only wait for each other.
        torch.set_num_threads(1)
        self.tier = tier
        self.limits = limits or Limits()
        self._endpoint = endpoint
        self._own: ForkServer | None = None
        self._control = self._connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End what the engine has started."""
        self._control.close()
        if self._own is not None:
            self._own.close()

    def run(self, notebook: NotebookNode, draw: Draw, files: Sequence[File] = ()) -> RunResult:
        """Run a notebook's code cells in order; judge its check cells at the inputs that `draw` gives.

        Parameters
        ----------
        notebook
            A rebuilt submission: its check cells are the instructor's. Its outputs are put into it.
        draw
            Returns the inputs for an exercise. They are sent when the check is reached, and not before.
        files
            They are written into the submission's own directory before its first cell runs.

        Raises
        ------
        SandboxError
            When the template process has ended and could not be started again.
        """
        ran = self._run(notebook, draw, files)
        # That the template process ended need not be this submission's doing.
        return self._run(notebook, draw, files) if ran.lost else ran

    def _run(self, notebook: NotebookNode, draw: Draw, files: Sequence[File]) -> RunResult:
        child = self._new_child(mentioned("\n".join(cell["source"] for cell in notebook["cells"])))
        try:
            return _Run(self, child).run(notebook, draw, files)
        except BaseException:
            # The submission may still run, and its end would be taken for that of the next one.
            self._control.close()
            raise
        finally:
            child.close()

    def interrupt(self, number: int) -> None:
        """Ask the template process to interrupt the request with this number, if it is the one that is running."""
        self._tell({"interrupt": number})

    def kill(self) -> None:
        """Ask the template process to end the submission that is running."""
        self._tell({"kill": True})

    def _tell(self, message: Message) -> None:
        # Where it has ended itself, `ended` says so.
        with contextlib.suppress(WireError):
            self._control.send(message)

    def ended(self) -> tuple[int, float]:
        """Wait for the submission to end; return its exit status, and the seconds of processor time it used."""
        for _ in range(3):
            try:
                message = self._control.receive(_GRACE)
                return int(message.get("ended", LOST)), float(message.get("cpu", 0))
            except TimeoutError:
                self.kill()
            except WireError:
                break
        self._control.close()
        return LOST, 0.0

    def _connect(self) -> Wire:
        """Return a control socket to a template process that is ready: to the shared one, or else to one of its own."""
        if self._endpoint is not None:
            with contextlib.suppress(WireError, OSError, TimeoutError):
                control = self._endpoint.connect()
                control.receive(_START)
                return control
            self._endpoint = None
        if self._own is not None:
            self._own.close()
        self._own = sandbox.start(self.tier)
        try:
            control = self._own.endpoint.connect()
            control.receive(_START)
        except (WireError, OSError, TimeoutError):
            said = self._own.last_words()
            self._own.close()
            raise SandboxError(f"the sandbox {self.tier!r} did not start: {said or 'it said nothing'}") from None
        return control

    def _new_child(self, mentions: Sequence[str]) -> Wire:
        """Have the template process fork a submission, and return the socket to it; start it again where it has ended."""
        if self._control.is_open() and (self._own is None or self._own.process.poll() is None):
            with contextlib.suppress(WireError):
                return self._fork(mentions)
        self._control.close()
        self._control = self._connect()
        try:
            return self._fork(mentions)
        except WireError as error:
            raise SandboxError(f"the sandbox ended as soon as it had started: {error}") from None

    def _fork(self, mentions: Sequence[str]) -> Wire:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                settings = {**asdict(self.limits), "tier": self.tier, "forks": sandbox.may_fork(self.tier)}
                self._control.send({**settings, "mentions": mentions}, fd=theirs.fileno())
        except WireError:
            ours.close()
            raise
        return Wire(ours, self.limits.output)


@dataclass(frozen=True)
class _Check:
    """A check that was not right: where its verdict stands, its cell, and what was asked and observed."""

    position: int
    cell: NotebookNode
    exercise: Exercise
    cases: Sequence[Case]
    observation: Observation


class _Run:
    """One submission on its way through its cells."""

    def __init__(self, engine: Engine, child: Wire) -> None:
        self._engine = engine
        self._child = child
        self._over = ""
        self._lost = False
        self._left = engine.limits.wall
        self._notes: list[str] = []
        self._missing: list[str] = []
        # Whether pictures are drawn and kept.
        self._pictures = False
        self._verdicts: list[Verdict] = []
        self._checks: list[_Check] = []
        self._in_variants = 0.0
        # The plain cells that ran, the newest last.
        self._ran: list[NotebookNode] = []

    def run(self, notebook: NotebookNode, draw: Draw, files: Sequence[File]) -> RunResult:
        for file in files:
            self._put(file)
        self._pictures = any(map(_is_graded_by_hand, notebook["cells"]))
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        for count, cell in enumerate(cells, 1):
            cell["execution_count"] = count
        for graded, stretch in groupby(cells, _is_graded):
            if graded:
                for cell in stretch:
                    check = CHECK.fullmatch(cell["source"])
                    known = check is not None and lessons.knows(check[2])
                    cell["outputs"] = self._checked(cell, check[2], draw) if check and known else self._asserted(cell)
            else:
                for load in _loads(stretch):
                    self._run_plain(load)
        if not self._over:
            self._diagnose()
            self._child.close()
            self._engine.ended()
        notes, missing = (tuple(dict.fromkeys(told)) for told in (self._notes, self._missing))
        return RunResult(notebook, tuple(self._verdicts), notes, missing[:_MOST_MISSING], self._lost)

    def _put(self, file: File) -> None:
        for start in range(0, max(len(file.content), 1), _PART):
            part = base64.b64encode(file.content[start : start + _PART]).decode()
            whole = start + _PART >= len(file.content)
            message = {"file": file.name, "content": part, "read_only": file.read_only and whole}
            (reply,) = self._ask((f"the file {file.name!r}", message))
            if reply.get("failed"):
                why = clean_text(str(reply["failed"]))[:200]
                self._notes.append(f"the file {file.name!r} could not be put beside the notebook: {why}")
                return

    def _run_plain(self, cells: Sequence[NotebookNode]) -> None:
        asked = [(_name(cell), {"source": cell["source"], "pictures": self._pictures}) for cell in cells]
        for cell, reply in zip(cells, self._ask(*asked), strict=True):
            cell["outputs"] = self._outputs(cell, reply) or []
            self._ran.append(cell)

    def _asserted(self, cell: NotebookNode) -> list[NotebookNode]:
        (reply,) = self._ask((_name(cell), {"source": cell["source"]}))
        return self._as_graded(self._outputs(cell, reply), float(cell["metadata"]["nbgrader"].get("points", 0)))

    def _outputs(self, cell: NotebookNode, reply: Mapping[str, Any]) -> list[NotebookNode] | None:
        """Return what a cell put out; None where that can't be read."""
        outputs = clean_outputs(reply, cell["execution_count"])
        for output in outputs or []:
            limit = limit_met(output.ename, output.evalue, self._engine.limits) if output.output_type == "error" else ""
            if limit:
                self._notes.append(f"{_name(cell)} {limit}")
            elif output.output_type == "error" and (found := _NOT_FOUND.search(output.evalue)):
                what = "file" if output.ename == "FileNotFoundError" else "module"
                self._missing.append(f"{_name(cell)} asked for the {what} {found[1]!r}, which is not there")
        return outputs

    def _as_graded(self, outputs: list[NotebookNode] | None, points: float) -> list[NotebookNode]:
        """Return the outputs of an instructor's assert cell so that nbgrader gives points only to one that ran.

        A cell without an error on it gets all its points there, or those that its value says.
        """
        reason = self._over
        for output in outputs or []:
            # nbgrader gives 0 for a word on stderr. A warning is no wrong answer.
            if output.output_type == "stream":
                output.name = "stdout"
            if output.output_type == "execute_result" and not _is_score(output, points):
                reason = reason or "its value is no number of points"
        if outputs is None:
            reason = reason or "what it sent could not be read"
        if not reason:
            return outputs or []
        # It comes first: nbgrader takes the first that tells it something.
        return [new_output("error", ename="NotGraded", evalue=reason, traceback=[reason]), *(outputs or [])]

    def _checked(self, cell: NotebookNode, exercise_id: str, draw: Draw) -> list[NotebookNode]:
        verdict = self._verdict(cell, lessons.find(exercise_id), draw)
        self._verdicts.append(verdict)
        return _verdict_outputs(verdict, cell["execution_count"])

    def _verdict(self, cell: NotebookNode, exercise: Exercise, draw: Draw) -> Verdict:
        cases = tuple(draw(exercise))
        message = {"exercise": exercise.id, "cases": [case.to_plain() for case in cases]}
        (reply,) = self._ask((f"the check of {exercise.id}", message))
        observation = reply.get("observation")
        if not isinstance(observation, str):
            reason = self._over or "the check sent nothing that could be read"
            return Verdict(exercise.id, Outcome.UNREADABLE, 0, exercise.points, "", f"Not checked: {reason}.")
        seen = _observation(observation)
        if seen is None:
            return _cleaned(judge(exercise, cases, observation))
        verdict = judge(exercise, cases, seen)
        error = self._error_of(exercise.name) if verdict.outcome is Outcome.NOT_ATTEMPTED else None
        if error is not None and seen.answer is None:
            verdict = stopped(exercise, error.ename, error.evalue)
            return _cleaned(self._told(verdict, refusal(error.ename, error.evalue, self._engine.limits)))
        met = self._refusal_of(seen) if verdict.outcome is Outcome.RAISED else ""
        if met:
            self._notes.append(f"the answer to {exercise.id} {met}")
            verdict = self._told(verdict, met)
        # What the walls refused is the cause: there is no place of a mistake to look for.
        elif verdict.outcome not in (Outcome.RIGHT, Outcome.UNREADABLE):
            self._checks.append(_Check(len(self._verdicts), cell, exercise, cases, seen))
        return _cleaned(verdict)

    def _refusal_of(self, seen: Observation) -> str:
        """Return which limit or wall an answer's exception tells of, in words; "" for none."""
        raised = next((call.raised for call in seen.calls if call.raised is not None), None)
        return "" if raised is None else refusal(raised.types[0], raised.text, self._engine.limits)

    def _told(self, verdict: Verdict, met: str) -> Verdict:
        """Say first what the walls refused: that is no mistake in the student's mathematics."""
        # Without walls, the error is the machine's own.
        if not met or self._engine.tier == "none":
            return verdict
        return replace(verdict, message=f"Your code {met}. {verdict.message}")

    def _error_of(self, name: str) -> NotebookNode | None:
        """Return the error of the newest cell that defines a name; None where that cell ran to its end."""
        cell = next((one for one in reversed(self._ran) if defines(one["source"], name)), None)
        return next((one for one in (cell or {}).get("outputs", ()) if one.output_type == "error"), None)

    def _diagnose(self) -> None:
        """Look for the place of each mistake, once all is checked: whatever comes of it, points and notes stay."""
        try:
            for check in self._checks:
                run = partial(self._variants, check.exercise)
                before = self._verdicts[check.position]
                found = diagnose(check.exercise, check.cases, check.observation, before, run, BUDGET, self._clock)
                if found is not before:
                    self._verdicts[check.position] = verdict = _cleaned(found)
                    check.cell["outputs"] = _verdict_outputs(verdict, check.cell["execution_count"])
        except TimeoutError:
            self._engine.kill()
        except WireError:
            pass

    def _clock(self) -> float:
        """Return the processor time taken so far, here and by variants in the child."""
        return time.thread_time() + self._in_variants

    def _variants(
        self, exercise: Exercise, sources: Sequence[str], cases: Sequence[Case], seconds: float, probed: bool
    ) -> Sequence[Observation | None]:
        number = secrets.randbits(48)
        message = {"variants": sources, "exercise": exercise.id, "cases": [case.to_plain() for case in cases]}
        start = time.monotonic()
        self._child.send({"id": number, **message, "seconds": seconds, "probed": probed}, timeout=_PATIENCE)
        reply = self._child.receive(PATIENCE * seconds + _PATIENCE)
        seen, took, waited = reply.get("seen"), reply.get("took"), time.monotonic() - start
        # What a child says that it took is believed within what it can have taken.
        self._in_variants += took if isinstance(took, float) and 0 <= took <= waited else waited
        if reply.get("id") != number or not isinstance(seen, list):
            raise WireError("an answer to another question")
        return [_observation(one) for one in seen[: len(sources)]]

    def _ask(self, *asked: tuple[str, Message]) -> Iterator[Mapping[str, Any]]:
        """Send messages, each with the name of what is asked, and yield the replies; {} for one that didn't come.

        All are sent at once: to wait for one reply before the next question would cost more than most cells.
        """
        # Nothing can be answered that was not asked yet: what a reply has to name can't be guessed.
        messages = [{"id": secrets.randbits(48), **message} for _, message in asked]
        for message, (name, _) in zip(messages, asked, strict=True):
            yield self._reply(message["id"], name, messages if message is messages[0] else ())

    def _reply(self, number: int, name: str, messages: Sequence[Message]) -> Mapping[str, Any]:
        """Send messages, and return the reply to the one with this number; {} where none came, and then a note says why."""
        if self._over:
            return {}
        start = time.monotonic()
        try:
            reply = self._exchange(number, name, messages)
        except TimeoutError:
            self._kill()
            if time.monotonic() - start >= self._left:
                self._end(f"it used more than {self._engine.limits.wall:g} s altogether, which ended the run")
            else:
                self._end(f"{name} could not be interrupted, which ended the run")
            return {}
        except ClosedError as error:
            self._child.close()
            status, cpu = self._engine.ended()
            self._lost = status == LOST
            self._end(f"{name} ended the run: {why_it_ended(status, cpu, self._engine.limits, str(error))}")
            return {}
        except WireError as error:
            self._kill()
            self._end(f"{name} ended the run: it sent {error}")
            return {}
        self._left -= time.monotonic() - start
        return reply

    def _exchange(self, number: int, name: str, messages: Sequence[Message]) -> Mapping[str, Any]:
        patience = min(self._engine.limits.cell_timeout, self._left)
        if messages:
            self._child.send(*messages, timeout=max(patience, 0.001))
        try:
            reply = self._child.receive(patience)
        except TimeoutError:
            if patience == self._left:
                raise
            self._notes.append(f"{name} did not come to an end and was stopped")
            self._engine.interrupt(number)
            reply = self._child.receive(_GRACE)
        if reply.get("id") != number:
            raise WireError("an answer to another question")
        return reply

    def _kill(self) -> None:
        self._engine.kill()
        self._engine.ended()

    def _end(self, why: str) -> None:
        self._over = why
        self._notes.append(why)


def _observation(text: object) -> Observation | None:
    """Return what was observed of an answer or a variant; None where it can't be read."""
    if not isinstance(text, str):
        return None
    try:
        return Observation.from_json(text)
    except UnreadableError:
        return None


def _cleaned(verdict: Verdict) -> Verdict:
    """Return a verdict without what a terminal or a page could not show."""
    told, answer, printed = (clean_text(text) for text in (verdict.message, verdict.answer, verdict.printed))
    finding = verdict.finding
    if finding is not None:
        place = finding.place
        text, function, code, entry = (clean_text(one) for one in (place.text, place.function, place.code, place.entry))
        place = replace(place, text=text, function=function, code=code, entry=entry)
        finding = replace(finding, sentence=clean_text(finding.sentence), place=place)
    return replace(verdict, message=told, answer=answer, printed=printed, finding=finding)


def _is_score(output: NotebookNode, most: float) -> bool:
    """Return whether nbgrader can tell how many points a cell's value stands for; one that is no number is for all."""
    text = output.data.get("text/plain")
    if not text:
        return False
    try:
        return 0 <= float(text) <= most
    except ValueError:
        return True


def _is_graded(cell: NotebookNode) -> bool:
    """Return whether a cell's points come from running it. It is sent when it is reached, and not before."""
    nbgrader = cell["metadata"].get("nbgrader", {})
    return bool(nbgrader.get("grade")) and not nbgrader.get("solution")


def _is_graded_by_hand(cell: NotebookNode) -> bool:
    """Return whether a person gives points for a cell, who may want to see what was drawn."""
    nbgrader = cell["metadata"].get("nbgrader", {})
    by_hand = nbgrader.get("task") or (nbgrader.get("grade") and nbgrader.get("solution"))
    return bool(by_hand) and float(nbgrader.get("points", 0)) > 0


def _loads(cells: Iterable[NotebookNode]) -> Iterator[list[NotebookNode]]:
    """Part cells such that those of a part, or all but its first, fit into the socket's buffer at once.

    With more, the child might wait for its reply to be taken, while it is waited for to take the next cell.
    """
    load: list[NotebookNode] = []
    size = 0
    for cell in cells:
        size += len(cell["source"])
        if load and size > _LOAD:
            yield load
            load, size = [], len(cell["source"])
        load.append(cell)
    if load:
        yield load


def _name(cell: NotebookNode) -> str:
    grade_id = grade_id_of(cell)
    return f"the answer cell {grade_id!r}" if grade_id else "a cell"


def _verdict_outputs(verdict: Verdict, count: int) -> list[NotebookNode]:
    return [new_output("execute_result", data=view.bundle(verdict), execution_count=count)]
