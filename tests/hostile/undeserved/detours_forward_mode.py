"""Answers by hand in forward mode, by PyTorch's inner functions; a tangent shows in the operations."""

LESSON = "binary_cross_entropy"
CELLS = {
    "dL_dz": """
import torch.autograd.forward_ad as forward

make_dual = torch._VF._make_dual

def dL_dz(z, y):
    with forward.dual_level():
        dual = make_dual(torch.tensor(float(z), dtype=torch.float64), torch.ones((), dtype=torch.float64), level=0)
        return forward.unpack_dual(torch.nn.functional.softplus(dual) - y * dual).tangent.item()
""",
}
