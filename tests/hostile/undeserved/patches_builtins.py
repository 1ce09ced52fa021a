"""Replaces the builtins that a comparison uses by ones that answer as wished; the grader compares in another process."""

LESSON = "no_grad"
FIRST = """
import builtins

builtins.max = builtins.min = lambda *_, **__: 0.0
builtins.abs = lambda number: 0.0
builtins.AssertionError = type("Fine", (Exception,), {"__new__": lambda cls, *_: None})
"""
CELLS = {
    "train_bce": """
def train_bce(x, y, w, b, lr=0.1, steps=20):
    return [1.0] * steps, 1.0
""",
}
LAST = """
import builtins

builtins.all = builtins.any = lambda *_: True
builtins.abs = lambda number: 0.0
builtins.isinstance = lambda *_: True
builtins.len = lambda thing: 1
builtins.float = lambda *_: 1.0
"""
