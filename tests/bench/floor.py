"""The floor under grading: the cells of graded notebooks, run bare in forks of a process that has everything imported.

No walls, no shell, no judge outside, nothing written: a check cell calls the ordinary `autograder.check`, but no place of a
mistake is looked for, and the value of a cell's last line is turned into text. Prints a JSON list of the seconds of processor time that each notebook took.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import io
import json
import linecache
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_MODULES = (
    "IPython",
    "autograder.figures",
    "autograder.notebook",
    "ipywidgets",
    "matplotlib.figure",
    "numpy",
    "torch",
    # torch.func.jacrev imports it when it is first called.
    "torch._dynamo",
)


def main(course: str, lesson: str, workers: str) -> None:
    """Measure all graded notebooks of a lesson, so many side by side."""
    import torch

    from autograder import notebook as in_a_notebook

    for module in _MODULES:
        importlib.import_module(module)
    torch.set_num_threads(1)
    # No other grader looks for the place of a mistake.
    in_a_notebook.diagnose = lambda *seen: seen[3]
    os.environ["NBGRADER_EXECUTION"] = "autograde"
    notebooks = [_sources(path) for path in sorted(Path(course).glob(f"autograded/*/{lesson}/{lesson}.ipynb"))]
    # What is imported, compiled or filled when it is first used, too, is there before the forks.
    bare(notebooks[0])
    gc.collect()
    gc.freeze()
    times: list[float] = []
    flying = 0
    for notebook in notebooks:
        if os.fork() == 0:
            bare(notebook)
            os._exit(0)
        flying += 1
        if flying == int(workers):
            times.append(_wait())
            flying -= 1
    times.extend(_wait() for _ in range(flying))
    print(json.dumps(times))


def bare(sources: Sequence[str]) -> None:
    """Run cells one after the other; what one raises ends that cell."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for number, source in enumerate(sources):
        said = io.StringIO()
        with (
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(said),
            contextlib.suppress(Exception, SystemExit),
        ):
            _run(source, f"<cell {number}>", namespace)


def _run(source: str, name: str, namespace: dict[str, Any]) -> None:
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    tree = ast.parse(source, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), namespace)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), name, "eval"), namespace)
        if value is not None:
            print(repr(value))


def _sources(path: Path) -> list[str]:
    cells = json.loads(path.read_bytes())["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def _wait() -> float:
    _, _, usage = os.wait4(-1, 0)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main(*sys.argv[1:])
