"""Answers by hand through autograd in another thread; the engine numbers the passes of all threads."""

LESSON = "chain_rule"
CELLS = {
    "dz_dx": """
import threading

backward = torch.autograd.Variable._execution_engine.run_backward

def dz_dx(x):
    leaf = torch.tensor(float(x), dtype=torch.float64, requires_grad=True)
    found = []

    def differentiate():
        y = torch.sin(leaf**2)
        found.extend(backward((y,), (torch.ones_like(y),), False, False, (leaf,), allow_unreachable=True, accumulate_grad=False))

    thread = threading.Thread(target=differentiate)
    thread.start()
    thread.join()
    return found[0].item()
""",
}
