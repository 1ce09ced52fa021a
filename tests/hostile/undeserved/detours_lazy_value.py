"""Answers by hand with a number that calls autograd when it is written down, after the call; that call is watched too."""

LESSON = "scalar_gradients"
CELLS = {
    "d_poly": """
class Lazy(float):
    def __float__(self):
        leaf = torch.tensor(float.__float__(self), dtype=torch.float64, requires_grad=True)
        (3 * leaf**2 - 4 * leaf + 5).backward()
        return leaf.grad.item()

def d_poly(x):
    return Lazy(x)
""",
}
