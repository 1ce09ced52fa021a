"""Answers to lesson 8, an engine of one's own."""

# --- engines for numbers ---

ORDER = """\
def topological_order(root):
    order, seen = [], set()

    def visit(node):
        if id(node) not in seen:
            seen.add(id(node))
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(root)
    return order

"""

VALUE = (
    ORDER
    + """\
def as_value(other):
    return other if isinstance(other, Value) else Value(other)


class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes

    def backward(self):
        self.grad = 1.0
        for value in reversed(topological_order(self)):
            for parent, slope in zip(value.parents, value.slopes):
                parent.grad += slope * value.grad

    def __add__(self, other):
        other = as_value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = as_value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))

    def exp(self):
        return Value(math.exp(self.data), (self,), (math.exp(self.data),))

    def log(self):
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def relu(self):
        return Value(max(self.data, 0.0), (self,), (float(self.data > 0),))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, (self,), (1 - t**2,))

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -as_value(other)

    def __truediv__(self, other):
        return self * as_value(other) ** -1.0

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return -self + other
"""
)

CLOSURES = """\
class Value:
    def __init__(self, data, _children=()):
        self.data = data
        self.grad = 0
        self._backward = lambda: None
        self._prev = set(_children)

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))

        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))

        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = _backward
        return out

    def _unary(self, data, slope):
        out = Value(data, (self,))

        def _backward():
            self.grad += slope * out.grad

        out._backward = _backward
        return out

    def __pow__(self, other):
        return self._unary(self.data**other, other * self.data ** (other - 1))

    def exp(self):
        return self._unary(math.exp(self.data), math.exp(self.data))

    def log(self):
        return self._unary(math.log(self.data), self.data**-1)

    def relu(self):
        return self._unary(0 if self.data < 0 else self.data, self.data > 0)

    def tanh(self):
        t = (math.exp(2 * self.data) - 1) / (math.exp(2 * self.data) + 1)
        return self._unary(t, 1 - t * t)

    def backward(self):
        topo, visited = [], set()

        def build_topo(v):
            if v not in visited:
                visited.add(v)
                for child in v._prev:
                    build_topo(child)
                topo.append(v)

        build_topo(self)
        self.grad = 1
        for v in reversed(topo):
            v._backward()

    def __neg__(self):
        return self * -1

    def __radd__(self, other):
        return self + other

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return other + (-self)

    def __rmul__(self, other):
        return self * other

    def __truediv__(self, other):
        return self * other**-1
"""

OPERATORS = """\
import numbers


class Operator:
    def __call__(self, *inputs):
        inputs = [one if isinstance(one, Value) else Value(one) for one in inputs]
        out = Value(self.forward(*[one.data for one in inputs]))
        out.made_by, out.inputs = self, inputs
        return out


class Add(Operator):
    def forward(self, a, b):
        return a + b

    def backward(self, g, out, a, b):
        return g, g


class Mul(Operator):
    def forward(self, a, b):
        return a * b

    def backward(self, g, out, a, b):
        return g * b, g * a


class Power(Operator):
    def __init__(self, n):
        self.n = n

    def forward(self, a):
        return a**self.n

    def backward(self, g, out, a):
        return (g * self.n * out / a,)


class Exp(Operator):
    def forward(self, a):
        return np.exp(a)

    def backward(self, g, out, a):
        return (g * out,)


class Log(Operator):
    def forward(self, a):
        return np.log(a)

    def backward(self, g, out, a):
        return (g / a,)


class Relu(Operator):
    def forward(self, a):
        return a if a > 0 else 0.0

    def backward(self, g, out, a):
        return (g if a > 0 else 0.0,)


class Tanh(Operator):
    def forward(self, a):
        return np.tanh(a)

    def backward(self, g, out, a):
        return (g * (1 - out) * (1 + out),)


class Value:
    made_by = None
    inputs = ()

    def __init__(self, data):
        self.data = np.float64(data)
        self.grad = np.float64(0)

    def __add__(self, other): return Add()(self, other)
    def __radd__(self, other): return Add()(other, self)
    def __mul__(self, other): return Mul()(self, other)
    def __rmul__(self, other): return Mul()(other, self)
    def __pow__(self, n): return Power(n)(self)
    def exp(self): return Exp()(self)
    def log(self): return Log()(self)
    def relu(self): return Relu()(self)
    def tanh(self): return Tanh()(self)
    def __neg__(self): return self * -1
    def __sub__(self, other): return self + -1 * other
    def __rsub__(self, other): return -self + other
    def __truediv__(self, other): return self * other ** -1

    def backward(self):
        # How many results still owe a gradient to each value.
        owed, waiting = {self: 0}, [self]
        while waiting:
            for one in waiting.pop().inputs:
                if one not in owed:
                    owed[one] = 0
                    waiting.append(one)
                owed[one] += 1
        total = {value: 0.0 for value in owed}
        total[self], ready = 1.0, [self]
        while ready:
            value = ready.pop()
            value.grad = value.grad + total[value]
            if value.made_by is None:
                continue
            parts = value.made_by.backward(total[value], value.data, *[one.data for one in value.inputs])
            for one, part in zip(value.inputs, parts):
                total[one] += part
                owed[one] -= 1
                if owed[one] == 0:
                    ready.append(one)
"""

# --- engines for arrays ---

UNBROADCAST = """\
def unbroadcast(grad, shape):
    grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    return grad.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)

"""

ARRAYS = (
    ORDER
    + UNBROADCAST
    + """\
def as_tensor(other):
    return other if isinstance(other, Tensor) else Tensor(other)


class Tensor:
    recording = True

    def __init__(self, data, parents=(), pulls=()):
        self.data = np.asarray(data, dtype=np.float64)
        self.grad = None
        self.parents, self.pulls = (parents, pulls) if Tensor.recording else ((), ())

    def backward(self):
        self.grad = np.ones_like(self.data)
        for tensor in reversed(topological_order(self)):
            for parent, pull in zip(tensor.parents, tensor.pulls):
                gradient = pull(tensor.grad)
                parent.grad = gradient if parent.grad is None else parent.grad + gradient

    def __add__(self, other):
        other = as_tensor(other)
        pulls = (lambda g: unbroadcast(g, self.data.shape), lambda g: unbroadcast(g, other.data.shape))
        return Tensor(self.data + other.data, (self, other), pulls)

    def __mul__(self, other):
        other = as_tensor(other)
        pulls = (
            lambda g: unbroadcast(g * other.data, self.data.shape),
            lambda g: unbroadcast(g * self.data, other.data.shape),
        )
        return Tensor(self.data * other.data, (self, other), pulls)

    def sum(self):
        return Tensor(self.data.sum(), (self,), (lambda g: np.full(self.data.shape, g),))

    def mean(self):
        return self.sum() * (1 / self.data.size)

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -as_tensor(other)

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __matmul__(self, other):
        return matmul(self, other)

    def relu(self):
        return relu(self)

"""
)

ARRAYS_BY_CLOSURES = """\
class Tensor:
    def __init__(self, data, children=()):
        self.data = np.array(data, dtype=float)
        self.grad = None
        self.children = children
        self.spread = lambda: None

    def pour(self, gradient):
        # Sums over what broadcasting copied.
        while gradient.ndim > self.data.ndim:
            gradient = gradient.sum(axis=0)
        for axis, length in enumerate(self.data.shape):
            if length == 1:
                gradient = gradient.sum(axis=axis, keepdims=True)
        self.grad = gradient if self.grad is None else self.grad + gradient

    def __add__(self, other):
        other = other if isinstance(other, Tensor) else Tensor(other)
        out = Tensor(self.data + other.data, (self, other))

        def spread():
            self.pour(out.grad)
            other.pour(out.grad)

        out.spread = spread
        return out

    __radd__ = __add__

    def __mul__(self, other):
        other = other if isinstance(other, Tensor) else Tensor(other)
        out = Tensor(self.data * other.data, (self, other))

        def spread():
            self.pour(out.grad * other.data)
            other.pour(out.grad * self.data)

        out.spread = spread
        return out

    __rmul__ = __mul__

    def __sub__(self, other):
        return self + other * -1.0

    def sum(self):
        out = Tensor(self.data.sum(), (self,))
        out.spread = lambda: self.pour(np.ones_like(self.data) * out.grad)
        return out

    def mean(self):
        out = Tensor(self.data.mean(), (self,))
        out.spread = lambda: self.pour(np.ones_like(self.data) * out.grad / self.data.size)
        return out

    def backward(self):
        order, seen = [], set()

        def visit(tensor):
            if tensor not in seen:
                seen.add(tensor)
                for child in tensor.children:
                    visit(child)
                order.append(tensor)

        visit(self)
        self.grad = np.ones_like(self.data)
        for tensor in reversed(order):
            tensor.spread()

"""

# A tape: what was computed is written down in one list, and the backward pass reads it from the end.
TAPE = (
    UNBROADCAST
    + """\
TAPE = []
recording = True


class Tensor:
    def __init__(self, data):
        self.data = np.asarray(data, np.float64)
        self.grad = None

    def made(self, data, *pulls):
        out = Tensor(data)
        if recording:
            TAPE.append((out, pulls))
        return out

    def __add__(self, other):
        if not isinstance(other, Tensor):
            return self.made(self.data + other, (self, lambda g: g))
        return self.made(self.data + other.data, (self, lambda g: g), (other, lambda g: g))

    def __mul__(self, other):
        if not isinstance(other, Tensor):
            return self.made(self.data * other, (self, lambda g: g * other))
        return self.made(self.data * other.data, (self, lambda g: g * other.data), (other, lambda g: g * self.data))

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __sub__(self, other):
        return self + other * -1.0

    def sum(self):
        return self.made(np.sum(self.data), (self, lambda g: g * np.ones(self.data.shape)))

    def mean(self):
        n = self.data.size
        return self.made(np.mean(self.data), (self, lambda g: g / n * np.ones(self.data.shape)))

    def backward(self):
        # Where no gradient has arrived there is nothing to pass on.
        arrived = {id(self): np.ones(self.data.shape)}
        for out, pulls in reversed(TAPE):
            if id(out) in arrived:
                for tensor, pull in pulls:
                    gradient = unbroadcast(pull(arrived[id(out)]), tensor.data.shape)
                    arrived[id(tensor)] = arrived.get(id(tensor), 0.0) + gradient
        tensors = {id(tensor): tensor for _, pulls in TAPE for tensor, _ in pulls}
        for key, gradient in arrived.items():
            if key in tensors:
                before = tensors[key].grad
                tensors[key].grad = gradient if before is None else before + gradient

"""
)

MATMUL = """\
def matmul(a, b):
    return Tensor(a.data @ b.data, (a, b), (lambda g: g @ b.data.T, lambda g: a.data.T @ g))

"""

RELU = """\
def relu(x):
    return Tensor(np.maximum(x.data, 0.0), (x,), (lambda g: g * (x.data > 0),))

"""

LOSS = """\
def bce_with_logits(z, y):
    small = np.exp(-np.abs(z.data))
    losses = np.maximum(z.data, 0.0) - z.data * y + np.log1p(small)
    p = np.where(z.data > 0, 1.0, small) / (1.0 + small)
    return Tensor(losses.mean(), (z,), (lambda g: g * (p - y) / y.size,))

"""

ENGINE = ARRAYS + MATMUL + RELU + LOSS

NO_GRAD = """\
import contextlib


@contextlib.contextmanager
def no_grad():
    before, Tensor.recording = Tensor.recording, False
    try:
        yield
    finally:
        Tensor.recording = before

"""

MLP = """\
class MLP:
    def __init__(self, sizes, seed):
        rng = np.random.default_rng(seed)
        self.layers = [
            (Tensor(rng.normal(0, (2 / n) ** 0.5, (n, m))), Tensor(np.zeros(m))) for n, m in zip(sizes, sizes[1:])
        ]

    def parameters(self):
        return [parameter for layer in self.layers for parameter in layer]

    def __call__(self, X):
        hidden = as_tensor(X)
        *before, (W, b) = self.layers
        for weight, bias in before:
            hidden = (hidden @ weight + bias).relu()
        return hidden @ W + b

"""

STEP = """\
def train_step(model, X, y, lr):
    loss = bce_with_logits(model(X), y)
    loss.backward()
    for parameter in model.parameters():
        parameter.data -= lr * parameter.grad
        parameter.grad = None
    return float(loss.data)
"""

IN_TORCH = """\
def train_in_torch(weights, X, y, lr, steps):
    modules = []
    for weight, bias in zip(weights[::2], weights[1::2]):
        layer = torch.nn.Linear(*weight.shape, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(weight.T))
            layer.bias.copy_(torch.tensor(bias))
        modules += [layer, torch.nn.ReLU()]
    model = torch.nn.Sequential(*modules[:-1])
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    X, y = torch.tensor(X), torch.tensor(y)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(model(X), y)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    return losses, [p.detach().numpy().T for p in model.parameters()]
"""

LOOP = """\
def repaired_loop(model, X, Y, lr, steps):
    losses, watched = [], []
    for _ in range(steps):
        model.train()
        loss = ((model(X) - Y) ** 2).sum(dim=1).mean()
        losses.append(loss.item())
        model.zero_grad()
        loss.backward()
        with torch.no_grad():
            for p in model.parameters():
                p -= lr * p.grad
        model.eval()
        with torch.no_grad():
            watched.append(((model(X) - Y) ** 2).sum(dim=1).mean().item())
    model.train()
    return losses, watched
"""


def changed(source: str, *edits: tuple[str, str]) -> str:
    """Return the source with each text of an edit replaced, which must be in it."""
    for old, new in edits:
        assert old in source, old
        source = source.replace(old, new)
    return source


RIGHT: dict[str, dict[str, str]] = {
    "own_engine.topological_order": {
        "recursion": ORDER,
        "two stacks": """\
def topological_order(root):
    order, waiting, seen = [], [(root, False)], set()
    while waiting:
        node, done = waiting.pop()
        if done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            waiting.append((node, True))
            waiting.extend((parent, False) for parent in node.parents)
    return order
""",
        "counting children": """\
def topological_order(root):
    children, found = {root: 0}, [root]
    for node in found:
        for parent in node.parents:
            if parent not in children:
                children[parent] = 0
                found.append(parent)
            children[parent] += 1
    ready, order = [root], []
    while ready:
        node = ready.pop(0)
        order.append(node)
        for parent in node.parents:
            children[parent] -= 1
            if not children[parent]:
                ready.append(parent)
    return tuple(order[::-1])
""",
        "by the longest way": """\
def topological_order(root):
    depth = {}

    def depth_of(node):
        if node not in depth:
            depth[node] = 1 + max((depth_of(parent) for parent in node.parents), default=0)
        return depth[node]

    depth_of(root)
    return sorted(depth, key=depth.get)
""",
    },
    "own_engine.Value": {"slopes on the edges": VALUE, "closures": CLOSURES, "a class for each operator": OPERATORS},
    "own_engine.unbroadcast": {
        "sums": UNBROADCAST,
        "axis by axis": """\
def unbroadcast(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(0)
    for axis, length in enumerate(shape):
        if length == 1 and grad.shape[axis] != 1:
            grad = grad.sum(axis, keepdims=True)
    return grad
""",
        "one by one": """\
def unbroadcast(grad, shape):
    result = np.zeros(shape)
    lead = grad.ndim - len(shape)
    for index in np.ndindex(*grad.shape):
        place = tuple(0 if n == 1 else i for i, n in zip(index[lead:], shape))
        result[place] += grad[index]
    return result
""",
        "in tensors": """\
def unbroadcast(grad, shape):
    return torch.as_tensor(grad).sum_to_size(*shape) if shape else torch.as_tensor(grad).sum()
""",
    },
    "own_engine.Tensor": {"pulls": ARRAYS, "closures": ARRAYS_BY_CLOSURES, "a tape": TAPE},
    "own_engine.matmul": {
        "pulls": ARRAYS + MATMUL,
        "closures": ARRAYS_BY_CLOSURES
        + """\
def matmul(a, b):
    out = Tensor(np.matmul(a.data, b.data), (a, b))

    def spread():
        a.pour(np.einsum("ij,kj->ik", out.grad, b.data))
        b.pour(np.einsum("ki,kj->ij", a.data, out.grad))

    out.spread = spread
    return out
""",
        "a tape": TAPE
        + """\
def matmul(a, b):
    return a.made(a.data.dot(b.data), (a, lambda g: g.dot(b.data.T)), (b, lambda g: (g.T @ a.data).T))
""",
        "the method itself": changed(
            ARRAYS + "matmul = Tensor.__matmul__\n",
            (
                "        return matmul(self, other)",
                "        return Tensor(\n"
                "            self.data @ other.data,\n"
                "            (self, other),\n"
                "            (lambda g: g @ other.data.T, lambda g: self.data.T @ g),\n"
                "        )",
            ),
        ),
    },
    "own_engine.relu": {
        "pulls": ARRAYS + RELU,
        "where": ARRAYS
        + """\
def relu(x):
    on = x.data > 0
    return Tensor(np.where(on, x.data, 0), (x,), (lambda g: np.where(on, g, 0),))
""",
        "a product with a mask": ARRAYS + "def relu(x):\n    return x * (x.data > 0).astype(float)\n",
        "closures": ARRAYS_BY_CLOSURES
        + """\
def relu(x):
    out = Tensor(x.data.clip(min=0), (x,))
    out.spread = lambda: x.pour(out.grad * np.heaviside(x.data, 0))
    return out
""",
    },
    "own_engine.bce_with_logits": {
        "pulls": ARRAYS + LOSS,
        "tanh and logaddexp": ARRAYS
        + """\
def bce_with_logits(z, y):
    value = np.mean(np.logaddexp(0, z.data) - y * z.data)
    p = (1 + np.tanh(z.data / 2)) / 2
    return Tensor(value, (z,), (lambda g: g * (p - y) / y.size,))
""",
        "closures": ARRAYS_BY_CLOSURES
        + """\
def bce_with_logits(z, y):
    sign = 1 - 2 * y
    out = Tensor(np.logaddexp(0, sign * z.data).mean(), (z,))
    out.spread = lambda: z.pour(out.grad * sign * np.exp(-np.logaddexp(0, -sign * z.data)) / y.size)
    return out
""",
    },
    "own_engine.no_grad": {
        "contextmanager": ARRAYS + NO_GRAD,
        "a class": ARRAYS
        + """\
class no_grad:
    def __enter__(self):
        self.before = Tensor.recording
        Tensor.recording = False

    def __exit__(self, *error):
        Tensor.recording = self.before
""",
        "a counter": changed(
            ARRAYS, ("recording = True", "blocks = 0"), ("if Tensor.recording", "if not Tensor.blocks")
        )
        + """\
from contextlib import contextmanager


@contextmanager
def no_grad():
    Tensor.blocks += 1
    try:
        yield Tensor
    finally:
        Tensor.blocks -= 1
""",
        "a tape that rests": TAPE
        + """\
class no_grad:
    def __enter__(self):
        global recording
        self.before, recording = recording, False

    def __exit__(self, *_):
        global recording
        recording = self.before
        return False
""",
    },
    "own_engine.MLP": {
        "layers": ENGINE + MLP,
        "a flat list": ENGINE
        + """\
class MLP:
    def __init__(self, sizes, seed):
        np.random.seed(seed)
        self.p = []
        for i in range(len(sizes) - 1):
            self.p.append(Tensor(np.random.randn(sizes[i], sizes[i + 1]) / np.sqrt(sizes[i])))
            self.p.append(Tensor(np.random.randn(sizes[i + 1]) * 0.01))

    def parameters(self):
        return self.p

    def __call__(self, X):
        out = Tensor(X)
        for i in range(0, len(self.p), 2):
            if i:
                out = relu(out)
            out = matmul(out, self.p[i]) + self.p[i + 1]
        return out
""",
        "layers as objects": ENGINE
        + """\
class Linear:
    def __init__(self, n, m, rng):
        self.W, self.b = Tensor(rng.uniform(-1, 1, size=(n, m))), Tensor(np.zeros(m))

    def __call__(self, x):
        return x @ self.W + self.b


class MLP:
    def __init__(self, sizes, seed):
        rng = np.random.default_rng(seed)
        self.layers = [Linear(n, m, rng) for n, m in zip(sizes[:-1], sizes[1:])]

    def parameters(self):
        return sum(([layer.W, layer.b] for layer in self.layers), [])

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = relu(layer(x))
        return self.layers[-1](x)

    def __call__(self, X):
        return self.forward(as_tensor(X))
""",
    },
    "own_engine.train_step": {
        "plain": ENGINE + MLP + STEP,
        "cleared before": ENGINE
        + MLP
        + """\
def train_step(model, X, y, lr):
    for p in model.parameters():
        p.grad = None
    loss = bce_with_logits(model(X), y)
    loss.backward()
    for p in model.parameters():
        p.data = p.data - lr * p.grad
    return loss.data.item()
""",
        "in a block": ENGINE
        + NO_GRAD
        + MLP
        + """\
def train_step(model, X, y, lr):
    for p in model.parameters():
        p.grad = None
    loss = bce_with_logits(model(Tensor(X)), y)
    loss.backward()
    with no_grad():
        for p in model.parameters():
            p.data = (p - lr * Tensor(p.grad)).data
    return float(loss.data)
""",
    },
    "own_engine.train_in_torch": {
        "sequential": IN_TORCH,
        "a loop over pairs": """\
def train_in_torch(weights, X, y, lr, steps):
    net = torch.nn.Sequential()
    for i in range(0, len(weights), 2):
        if i:
            net.append(torch.nn.ReLU())
        layer = torch.nn.Linear(weights[i].shape[0], weights[i].shape[1])
        layer.weight.data = torch.tensor(weights[i].T)
        layer.bias.data = torch.tensor(weights[i + 1])
        net.append(layer)
    X, y = torch.tensor(X), torch.tensor(y)
    sgd, losses = torch.optim.SGD(net.parameters(), lr=lr), []
    for _ in range(steps):
        sgd.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(net(X), y)
        loss.backward()
        sgd.step()
        losses.append(loss.detach())
    return losses, [p.detach().numpy().T for p in net.parameters()]
""",
        "a module": """\
class Net(torch.nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = torch.nn.ModuleList(torch.nn.Linear(n, m) for n, m in zip(sizes, sizes[1:]))

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = layer(x).relu()
        return self.layers[-1](x)


def train_in_torch(weights, X, y, lr, steps):
    net = Net([weights[0].shape[0], *[bias.shape[0] for bias in weights[1::2]]]).double()
    names = [f"layers.{i}.{kind}" for i in range(len(weights) // 2) for kind in ("weight", "bias")]
    net.load_state_dict({name: torch.from_numpy(array.T.copy()) for name, array in zip(names, weights)})
    loss_of = torch.nn.BCEWithLogitsLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr)
    losses = []
    for _ in range(steps):
        loss = loss_of(net(torch.from_numpy(X)), torch.from_numpy(y))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)
        losses += [float(loss)]
    return losses, [p.detach().T for p in net.parameters()]
""",
    },
    "own_engine.repaired_loop": {
        "plain": LOOP,
        "no `.grad` at all": changed(
            LOOP,
            (
                "        model.zero_grad()\n        loss.backward()\n",
                "        pulled = torch.autograd.grad(loss, list(model.parameters()))\n",
            ),
            ("for p in model.parameters():", "for p, step in zip(model.parameters(), pulled):"),
            ("lr * p.grad", "lr * step"),
        ),
        "an optimizer": """\
def repaired_loop(model, X, Y, lr, steps):
    sgd = torch.optim.SGD(model.parameters(), lr=lr)

    def loss_of():
        return (model(X) - Y).square().sum(1).mean()

    losses, watched = [], []
    for _ in range(steps):
        model.train()
        sgd.zero_grad()
        loss = loss_of()
        losses.append(loss.item())
        loss.backward()
        sgd.step()
        model.eval()
        with torch.inference_mode():
            watched.append(loss_of().item())
        model.train()
    return losses, watched
""",
        "autograd.grad": """\
def repaired_loop(model, X, Y, lr, steps):
    losses, watched = [], []
    for _ in range(steps):
        model.train()
        for p in model.parameters():
            p.grad = None
        loss = torch.nn.functional.mse_loss(model(X), Y) * Y.shape[1]
        loss.backward()
        losses.append(float(loss))
        with torch.no_grad():
            for p in model.parameters():
                p.sub_(lr * p.grad)
            model.train(False)
            watched.append(float(torch.nn.functional.mse_loss(model(X), Y) * Y.shape[1]))
            model.train(True)
    return losses, watched
""",
    },
}

WRONG: dict[str, dict[str, str]] = {
    "own_engine.topological_order": {
        "no-list": "def topological_order(root):\n    return root.name\n",
        "no-list: names": changed(ORDER, ("order.append(node)", "order.append(node.name)")),
        "kept-from-before": """\
def topological_order(root, order=[]):
    for parent in root.parents:
        if parent not in order:
            topological_order(parent, order)
    order.append(root)
    return order
""",
        "every-path": """\
def topological_order(root):
    return [node for parent in root.parents for node in topological_order(parent)] + [root]
""",
        "nodes-missing": changed(ORDER, ("return order", "return order[:-1]")),
        "nodes-missing: in the second call": changed(
            ORDER,
            ("    order, seen = [], set()\n", "    order = []\n"),
            ("def topological", "seen = set()\n\ndef topological"),
        ),
        "nodes-missing: parents only": "def topological_order(root):\n    return [*dict.fromkeys(root.parents), root]\n",
        "copied-nodes": "import copy\n\n\n"
        + changed(ORDER, ("    order, seen", "    root = copy.deepcopy(root)\n    order, seen")),
        "root-not-last": changed(ORDER, ("return order", "return order[::-1]")),
        "child-before-parent": changed(
            ORDER,
            ("            order.append(node)\n", ""),
            ("add(id(node))\n", "add(id(node))\n            order.append(node)\n"),
        ).replace("return order", "return order[::-1]"),
        "child-before-parent: level by level": """\
def topological_order(root):
    found = [root]
    for node in found:
        found += [parent for parent in dict.fromkeys(node.parents) if parent not in found]
    return found[::-1]
""",
    },
    "own_engine.Value": {
        "plain-number": changed(VALUE, ("return other if isinstance(other, Value) else Value(other)", "return other")),
        "no-seed": changed(VALUE, ("self.grad = 1.0\n", "pass\n")),
        "factors-exchanged": changed(VALUE, ("(other.data, self.data))", "(self.data, other.data))")),
        "gradient-is-value": changed(VALUE, ("(n * self.data ** (n - 1),)", "(self.data**n,)")),
        "gradient-is-value: log": changed(VALUE, ("(1 / self.data,)", "(math.log(self.data),)")),
        "order-of-the-pass": changed(VALUE, ("in reversed(topological_order(self))", "in topological_order(self)")),
        "arriving-gradient": changed(CLOSURES, ("self.grad += slope * out.grad", "self.grad += slope")),
        "arriving-gradient: product": changed(
            CLOSURES,
            ("other.data * out.grad", "other.data"),
            ("self.data * out.grad", "self.data"),
        ),
        "overwritten": changed(VALUE, ("parent.grad += slope", "parent.grad = slope")),
        "passed-on-too-early": changed(
            VALUE,
            ("            order.append(node)\n", ""),
            ("add(id(node))\n", "add(id(node))\n            order.insert(0, node)\n"),
        ),
        "passed-on-too-early: level by level": changed(
            VALUE,
            (
                ORDER,
                """\
def topological_order(root):
    found = [root]
    for node in found:
        found += [parent for parent in dict.fromkeys(node.parents) if parent not in found]
    return found[::-1]

""",
            ),
        ),
        "one-pass-counts": changed(
            VALUE,
            (
                "        self.grad = 1.0\n",
                "        for value in topological_order(self):\n            value.grad = 0.0\n        self.grad = 1.0\n",
            ),
        ),
        "every-path": changed(
            VALUE,
            (
                """\
        self.grad = 1.0
        for value in reversed(topological_order(self)):
            for parent, slope in zip(value.parents, value.slopes):
                parent.grad += slope * value.grad
""",
                """\
        self.pass_on(1.0)

    def pass_on(self, gradient):
        self.grad += gradient
        for parent, slope in zip(self.parents, self.slopes):
            parent.pass_on(slope * gradient)
""",
            ),
        ),
    },
    "own_engine.unbroadcast": {
        "mean-for-sum": changed(UNBROADCAST, (".sum(", ".mean(")),
        "first-copy": """\
def unbroadcast(grad, shape):
    first = grad[(0,) * (grad.ndim - len(shape))]
    return first[tuple(slice(0, 1) if n == 1 else slice(None) for n in shape)]
""",
    },
    "own_engine.Tensor": {
        "gradient-from-the-start": changed(
            ARRAYS, ("        self.grad = None\n        self.parents", "        self.grad = 0.0\n        self.parents")
        ),
        "mean-as-sum": changed(
            ARRAYS,
            (
                "return self.sum() * (1 / self.data.size)",
                "return Tensor(self.data.mean(), (self,), (lambda g: np.full(self.data.shape, g),))",
            ),
        ),
        "arriving-gradient": changed(
            ARRAYS,
            ("np.full(self.data.shape, g)", "np.ones(self.data.shape)"),
            (
                "return self.sum() * (1 / self.data.size)",
                "n = self.data.size\n"
                "        return Tensor(self.data.mean(), (self,), (lambda g: np.full(self.data.shape, 1 / n),))",
            ),
        ),
        "overwritten": changed(ARRAYS, ("gradient if parent.grad is None else parent.grad + gradient", "gradient")),
        "passed-on-too-early": changed(
            ARRAYS,
            ("            order.append(node)\n", ""),
            ("add(id(node))\n", "add(id(node))\n            order.insert(0, node)\n"),
        ),
        "one-pass-counts": changed(
            ARRAYS,
            (
                "        self.grad = np.ones_like(self.data)\n",
                "        for tensor in topological_order(self):\n            tensor.grad = None\n"
                "        self.grad = np.ones_like(self.data)\n",
            ),
        ),
    },
    "own_engine.matmul": {
        "shapes-do-not-fit": ARRAYS
        + changed(MATMUL, ("g @ b.data.T", "b.data.T @ g"), ("a.data.T @ g", "g @ a.data.T")),
        "arriving-gradient": ARRAYS
        + changed(
            MATMUL,
            ("lambda g: g @ b.data.T", "lambda g: np.ones_like(g) @ b.data.T"),
            ("lambda g: a.data.T @ g", "lambda g: a.data.T @ np.ones_like(g)"),
        ),
    },
    "own_engine.relu": {"arriving-gradient": ARRAYS + changed(RELU, ("g * (x.data > 0)", "1.0 * (x.data > 0)"))},
    "own_engine.bce_with_logits": {
        "not-the-mean": ARRAYS + changed(LOSS, ("losses.mean()", "losses.sum()"), (" / y.size", "")),
        "arriving-gradient": ARRAYS + changed(LOSS, ("g * (p - y)", "(p - y)")),
        "overflow": ARRAYS
        + """\
def bce_with_logits(z, y):
    losses = np.logaddexp(0, z.data) - y * z.data
    return Tensor(losses.mean(), (z,), (lambda g: g * (1 / (1 + np.exp(-5 * z.data / 5)) - y) / y.size,))
""",
    },
    "own_engine.no_grad": {
        "no-block": ARRAYS + "def no_grad():\n    Tensor.recording = False\n",
        "no-block: a class and no object": ARRAYS
        + """\
class Pause:
    def __enter__(self):
        self.before, Tensor.recording = Tensor.recording, False

    def __exit__(self, *_):
        Tensor.recording = self.before


def no_grad():
    return Pause
""",
        "no-yield": ARRAYS + changed(NO_GRAD, ("        yield\n", "        return\n")),
        "recorded-in-inner-block": ARRAYS
        + changed(
            NO_GRAD,
            ("Tensor.recording = Tensor.recording, False", "Tensor.recording = Tensor.recording, not Tensor.recording"),
        ),
        "one-memory-for-all-blocks": ARRAYS
        + """\
class no_grad:
    def __enter__(self):
        no_grad.before, Tensor.recording = Tensor.recording, False

    def __exit__(self, *_):
        Tensor.recording = no_grad.before
""",
        "never-on-again": ARRAYS + changed(NO_GRAD, ("        Tensor.recording = before\n", "        pass\n")),
        "still-recorded": ARRAYS + changed(NO_GRAD, ("Tensor.recording, False", "Tensor.recording, True")),
        "error-swallowed": ARRAYS
        + changed(NO_GRAD, ("    finally:\n", "    except Exception:\n        pass\n    finally:\n")),
        "not-after-error": ARRAYS
        + changed(
            NO_GRAD,
            (
                "    try:\n        yield\n    finally:\n        Tensor.recording = before\n",
                "    yield\n    Tensor.recording = before\n",
            ),
        ),
        "inner-block": ARRAYS
        + changed(NO_GRAD, ("        Tensor.recording = before\n", "        Tensor.recording = True\n")),
        "inner-block-after-error": ARRAYS
        + changed(
            NO_GRAD,
            ("    finally:\n", "    except Exception:\n        Tensor.recording = True\n        raise\n    else:\n"),
        ),
    },
    "own_engine.MLP": {
        "shapes": ENGINE
        + changed(MLP, ("(n, m))), Tensor", "(m, n))), Tensor"), ("hidden @ weight", "hidden @ weight")),
        "shapes: biases last": ENGINE
        + changed(
            MLP,
            (
                "[parameter for layer in self.layers for parameter in layer]",
                "[W for W, b in self.layers] + [b for W, b in self.layers]",
            ),
        ),
        "unused-parameter": ENGINE + changed(MLP, ("(hidden @ weight + bias).relu()", "(hidden @ weight).relu()")),
        "unused-parameter: without its tensor": ENGINE
        + changed(MLP, ("(hidden @ weight + bias).relu()", "(hidden @ weight + bias.data).relu()")),
        "all-neurons-alike": ENGINE + changed(MLP, ("rng.normal(0, (2 / n) ** 0.5, (n, m))", "np.full((n, m), 0.1)")),
        "all-neurons-alike: of the second layer": ENGINE
        + changed(MLP, ("rng.normal(0, (2 / n) ** 0.5, (n, m))", "rng.normal(0, n == sizes[0], (n, m))")),
        "not-of-the-seed": ENGINE + changed(MLP, ("default_rng(seed)", "default_rng()")),
        "seed-unused": ENGINE + changed(MLP, ("default_rng(seed)", "default_rng(8)")),
        "large-weights": ENGINE + changed(MLP, ("(2 / n) ** 0.5", "100.0")),
        "relu-at-the-end": ENGINE + changed(MLP, ("return hidden @ W + b", "return (hidden @ W + b).relu()")),
        "no-relu": ENGINE + changed(MLP, ("(hidden @ weight + bias).relu()", "hidden @ weight + bias")),
    },
    "own_engine.train_step": {
        "forgot-to-clear": ENGINE + MLP + changed(STEP, ("        parameter.grad = None\n", "")),
        "nothing-learned": ENGINE
        + MLP
        + changed(
            STEP,
            (
                "parameter.data -= lr * parameter.grad\n        parameter.grad = None",
                "parameter = Tensor(parameter.data - lr * parameter.grad)",
            ),
        ),
        "uphill": ENGINE + MLP + changed(STEP, ("-= lr", "+= lr")),
        "logged-after-the-step": ENGINE
        + MLP
        + changed(STEP, ("return float(loss.data)", "return float(bce_with_logits(model(X), y).data)")),
        "biases-not-trained": ENGINE
        + MLP
        + changed(STEP, ("in model.parameters()", "in model.parameters()[::2]")).replace(
            "    return", "    for parameter in model.parameters():\n        parameter.grad = None\n    return"
        ),
        "ignored-rate": ENGINE + MLP + changed(STEP, ("-= lr * ", "-= ")),
    },
    "own_engine.train_in_torch": {
        "none-returned": changed(
            IN_TORCH, ("    return losses, [p.detach().numpy().T for p in model.parameters()]\n", "    return losses\n")
        ),
        "no-linear-layers": """\
def train_in_torch(weights, X, y, lr, steps):
    leaves = [torch.tensor(weight, requires_grad=True) for weight in weights]
    optimizer = torch.optim.SGD(leaves, lr=lr)
    losses = []
    for _ in range(steps):
        hidden = torch.tensor(X)
        for i in range(0, len(leaves), 2):
            hidden = hidden @ leaves[i] + leaves[i + 1]
            if i + 2 < len(leaves):
                hidden = hidden.relu()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(hidden, torch.tensor(y))
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses, [leaf.detach() for leaf in leaves]
""",
        "weights-changed": changed(
            IN_TORCH,
            ("layer.weight.copy_(torch.tensor(weight.T))", "layer.weight.data = torch.from_numpy(weight).T"),
            ("layer.bias.copy_(torch.tensor(bias))", "layer.bias.data = torch.from_numpy(bias)"),
        ),
        "single-precision": changed(
            IN_TORCH,
            (", dtype=torch.float64", ""),
            ("torch.tensor(X), torch.tensor(y)", "torch.tensor(X).float(), torch.tensor(y).float()"),
        ),
        "no-optimizer": changed(
            IN_TORCH,
            ("        optimizer.zero_grad()\n", "        model.zero_grad()\n"),
            (
                "        optimizer.step()\n",
                "        with torch.no_grad():\n            for p in model.parameters():\n                p -= lr * p.grad\n",
            ),
        ),
        "forgot-to-clear": changed(IN_TORCH, ("        optimizer.zero_grad()\n", "")),
        "logged-after-the-step": changed(
            IN_TORCH,
            ("        losses.append(loss.item())\n", ""),
            (
                "        optimizer.step()\n",
                "        optimizer.step()\n"
                "        losses.append(torch.nn.functional.binary_cross_entropy_with_logits(model(X), y).item())\n",
            ),
        ),
        "transposed-weights": changed(IN_TORCH, (".numpy().T for", ".numpy() for")),
    },
    "own_engine.repaired_loop": {"mean-over-all": changed(LOOP, (".sum(dim=1).mean()", ".mean()"))},
}

FOUND: dict[str, dict[str, str]] = {
    "own_engine.unbroadcast": {
        "behaviour.arranged": "def unbroadcast(grad, shape):\n    return np.full(shape, grad.sum())\n",
    },
    "own_engine.Tensor": {
        "evidence.expression": changed(
            ARRAYS, ("unbroadcast(g, self.data.shape)", "g"), ("unbroadcast(g, other.data.shape)", "g")
        ),
    },
}
