"""What the template process does before the first submission, so that no submission has to.

Much of IPython, PyTorch and this package is imported or made when it is first used. A submission should find it there.
"""

from __future__ import annotations

ALWAYS = (
    "1 + 1",
    "print()",
    "raise ValueError",
    "import torch; x = torch.ones(2, requires_grad=True); (x**2).backward(torch.ones(2)); print(x.grad)",
    "from autograder import check, compare, hint, progress; progress()",
    "import ipywidgets; ipywidgets.FloatSlider()",
)
# What takes a second and is wanted in few lessons, by a word that a notebook which wants it has in it.
WHEN_MENTIONED = {
    "optim": "import torch; torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1).zero_grad()",
    "jac": "import torch; torch.func.jacrev(torch.sin)(torch.ones(2)); torch.func.jacfwd(torch.sin)(torch.ones(2))",
    "func.grad": "import torch; torch.func.grad(lambda t: (t**2).sum())(torch.ones(2))",
    "jvp": "import torch; torch.func.jvp(torch.sin, (torch.ones(2),), (torch.ones(2),))",
    "functional": "import torch; torch.autograd.functional.jacobian(torch.sin, torch.ones(2))",
}


def mentioned(text: str) -> list[str]:
    """Return the words that say what a notebook wants."""
    return [word for word in WHEN_MENTIONED if word in text]
