"""Answers to lesson 5, accumulation."""

RIGHT: dict[str, dict[str, str]] = {
    "accumulation.predicted_prints": {
        "plain": "predicted_prints = [3, 6, 9]",
        "floats": "predicted_prints = [3.0, 6.0, 9.0]",
        "tuple": "predicted_prints = (3, 6, 9)",
        "range": "predicted_prints = list(range(3, 10, 3))",
        "array": "predicted_prints = np.array([3, 6, 9])",
        "tensor": "predicted_prints = torch.tensor([3.0, 6.0, 9.0])",
        "filled in": """\
predicted_prints = [..., ..., ...]
predicted_prints[0] = 3
predicted_prints[1] = predicted_prints[0] + 3
predicted_prints[2] = predicted_prints[1] + 3
""",
        "tensors in a list": "predicted_prints = [torch.tensor(3.0 * k) for k in (1, 2, 3)]",
    },
    "accumulation.grad_history": {
        "plain": """\
def grad_history(k, clear, weight, coefficient):
    buffer = 0.0
    seen = []
    for _ in range(k):
        if clear:
            buffer = 0.0
        buffer += coefficient
        seen.append(buffer)
    return seen
""",
        "clear after reading": """\
def grad_history(k, clear, weight, coefficient):
    grad = None
    history = []
    for step in range(k):
        grad = coefficient if grad is None else grad + coefficient
        history += [grad]
        if clear:
            grad = None
    return history
""",
        "closed form": """\
def grad_history(k, clear, weight, coefficient):
    return [coefficient if clear else coefficient * (i + 1) for i in range(k)]
""",
        "cumsum": """\
def grad_history(k, clear, weight, coefficient):
    each = np.full(k, coefficient)
    return each if clear else each.cumsum()
""",
        "accumulate": """\
from itertools import accumulate, repeat

def grad_history(k, clear, weight, coefficient):
    passes = repeat(coefficient, k)
    return list(passes if clear else accumulate(passes))
""",
        "tensor arithmetic": """\
def grad_history(k, clear, weight, coefficient):
    buffer = torch.zeros(())
    out = []
    for _ in range(k):
        if clear:
            buffer.zero_()
        buffer += coefficient
        out.append(buffer.clone())
    return out
""",
        "generator": """\
def passes(k, clear, slope):
    buffer = 0.0
    for i in range(k):
        buffer = slope if clear else buffer + slope
        print("pass", i, "buffer", buffer)
        yield buffer

def grad_history(k, clear, weight, coefficient):
    return tuple(passes(k, clear, coefficient))
""",
        "class": """\
class Leaf:
    def __init__(self, value):
        self.value, self.grad = value, None

    def add(self, slope):
        self.grad = (self.grad or 0.0) + slope

def grad_history(k, clear, weight, coefficient):
    w = Leaf(weight)
    history = []
    while len(history) < k:
        w.add(coefficient)
        history.append(w.grad)
        if clear:
            w.grad = None
    return history
""",
    },
    "accumulation.grad_history_autograd": {
        "plain": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    seen = []
    for _ in range(k):
        if clear:
            w.grad = None
        loss = coefficient * w
        loss.backward()
        seen.append(w.grad.item())
    return seen
""",
        "zero_ after reading": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, dtype=torch.float64, requires_grad=True)
    seen = []
    for _ in range(k):
        (w * coefficient).backward()
        seen.append(w.grad.clone())
        if clear:
            w.grad.zero_()
    return seen
""",
        "zero_ when there is one": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    seen = []
    for _ in range(k):
        if clear and w.grad is not None:
            w.grad.zero_()
        (coefficient * w).backward()
        seen.append(float(w.grad))
    return seen
""",
        "optimizer": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    history = []
    for _ in range(k):
        if clear:
            optimizer.zero_grad()
        (coefficient * w).backward()
        history.append(w.grad.item())
    return history
""",
        "one graph, kept": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    loss = coefficient * w
    seen = torch.zeros(k)
    for i in range(k):
        loss.backward(retain_graph=i < k - 1)
        seen[i] = w.grad
        if clear:
            w.grad = None
    return seen
""",
        "parameter": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.nn.Parameter(torch.tensor([weight]))
    history = []
    for _ in range(k):
        (coefficient * w).sum().backward()
        history.append(w.grad.item())
        if clear:
            w.grad.zero_()
    return history
""",
        "autograd.grad and a buffer": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    buffer, history = 0.0, []
    for _ in range(k):
        (slope,) = torch.autograd.grad(coefficient * w, w)
        buffer = slope.item() if clear else buffer + slope.item()
        history.append(buffer)
    return history
""",
        "numpy": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    history = np.empty(k)
    for i in range(k):
        torch.autograd.backward(coefficient * w)
        history[i] = w.grad.numpy()
        if clear:
            w.grad = torch.zeros_like(w)
    return history
""",
    },
    "accumulation.explain_s1": {
        "plain": """\
def explain_s1():
    y_true = torch.tensor([1.0, 2.1, 3.0])
    y_pred = torch.tensor([1.30, 2.79, 4.02], requires_grad=True)
    torch.mean((y_pred - y_true) ** 2).backward()
    left_over = y_pred.grad.clone()
    y_pred.grad.zero_()
    ((y_pred - y_true) ** 2).backward(torch.tensor([1.0, 10.0, 100.0]))
    return {"left_over": left_over, "fresh": y_pred.grad}
""",
        "by hand": """\
def explain_s1():
    residual = np.array([1.30, 2.79, 4.02]) - np.array([1.0, 2.1, 3.0])
    v = np.array([1, 10, 100])
    return {"fresh": 2 * residual * v, "left_over": 2 * residual / 3}
""",
        "numbers": """\
def explain_s1():
    return {"left_over": [0.2, 0.46, 0.68], "fresh": [0.6, 13.8, 204]}
""",
        "taken away": """\
def explain_s1():
    printed = torch.tensor([0.8, 14.26, 204.68])
    y_pred = torch.tensor([1.30, 2.79, 4.02], requires_grad=True)
    torch.nn.functional.mse_loss(y_pred, torch.tensor([1.0, 2.1, 3.0])).backward()
    return dict(left_over=y_pred.grad.numpy(), fresh=(printed - y_pred.grad).numpy())
""",
        "two leaves": """\
def gradient_of(loss, v=None):
    y_pred = torch.tensor([1.30, 2.79, 4.02], dtype=torch.float64, requires_grad=True)
    loss((y_pred - torch.tensor([1.0, 2.1, 3.0], dtype=torch.float64)) ** 2).backward(v)
    return y_pred.grad.tolist()

def explain_s1():
    v = torch.tensor([1, 10, 100], dtype=torch.float64)
    return {"left_over": gradient_of(torch.mean), "fresh": gradient_of(lambda r: r, v)}
""",
        "autograd.grad": """\
def explain_s1():
    t = torch.tensor([1.0, 2.1, 3.0])
    p = torch.tensor([1.30, 2.79, 4.02], requires_grad=True)
    squares = (p - t) ** 2
    (a,) = torch.autograd.grad(squares.mean(), p, retain_graph=True)
    (b,) = torch.autograd.grad(squares, p, grad_outputs=torch.tensor([1.0, 10.0, 100.0]))
    return {"left_over": tuple(a), "fresh": tuple(b)}
""",
        "grad set to None": """\
def explain_s1():
    y_true = torch.tensor([1.0, 2.1, 3.0])
    y_pred = torch.tensor([1.30, 2.79, 4.02], requires_grad=True)
    parts = {}
    for name, weights in {"left_over": torch.full((3,), 1 / 3), "fresh": torch.tensor([1.0, 10, 100])}.items():
        ((y_pred - y_true) ** 2).backward(weights)
        parts[name] = y_pred.grad
        y_pred.grad = None
    return parts
""",
    },
    "accumulation.two_backwards": {
        "plain": """\
def two_backwards(x, reset):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.backward(retain_graph=True)
    first = x.grad.item()
    if reset:
        x.grad.zero_()
    y.backward()
    return first, x.grad.item()
""",
        "None and clone": """\
def two_backwards(x, reset):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = leaf * leaf
    y.backward(retain_graph=True)
    first = leaf.grad.clone()
    if reset:
        leaf.grad = None
    y.backward(retain_graph=False)
    return [first, leaf.grad]
""",
        "loop": """\
def two_backwards(x, reset):
    leaf = torch.tensor(x, requires_grad=True)
    y = leaf.square()
    seen = []
    for last in (False, True):
        if reset:
            leaf.grad = None
        y.backward(retain_graph=not last)
        seen.append(leaf.grad.item())
    return tuple(seen)
""",
        "autograd.backward": """\
def two_backwards(x, reset):
    leaf = torch.tensor(x, requires_grad=True)
    y = torch.pow(leaf, 2)
    torch.autograd.backward(y, retain_graph=True)
    first = leaf.grad.numpy().copy()
    if reset:
        leaf.grad *= 0
    torch.autograd.backward([y])
    return np.array([first, leaf.grad.numpy()])
""",
        "autograd.grad": """\
def two_backwards(x, reset):
    leaf = torch.tensor(x, requires_grad=True)
    y = leaf**2
    (first,) = torch.autograd.grad(y, leaf, retain_graph=True)
    (second,) = torch.autograd.grad(y, leaf)
    return first.item(), (second if reset else first + second).item()
""",
        "optimizer": """\
def two_backwards(x, reset):
    w = torch.nn.Parameter(torch.tensor(x))
    optimizer = torch.optim.SGD([w])
    y = w**2
    y.backward(retain_graph=True)
    first = w.grad.item()
    if reset:
        optimizer.zero_grad()
    y.backward()
    return first, w.grad.item()
""",
    },
    "accumulation.can_backward_twice": {
        "plain": """\
def can_backward_twice(build):
    y = build()
    y.backward()
    try:
        y.backward()
    except RuntimeError:
        return False
    return True
""",
        "else": """\
def can_backward_twice(build):
    result = build()
    result.backward()
    try:
        result.backward()
    except RuntimeError as error:
        print(error)
        return False
    else:
        return True
""",
        "text of the error": """\
def can_backward_twice(build):
    t = build()
    message = ""
    for _ in range(2):
        try:
            t.backward()
        except RuntimeError as error:
            message = str(error)
    return "second time" not in message
""",
        "contextlib": """\
import contextlib

def can_backward_twice(build):
    y = build()
    torch.autograd.backward(y)
    done = False
    with contextlib.suppress(RuntimeError):
        torch.autograd.backward(y)
        done = True
    return done
""",
        "looking at what is saved": """\
def nodes(node):
    yield node
    for parent, _ in node.next_functions:
        if parent is not None:
            yield from nodes(parent)

def saves_a_tensor(node):
    values = [getattr(node, name) for name in dir(node) if name.startswith("_saved_")]
    return any(isinstance(value, torch.Tensor) for value in values)

def can_backward_twice(build):
    return not any(saves_a_tensor(node) for node in nodes(build().grad_fn))
""",
        "kept in the second": """\
def can_backward_twice(build):
    y = build()
    y.backward()
    try:
        y.backward(retain_graph=True)
        return np.bool_(True)
    except Exception:
        return np.bool_(False)
""",
    },
    "accumulation.both_losses_grad": {
        "plain": """\
def both_losses_grad(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    (y + z).backward()
    return x.grad.item()
""",
        "list of roots": """\
def both_losses_grad(x):
    x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = x**2
    torch.autograd.backward([y, y.sin()])
    return x.grad
""",
        "autograd.grad": """\
def both_losses_grad(x):
    leaf = torch.tensor(x, requires_grad=True)
    y = leaf * leaf
    z = torch.sin(y)
    return torch.autograd.grad([y, z], leaf)[0].item()
""",
        "stack": """\
def both_losses_grad(x):
    leaf = torch.tensor(x, requires_grad=True)
    y = leaf.square()
    torch.stack((y, torch.sin(y))).sum().backward()
    return float(leaf.grad)
""",
        "vector of ones": """\
def both_losses_grad(x):
    leaf = torch.tensor(x, requires_grad=True)
    y = leaf**2
    torch.stack([y, torch.sin(y)]).backward(torch.ones(2))
    return leaf.grad.numpy()
""",
        "torch.func": """\
def losses(x):
    y = x**2
    return y + torch.sin(y)

both_losses_grad = lambda x: torch.func.grad(losses)(torch.tensor(x))
""",
    },
    "accumulation.both_losses_two_passes": {
        "plain": """\
def both_losses_two_passes(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    z.backward(retain_graph=True)
    y.backward()
    return x.grad.item()
""",
        "y first": """\
def both_losses_two_passes(x):
    x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = x * x
    z = y.sin()
    y.backward(retain_graph=True)
    z.backward()
    return x.grad
""",
        "loop": """\
def both_losses_two_passes(x):
    leaf = torch.tensor(x, requires_grad=True)
    y = leaf.square()
    losses = [torch.sin(y), y]
    while losses:
        losses.pop().backward(retain_graph=bool(losses))
    return float(leaf.grad)
""",
        "autograd.grad": """\
def both_losses_two_passes(x):
    leaf = torch.tensor(x, requires_grad=True)
    y = leaf**2
    z = torch.sin(y)
    (from_z,) = torch.autograd.grad(z, leaf, retain_graph=True)
    (from_y,) = torch.autograd.grad(y, leaf)
    return (from_y + from_z).item()
""",
        "step by step": """\
def both_losses_two_passes(x):
    leaf = torch.tensor(x, requires_grad=True)
    y = leaf**2
    z = torch.sin(y)
    (at_y,) = torch.autograd.grad(z, y)
    y.backward(1 + at_y)
    return leaf.grad.item()
""",
    },
    "accumulation.micro_batch_grads": {
        "plain": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        loss = ((rows @ w - targets) ** 2).mean() / k
        loss.backward()
    return w.grad
""",
        "slices": """\
def micro_batch_grads(X, t, w, k):
    w = torch.tensor(w.tolist(), dtype=torch.float64, requires_grad=True)
    size = len(X) // k
    for start in range(0, len(X), size):
        part = slice(start, start + size)
        torch.nn.functional.mse_loss(X[part] @ w, t[part]).div(k).backward()
    return w.grad.numpy()
""",
        "sum over n": """\
def micro_batch_grads(X, t, w, k):
    n = X.shape[0]
    leaf = torch.nn.Parameter(w.clone())
    for i in range(k):
        residual = X.view(k, n // k, -1)[i] @ leaf - t.view(k, -1)[i]
        (residual.square().sum() / n).backward()
    return leaf.grad.tolist()
""",
        "divided afterwards": """\
def micro_batch_grads(X, t, w, k):
    leaf = w.detach().clone().requires_grad_(True)
    for rows, targets in zip(torch.split(X, len(X) // k), torch.split(t, len(X) // k)):
        torch.mean((rows.mv(leaf) - targets) ** 2).backward()
    leaf.grad /= k
    return leaf.grad
""",
        "autograd.grad": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    total = 0
    for Xi, ti in zip(X.chunk(k), t.chunk(k)):
        total = total + torch.autograd.grad(((Xi @ w - ti) ** 2).mean(), w)[0]
    return total / k
""",
        "every k-th row, weighted": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for i in range(k):
        loss = ((X[i::k] @ w - t[i::k]) ** 2).mean()
        loss.backward(torch.tensor(1 / k, dtype=loss.dtype))
    return w.grad
""",
        "torch.func": """\
from torch.func import grad

def micro_batch_grads(X, t, w, k):
    loss = lambda w, Xi, ti: ((Xi @ w - ti) ** 2).mean()
    return sum(grad(loss)(w, Xi, ti) for Xi, ti in zip(X.chunk(k), t.chunk(k))) / k
""",
        "float32": """\
def micro_batch_grads(X, t, w, k):
    X, t, w = X.float(), t.float(), w.float()
    w.requires_grad_()
    for Xi, ti in zip(X.chunk(k), t.chunk(k)):
        (((Xi * w).sum(1) - ti).pow(2).mean() / k).backward()
    return w.grad
""",
    },
    "accumulation.clear_": {
        "plain": """\
def clear_(params, to_none):
    for p in params:
        if to_none:
            p.grad = None
        elif p.grad is not None:
            p.grad.zero_()
""",
        "continue": """\
def clear_(params, to_none):
    for p in params:
        if p.grad is None:
            continue
        if to_none is True:
            p.grad = None
        else:
            p.grad.fill_(0.0)
    return params
""",
        "times zero": """\
def clear_(params, to_none):
    for param in params:
        if to_none:
            del param.grad
        elif param.grad is not None:
            param.grad *= 0
    return "done"
""",
        "zeros where nothing was": """\
def clear_(params, to_none):
    for p in params:
        if to_none:
            p.grad = None
        elif p.grad is None:
            p.grad = torch.zeros_like(p)
        else:
            p.grad.zero_()
""",
        "setattr": """\
def clear_(params, to_none):
    if not to_none:
        grads = [p.grad for p in params if p.grad is not None]
        [grad.mul_(0) for grad in grads]
    else:
        [setattr(p, "grad", None) for p in params]
""",
        "copy_": """\
def clear_(params, to_none=True):
    with torch.no_grad():
        for i in range(len(params)):
            if params[i].grad is not None and not to_none:
                params[i].grad.copy_(torch.zeros(params[i].shape))
            elif to_none:
                params[i].grad = None
    print("cleared", len(params))
""",
        "subtracted and in a module": """\
class Clearer:
    def __call__(self, params, to_none):
        for p in filter(lambda p: p.grad is not None, params):
            if to_none:
                p.grad = None
                continue
            p.grad.sub_(p.grad.clone())

clear_ = Clearer()
""",
        "same buffer under a new tensor": """\
def clear_(params, to_none):
    for p in params:
        if to_none:
            p.grad = None
        elif p.grad is not None:
            p.grad = p.grad.detach().zero_()
""",
    },
}

WRONG: dict[str, dict[str, str]] = {
    "accumulation.predicted_prints": {
        "overwrites": "predicted_prints = [3, 3, 3]",
        "doubles": "predicted_prints = [3, 6, 12]",
        "starts-at-zero": "predicted_prints = [0, 3, 6]",
        "starts-at-weight": "predicted_prints = [4, 7, 10]",
        "summed-over-weights": "predicted_prints = [12, 24, 36]",
        "value-for-derivative": "predicted_prints = [12, 12, 12]",
        "opposite-sign": "predicted_prints = [-3, -6, -9]",
        "factor-1n": "predicted_prints = [1, 2, 3]",
        "factor-n": "predicted_prints = [6, 12, 18]",
    },
    "accumulation.grad_history": {
        "overwrites": """\
def grad_history(k, clear, weight, coefficient):
    seen = []
    for _ in range(k):
        buffer = coefficient
        seen.append(buffer)
    return seen
""",
        "never-cleared": """\
def grad_history(k, clear, weight, coefficient):
    return [coefficient * i for i in range(1, k + 1)]
""",
        "clear-inverted": """\
def grad_history(k, clear, weight, coefficient):
    buffer, seen = 0.0, []
    for _ in range(k):
        buffer = buffer + coefficient if clear else coefficient
        seen.append(buffer)
    return seen
""",
        "cleared-before-reading": """\
def grad_history(k, clear, weight, coefficient):
    buffer, seen = 0.0, []
    for _ in range(k):
        buffer += coefficient
        if clear:
            buffer = 0.0
        seen.append(buffer)
    return seen
""",
        "read-too-early": """\
def grad_history(k, clear, weight, coefficient):
    buffer, seen = 0.0, []
    for _ in range(k):
        seen.append(buffer)
        buffer += coefficient
        if clear:
            buffer = 0.0
    return seen
""",
        "doubles": """\
def grad_history(k, clear, weight, coefficient):
    seen = [coefficient]
    for _ in range(k - 1):
        seen.append(coefficient if clear else 2 * seen[-1])
    return seen
""",
        "value-for-derivative": """\
def grad_history(k, clear, weight, coefficient):
    return [coefficient * weight * (1 if clear else i) for i in range(1, k + 1)]
""",
        "slope-in-the-other": """\
def grad_history(k, clear, weight, coefficient):
    return [weight * (1 if clear else i) for i in range(1, k + 1)]
""",
        "opposite-sign": """\
def grad_history(k, clear, weight, coefficient):
    return [-coefficient * (1 if clear else i) for i in range(1, k + 1)]
""",
        "factor-n": """\
def grad_history(k, clear, weight, coefficient):
    return [2 * coefficient * (1 if clear else i) for i in range(1, k + 1)]
""",
        "autograd-by-hand": """\
def grad_history(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    seen = []
    for _ in range(k):
        if clear:
            w.grad = None
        (coefficient * w).backward()
        seen.append(w.grad.item())
    return seen
""",
        "finite-difference": """\
def grad_history(k, clear, weight, coefficient):
    h = 1e-6
    slope = (coefficient * (weight + h) - coefficient * (weight - h)) / (2 * h)
    return [slope * (1 if clear else i) for i in range(1, k + 1)]
""",
        "none-as-number": """\
def grad_history(k, clear, weight, coefficient):
    buffer, seen = None, []
    for _ in range(k):
        buffer = buffer + coefficient
        seen.append(buffer)
    return seen
""",
    },
    "accumulation.grad_history_autograd": {
        "none-read": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    seen = []
    for _ in range(k):
        (coefficient * w).backward()
        if clear:
            w.grad = None
        seen.append(w.grad)
    return seen if clear else [grad.item() for grad in seen]
""",
        "no-grad-yet": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    seen = []
    for _ in range(k):
        if clear:
            w.grad.zero_()
        (coefficient * w).backward()
        seen.append(w.grad.item())
    return seen
""",
        "no-grad-yet:read after setting None": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    seen = []
    for _ in range(k):
        (coefficient * w).backward()
        if clear:
            w.grad = None
        seen.append(w.grad.item())
    return seen
""",
        "same-buffer": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    seen = []
    for _ in range(k):
        if clear:
            w.grad = None
        (coefficient * w).backward()
        seen.append(w.grad)
    return seen
""",
        "same-buffer:zero_ before": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    w.grad = torch.zeros_like(w)
    seen = []
    for _ in range(k):
        if clear:
            w.grad.zero_()
        (coefficient * w).backward()
        seen.append(w.grad)
    return seen
""",
        "same-buffer-emptied": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    seen = []
    for _ in range(k):
        (coefficient * w).backward()
        seen.append(w.grad)
        if clear:
            w.grad.zero_()
    return seen
""",
        "overwrites": """\
def grad_history_autograd(k, clear, weight, coefficient):
    seen = []
    for _ in range(k):
        w = torch.tensor(weight, requires_grad=True)
        (coefficient * w).backward()
        seen.append(w.grad.item())
    return seen
""",
        "never-cleared": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    seen = []
    for _ in range(k):
        (coefficient * w).backward()
        seen.append(w.grad.item())
    return seen
""",
        "never-cleared:a name of its own": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    seen = []
    for _ in range(k):
        (coefficient * w).backward()
        grad = w.grad
        seen.append(grad.item())
        if clear:
            grad = None
    return seen
""",
        "clear-inverted": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    seen = []
    for _ in range(k):
        if not clear:
            w.grad = None
        (coefficient * w).backward()
        seen.append(w.grad.item())
    return seen
""",
        "cleared-before-reading": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    seen = []
    for _ in range(k):
        (coefficient * w).backward()
        if clear:
            w.grad.zero_()
        seen.append(w.grad.item())
    return seen
""",
        "read-too-early": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    w.grad = torch.zeros_like(w)
    seen = []
    for _ in range(k):
        seen.append(w.grad.item())
        (coefficient * w).backward()
        if clear:
            w.grad.zero_()
    return seen
""",
        "doubles": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    (coefficient * w).backward()
    seen = [w.grad.item()]
    for _ in range(k - 1):
        if not clear:
            w.grad += w.grad
        seen.append(w.grad.item())
    return seen
""",
        "value-for-derivative": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    seen, total = [], 0.0
    for _ in range(k):
        loss = coefficient * w
        loss.backward()
        total = loss.item() if clear else total + loss.item()
        seen.append(total)
    return seen
""",
        "slope-in-the-other": """\
def grad_history_autograd(k, clear, weight, coefficient):
    c = torch.tensor(coefficient, requires_grad=True)
    seen = []
    for _ in range(k):
        if clear:
            c.grad = None
        (c * weight).backward()
        seen.append(c.grad.item())
    return seen
""",
        "formula-by-autograd": """\
def grad_history_autograd(k, clear, weight, coefficient):
    return [coefficient if clear else coefficient * i for i in range(1, k + 1)]
""",
        "formula-by-autograd:pointless backward": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    (coefficient * w).backward()
    return [coefficient if clear else coefficient * i for i in range(1, k + 1)]
""",
        "second-backward": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    loss = coefficient * w
    seen = []
    for _ in range(k):
        loss.backward()
        seen.append(w.grad.item())
        if clear:
            w.grad.zero_()
    return seen
""",
        "untracked": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight)
    seen = []
    for _ in range(k):
        (coefficient * w).backward()
        seen.append(w.grad.item())
    return seen
""",
        "grad-of-non-leaf": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    seen = []
    for _ in range(k):
        loss = coefficient * w
        loss.backward()
        seen.append(loss.grad)
    return seen
""",
        "backward-returns-none": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    for _ in range(k):
        (coefficient * w).backward()
        print(w.grad)
""",
        "opposite-sign": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    seen = []
    for _ in range(k):
        if clear:
            w.grad = None
        (-coefficient * w).backward()
        seen.append(w.grad.item())
    return seen
""",
        "still-tracked": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    seen = []
    for _ in range(k):
        if clear:
            w.grad = None
        (coefficient * w * w / 2).backward(create_graph=True)
        seen.append(w.grad / w)
    return seen
""",
        "added-elsewhere": """\
def grad_history_autograd(k, clear, weight, coefficient):
    history, total = [], 0.0
    for _ in range(k):
        w = torch.tensor(weight, requires_grad=True)
        (coefficient * w).backward()
        total = w.grad.item() + (0.0 if clear else total)
        history.append(total)
    return history
""",
        "number-of-passes": """\
def grad_history_autograd(k, clear, weight, coefficient):
    w = torch.tensor(weight, requires_grad=True)
    (coefficient * w).backward()
    slope = w.grad.item()
    return [slope if clear else slope * (i + 1) for i in range(k)]
""",
    },
    "accumulation.explain_s1": {
        "total-as-fresh": """\
def explain_s1():
    y_true = torch.tensor([1.0, 2.1, 3.0])
    y_pred = torch.tensor([1.30, 2.79, 4.02], requires_grad=True)
    torch.mean((y_pred - y_true) ** 2).backward()
    left_over = y_pred.grad.clone()
    ((y_pred - y_true) ** 2).backward(torch.tensor([1.0, 10.0, 100.0]))
    return {"left_over": left_over, "fresh": y_pred.grad}
""",
        "nothing-left-over": """\
def explain_s1():
    return {"left_over": [0, 0, 0], "fresh": [0.8, 14.26, 204.68]}
""",
        "same-buffer": """\
def explain_s1():
    y_true = torch.tensor([1.0, 2.1, 3.0])
    y_pred = torch.tensor([1.30, 2.79, 4.02], requires_grad=True)
    torch.mean((y_pred - y_true) ** 2).backward()
    left_over = y_pred.grad
    ((y_pred - y_true) ** 2).backward(torch.tensor([1.0, 10.0, 100.0]))
    return {"left_over": left_over, "fresh": y_pred.grad}
""",
        "same-buffer-emptied": """\
def explain_s1():
    y_true = torch.tensor([1.0, 2.1, 3.0])
    y_pred = torch.tensor([1.30, 2.79, 4.02], requires_grad=True)
    torch.mean((y_pred - y_true) ** 2).backward()
    left_over = y_pred.grad
    y_pred.grad.zero_()
    ((y_pred - y_true) ** 2).backward(torch.tensor([1.0, 10.0, 100.0]))
    return {"left_over": left_over, "fresh": y_pred.grad}
""",
        "forgot-1n": """\
def explain_s1():
    residual = np.array([0.3, 0.69, 1.02])
    return {"left_over": 2 * residual, "fresh": 2 * residual * np.array([1, 10, 100])}
""",
        "extra-1n": """\
def explain_s1():
    residual = np.array([0.3, 0.69, 1.02])
    return {"left_over": 2 * residual / 3, "fresh": 2 * residual * np.array([1, 10, 100]) / 3}
""",
        "ignored-weights": """\
def explain_s1():
    residual = np.array([0.3, 0.69, 1.02])
    return {"left_over": 2 * residual / 3, "fresh": 2 * residual}
""",
        "split-evenly": """\
def explain_s1():
    half = np.array([0.8, 14.26, 204.68]) / 2
    return {"left_over": half, "fresh": half}
""",
        "opposite-sign": """\
def explain_s1():
    residual = np.array([1.0, 2.1, 3.0]) - np.array([1.30, 2.79, 4.02])
    return {"left_over": 2 * residual / 3, "fresh": 2 * residual * np.array([1, 10, 100])}
""",
        "factor-1n": """\
def explain_s1():
    residual = np.array([0.3, 0.69, 1.02])
    return {"left_over": residual / 3, "fresh": residual * np.array([1, 10, 100])}
""",
        "second-backward": """\
def explain_s1():
    y_pred = torch.tensor([1.30, 2.79, 4.02], requires_grad=True)
    squares = (y_pred - torch.tensor([1.0, 2.1, 3.0])) ** 2
    squares.mean().backward()
    left_over = y_pred.grad.clone()
    squares.backward(torch.tensor([1.0, 10.0, 100.0]))
    return {"left_over": left_over, "fresh": y_pred.grad - left_over}
""",
        "backward-on-vector": """\
def explain_s1():
    y_pred = torch.tensor([1.30, 2.79, 4.02], requires_grad=True)
    ((y_pred - torch.tensor([1.0, 2.1, 3.0])) ** 2).backward()
    return {"left_over": y_pred.grad, "fresh": y_pred.grad}
""",
        "no-grad-yet": """\
def explain_s1():
    y_pred = torch.tensor([1.30, 2.79, 4.02], requires_grad=True)
    y_pred.grad.zero_()
""",
    },
    "accumulation.two_backwards": {
        "second-backward": """\
def two_backwards(x, reset):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.backward()
    first = x.grad.item()
    if reset:
        x.grad.zero_()
    y.backward()
    return first, x.grad.item()
""",
        "second-backward:kept too late": """\
def two_backwards(x, reset):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.backward()
    first = x.grad.item()
    x.grad = None
    y.backward(retain_graph=True)
    return first, x.grad.item()
""",
        "none-read": """\
def two_backwards(x, reset):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.backward(retain_graph=True)
    first = x.grad.item()
    y.backward()
    second = x.grad.item()
    if reset:
        x.grad = None
        second = x.grad
    return first, second
""",
        "retained-on-last": """\
def two_backwards(x, reset):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.backward(retain_graph=True)
    first = x.grad.item()
    if reset:
        x.grad.zero_()
    y.backward(retain_graph=True)
    return first, x.grad.item()
""",
        "created-graph": """\
def two_backwards(x, reset):
    leaf = torch.tensor(x, requires_grad=True)
    y = leaf**2
    y.backward(create_graph=True)
    first = leaf.grad.item()
    if reset:
        leaf.grad = None
    y.backward()
    return first, leaf.grad.detach()
""",
        "retained-on-last:loop": """\
def two_backwards(x, reset):
    leaf = torch.tensor(x, requires_grad=True)
    y = leaf**2
    seen = []
    for _ in range(2):
        if reset:
            leaf.grad = None
        y.backward(retain_graph=True)
        seen.append(leaf.grad.item())
    return seen
""",
        "single-pass": """\
def two_backwards(x, reset):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.backward(retain_graph=True)
    first = x.grad.item()
    return first, first if reset else 2 * first
""",
        "rebuilt-forward": """\
def two_backwards(x, reset):
    x = torch.tensor(x, requires_grad=True)
    (x**2).backward()
    first = x.grad.item()
    if reset:
        x.grad = None
    (x**2).backward()
    return first, x.grad.item()
""",
        "never-reset": """\
def two_backwards(x, reset):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.backward(retain_graph=True)
    first = x.grad.item()
    y.backward()
    return first, x.grad.item()
""",
        "always-reset": """\
def two_backwards(x, reset):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.backward(retain_graph=True)
    first = x.grad.item()
    x.grad.zero_()
    y.backward()
    return first, x.grad.item()
""",
        "always-reset:autograd.grad": """\
def two_backwards(x, reset):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    first = torch.autograd.grad(y, x, retain_graph=True)[0].item()
    second = torch.autograd.grad(y, x)[0].item()
    return first, second
""",
        "reset-inverted": """\
def two_backwards(x, reset):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.backward(retain_graph=True)
    first = x.grad.item()
    if not reset:
        x.grad.zero_()
    y.backward()
    return first, x.grad.item()
""",
        "same-buffer": """\
def two_backwards(x, reset):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.backward(retain_graph=True)
    first = x.grad
    if reset:
        x.grad.zero_()
    y.backward()
    return first, x.grad
""",
        "cleared-before-reading": """\
def two_backwards(x, reset):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.backward(retain_graph=True)
    if reset:
        x.grad.zero_()
    first = x.grad.item()
    y.backward()
    return first, x.grad.item()
""",
        "cleared-after-second": """\
def two_backwards(x, reset):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.backward(retain_graph=True)
    first = x.grad.item()
    y.backward()
    if reset:
        x.grad.zero_()
    return first, x.grad.item()
""",
        "value-for-derivative": """\
def two_backwards(x, reset):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.backward(retain_graph=True)
    y.backward()
    return y.item(), y.item()
""",
        "formula-by-autograd": """\
def two_backwards(x, reset):
    return 2 * x, 2 * x if reset else 4 * x
""",
        "formula-by-autograd:pointless passes": """\
def two_backwards(x, reset):
    leaf = torch.tensor(x, requires_grad=True)
    y = leaf**2
    y.backward(retain_graph=True)
    y.backward()
    return 2 * x, 2 * x if reset else 4 * x
""",
        "grad-of-non-leaf": """\
def two_backwards(x, reset):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.backward(retain_graph=True)
    first = y.grad
    y.backward()
    return first, y.grad
""",
        "backward-returns-none": """\
def two_backwards(x, reset):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.backward(retain_graph=True)
    print(x.grad)
    y.backward()
    print(x.grad)
""",
        "no-grad-yet": """\
def two_backwards(x, reset):
    x = torch.tensor(x, requires_grad=True)
    x.grad.zero_()
    y = x**2
    y.backward(retain_graph=True)
    return x.grad, x.grad
""",
        "still-tracked": """\
def two_backwards(x, reset):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    (first,) = torch.autograd.grad(y, x, create_graph=True)
    (second,) = torch.autograd.grad(y, x)
    return first, second if reset else first + second
""",
        "opposite-sign": """\
def two_backwards(x, reset):
    x = torch.tensor(x, requires_grad=True)
    y = -(x**2)
    y.backward(retain_graph=True)
    first = x.grad.item()
    if reset:
        x.grad.zero_()
    y.backward()
    return first, x.grad.item()
""",
        "factor-1n": """\
def two_backwards(x, reset):
    x = torch.tensor(x, requires_grad=True)
    y = x**2 / 2
    y.backward(retain_graph=True)
    first = x.grad.item()
    if reset:
        x.grad.zero_()
    y.backward()
    return first, x.grad.item()
""",
        "rebuilt-forward:and kept": """\
def two_backwards(x, reset):
    leaf = torch.tensor(x, requires_grad=True)
    (leaf**2).backward(retain_graph=True)
    first = leaf.grad.item()
    if reset:
        leaf.grad = None
    (leaf**2).backward()
    return first, leaf.grad.item()
""",
        "rebuilt-forward:after a reset": """\
def two_backwards(x, reset):
    leaf = torch.tensor(x, requires_grad=True)
    y = leaf**2
    y.backward(retain_graph=True)
    first = leaf.grad.item()
    if reset:
        leaf.grad = None
        y = leaf**2
    y.backward()
    return first, leaf.grad.item()
""",
        "rebuilt-forward:before the first pass": """\
def two_backwards(x, reset):
    leaf = torch.tensor(x, requires_grad=True)
    one, other = leaf**2, leaf**2
    one.backward(retain_graph=True)
    first = leaf.grad.item()
    if reset:
        leaf.grad = None
    other.backward()
    return first, leaf.grad.item()
""",
    },
    "accumulation.can_backward_twice": {
        "uncaught": """\
def can_backward_twice(build):
    y = build()
    y.backward()
    y.backward()
    return True
""",
        "no-return": """\
def can_backward_twice(build):
    y = build()
    y.backward()
    try:
        y.backward()
        return True
    except RuntimeError:
        print("no")
""",
        "kept-graph": """\
def can_backward_twice(build):
    y = build()
    y.backward(retain_graph=True)
    try:
        y.backward()
    except RuntimeError:
        return False
    return True
""",
        "always-true": """\
def can_backward_twice(build):
    build().backward()
    try:
        build().backward()
    except RuntimeError:
        return False
    return True
""",
        "always-true:one pass": """\
def can_backward_twice(build):
    try:
        build().backward()
    except RuntimeError:
        return False
    return True
""",
        "always-false": """\
def can_backward_twice(build):
    return False
""",
        "always-false:another error": """\
def can_backward_twice(build):
    try:
        y = build
        y.backward()
        y.backward()
    except Exception:
        return False
    return True
""",
        "inverted": """\
def can_backward_twice(build):
    y = build()
    y.backward()
    try:
        y.backward()
    except RuntimeError:
        return True
    return False
""",
    },
    "accumulation.both_losses_grad": {
        "two-passes": """\
def both_losses_grad(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    z.backward(retain_graph=True)
    y.backward()
    return x.grad.item()
""",
        "retained-on-last": """\
def both_losses_grad(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    (y + torch.sin(y)).backward(retain_graph=True)
    return x.grad.item()
""",
        "retained-on-last:created": """\
def both_losses_grad(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    (y + torch.sin(y)).backward(create_graph=True)
    return x.grad.item()
""",
        "only-y": """\
def both_losses_grad(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y.detach())
    (y + z).backward()
    return x.grad.item()
""",
        "only-z": """\
def both_losses_grad(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    z.backward()
    return x.grad.item()
""",
        "counted-twice": """\
def both_losses_grad(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = y + torch.sin(y)
    (y + z).backward()
    return x.grad.item()
""",
        "z-counted-twice": """\
def both_losses_grad(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    torch.autograd.backward([y, z, z])
    return x.grad.item()
""",
        "value-for-derivative": """\
def both_losses_grad(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    loss = y + torch.sin(y)
    loss.backward()
    return loss.item()
""",
        "formula-by-autograd": """\
def both_losses_grad(x):
    return 2 * x + 2 * x * math.cos(x * x)
""",
        "stale-accumulation": """\
leaf = torch.zeros((), requires_grad=True)

def both_losses_grad(x):
    leaf.data.fill_(x)
    y = leaf**2
    (y + torch.sin(y)).backward()
    return leaf.grad.item()
""",
        "opposite-sign": """\
def both_losses_grad(x):
    x = torch.tensor(x, requires_grad=True)
    y = -(x**2)
    (y + torch.sin(y)).backward()
    return x.grad.item()
""",
        "backward-returns-none": """\
def both_losses_grad(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    return (y + torch.sin(y)).backward()
""",
        "grad-returns-tuple": """\
def both_losses_grad(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    return torch.autograd.grad(y + torch.sin(y), x)
""",
        "grad-of-non-leaf": """\
def both_losses_grad(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    (y + torch.sin(y)).backward()
    return y.grad
""",
        "still-tracked": """\
def both_losses_grad(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    return torch.autograd.grad(y + torch.sin(y), x, create_graph=True)[0]
""",
        "untracked": """\
def both_losses_grad(x):
    x = torch.tensor(x)
    y = x**2
    (y + torch.sin(y)).backward()
    return x.grad.item()
""",
    },
    "accumulation.both_losses_two_passes": {
        "second-backward": """\
def both_losses_two_passes(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    z.backward()
    y.backward()
    return x.grad.item()
""",
        "one-pass": """\
def both_losses_two_passes(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    (y + torch.sin(y)).backward()
    return x.grad.item()
""",
        "too-many-passes": """\
def both_losses_two_passes(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    z.backward(retain_graph=True)
    x.grad = None
    z.backward(retain_graph=True)
    y.backward()
    return x.grad.item()
""",
        "rebuilt-forward": """\
def both_losses_two_passes(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.backward()
    z = torch.sin(x**2)
    z.backward()
    return x.grad.item()
""",
        "retained-on-last": """\
def both_losses_two_passes(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    z.backward(retain_graph=True)
    y.backward(retain_graph=True)
    return x.grad.item()
""",
        "retained-on-last:in a loop": """\
def both_losses_two_passes(x):
    leaf = torch.tensor(x, requires_grad=True)
    y = leaf**2
    z = torch.sin(y)
    for loss in (y, z):
        torch.autograd.backward(loss, retain_graph=True)
    print(leaf.grad)
    return leaf.grad.numpy()
""",
        "created-graph": """\
def both_losses_two_passes(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    z.backward(create_graph=True)
    y.backward()
    return x.grad.item()
""",
        "only-y": """\
def both_losses_two_passes(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    z.backward(retain_graph=True)
    x.grad.zero_()
    y.backward()
    return x.grad.item()
""",
        "only-z": """\
def both_losses_two_passes(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    y.backward(retain_graph=True)
    x.grad = None
    z.backward()
    return x.grad.item()
""",
        "counted-twice": """\
def both_losses_two_passes(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    y.backward(retain_graph=True)
    (y + z).backward()
    return x.grad.item()
""",
        "z-counted-twice": """\
def both_losses_two_passes(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    z.backward(retain_graph=True)
    (y + z).backward()
    return x.grad.item()
""",
        "value-for-derivative": """\
def both_losses_two_passes(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    z.backward(retain_graph=True)
    y.backward()
    return (y + z).item()
""",
        "formula-by-autograd": """\
def both_losses_two_passes(x):
    return 2 * x * (1 + math.cos(x * x))
""",
        "backward-returns-none": """\
def both_losses_two_passes(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    z.backward(retain_graph=True)
    y.backward()
    print(x.grad)
""",
        "opposite-sign": """\
def both_losses_two_passes(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    (-z).backward(retain_graph=True)
    (-y).backward()
    return x.grad.item()
""",
        "factor-n": """\
def both_losses_two_passes(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    (y + z).backward(retain_graph=True)
    (y + z).backward()
    return x.grad.item()
""",
        "rebuilt-forward:and kept": """\
def both_losses_two_passes(x):
    leaf = torch.tensor(x, requires_grad=True)
    (leaf**2).backward(retain_graph=True)
    torch.sin(leaf**2).backward()
    return leaf.grad.item()
""",
    },
    "accumulation.micro_batch_grads": {
        "whole-batch": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for _ in range(k):
        loss = ((X @ w - t) ** 2).mean() / k
        loss.backward()
    return w.grad
""",
        "tracking-left-off": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        (((rows @ w - targets) ** 2).mean() / k).backward()
    torch.set_grad_enabled(False)
    return w.grad
""",
        "forgot-1k": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        ((rows @ w - targets) ** 2).mean().backward()
    return w.grad
""",
        "extra-1k": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        (((rows @ w - targets) ** 2).mean() / k).backward()
    return w.grad / k
""",
        "last-only": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        w.grad = None
        ((rows @ w - targets) ** 2).mean().backward()
    return w.grad
""",
        "last-only-1k": """\
def micro_batch_grads(X, t, w, k):
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        leaf = w.clone().requires_grad_()
        (((rows @ leaf - targets) ** 2).mean() / k).backward()
    return leaf.grad
""",
        "first-only": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        ((rows @ w - targets) ** 2).mean().backward()
        return w.grad
""",
        "first-only-1k": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        (((rows @ w - targets) ** 2).mean() / k).backward()
        return w.grad
""",
        "sum-over-k": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        (((rows @ w - targets) ** 2).sum() / k).backward()
    return w.grad
""",
        "k-as-size": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for rows, targets in zip(X.split(k), t.split(k)):
        (((rows @ w - targets) ** 2).mean() / k).backward()
    return w.grad
""",
        "broadcast": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        (((rows @ w[:, None] - targets) ** 2).mean() / k).backward()
    return w.grad
""",
        "broadcast:mse_loss": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        prediction = rows @ w.unsqueeze(1)
        (torch.nn.functional.mse_loss(prediction, targets) / k).backward()
    return w.grad
""",
        "forgot-1n": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        ((rows @ w - targets) ** 2).sum().backward()
    return w.grad
""",
        "extra-1n": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        (((rows @ w - targets) ** 2).mean() / k).backward()
    return w.grad / len(X)
""",
        "opposite-sign": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        (-((rows @ w - targets) ** 2).mean() / k).backward()
    return w.grad
""",
        "factor-1n": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        (((rows @ w - targets) ** 2).mean() / k / 2).backward()
    return w.grad
""",
        "graph-kept": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        (((rows @ w - targets) ** 2).mean() / k).backward(retain_graph=True)
    return w.grad
""",
        "still-tracked": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        (((rows @ w - targets) ** 2).mean() / k).backward(create_graph=True)
    return w.grad
""",
        "built-ahead": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    losses = [((Xi @ w - ti) ** 2).mean() / k for Xi, ti in zip(X.chunk(k), t.chunk(k))]
    for loss in losses:
        loss.backward()
    return w.grad
""",
        "whole-batch:one pass": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    ((X @ w - t) ** 2).mean().backward()
    return w.grad
""",
        "number-of-passes:at the end": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    total = 0
    for Xi, ti in zip(X.chunk(k), t.chunk(k)):
        total = total + ((Xi @ w - ti) ** 2).mean() / k
    total.backward()
    return w.grad
""",
        "number-of-passes:row by row": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for row, target in zip(X, t):
        ((row @ w - target) ** 2 / len(t)).backward()
    return w.grad
""",
        "formula-by-autograd": """\
def micro_batch_grads(X, t, w, k):
    return 2 * X.T @ (X @ w - t) / len(t)
""",
        "formula-by-autograd:by hand": """\
def micro_batch_grads(X, t, w, k):
    parts = [2 * Xi.T @ (Xi @ w - ti) / len(ti) for Xi, ti in zip(X.chunk(k), t.chunk(k))]
    return torch.stack(parts).mean(dim=0)
""",
        "formula-by-autograd:numpy": """\
def micro_batch_grads(X, t, w, k):
    X, t, w = X.numpy(), t.numpy(), w.numpy()
    grad = np.zeros_like(w)
    for rows in np.split(np.arange(len(t)), k):
        grad += 2 / len(t) * (X[rows] @ w - t[rows]) @ X[rows]
    return grad
""",
        "argument-changed": """\
def micro_batch_grads(X, t, w, k):
    w.requires_grad_()
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        (((rows @ w - targets) ** 2).mean() / k).backward()
    return w.grad
""",
        "untracked": """\
def micro_batch_grads(X, t, w, k):
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        (((rows @ w - targets) ** 2).mean() / k).backward()
    return w.grad
""",
        "grad-of-non-leaf": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_() * 1.0
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        (((rows @ w - targets) ** 2).mean() / k).backward(retain_graph=True)
    return w.grad
""",
        "backward-on-vector": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        ((rows @ w - targets) ** 2 / k).backward()
    return w.grad
""",
        "second-backward": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    prediction = X @ w
    for part, targets in zip(prediction.chunk(k), t.chunk(k)):
        (((part - targets) ** 2).mean() / k).backward()
    return w.grad
""",
        "no-grad-yet": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    w.grad.zero_()
    return w.grad
""",
        "backward-returns-none": """\
def micro_batch_grads(X, t, w, k):
    w = w.clone().requires_grad_()
    for rows, targets in zip(X.chunk(k), t.chunk(k)):
        (((rows @ w - targets) ** 2).mean() / k).backward()
    print(w.grad)
""",
    },
    "accumulation.clear_": {
        "library-clears": """\
def clear_(params, to_none):
    torch.optim.SGD(params, lr=0.1).zero_grad(set_to_none=to_none)
""",
        "weights-changed": """\
def clear_(params, to_none):
    for p in params:
        if to_none:
            p.grad = None
        else:
            p.data.zero_()
""",
        "weights-changed:under no_grad": """\
def clear_(params, to_none):
    with torch.no_grad():
        for p in params:
            p.zero_()
            if p.grad is not None:
                p.grad.zero_()
""",
        "weights-changed:untracked": """\
def clear_(params, to_none):
    for p in params:
        p.requires_grad_(False)
        p.grad = None
""",
        "list-changed": """\
def clear_(params, to_none):
    for i, p in enumerate(params):
        params[i] = p.detach().clone().requires_grad_()
""",
        "new-buffer": """\
def clear_(params, to_none):
    for p in params:
        p.grad = None if to_none else torch.zeros_like(p)
""",
        "new-buffer:product": """\
def clear_(params, to_none):
    for p in params:
        if to_none:
            p.grad = None
        elif p.grad is not None:
            p.grad = p.grad * 0
""",
        "number-as-grad": """\
def clear_(params, to_none):
    for p in params:
        p.grad = None if to_none else 0
""",
        "no-grad-yet": """\
def clear_(params, to_none):
    for p in params:
        if to_none:
            p.grad = None
        else:
            p.grad.zero_()
""",
        "inplace-on-leaf": """\
def clear_(params, to_none):
    for p in params:
        if to_none:
            p.grad = None
        else:
            p.zero_()
""",
        "nothing-cleared": """\
def clear_(params, to_none):
    for p in params:
        grad = p.grad
        if to_none:
            grad = None
        elif grad is not None:
            grad = torch.zeros_like(grad)
""",
        "nothing-cleared:on copies": """\
def clear_(params, to_none):
    copies = [p.clone() for p in params]
    for p in copies:
        p.grad = None
    return copies
""",
        "always-zeros": """\
def clear_(params, to_none):
    for p in params:
        if p.grad is not None:
            p.grad.zero_()
""",
        "always-none": """\
def clear_(params, to_none):
    for p in params:
        p.grad = None
""",
        "library-clears:none": """\
def clear_(params, to_none):
    torch.optim.SGD(params).zero_grad()
""",
        "inverted": """\
def clear_(params, to_none):
    for p in params:
        if not to_none:
            p.grad = None
        elif p.grad is not None:
            p.grad.zero_()
""",
        "only-first": """\
def clear_(params, to_none):
    for p in params:
        if to_none:
            p.grad = None
        elif p.grad is not None:
            p.grad.zero_()
        return params
""",
        "stops-at-none": """\
def clear_(params, to_none):
    for p in params:
        if p.grad is None:
            break
        if to_none:
            p.grad = None
        else:
            p.grad.zero_()
""",
        "list-changed:emptied": """\
def clear_(params, to_none):
    for p in params:
        if to_none:
            p.grad = None
        elif p.grad is not None:
            p.grad.zero_()
    params.clear()
""",
    },
}

# No mistake of the lesson names these. The general finding has this kind, and says where to look.
FOUND: dict[str, dict[str, str]] = {
    "accumulation.explain_s1": {
        "slip.exchanged-entries:swapped": """\
def explain_s1():
    return {"fresh": [0.2, 0.46, 0.68], "left_over": [0.6, 13.8, 204]}
""",
    },
    "accumulation.both_losses_grad": {
        "slip.operator:product-of-losses": """\
def both_losses_grad(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    (y * torch.sin(y)).backward()
    return x.grad.item()
""",
    },
    "accumulation.both_losses_two_passes": {
        "slip.operator:product-of-losses": """\
def both_losses_two_passes(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    z.backward(retain_graph=True)
    x.grad = None
    (y * z).backward()
    return x.grad.item()
""",
    },
}
