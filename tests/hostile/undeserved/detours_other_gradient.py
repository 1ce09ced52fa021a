"""Returns what autograd finds for another function, and the right one's value; a gradient is not right for being one."""

LESSON = "no_grad"
CELLS = {
    "stop_gradient_autograd": """
def stop_gradient_autograd(x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (leaf * (leaf * leaf)).backward()
    return leaf.grad.item()
""",
    "train_bias_only": """
def train_bias_only(x, W, b, y):
    loss = F.binary_cross_entropy_with_logits(x @ W + b, y)
    loss.backward()
    W.grad = None
    return b.grad.clone()
""",
}
