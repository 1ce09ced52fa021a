"""Runs a notebook's cells without a kernel: an IPython shell that collects outputs as nbformat has them."""

from __future__ import annotations

import ast
import base64
import contextlib
import inspect
import io
import os
import sys
from collections.abc import Coroutine, Iterator, Sequence
from types import CodeType
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.text import LSString, SList

from .outputs import MAX_CELL, MAX_LINE, MAX_LINES, MAX_NAME, MAX_OUTPUTS, MAX_PICTURE, MAX_TEXT, PICTURE

Output = dict[str, Any]


class _Publisher(DisplayPublisher):  # type: ignore[misc]
    """Keeps what `display` publishes."""

    def publish(self, data: dict[str, Any], metadata: dict[str, Any] | None = None, **_: Any) -> None:
        self.shell.collected.append({"output_type": "display_data", "data": _plain(data), "metadata": {}})

    def clear_output(self, wait: bool = False) -> None:
        """Keep everything: a cell can't take back what it has shown."""


class _Hook(DisplayHook):  # type: ignore[misc]
    """Keeps the value of a cell's last line."""

    def compute_format_data(self, result: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return a value as plain text, and ask none of the formatters that are off."""
        formatter = self.shell.display_formatter
        if PICTURE in formatter.active_types:
            made: tuple[dict[str, Any], dict[str, Any]] = super().compute_format_data(result)
            return made
        shows_itself = formatter.ipython_display_formatter(result)
        text = None if shows_itself else formatter.formatters["text/plain"](result)
        return ({} if text is None else {"text/plain": text}), {}

    def write_output_prompt(self) -> None: ...

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        self.shell.collected.append({"output_type": "execute_result", "data": _plain(format_dict), "metadata": {}})

    def finish_displayhook(self) -> None: ...


class Shell(InteractiveShell):  # type: ignore[misc]
    """An IPython shell with no terminal, no history and no colours."""

    def __init__(self, **options: Any) -> None:
        self.collected: list[Output] = []
        super().__init__(displayhook_class=_Hook, display_pub_class=_Publisher, **options)
        self.colors = "nocolor"
        # With the lines around each line, the first error of a cell takes longer than all the lesson's other cells.
        self.InteractiveTB.set_mode("Plain")
        self.keep_pictures(False)
        self.display_formatter.mimebundle_formatter.enabled = False
        self._as_made = self._ways()

    def keep_pictures(self, pictures: bool) -> None:
        """Draw figures or not. What is not kept is not made."""
        self.display_formatter.active_types = ["text/plain", PICTURE] if pictures else ["text/plain"]

    def init_history(self) -> None:
        """Keep no history: there is no place to keep it."""
        self.config.HistoryManager.enabled = False
        super().init_history()

    def enable_gui(self, gui: str | None = None) -> None:
        """Ignore it: `%matplotlib inline` asks for one."""

    def transform_cell(self, raw_cell: str) -> str:
        """Return a cell as Python. Most cells are, and to look for magics in them costs more than to run them."""
        try:
            ast.parse(raw_cell)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            transformed: str = super().transform_cell(raw_cell)
            return transformed
        return raw_cell if raw_cell.endswith("\n") else f"{raw_cell}\n"

    def should_run_async(self, raw_cell: str, **options: Any) -> bool:
        """Return whether a cell awaits something."""
        return "await" in raw_cell and bool(super().should_run_async(raw_cell, **options))

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> None:
        lines = "\n".join(line.removesuffix("\n") for line in stb).splitlines()
        if len(lines) > MAX_LINES:
            half = MAX_LINES // 2
            lines[half - 1 : -half] = [f"[{len(lines) - MAX_LINES + 1} lines were not kept]"]
        traceback = [line[:MAX_LINE] for line in lines]
        error = {"ename": etype.__name__[:MAX_NAME], "evalue": str(evalue)[:MAX_LINE], "traceback": traceback}
        self.collected.append({"output_type": "error", **error})

    def system(self, cmd: str) -> None:
        """Run a line that begins with "!", and say so where no process may be started: what follows has to run."""
        try:
            super().system(cmd)
        except OSError as error:
            print(f"no process can be started here: {error}", file=sys.stderr)

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        """Run a captured line, as `info = !nvidia-smi`; where no process may be started, say so and return no output."""
        try:
            return super().getoutput(cmd, split=split, depth=depth + 1)
        except OSError as error:
            print(f"no process can be started here: {error}", file=sys.stderr)
            return SList() if split else LSString("")

    def run(self, source: str, pictures: bool = False) -> list[Output]:
        """Run one cell and return its outputs, with its pictures or without. What a cell raises is an output, `SystemExit` too."""
        self.collected = []
        self.keep_pictures(pictures)
        with _caught() as streams:
            try:
                codes = self._compiled(source) if self._ways() == self._as_made else None
                if codes is None:
                    self.run_cell(source, store_history=True)
                else:
                    self._run_compiled(source, codes)
            except BaseException as error:
                self._showtraceback(type(error), error, [f"{type(error).__name__}: {error}"])
        texts = [{"output_type": "stream", "name": name, "text": text} for name, text in streams.items() if text]
        return _within((texts + self.collected)[:MAX_OUTPUTS])

    def _ways(self) -> tuple[object, ...]:
        """Return what decides how a cell runs and can be set by one, as `from __future__ import` and hooks of IPython's."""
        hooks = [list(each) for each in self.events.callbacks.values()]
        return self.compile.flags, self.ast_node_interactivity, list(self.ast_transformers), hooks

    def _compiled(self, source: str) -> list[CodeType] | None:
        """Return a cell as `run_cell` compiles it; None where it is no plain Python, or awaits something."""
        text = f"{source}\n"
        try:
            name = self.compile.cache(text, self.execution_count, raw_code=source)
            body = self.compile.ast_parse(text, name).body
            last = [ast.Interactive([body.pop()])] if body and isinstance(body[-1], ast.Expr) else []
            with self.compile.extra_flags(ast.PyCF_ALLOW_TOP_LEVEL_AWAIT):
                codes = [self.compile(ast.Module(body, []), name, "exec")]
                codes += [self.compile(one, name, "single") for one in last]
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        return None if any(code.co_flags & inspect.CO_COROUTINE for code in codes) else codes

    def _run_compiled(self, source: str, codes: Sequence[CodeType]) -> None:
        """Run a cell without the rest of `run_cell`, which takes longer than most cells."""
        self.history_manager.store_inputs(self.execution_count, source, source)
        self.events.trigger("pre_execute")
        try:
            with self.builtin_trap, self.display_trap:
                any(_result(self.run_code(code)) for code in codes)
        finally:
            self.execution_count += 1
        self.events.trigger("post_execute")


def _result(coroutine: Coroutine[None, None, bool]) -> bool:
    """Return the result of a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return bool(ended.value)
    raise RuntimeError("it waits for something")


class _Capped(io.StringIO):
    """Text that stops growing; what is written after that is counted and lost."""

    lost = 0

    def write(self, text: str) -> int:
        room = MAX_TEXT - self.tell()
        self.lost += max(0, len(text) - room)
        return super().write(text[: max(0, room)])

    def fileno(self) -> int:
        return os.open(os.devnull, os.O_WRONLY)


@contextlib.contextmanager
def _caught() -> Iterator[dict[str, str]]:
    """Catch what a cell prints; filled in when the block ends."""
    streams: dict[str, str] = {}
    before = sys.stdout, sys.stderr
    out, err = sys.stdout, sys.stderr = _Capped(), _Capped()
    try:
        yield streams
    finally:
        sys.stdout, sys.stderr = before
        for name, stream in (("stdout", out), ("stderr", err)):
            note = f"\n[{stream.lost} characters more were not kept]" if stream.lost else ""
            streams[name] = stream.getvalue() + note


def _within(outputs: list[Output]) -> list[Output]:
    """Return the first outputs, as many as are kept; more would not fit into one message."""
    left = MAX_CELL
    for index, output in enumerate(outputs):
        left -= len(str(output))
        if left < 0:
            return [*outputs[:index], {"output_type": "stream", "name": "stdout", "text": "[more was not kept]\n"}]
    return outputs


def _plain(data: dict[str, Any]) -> dict[str, str]:
    """Return the texts of an output, and its picture if that is not too large."""
    kept = {mime: text[:MAX_TEXT] for mime, text in data.items() if mime.startswith("text/") and isinstance(text, str)}
    picture = data.get(PICTURE)
    if isinstance(picture, bytes):
        picture = base64.b64encode(picture).decode()
    if isinstance(picture, str) and len(picture) <= MAX_PICTURE * 4 // 3 + 4:
        kept[PICTURE] = picture.replace("\n", "")
    return kept
