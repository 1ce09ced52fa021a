"""What the template process does before the first submission, so that no submission has to.

Much of IPython, PyTorch and this package is imported or made when it is first used. A submission should find it there.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from types import ModuleType

ALWAYS = (
    "1 + 1",
    "print()",
    # Its traceback reads the files of PyTorch through which most errors come.
    "import torch; torch.ones(1).backward()",
    "import torch; torch.device('cpu').__enter__().__exit__(None, None, None)",
    "import torch; x = torch.ones(2, requires_grad=True); (x**2).sum().backward(); print(x.grad)",
    "from autograder import check, compare, hint, progress; progress()",
)
# What takes a part of a second and is wanted in few notebooks, by a pattern that is found in a notebook which wants it.
WHEN_MENTIONED = {
    # A gradient that is handed to a pass: PyTorch then imports SymPy.
    r"backward\(\s*(?!\)|retain_graph|create_graph)\S|autograd\.grad\([^()]*,[^()]*,|grad_outputs": (
        "import torch; x = torch.ones(2, requires_grad=True); (x**2).backward(torch.ones(2))"
    ),
    r"optim": "import torch; torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1).zero_grad()",
    r"jac": "import torch; torch.func.jacrev(torch.sin)(torch.ones(2)); torch.func.jacfwd(torch.sin)(torch.ones(2))",
    r"func\.grad": "import torch; torch.func.grad(lambda t: (t**2).sum())(torch.ones(2))",
    r"jvp": "import torch; torch.func.jvp(torch.sin, (torch.ones(2),), (torch.ones(2),))",
    r"autograd\.functional|import functional": (
        "import torch; torch.autograd.functional.jacobian(torch.sin, torch.ones(2))"
    ),
    r"matplotlib": "import matplotlib.pyplot",
    r"widgets|interact": "import ipywidgets; ipywidgets.FloatSlider()",
}


def mentioned(text: str) -> list[str]:
    """Return the patterns that say what a notebook wants."""
    return [pattern for pattern in WHEN_MENTIONED if re.search(pattern, text)]


def leave_a_copy(package: ModuleType) -> None:
    """Leave student code a copy of this package of its own to import, whole: its files are out of reach afterwards.

    Whatever is done to modules that can be imported is done to that copy. The one that probes answers is not it.
    """
    for name in [name for name in sys.modules if name.partition(".")[0] == package.__name__]:
        del sys.modules[name]
    for module in ("notebook", "view", "figures", "lessons"):
        found = importlib.import_module(f"{package.__name__}.{module}")
        for inner in pkgutil.iter_modules(getattr(found, "__path__", ())):
            importlib.import_module(f"{found.__name__}.{inner.name}")
    importlib.import_module(f"{package.__name__}.lessons").all_lessons()
    shown = importlib.import_module(f"{package.__name__}.view").templates()
    for name in shown.list_templates(filter_func=lambda name: not name.startswith("report")):
        shown.get_template(name)
