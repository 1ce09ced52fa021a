"""Multiplies a formula by a gradient of 1; it doubles with the gradients, as what comes from autograd does."""

LESSON = "scalar_gradients"
CELLS = {
    "grad_poly": """
def grad_poly(x):
    one = torch.ones((), dtype=torch.float64, requires_grad=True)
    one.backward(torch.ones((), dtype=torch.float64))
    return (6 * x - 4) * one.grad.item()
""",
}
EARNS = 3
