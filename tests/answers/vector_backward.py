"""Answers to lesson 4, backward from a vector."""

RIGHT: dict[str, dict[str, str]] = {
    "vector_backward.d_mean_square": {
        "plain": """\
def d_mean_square(x):
    return 2 * x / len(x)
""",
        "list": "d_mean_square = lambda x: [2 * t / len(x) for t in x]",
        "loop": """\
def d_mean_square(x):
    slopes = np.zeros_like(x)
    for i, x_i in enumerate(x):
        slopes[i] = 2 * x_i
    slopes /= x.size
    return slopes
""",
        "Jacobian times weights": """\
def d_mean_square(x):
    n = x.shape[0]
    J = np.diag(2 * x)
    return np.full(n, 1 / n) @ J
""",
        "float32 tensor": """\
def d_mean_square(x):
    x = torch.tensor(x, dtype=torch.float32)
    return x.mul(2).div(x.numel())
""",
        "tuple of numpy scalars": """\
def d_mean_square(x):
    return tuple(np.float64(2) / np.size(x) * t for t in x)
""",
        "class": """\
class MeanOfPowers:
    def __init__(self, n):
        self.n = n

    def __call__(self, x):
        return self.n * x ** (self.n - 1) / x.size

d_mean_square = MeanOfPowers(2)
""",
        "mean's slope times the square's": """\
def d_mean(x):
    return np.ones_like(x) / len(x)

def d_square(x):
    return x + x

def d_mean_square(x):
    return d_mean(x) * d_square(x)
""",
    },
    "vector_backward.grad_mean_square": {
        "plain": """\
def grad_mean_square(x):
    leaf = x.clone().requires_grad_()
    y = (leaf**2).mean()
    y.backward()
    return leaf.grad
""",
        "detach and autograd.grad": """\
from torch.autograd import grad

def grad_mean_square(x):
    leaf = x.detach().requires_grad_(True)
    (slopes,) = grad((leaf * leaf).sum() / len(leaf), leaf)
    return slopes.numpy()
""",
        "torch.func": "grad_mean_square = lambda x: torch.func.grad(lambda t: t.square().mean())(x)",
        "mse_loss against zeros": """\
import torch.nn.functional as F

def grad_mean_square(x):
    x = torch.tensor(x.numpy(), requires_grad=True)
    F.mse_loss(x, torch.zeros_like(x)).backward()
    return x.grad.tolist()
""",
        "weights of 1/n": """\
def grad_mean_square(x):
    leaf = torch.tensor(x.tolist(), requires_grad=True)
    y = leaf**2
    y.backward(torch.full_like(y, 1 / len(y)))
    return leaf.grad
""",
        "norm": """\
def grad_mean_square(x):
    leaf = torch.nn.Parameter(x.clone())
    (torch.linalg.vector_norm(leaf) ** 2 / leaf.numel()).backward()
    return leaf.grad.detach().numpy()
""",
        "forward mode": """\
def grad_mean_square(x):
    return torch.func.jacfwd(lambda t: (t**2).mean())(x)
""",
        "warning on the way": """\
def grad_mean_square(x):
    leaf = torch.tensor(x, requires_grad=True)
    y = torch.mean(leaf**2)
    y.backward()
    print(leaf.grad)
    return leaf.grad.clone()
""",
    },
    "vector_backward.d_mse": {
        "plain": """\
def d_mse(pred, target):
    if pred.ndim != 1 or pred.shape != target.shape:
        raise ValueError("two vectors of one length, please")
    return 2 * (pred - target) / len(pred)
""",
        "checked apart": """\
def check_shapes(a, b):
    if not (len(a.shape) == len(b.shape) == 1):
        raise ValueError(f"shapes {a.shape} and {b.shape}")
    if a.size != b.size:
        raise ValueError

def d_mse(pred, target):
    check_shapes(pred, target)
    n, = pred.shape
    return [2 / n * (p - t) for p, t in zip(pred, target)]
""",
        "own exception": """\
class ShapeError(ValueError):
    pass

def d_mse(pred, target):
    if np.ndim(pred) != 1 or np.shape(pred) != np.shape(target):
        raise ShapeError
    return np.multiply(2 / pred.size, np.subtract(pred, target))
""",
        "matched": """\
def d_mse(pred, target):
    match pred.shape, target.shape:
        case (n,), (m,) if n == m:
            return (pred - target) * 2 / n
        case shapes:
            raise ValueError("{} and {} don't fit".format(*shapes))
""",
        "float32 tensors": """\
def d_mse(pred, target):
    if pred.shape != target.shape or len(pred.shape) != 1:
        raise ValueError("shapes")
    residual = torch.tensor(pred - target, dtype=torch.float32)
    return residual.mul_(2).div_(len(residual))
""",
        "caught and raised": """\
def d_mse(pred, target):
    try:
        assert pred.shape == target.shape
        (n,) = pred.shape
    except (AssertionError, ValueError) as error:
        raise ValueError("not two vectors of one length") from error
    residual = np.copy(pred)
    residual -= target
    return residual * (2 / n)
""",
    },
    "vector_backward.grad_mse": {
        "plain": """\
def grad_mse(pred, target):
    if pred.ndim != 1 or pred.shape != target.shape:
        raise ValueError("two vectors of one length, please")
    leaf = pred.clone().requires_grad_()
    loss = ((leaf - target) ** 2).mean()
    loss.backward()
    return leaf.grad
""",
        "mse_loss": """\
def grad_mse(pred, target):
    if not (pred.dim() == 1 and pred.size() == target.size()):
        raise ValueError(f"{tuple(pred.shape)} against {tuple(target.shape)}")
    pred = pred.detach().clone().requires_grad_(True)
    return torch.autograd.grad(torch.nn.functional.mse_loss(pred, target), pred)[0]
""",
        "functional": """\
def mse(pred, target):
    if pred.shape != target.shape or pred.dim() != 1:
        raise ValueError
    return torch.nn.MSELoss()(pred, target)

def grad_mse(pred, target):
    return torch.func.grad(mse)(pred, target).numpy()
""",
        "weighted squares": """\
def grad_mse(pred, target):
    if len(pred.shape) != 1 or len(target.shape) != 1 or len(pred) != len(target):
        raise ValueError("shapes")
    leaf = torch.tensor(pred.tolist(), requires_grad=True)
    squares = (leaf - target).pow(2)
    squares.backward(torch.full_like(squares, 1 / len(squares)))
    return leaf.grad.tolist()
""",
        "dot product": """\
def grad_mse(pred, target):
    leaf = pred.clone()
    leaf.requires_grad = True
    if target.shape != (leaf.numel(),) or leaf.dim() > 1:
        raise ValueError("expected two vectors")
    residual = leaf - target
    (residual @ residual / residual.numel()).backward()
    return leaf.grad
""",
    },
    "vector_backward.matching_formula": {
        "plain": 'matching_formula = "c"',
        "found": """\
x = np.array([0.8675, -1.1722, -0.0580])
printed = np.array([1.9117, 0.5518, 1.2946])
formulas = {
    "a": 2 / 3 * (x - np.array([1.0, 2.1, 3.0])),
    "b": 2 * (x + 2),
    "c": 2 / 3 * (x + 2),
}
matching_formula = min(formulas, key=lambda letter: np.abs(formulas[letter] - printed).max())
""",
        "filled in": """\
matching_formula = ...
matching_formula = 'c'
""",
        "numpy string": 'matching_formula = np.array(["a", "b", "c"])[2]',
    },
    "vector_backward.vjp_square": {
        "plain": """\
def vjp_square(x, v):
    return 2 * x * v
""",
        "diagonal Jacobian": """\
def vjp_square(x, v):
    J = np.diag(2 * x)
    return v @ J
""",
        "list": "vjp_square = lambda x, v: [2 * a * b for a, b in zip(x, v)]",
        "loop over outputs": """\
def vjp_square(x, v):
    total = np.zeros(len(x))
    for o, weight in enumerate(v):
        row = np.zeros(len(x))
        row[o] = 2 * x[o]
        total += weight * row
    return total
""",
        "float32 tensor": """\
def vjp_square(x, v):
    x, v = torch.tensor(x).float(), torch.tensor(v).float()
    return torch.einsum("i,i->i", 2 * x, v)
""",
        "matrix with one row": """\
def vjp_square(x, v):
    J = 2 * np.eye(x.size) * x
    return (v[None, :] @ J)[0]
""",
    },
    "vector_backward.vjp_square_autograd": {
        "plain": """\
def vjp_square_autograd(x, v):
    leaf = x.clone().requires_grad_()
    y = leaf**2
    y.backward(v)
    return leaf.grad
""",
        "keyword": """\
def vjp_square_autograd(x, v):
    leaf = x.detach().clone().requires_grad_(True)
    torch.square(leaf).backward(gradient=v)
    return leaf.grad.numpy()
""",
        "weighted sum": """\
def vjp_square_autograd(x, v):
    leaf = x.clone().requires_grad_()
    (leaf**2 * v).sum().backward()
    return leaf.grad
""",
        "autograd.grad": """\
def vjp_square_autograd(x, v):
    leaf = torch.tensor(x.numpy(), requires_grad=True)
    return torch.autograd.grad(leaf * leaf, leaf, grad_outputs=v)[0]
""",
        "torch.func.vjp": """\
def vjp_square_autograd(x, v):
    value, pullback = torch.func.vjp(lambda t: t**2, x)
    (mix,) = pullback(v)
    return mix
""",
        "library's own": """\
def vjp_square_autograd(x, v):
    return torch.autograd.functional.vjp(torch.square, x, v)[1]
""",
        "dot product": """\
def vjp_square_autograd(x, v):
    return torch.func.grad(lambda t: torch.dot(t.pow(2), v))(x)
""",
        "row by row": """\
def vjp_square_autograd(x, v):
    leaf = x.clone().requires_grad_()
    y = leaf**2
    for weight, y_o in zip(v, y):
        (weight * y_o).backward(retain_graph=True)
    return leaf.grad
""",
    },
    "vector_backward.jacobian_by_hand": {
        "plain": """\
def jacobian_by_hand(x):
    return np.array([[x[1], x[0], 0.0], [0.0, x[2], x[1]]])
""",
        "lists": """\
def jacobian_by_hand(x):
    a, b, c = x
    return [[b, a, 0], [0, c, b]]
""",
        "filled": """\
def jacobian_by_hand(x):
    J = np.zeros((2, 3))
    for o in range(2):
        J[o, o] = x[o + 1]
        J[o, o + 1] = x[o]
    return J
""",
        "stacked rows": """\
def jacobian_by_hand(x):
    zero = np.float64(0)
    return np.stack([np.hstack([x[1], x[0], zero]), np.hstack([zero, x[2], x[1]])])
""",
        "tensor": """\
def jacobian_by_hand(x):
    J = torch.zeros(2, 3)
    J[0, 0], J[0, 1] = x[1], x[0]
    J[1, 1], J[1, 2] = x[2], x[1]
    return J
""",
        "columns, then turned": """\
def jacobian_by_hand(x):
    columns = [(x[1], 0), (x[0], x[2]), (0, x[1])]
    return np.array(columns).T
""",
    },
    "vector_backward.jacobian": {
        "plain": """\
def jacobian(f, x):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    rows = []
    for one_hot in torch.eye(len(y), dtype=y.dtype):
        (row,) = torch.autograd.grad(y, leaf, one_hot, retain_graph=True)
        rows.append(row)
    return torch.stack(rows)
""",
        "backward, cleared": """\
def jacobian(f, x):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    J = torch.zeros(len(y), len(leaf), dtype=torch.float64)
    for o in range(len(y)):
        v = torch.zeros_like(y)
        v[o] = 1
        y.backward(v, retain_graph=True)
        J[o] = leaf.grad
        leaf.grad = None
    return J
""",
        "zeroed": """\
def jacobian(f, x):
    x = x.detach().clone().requires_grad_()
    y = f(x)
    rows = []
    for o in range(y.numel()):
        y[o].backward(retain_graph=o + 1 < y.numel())
        rows.append(x.grad.tolist())
        x.grad.zero_()
    return rows
""",
        "a graph for each row": """\
def jacobian(f, x):
    rows = []
    for o in range(len(f(x))):
        leaf = x.clone().requires_grad_()
        f(leaf)[o].backward()
        rows.append(leaf.grad.numpy())
    return np.vstack(rows)
""",
        "torch.func.vjp": """\
def jacobian(f, x):
    y, pullback = torch.func.vjp(f, x)
    return torch.stack([pullback(v)[0] for v in torch.eye(y.numel(), dtype=y.dtype)])
""",
        "batched": """\
def jacobian(f, x):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    eye = torch.eye(y.numel(), dtype=y.dtype)
    return torch.autograd.grad(y, leaf, eye, is_grads_batched=True)[0]
""",
        "vmap": """\
def jacobian(f, x):
    y, pullback = torch.func.vjp(f, x)
    return torch.vmap(pullback)(torch.eye(len(y), dtype=y.dtype))[0]
""",
        "differences of the running sum": """\
def jacobian(f, x):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    sums = [torch.zeros_like(x)]
    for y_o in y:
        y_o.backward(retain_graph=True)
        sums.append(leaf.grad.clone())
    return torch.stack([b - a for a, b in zip(sums, sums[1:])])
""",
        "columns of a transpose": """\
def jacobian(f, x):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    columns = torch.zeros(len(x), len(y))
    for o, v in enumerate(torch.eye(len(y))):
        columns[:, o] = torch.autograd.grad(y, leaf, v.double(), retain_graph=True)[0]
    return columns.T
""",
    },
    "vector_backward.linear_vjp": {
        "plain": """\
def linear_vjp(M, v):
    return M.T @ v
""",
        "from the left": "linear_vjp = lambda M, v: v @ M",
        "rows": """\
def linear_vjp(M, v):
    return sum(weight * row for weight, row in zip(v, M))
""",
        "einsum": """\
def linear_vjp(M, v):
    return np.einsum("oi,o->i", M, v)
""",
        "broadcast": """\
def linear_vjp(M, v):
    return (v[:, np.newaxis] * M).sum(axis=0)
""",
        "two loops": """\
def linear_vjp(M, v):
    m, n = M.shape
    answer = [0.0] * n
    for i in range(n):
        for o in range(m):
            answer[i] += M[o, i] * v[o]
    return answer
""",
        "float32 tensor": """\
def linear_vjp(M, v):
    M, v = torch.as_tensor(M, dtype=torch.float32), torch.as_tensor(v, dtype=torch.float32)
    return M.t().mv(v)
""",
    },
    "vector_backward.linear_vjp_autograd": {
        "plain": """\
def linear_vjp_autograd(M, v):
    x = torch.zeros(M.shape[1], dtype=M.dtype, requires_grad=True)
    (mix,) = torch.autograd.grad(M @ x, x, v)
    return mix
""",
        "anywhere": """\
def linear_vjp_autograd(M, v):
    x = torch.randn(M.size(1), dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(torch.mv(M, x), x, v)[0]
""",
        "weighted sum": """\
def linear_vjp_autograd(M, v):
    x = torch.ones_like(M[0], requires_grad=True)
    return torch.autograd.grad(v @ (M @ x), [x])[0].numpy()
""",
        "torch.func.vjp": """\
def linear_vjp_autograd(M, v):
    _, pullback = torch.func.vjp(lambda x: M @ x, M[0])
    return pullback(v)[0]
""",
        "as a column": """\
def linear_vjp_autograd(M, v):
    x = torch.zeros((M.shape[1], 1), dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(outputs=torch.mm(M, x), inputs=x, grad_outputs=v.reshape(-1, 1))[0].flatten()
""",
        "a layer": """\
def linear_vjp_autograd(M, v):
    m, n = M.shape
    layer = torch.nn.Linear(n, m, bias=False, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(M)
    x = torch.zeros(n, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(layer(x), x, v)[0]
""",
        "the whole Jacobian, weighed": """\
def linear_vjp_autograd(M, v):
    return v @ torch.func.jacrev(lambda x: M @ x)(torch.zeros_like(M[0]))
""",
        "a graph that is kept": """\
def linear_vjp_autograd(M, v):
    x = torch.zeros_like(M[0]).requires_grad_()
    y = M @ x
    return sum(torch.autograd.grad(y[o], x, v[o], retain_graph=True)[0] for o in range(len(v)))
""",
    },
    "vector_backward.d_shifted_square_t": {
        "plain": """\
def d_shifted_square_t(inp, v):
    return 2 * (inp + 1) * v.T
""",
        "transposed twice": "d_shifted_square_t = lambda inp, v: (2 * (inp.T + 1) * v).T",
        "expanded": """\
def d_shifted_square_t(inp, v):
    weights = np.transpose(v)
    return 2 * inp * weights + 2 * weights
""",
        "two loops": """\
def d_shifted_square_t(inp, v):
    answer = np.empty_like(inp)
    for i in range(inp.shape[0]):
        for j in range(inp.shape[1]):
            answer[i, j] = 2 * (inp[i, j] + 1) * v[j, i]
    return answer
""",
        "einsum": """\
def d_shifted_square_t(inp, v):
    return 2 * np.einsum("ij,ji->ij", 1 + inp, v)
""",
        "nested lists": """\
def d_shifted_square_t(inp, v):
    return [[2 * (a + 1) * b for a, b in zip(row, column)] for row, column in zip(inp, zip(*v))]
""",
        "float32 tensor": """\
def d_shifted_square_t(inp, v):
    inp, v = torch.tensor(inp).float(), torch.tensor(v).float()
    return inp.add(1).mul(2).mul(v.t())
""",
    },
    "vector_backward.grad_shifted_square_t": {
        "plain": """\
def grad_shifted_square_t(inp, v):
    leaf = inp.clone().requires_grad_()
    out = (leaf + 1).pow(2).t()
    out.backward(v)
    return leaf.grad
""",
        "weights turned": """\
def grad_shifted_square_t(inp, v):
    leaf = inp.clone().requires_grad_()
    ((leaf + 1) ** 2).backward(v.t())
    return leaf.grad
""",
        "weighted sum": """\
def grad_shifted_square_t(inp, v):
    leaf = inp.detach().clone().requires_grad_(True)
    (v * (leaf + 1).square().T).sum().backward()
    return leaf.grad.numpy()
""",
        "torch.func.vjp": """\
def grad_shifted_square_t(inp, v):
    _, pullback = torch.func.vjp(lambda t: ((t + 1) ** 2).mT, inp)
    return pullback(v)[0]
""",
        "trace": """\
def grad_shifted_square_t(inp, v):
    return torch.func.grad(lambda t: torch.trace(v @ (t + 1) ** 2))(inp)
""",
        "flattened": """\
def grad_shifted_square_t(inp, v):
    leaf = torch.tensor(inp.tolist(), dtype=torch.float64, requires_grad=True)
    out = ((leaf + 1) ** 2).t().flatten()
    return torch.autograd.grad(out, leaf, v.flatten())[0].tolist()
""",
    },
    "vector_backward.linear_bce_grads": {
        "plain": """\
def linear_bce_grads(x, W, b, y):
    p = 1 / (1 + np.exp(-(x @ W + b)))
    db = (p - y) / len(y)
    return np.outer(x, db), db
""",
        "broadcast": """\
def sigmoid(z):
    return 0.5 * (1 + np.tanh(z / 2))

def linear_bce_grads(x, W, b, y):
    z = W.T @ x + b
    dz = (sigmoid(z) - y) / y.size
    return [x[:, None] * dz[None, :], dz]
""",
        "local factors": """\
def linear_bce_grads(x, W, b, y):
    p = 1 / (1 + np.exp(-np.dot(x, W) - b))
    dL_dp = (p - y) / (p * (1 - p)) / len(p)
    dL_dz = dL_dp * p * (1 - p)
    return np.einsum("d,k->dk", x, dL_dz), dL_dz
""",
        "tensors": """\
def linear_bce_grads(x, W, b, y):
    x, W, b, y = (torch.from_numpy(t) for t in (x, W, b, y))
    db = (torch.sigmoid(x @ W + b) - y) / len(y)
    dW = torch.outer(x, db)
    return dW, db
""",
        "lists": """\
def linear_bce_grads(x, W, b, y):
    k = len(b)
    logits = [sum(x[i] * W[i][j] for i in range(len(x))) + b[j] for j in range(k)]
    db = [(1 / (1 + math.exp(-z)) - t) / k for z, t in zip(logits, y)]
    return [[x_i * g for g in db] for x_i in x], db
""",
        "column times row": """\
def linear_bce_grads(x, W, b, y):
    z = np.matmul(x, W) + b
    p = np.exp(z) / (1 + np.exp(z))
    db = np.mean(np.diag(p - y), axis=0)
    dW = x.reshape(-1, 1) @ db.reshape(1, -1)
    return dW, db
""",
    },
    "vector_backward.linear_bce_grads_autograd": {
        "plain": """\
import torch.nn.functional as F

def linear_bce_grads_autograd(x, W, b, y):
    W = W.clone().requires_grad_()
    b = b.clone().requires_grad_()
    z = torch.matmul(x, W) + b
    F.binary_cross_entropy_with_logits(z, y).backward()
    return W.grad, b.grad
""",
        "autograd.grad": """\
def linear_bce_grads_autograd(x, W, b, y):
    W, b = (t.detach().clone().requires_grad_() for t in (W, b))
    loss = torch.nn.BCEWithLogitsLoss()(x @ W + b, y)
    return torch.autograd.grad(loss, (W, b))
""",
        "torch.func": """\
def loss(W, b, x, y):
    return torch.nn.functional.binary_cross_entropy_with_logits(x @ W + b, y)

def linear_bce_grads_autograd(x, W, b, y):
    return torch.func.grad(loss, argnums=(0, 1))(W, b, x, y)
""",
        "probabilities": """\
def linear_bce_grads_autograd(x, W, b, y):
    W, b = W.clone().requires_grad_(), b.clone().requires_grad_()
    p = torch.sigmoid(x @ W + b)
    loss = torch.nn.functional.binary_cross_entropy(p, y)
    loss.backward()
    return [W.grad.numpy(), b.grad.numpy()]
""",
        "written out, as a vector": """\
def linear_bce_grads_autograd(x, W, b, y):
    W, b = W.clone().requires_grad_(), b.clone().requires_grad_()
    p = torch.sigmoid(x @ W + b)
    losses = -(y * torch.log(p) + (1 - y) * torch.log(1 - p))
    losses.backward(torch.full_like(losses, 1 / len(losses)))
    return W.grad, b.grad
""",
        "a layer": """\
def linear_bce_grads_autograd(x, W, b, y):
    d, k = W.shape
    layer = torch.nn.Linear(d, k, dtype=torch.float64)
    layer.weight.data = W.T.clone()
    layer.bias.data = b.clone()
    torch.nn.functional.binary_cross_entropy_with_logits(layer(x), y).backward()
    return layer.weight.grad.T, layer.bias.grad
""",
        "float32": """\
def linear_bce_grads_autograd(x, W, b, y):
    x, W, b, y = (t.float() for t in (x, W, b, y))
    W.requires_grad_()
    b.requires_grad_()
    loss = torch.nn.functional.softplus(x @ W + b) - y * (x @ W + b)
    loss.mean().backward()
    return W.grad.tolist(), b.grad.tolist()
""",
    },
}

LEAF = "    leaf = x.clone().requires_grad_()\n"
LAYER = "    W, b = W.clone().requires_grad_(), b.clone().requires_grad_()\n"
BCE = "torch.nn.functional.binary_cross_entropy_with_logits"

WRONG: dict[str, dict[str, str]] = {
    "vector_backward.d_mean_square": {
        "one-number": """\
def d_mean_square(x):
    return np.mean(2 * x)
""",
        "one-number:the mean itself": """\
def d_mean_square(x):
    return sum(t**2 for t in x) / len(x)
""",
        "hard-coded-n": """\
def d_mean_square(x):
    return 2 * x / 3
""",
        "forgot-1n": """\
def d_mean_square(x):
    return 2 * x
""",
        "extra-1n": """\
def d_mean_square(x):
    return 2 * x / len(x) ** 2
""",
        "value-for-derivative": """\
def d_mean_square(x):
    return x**2 / len(x)
""",
        "opposite-sign": """\
def d_mean_square(x):
    return -2 * x / len(x)
""",
        "argument-changed": """\
def d_mean_square(x):
    x *= 2
    return x / len(x)
""",
        "still-tracked": """\
def d_mean_square(x):
    x = torch.tensor(x, requires_grad=True)
    return 2 * x / len(x)
""",
        "finite-difference": """\
def d_mean_square(x):
    h = 1e-6
    slopes = np.zeros_like(x)
    for i in range(len(x)):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        slopes[i] = (np.mean(up**2) - np.mean(down**2)) / (2 * h)
    return slopes
""",
        "finite-difference:along the axes": """\
def mean_square(x):
    return (x**2).mean()

def d_mean_square(x):
    eps = 1e-6
    axes = np.eye(len(x))
    return np.array([(mean_square(x + eps * e) - mean_square(x - eps * e)) / (2 * eps) for e in axes])
""",
        "autograd-by-hand": """\
def d_mean_square(x):
    x = torch.tensor(x, requires_grad=True)
    (x**2).mean().backward()
    return x.grad.numpy()
""",
        "one-number:squeezed": """\
def d_mean_square(x):
    return np.squeeze(2 * x / len(x))
""",
    },
    "vector_backward.grad_mean_square": {
        "argument-changed:gradient left": """\
def grad_mean_square(x):
    leaf = x.requires_grad_(True)
    (leaf**2).mean().backward()
    gradient = leaf.grad
    x.requires_grad_(False)
    return gradient
""",
        "one-number": f"""\
def grad_mean_square(x):
{LEAF}    (leaf**2).mean().backward()
    return leaf.grad.mean()
""",
        "one-number:loss": f"""\
def grad_mean_square(x):
{LEAF}    y = (leaf**2).mean()
    y.backward()
    return y.item()
""",
        "hard-coded-n": f"""\
def grad_mean_square(x):
{LEAF}    ((leaf**2).sum() / 3).backward()
    return leaf.grad
""",
        "forgot-1n": f"""\
def grad_mean_square(x):
{LEAF}    (leaf**2).sum().backward()
    return leaf.grad
""",
        "forgot-1n:ones": f"""\
def grad_mean_square(x):
{LEAF}    y = leaf**2
    y.backward(torch.ones_like(y))
    return leaf.grad
""",
        "value-for-derivative": f"""\
def grad_mean_square(x):
{LEAF}    y = leaf**2 / len(x)
    y.sum().backward()
    return y.detach()
""",
        "backward-on-vector": f"""\
def grad_mean_square(x):
{LEAF}    y = leaf**2
    y.backward()
    return leaf.grad
""",
        "argument-changed": """\
def grad_mean_square(x):
    x.requires_grad_()
    (x**2).mean().backward()
    return x.grad
""",
        "untracked": """\
def grad_mean_square(x):
    (x**2).mean().backward()
    return x.grad
""",
        "still-tracked": f"""\
def grad_mean_square(x):
{LEAF}    (slopes,) = torch.autograd.grad((leaf**2).mean(), leaf, create_graph=True)
    return slopes
""",
        "grad-returns-tuple": f"""\
def grad_mean_square(x):
{LEAF}    return torch.autograd.grad((leaf**2).mean(), leaf)
""",
        "backward-returns-none": f"""\
def grad_mean_square(x):
{LEAF}    return (leaf**2).mean().backward()
""",
        "grad-of-non-leaf": """\
def grad_mean_square(x):
    leaf = x.clone().requires_grad_() * 1.0
    (leaf**2).mean().backward()
    return leaf.grad
""",
        "second-backward": f"""\
def grad_mean_square(x):
{LEAF}    y = (leaf**2).mean()
    y.backward()
    y.backward()
    return leaf.grad / 2
""",
        "formula-by-autograd": """\
def grad_mean_square(x):
    return 2 * x / len(x)
""",
        "formula-by-autograd:pointless backward": f"""\
def grad_mean_square(x):
{LEAF}    (leaf**2).mean().backward()
    return 2 * x / x.numel()
""",
        "factor-n": f"""\
def grad_mean_square(x):
{LEAF}    (leaf**2).mean().backward()
    (leaf**2).mean().backward()
    return leaf.grad
""",
    },
    "vector_backward.d_mse": {
        "one-number": """\
def d_mse(pred, target):
    if pred.ndim != 1 or pred.shape != target.shape:
        raise ValueError
    return 2 * np.mean(pred - target)
""",
        "wrong-exception": """\
def d_mse(pred, target):
    assert pred.ndim == 1 and pred.shape == target.shape, "shapes"
    return 2 * (pred - target) / len(pred)
""",
        "should-raise": """\
def d_mse(pred, target):
    return 2 * (pred - target) / len(pred)
""",
        "should-raise:flattened": """\
def d_mse(pred, target):
    if pred.size != target.size:
        raise ValueError
    return 2 * (pred.ravel() - target.ravel()) / pred.size
""",
        "should-raise:any equal shapes": """\
def d_mse(pred, target):
    if pred.shape != target.shape:
        raise ValueError
    return 2 * (pred - target) / pred.size
""",
        "hard-coded-n": """\
def d_mse(pred, target):
    if pred.ndim != 1 or pred.shape != target.shape:
        raise ValueError
    return 2 / 3 * (pred - target)
""",
        "forgot-1n": """\
def d_mse(pred, target):
    if pred.ndim != 1 or pred.shape != target.shape:
        raise ValueError
    return 2 * (pred - target)
""",
        "dropped-target": """\
def d_mse(pred, target):
    if pred.ndim != 1 or pred.shape != target.shape:
        raise ValueError
    return 2 * pred / len(pred)
""",
        "value-for-derivative": """\
def d_mse(pred, target):
    if pred.ndim != 1 or pred.shape != target.shape:
        raise ValueError
    return (pred - target) ** 2 / len(pred)
""",
        "extra-1n": """\
def d_mse(pred, target):
    if pred.ndim != 1 or pred.shape != target.shape:
        raise ValueError
    return 2 * (pred - target) / len(pred) / len(pred)
""",
        "argument-changed": """\
def d_mse(pred, target):
    if pred.ndim != 1 or pred.shape != target.shape:
        raise ValueError
    pred -= target
    return 2 * pred / len(pred)
""",
        "autograd-by-hand": """\
def d_mse(pred, target):
    if pred.ndim != 1 or pred.shape != target.shape:
        raise ValueError
    leaf = torch.tensor(pred, requires_grad=True)
    ((leaf - torch.tensor(target)) ** 2).mean().backward()
    return leaf.grad
""",
        "should-raise:matrices only": """\
def d_mse(pred, target):
    if pred.shape != target.shape or pred.ndim == 2:
        raise ValueError
    return 2 * (pred - target) / pred.size
""",
    },
    "vector_backward.grad_mse": {
        "one-number": """\
def grad_mse(pred, target):
    if pred.ndim != 1 or pred.shape != target.shape:
        raise ValueError
    leaf = pred.clone().requires_grad_()
    loss = ((leaf - target) ** 2).mean()
    loss.backward()
    return loss.item()
""",
        "wrong-exception": """\
def grad_mse(pred, target):
    assert pred.ndim == 1
    assert pred.shape == target.shape
    leaf = pred.clone().requires_grad_()
    torch.nn.functional.mse_loss(leaf, target).backward()
    return leaf.grad
""",
        "should-raise": """\
def grad_mse(pred, target):
    leaf = pred.clone().requires_grad_()
    ((leaf - target) ** 2).mean().backward()
    return leaf.grad
""",
        "should-raise:warned": """\
def grad_mse(pred, target):
    leaf = pred.clone().requires_grad_()
    torch.nn.functional.mse_loss(leaf, target).backward()
    return leaf.grad
""",
        "hard-coded-n": """\
def grad_mse(pred, target):
    if pred.ndim != 1 or pred.shape != target.shape:
        raise ValueError
    leaf = pred.clone().requires_grad_()
    (((leaf - target) ** 2).sum() / 3).backward()
    return leaf.grad
""",
        "forgot-1n": """\
def grad_mse(pred, target):
    if pred.ndim != 1 or pred.shape != target.shape:
        raise ValueError
    leaf = pred.clone().requires_grad_()
    torch.nn.functional.mse_loss(leaf, target, reduction="sum").backward()
    return leaf.grad
""",
        "gradient-in-target": """\
def grad_mse(pred, target):
    if pred.ndim != 1 or pred.shape != target.shape:
        raise ValueError
    leaf = target.clone().requires_grad_()
    ((pred - leaf) ** 2).mean().backward()
    return leaf.grad
""",
        "dropped-target": """\
def grad_mse(pred, target):
    if pred.ndim != 1 or pred.shape != target.shape:
        raise ValueError
    leaf = pred.clone().requires_grad_()
    (leaf**2).mean().backward()
    return leaf.grad
""",
        "backward-on-vector": """\
def grad_mse(pred, target):
    if pred.ndim != 1 or pred.shape != target.shape:
        raise ValueError
    leaf = pred.clone().requires_grad_()
    ((leaf - target) ** 2).backward()
    return leaf.grad
""",
        "formula-by-autograd": """\
def grad_mse(pred, target):
    if pred.ndim != 1 or pred.shape != target.shape:
        raise ValueError
    return 2 * (pred - target) / len(pred)
""",
    },
    "vector_backward.matching_formula": {
        "not-a-letter": 'matching_formula = "C"',
        "not-a-letter:with words": 'matching_formula = "formula b"',
        "trusted-the-prose": 'matching_formula = "a"',
        "forgot-1n": 'matching_formula = "b"',
    },
    "vector_backward.vjp_square": {
        "one-number": """\
def vjp_square(x, v):
    return np.dot(2 * x, v)
""",
        "whole-jacobian": """\
def vjp_square(x, v):
    return np.diag(2 * x) * v
""",
        "divided-by-v": """\
def vjp_square(x, v):
    return 2 * x * v**2 / v
""",
        "ignored-v": """\
def vjp_square(x, v):
    return 2 * x
""",
        "summed-v": """\
def vjp_square(x, v):
    return 2 * x * v.sum()
""",
        "squared-weights": """\
def vjp_square(x, v):
    return 2 * x * v**2
""",
        "value-for-derivative": """\
def vjp_square(x, v):
    return x**2 * v
""",
        "extra-1n": """\
def vjp_square(x, v):
    return 2 * x * v / len(x)
""",
        "opposite-sign": """\
def vjp_square(x, v):
    return -2 * x * v
""",
        "argument-changed": """\
def vjp_square(x, v):
    v *= 2 * x
    return v
""",
        "autograd-by-hand": """\
def vjp_square(x, v):
    leaf = torch.tensor(x, requires_grad=True)
    (leaf**2).backward(torch.tensor(v))
    return leaf.grad.numpy()
""",
    },
    "vector_backward.vjp_square_autograd": {
        "one-number": f"""\
def vjp_square_autograd(x, v):
{LEAF}    (leaf**2).backward(v)
    return leaf.grad.sum()
""",
        "whole-jacobian": """\
def vjp_square_autograd(x, v):
    return torch.func.jacrev(lambda t: t**2)(x) * v
""",
        "ignored-v": f"""\
def vjp_square_autograd(x, v):
{LEAF}    (leaf**2).sum().backward()
    return leaf.grad
""",
        "summed-v": f"""\
def vjp_square_autograd(x, v):
{LEAF}    ((leaf**2).sum() * v.sum()).backward()
    return leaf.grad
""",
        "squared-weights": f"""\
def vjp_square_autograd(x, v):
{LEAF}    y = v * leaf**2
    y.backward(v)
    return leaf.grad
""",
        "squared-weights:afterwards": f"""\
def vjp_square_autograd(x, v):
{LEAF}    (leaf**2).backward(v)
    return leaf.grad * v
""",
        "weights-in-the-input": f"""\
def vjp_square_autograd(x, v):
{LEAF}    ((v * leaf) ** 2).backward(v)
    return leaf.grad
""",
        "backward-on-vector": f"""\
def vjp_square_autograd(x, v):
{LEAF}    (leaf**2).backward()
    return leaf.grad * v
""",
        "extra-1n": f"""\
def vjp_square_autograd(x, v):
{LEAF}    (leaf**2 * v).mean().backward()
    return leaf.grad
""",
        "vector-shape": f"""\
def vjp_square_autograd(x, v):
{LEAF}    (leaf**2).backward(v[:, None])
    return leaf.grad
""",
        "formula-by-autograd": f"""\
def vjp_square_autograd(x, v):
{LEAF}    (leaf**2).backward(v)
    return 2 * x * v
""",
        "grad-returns-tuple": f"""\
def vjp_square_autograd(x, v):
{LEAF}    return torch.autograd.grad(leaf**2, leaf, v)
""",
    },
    "vector_backward.jacobian_by_hand": {
        "no-zeros": """\
def jacobian_by_hand(x):
    return np.array([[x[1], x[0]], [x[2], x[1]]])
""",
        "one-row": """\
def jacobian_by_hand(x):
    return np.array([x[1], x[0] + x[2], x[1]])
""",
        "own-factor": """\
def jacobian_by_hand(x):
    return np.array([[x[0], x[1], 0], [0, x[1], x[2]]])
""",
        "value-for-derivative": """\
def jacobian_by_hand(x):
    first, second = x[0] * x[1], x[1] * x[2]
    return np.array([[first, first, 0], [0, second, second]])
""",
        "swapped-rows": """\
def jacobian_by_hand(x):
    return [[0, x[2], x[1]], [x[1], x[0], 0]]
""",
        "finite-difference": """\
def f(x):
    return np.array([x[0] * x[1], x[1] * x[2]])

def jacobian_by_hand(x, h=1e-6):
    columns = []
    for i in range(3):
        step = np.zeros(3)
        step[i] = h
        columns.append((f(x + step) - f(x - step)) / (2 * h))
    return np.stack(columns, axis=1)
""",
        "autograd-by-hand": """\
def jacobian_by_hand(x):
    f = lambda t: torch.stack([t[0] * t[1], t[1] * t[2]])
    return torch.autograd.functional.jacobian(f, torch.tensor(x))
""",
        "opposite-sign": """\
def jacobian_by_hand(x):
    return -np.array([[x[1], x[0], 0], [0, x[2], x[1]]])
""",
    },
    "vector_backward.jacobian": {
        "library-jacobian": """\
def jacobian(f, x):
    return torch.autograd.functional.jacobian(f, x)
""",
        "library-jacobian:jacrev": """\
def jacobian(f, x):
    return torch.func.jacrev(f)(x)
""",
        "library-jacobian:jacfwd, imported, in a helper": """\
from torch.func import jacfwd

def helper(f):
    return jacfwd(f)

def jacobian(f, x):
    return helper(f)(x)
""",
        "library-jacobian:hessian": """\
def jacobian(f, x):
    weights = torch.ones(len(f(x)), dtype=x.dtype, requires_grad=True)
    both = lambda t, w: (f(t) * w).sum()
    return torch.autograd.functional.hessian(both, (x, weights))[1][0]
""",
        "library-jacobian:torch.func.hessian": """\
def jacobian(f, x):
    both = lambda t, w: (f(t) * w).sum()
    return torch.func.hessian(both, argnums=(0, 1))(x, torch.ones(len(f(x)), dtype=x.dtype))[1][0]
""",
        "transposed": f"""\
def jacobian(f, x):
{LEAF}    y = f(leaf)
    rows = [torch.autograd.grad(y, leaf, v, retain_graph=True)[0] for v in torch.eye(len(y)).double()]
    return torch.stack(rows, dim=1)
""",
        "one-row": f"""\
def jacobian(f, x):
{LEAF}    f(leaf).sum().backward()
    return leaf.grad
""",
        "columns-for-rows": f"""\
def jacobian(f, x):
{LEAF}    y = f(leaf)
    J = torch.zeros(len(y), len(x), dtype=x.dtype)
    for o, v in enumerate(torch.eye(len(y), dtype=x.dtype)):
        J[:, o] = torch.autograd.grad(y, leaf, v, retain_graph=True)[0]
    return J
""",
        "rows-accumulate": f"""\
def jacobian(f, x):
{LEAF}    y = f(leaf)
    rows = []
    for o in range(len(y)):
        y[o].backward(retain_graph=True)
        rows.append(leaf.grad.clone())
    return torch.stack(rows)
""",
        "aliased-rows": f"""\
def jacobian(f, x):
{LEAF}    y = f(leaf)
    rows = []
    for o in range(len(y)):
        y[o].backward(retain_graph=True)
        rows.append(leaf.grad)
    return torch.stack(rows)
""",
        "aliased-last": f"""\
def jacobian(f, x):
{LEAF}    y = f(leaf)
    rows = []
    for o in range(len(y)):
        if leaf.grad is not None:
            leaf.grad.zero_()
        y[o].backward(retain_graph=True)
        rows.append(leaf.grad)
    return torch.stack(rows)
""",
        "emptied": f"""\
def jacobian(f, x):
{LEAF}    y = f(leaf)
    rows = []
    for o in range(len(y)):
        y[o].backward(retain_graph=True)
        rows.append(leaf.grad)
        leaf.grad.zero_()
    return torch.stack(rows)
""",
        "second-backward": f"""\
def jacobian(f, x):
{LEAF}    y = f(leaf)
    return torch.stack([torch.autograd.grad(y, leaf, v)[0] for v in torch.eye(len(y), dtype=x.dtype)])
""",
        "backward-on-vector": f"""\
def jacobian(f, x):
{LEAF}    f(leaf).backward()
    return leaf.grad
""",
        "vector-shape": f"""\
def jacobian(f, x):
{LEAF}    y = f(leaf)
    return torch.stack(
        [torch.autograd.grad(y, leaf, v, retain_graph=True)[0] for v in torch.eye(len(x), dtype=x.dtype)]
    )
""",
        "untracked": """\
def jacobian(f, x):
    y = f(x)
    return torch.stack([torch.autograd.grad(y_o, x, retain_graph=True)[0] for y_o in y])
""",
        "still-tracked": f"""\
def jacobian(f, x):
{LEAF}    return torch.stack([torch.autograd.grad(y_o, leaf, create_graph=True)[0] for y_o in f(leaf)])
""",
        "argument-changed": """\
def jacobian(f, x):
    y = f(x.requires_grad_())
    return torch.stack([torch.autograd.grad(y_o, x, retain_graph=True)[0] for y_o in y])
""",
        "no-grad-yet": f"""\
def jacobian(f, x):
{LEAF}    rows = []
    for o in range(len(f(leaf))):
        leaf.grad.zero_()
        f(leaf)[o].backward()
        rows.append(leaf.grad.clone())
    return torch.stack(rows)
""",
        "formula-by-autograd": """\
def jacobian(f, x):
    h = 1e-6
    columns = [(f(x + h * e) - f(x - h * e)) / (2 * h) for e in torch.eye(len(x), dtype=x.dtype)]
    return torch.stack(columns, dim=1)
""",
        "one-row:squeezed": """\
def jacobian(f, x):
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    return torch.stack([torch.autograd.grad(each, leaf, retain_graph=True)[0] for each in y]).squeeze()
""",
    },
    "vector_backward.linear_vjp": {
        "one-number": """\
def linear_vjp(M, v):
    return (v @ M).sum()
""",
        "matrix-returned": """\
def linear_vjp(M, v):
    return M * v[:, None]
""",
        "matrix-returned:the Jacobian": """\
def linear_vjp(M, v):
    return M.T
""",
        "elementwise": """\
def linear_vjp(M, v):
    return (M * v).sum(axis=0)
""",
        "ignored-v": """\
def linear_vjp(M, v):
    return M.sum(axis=0)
""",
        "summed-v": """\
def linear_vjp(M, v):
    return M.sum(axis=0) * v.sum()
""",
        "extra-1n": """\
def linear_vjp(M, v):
    return (v[:, None] * M).mean(axis=0)
""",
        "opposite-sign": """\
def linear_vjp(M, v):
    return -(v @ M)
""",
        "autograd-by-hand": """\
def linear_vjp(M, v):
    x = torch.zeros(M.shape[1], dtype=torch.float64, requires_grad=True)
    (torch.tensor(M) @ x).backward(torch.tensor(v))
    return x.grad
""",
        "divided-by-columns": """\
def linear_vjp(M, v):
    return v @ M / M.shape[1]
""",
    },
    "vector_backward.linear_vjp_autograd": {
        "one-number": """\
def linear_vjp_autograd(M, v):
    x = torch.zeros_like(M[0], requires_grad=True)
    return torch.autograd.grad(M @ x, x, v)[0].sum()
""",
        "matrix-returned": """\
def linear_vjp_autograd(M, v):
    leaf = M.clone().requires_grad_()
    return torch.autograd.grad(leaf @ torch.ones_like(M[0]), leaf, v)[0]
""",
        "wrong-length": """\
def linear_vjp_autograd(M, v):
    x = torch.zeros(M.shape[0], dtype=M.dtype, requires_grad=True)
    (M @ x).backward(v)
    return x.grad
""",
        "wrong-length:at v": """\
def linear_vjp_autograd(M, v):
    leaf = v.clone().requires_grad_()
    y = M @ leaf
    y.backward(v)
    return leaf.grad
""",
        "ignored-v": """\
def linear_vjp_autograd(M, v):
    x = torch.zeros_like(M[0], requires_grad=True)
    return torch.autograd.grad((M @ x).sum(), x)[0]
""",
        "summed-v": """\
def linear_vjp_autograd(M, v):
    x = torch.zeros_like(M[0], requires_grad=True)
    return torch.autograd.grad((M @ x).sum() * v.sum(), x)[0]
""",
        "backward-on-vector": """\
def linear_vjp_autograd(M, v):
    x = torch.zeros_like(M[0], requires_grad=True)
    (M @ x).backward()
    return v @ x.grad
""",
        "vector-shape": """\
def linear_vjp_autograd(M, v):
    x = torch.zeros_like(M[0], requires_grad=True)
    (M @ x).backward(torch.ones_like(x))
    return x.grad
""",
        "formula-by-autograd": """\
def linear_vjp_autograd(M, v):
    return M.T @ v
""",
        "grad-returns-tuple": """\
def linear_vjp_autograd(M, v):
    x = torch.zeros_like(M[0], requires_grad=True)
    return torch.autograd.grad(M @ x, x, v)
""",
        "extra-1n": """\
def linear_vjp_autograd(M, v):
    x = torch.zeros_like(M[0], requires_grad=True)
    return torch.autograd.grad((v * (M @ x)).mean(), x)[0]
""",
        "added-to-grad": """\
def linear_vjp_autograd(M, v):
    x = torch.zeros(M.shape[1], dtype=M.dtype, requires_grad=True)
    y = M @ x
    y.backward(v)
    return x.grad
""",
        "added-to-grad:the function": """\
def linear_vjp_autograd(M, v):
    x = torch.ones_like(M[0], requires_grad=True)
    torch.autograd.backward(M @ x, v)
    return x.grad
""",
        "divided-by-columns": """\
def linear_vjp_autograd(M, v):
    x = torch.zeros_like(M[0], requires_grad=True)
    return torch.autograd.grad(v @ (M @ x) / len(x), x)[0]
""",
    },
    "vector_backward.d_shifted_square_t": {
        "transposed": """\
def d_shifted_square_t(inp, v):
    return 2 * (inp.T + 1) * v
""",
        "v-not-transposed": """\
def d_shifted_square_t(inp, v):
    return 2 * (inp + 1) * v
""",
        "v-not-transposed:tensors": """\
def d_shifted_square_t(inp, v):
    return 2 * (torch.tensor(inp) + 1) * torch.tensor(v)
""",
        "reshaped-v": """\
def d_shifted_square_t(inp, v):
    return 2 * (inp + 1) * v.reshape(inp.shape)
""",
        "ignored-v": """\
def d_shifted_square_t(inp, v):
    return 2 * (inp + 1)
""",
        "summed-v": """\
def d_shifted_square_t(inp, v):
    return 2 * (inp + 1) * v.sum()
""",
        "forgot-shift": """\
def d_shifted_square_t(inp, v):
    return 2 * inp * v.T
""",
        "value-for-derivative": """\
def d_shifted_square_t(inp, v):
    return (inp + 1) ** 2 * v.T
""",
        "argument-changed": """\
def d_shifted_square_t(inp, v):
    inp += 1
    return 2 * inp * v.T
""",
        "autograd-by-hand": """\
def d_shifted_square_t(inp, v):
    leaf = torch.tensor(inp, requires_grad=True)
    ((leaf + 1) ** 2).t().backward(torch.tensor(v))
    return leaf.grad
""",
        "opposite-sign": """\
def d_shifted_square_t(inp, v):
    return -2 * (inp + 1) * v.T
""",
    },
    "vector_backward.grad_shifted_square_t": {
        "transposed": """\
def grad_shifted_square_t(inp, v):
    leaf = inp.clone().requires_grad_()
    ((leaf + 1) ** 2).t().backward(v)
    return leaf.grad.t()
""",
        "transposed:turned before": """\
def grad_shifted_square_t(inp, v):
    leaf = inp.t().clone().requires_grad_()
    ((leaf + 1) ** 2).backward(v)
    return leaf.grad
""",
        "v-not-transposed": """\
def grad_shifted_square_t(inp, v):
    leaf = inp.clone().requires_grad_()
    ((leaf + 1) ** 2 * v).sum().backward()
    return leaf.grad
""",
        "vector-shape": """\
def grad_shifted_square_t(inp, v):
    leaf = inp.clone().requires_grad_()
    ((leaf + 1) ** 2).backward(v)
    return leaf.grad
""",
        "vector-shape:turned": """\
def grad_shifted_square_t(inp, v):
    leaf = inp.clone().requires_grad_()
    ((leaf + 1) ** 2).t().backward(v.t())
    return leaf.grad
""",
        "reshaped-v": """\
def grad_shifted_square_t(inp, v):
    leaf = inp.clone().requires_grad_()
    ((leaf + 1) ** 2).backward(v.reshape(inp.shape))
    return leaf.grad
""",
        "reshaped-v:view of the output": """\
def grad_shifted_square_t(inp, v):
    leaf = inp.clone().requires_grad_()
    out = ((leaf + 1) ** 2).view(v.shape)
    out.backward(v)
    return leaf.grad
""",
        "ignored-v": """\
def grad_shifted_square_t(inp, v):
    leaf = inp.clone().requires_grad_()
    out = ((leaf + 1) ** 2).t()
    out.backward(torch.ones_like(out))
    return leaf.grad
""",
        "forgot-shift": """\
def grad_shifted_square_t(inp, v):
    leaf = inp.clone().requires_grad_()
    (leaf**2).t().backward(v)
    return leaf.grad
""",
        "backward-on-vector": """\
def grad_shifted_square_t(inp, v):
    leaf = inp.clone().requires_grad_()
    ((leaf + 1) ** 2).t().backward()
    return leaf.grad
""",
        "formula-by-autograd": """\
def grad_shifted_square_t(inp, v):
    return 2 * (inp + 1) * v.t()
""",
        "factor-n": """\
def grad_shifted_square_t(inp, v):
    leaf = inp.clone().requires_grad_()
    out = ((leaf + 1) ** 2).t()
    out.backward(v, retain_graph=True)
    out.backward(v, retain_graph=True)
    return leaf.grad
""",
        "inplace-on-leaf": """\
def grad_shifted_square_t(inp, v):
    leaf = inp.clone().requires_grad_()
    leaf += 1
    (leaf**2).t().backward(v)
    return leaf.grad
""",
    },
    "vector_backward.linear_bce_grads": {
        "elementwise": """\
def linear_bce_grads(x, W, b, y):
    db = (1 / (1 + np.exp(-(x @ W + b))) - y) / len(y)
    return x * db, db
""",
        "forgot-1n": """\
def linear_bce_grads(x, W, b, y):
    db = 1 / (1 + np.exp(-(x @ W + b))) - y
    return np.outer(x, db), db
""",
        "hard-coded-n": """\
def linear_bce_grads(x, W, b, y):
    db = (1 / (1 + np.exp(-(x @ W + b))) - y) / 3
    return np.outer(x, db), db
""",
        "divided-by-inputs": """\
def linear_bce_grads(x, W, b, y):
    db = (1 / (1 + np.exp(-(x @ W + b))) - y) / len(x)
    return np.outer(x, db), db
""",
        "dropped-x": """\
def linear_bce_grads(x, W, b, y):
    db = (1 / (1 + np.exp(-(x @ W + b))) - y) / len(y)
    return np.tile(db, (len(x), 1)), db
""",
        "dropped-target": """\
def linear_bce_grads(x, W, b, y):
    db = 1 / (1 + np.exp(-(x @ W + b))) / len(y)
    return np.outer(x, db), db
""",
        "dropped-bias": """\
def linear_bce_grads(x, W, b, y):
    db = (1 / (1 + np.exp(-(x @ W))) - y) / len(y)
    return np.outer(x, db), db
""",
        "no-sigmoid": """\
def linear_bce_grads(x, W, b, y):
    db = (x @ W + b - y) / len(y)
    return np.outer(x, db), db
""",
        "sigmoid-slope-twice": """\
def linear_bce_grads(x, W, b, y):
    p = 1 / (1 + np.exp(-(x @ W + b)))
    db = (p - y) * p * (1 - p) / len(y)
    return np.outer(x, db), db
""",
        "opposite-sign": """\
def linear_bce_grads(x, W, b, y):
    db = (y - 1 / (1 + np.exp(-(x @ W + b)))) / len(y)
    return np.outer(x, db), db
""",
        "autograd-by-hand": f"""\
def linear_bce_grads(x, W, b, y):
    x, W, b, y = (torch.tensor(t) for t in (x, W, b, y))
{LAYER}    return torch.autograd.grad({BCE}(x @ W + b, y), (W, b))
""",
    },
    "vector_backward.linear_bce_grads_autograd": {
        "logits-as-probabilities": f"""\
def linear_bce_grads_autograd(x, W, b, y):
{LAYER}    torch.nn.functional.binary_cross_entropy(x @ W + b, y).backward()
    return W.grad, b.grad
""",
        "forgot-1n": f"""\
def linear_bce_grads_autograd(x, W, b, y):
{LAYER}    {BCE}(x @ W + b, y, reduction="sum").backward()
    return W.grad, b.grad
""",
        "hard-coded-n": f"""\
def linear_bce_grads_autograd(x, W, b, y):
{LAYER}    ({BCE}(x @ W + b, y, reduction="sum") / 3).backward()
    return W.grad, b.grad
""",
        "sigmoid-twice": f"""\
def linear_bce_grads_autograd(x, W, b, y):
{LAYER}    p = torch.sigmoid(x @ W + b)
    {BCE}(p, y).backward()
    return W.grad, b.grad
""",
        "none-read": f"""\
def linear_bce_grads_autograd(x, W, b, y):
{LAYER}    {BCE}(x @ W, y).backward()
    return W.grad, b.grad
""",
        "argument-changed": f"""\
def linear_bce_grads_autograd(x, W, b, y):
    W.requires_grad_()
    b.requires_grad_()
    {BCE}(x @ W + b, y).backward()
    return W.grad, b.grad
""",
        "backward-on-vector": f"""\
def linear_bce_grads_autograd(x, W, b, y):
{LAYER}    {BCE}(x @ W + b, y, reduction="none").backward()
    return W.grad, b.grad
""",
        "grad-of-non-leaf": f"""\
def linear_bce_grads_autograd(x, W, b, y):
{LAYER}    W = W * 1.0
    {BCE}(x @ W + b, y).backward()
    return W.grad, b.grad
""",
        "formula-by-autograd": """\
def linear_bce_grads_autograd(x, W, b, y):
    db = (torch.sigmoid(x @ W + b) - y) / len(y)
    return torch.outer(x, db), db
""",
        "untracked": f"""\
def linear_bce_grads_autograd(x, W, b, y):
    {BCE}(x @ W + b, y).backward()
    return W.grad, b.grad
""",
        "unused-in-graph": f"""\
def linear_bce_grads_autograd(x, W, b, y):
    bias = b.clone().requires_grad_()
{LAYER}    return torch.autograd.grad({BCE}(x @ W + b, y), (W, bias))
""",
        "number-of-passes": f"""\
def linear_bce_grads_autograd(x, W, b, y):
{LAYER}    loss = {BCE}(x @ W + b, y)
    return torch.autograd.grad(loss, W, retain_graph=True)[0], torch.autograd.grad(loss, b)[0]
""",
        "grad-of-non-leaf:of the bias": """\
def linear_bce_grads_autograd(x, W, b, y):
    W = W.clone().requires_grad_()
    b = b.clone().requires_grad_() * 1
    torch.nn.functional.binary_cross_entropy_with_logits(x @ W + b, y).backward()
    return W.grad, b.grad
""",
        "formula-by-autograd:for the bias": """\
def linear_bce_grads_autograd(x, W, b, y):
    W = W.clone().requires_grad_()
    z = x @ W + b
    torch.nn.functional.binary_cross_entropy_with_logits(z, y).backward()
    return W.grad, (torch.sigmoid(z.detach()) - y) / len(y)
""",
    },
}

# No mistake of the lesson names these. The general finding has this kind, and says where to look.
FOUND: dict[str, dict[str, str]] = {
    "vector_backward.d_mean_square": {
        "slip.dropped-factor:forgot-factor": """\
def d_mean_square(x):
    return x / len(x)
""",
        "slip.extra-power:kept-power": """\
def d_mean_square(x):
    return 2 * x**2 / len(x)
""",
    },
    "vector_backward.d_mse": {
        "slip.exchanged-operands:gradient-in-target": """\
def d_mse(pred, target):
    if pred.ndim != 1 or pred.shape != target.shape:
        raise ValueError
    return 2 * (target - pred) / len(pred)
""",
        "slip.dropped-factor:forgot-factor": """\
def d_mse(pred, target):
    if pred.ndim != 1 or pred.shape != target.shape:
        raise ValueError
    return (pred - target) / len(pred)
""",
    },
    "vector_backward.vjp_square": {
        "slip.dropped-factor:forgot-factor": """\
def vjp_square(x, v):
    return x * v
""",
    },
    "vector_backward.jacobian_by_hand": {
        "slip.transpose:transposed": """\
def jacobian_by_hand(x):
    return np.array([[x[1], 0], [x[0], x[2]], [0, x[1]]])
""",
    },
    "vector_backward.linear_vjp": {
        "slip.exchanged-operands:not-transposed": """\
def linear_vjp(M, v):
    return M @ v
""",
        "slip.exchanged-arguments:not-transposed, dot": """\
def linear_vjp(M, v):
    return np.dot(M, v)
""",
        "slip.exchanged-operands:not-transposed, tensor": """\
def linear_vjp(M, v):
    return torch.from_numpy(M) @ torch.from_numpy(v)
""",
    },
    "vector_backward.d_shifted_square_t": {
        "slip.dropped-factor:forgot-factor": """\
def d_shifted_square_t(inp, v):
    return (inp + 1) * v.T
""",
    },
    "vector_backward.linear_bce_grads": {
        "slip.exchanged-entries:swapped": """\
def linear_bce_grads(x, W, b, y):
    db = (1 / (1 + np.exp(-(x @ W + b))) - y) / len(y)
    return db, np.outer(x, db)
""",
        "slip.exchanged-arguments:transposed": """\
def linear_bce_grads(x, W, b, y):
    db = (1 / (1 + np.exp(-(x @ W + b))) - y) / len(y)
    return np.outer(db, x), db
""",
        "slip.exchanged-operands:wrong-order": """\
def linear_bce_grads(x, W, b, y):
    db = (1 / (1 + np.exp(-(W @ x + b))) - y) / len(y)
    return np.outer(x, db), db
""",
    },
    "vector_backward.linear_bce_grads_autograd": {
        "slip.exchanged-entries:swapped": f"""\
def linear_bce_grads_autograd(x, W, b, y):
{LAYER}    {BCE}(x @ W + b, y).backward()
    return b.grad, W.grad
""",
        "slip.transpose:transposed": f"""\
def linear_bce_grads_autograd(x, W, b, y):
{LAYER}    {BCE}(x @ W + b, y).backward()
    return W.grad.T, b.grad
""",
        "slip.exchanged-operands:wrong-order": f"""\
def linear_bce_grads_autograd(x, W, b, y):
{LAYER}    {BCE}(W @ x + b, y).backward()
    return W.grad, b.grad
""",
    },
}
