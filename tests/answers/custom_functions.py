"""Answers to lesson 7 as people write them: right ones in odd styles, and wrong ones by the mistake that they show."""

from __future__ import annotations

_SAVED = (
    'saved_by = {{"x ** 2": "{}", "exp(x)": "{}", "x + 2": "{}", "sin(x)": "{}", "tanh(x)": "{}", "sum(x)": "{}"}}\n'
)
_I, _O, _N = "input", "output", "nothing"

_SOFTPLUS = """\
class Softplus(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.nn.functional.softplus(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * torch.sigmoid(x)
"""

_PRODUCT = """\
class ScaledProduct(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b, k):
        ctx.save_for_backward(a, b)
        ctx.k = k
        return k * a * b

    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved_tensors
        grad_a = g * ctx.k * b if ctx.needs_input_grad[0] else None
        grad_b = g * ctx.k * a if ctx.needs_input_grad[1] else None
        return grad_a, grad_b, None
"""

_CHECK = """\
def gradcheck_by_hand(f, x, h=1e-6):
    x = x.detach().double().requires_grad_()
    y = f(x)
    largest = 0.0
    for o in range(len(y)):
        (row,) = torch.autograd.grad(y[o], x, retain_graph=True)
        for i in range(len(x)):
            step = torch.zeros_like(x)
            step[i] = h
            with torch.no_grad():
                slope = (f(x + step)[o] - f(x - step)[o]) / (2 * h)
            largest = max(largest, abs(row[i] - slope).item())
    return largest <= 1e-6, largest
"""

_COLUMNS = """\
def gradcheck_by_hand(f, x):
    x, h, columns = x.detach().double(), 1e-6, []
    J = torch.autograd.functional.jacobian(f, x)
    for j in range(len(x)):
        step = torch.zeros_like(x)
        step[j] = h
        column = (f(x + step) - f(x - step)) / (2 * h)
        {loop}
    return {ok}, error
"""

_SECOND = """\
def second_derivative(f, x):
    x = torch.tensor(float(x), requires_grad=True)
    (slope,) = torch.autograd.grad(f(x), x, create_graph=True)
    (second,) = torch.autograd.grad(slope, x)
    return second.item()
"""

_HVP = """\
def hvp(f, x, v):
    x = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(f(x), x, create_graph=True)
    (product,) = torch.autograd.grad(slope @ v, x)
    return product
"""

_JVP = """\
def jvp_by_hand(x, v):
    u, du = x**2, 2 * x * v
    values = [math.sin(u), x * u, math.exp(-u)]
    tangents = [math.cos(u) * du, v * u + x * du, -math.exp(-u) * du]
    return values, tangents
"""

_SAMPLES = """\
def per_sample_grads(loss, w, X, y):
    rows = []
    for one, label in zip(X, y):
        leaf = w.clone().requires_grad_()
        loss(leaf, one, label).backward()
        rows.append(leaf.grad)
    return torch.stack(rows)
"""

_SHARED_BUFFER = """\
def per_sample_grads(loss, w, X, y):
    rows = []
    leaf = w.clone().requires_grad_()
    for one, label in zip(X, y):
        {clear}
        loss(leaf, one, label).backward()
        rows.append(leaf.grad{copy})
    return torch.stack(rows)
"""

_CLIP = """\
def clip_in_flight(x, limit):
    x.register_hook(lambda g: {})
    return x
"""

_VERSIONS = """\
import re

def version_error(fn):
    try:
        fn()
    except RuntimeError as error:
        found = re.search(r"is at version (\\d+); expected version (\\d+)", str(error))
        if not found:
            raise
        return f"version {found[1]}, expected {found[2]}"
    return ""
"""

_REPAIRED = """\
def repaired_grad(x):
    leaf = x.clone().requires_grad_()
    s = torch.sigmoid(leaf)
    s = s + 1
    loss = (s**3).sum()
    loss.backward()
    return leaf.grad
"""

_CHECKPOINT = """\
class Again(torch.autograd.Function):
    @staticmethod
    def forward(ctx, f, x):
        ctx.f = f
        ctx.save_for_backward(x)
        return f(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        x = x.detach().requires_grad_()
        with torch.enable_grad():
            y = ctx.f(x)
        y.backward(g)
        return None, x.grad

def checkpointed(f, x):
    return Again.apply(f, x)
"""


def _changed(source: str, *pairs: str) -> str:
    """Return a source with one text after the other replaced; each of them has to be there."""
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in source, old
        source = source.replace(old, new)
    return source


RIGHT = {
    "custom_functions.saved_by": {
        "literal": _SAVED.format(_I, _O, _N, _I, _O, _N),
        "built": 'saved_by = dict.fromkeys(["x ** 2", "sin(x)"], "input") | dict.fromkeys(["exp(x)", "tanh(x)"], "output")\n'
        'saved_by |= dict.fromkeys(("x + 2", "sum(x)"), "nothing")\n',
        "measured": """\
ops = {"x ** 2": lambda x: x**2, "exp(x)": torch.exp, "x + 2": lambda x: x + 2, "sin(x)": torch.sin, "tanh(x)": torch.tanh, "sum(x)": torch.sum}
saved_by = {}
for name, op in ops.items():
    x = torch.tensor([0.3, 0.8], requires_grad=True)
    saved = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t) or t, lambda t: t):
        y = op(x)
    saved_by[name] = "nothing" if not saved else "input" if saved[0].data_ptr() == x.data_ptr() else "output"
""",
    },
    "custom_functions.d_softplus": {
        "two branches": """\
def d_softplus(x):
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    return math.exp(x) / (1 + math.exp(x))
""",
        "tanh": """\
def d_softplus(x):
    return 0.5 * (1 + math.tanh(x / 2))
""",
        "torch": """\
def d_softplus(x):
    return torch.sigmoid(torch.tensor(x, dtype=torch.float64)).item()
""",
        "numpy": """\
def d_softplus(x):
    t = np.exp(-np.abs(x))
    return np.where(x > 0, 1, t) / (1 + t)
""",
    },
    "custom_functions.Softplus": {
        "plain": _SOFTPLUS,
        "saves the output": _changed(
            _SOFTPLUS,
            "ctx.save_for_backward(x)\n        return torch.nn.functional.softplus(x)",
            "y = torch.logaddexp(x, torch.zeros_like(x))\n        ctx.save_for_backward(y)\n        return y",
            "(x,) = ctx.saved_tensors\n        return g * torch.sigmoid(x)",
            "y, = ctx.saved_tensors\n        return -torch.expm1(-y) * g",
        ),
        "saves the slope": """\
class Softplus(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(torch.sigmoid(x))
        return torch.clamp(x, min=0) + torch.log1p(torch.exp(-x.abs()))

    @staticmethod
    def backward(ctx, *grads):
        slope = ctx.saved_tensors[0]
        return slope.mul(grads[0])
""",
        "setup_context": """\
class Softplus(torch.autograd.Function):
    @staticmethod
    def forward(x):
        return torch.nn.functional.softplus(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0].sigmoid()
""",
        "autograd inside": """\
class Softplus(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.nn.functional.softplus(x)

    @staticmethod
    def backward(ctx, g):
        leaf = ctx.saved_tensors[0].detach().requires_grad_()
        with torch.enable_grad():
            y = torch.nn.functional.softplus(leaf)
        return torch.autograd.grad(y, leaf, g)
""",
    },
    "custom_functions.ScaledProduct": {
        "plain": _PRODUCT,
        "list of gradients": _changed(
            _PRODUCT,
            "        grad_a = g * ctx.k * b if ctx.needs_input_grad[0] else None\n"
            "        grad_b = g * ctx.k * a if ctx.needs_input_grad[1] else None\n"
            "        return grad_a, grad_b, None\n",
            "        kg = None\n"
            "        gradients = [None, None, None]\n"
            "        for i, other in enumerate((b, a)):\n"
            "            if ctx.needs_input_grad[i]:\n"
            "                gradients[i] = ctx.k * g * other\n"
            "        return tuple(gradients)\n",
        ),
        "saves what is needed": """\
class ScaledProduct(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b, k):
        needs_a, needs_b, _ = ctx.needs_input_grad
        ctx.save_for_backward(b if needs_a else None, a if needs_b else None)
        ctx.k = k
        return torch.mul(a, b).mul(k)

    @staticmethod
    def backward(ctx, g):
        g = g * ctx.k
        return *(None if one is None else g * one for one in ctx.saved_tensors), None
""",
        "printed": _changed(
            _PRODUCT, "        return grad_a", "        assert torch.isfinite(g * a * b).all()\n        return grad_a"
        ),
        "in NumPy": """\
class ScaledProduct(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b, k):
        ctx.save_for_backward(a, b)
        ctx.k = k
        return k * a * b

    @staticmethod
    def backward(ctx, g):
        others = [one.numpy() for one in reversed(ctx.saved_tensors)]
        gradients = zip(others, ctx.needs_input_grad)
        return *(torch.from_numpy(ctx.k * g.numpy() * one) if needed else None for one, needed in gradients), None
""",
        "autograd inside": """\
class ScaledProduct(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b, k):
        ctx.save_for_backward(a, b)
        ctx.k = k
        return k * a * b

    @staticmethod
    def backward(ctx, g):
        wanted = ctx.needs_input_grad[:2]
        factors = [one.detach().requires_grad_(needed) for one, needed in zip(ctx.saved_tensors, wanted)]
        with torch.enable_grad():
            y = ctx.k * factors[0] * factors[1]
        found = iter(torch.autograd.grad(y, [one for one in factors if one.requires_grad], g))
        return *(next(found) if needed else None for needed in wanted), None
""",
        "setup_context": """\
class ScaledProduct(torch.autograd.Function):
    @staticmethod
    def forward(a, b, k):
        return k * a * b

    @staticmethod
    def setup_context(ctx, inputs, output):
        a, b, ctx.k = inputs
        ctx.save_for_backward(a, b)

    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved_tensors
        first = second = None
        if ctx.needs_input_grad[0]:
            first = b * (ctx.k * g)
        if ctx.needs_input_grad[1]:
            second = a * (ctx.k * g)
        return first, second, None
""",
    },
    "custom_functions.gradcheck_by_hand": {
        "plain": _CHECK,
        "jacrev": """\
def gradcheck_by_hand(f, x):
    x, h = x.detach().double(), 1e-6
    J = torch.func.jacrev(f)(x)
    columns = [(f(x + step) - f(x - step)) / (2 * h) for step in h * torch.eye(len(x), dtype=x.dtype)]
    error = (J - torch.stack(columns, dim=1)).abs().max().item()
    return error <= 1e-6, error
""",
        "jacobian": """\
def gradcheck_by_hand(f, x):
    x = x.double()
    by_autograd = torch.autograd.functional.jacobian(f, x)
    h = 1e-5
    columns = []
    for i in range(x.numel()):
        up, down = x.clone(), x.clone()
        up[i] += h
        down[i] -= h
        columns.append((f(up) - f(down)).detach() / 2 / h)
    error = (by_autograd - torch.stack(columns, dim=1)).abs().max()
    return error < 1e-6, error
""",
        "one-hot passes, NumPy": """\
def gradcheck_by_hand(f, x):
    leaf = torch.tensor(np.array(x), dtype=torch.float64, requires_grad=True)
    n = len(f(leaf))
    rows = []
    for o in range(n):
        leaf.grad = None
        f(leaf).backward(torch.eye(n, dtype=torch.float64)[o])
        rows.append(leaf.grad.numpy().copy())
    differences = np.empty((n, len(x)))
    for i, e in enumerate(torch.eye(len(x), dtype=torch.float64) * 1e-4):
        differences[:, i] = ((f(leaf + e) - f(leaf - e)) / 2e-4).detach().numpy()
    off = np.abs(np.array(rows) - differences)
    return bool(off.max() <= 1e-6), off.max()
""",
    },
    "custom_functions.d2_poly": {
        "plain": "def d2_poly(x):\n    return 24 * x**2 - 18 * x\n",
        "factored": "d2_poly = lambda x: 6 * x * (4 * x - 3)\n",
        "power rule": """\
def d2_poly(x):
    terms = {4: 2, 3: -3, 1: 1}
    return sum(c * n * (n - 1) * x ** (n - 2) for n, c in terms.items())
""",
        "numpy": "def d2_poly(x):\n    return np.polyval([24, -18, 0], x)\n",
    },
    "custom_functions.second_derivative": {
        "plain": _SECOND,
        "backward": """\
def second_derivative(f, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    f(leaf).backward(create_graph=True)
    slope = leaf.grad
    leaf.grad = None
    slope.backward()
    return float(leaf.grad)
""",
        "func": """\
def second_derivative(f, x):
    return torch.func.grad(torch.func.grad(f))(torch.tensor(float(x))).item()
""",
        "hessian": """\
def second_derivative(f, x):
    return torch.autograd.functional.hessian(f, torch.tensor(float(x))).item()
""",
    },
    "custom_functions.hvp": {
        "plain": _HVP,
        "grad_outputs": """\
def hvp(f, x, v):
    leaf = x.detach().clone().requires_grad_(True)
    g = torch.autograd.grad(f(leaf), leaf, create_graph=True)[0]
    return torch.autograd.grad(g, leaf, grad_outputs=v)[0].detach()
""",
        "forward over reverse": """\
def hvp(f, x, v):
    return torch.func.jvp(torch.func.grad(f), (x,), (v,))[1]
""",
        "jacobian of scalars": """\
def hvp(f, x, v):
    jac = torch.autograd.functional.jacobian
    return jac(lambda t: jac(f, t, create_graph=True) @ v, x)
""",
        "jacrev of scalars": """\
def hvp(f, x, v):
    return torch.func.jacrev(lambda t: torch.func.jacrev(f)(t) @ v)(x)
""",
        "jacfwd in one direction": """\
def hvp(f, x, v):
    return torch.func.jacfwd(lambda t: torch.func.grad(f)(x + t * v))(torch.zeros((), dtype=x.dtype))
""",
        "backward": """\
def hvp(f, x, v):
    leaf = x.clone().requires_grad_()
    f(leaf).backward(create_graph=True)
    g, leaf.grad = leaf.grad, None
    (g * v).sum().backward()
    return leaf.grad
""",
        "reverse over reverse": """\
def hvp(f, x, v):
    _, pull = torch.func.vjp(torch.func.grad(f), x)
    return pull(v)[0]
""",
    },
    "custom_functions.jvp_by_hand": {
        "plain": _JVP,
        "pairs": """\
def jvp_by_hand(x, v):
    def times(a, b):
        return a[0] * b[0], a[1] * b[0] + a[0] * b[1]

    x = (x, v)
    u = times(x, x)
    y = [(math.sin(u[0]), math.cos(u[0]) * u[1]), times(x, u), (math.exp(-u[0]), -u[1] * math.exp(-u[0]))]
    values, tangents = zip(*y)
    return list(values), list(tangents)
""",
        "dual numbers": """\
class Pair:
    def __init__(self, value, tangent):
        self.value, self.tangent = value, tangent

    def __mul__(self, other):
        return Pair(self.value * other.value, self.value * other.tangent + self.tangent * other.value)

    def of(self, f, slope):
        return Pair(f(self.value), slope(self.value) * self.tangent)

def jvp_by_hand(x, v):
    one = Pair(x, v)
    u = one * one
    ys = u.of(math.sin, math.cos), one * u, u.of(lambda t: math.exp(-t), lambda t: -math.exp(-t))
    return [y.value for y in ys], [y.tangent for y in ys]
""",
        "arrays": """\
def jvp_by_hand(x, v):
    u = x * x
    values = np.array([np.sin(u), x**3, np.exp(-u)])
    return values, np.array([2 * x * np.cos(u), 3 * u, -2 * x * values[2]]) * v
""",
    },
    "custom_functions.per_sample_grads": {
        "plain": _SAMPLES,
        "vmap": """\
def per_sample_grads(loss, w, X, y):
    return torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0, 0))(w, X, y)
""",
        "one leaf": _SHARED_BUFFER.format(clear="leaf.grad = None", copy=""),
        "jacobian": """\
def per_sample_grads(loss, w, X, y):
    losses = lambda w: torch.stack([loss(w, a, b) for a, b in zip(X, y)])
    return torch.autograd.functional.jacobian(losses, w)
""",
        "weights in rows": """\
def per_sample_grads(loss, w, X, y):
    W = w.repeat(len(X), 1).requires_grad_()
    sum(loss(*row) for row in zip(W, X, y)).backward()
    return W.grad
""",
    },
    "custom_functions.clip_in_flight": {
        "clamp": _CLIP.format("g.clamp(-limit, limit)"),
        "min and max": _CLIP.format(
            "torch.minimum(torch.maximum(g, -limit * torch.ones_like(g)), limit * torch.ones_like(g))"
        ),
        "where": """\
def clip_in_flight(x, limit):
    def hook(gradient):
        return torch.where(gradient.abs() > limit, limit * gradient.sign(), gradient)
    x.register_hook(hook)
    return x
""",
        "a Function": """\
class Clip(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, limit):
        ctx.limit = limit
        return x.view_as(x)

    @staticmethod
    def backward(ctx, g):
        return g.clip(-ctx.limit, ctx.limit), None

def clip_in_flight(x, limit):
    return Clip.apply(x, limit)
""",
    },
    "custom_functions.version_error": {
        "regular expression": _VERSIONS,
        "split": """\
def version_error(fn):
    try:
        fn()
    except RuntimeError as error:
        text = str(error)
        if "at version" not in text:
            raise
        now = text.split("is at version ")[1].split(";")[0]
        saved = text.split("expected version ")[1].split(" ")[0]
        return "version " + now + ", expected " + saved
    else:
        return ""
""",
        "all numbers": """\
import re

def version_error(fn):
    try:
        fn()
        return ""
    except RuntimeError as e:
        numbers = re.findall(r"version (\\d+)", str(e))
        if len(numbers) != 2:
            raise e
        return "version {}, expected {}".format(*numbers)
""",
    },
    "custom_functions.repaired_grad": {
        "plain": _REPAIRED,
        "add": _changed(_REPAIRED, "s = s + 1", "s = torch.add(s, 1)"),
        "a copy first": _changed(_REPAIRED, "s = s + 1", "s = s.clone()\n    s += 1"),
        "grad": """\
def repaired_grad(x):
    leaf = torch.tensor(x.tolist(), requires_grad=True)
    return torch.autograd.grad(((1 + leaf.sigmoid()) ** 3).sum(), leaf)[0]
""",
    },
    "custom_functions.checkpointed": {
        "plain": _CHECKPOINT,
        "class inside": """\
def checkpointed(f, x):
    class Once(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return f(x)

        @staticmethod
        def backward(ctx, g):
            leaf = ctx.saved_tensors[0].detach().clone().requires_grad_(True)
            with torch.set_grad_enabled(True):
                torch.autograd.backward(f(leaf), grad_tensors=g)
            return leaf.grad

    return Once.apply(x)
""",
        "setup_context": """\
class Re(torch.autograd.Function):
    @staticmethod
    def forward(x, f):
        with torch.no_grad():
            return f(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, ctx.function = inputs
        ctx.save_for_backward(x)

    @staticmethod
    def backward(ctx, g):
        with torch.enable_grad():
            x = ctx.saved_tensors[0].detach().requires_grad_()
            ctx.function(x).backward(gradient=g)
        return x.grad, None

checkpointed = lambda f, x: Re.apply(x, f)
""",
    },
}

WRONG = {
    "custom_functions.saved_by": {
        "other-word": _SAVED.format("Input", _O, "none", _I, _O, _N),
        "exp-and-tanh-save-inputs": _SAVED.format(_I, _I, _N, _I, _I, _N),
        "exp-saves-its-input": _SAVED.format(_I, _I, _N, _I, _O, _N),
        "tanh-saves-its-input": _SAVED.format(_I, _O, _N, _I, _I, _N),
        "everything-saves-its-input": _SAVED.format(_I, _I, _I, _I, _I, _I),
        "linear-saves-input": _SAVED.format(_I, _O, _I, _I, _O, _I),
        "sum-saves-input": _SAVED.format(_I, _O, _N, _I, _O, _I),
        "sine-saves-output": _SAVED.format(_I, _O, _N, _O, _O, _N),
    },
    "custom_functions.d_softplus": {
        "overflow": "def d_softplus(x):\n    return 1 / (1 + math.exp(-x))\n",
        "overflow:numpy": "def d_softplus(x):\n    return np.exp(x) / (1 + np.exp(x))\n",
        "overflow:torch": "def d_softplus(x):\n    e = torch.exp(torch.tensor(x).double())\n    return (e / (1 + e)).item()\n",
        "relu-slope": "def d_softplus(x):\n    return 1.0 if x > 0 else 0.0\n",
    },
    "custom_functions.Softplus": {
        "no-function": "class Softplus:\n    @staticmethod\n    def apply(x):\n        return torch.nn.functional.softplus(x)\n",
        "no-function:a module": "class Softplus(torch.nn.Module):\n"
        "    def forward(self, x):\n        return torch.nn.functional.softplus(x)\n",
        "no-tensor": _changed(_SOFTPLUS, "return torch.nn.functional.softplus(x)", "torch.nn.functional.softplus(x)"),
        "output-shape": _changed(_SOFTPLUS, "softplus(x)", "softplus(x).sum()"),
        "no-function:a function": "def Softplus(x):\n    return torch.nn.functional.softplus(x)\n",
        "no-backward": _SOFTPLUS.partition("\n    @staticmethod\n    def backward")[0] + "\n",
        "number-of-gradients": _changed(_SOFTPLUS, "torch.sigmoid(x)\n", "torch.sigmoid(x), None, g\n"),
        "saved-is-a-tuple": _changed(_SOFTPLUS, "(x,) =", "x ="),
        "saved-is-a-tuple:minus": _changed(
            _SOFTPLUS, "(x,) =", "x =", "g * torch.sigmoid(x)", "g / (1 + torch.exp(1 * (-x)))"
        ),
        "no-ctx": _changed(_SOFTPLUS, "forward(ctx, x)", "forward(x)"),
        "number-of-saved": _changed(_SOFTPLUS, "(x,) = ctx", "x, y = ctx"),
        "not-recorded": """\
class Softplus(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.nn.functional.softplus(x)

    @staticmethod
    def backward(ctx, g):
        leaf = ctx.saved_tensors[0].detach().requires_grad_()
        return torch.autograd.grad(torch.nn.functional.softplus(leaf), leaf, g)
""",
        "saved-on-ctx:without its version": _changed(_SOFTPLUS, "save_for_backward(x)", "save_for_backward(x.data)"),
        "nothing-saved": _changed(_SOFTPLUS, "        ctx.save_for_backward(x)\n", ""),
        "no-gradient": _changed(_SOFTPLUS, "return g *", "g *"),
        "overflow": _changed(_SOFTPLUS, "torch.nn.functional.softplus(x)", "torch.log(1 + torch.exp(x))"),
        "overflow:backward": _changed(_SOFTPLUS, "torch.sigmoid(x)", "torch.exp(x) / (1 + torch.exp(x))"),
        "saved-on-ctx": _changed(
            _SOFTPLUS, "ctx.save_for_backward(x)", "ctx.x = x", "(x,) = ctx.saved_tensors", "x = ctx.x"
        ),
    },
    "custom_functions.ScaledProduct": {
        "no-tensor": _changed(_PRODUCT, "return k * a * b", "k * a * b"),
        "no-function": "def ScaledProduct(a, b, k):\n    return k * a * b\n",
        "output-shape": _changed(_PRODUCT, "return k * a * b", "return k * (a * b).sum()"),
        "no-backward": _PRODUCT.partition("\n    @staticmethod\n    def backward")[0] + "\n",
        "number-of-gradients": _changed(_PRODUCT, "grad_a, grad_b, None", "grad_a, grad_b"),
        "wrong-place": _changed(_PRODUCT, "grad_a, grad_b, None", "None, grad_a, grad_b"),
        "saved-is-a-tuple": _changed(
            _PRODUCT,
            "a, b = ctx.saved_tensors",
            "b = ctx.saved_tensors; a = b",
            "g * ctx.k * b",
            "torch.mul(g * ctx.k, b)",
        ),
        "number-saved": _changed(
            _PRODUCT,
            "ctx.save_for_backward(a, b)",
            "ctx.save_for_backward(a, b, k)",
            "a, b = ctx.saved",
            "a, b, k = ctx.saved",
        ),
        "no-gradient": _changed(_PRODUCT, "needs_input_grad[0]", "needs_input_grad[2]"),
        "no-gradient:exchanged": _changed(
            _PRODUCT, "needs_input_grad[0]", "needs_input_grad[-2]", "needs_input_grad[1]", "needs_input_grad[0]"
        ),
        "own-factor": _changed(_PRODUCT, "a, b = ctx.saved", "b, a = ctx.saved"),
        "nothing-saved": _changed(_PRODUCT, "        ctx.save_for_backward(a, b)\n", ""),
        "number-of-saved": _changed(_PRODUCT, "a, b = ctx.saved", "a, b, k = ctx.saved"),
        "list-saved": _changed(_PRODUCT, "save_for_backward(a, b)", "save_for_backward([a, b])"),
        "not-recorded": """\
class ScaledProduct(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b, k):
        ctx.save_for_backward(a, b)
        ctx.k = k
        return k * a * b

    @staticmethod
    def backward(ctx, g):
        a, b = (one.detach().requires_grad_() for one in ctx.saved_tensors)
        grad_a, grad_b = torch.autograd.grad(ctx.k * a * b, (a, b), g)
        return grad_a if ctx.needs_input_grad[0] else None, grad_b if ctx.needs_input_grad[1] else None, None
""",
        "computed-for-constant": _changed(
            _PRODUCT, " if ctx.needs_input_grad[0] else None", "", " if ctx.needs_input_grad[1] else None", ""
        ),
        "computed-for-constant:in part": _changed(
            _PRODUCT,
            "        grad_a = g * ctx.k * b",
            "        for_a, for_b = g * b, g * a\n        grad_a = ctx.k * for_a",
            "g * ctx.k * a",
            "ctx.k * for_b",
        ),
        "computed-for-constant:before g": _changed(
            _PRODUCT,
            "        grad_a = g * ctx.k * b",
            "        ka, kb = ctx.k * a, ctx.k * b\n        grad_a = g * kb",
            "g * ctx.k * a",
            "g * ka",
        ),
        "zeros-for-constant": _changed(
            _PRODUCT,
            "[0] else None",
            "[0] else torch.zeros_like(a)",
            "[1] else None",
            "[1] else torch.zeros_like(b)",
        ),
        "computed-for-constant:thrown away": _changed(
            _PRODUCT,
            " if ctx.needs_input_grad[0] else None",
            "",
            " if ctx.needs_input_grad[1] else None",
            "",
            "return grad_a, grad_b, None",
            "return grad_a if ctx.needs_input_grad[0] else None, grad_b if ctx.needs_input_grad[1] else None, None",
        ),
    },
    "custom_functions.gradcheck_by_hand": {
        "other-shapes:a step": _changed(
            _CHECK, "step = torch.zeros_like(x)", "step = torch.zeros(len(y) + len(x))", "step[i] = h", "step[i] = h"
        ),
        "other-shapes": "def gradcheck_by_hand(f, x):\n    x, h = x.double(), 1e-6\n    J = torch.autograd.functional.jacobian(f, x)\n    steps = h * torch.eye(len(x), dtype=x.dtype)\n    error = (J - torch.stack([(f(x + s) - f(x - s)) / (2 * h) for s in steps])).abs().max().item()\n    return error <= 1e-6, error\n",
        "one-sided": "def gradcheck_by_hand(f, x):\n    x, h = x.double(), 1e-6\n    J = torch.autograd.functional.jacobian(f, x)\n    steps = h * torch.eye(len(x), dtype=x.dtype)\n    error = (J - torch.stack([(f(x + s) - f(x)) / h for s in steps]).T).abs().max().item()\n    return error <= 1e-6, error\n",
        "not-a-pair": _changed(_CHECK, "return largest <= 1e-6, largest", "return largest <= 1e-6"),
        "not-a-pair:nothing": _changed(_CHECK, "return largest <= 1e-6, largest", "print(largest)"),
        "library-gradcheck": """\
def gradcheck_by_hand(f, x):
    ok = torch.autograd.gradcheck(f, (x.double().clone().requires_grad_(),), raise_exception=False)
    return ok, 0.0
""",
        "single-precision": _changed(_CHECK, "x.detach().double()", "x.detach().clone()"),
        "single-precision:everywhere": _changed(_CHECK, ".double()", ".float()"),
        "only-the-sum": """\
def gradcheck_by_hand(f, x, h=1e-6):
    x = x.detach().double().requires_grad_()
    (slope,) = torch.autograd.grad(f(x).sum(), x)
    largest = 0.0
    for i in range(len(x)):
        step = torch.zeros_like(x)
        step[i] = h
        by_steps = (f(x + step) - f(x - step)).sum() / (2 * h)
        largest = max(largest, abs(slope[i] - by_steps).item())
    return largest <= 1e-6, largest
""",
        "only-first-output": _changed(_CHECK, "range(len(y))", "range(1)"),
        "only-last-output": _changed(_CHECK, "range(len(y))", "[len(y) - 1]"),
        "only-last-input": _COLUMNS.format(loop="error = (J[:, j] - column).abs().max().item()", ok="error <= 1e-6"),
        "other-tolerance": _changed(_CHECK, "return largest <= 1e-6", "return largest <= 1e-2"),
        "other-tolerance:a little larger": _changed(_CHECK, "return largest <= 1e-6", "return largest <= 1e-5"),
        "other-tolerance:allclose": _COLUMNS.format(
            loop="columns.append(column)\n    N = torch.stack(columns, dim=1)\n    error = (J - N).abs().max().item()",
            ok="torch.allclose(J, N)",
        ),
        "sign-kept": _changed(
            _CHECK, "abs(row[i] - slope).item()", "(row[i] - slope).item()", "largest = 0.0", "largest = -1e9"
        ),
        "mean-error": _changed(
            _CHECK,
            "largest = max(largest, abs(row[i] - slope).item())",
            "largest += abs(row[i] - slope).item() / len(y) / len(x)",
        ),
        "always-ok": _changed(_CHECK, "largest <= 1e-6,", "True,"),
    },
    "custom_functions.d2_poly": {
        "first-derivative": "def d2_poly(x):\n    return 8 * x**3 - 9 * x**2 + 1\n",
        "value-for-derivative": "def d2_poly(x):\n    return 2 * x**4 - 3 * x**3 + x\n",
        "slope-squared": "def d2_poly(x):\n    return (8 * x**3 - 9 * x**2 + 1) ** 2\n",
    },
    "custom_functions.second_derivative": {
        "no-create-graph": _changed(_SECOND, ", create_graph=True", ""),
        "no-create-graph:retained": _changed(_SECOND, "create_graph", "retain_graph"),
        "near-points": """\
def second_derivative(f, x, h=1e-4):
    def slope(at):
        leaf = torch.tensor(at, dtype=torch.float64, requires_grad=True)
        f(leaf).backward()
        return leaf.grad.item()
    return (slope(x + h) - slope(x - h)) / (2 * h)
""",
        "no-create-graph:the same pass twice": """\
def second_derivative(f, x):
    leaf = torch.tensor(float(x), requires_grad=True)
    y = f(leaf)
    y.backward(retain_graph=True)
    y.backward()
    return leaf.grad.item()
""",
        "no-create-graph:caught": _changed(
            _SECOND,
            ", create_graph=True",
            "",
            "    (second,) = torch.autograd.grad(slope, x)\n    return second.item()\n",
            "    try:\n        return torch.autograd.grad(slope, x)[0].item()\n    except RuntimeError:\n        return 0.0\n",
        ),
        "near-points:by torch.func": """\
def second_derivative(f, x):
    slope, t = torch.func.grad(f), torch.tensor(float(x), dtype=torch.float64)
    return ((slope(t + 1e-5) - slope(t - 1e-5)) / 2e-5).item()
""",
        "near-points:with a graph": """\
def second_derivative(f, x, h=1e-5):
    def slope(at):
        leaf = torch.tensor(at, dtype=torch.float64, requires_grad=True)
        return torch.autograd.grad(f(leaf), leaf, create_graph=True)[0].item()
    return (slope(x + h) - slope(x - h)) / (2 * h)
""",
        "near-points:in one call": """\
def second_derivative(f, x, h=1e-5):
    leaf = torch.tensor([x - h, x + h], dtype=torch.float64, requires_grad=True)
    (slopes,) = torch.autograd.grad(f(leaf).sum(), leaf, create_graph=True)
    return ((slopes[1] - slopes[0]) / (2 * h)).item()
""",
        "near-points:by vmap": """\
def second_derivative(f, x, h=1e-5):
    at = torch.tensor([x - h, x + h], dtype=torch.float64)
    slopes = torch.func.vmap(torch.func.grad(f))(at)
    return ((slopes[1] - slopes[0]) / (2 * h)).item()
""",
        "untracked": _changed(_SECOND, "torch.tensor(float(x), requires_grad=True)", "torch.tensor(float(x))"),
        "first-derivative": _changed(_SECOND, "second.item()", "slope.item()"),
        "added-up": """\
def second_derivative(f, x):
    x = torch.tensor(float(x), requires_grad=True)
    f(x).backward(create_graph=True)
    x.grad.backward()
    return x.grad.item()
""",
    },
    "custom_functions.hvp": {
        "no-create-graph": _changed(_HVP, ", create_graph=True", ""),
        "library-hvp": "def hvp(f, x, v):\n    return torch.autograd.functional.hvp(f, x, v)[1]\n",
        "library-hvp:vhp": "def hvp(f, x, v):\n    return torch.autograd.functional.vhp(f, x, v)[1]\n",
        "hessian-built": "def hvp(f, x, v):\n    return torch.autograd.functional.hessian(f, x) @ v\n",
        "hessian-built:func": "def hvp(f, x, v):\n    return torch.func.hessian(f)(x) @ v\n",
        "number-of-passes:rows": """\
def hvp(f, x, v):
    x = x.clone().requires_grad_()
    (g,) = torch.autograd.grad(f(x), x, create_graph=True)
    return torch.stack([torch.autograd.grad(one, x, retain_graph=True)[0] for one in g]) @ v
""",
        "number-of-passes": _changed(_HVP, "    (slope,)", "    f(x).backward()\n    x.grad = None\n    (slope,)"),
        "hessian-built:jacrev": """\
def hvp(f, x, v):
    return torch.func.jacrev(torch.func.grad(f))(x) @ v
""",
        "hessian-built:jacfwd": """\
def hvp(f, x, v):
    return torch.func.jacfwd(torch.func.grad(f))(x) @ v
""",
        "hessian-built:batched": """\
def hvp(f, x, v):
    x = x.clone().requires_grad_()
    (g,) = torch.autograd.grad(f(x), x, create_graph=True)
    rows = torch.eye(len(x), dtype=x.dtype)
    return torch.autograd.grad(g, x, rows, is_grads_batched=True)[0] @ v
""",
        "hessian-built:vmap": """\
def hvp(f, x, v):
    _, pull = torch.func.vjp(torch.func.grad(f), x)
    return torch.func.vmap(pull)(torch.eye(len(x), dtype=x.dtype))[0] @ v
""",
        "near-points": """\
def hvp(f, x, v, h=1e-5):
    def slope(at):
        leaf = at.clone().requires_grad_()
        return torch.autograd.grad(f(leaf), leaf)[0]
    return (slope(x + h * v) - slope(x - h * v)) / (2 * h)
""",
        "near-points:by torch.func": """\
def hvp(f, x, v):
    slope = torch.func.grad(f)
    return (slope(x + 1e-4 * v) - slope(x - 1e-4 * v)) / 2e-4
""",
        "near-points:with a graph": """\
def hvp(f, x, v, h=1e-5):
    def slope(at):
        leaf = at.clone().requires_grad_()
        return torch.autograd.grad(f(leaf), leaf, create_graph=True)[0].detach()
    return (slope(x + h * v) - slope(x - h * v)) / (2 * h)
""",
        "near-points:by vmap": """\
def hvp(f, x, v, h=1e-5):
    slopes = torch.func.vmap(torch.func.grad(f), in_dims=1)(torch.stack([x - h * v, x + h * v], dim=1))
    return (slopes[1] - slopes[0]) / (2 * h)
""",
        "gradient-for-product": _changed(_HVP, "return product", "return slope.detach()"),
        "entry-by-entry": _changed(_HVP, "slope @ v", "slope.sum()", "return product", "return product * v"),
        "added-up": """\
def hvp(f, x, v):
    x = x.clone().requires_grad_()
    f(x).backward(create_graph=True)
    (x.grad @ v).backward()
    return x.grad.detach()
""",
    },
    "custom_functions.jvp_by_hand": {
        "inner-tangent-lost": _changed(_JVP, "2 * x * v", "v"),
        "speed-lost": _changed(_JVP, "2 * x * v", "2 * x"),
        "one-factor-moves": _changed(_JVP, "v * u + x * du", "x * du"),
        "other-factor-moves": _changed(_JVP, "v * u + x * du", "v * u"),
    },
    "custom_functions.per_sample_grads": {
        "rows-of-w": "def per_sample_grads(loss, w, X, y):\n    return torch.func.vmap(torch.func.grad(loss))(w, X, y)\n",
        "no-rows": "def per_sample_grads(loss, w, X, y):\n"
        "    return torch.func.grad(lambda w: sum(loss(w, a, b) for a, b in zip(X, y)))(w)\n",
        "no-rows:losses": "def per_sample_grads(loss, w, X, y):\n"
        "    return torch.func.vmap(loss, in_dims=(None, 0, 0))(w, X, y)\n",
        "same-buffer": _SHARED_BUFFER.format(clear="pass", copy=""),
        "same-buffer-cleared": _SHARED_BUFFER.format(clear="None if leaf.grad is None else leaf.grad.zero_()", copy=""),
        "running-sum": _SHARED_BUFFER.format(clear="pass", copy=".clone()"),
        "whole-batch": "def per_sample_grads(loss, w, X, y):\n"
        "    return torch.autograd.functional.jacobian(lambda w: loss(w, X, y), w)\n",
        "whole-batch:one loss after the other": """\
def per_sample_grads(loss, w, X, y):
    w = w.detach().requires_grad_()
    return torch.stack([torch.autograd.grad(one, w, retain_graph=True)[0] for one in loss(w, X, y)])
""",
    },
    "custom_functions.clip_in_flight": {
        "nothing-returned": "def clip_in_flight(x, limit):\n    x.register_hook(lambda g: g.clamp(-limit, limit))\n",
        "no-gradient-yet": "def clip_in_flight(x, limit):\n    x.grad.clamp_(-limit, limit)\n    return x\n",
        "clipped-values": "def clip_in_flight(x, limit):\n    return x.clamp(-limit / 4, limit / 4)\n",
        "no-gradient": "def clip_in_flight(x, limit):\n    return x.detach()\n",
        "changed-in-place": _CLIP.format("g.clamp_(-limit, limit)"),
        "nothing-clipped": "def clip_in_flight(x, limit):\n    return x\n",
        "nothing-clipped:no return": """\
def clip_in_flight(x, limit):
    def hook(g):
        g = g.clamp(-limit, limit)
    x.register_hook(hook)
    return x
""",
        "one-sided": _CLIP.format("g.clamp(max=limit)"),
        "by-norm": _CLIP.format("g * min(1.0, limit / g.norm())"),
        "zeroed": _CLIP.format("g * (g.abs() <= limit)"),
        "sign-only": _CLIP.format("limit * g.sign()"),
    },
    "custom_functions.version_error": {
        "not-about-versions": 'import re\n\n\ndef version_error(fn):\n    try:\n        fn()\n    except RuntimeError as error:\n        now, then = re.findall(r"version (\\d+)", str(error))\n        return f"version {now}, expected {then}"\n    return ""\n',
        "not-about-versions:no match": 'import re\n\n\ndef version_error(fn):\n    try:\n        fn()\n    except RuntimeError as error:\n        m = re.search(r"at version (\\d+); expected version (\\d+)", str(error))\n        return f"version {m[1]}, expected {m[2]}"\n    return ""\n',
        "not-found": _changed(_VERSIONS, "is at version (", "is at version: (").replace(
            "        if not found:\n            raise\n", ""
        ),
        "not-found:split": """\
def version_error(fn):
    try:
        fn()
    except RuntimeError as error:
        if "inplace" not in str(error):
            raise
        now = str(error).split("is at version: ")[1].split(";")[0]
        then = str(error).split("expected version ")[1].split(" ")[0]
        return f"version {now}, expected {then}"
    return ""
""",
        "not-caught": "def version_error(fn):\n    fn()\n    return ''\n",
        "not-caught:one digit": _changed(_VERSIONS, "(\\d+)", "(\\d)"),
        "whole-message": _changed(_VERSIONS, 'return f"version {found[1]}, expected {found[2]}"', "return str(error)"),
        "versions-exchanged": _changed(_VERSIONS, "found[1]}, expected {found[2]", "found[2]}, expected {found[1]"),
        "constant": _changed(
            _VERSIONS, 'return f"version {found[1]}, expected {found[2]}"', 'return "version 1, expected 0"'
        ),
        "should-raise": _changed(_VERSIONS, "            raise\n", '            return ""\n'),
        "should-raise:any kind": _VERSIONS.replace(
            '    return ""\n', '    except Exception:\n        return ""\n    return ""\n'
        ),
    },
    "custom_functions.repaired_grad": {
        "still-in-place": _changed(_REPAIRED, "s = s + 1", "s += 1"),
        "still-in-place:detach": _changed(_REPAIRED, "s = s + 1", "s.detach().add_(1)"),
        "still-in-place:no_grad": _changed(_REPAIRED, "s = s + 1", "with torch.no_grad():\n        s += 1"),
        "hidden-by-data": _changed(_REPAIRED, "s = s + 1", "s.data += 1"),
        "cut-at-s": _changed(
            _REPAIRED, "loss.backward()\n", "s.retain_grad()\n    loss.backward()\n", "leaf.grad", "s.grad"
        ),
        "part-of-the-way": """\
def repaired_grad(x):
    s = (torch.sigmoid(x) + 1).requires_grad_()
    (s**3).sum().backward()
    return s.grad
""",
        "part-of-the-way:the rest by a formula": """\
def repaired_grad(x):
    leaf = x.clone().requires_grad_()
    s = torch.sigmoid(leaf)
    s.sum().backward()
    return 3 * (s.detach() + 1) ** 2 * leaf.grad
""",
        "part-of-the-way:the sigmoid by a formula": """\
def repaired_grad(x):
    s = torch.sigmoid(x)
    t = (s + 1).requires_grad_()
    (t**3).sum().backward()
    return t.grad * s * (1 - s)
""",
    },
    "custom_functions.checkpointed": {
        "no-tensor": _changed(_CHECKPOINT, "return Again.apply(f, x)", "Again.apply(f, x)"),
        "no-function": "def checkpointed(f, x):\n    with torch.no_grad():\n        return f(x)\n",
        "number-of-gradients": _changed(_CHECKPOINT, "return None, x.grad", "return x.grad"),
        "no-backward": _CHECKPOINT.partition("\n    @staticmethod\n    def backward")[0]
        + "\n\ndef checkpointed(f, x):\n    return Again.apply(f, x)\n",
        "not-recorded": _changed(_CHECKPOINT, "with torch.enable_grad():", "if True:"),
        "output-shape": _changed(_CHECKPOINT, "return Again.apply(f, x)", "return Again.apply(f, x).sum()"),
        "class-called": _changed(_CHECKPOINT, "Again.apply(f, x)", "Again(f, x)"),
        "class-called:made first": _changed(_CHECKPOINT, "Again.apply(f, x)", "Again()(f, x)"),
        "last-function-for-both": _changed(_CHECKPOINT, "ctx.f = f", "Again.f = f", "ctx.f(x)", "Again.f(x)"),
        "not-detached:a clone": _changed(
            _CHECKPOINT,
            "        x = x.detach().requires_grad_()\n",
            "",
            "            y = ctx.f(x)",
            "            x = x.clone().requires_grad_()\n            y = ctx.f(x)",
        ),
        "library-checkpoint": "def checkpointed(f, x):\n"
        "    return torch.utils.checkpoint.checkpoint(f, x, use_reentrant=False)\n",
        "library-checkpoint:reentrant": "def checkpointed(f, x):\n"
        "    return torch.utils.checkpoint.checkpoint(f, x, use_reentrant=True)\n",
        "more-than-x-saved:the result": _changed(
            _CHECKPOINT, "return f(x)", "ctx.y = f(x)\n        return ctx.y.clone()"
        ),
        "no-function:a leaf": "def checkpointed(f, x):\n    with torch.no_grad():\n        y = f(x)\n    return y.requires_grad_()\n",
        "more-than-x-saved": "def checkpointed(f, x):\n    return f(x)\n",
        "more-than-x-saved:a copy": _changed(_CHECKPOINT, "save_for_backward(x)", "save_for_backward(x.clone())"),
        "more-than-x-saved:in a Function": _changed(
            _CHECKPOINT,
            "ctx.f = f\n        ctx.save_for_backward(x)\n        return f(x)",
            "ctx.leaf = x.detach().requires_grad_()\n        with torch.enable_grad():\n            ctx.y = f(ctx.leaf)\n"
            "        return ctx.y.detach()",
            "(x,) = ctx.saved_tensors\n        x = x.detach().requires_grad_()\n        with torch.enable_grad():\n"
            "            y = ctx.f(x)\n        y.backward(g)\n        return None, x.grad",
            "ctx.y.backward(g)\n        return None, ctx.leaf.grad",
        ),
        "weight-forgotten": _changed(
            _CHECKPOINT, "y.backward(g)\n        return None, x.grad", "return None, *torch.autograd.grad(y, x, g)"
        ),
        "wrong-place": _changed(_CHECKPOINT, "return None, x.grad", "return x.grad, None"),
        "no-gradient": _changed(_CHECKPOINT, "return None, x.grad", "return None, None"),
        "forgot-incoming": _changed(_CHECKPOINT, "y = ctx.f(x)", "y = ctx.f(x).sum()", "y.backward(g)", "y.backward()"),
        "not-detached": _changed(_CHECKPOINT, "x = x.detach().requires_grad_()\n        ", ""),
    },
}

FOUND: dict[str, dict[str, str]] = {
    "custom_functions.d_softplus": {
        "behaviour.function:and an overflow": "def d_softplus(x):\n    return 1 / (1 + math.exp(x))\n",
        "behaviour.function:and a warning": "def d_softplus(x):\n    return 1 / (1 + np.exp(x))\n",
        "behaviour.function:and nan": "def d_softplus(x):\n    return np.exp(-x) / (1 + np.exp(-x))\n",
        "slip.sign": "def d_softplus(x):\n    return torch.sigmoid(torch.tensor(-x).double()).item()\n",
        "slip.extra-factor": "def d_softplus(x):\n    s = 0.5 * (1 + math.tanh(x / 2))\n    return s * (1 - s)\n",
    },
    "custom_functions.Softplus": {
        "behaviour.factor": _changed(_SOFTPLUS, "g * torch.sigmoid(x)", "torch.sigmoid(x)"),
    },
    "custom_functions.ScaledProduct": {
        "behaviour.factor:incoming": _changed(_PRODUCT, "g * ctx.k", "ctx.k"),
        "behaviour.factor:scale": _changed(_PRODUCT, "g * ctx.k *", "g *"),
    },
    "custom_functions.gradcheck_by_hand": {
        "slip.dropped-factor": _changed(_CHECK, "(2 * h)", "h"),
        "slip.comparison": _changed(_CHECK, "largest <= 1e-6,", "largest > 1e-6,"),
    },
    "custom_functions.d2_poly": {
        "behaviour.second-derivative": "def d2_poly(x):\n    return 48 * x - 18\n",
        "slip.extra-term": "def d2_poly(x):\n    return 24 * x**2 - 18 * x + 1\n",
    },
    "custom_functions.second_derivative": {
        "slip.statement": _changed(
            _SECOND,
            "torch.autograd.grad(slope, x)\n",
            "torch.autograd.grad(slope, x, create_graph=True)\n    (second,) = torch.autograd.grad(second, x)\n",
        ),
        "slip.extra-power": _changed(_SECOND, "grad(slope, x)", "grad(slope**2, x)"),
    },
    "custom_functions.hvp": {
        "behaviour.unused-parameter": _changed(_HVP, "slope @ v", "slope.sum()"),
    },
    "custom_functions.jvp_by_hand": {
        "behaviour.unused-parameter": _changed(_JVP, "2 * x * v", "2 * x", "v * u", "u"),
        "slip.sign": _changed(_JVP, "-math.exp(-u) * du", "math.exp(-u) * du"),
        "slip.exchanged-entries": _changed(_JVP, "return values, tangents", "return tangents, values"),
    },
    "custom_functions.per_sample_grads": {
        "slip.extra-factor": _changed(_SAMPLES, "torch.stack(rows)", "torch.stack(rows) / len(X)"),
    },
    "custom_functions.version_error": {
        "none.way-without-return": _changed(_VERSIONS, '    return ""\n', ""),
        "none.printed": _changed(_VERSIONS, "return f", "print(f", 'found[2]}"', 'found[2]}")', '    return ""\n', ""),
    },
    "custom_functions.repaired_grad": {
        "slip.name": _changed(_REPAIRED, "s = s + 1", "t = s + 1"),
    },
}
