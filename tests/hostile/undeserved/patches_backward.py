"""Has `backward` and `grad` fill in made-up gradients, so that no exercise needs the engine; made up is not right."""

LESSON = "accumulation"
FIRST = """
import torch

torch.Tensor.backward = lambda self, *_, **__: None
torch.Tensor.grad = property(lambda self: torch.ones_like(self), lambda self, value: None)
"""
CELLS = {
    "both_losses_grad": """
def both_losses_grad(x):
    leaf = torch.tensor(x, requires_grad=True)
    (leaf**2).backward()
    return leaf.grad.item()
""",
    "clear_": """
def clear_(params, to_none):
    torch.Tensor.grad = property(lambda self: None)
""",
}
