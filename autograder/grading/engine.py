"""Runs a rebuilt submission behind the walls, and judges it in front of them."""

from __future__ import annotations

import copy
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from types import TracebackType
from typing import Any, Self

import torch
from nbformat import NotebookNode
from nbformat.v4 import new_output

from .. import lessons, view
from ..exercise import Case, Exercise
from ..judge import judge
from ..verdict import MIME_TYPE, Outcome, Verdict
from . import sandbox
from .sandbox import Limits, SandboxError, Tier
from .wire import Wire, WireError

Draw = Callable[[Exercise], Sequence[Case]]

_CHECK = re.compile(r"""\s*check\((["'])([\w.]+)\1\)\s*""")
_GRACE = 3.0
_START = 120.0


@dataclass(frozen=True)
class Ran:
    """A notebook with its outputs, the verdicts in it, and what had to be stopped."""

    notebook: NotebookNode
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...]


class Engine:
    """One warm process behind walls. It runs one submission at a time, each in a fork of its own."""

    def __init__(self, tier: Tier = "bubblewrap", limits: Limits | None = None) -> None:
        # References are computed on tiny tensors, for which threads only wait for each other.
        torch.set_num_threads(1)
        self.tier = tier
        self.limits = limits or Limits()
        self._process, self._control = sandbox.start(tier)
        try:
            self._control.receive(_START)
        except (WireError, TimeoutError):
            said = self._stderr()
            self.close()
            raise SandboxError(
                f"the sandbox did not start: {said or 'it said nothing'}. Where user namespaces are refused, a "
                "machine's administrator can allow them; AUTOGRADER_SANDBOX=none grades without walls."
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the warm process and all that is in it."""
        self._control.close()
        self._process.kill()
        self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()

    def run(self, notebook: NotebookNode, draw: Draw) -> Ran:
        """Run a notebook's code cells in order; judge its check cells at the inputs that `draw` gives.

        Parameters
        ----------
        notebook
            A rebuilt submission: its check cells are the instructor's.
        draw
            Returns the inputs for an exercise. They are sent when the check is reached, and not before.
        """
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                limits = {**asdict(self.limits), "namespaces": self.tier == "bubblewrap"}
                self._control.send(limits, theirs.fileno())
            return _Run(self, Wire(ours, self.limits.output)).run(copy.deepcopy(notebook), draw)
        finally:
            ours.close()

    def tell(self, what: str) -> None:
        """Ask the warm process to "interrupt" or to "kill" the submission that is running."""
        self._control.send({"do": what})

    def ended(self) -> int:
        """Wait for the submission to end and return its exit status; 128 and more for a signal."""
        try:
            return int(self._control.receive(_GRACE).get("ended", 70))
        except TimeoutError:
            self.tell("kill")
            return int(self._control.receive(_GRACE).get("ended", 70))

    def _stderr(self) -> str:
        self._process.kill()
        raw = self._process.stderr.read() if self._process.stderr is not None else b""
        return " ".join(raw.decode(errors="replace").split())[-300:]


class _Run:
    """One submission on its way through its cells."""

    def __init__(self, engine: Engine, child: Wire) -> None:
        self._engine = engine
        self._child = child
        self._over = ""
        self._notes: list[str] = []
        self._verdicts: list[Verdict] = []

    def run(self, notebook: NotebookNode, draw: Draw) -> Ran:
        count = 0
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                count += 1
                cell["execution_count"] = count
                cell["outputs"] = self._run_cell(cell, draw)
        if not self._over:
            self._child.close()
            self._engine.ended()
        return Ran(notebook, tuple(self._verdicts), tuple(self._notes))

    def _run_cell(self, cell: NotebookNode, draw: Draw) -> list[NotebookNode]:
        nbgrader = cell["metadata"].get("nbgrader", {})
        graded = bool(nbgrader.get("grade")) and not nbgrader.get("solution")
        check = _CHECK.fullmatch(cell["source"]) if graded else None
        if check is not None:
            verdict = self._check(lessons.find(check[2]), draw)
            self._verdicts.append(verdict)
            return _verdict_outputs(verdict, cell["execution_count"])
        outputs = _clean_outputs(self._ask({"source": cell["source"]}, _name(nbgrader)), cell["execution_count"])
        if graded:
            # nbgrader gives 0 for a word on stderr. A warning is no wrong answer.
            for output in outputs:
                if output.output_type == "stream":
                    output.name = "stdout"
            if self._over:
                outputs.append(new_output("error", ename="NotReached", evalue=self._over, traceback=[self._over]))
        return outputs

    def _check(self, exercise: Exercise, draw: Draw) -> Verdict:
        cases = tuple(draw(exercise))
        message = {"exercise": exercise.id, "cases": [case.to_plain() for case in cases]}
        reply = self._ask(message, f"the check of {exercise.id}")
        observation = reply.get("observation")
        if not isinstance(observation, str):
            reason = self._over or "the check sent nothing that could be read"
            return Verdict(exercise.id, Outcome.UNREADABLE, 0, exercise.points, "", f"Not checked: {reason}.")
        verdict = judge(exercise, cases, observation)
        # The inputs serve again when the work is graded again, so what tells them stays with the grader.
        return replace(verdict, call=f"{exercise.name}(…)" if verdict.call else "", printed="")

    def _ask(self, message: dict[str, Any], name: str) -> Mapping[str, Any]:
        """Send one message and return the reply; {} where none came, and then the note says why."""
        if self._over:
            return {}
        try:
            self._child.send(message)
            try:
                return self._child.receive(self._engine.limits.cell_timeout)
            except TimeoutError:
                self._notes.append(f"{name} did not come to an end and was stopped")
                self._engine.tell("interrupt")
                return self._child.receive(_GRACE)
        except TimeoutError:
            self._engine.tell("kill")
            self._engine.ended()
            self._end(f"{name} could not be interrupted, which ended the run")
        except WireError as error:
            self._child.close()
            self._end(f"{name} ended the run: {_ending(self._engine.ended(), error)}")
        return {}

    def _end(self, why: str) -> None:
        self._over = why
        self._notes.append(why)


def _name(nbgrader: Mapping[str, Any]) -> str:
    return f"the answer cell {nbgrader['grade_id']!r}" if nbgrader.get("grade_id") else "a cell"


def _ending(status: int, error: WireError) -> str:
    """Say in words how a submission's process ended."""
    match status:
        case 74:
            return str(error)
        case 137:
            return "its process was killed, most likely for want of memory"
        case 139 | 134 | 135 | 136:
            return "its process crashed"
        case 152:
            return "it used up its processor time"
    return f"its process ended itself with status {status}"


def _verdict_outputs(verdict: Verdict, count: int) -> list[NotebookNode]:
    data = {"text/plain": repr(verdict), "text/html": view.panel(verdict), MIME_TYPE: verdict.to_dict()}
    return [
        new_output("stream", name="stdout", text=f"{view.text(verdict)}\n"),
        new_output("execute_result", data=data, execution_count=count),
    ]


def _clean_outputs(reply: Mapping[str, Any], count: int) -> list[NotebookNode]:
    """Return a reply's outputs as nbformat's, in plain text alone: what a student's process sends is not trusted."""
    outputs = reply.get("outputs")
    cleaned = []
    for output in outputs if isinstance(outputs, list) else []:
        match output:
            case {"output_type": "stream", "name": "stdout" | "stderr" as name, "text": str() as text}:
                cleaned.append(new_output("stream", name=name, text=text))
            case {"output_type": "display_data", "data": {"text/plain": str() as text}}:
                cleaned.append(new_output("display_data", data={"text/plain": text}))
            case {"output_type": "execute_result", "data": {"text/plain": str() as text}}:
                cleaned.append(new_output("execute_result", data={"text/plain": text}, execution_count=count))
            case {
                "output_type": "error",
                "ename": str() as name,
                "evalue": str() as text,
                "traceback": list() as lines,
            }:
                cleaned.append(new_output("error", ename=name, evalue=text, traceback=[str(line) for line in lines]))
    return cleaned
