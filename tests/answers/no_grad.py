"""Answers to lesson 6, turning tracking off."""

_TABLE = """\
truth_table = {
    "requires_grad_(False)": {
        "value": 2.0, "requires_grad": False, "has a grad_fn": False, "is_leaf": True, "shares storage": True,
    },
    "detach()": {
        "value": 2.0, "requires_grad": False, "has a grad_fn": False, "is_leaf": True, "shares storage": True,
    },
    "no_grad()": {
        "value": 4.0, "requires_grad": False, "has a grad_fn": False, "is_leaf": True, "shares storage": False,
    },
}
"""

RIGHT: dict[str, dict[str, str]] = {
    "no_grad.truth_table": {
        "plain": _TABLE,
        "ints and numpy booleans": _TABLE.replace("2.0", "2").replace("True", "np.True_").replace("4.0", "np.int64(4)"),
        "measured": """\
def row(r, x):
    return {
        "value": r.item(),
        "requires_grad": r.requires_grad,
        "has a grad_fn": r.grad_fn is not None,
        "is_leaf": r.is_leaf,
        "shares storage": r.untyped_storage().data_ptr() == x.untyped_storage().data_ptr(),
    }

truth_table = {}
x = torch.tensor(2.0, requires_grad=True)
truth_table["requires_grad_(False)"] = row(x.requires_grad_(False), x)
x = torch.tensor(2.0, requires_grad=True)
truth_table["detach()"] = row(x.detach(), x)
with torch.no_grad():
    truth_table["no_grad()"] = row(x**2, x)
""",
        "row by row": """\
same = dict(requires_grad=False, is_leaf=True)
a = {"value": 2, "has a grad_fn": False, "shares storage": True, **same}
truth_table = {"no_grad()": {**a, "value": 4, "shares storage": False}, "detach()": a, "requires_grad_(False)": dict(a)}
""",
        "tensors": _TABLE.replace("2.0", "torch.tensor(2.0)").replace("True", "torch.tensor(True)"),
    },
    "no_grad.freeze": {
        "plain": """\
def freeze(t):
    t.requires_grad_(False)
    return t
""",
        "in one line": """\
def freeze(t):
    return t.requires_grad_(False)
""",
        "attribute": """\
def freeze(t):
    t.requires_grad = False
    return t
""",
        "detach_": """\
def freeze(t):
    return t.detach_()
""",
        "lambda": "freeze = lambda t: t.requires_grad_(False)",
        "by a loop": """\
def freeze(t):
    for each in [t]:
        if each.requires_grad:
            each.requires_grad_(not True)
    return each
""",
        "the method itself": """\
from functools import partial

freeze = partial(torch.Tensor.requires_grad_, requires_grad=False)
""",
    },
    "no_grad.message_of": {
        "plain": """\
def message_of(fn):
    try:
        fn()
    except Exception as error:
        return str(error)
    return ""
""",
        "else": """\
def message_of(fn):
    try:
        result = fn()
    except Exception as error:
        print(type(error).__name__)
        return f"{error}"
    else:
        return ""
""",
        "one return": """\
def message_of(fn):
    text = ""
    try:
        fn()
    except Exception as error:
        text = str(error)
    return text
""",
        "format": """\
def message_of(fn):
    try:
        fn()
        return ""
    except BaseException as error:
        return f"{error}"
""",
        "context manager": """\
import contextlib

class Kept(contextlib.AbstractContextManager):
    text = ""

    def __exit__(self, kind, error, trace):
        if error is not None:
            self.text = str(error)
        return True

def message_of(fn):
    with Kept() as kept:
        fn()
    return kept.text
""",
        "sys.exc_info": """\
import sys

def message_of(fn):
    try:
        fn()
    except Exception:
        return str(sys.exc_info()[1])
    return str()
""",
    },
    "no_grad.stop_gradient_derivative": {
        "plain": """\
def stop_gradient_derivative(x):
    return x**2
""",
        "constant first": """\
def stop_gradient_derivative(x):
    c = x * x
    return c * 1
""",
        "lambda": "stop_gradient_derivative = lambda x: math.pow(x, 2)",
        "numpy": """\
def stop_gradient_derivative(x):
    return np.square(np.asarray(x))
""",
        "tensor": """\
def stop_gradient_derivative(x):
    with torch.no_grad():
        return torch.tensor(x).square()
""",
    },
    "no_grad.stop_gradient_autograd": {
        "plain": """\
def stop_gradient_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    z = x * (x * x).detach()
    z.backward()
    return x.grad.item()
""",
        "no_grad": """\
def stop_gradient_autograd(x):
    x = torch.tensor(float(x), dtype=torch.float64, requires_grad=True)
    with torch.no_grad():
        c = x**2
    return torch.autograd.grad(x * c, x)[0].item()
""",
        "detached first": """\
def stop_gradient_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    d = x.detach()
    (d * d * x).backward()
    return x.grad
""",
        "item": """\
def stop_gradient_autograd(x):
    leaf = torch.tensor(x, requires_grad=True)
    c = (leaf * leaf).item()
    (c * leaf).backward()
    return float(leaf.grad)
""",
        "torch.func": """\
def stop_gradient_autograd(x):
    return torch.func.grad(lambda t: t * (t * t).detach())(torch.tensor(x)).item()
""",
        "array of one": """\
def stop_gradient_autograd(x):
    x = torch.tensor([x], dtype=torch.float64, requires_grad=True)
    z = x * (x * x).data
    z.sum().backward()
    return x.grad[0].numpy()
""",
    },
    "no_grad.safe_copy": {
        "plain": """\
def safe_copy(t):
    return t.detach().clone()
""",
        "clone first": """\
def safe_copy(t):
    copy = t.clone()
    return copy.detach()
""",
        "under no_grad": """\
def safe_copy(t):
    with torch.no_grad():
        return t.clone()
""",
        "decorated": """\
@torch.no_grad()
def safe_copy(t):
    return torch.clone(t)
""",
        "through numpy": """\
def safe_copy(t):
    return torch.from_numpy(t.detach().numpy().copy())
""",
        "torch.tensor, with a warning": """\
def safe_copy(t):
    return torch.tensor(t)
""",
        "copied into": """\
def safe_copy(t):
    copy = torch.empty_like(t, requires_grad=False)
    copy.copy_(t.detach())
    return copy
""",
        "deepcopy of the detached": """\
import copy

def safe_copy(t):
    return copy.deepcopy(t.detach())
""",
        "through a list": """\
def safe_copy(t):
    return torch.tensor(t.tolist(), dtype=t.dtype)
""",
    },
    "no_grad.sgd_step_": {
        "plain": """\
def sgd_step_(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad
""",
        "decorated": """\
@torch.no_grad()
def sgd_step_(params, lr):
    for p in params:
        if p.grad is None:
            continue
        p.sub_(p.grad, alpha=lr)
""",
        "add_, returning": """\
def sgd_step_(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p.add_(-lr * p.grad)
    return params
""",
        "copy_": """\
def sgd_step_(params, lr):
    for p in params:
        if p.grad is not None:
            new = p.detach() - lr * p.grad
            with torch.no_grad():
                p.copy_(new)
""",
        "through detach": """\
def sgd_step_(params, lr):
    for p in (p for p in params if p.grad is not None):
        view = p.detach()
        view -= lr * p.grad
""",
        "set_grad_enabled": """\
def sgd_step_(params, lr):
    with torch.set_grad_enabled(False):
        for i in range(len(params)):
            if params[i].grad is not None:
                params[i] -= lr * params[i].grad
""",
        "flag off and on": """\
def sgd_step_(params, lr):
    for p in params:
        if p.grad is None:
            continue
        was = p.requires_grad
        p.requires_grad_(False)
        p[...] = p - lr * p.grad
        p.requires_grad_(was)
""",
    },
    "no_grad.predict": {
        "plain": """\
def predict(model, X):
    flags = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        output = model(X)
    for module, training in flags:
        module.training = training
    return output
""",
        "inference_mode, finally": """\
def predict(model, X):
    was = {name: module.training for name, module in model.named_modules()}
    try:
        model.eval()
        with torch.inference_mode():
            return model(X)
    finally:
        for name, module in model.named_modules():
            module.training = was[name]
""",
        "decorated, list": """\
@torch.no_grad()
def predict(model, X):
    modules = list(model.modules())
    flags = [m.training for m in modules]
    model.train(False)
    output = model(X)
    for m, flag in zip(modules, flags):
        m.training = flag
    return output.detach()
""",
        "those that trained": """\
def predict(model, X):
    trained = [m for m in model.modules() if m.training]
    for m in trained:
        m.training = False
    with torch.set_grad_enabled(False):
        output = model(X)
    for m in trained:
        m.training = True
    return output.numpy()
""",
        "a copy": """\
import copy

def predict(model, X):
    twin = copy.deepcopy(model).eval()
    with torch.no_grad():
        return twin(X)
""",
        "context manager": """\
import contextlib

@contextlib.contextmanager
def evaluating(model):
    flags = [(m, m.training) for m in model.modules()]
    try:
        yield model.eval()
    finally:
        for m, flag in flags:
            m.training = flag

def predict(model, X):
    with evaluating(model) as quiet, torch.no_grad():
        return quiet(X)
""",
        "innermost last": """\
def predict(model, X):
    flags = [(m, m.training) for m in model.modules()]
    with torch.no_grad():
        output = model.eval()(X)
    for m, flag in flags:
        m.train(flag)
    return output.tolist()
""",
    },
    "no_grad.train_bias_only": {
        "plain": """\
import torch.nn.functional as F

def train_bias_only(x, W, b, y):
    W.requires_grad_(False)
    z = torch.matmul(x, W) + b
    loss = F.binary_cross_entropy_with_logits(z, y)
    loss.backward()
    return b.grad
""",
        "detach": """\
def train_bias_only(x, W, b, y):
    z = x @ W.detach() + b
    loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y)
    loss.backward()
    return b.grad.clone()
""",
        "no_grad around the product": """\
def train_bias_only(x, W, b, y):
    with torch.no_grad():
        fixed = x @ W
    loss = torch.nn.BCEWithLogitsLoss()(fixed + b, y)
    (gradient,) = torch.autograd.grad(loss, b)
    return gradient.numpy()
""",
        "sigmoid and BCE": """\
def train_bias_only(x, W, b, y):
    W.requires_grad = False
    p = torch.sigmoid(x @ W + b)
    loss = torch.nn.functional.binary_cross_entropy(p, y)
    loss.backward()
    return b.grad.tolist()
""",
        "written out": """\
def train_bias_only(x, W, b, y):
    W.requires_grad_(False)
    p = torch.sigmoid(b + (x[:, None] * W).sum(0))
    loss = -(y * torch.log(p) + (1 - y) * torch.log(1 - p)).mean()
    loss.backward()
    b.grad, gradient = None, b.grad
    return gradient
""",
        "torch.func": """\
def train_bias_only(x, W, b, y):
    loss = lambda b: torch.nn.functional.binary_cross_entropy_with_logits(x @ W.detach() + b, y)
    return torch.func.grad(loss)(b.detach())
""",
    },
    "no_grad.train_bce": {
        "plain": """\
import torch.nn.functional as F

def train_bce(x, y, w, b, lr=0.1, steps=20):
    x, y = torch.tensor(x), torch.tensor(float(y))
    w = torch.tensor(w, requires_grad=True)
    b = torch.tensor(b, requires_grad=True)
    losses = []
    for _ in range(steps):
        loss = F.binary_cross_entropy_with_logits(w * x + b, y)
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            for p in (w, b):
                p -= lr * p.grad
                p.grad = None
    with torch.inference_mode():
        final = F.binary_cross_entropy_with_logits(w * x + b, y).item()
    return losses, final
""",
        "zero_, float64": """\
def train_bce(x, y, w, b, lr=0.1, steps=20):
    params = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (w, b)]
    target = torch.tensor(y, dtype=torch.float64)

    def loss_of():
        return torch.nn.functional.binary_cross_entropy_with_logits(params[0] * x + params[1], target)

    losses = [0.0] * steps
    for i in range(steps):
        loss = loss_of()
        losses[i] = float(loss)
        loss.backward()
        for p in params:
            p.data.sub_(lr * p.grad)
            p.grad.zero_()
    with torch.inference_mode():
        return losses, loss_of()
""",
        "optimizer": """\
def train_bce(x, y, w, b, lr=0.1, steps=20):
    w, b = torch.nn.Parameter(torch.tensor(w)), torch.nn.Parameter(torch.tensor(b))
    optimizer = torch.optim.SGD([w, b], lr=lr)
    criterion = torch.nn.BCEWithLogitsLoss()
    y = torch.tensor(y, dtype=torch.float32)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = criterion(w * x + b, y)
        loss.backward()
        losses.append(loss.detach())
        optimizer.step()
    with torch.no_grad():
        return losses, criterion(w * x + b, y).item()
""",
        "seeds' loss": """\
def binary_cross_entropy_loss(prediction, target):
    epsilon = 1e-8
    prediction = torch.clamp(prediction, epsilon, 1 - epsilon)
    return -(target * torch.log(prediction) + (1 - target) * torch.log(1 - prediction))

def train_bce(x, y, w, b, lr=0.1, steps=20):
    w = torch.tensor(w, requires_grad=True)
    b = torch.tensor(b, requires_grad=True)
    losses = []
    for step in range(steps):
        loss = binary_cross_entropy_loss(torch.sigmoid(w * x + b), y)
        dw, db = torch.autograd.grad(loss, (w, b))
        losses.append(loss.item())
        with torch.no_grad():
            w -= lr * dw
            b -= lr * db
    with torch.inference_mode():
        final = binary_cross_entropy_loss(torch.sigmoid(w * x + b), y).item()
    return losses, final
""",
        "new leaves": """\
from torch.nn.functional import binary_cross_entropy_with_logits as bce

def train_bce(x, y, w, b, lr=0.1, steps=20):
    x, y, w, b = (torch.tensor(float(v), dtype=torch.float64) for v in (x, y, w, b))
    losses = np.empty(steps)
    for i in range(steps):
        w, b = w.detach().requires_grad_(), b.detach().requires_grad_()
        loss = bce(x * w + b, y)
        loss.backward()
        losses[i] = loss.detach()
        w, b = w - lr * w.grad, b - lr * b.grad
    with torch.inference_mode():
        final = bce(x * w + b, y)
    return losses, final
""",
        "torch.func": """\
from torch.func import grad_and_value

def train_bce(x, y, w, b, lr=0.1, steps=20):
    y = torch.tensor(float(y), dtype=torch.float64)
    loss = lambda p: torch.nn.functional.binary_cross_entropy_with_logits(p[0] * x + p[1], y)
    p = torch.tensor([w, b], dtype=torch.float64)
    losses = []
    for _ in range(steps):
        gradient, value = grad_and_value(loss)(p)
        losses.append(value.item())
        p = p - lr * gradient
    with torch.inference_mode():
        return tuple(losses), loss(p).item()
""",
        "by a formula": """\
def train_bce(x, y, w, b, lr=0.1, steps=20):
    losses = []
    for k in range(steps + 1):
        z = w * x + b
        losses.append(max(z, 0) - z * y + math.log1p(math.exp(-abs(z))))
        error = 1 / (1 + math.exp(-z)) - y
        w, b = w - lr * error * x, b - lr * error
    return losses[:-1], losses[-1]
""",
    },
}

_TRAIN = RIGHT["no_grad.train_bce"]["plain"]
_PREDICT = RIGHT["no_grad.predict"]["plain"]
_BIAS = RIGHT["no_grad.train_bias_only"]["plain"]


def _changed(source: str, *pairs: tuple[str, str]) -> str:
    """Return a source with parts of it exchanged; each has to be there."""
    for old, new in pairs:
        assert old in source, old
        source = source.replace(old, new)
    return source


def _table(method: str, key: str, value: str, source: str = _TABLE) -> str:
    """Return the cell of the table with one more line, which changes one entry."""
    return f"{source}\ntruth_table[{method!r}][{key!r}] = {value}\n"


WRONG: dict[str, dict[str, str]] = {
    "no_grad.truth_table": {
        "detach-copies": _table("detach()", "shares storage", "False"),
        "block-gives-a-view": _table("no_grad()", "shares storage", "True"),
        "block-computes-nothing": _table("no_grad()", "value", "2.0"),
        "computed-is-no-leaf": _table("no_grad()", "is_leaf", "False"),
        "no-leaf-without-grad": _TABLE.replace('"is_leaf": True', '"is_leaf": False'),
        "new-tensor-is-no-leaf": _table(
            "detach()", "is_leaf", "False", source=_table("no_grad()", "is_leaf", "np.False_")
        ),
        "flag-is-inherited": _table("no_grad()", "requires_grad", "True"),
        "block-records": _table("no_grad()", "has a grad_fn", "True"),
        "detach-copies-block-shares": _table(
            "detach()", "shares storage", "False", source=_table("no_grad()", "shares storage", "True")
        ),
    },
    "no_grad.freeze": {
        "froze-another-tensor": """\
def freeze(t):
    return t.detach()
""",
        "froze-another-tensor:rebound": """\
def freeze(t):
    t = t.clone().detach()
    t.requires_grad_(False)
    return t
""",
        "froze-another-tensor:data": """\
def freeze(t):
    return t.data
""",
        "nothing-changed": """\
def freeze(t):
    with torch.no_grad():
        return t
""",
        "nothing-changed:no argument": """\
def freeze(t):
    t.requires_grad_()
    return t
""",
        "nothing-changed:assigned to the method": """\
def freeze(t):
    t.requires_grad_ = False
    return t
""",
        "nothing-changed:detach on its own": """\
def freeze(t):
    t.detach()
    return t
""",
        "returned-another": """\
def freeze(t):
    t.requires_grad_(False)
    return t.clone()
""",
        "returned-no-tensor": """\
def freeze(t):
    t.requires_grad_(False)
    return t.requires_grad
""",
        "returned-nothing": """\
def freeze(t):
    t.requires_grad_(False)
""",
        "changed-values": """\
def freeze(t):
    t.requires_grad_(False)
    t.zero_()
    return t
""",
        "flag-of-computed": """\
def freeze(t):
    copy = t.clone()
    copy.requires_grad_(False)
    return copy
""",
        "inplace-on-leaf": """\
def freeze(t):
    t *= 1
    return t.requires_grad_(False)
""",
        "changed-gradient": """\
def freeze(t):
    t.grad = None
    return t.requires_grad_(False)
""",
        "changed-gradient:zeros": """\
def freeze(t):
    if t.grad is not None:
        t.grad.zero_()
    return t.requires_grad_(False)
""",
    },
    "no_grad.message_of": {
        "not-caught": """\
def message_of(fn):
    return str(fn() or "")
""",
        "caught-too-little": """\
def message_of(fn):
    try:
        fn()
    except RuntimeError as error:
        return str(error)
    return ""
""",
        "not-caught:called before": """\
def message_of(fn):
    result = fn()
    try:
        return "" if result is None else ""
    except Exception as error:
        return str(error)
""",
        "caught-too-little:a class that comes later": """\
def message_of(fn):
    try:
        fn()
    except ValueError as error:
        return str(error)
    return ""
""",
        "caught-too-little:raised again": """\
def message_of(fn):
    try:
        fn()
    except Exception as error:
        print(error)
        raise
    return ""
""",
        "none-with-error": """\
def message_of(fn):
    try:
        fn()
        return ""
    except Exception as error:
        text = str(error)
""",
        "printed": """\
def message_of(fn):
    try:
        fn()
    except Exception as error:
        print(error)
""",
        "none-without-error": """\
def message_of(fn):
    try:
        fn()
    except Exception as error:
        return str(error)
""",
        "exception-for-text": """\
def message_of(fn):
    try:
        fn()
    except Exception as error:
        return error
    return ""
""",
        "repr-for-text": """\
def message_of(fn):
    try:
        fn()
    except Exception as error:
        return repr(error)
    return ""
""",
        "class-for-text": """\
def message_of(fn):
    try:
        fn()
    except Exception as error:
        return type(error).__name__
    return ""
""",
        "class-and-text": """\
def message_of(fn):
    try:
        fn()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    else:
        return ""
""",
        "caught-too-little:three classes": """\
def message_of(fn):
    try:
        fn()
    except (RuntimeError, ValueError, TypeError) as error:
        return str(error)
    return ""
""",
    },
    "no_grad.stop_gradient_derivative": {
        "detached-still-moves": """\
def stop_gradient_derivative(x):
    return 3 * x**2
""",
        "only-the-detached-part": """\
def stop_gradient_derivative(x):
    return x * (2 * x)
""",
        "detached-is-zero": """\
def stop_gradient_derivative(x):
    return 0
""",
        "detached-is-absent": """\
def stop_gradient_derivative(x):
    return 1.0
""",
        "value-for-derivative": """\
def stop_gradient_derivative(x):
    return x * (x * x)
""",
        "opposite-sign": """\
def stop_gradient_derivative(x):
    return -x * x
""",
        "autograd-by-hand": """\
def stop_gradient_derivative(x):
    x = torch.tensor(x, requires_grad=True)
    (x * (x * x).detach()).backward()
    return x.grad.item()
""",
        "finite-difference": """\
def stop_gradient_derivative(x):
    h, c = 1e-5, x * x
    return ((x + h) * c - (x - h) * c) / (2 * h)
""",
        "still-tracked": """\
def stop_gradient_derivative(x):
    x = torch.tensor(x, requires_grad=True)
    return x * x
""",
    },
    "no_grad.stop_gradient_autograd": {
        "not-detached": """\
def stop_gradient_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    z = x * (x * x)
    z.backward()
    return x.grad.item()
""",
        "not-detached:without effect": """\
def stop_gradient_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    c = x * x
    c.detach()
    (x * c).backward()
    return x.grad.item()
""",
        "flag-of-computed": """\
def stop_gradient_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    c = x * x
    c.requires_grad_(False)
    (x * c).backward()
    return x.grad.item()
""",
        "no-parentheses": """\
def stop_gradient_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    with torch.no_grad:
        c = x * x
    (x * c).backward()
    return x.grad.item()
""",
        "inference-is-for-good": """\
def stop_gradient_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    with torch.inference_mode():
        c = x * x
    (x * c).backward()
    return x.grad.item()
""",
        "wrong-factor-detached": """\
def stop_gradient_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    z = x.detach() * (x * x)
    z.backward()
    return x.grad.item()
""",
        "value-for-derivative": """\
def stop_gradient_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    z = x * (x * x).detach()
    z.backward()
    return z.item()
""",
        "detached-is-absent": """\
def stop_gradient_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    x.clone().backward()
    return x.grad.item()
""",
        "untracked": """\
def stop_gradient_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    z = (x * (x * x)).detach()
    z.backward()
    return x.grad.item()
""",
        "untracked:in the block": """\
def stop_gradient_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    with torch.no_grad():
        z = x * (x * x)
    z.backward()
    return x.grad.item()
""",
        "untracked:frozen": """\
def stop_gradient_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    x.requires_grad_(False)
    (x * x * x).backward()
    return x.grad.item()
""",
        "formula-by-autograd": """\
def stop_gradient_autograd(x):
    return x * x
""",
        "formula-by-autograd:the constant itself": """\
def stop_gradient_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    c = (x * x).detach()
    (x * c).backward()
    return c.item()
""",
        "stale-accumulation": """\
leaf = torch.tensor(0.0, requires_grad=True)

def stop_gradient_autograd(x):
    with torch.no_grad():
        leaf.fill_(x)
    (leaf * (leaf * leaf).detach()).backward()
    return leaf.grad.item()
""",
        "backward-returns-none": """\
def stop_gradient_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    return (x * (x * x).detach()).backward()
""",
        "grad-returns-tuple": """\
def stop_gradient_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    return torch.autograd.grad(x * (x * x).detach(), x)
""",
        "still-tracked": """\
def stop_gradient_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    (slope,) = torch.autograd.grad(x * (x * x).detach(), x, create_graph=True)
    return slope + 0 * x
""",
        "numpy-on-tracked": """\
def stop_gradient_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    c = torch.from_numpy((x * x).numpy())
    (x * c).backward()
    return x.grad.item()
""",
        "second-backward": """\
def stop_gradient_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    z = x * (x * x).detach()
    z.backward()
    z.backward()
    return x.grad.item() / 2
""",
        "opposite-sign": """\
def stop_gradient_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    (-x * (x * x).detach()).backward()
    return x.grad.item()
""",
    },
    "no_grad.safe_copy": {
        "inference-copy": """\
def safe_copy(t):
    with torch.inference_mode():
        return t.clone()
""",
        "not-a-tensor": """\
def safe_copy(t):
    return t.detach().numpy().copy()
""",
        "not-a-tensor:list": """\
def safe_copy(t):
    return t.tolist()
""",
        "not-a-tensor:nothing": """\
def safe_copy(t):
    copy = t.detach().clone()
""",
        "the-tensor-itself": """\
def safe_copy(t):
    copy = t
    return copy
""",
        "the-tensor-itself:a view": """\
def safe_copy(t):
    return t[:]
""",
        "shares-storage": """\
def safe_copy(t):
    return t.detach()
""",
        "shares-storage:data": """\
def safe_copy(t):
    return t.data
""",
        "shares-storage:numpy": """\
def safe_copy(t):
    return torch.from_numpy(t.detach().numpy())
""",
        "the-tensor-itself:a view in a block": """\
@torch.no_grad()
def safe_copy(t):
    return t.view(t.shape)
""",
        "keeps-graph": """\
def safe_copy(t):
    return t.clone()
""",
        "keeps-graph:computed": """\
def safe_copy(t):
    return t + 0
""",
        "still-requires-grad": """\
def safe_copy(t):
    return t.detach().clone().requires_grad_(t.requires_grad)
""",
        "still-requires-grad:of any dtype": """\
def safe_copy(t):
    return t.detach().clone().requires_grad_()
""",
        "still-requires-grad:deepcopy of a leaf": """\
import copy

def safe_copy(t):
    return copy.deepcopy(t) if t.is_leaf else t.detach().clone()
""",
        "flag-of-computed": """\
def safe_copy(t):
    copy = t.clone()
    copy.requires_grad = False
    return copy
""",
        "no-parentheses": """\
def safe_copy(t):
    with torch.no_grad:
        return t.clone()
""",
        "deepcopy-of-computed": """\
import copy

def safe_copy(t):
    return copy.deepcopy(t)
""",
        "lost-dtype": """\
def safe_copy(t):
    return torch.tensor(t.tolist())
""",
        "values-not-copied": """\
def safe_copy(t):
    return torch.zeros_like(t)
""",
        "numpy-on-tracked": """\
def safe_copy(t):
    return torch.from_numpy(t.numpy().copy())
""",
        "argument-changed": """\
def safe_copy(t):
    t.detach_()
    return t.clone()
""",
    },
    "no_grad.sgd_step_": {
        "tracking-left-off": """\
def sgd_step_(params, lr):
    torch.set_grad_enabled(False)
    for p in params:
        if p.grad is not None:
            p -= lr * p.grad
""",
        "library-steps": """\
def sgd_step_(params, lr):
    torch.optim.SGD(params, lr=lr).step()
""",
        "step-without-gradient": """\
def sgd_step_(params, lr):
    with torch.no_grad():
        for p in params:
            p -= lr * p.grad
""",
        "step-without-gradient:sub_": """\
def sgd_step_(params, lr):
    with torch.no_grad():
        for p in params:
            p.sub_(p.grad, alpha=lr)
""",
        "step-without-gradient:method": """\
def sgd_step_(params, lr):
    with torch.no_grad():
        for p in params:
            p -= p.grad.mul(lr)
""",
        "no-parentheses": """\
def sgd_step_(params, lr):
    with torch.no_grad:
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad
""",
        "made-new-untracked:numbers": """\
def sgd_step_(params, lr):
    for i, p in enumerate(params):
        if p.grad is not None:
            params[i] = torch.tensor((p - lr * p.grad).tolist(), dtype=p.dtype)
""",
        "made-new-tracked": """\
def sgd_step_(params, lr):
    for i, p in enumerate(params):
        if p.grad is not None:
            params[i] = p - lr * p.grad
""",
        "made-new-untracked": """\
def sgd_step_(params, lr):
    with torch.no_grad():
        for i, p in enumerate(params):
            if p.grad is not None:
                params[i] = p - lr * p.grad
""",
        "made-new-leaves": """\
def sgd_step_(params, lr):
    for i, p in enumerate(params):
        if p.grad is not None:
            params[i] = (p - lr * p.grad).detach().requires_grad_()
""",
        "changed-requires-grad": """\
def sgd_step_(params, lr):
    for p in params:
        if p.grad is not None:
            p.requires_grad_(False)
            p -= lr * p.grad
""",
        "touched-gradients": """\
@torch.no_grad()
def sgd_step_(params, lr):
    for p in params:
        if p.grad is not None:
            p -= lr * p.grad
            p.grad.zero_()
""",
        "touched-gradients:None": """\
@torch.no_grad()
def sgd_step_(params, lr):
    for p in params:
        if p.grad is not None:
            p -= lr * p.grad
            p.grad = None
""",
        "touched-gradients:scaled": """\
@torch.no_grad()
def sgd_step_(params, lr):
    for p in params:
        if p.grad is not None:
            p.grad *= lr
            p -= p.grad
""",
        "new-storage": """\
def sgd_step_(params, lr):
    for p in params:
        if p.grad is not None:
            p.data = p.data - lr * p.grad.data
""",
        "nothing-moved": """\
def sgd_step_(params, lr):
    for p in params:
        if p.grad is not None:
            p = p - lr * p.grad
""",
        "nothing-moved:in the block": """\
def sgd_step_(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p = p - lr * p.grad
""",
        "nothing-moved:on a copy": """\
def sgd_step_(params, lr):
    for p in params:
        if p.grad is not None:
            p = p.detach().clone()
            p -= lr * p.grad if p.grad is not None else 0
    return params
""",
        "stopped-at-none": """\
def sgd_step_(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is None:
                break
            p -= lr * p.grad
""",
        "inplace-on-leaf": """\
def sgd_step_(params, lr):
    for p in params:
        if p.grad is not None:
            p -= lr * p.grad
""",
        "only-first": """\
def sgd_step_(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad
            return params
""",
    },
    "no_grad.predict": {
        "model-not-called": """\
def predict(model, X):
    model.eval()
    return X
""",
        "parameters-frozen": """\
def predict(model, X):
    flags = [(module, module.training) for module in model.modules()]
    model.eval()
    model.requires_grad_(False)
    output = model(X)
    for module, training in flags:
        module.training = training
    return output
""",
        "no-parentheses": _changed(_PREDICT, ("torch.no_grad()", "torch.no_grad")),
        "argument-changed": _changed(_PREDICT, ("    model.eval()\n", "    model.eval()\n    X.mul_(2)\n")),
        "not-in-eval-mode": """\
def predict(model, X):
    with torch.no_grad():
        return model(X)
""",
        "not-in-eval-mode:nothing at all": """\
def predict(model, X):
    return model(X)
""",
        "not-in-eval-mode:attribute of the root": """\
def predict(model, X):
    was, model.training = model.training, False
    with torch.inference_mode():
        output = model(X)
    model.training = was
    return output
""",
        "eval-is-not-no-grad": _changed(_PREDICT, ("with torch.no_grad():", "if True:")),
        "eval-is-not-no-grad:only eval": """\
def predict(model, X):
    model.eval()
    return model(X)
""",
        "eval-is-not-no-grad:statement": _changed(_PREDICT, ("with torch.no_grad():", "torch.no_grad()\n    if True:")),
        "detached-too-late": _changed(
            _PREDICT, ("with torch.no_grad():", "if True:"), ("model(X)", "model(X).detach()")
        ),
        "detached-too-late:numpy": _changed(
            _PREDICT, ("with torch.no_grad():", "if True:"), ("model(X)", "model(X).detach().numpy()")
        ),
        "left-in-eval-mode": """\
def predict(model, X):
    model.eval()
    with torch.no_grad():
        return model(X)
""",
        "flags-of-the-parts": """\
def predict(model, X):
    was = model.training
    model.eval()
    with torch.no_grad():
        output = model(X)
    model.train(was)
    return output
""",
        "flags-of-the-parts:always": """\
@torch.no_grad()
def predict(model, X):
    model.eval()
    output = model(X)
    model.train()
    return output
""",
        "flags-of-the-parts:of the children": """\
def predict(model, X):
    was, flags = model.training, [(part, part.training) for part in model.children()]
    model.eval()
    with torch.no_grad():
        output = model(X)
    model.training = was
    for part, flag in flags:
        part.train(flag)
    return output
""",
        "flags-of-inner-parts": """\
def predict(model, X):
    flags = {type(part): part.training for part in model.modules()}
    model.eval()
    with torch.no_grad():
        output = model(X)
    for part in model.modules():
        part.training = flags[type(part)]
    return output
""",
    },
    "no_grad.train_bias_only": {
        "froze-the-bias": _changed(_BIAS, ("W.requires_grad_", "b.requires_grad_")),
        "froze-the-bias:detached": _changed(
            _BIAS, ("    W.requires_grad_(False)\n", ""), ("W) + b", "W) + b.detach()")
        ),
        "flag-of-computed": _changed(
            _BIAS,
            ("W.requires_grad_(False)", "fixed = W * 1\n    fixed.requires_grad_(False)"),
            ("(x, W)", "(x, fixed)"),
        ),
        "no-parentheses": """\
def train_bias_only(x, W, b, y):
    with torch.no_grad:
        fixed = x @ W
    loss = torch.nn.functional.binary_cross_entropy_with_logits(fixed + b, y)
    loss.backward()
    return b.grad
""",
        "not-frozen": _changed(_BIAS, ("    W.requires_grad_(False)\n", "")),
        "not-frozen:zeroed": _changed(
            _BIAS, ("    W.requires_grad_(False)\n", ""), ("return", "W.grad.zero_()\n    return")
        ),
        "not-frozen:too late": _changed(
            _BIAS, ("    W.requires_grad_(False)\n", ""), ("return", "W.requires_grad_(False)\n    return")
        ),
        "gradient-thrown-away": _changed(
            _BIAS, ("    W.requires_grad_(False)\n", ""), ("return", "W.grad = None\n    return")
        ),
        "gradient-thrown-away:not taken": """\
def train_bias_only(x, W, b, y):
    z = torch.matmul(x, W) + b
    loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y)
    dW, db = torch.autograd.grad(loss, (W, b))
    return db
""",
        "values-changed": _changed(_BIAS, ("return", "with torch.no_grad():\n        b -= 0.1 * b.grad\n    return")),
        "summed-loss": _changed(_BIAS, ("(z, y)", "(z, y, reduction='sum')")),
        "sigmoid-twice": _changed(_BIAS, ("(z, y)", "(torch.sigmoid(z), y)")),
        "untracked": _changed(_BIAS, ("W.requires_grad_(False)", "W.requires_grad_(False), b.requires_grad_(False)")),
        "untracked:block": """\
def train_bias_only(x, W, b, y):
    with torch.no_grad():
        z = torch.matmul(x, W) + b
    loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y)
    loss.backward()
    return b.grad
""",
        "formula-by-autograd": """\
def train_bias_only(x, W, b, y):
    with torch.no_grad():
        return (torch.sigmoid(x @ W + b) - y) / len(y)
""",
        "formula-by-autograd:pointless backward": _changed(
            _BIAS, ("return b.grad", "return ((torch.sigmoid(z) - y) / len(y)).detach()")
        ),
        "backward-returns-none": _changed(
            _BIAS, ("    loss.backward()\n    return b.grad", "    return loss.backward()")
        ),
        "grad-returns-tuple": _changed(_BIAS, ("loss.backward()", "pass"), ("b.grad", "torch.autograd.grad(loss, b)")),
        "still-tracked": _changed(
            _BIAS, ("loss.backward()", "pass"), ("b.grad", "torch.autograd.grad(loss, b, create_graph=True)[0]")
        ),
        "opposite-sign": _changed(_BIAS, ("return b.grad", "return -b.grad")),
        "grad-of-non-leaf": _changed(_BIAS, ("return b.grad", "return z.grad")),
        "number-of-passes": """\
def train_bias_only(x, W, b, y):
    W.requires_grad_(False)
    for _ in range(2):
        torch.nn.functional.binary_cross_entropy_with_logits(x @ W + b, y).backward()
    return b.grad / 2
""",
    },
    "no_grad.train_bce": {
        "no-parentheses": _changed(_TRAIN, ("torch.no_grad()", "torch.no_grad")),
        "no-parentheses:inference": _changed(_TRAIN, ("torch.inference_mode()", "torch.inference_mode")),
        "nothing-learned:cleared too early": _changed(
            _TRAIN, ("loss.backward()", "loss.backward(), w.grad.zero_(), b.grad.zero_()")
        ),
        "second-backward": """\
def train_bce(x, y, w, b, lr=0.1, steps=20):
    w, b = torch.tensor(w, requires_grad=True), torch.tensor(b, requires_grad=True)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(w * x + b, torch.tensor(float(y)))
    losses = []
    for _ in range(steps):
        losses.append(loss.item())
        loss.backward()
        w.data -= lr * w.grad
        b.data -= lr * b.grad
        w.grad = b.grad = None
    return losses, loss.item()
""",
        "backward-on-number": _changed(_TRAIN, ("loss.backward()", "loss = loss.item()\n        loss.backward()")),
        "graph-grows": _changed(
            _TRAIN,
            ("                p -= lr * p.grad\n                p.grad = None\n", ""),
            (
                "with torch.no_grad():\n            for p in (w, b):\n",
                "w, b = w - lr * w.grad, b - lr * b.grad\n        w.retain_grad(), b.retain_grad()\n",
            ),
        ),
        "graph-kept": _changed(_TRAIN, ("loss.backward()", "loss.backward(retain_graph=True)")),
        "forgot-to-clear": _changed(_TRAIN, ("                p.grad = None\n", "")),
        "nothing-learned": _changed(_TRAIN, ("p -= lr * p.grad", "p = p - lr * p.grad"), ("p.grad = None", "pass")),
        "uphill": _changed(_TRAIN, ("p -= lr", "p += lr")),
        "bias-not-trained": _changed(_TRAIN, ("(w, b):", "(w,):")),
        "weight-not-trained": _changed(_TRAIN, ("(w, b):", "(b,):")),
        "logged-after-the-step": _changed(
            _TRAIN,
            ("        losses.append(loss.item())\n", ""),
            (
                "p.grad = None\n",
                "p.grad = None\n        losses.append(F.binary_cross_entropy_with_logits(w * x + b, y).item())\n",
            ),
        ),
        "final-before-the-last-step": _changed(_TRAIN, ("    return losses, final", "    return losses, losses[-1]")),
        "final-before-the-last-step:no forward": _changed(
            _TRAIN, ("final = F.binary_cross_entropy_with_logits(w * x + b, y).item()", "final = loss.item()")
        ),
        "ignored-rate": _changed(_TRAIN, ("p -= lr", "p -= 0.1")),
        "sigmoid-twice": _changed(_TRAIN, ("(w * x + b, y)", "(torch.sigmoid(w * x + b), y)")),
        "still-tracked": _changed(_TRAIN, ("losses.append(loss.item())", "losses.append(loss)")),
        "still-tracked:final": _changed(
            _TRAIN, ("with torch.inference_mode():", "if True:"), ("y).item()\n    return", "y)\n    return")
        ),
        "inplace-on-leaf": _changed(_TRAIN, ("with torch.no_grad():", "if True:")),
        "grad-of-non-leaf": _changed(
            _TRAIN,
            ("            for p in (w, b):\n", "            w, b = w - lr * w.grad, b - lr * b.grad\n"),
            ("                p -= lr * p.grad\n                p.grad = None\n", ""),
            ("        with torch.no_grad():\n", "        if True:\n"),
        ),
        "untracked": _changed(
            _TRAIN,
            ("            for p in (w, b):\n", "            w, b = w - lr * w.grad, b - lr * b.grad\n"),
            ("                p -= lr * p.grad\n                p.grad = None\n", ""),
        ),
        "no-grad-yet": _changed(_TRAIN, ("loss.backward()", "w.grad.zero_(), b.grad.zero_(), loss.backward()")),
    },
}

# No mistake of the lesson names these. The general finding has this kind, and says where to look.
FOUND: dict[str, dict[str, str]] = {
    "no_grad.sgd_step_": {
        "slip.sign:uphill": """\
def sgd_step_(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p += lr * p.grad
""",
        "behaviour.unused-parameter:forgot-rate": """\
def sgd_step_(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= p.grad
""",
    },
}
