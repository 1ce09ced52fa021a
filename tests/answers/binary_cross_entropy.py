"""Answers to lesson 3, binary cross-entropy."""

RIGHT: dict[str, dict[str, str]] = {
    "binary_cross_entropy.sigmoid": {
        "warnings off, and none needed": """\
def sigmoid(z):
    with np.errstate(all="ignore"):
        e = np.exp(-np.abs(z))
        return np.where(np.greater_equal(z, 0), 1.0, e) / (1.0 + e)
""",
        "a helper named expit": """\
def expit(v):
    e = np.exp(-np.abs(v))
    return np.where(np.asarray(v) >= 0, 1, e) / (1 + e)
def sigmoid(z):
    return expit(z)
""",
        "an overflow would raise": """\
def sigmoid(z):
    z = np.asarray(z, dtype=float)
    with np.errstate(over="raise"):
        e = np.exp(-np.abs(z))
        return np.where(z >= 0, 1 / (1 + e), e / (1 + e))
""",
        "where": """\
def sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(np.asarray(z) >= 0, 1 / (1 + e), e / (1 + e))
""",
        "tanh": """\
def sigmoid(z):
    return 0.5 * (1 + np.tanh(z / 2))
""",
        "logaddexp": "sigmoid = lambda z: np.exp(-np.logaddexp(0, -z))",
        "masks": """\
def sigmoid(z):
    z = np.asarray(z, dtype=float)
    p = np.empty_like(z)
    right = z >= 0
    p[right] = 1 / (1 + np.exp(-z[right]))
    e = np.exp(z[~right])
    p[~right] = e / (1 + e)
    return p
""",
        "clipped": """\
def sigmoid(z):
    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))
""",
        "one at a time": """\
def one(z):
    if z < 0:
        return 1 - one(-z)
    return 1 / (1 + math.exp(-z))

def sigmoid(z):
    if isinstance(z, np.ndarray):
        return np.array([one(element) for element in z])
    return one(z)
""",
        "vectorized": """\
@np.vectorize
def sigmoid(z):
    return 1 / (1 + math.exp(-z)) if z > 0 else math.exp(z) / (1 + math.exp(z))
""",
    },
    "binary_cross_entropy.bce": {
        "a helper named log_loss": """\
def log_loss(q):
    return -math.log(q)
def bce(p, y):
    return log_loss(p) if y == 1 else log_loss(1 - p)
""",
        "one line": """\
def bce(p, y):
    return -(y * math.log(p) + (1 - y) * math.log(1 - p))
""",
        "branches": """\
def bce(p, y):
    if y == 1:
        return -math.log(p)
    return -math.log(1 - p)
""",
        "numpy": """\
def bce(p, y):
    return -np.log(np.where(y, p, 1 - p))
""",
        "log1p": "bce = lambda p, y: -np.log(p) if y else -np.log1p(-p)",
        "power": """\
def bce(p, y):
    likelihood = p**y * (1 - p) ** (1 - y)
    return -np.log(likelihood)
""",
        "reciprocal": """\
def bce(p, y):
    chance_of_what_happened = {0: 1 - p, 1: p}[y]
    return math.log(1 / chance_of_what_happened)
""",
        "float32 tensor": """\
def bce(p, y):
    p = torch.tensor(p)
    return -(y * torch.log(p) + (1 - y) * torch.log(1 - p))
""",
        "protected": """\
def bce(p, y, eps=1e-8):
    p = np.clip(p, eps, 1 - eps)
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))
""",
        "xlogy": """\
def bce(p, y):
    p, y = torch.tensor(p, dtype=torch.float64), torch.tensor(float(y))
    loss = -torch.xlogy(y, p) - torch.xlogy(1 - y, 1 - p)
    return loss.item()
""",
    },
    "binary_cross_entropy.local_grads": {
        "a table of derivatives": """\
def local_grads(x, y, w, b):
    p = 1 / (1 + math.exp(-(w * x + b)))
    table = {"dL_dp": lambda: (p - y) / (p * (1 - p)), "dp_dz": lambda: p * (1 - p), "dz_dw": lambda: x, "dz_db": lambda: 1.0}
    return {name: derivative() for name, derivative in table.items()}
""",
        "plain": """\
def local_grads(x, y, w, b):
    z = w * x + b
    p = 1 / (1 + math.exp(-z))
    return {"dL_dp": (p - y) / (p * (1 - p)), "dp_dz": p * (1 - p), "dz_dw": x, "dz_db": 1}
""",
        "two fractions": """\
def sigmoid(z):
    return np.exp(z) / (1 + np.exp(z))

def local_grads(x, y, w, b):
    p = sigmoid(x * w + b)
    dL_dp = -y / p + (1 - y) / (1 - p)
    dp_dz = p - p**2
    return dict(dL_dp=dL_dp, dp_dz=dp_dz, dz_dw=x, dz_db=1.0)
""",
        "branches": """\
def local_grads(x, y, w, b):
    z = w * x + b
    p = 0.5 + 0.5 * math.tanh(z / 2)
    grads = {}
    grads["dz_db"] = np.ones(())
    grads["dz_dw"] = np.float64(x)
    grads["dp_dz"] = math.exp(-z) / (1 + math.exp(-z)) ** 2
    grads["dL_dp"] = -1 / p if y == 1 else 1 / (1 - p)
    return grads
""",
        "tensors as in the notebook": """\
def local_grads(x, y, w, b):
    x, y, w, b = (torch.tensor(float(each)) for each in (x, y, w, b))
    y_pred = torch.sigmoid(w * x + b)
    return {
        "dL_dp": (y_pred - y) / (y_pred * (1 - y_pred)),
        "dp_dz": y_pred * (1 - y_pred),
        "dz_dw": x,
        "dz_db": 1,
    }
""",
        "epsilon in the denominator": """\
eps = 1e-12

def local_grads(x, y, w, b):
    p = 1 / (1 + np.exp(-(w * x + b)))
    return {"dL_dp": (p - y) / (p * (1 - p) + eps), "dp_dz": p * (1 - p), "dz_dw": x, "dz_db": 1}
""",
    },
    "binary_cross_entropy.bce_grads_manual": {
        "short form": """\
def bce_grads_manual(x, y, w, b):
    p = 1 / (1 + math.exp(-(w * x + b)))
    return (p - y) * x, p - y
""",
        "product of local factors": """\
def local_grads(x, y, w, b):
    p = 1 / (1 + math.exp(-(w * x + b)))
    return {"dL_dp": (p - y) / (p * (1 - p)), "dp_dz": p * (1 - p), "dz_dw": x, "dz_db": 1}

def bce_grads_manual(x, y, w, b):
    g = local_grads(x, y, w, b)
    dL_dz = g["dL_dp"] * g["dp_dz"]
    return dL_dz * g["dz_dw"], dL_dz * g["dz_db"]
""",
        "outer product": """\
def bce_grads_manual(x, y, w, b):
    p = 1 / (1 + np.exp(-np.dot([w, b], [x, 1])))
    return (p - y) * np.array([x, 1.0])
""",
        "as in the notebook": """\
def bce_grads_manual(x, y, w, b):
    x, y, w, b = map(torch.tensor, (x, y, w, b))
    z = w * x + b
    y_pred = torch.sigmoid(z)
    dloss_dy_pred = (y_pred - y) / (y_pred * (1 - y_pred))
    dy_pred_dz = y_pred * (1 - y_pred)
    dz_dw = x
    dz_db = 1
    return dloss_dy_pred * dy_pred_dz * dz_dw, dloss_dy_pred * dy_pred_dz * dz_db
""",
        "labels as signs": """\
def bce_grads_manual(x, y, w, b):
    s = 2 * y - 1
    z = w * x + b
    db = -s / (1 + math.exp(s * z))
    print(f"db = {db:.3f}")
    return [db * x, db]
""",
    },
    "binary_cross_entropy.bce_grads_autograd": {
        "as in the notebook": """\
def binary_cross_entropy_loss(prediction, target):
    epsilon = 1e-8  # To prevent log(0)
    prediction = torch.clamp(prediction, epsilon, 1 - epsilon)
    return -(target * torch.log(prediction) + (1 - target) * torch.log(1 - prediction))

def bce_grads_autograd(x, y, w, b):
    w = torch.tensor(w, requires_grad=True)
    b = torch.tensor(b, requires_grad=True)
    z = w * x + b
    loss = binary_cross_entropy_loss(torch.sigmoid(z), y)
    loss.backward()
    return w.grad.item(), b.grad.item()
""",
        "with logits": """\
import torch.nn.functional as F

def bce_grads_autograd(x, y, w, b):
    x, y = torch.tensor(float(x)), torch.tensor(float(y))
    w, b = torch.tensor(float(w), requires_grad=True), torch.tensor(float(b), requires_grad=True)
    F.binary_cross_entropy_with_logits(w * x + b, y).backward()
    return w.grad, b.grad
""",
        "autograd.grad": """\
from torch.autograd import grad

def bce_grads_autograd(x, y, w, b):
    w = torch.tensor(w, dtype=torch.float64, requires_grad=True)
    b = torch.tensor(b, dtype=torch.float64, requires_grad=True)
    p = torch.sigmoid(w * x + b)
    loss = -torch.log(p if y else 1 - p)
    dw, db = grad(loss, (w, b))
    return dw.item(), db.item()
""",
        "torch.func": """\
def bce_grads_autograd(x, y, w, b):
    def loss(w, b):
        return torch.nn.functional.binary_cross_entropy(torch.sigmoid(w * x + b), torch.tensor(float(y)))

    return torch.func.grad(loss, argnums=(0, 1))(torch.tensor(w), torch.tensor(b))
""",
        "module": """\
def bce_grads_autograd(x, y, w, b):
    layer = torch.nn.Linear(1, 1)
    with torch.no_grad():
        layer.weight.fill_(w)
        layer.bias.fill_(b)
    loss = torch.nn.BCEWithLogitsLoss()(layer(torch.tensor([x])), torch.tensor([float(y)]))
    loss.backward()
    return layer.weight.grad.item(), layer.bias.grad.item()
""",
        "one vector of parameters": """\
def bce_grads_autograd(x, y, w, b):
    theta = torch.tensor([w, b], requires_grad=True)
    p = torch.sigmoid(theta @ torch.tensor([x, 1.0]))
    (-(y * p.log() + (1 - y) * (1 - p).log())).backward()
    return theta.grad
""",
    },
    "binary_cross_entropy.dL_dz": {
        "math": """\
def dL_dz(z, y):
    return 1 / (1 + math.exp(-z)) - y
""",
        "numpy": "dL_dz = lambda z, y: 0.5 * (1 + np.tanh(z / 2)) - y",
        "with their sigmoid": """\
def sigmoid(z):
    e = np.exp(-abs(z))
    return 1 / (1 + e) if z >= 0 else e / (1 + e)

def dL_dz(z, y):
    p = sigmoid(z)
    return p - y
""",
        "branches": """\
def dL_dz(z, y):
    if y == 1:
        return -1 / (1 + math.exp(z))
    return 1 / (1 + math.exp(-z))
""",
        "float32 tensor": """\
def dL_dz(z, y):
    return torch.sigmoid(torch.tensor(z)) - y
""",
        "clipped exponent": """\
def dL_dz(z, y):
    z = np.clip(z, -60, 60)
    return np.array(1 / (1 + np.exp(-z)) - y)
""",
    },
    "binary_cross_entropy.dL_dz_autograd": {
        "float64": """\
def dL_dz_autograd(z, y):
    z = torch.tensor(z, dtype=torch.float64, requires_grad=True)
    p = torch.sigmoid(z)
    loss = -(y * torch.log(p) + (1 - y) * torch.log(1 - p))
    loss.backward()
    return z.grad.item()
""",
        "with logits": """\
def dL_dz_autograd(z, y):
    z = torch.tensor(z, requires_grad=True)
    torch.nn.functional.binary_cross_entropy_with_logits(z, torch.tensor(float(y))).backward()
    return z.grad
""",
        "logsigmoid and autograd.grad": """\
from torch.nn.functional import logsigmoid

def dL_dz_autograd(z, y):
    z = torch.tensor(z, requires_grad=True)
    loss = -logsigmoid(z if y else -z)
    return torch.autograd.grad(loss, z)[0].item()
""",
        "softplus and torch.func": """\
def dL_dz_autograd(z, y):
    return torch.func.grad(lambda t: torch.nn.functional.softplus(t) - t * y)(torch.tensor(z)).item()
""",
        "the loss of a probability, float64": """\
def dL_dz_autograd(z, y):
    leaf = torch.tensor([z]).double().requires_grad_()
    target = torch.tensor([y]).double()
    torch.nn.BCELoss()(leaf.sigmoid(), target).backward()
    return leaf.grad.numpy()[0]
""",
        "default dtype switched": """\
def dL_dz_autograd(z, y):
    torch.set_default_dtype(torch.float64)
    z = torch.tensor(z, requires_grad=True)
    p = 1 / (1 + torch.exp(-z))
    (-torch.log(p) if y == 1 else -torch.log(1 - p)).backward()
    return z.grad.item()
""",
    },
    "binary_cross_entropy.breaking_logit": {
        "int": "breaking_logit = 17",
        "float": "breaking_logit = 17.0",
        "searched": """\
def loss(prediction, target):
    prediction = torch.clamp(prediction, 1e-8, 1 - 1e-8)
    return -(target * torch.log(prediction) + (1 - target) * torch.log(1 - prediction))

breaking_logit = 1
while torch.isfinite(loss(torch.sigmoid(torch.tensor(float(breaking_logit))), 0.0)):
    breaking_logit += 1
""",
        "argmax": """\
z = torch.arange(0.0, 40.0)
breaking_logit = (torch.sigmoid(z) == 1).int().argmax()
""",
        "numpy": "breaking_logit = np.int64(17)",
    },
    "binary_cross_entropy.bce_with_logits": {
        "guarded, and nothing overflows": """\
def bce_with_logits(z, y):
    try:
        return max(z, 0.0) - z * y + math.log1p(math.exp(-abs(z)))
    except (TypeError, OverflowError):
        return float("nan")
""",
        "a helper named logsumexp": """\
def bce_with_logits(z, y):
    def logsumexp(values):
        top = max(values)
        return top + math.log(sum(math.exp(v - top) for v in values))
    return logsumexp([0.0, z]) - y * z
""",
        "a helper named logaddexp": """\
def logaddexp(a, b):
    m = max(a, b)
    return m + math.log(math.exp(a - m) + math.exp(b - m))
def bce_with_logits(z, y):
    return logaddexp(0.0, z) - y * z
""",
        "an overflow would raise": """\
def bce_with_logits(z, y):
    with np.errstate(all="raise", under="ignore"):
        return np.maximum(z, 0.0) - z * y + np.log1p(np.exp(-np.abs(z)))
""",
        "an overflow is never caught": """\
def bce_with_logits(z, y):
    s = (1 - 2 * y) * z
    try:
        return max(s, 0.0) + math.log1p(math.exp(-abs(s)))
    except OverflowError:
        raise ValueError("must not happen")
""",
        "max form": """\
def bce_with_logits(z, y):
    return max(z, 0) - z * y + math.log1p(math.exp(-abs(z)))
""",
        "plain log": """\
def bce_with_logits(z, y):
    return np.maximum(z, 0) - z * y + np.log(1 + np.exp(-np.abs(z)))
""",
        "by label": """\
def softplus(z):
    return max(0.0, z) + math.log1p(math.exp(-abs(z)))

def bce_with_logits(z, y):
    return softplus(-z) if y == 1 else softplus(z)
""",
        "branches on z": """\
def bce_with_logits(z, y):
    if z > 0:
        return (1 - y) * z + math.log(1 + math.exp(-z))
    return -y * z + math.log(1 + math.exp(z))
""",
        "logsumexp": """\
def bce_with_logits(z, y):
    scores = np.array([0.0, z])
    top = scores.max()
    return top + np.log(np.exp(scores - top).sum()) - scores[y]
""",
    },
    "binary_cross_entropy.bce_grads_batch": {
        "a parameter named gradient": """\
def bce_grads_batch(X, y, w, b):
    residual = 1 / (1 + np.exp(-(X @ w + b))) - y
    def average(gradient):
        return sum(gradient(r, row) for r, row in zip(residual, X)) / len(y)
    return average(lambda r, row: r * row), average(lambda r, row: r)
""",
        "matrix product": """\
def bce_grads_batch(X, y, w, b):
    p = 1 / (1 + np.exp(-(X @ w + b)))
    r = p - y
    return X.T @ r / len(y), r.mean()
""",
        "loop": """\
def bce_grads_batch(X, y, w, b):
    n, d = X.shape
    dw, db = np.zeros(d), 0.0
    for row, label in zip(X, y):
        p = 1 / (1 + math.exp(-(row @ w + b)))
        dw += (p - label) * row
        db += p - label
    return dw / n, db / n
""",
        "mean of rows": """\
def bce_grads_batch(X, y, w, b):
    r = 0.5 * (1 + np.tanh((X.dot(w) + b) / 2)) - y
    return (X * r[:, None]).mean(axis=0), np.mean(r)
""",
        "einsum": """\
def bce_grads_batch(X, y, w, b):
    z = np.einsum("nd,d->n", X, w) + b
    r = (1 / (1 + np.exp(-z)) - y) / X.shape[0]
    return [np.einsum("nd,n->d", X, r), r.sum()]
""",
        "column of ones": """\
def bce_grads_batch(X, y, w, b):
    A = np.column_stack([X, np.ones(len(X))])
    p = 1 / (1 + np.exp(-A @ np.append(w, b)))
    grads = A.T @ (p - y) / len(X)
    return grads[:-1], grads[-1]
""",
        "lists": """\
def bce_grads_batch(X, y, w, b):
    n = len(X)
    residuals = []
    for i in range(n):
        z = sum(X[i][j] * w[j] for j in range(len(w))) + b
        residuals.append(1 / (1 + math.exp(-z)) - y[i])
    dw = [sum(residuals[i] * X[i][j] for i in range(n)) / n for j in range(len(w))]
    return dw, sum(residuals) / n
""",
    },
    "binary_cross_entropy.bce_grads_batch_autograd": {
        "with logits": """\
import torch.nn.functional as F

def bce_grads_batch_autograd(X, y, w, b):
    w = w.clone().requires_grad_()
    b = torch.tensor(b, dtype=w.dtype, requires_grad=True)
    F.binary_cross_entropy_with_logits(X @ w + b, y).backward()
    return w.grad, b.grad
""",
        "probabilities": """\
def bce_grads_batch_autograd(X, y, w, b):
    w = torch.tensor(w.tolist(), dtype=torch.float64, requires_grad=True)
    b = torch.tensor(b, requires_grad=True)
    p = torch.sigmoid(X @ w + b)
    loss = -(y * torch.log(p) + (1 - y) * torch.log(1 - p)).mean()
    loss.backward()
    return w.grad.numpy(), b.grad.item()
""",
        "autograd.grad": """\
def bce_grads_batch_autograd(X, y, w, b):
    w = w.detach().requires_grad_()
    b = torch.full((), b, dtype=torch.double, requires_grad=True)
    loss = torch.nn.functional.binary_cross_entropy(torch.sigmoid(X.mv(w) + b), y)
    return torch.autograd.grad(loss, [w, b])
""",
        "float32": """\
def bce_grads_batch_autograd(X, y, w, b):
    X, y = X.float(), y.float()
    w = w.float().requires_grad_()
    b = torch.tensor(b, requires_grad=True)
    loss = torch.nn.BCEWithLogitsLoss()(X @ w + b, y)
    loss.backward()
    return w.grad.tolist(), b.grad
""",
        "per sample": """\
def bce_grads_batch_autograd(X, y, w, b):
    w = w.clone().requires_grad_()
    b = torch.tensor(b, requires_grad=True)
    for row, label in zip(X, y):
        z = row @ w + b
        loss = torch.nn.functional.softplus(z) - label * z
        (loss / len(X)).backward()
    return w.grad, b.grad
""",
        "torch.func": """\
from torch.func import grad

def bce_grads_batch_autograd(X, y, w, b):
    loss = lambda w, b: torch.nn.functional.binary_cross_entropy_with_logits(X @ w + b, y)
    return grad(loss, argnums=(0, 1))(w, torch.tensor(b))
""",
    },
}

_SIGMOID = "def sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n\n"
_SOFTPLUS = """\
def softplus(z):
    return max(0.0, z) + math.log1p(math.exp(-abs(z)))

"""

_STABLE = """\
def stable(z):
    e = math.exp(-abs(z))
    return 1 / (1 + e) if z >= 0 else e / (1 + e)

"""
_CLAMPED = """\
def clamped_loss(p, y):
    p = torch.clamp(p, 1e-8, 1 - 1e-8)
    return -(y * torch.log(p) + (1 - y) * torch.log(1 - p))

"""


def _manual(returned: str, z: str = "w * x + b") -> str:
    """Return a `bce_grads_manual` that returns this expression."""
    return f"""\
def bce_grads_manual(x, y, w, b):
    p = 1 / (1 + math.exp(-({z})))
    return {returned}
"""


def _autograd(loss: str, returned: str = "w.grad.item(), b.grad.item()", z: str = "w * x + b") -> str:
    """Return a `bce_grads_autograd` that goes backward through this loss."""
    return f"""\
import torch.nn.functional as F

def bce_grads_autograd(x, y, w, b):
    x = torch.tensor(x, requires_grad=True)
    y = torch.tensor(float(y))
    w, b = torch.tensor(w, requires_grad=True), torch.tensor(b, requires_grad=True)
    z = {z}
    loss = {loss}
    loss.backward()
    return {returned}
"""


def _local(**changed: str) -> str:
    """Return a `local_grads` in which some entries are replaced."""
    entries = {"dL_dp": "(p - y) / (p * (1 - p))", "dp_dz": "p * (1 - p)", "dz_dw": "x", "dz_db": "1"} | changed
    z = entries.pop("z", "w * x + b")
    pairs = ", ".join(f'"{key}": {value}' for key, value in entries.items())
    return _SIGMOID + f"def local_grads(x, y, w, b):\n    z = {z}\n    p = sigmoid(z)\n    return {{{pairs}}}\n"


def _batch(dw: str, db: str, z: str = "X @ w + b") -> str:
    """Return a `bce_grads_batch` that returns these two expressions of the residuals r."""
    return f"""\
def bce_grads_batch(X, y, w, b):
    n, d = X.shape
    p = 1 / (1 + np.exp(-({z})))
    r = p - y
    return {dw}, {db}
"""


def _batch_autograd(loss: str, z: str = "X @ w + b", before: str = "", returned: str = "w.grad, b.grad") -> str:
    """Return a `bce_grads_batch_autograd` that goes backward through this loss."""
    return f"""\
import torch.nn.functional as F

def bce_grads_batch_autograd(X, y, w, b):
    w = w.clone().requires_grad_()
    b = torch.tensor(b, dtype=torch.float64, requires_grad=True)
    {before or "n = len(X)"}
    z = {z}
    loss = {loss}
    loss.backward()
    return {returned}
"""


WRONG: dict[str, dict[str, str]] = {
    "binary_cross_entropy.sigmoid": {
        "hidden-overflow:caught as any error": """\
def sigmoid(z):
    def one(v):
        try:
            return 1 / (1 + math.exp(-v))
        except Exception:
            return 0.0
    return one(z) if np.ndim(z) == 0 else np.array([one(v) for v in z])
""",
        "library-sigmoid": """\
def sigmoid(z):
    return torch.sigmoid(torch.as_tensor(z)).numpy()
""",
        "library-sigmoid:softmax": """\
def sigmoid(z):
    z = torch.as_tensor(z, dtype=torch.float64)
    return torch.stack([z, torch.zeros_like(z)]).softmax(0)[0]
""",
        "cut-to-integers": """\
def sigmoid(z):
    z = np.asarray(z)
    if z.ndim == 0:
        e = math.exp(-abs(z))
        return 1 / (1 + e) if z >= 0 else e / (1 + e)
    p = np.zeros_like(z)
    for i, one in enumerate(z):
        p[i] = sigmoid(one)
    return p
""",
        "hidden-overflow": """\
def sigmoid(z):
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + np.exp(-z))
""",
        "hidden-overflow:as a decorator": """\
@np.errstate(all="ignore")
def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))
""",
        "hidden-overflow:caught": """\
def one(z):
    try:
        return 1 / (1 + math.exp(-z))
    except OverflowError:
        return 0.0

def sigmoid(z):
    return np.array([one(element) for element in z]) if np.ndim(z) else one(z)
""",
        "overflow:switched off before": """\
np.seterr(all="ignore")

def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))
""",
        "overflow:tensor": """\
def sigmoid(z):
    z = torch.as_tensor(z, dtype=torch.float32)
    return 1 / (1 + torch.exp(-z))
""",
        "overflow": """\
def sigmoid(z):
    if isinstance(z, np.ndarray):
        return np.array([sigmoid(element) for element in z])
    return 1 / (1 + math.exp(-z))
""",
        "overflow:warning": _SIGMOID,
        "overflow:both branches computed": """\
def sigmoid(z):
    z = np.asarray(z)
    return np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))
""",
        "overflow:nan": """\
def sigmoid(z):
    return np.exp(z) / (1 + np.exp(z))
""",
        "math-on-array": """\
def sigmoid(z):
    return (1 + math.tanh(z / 2)) / 2
""",
        "branch-on-array": """\
def sigmoid(z):
    if z >= 0:
        return 1 / (1 + np.exp(-z))
    return np.exp(z) / (1 + np.exp(z))
""",
        "sign-of-exponent": """\
def sigmoid(z):
    return 1 / (1 + np.exp(np.clip(z, -500, 500)))
""",
        "tanh": "sigmoid = lambda z: np.tanh(z)",
        "stretched": """\
def sigmoid(z):
    return np.tanh(z / 2)
""",
        "derivative-for-value": """\
def sigmoid(z):
    p = 0.5 * (1 + np.tanh(z / 2))
    return p * (1 - p)
""",
        "opposite-sign": """\
def sigmoid(z):
    return -0.5 * (1 + np.tanh(z / 2))
""",
        "factor-n": """\
def sigmoid(z):
    return 1 + np.tanh(z / 2)
""",
        "math-on-tensor": """\
def sigmoid(z):
    return torch.sigmoid(z).item()
""",
    },
    "binary_cross_entropy.bce": {
        "coarse-clamp": """\
def bce(p, y):
    p = np.clip(p, 1e-3, 1 - 1e-3)
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))
""",
        "library-loss": """\
def bce(p, y):
    p, y = torch.tensor(p, dtype=torch.float64), torch.tensor(float(y), dtype=torch.float64)
    return torch.nn.functional.binary_cross_entropy(p, y).item()
""",
        "library-loss:distribution": """\
def bce(p, y):
    return -torch.distributions.Bernoulli(torch.tensor(p).double()).log_prob(torch.tensor(float(y)).double())
""",
        "log-of-nothing": """\
def bce(p, y):
    return -(y * math.log(p) + (1 - y) * math.log(p - 1))
""",
        "swapped-labels": """\
def bce(p, y):
    return -(y * math.log(1 - p) + (1 - y) * math.log(p))
""",
        "label-0-free": """\
def bce(p, y):
    return -y * math.log(p)
""",
        "label-1-free": """\
def bce(p, y):
    return -(1 - y) * np.log(1 - p)
""",
        "log2": """\
def bce(p, y):
    return -(y * math.log2(p) + (1 - y) * math.log2(1 - p))
""",
        "log10": """\
def bce(p, y):
    return -np.log10(p if y else 1 - p)
""",
        "squared-error": """\
def bce(p, y):
    return (y - p) ** 2
""",
        "opposite-sign": """\
def bce(p, y):
    return y * math.log(p) + (1 - y) * math.log(1 - p)
""",
        "factor-1n": """\
def bce(p, y):
    return -np.mean([y * np.log(p), (1 - y) * np.log(1 - p)])
""",
        "math-on-tensor": """\
def bce(p, y):
    return -torch.log(p if y else 1 - p)
""",
    },
    "binary_cross_entropy.local_grads": {
        "sign-of-dl-dp": _local(dL_dp="(y - p) / (p * (1 - p))"),
        "dropped-target": _local(dL_dp="1 / (1 - p)"),
        "dl-dz-for-dl-dp": _local(dL_dp="p - y"),
        "dp-dz-at-p": _local(dp_dz="sigmoid(p) * (1 - sigmoid(p))"),
        "value-for-dp-dz": _local(dp_dz="p"),
        "w-for-x": _local(dz_dw="w"),
        "value-of-bias": _local(dz_db="b"),
        "constant-bias": _local(dz_db="0"),
        "dropped-bias": _local(z="w * x"),
        "products": _local(dp_dz="p - y", dz_dw="(p - y) * x", dz_db="p - y"),
        "autograd-by-hand": """\
def local_grads(x, y, w, b):
    z = torch.tensor(w * x + b, requires_grad=True)
    p = torch.sigmoid(z)
    p.backward()
    p = p.item()
    return {"dL_dp": (p - y) / (p * (1 - p)), "dp_dz": z.grad.item(), "dz_dw": x, "dz_db": 1}
""",
        "finite-difference": """\
def sigmoid(z):
    return 1 / (1 + math.exp(-z))

def local_grads(x, y, w, b):
    h = 1e-6
    z = w * x + b
    p = sigmoid(z)
    dp_dz = (sigmoid(z + h) - sigmoid(z - h)) / (2 * h)
    return {"dL_dp": (p - y) / (p * (1 - p)), "dp_dz": dp_dz, "dz_dw": x, "dz_db": 1}
""",
    },
    "binary_cross_entropy.bce_grads_manual": {
        "dropped-target": _manual("p * x, p"),
        "dropped-bias": _manual("(p - y) * x, p - y", z="w * x"),
        "gradient-in-x": _manual("(p - y) * w, p - y"),
        "swapped-order": _manual("p - y, (p - y) * x"),
        "dropped-dz-dw": _manual("p - y, p - y"),
        "sigmoid-slope-twice": _manual("(p - y) * p * (1 - p) * x, (p - y) * p * (1 - p)"),
        "dropped-dp-dz": _manual("(p - y) / (p * (1 - p)) * x, (p - y) / (p * (1 - p))"),
        "squared-error": _manual("2 * (p - y) * p * (1 - p) * x, 2 * (p - y) * p * (1 - p)"),
        "opposite-sign": _manual("(y - p) * x, y - p"),
        "factor-1n": _manual("((p - y) * x / 2, (p - y) / 2)"),
        "autograd-by-hand": """\
def bce_grads_manual(x, y, w, b):
    w, b = torch.tensor(w, requires_grad=True), torch.tensor(b, requires_grad=True)
    p = torch.sigmoid(w * x + b)
    (-torch.log(p if y else 1 - p)).backward()
    return w.grad.item(), b.grad.item()
""",
        "finite-difference": """\
def loss(x, y, w, b):
    p = 1 / (1 + math.exp(-(w * x + b)))
    return -math.log(p if y else 1 - p)

def bce_grads_manual(x, y, w, b, h=1e-5):
    dw = (loss(x, y, w + h, b) - loss(x, y, w - h, b)) / (2 * h)
    db = (loss(x, y, w, b + h) - loss(x, y, w, b - h)) / (2 * h)
    return dw, db
""",
        "still-tracked": """\
def bce_grads_manual(x, y, w, b):
    w, b = torch.tensor(w, requires_grad=True), torch.tensor(b, requires_grad=True)
    p = torch.sigmoid(w * x + b)
    return (p - y) * x, p - y
""",
    },
    "binary_cross_entropy.bce_grads_autograd": {
        "target-dtype": """\
def bce_grads_autograd(x, y, w, b):
    w, b = torch.tensor(w, requires_grad=True), torch.tensor(b, requires_grad=True)
    loss = torch.nn.functional.binary_cross_entropy(torch.sigmoid(w * x + b), torch.tensor(y))
    loss.backward()
    return w.grad.item(), b.grad.item()
""",
        "target-dtype:with logits": """\
def bce_grads_autograd(x, y, w, b):
    w, b = torch.tensor(w, requires_grad=True), torch.tensor(b, requires_grad=True)
    torch.nn.functional.binary_cross_entropy_with_logits(w * x + b, torch.tensor(y)).backward()
    return w.grad.item(), b.grad.item()
""",
        "logit-for-probability": _autograd("F.binary_cross_entropy(z, y)"),
        "sigmoid-twice": _autograd("F.binary_cross_entropy_with_logits(torch.sigmoid(z), y)"),
        "dropped-target": _autograd("-torch.log(1 - torch.sigmoid(z))"),
        "dropped-bias": """\
def bce_grads_autograd(x, y, w, b):
    w, b = torch.tensor(w, requires_grad=True), torch.zeros((), requires_grad=True)
    p = torch.sigmoid(w * x + b)
    (-(y * torch.log(p) + (1 - y) * torch.log(1 - p))).backward()
    return w.grad.item(), b.grad.item()
""",
        "gradient-in-x": _autograd("F.binary_cross_entropy_with_logits(z, y)", "x.grad.item(), b.grad.item()"),
        "swapped-order": _autograd("F.binary_cross_entropy_with_logits(z, y)", "b.grad, w.grad"),
        "dropped-dp-dz": """\
def bce_grads_autograd(x, y, w, b):
    p = torch.sigmoid(torch.tensor(w * x + b).double()).requires_grad_()
    torch.nn.functional.binary_cross_entropy(p, torch.tensor(float(y)).double()).backward()
    return p.grad.item() * x, p.grad.item()
""",
        "squared-error": _autograd("(torch.sigmoid(z) - y) ** 2"),
        "stale-accumulation": """\
w_leaf = torch.zeros((), dtype=torch.float64, requires_grad=True)
b_leaf = torch.zeros((), dtype=torch.float64, requires_grad=True)

def bce_grads_autograd(x, y, w, b):
    with torch.no_grad():
        w_leaf.fill_(w)
        b_leaf.fill_(b)
    p = torch.sigmoid(w_leaf * x + b_leaf)
    (-torch.log(p if y else 1 - p)).backward()
    return w_leaf.grad.item(), b_leaf.grad.item()
""",
        "opposite-sign": _autograd("y * torch.log(torch.sigmoid(z)) + (1 - y) * torch.log(1 - torch.sigmoid(z))"),
        "formula-by-autograd": """\
def bce_grads_autograd(x, y, w, b):
    p = torch.sigmoid(torch.tensor(w * x + b))
    return ((p - y) * x).item(), (p - y).item()
""",
        "formula-by-autograd:a pass for show": _autograd(
            "F.binary_cross_entropy_with_logits(z, y)",
            "((torch.sigmoid(z) - y) * x).item(), (torch.sigmoid(z) - y).item()",
        ),
        "untracked": """\
def bce_grads_autograd(x, y, w, b):
    w, b = torch.tensor(w), torch.tensor(b)
    p = torch.sigmoid(w * x + b)
    (-torch.log(p if y else 1 - p)).backward()
    return w.grad.item(), b.grad.item()
""",
        "backward-on-number": """\
def bce_grads_autograd(x, y, w, b):
    w, b = torch.tensor(w, requires_grad=True), torch.tensor(b, requires_grad=True)
    p = 1 / (1 + math.exp(-(w * x + b)))
    loss = -math.log(p if y else 1 - p)
    loss.backward()
    return w.grad.item(), b.grad.item()
""",
        "no-grad-yet": """\
def bce_grads_autograd(x, y, w, b):
    w, b = torch.tensor(w, requires_grad=True), torch.tensor(b, requires_grad=True)
    p = torch.sigmoid(torch.tensor(w.item() * x + b.item(), requires_grad=True))
    (-torch.log(p if y else 1 - p)).backward()
    return w.grad.item(), b.grad.item()
""",
        "grad-of-non-leaf": _autograd("F.binary_cross_entropy_with_logits(z, y)", "w.grad, z.grad"),
        "still-tracked": """\
def bce_grads_autograd(x, y, w, b):
    w, b = torch.tensor(w, requires_grad=True), torch.tensor(b, requires_grad=True)
    p = torch.sigmoid(w * x + b)
    return torch.autograd.grad(-torch.log(p if y else 1 - p), (w, b), create_graph=True)
""",
        "second-backward": """\
def bce_grads_autograd(x, y, w, b):
    w, b = torch.tensor(w, requires_grad=True), torch.tensor(b, requires_grad=True)
    p = torch.sigmoid(w * x + b)
    loss = -torch.log(p if y else 1 - p)
    (dw,) = torch.autograd.grad(loss, w)
    (db,) = torch.autograd.grad(loss, b)
    return dw, db
""",
    },
    "binary_cross_entropy.dL_dz": {
        "overflow": """\
def dL_dz(z, y):
    return 1 / (1 + np.exp(-np.float32(z))) - y
""",
        "not-simplified": """\
def dL_dz(z, y):
    p = 1 / (1 + math.exp(-z))
    return (p - y) / (p * (1 - p)) * (p * (1 - p))
""",
        "not-simplified:numpy": """\
def dL_dz(z, y):
    p = 1 / (1 + np.exp(-z))
    return (-y / p + (1 - y) / (1 - p)) * p * (1 - p)
""",
        "not-simplified:torch": """\
def dL_dz(z, y):
    p = torch.sigmoid(torch.tensor(z, dtype=torch.float64))
    return ((p - y) / (p * (1 - p)) * (p * (1 - p))).item()
""",
        "not-simplified:local gradient alone": """\
def dL_dz(z, y):
    p = 1 / (1 + math.exp(-z))
    return -1 / p if y else 1 / (1 - p)
""",
        "dropped-target": """\
def dL_dz(z, y):
    return 1 / (1 + math.exp(-z))
""",
        "swapped-labels": """\
def dL_dz(z, y):
    return 1 / (1 + math.exp(-z)) - (1 - y)
""",
        "sigmoid-slope-twice": """\
def dL_dz(z, y):
    p = 1 / (1 + math.exp(-z))
    return (p - y) * p * (1 - p)
""",
        "dropped-sigmoid": "dL_dz = lambda z, y: z - y",
        "sigmoid-twice": """\
def sigmoid(z):
    return 1 / (1 + math.exp(-z))

def dL_dz(z, y):
    p = sigmoid(z)
    return sigmoid(p) - y
""",
        "opposite-sign": """\
def dL_dz(z, y):
    return y - 1 / (1 + math.exp(-z))
""",
        "value-for-derivative": """\
def dL_dz(z, y):
    return max(z, 0) - z * y + math.log1p(math.exp(-abs(z)))
""",
        "autograd-by-hand": """\
def dL_dz(z, y):
    z = torch.tensor(z, requires_grad=True)
    torch.nn.functional.binary_cross_entropy_with_logits(z, torch.tensor(float(y))).backward()
    return z.grad.item()
""",
        "finite-difference": """\
def loss(z, y):
    return max(z, 0) - z * y + math.log1p(math.exp(-abs(z)))

def dL_dz(z, y):
    h = 1e-6
    return (loss(z + h, y) - loss(z - h, y)) / (2 * h)
""",
        "finite-difference:by label": """\
f = lambda t: np.logaddexp(0, t)
dL_dz = lambda z, y: (f(z + 1e-5) - f(z - 1e-5)) / 2e-5 - y
""",
    },
    "binary_cross_entropy.dL_dz_autograd": {
        "single-precision": """\
def dL_dz_autograd(z, y):
    z = torch.tensor(z, requires_grad=True)
    p = torch.sigmoid(z)
    (-(y * torch.log(p) + (1 - y) * torch.log(1 - p))).backward()
    return z.grad.item()
""",
        "target-dtype": """\
def dL_dz_autograd(z, y):
    z = torch.tensor(z, requires_grad=True)
    torch.nn.functional.binary_cross_entropy_with_logits(z, torch.tensor(y)).backward()
    return z.grad.item()
""",
        "logit-for-probability": """\
def dL_dz_autograd(z, y):
    z = torch.tensor(z, requires_grad=True)
    torch.nn.functional.binary_cross_entropy(z, torch.tensor(float(y))).backward()
    return z.grad.item()
""",
        "dropped-target": """\
def dL_dz_autograd(z, y):
    z = torch.tensor(z, dtype=torch.float64, requires_grad=True)
    (-torch.log(1 - torch.sigmoid(z))).backward()
    return z.grad.item()
""",
        "swapped-labels": """\
def dL_dz_autograd(z, y):
    z = torch.tensor(z, dtype=torch.float64, requires_grad=True)
    p = torch.sigmoid(z)
    (-(y * torch.log(1 - p) + (1 - y) * torch.log(p))).backward()
    return z.grad.item()
""",
        "clamped": _CLAMPED
        + """\
def dL_dz_autograd(z, y):
    z = torch.tensor(z, dtype=torch.float64, requires_grad=True)
    clamped_loss(torch.sigmoid(z), y).backward()
    return z.grad.item()
""",
        "gradient-in-p": """\
def dL_dz_autograd(z, y):
    p = torch.sigmoid(torch.tensor(z, dtype=torch.float64)).requires_grad_()
    (-(y * torch.log(p) + (1 - y) * torch.log(1 - p))).backward()
    return p.grad.item()
""",
        "sigmoid-twice": """\
def dL_dz_autograd(z, y):
    z = torch.tensor(z, requires_grad=True)
    p = torch.sigmoid(z)
    torch.nn.functional.binary_cross_entropy_with_logits(p, torch.tensor(float(y))).backward()
    return z.grad.item()
""",
        "opposite-sign": """\
def dL_dz_autograd(z, y):
    z = torch.tensor(z, dtype=torch.float64, requires_grad=True)
    p = torch.sigmoid(z)
    (y * torch.log(p) + (1 - y) * torch.log(1 - p)).backward()
    return z.grad.item()
""",
        "value-for-derivative": """\
def dL_dz_autograd(z, y):
    z = torch.tensor(z, dtype=torch.float64, requires_grad=True)
    loss = torch.nn.functional.softplus(z) - y * z
    loss.backward()
    return loss.item()
""",
        "stale-accumulation": """\
leaf = torch.zeros((), dtype=torch.float64, requires_grad=True)

def dL_dz_autograd(z, y):
    leaf.data.fill_(z)
    (torch.nn.functional.softplus(leaf) - y * leaf).backward()
    return leaf.grad.item()
""",
        "formula-by-autograd": """\
def dL_dz_autograd(z, y):
    return torch.sigmoid(torch.tensor(z)).item() - y
""",
        "grad-of-non-leaf": """\
def dL_dz_autograd(z, y):
    z = torch.tensor(z, requires_grad=True).double()
    (torch.nn.functional.softplus(z) - y * z).backward()
    return z.grad
""",
        "grad-returns-tuple": """\
def dL_dz_autograd(z, y):
    z = torch.tensor(z, requires_grad=True)
    return torch.autograd.grad(torch.nn.functional.softplus(z) - y * z, z)
""",
        "backward-returns-none": """\
def dL_dz_autograd(z, y):
    z = torch.tensor(z, requires_grad=True)
    return (torch.nn.functional.softplus(z) - y * z).backward()
""",
        "untracked": """\
def dL_dz_autograd(z, y):
    z = torch.tensor(z)
    (torch.nn.functional.softplus(z) - y * z).backward()
    return z.grad.item()
""",
    },
    "binary_cross_entropy.breaking_logit": {
        "still-finite": "breaking_logit = 16",
        "not-the-smallest": "breaking_logit = 18",
        "where-the-clamp-begins": "breaking_logit = 19",
        "where-the-clamp-begins:float": "breaking_logit = 19.0",
        "in-float64": "breaking_logit = 37",
        "overflow-of-exp": "breaking_logit = 89",
    },
    "binary_cross_entropy.bce_with_logits": {
        "library-loss": """\
def bce_with_logits(z, y):
    z, y = torch.tensor(z, dtype=torch.float64), torch.tensor(float(y), dtype=torch.float64)
    return torch.nn.functional.binary_cross_entropy_with_logits(z, y).item()
""",
        "library-loss:module": """\
def bce_with_logits(z, y):
    return torch.nn.BCEWithLogitsLoss()(torch.tensor(z), torch.tensor(float(y)))
""",
        "library-loss:softplus": """\
def bce_with_logits(z, y):
    sign = 1 - 2 * y
    return torch.nn.functional.softplus(sign * torch.tensor(z, dtype=torch.float64)).item()
""",
        "library-loss:logsigmoid": """\
def bce_with_logits(z, y):
    return -torch.nn.functional.logsigmoid(torch.tensor(z if y else -z, dtype=torch.float64)).item()
""",
        "library-loss:logaddexp": "bce_with_logits = lambda z, y: np.logaddexp(0, z) - z * y",
        "library-loss:logsumexp": """\
def bce_with_logits(z, y):
    return torch.tensor([0.0, z], dtype=torch.float64).logsumexp(0) - z * y
""",
        "single-precision": """\
def bce_with_logits(z, y):
    z = torch.tensor(z)
    return torch.relu(z) - z * y + torch.log1p(torch.exp(-z.abs()))
""",
        "hidden-overflow": """\
def bce_with_logits(z, y):
    with np.errstate(over="ignore"):
        loss = np.log1p(np.exp(z)) - z * y
    return loss if np.isfinite(loss) else z - z * y
""",
        "overflow:tensor": """\
def bce_with_logits(z, y):
    loss = torch.log1p(torch.exp(torch.tensor(z, dtype=torch.float64))) - z * y
    return loss.item() if torch.isfinite(loss) else z - z * y
""",
        "overflow": """\
def bce_with_logits(z, y):
    return math.log(1 + math.exp(z)) - z * y
""",
        "overflow:numpy": """\
def bce_with_logits(z, y):
    return np.log1p(np.exp(z)) - z * y
""",
        "overflow:both branches computed": """\
def bce_with_logits(z, y):
    return np.where(z > 0, z, np.log1p(np.exp(z))) - z * y
""",
        "log-of-zero": _STABLE
        + """\
def bce_with_logits(z, y):
    p = stable(z)
    return -(y * math.log(p) + (1 - y) * math.log(1 - p))
""",
        "log-of-zero:numpy": """\
def bce_with_logits(z, y):
    p = 0.5 * (1 + np.tanh(z / 2))
    return -np.log(p) if y else -np.log(1 - p)
""",
        "log-of-zero:as in the notebook": _CLAMPED
        + """\
def bce_with_logits(z, y):
    return clamped_loss(torch.sigmoid(torch.tensor(z)), y).item()
""",
        "overflow:log of a tensor": """\
def bce_with_logits(z, y):
    return (torch.log(1 + torch.exp(torch.tensor(z))) - z * y).item()
""",
        "swapped-labels": _SOFTPLUS
        + """\
def bce_with_logits(z, y):
    return softplus(-z) + z * y
""",
        "dropped-target": """\
def bce_with_logits(z, y):
    return max(z, 0) + math.log1p(math.exp(-abs(z)))
""",
        "clamped": _STABLE
        + """\
def bce_with_logits(z, y):
    p = min(max(stable(z), 1e-8), 1 - 1e-8)
    return -(y * math.log(p) + (1 - y) * math.log(1 - p))
""",
        "floored-log": """\
def bce_with_logits(z, y):
    p = torch.sigmoid(torch.tensor(z, dtype=torch.float64))
    return torch.nn.functional.binary_cross_entropy(p, torch.tensor(y, dtype=torch.float64)).item()
""",
        "dropped-log-term": """\
def bce_with_logits(z, y):
    return max(z, 0) - z * y
""",
        "sigmoid-twice": _STABLE
        + """\
def bce_with_logits(z, y):
    z = stable(z)
    return max(z, 0) - z * y + math.log1p(math.exp(-abs(z)))
""",
        "labels-minus-one-and-one": _SOFTPLUS
        + """\
def bce_with_logits(z, y):
    return softplus(-y * z)
""",
        "opposite-sign": _SOFTPLUS
        + """\
def bce_with_logits(z, y):
    return z * y - softplus(z)
""",
        "factor-1n": _SOFTPLUS
        + """\
def bce_with_logits(z, y):
    return 0.5 * (softplus(z) - z * y)
""",
    },
    "binary_cross_entropy.bce_grads_batch": {
        "dropped-target": _batch("X.T @ p / n", "p.mean()"),
        "dropped-bias": _batch("X.T @ r / n", "r.mean()", z="X @ w"),
        "bias-not-averaged": _batch("X.T @ r / n", "r.sum()"),
        "weight-not-averaged": _batch("X.T @ r", "r.mean()"),
        "divided-by-features": _batch("X.T @ r / d", "r.sum() / d"),
        "last-sample-only": """\
def bce_grads_batch(X, y, w, b):
    for row, label in zip(X, y):
        p = 1 / (1 + np.exp(-(row @ w + b)))
        dw = (p - label) * row
        db = p - label
    return dw, db
""",
        "last-sample-over-n": """\
def bce_grads_batch(X, y, w, b):
    for row, label in zip(X, y):
        p = 1 / (1 + np.exp(-(row @ w + b)))
        dw = (p - label) * row
        db = p - label
    return dw / len(X), db / len(X)
""",
        "sigmoid-slope-twice": _batch("X.T @ (r * p * (1 - p)) / n", "(r * p * (1 - p)).mean()"),
        "squared-error": _batch("2 * X.T @ (r * p * (1 - p)) / n", "2 * (r * p * (1 - p)).mean()"),
        "dropped-dp-dz": _batch("X.T @ (r / (p * (1 - p))) / n", "(r / (p * (1 - p))).mean()"),
        "forgot-1n": _batch("X.T @ r", "r.sum()"),
        "extra-1n": _batch("X.T @ r / n**2", "r.mean() / n"),
        "opposite-sign": _batch("-X.T @ r / n", "-r.mean()"),
        "factor-1n": _batch("X.T @ r / (2 * n)", "r.mean() / 2"),
        "autograd-by-hand": """\
def bce_grads_batch(X, y, w, b):
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    w = torch.from_numpy(w).clone().requires_grad_()
    b = torch.tensor(b, requires_grad=True)
    torch.nn.functional.binary_cross_entropy_with_logits(X @ w + b, y).backward()
    return w.grad, b.grad
""",
        "argument-changed": """\
def bce_grads_batch(X, y, w, b):
    p = 1 / (1 + np.exp(-(X @ w + b)))
    y -= p
    return -X.T @ y / len(y), -y.mean()
""",
        "math-on-tensor": """\
def bce_grads_batch(X, y, w, b):
    z = X @ w
    p = torch.sigmoid(b + z[0].item()).item()
    return X[0] * (p - y[0]), p - y[0]
""",
    },
    "binary_cross_entropy.bce_grads_batch_autograd": {
        "logit-for-probability": _batch_autograd("F.binary_cross_entropy(z, y)"),
        "target-shape": _batch_autograd("F.binary_cross_entropy_with_logits(z, y)", z="X @ w.unsqueeze(1) + b"),
        "mixed-dtypes": _batch_autograd(
            "F.binary_cross_entropy_with_logits(z, y)", before="w = torch.tensor(w.tolist(), requires_grad=True)"
        ),
        "mixed-dtypes:matrix": """\
def bce_grads_batch_autograd(X, y, w, b):
    w = w.float().reshape(-1, 1).requires_grad_()
    b = torch.tensor(b, requires_grad=True)
    z = X @ w + b
    torch.nn.functional.binary_cross_entropy_with_logits(z.flatten(), y).backward()
    return w.grad.flatten(), b.grad
""",
        "dropped-target": _batch_autograd("F.softplus(z).mean()"),
        "dropped-bias": """\
def bce_grads_batch_autograd(X, y, w, b):
    w, b = w.clone().requires_grad_(), torch.zeros((), requires_grad=True)
    torch.nn.functional.binary_cross_entropy_with_logits(X @ w + b, y).backward()
    return w.grad, b.grad
""",
        "divided-by-features": _batch_autograd("(F.softplus(z) - y * z).sum() / X.shape[1]"),
        "last-sample-only": """\
def bce_grads_batch_autograd(X, y, w, b):
    for row, label in zip(X, y):
        leaf = w.clone().requires_grad_()
        bias = torch.tensor(b, dtype=torch.float64, requires_grad=True)
        z = row @ leaf + bias
        (torch.nn.functional.softplus(z) - label * z).backward()
    return leaf.grad, bias.grad
""",
        "last-sample-over-n": """\
def bce_grads_batch_autograd(X, y, w, b):
    w = w.clone().requires_grad_()
    b = torch.tensor(b, requires_grad=True)
    for row, label in zip(X, y):
        w.grad = b.grad = None
        z = row @ w + b
        ((torch.nn.functional.softplus(z) - label * z) / len(X)).backward()
    return w.grad, b.grad
""",
        "squared-error": _batch_autograd("((torch.sigmoid(z) - y) ** 2).mean()"),
        "sigmoid-slope-twice": _batch_autograd("((torch.sigmoid(z) - y) ** 2).mean() / 2"),
        "dropped-dp-dz": """\
def bce_grads_batch_autograd(X, y, w, b):
    p = torch.sigmoid(X @ w + b).requires_grad_()
    torch.nn.functional.binary_cross_entropy(p, y).backward()
    return X.T @ p.grad, p.grad.sum()
""",
        "broadcast": _batch_autograd(
            "-(y * torch.log(p) + (1 - y) * torch.log(1 - p)).mean()",
            z="X @ w.reshape(-1, 1) + b\n    p = torch.sigmoid(z)",
        ),
        "sigmoid-twice": _batch_autograd("F.binary_cross_entropy_with_logits(torch.sigmoid(z), y)"),
        "forgot-1n": _batch_autograd('F.binary_cross_entropy_with_logits(z, y, reduction="sum")'),
        "extra-1n": _batch_autograd("F.binary_cross_entropy_with_logits(z, y) / n"),
        "opposite-sign": _batch_autograd("-F.binary_cross_entropy_with_logits(z, y)"),
        "backward-on-vector": _batch_autograd('F.binary_cross_entropy_with_logits(z, y, reduction="none")'),
        "formula-by-autograd": """\
def bce_grads_batch_autograd(X, y, w, b):
    r = torch.sigmoid(X @ w + b) - y
    return X.T @ r / len(y), r.mean()
""",
        "argument-changed": """\
def bce_grads_batch_autograd(X, y, w, b):
    w.requires_grad_()
    b = torch.tensor(b, requires_grad=True)
    torch.nn.functional.binary_cross_entropy_with_logits(X @ w + b, y).backward()
    return w.grad, b.grad
""",
        "untracked": """\
def bce_grads_batch_autograd(X, y, w, b):
    w, b = w.clone(), torch.tensor(b)
    torch.nn.functional.binary_cross_entropy_with_logits(X @ w + b, y).backward()
    return w.grad, b.grad
""",
        "grad-of-non-leaf": _batch_autograd(
            "F.binary_cross_entropy_with_logits(z, y)", returned="z.grad @ X, b.grad"
        ).replace("z.grad @ X", "z.grad"),
        "numpy-on-tracked": _batch_autograd("F.binary_cross_entropy_with_logits(z, y)", returned="w.numpy(), b.grad"),
    },
}
