"""Blinds the watch on the engine in the probe, and lets autograd answer by hand; the probe that asks is not the one
that can be imported.
"""

LESSON = "scalar_gradients"
FIRST = """
import contextlib
from types import SimpleNamespace
import autograder.probe as probe

blind = SimpleNamespace(runs=(), forward_mode=0, used=set(), rows=1, ran=lambda *_: None)
probe.engine_watched = lambda *_: contextlib.nullcontext(blind)
probe.pass_counter = lambda: lambda: 0
"""
CELLS = {
    "d_poly": """
def d_poly(x):
    leaf = torch.tensor(float(x), dtype=torch.float64, requires_grad=True)
    (3 * leaf**2 - 4 * leaf + 5).backward()
    return leaf.grad.item()
""",
}
