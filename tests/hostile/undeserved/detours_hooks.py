"""Multiplies a tracked constant into a formula and has a hook put the derivative into the pass; what a hook puts
there does not double.
"""

LESSON = "accumulation"
CELLS = {
    "both_losses_grad": """
def both_losses_grad(x):
    leaf = torch.tensor(float(x), dtype=torch.float64, requires_grad=True)
    leaf.register_hook(lambda gradient: torch.tensor(2 * x + 2 * x * math.cos(x * x), dtype=torch.float64))
    (leaf * 1.0).backward()
    return leaf.grad.item()
""",
}
