"""Answers to lesson 2, the chain rule."""


def _program(point: str = "a", joins: str = "+=", given: str = "z, dx") -> str:
    """Return the program of 2.8 repaired, or with one of its lines wrong."""
    return f"""\
def repaired_backward(x):
    a = x * x
    b = math.sin(a)
    c = x * b
    d = math.exp(a)
    z = c + d
    dz = 1.0
    dc = dz
    dd = dz
    db = dc * x
    dx = dc * b
    da = db * math.cos({point})
    da += dd * d
    dx {joins} da * 2 * x
    return {given}
"""


RIGHT: dict[str, dict[str, str]] = {
    "chain_rule.predicted_signs": {
        "plain": "predicted_signs = {3: -1, 4: -1}",
        "floats, other order": "predicted_signs = {4: -1.0, 3: -1.0}",
        "computed": "predicted_signs = {x: int(np.sign(2 * x * np.cos(x**2))) for x in (3, 4)}",
        "numpy": "predicted_signs = {3: np.sign(-5.4), 4: np.int64(-1)}",
        "tensors": "predicted_signs = {3: torch.tensor(-1), 4: torch.sign(torch.tensor(-7.7))}",
        "fromkeys": "predicted_signs = dict.fromkeys([3, 4], -1)",
        "filled in": """\
predicted_signs = {3: ..., 4: ...}
predicted_signs[3] = -1
predicted_signs[4] = -1
""",
    },
    "chain_rule.local_derivatives": {
        "pairs with a gradient": """\
def local_derivatives(x):
    out = {}
    for name, function, gradient in [("dy_dx", lambda v: v * v, lambda v: 2 * v), ("dz_dy", math.sin, math.cos)]:
        out[name] = gradient(x)
        x = function(x)
    return out
""",
        "plain": """\
def local_derivatives(x):
    y = x**2
    return {"dy_dx": 2 * x, "dz_dy": math.cos(y)}
""",
        "dict()": """\
def local_derivatives(x):
    return dict(dz_dy=math.cos(x * x), dy_dx=x + x)
""",
        "numpy": """\
from numpy import cos

def local_derivatives(x: float) -> dict[str, float]:
    x = np.asarray(x)
    return {"dy_dx": 2.0 * x, "dz_dy": cos(np.square(x))}
""",
        "tensors": """\
def local_derivatives(x):
    x = torch.tensor(x, dtype=torch.float64)
    with torch.no_grad():
        result = {"dy_dx": 2 * x}
        result["dz_dy"] = torch.cos(x**2)
    return result
""",
        "helpers": """\
def d_square(x):
    return 2 * x

def d_sin(y):
    return math.sin(y + math.pi / 2)

def local_derivatives(x):
    return {"dy_dx": d_square(x), "dz_dy": d_sin(x**2)}
""",
        "printing": """\
def local_derivatives(x):
    y = pow(x, 2)
    dy_dx, dz_dy = 2 * x, math.cos(y)
    print("y =", y, dy_dx, dz_dy)
    return {"dy_dx": dy_dx, "dz_dy": dz_dy}
""",
    },
    "chain_rule.dz_dx": {
        "a local named gradient": """\
def dz_dx(x):
    inner, derivative_of_inner = x ** 2, 2 * x
    gradient = math.cos
    return gradient(inner) * derivative_of_inner
""",
        "complex, with an assert": """\
import cmath

def dz_dx(x):
    w = 2 * x * cmath.exp(1j * x**2)
    assert abs(abs(w) - abs(2 * x)) < 1e-9
    return w.real
""",
        "plain": """\
def dz_dx(x):
    return 2 * x * math.cos(x**2)
""",
        "in steps": """\
def dz_dx(x):
    y = x**2
    dy_dx = 2 * x
    dz_dy = math.cos(y)
    return dz_dy * dy_dx
""",
        "from the two links": """\
def local_derivatives(x):
    return {"dy_dx": 2 * x, "dz_dy": math.cos(x**2)}

def dz_dx(x):
    return math.prod(local_derivatives(x).values())
""",
        "lambda, numpy": "dz_dx = lambda x: np.cos(x * x) * (x + x)",
        "float32 tensor": """\
def dz_dx(x):
    x = torch.tensor(x)
    return torch.cos(x**2) * 2 * x
""",
        "sine moved by a quarter turn": """\
def dz_dx(x):
    return 2 * x * math.sin(math.pi / 2 + x**2)
""",
        "complex numbers": """\
import cmath

def dz_dx(x):
    return 2 * x * cmath.exp(1j * x * x).real
""",
    },
    "chain_rule.dz_dx_autograd": {
        "a cached helper": """\
from functools import cache
@cache
def forward(x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = leaf ** 2
    y.retain_grad()
    z = torch.sin(y)
    z.backward()
    return leaf, y, z
def dz_dx_autograd(x):
    leaf, y, z = forward(float(x))
    return {"z": z.item(), "dz_dy": y.grad.item(), "dz_dx": leaf.grad.item()}
""",
        "checked by a formula": """\
def dz_dx_autograd(x):
    x = torch.tensor(float(x), requires_grad=True)
    y = x * x
    y.retain_grad()
    z = y.sin()
    z.backward()
    assert math.isclose(y.grad.item(), math.cos(y.item()), rel_tol=1e-4)
    return {"z": z.item(), "dz_dy": y.grad.item(), "dz_dx": x.grad.item()}
""",
        "the sine as a cosine": """\
def dz_dx_autograd(x):
    x = torch.tensor(float(x), dtype=torch.float64, requires_grad=True)
    y = x**2
    y.retain_grad()
    z = torch.cos(y - math.pi / 2)
    z.backward()
    return {"z": z.item(), "dz_dy": y.grad.item(), "dz_dx": x.grad.item()}
""",
        "plain": """\
def dz_dx_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.retain_grad()
    z = torch.sin(y)
    z.backward()
    return {"z": z.item(), "dz_dy": y.grad.item(), "dz_dx": x.grad.item()}
""",
        "float64": """\
def dz_dx_autograd(x):
    leaf = torch.tensor(float(x), dtype=torch.float64, requires_grad=True)
    y = leaf.square()
    y.retain_grad()
    z = y.sin()
    z.backward()
    return {"dz_dx": float(leaf.grad), "dz_dy": float(y.grad), "z": float(z)}
""",
        "autograd.grad of both": """\
def dz_dx_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    y = x * x
    z = torch.sin(y)
    dz_dy, dz_dx = torch.autograd.grad(z, (y, x))
    return {"z": z.detach(), "dz_dy": dz_dy, "dz_dx": dz_dx}
""",
        "hook": """\
def dz_dx_autograd(x):
    kept = {}
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.register_hook(lambda gradient: kept.update(dz_dy=gradient.item()))
    z = torch.sin(y)
    z.backward()
    return {"z": z.item(), **kept, "dz_dx": x.grad.item()}
""",
        "two graphs": """\
def dz_dx_autograd(x):
    y = torch.tensor(x**2, requires_grad=True)
    torch.sin(y).backward()
    x = torch.tensor(x, requires_grad=True)
    z = torch.sin(x**2)
    z.backward()
    return dict(z=z.item(), dz_dy=y.grad.item(), dz_dx=x.grad.item())
""",
        "torch.func": """\
from torch.func import grad

def dz_dx_autograd(x):
    x = torch.tensor(x, dtype=torch.float64)
    return {
        "z": torch.sin(x**2),
        "dz_dy": grad(torch.sin)(x**2),
        "dz_dx": grad(lambda t: torch.sin(t**2))(x),
    }
""",
        "retained everywhere": """\
def dz_dx_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    for t in (x, y, z):
        t.retain_grad()
    z.backward(retain_graph=True)
    print(x.grad, y.grad, z.grad)
    return {"z": z.item(), "dz_dy": y.grad.numpy(), "dz_dx": x.grad.numpy()}
""",
    },
    "chain_rule.backprop_chain": {
        "a parameter named derivative": """\
from functools import reduce
def backprop_chain(fs, dfs, x):
    xs = [x]
    for f in fs:
        xs.append(f(xs[-1]))
    apply = lambda derivative, at: derivative(at)
    return xs[-1], reduce(lambda a, b: a * b, map(apply, dfs[::-1], xs[-2::-1]), 1.0)
""",
        "a field named derivative": """\
from dataclasses import dataclass
from typing import Callable
@dataclass
class Link:
    function: Callable[[float], float]
    derivative: Callable[[float], float]
    seen: float = 0.0
    def forward(self, v):
        self.seen = v
        return self.function(v)
    def backward(self, g):
        return g * self.derivative(self.seen)
def backprop_chain(fs, dfs, x):
    links = [Link(f, d) for f, d in zip(fs, dfs)]
    for link in links:
        x = link.forward(x)
    g = 1.0
    for link in reversed(links):
        g = link.backward(g)
    return x, g
""",
        "a loop variable named derivative": """\
def backprop_chain(fs, dfs, x):
    activations = [float(x)]
    for function in fs:
        activations.append(function(activations[-1]))
    gradient = 1.0
    for derivative, activation in zip(reversed(dfs), reversed(activations[:-1])):
        gradient *= derivative(activation)
    return activations[-1], gradient
""",
        "plain": """\
def backprop_chain(fs, dfs, x):
    kept = []
    for f in fs:
        kept.append(x)
        x = f(x)
    gradient = 1.0
    for df, at in zip(reversed(dfs), reversed(kept)):
        gradient *= df(at)
    return x, gradient
""",
        "list of values": """\
def backprop_chain(fs, dfs, x):
    values = [x]
    for f in fs:
        values.append(f(values[-1]))
    gradient = 1
    for i in range(len(dfs) - 1, -1, -1):
        gradient = gradient * dfs[i](values[i])
    return values[-1], gradient
""",
        "recursive": """\
def backprop_chain(fs, dfs, x):
    if not fs:
        return x, 1.0
    value, gradient = backprop_chain(fs[1:], dfs[1:], fs[0](x))
    return value, gradient * dfs[0](x)
""",
        "accumulate": """\
from itertools import accumulate

def backprop_chain(fs, dfs, x):
    *inputs, value = accumulate(fs, lambda v, f: f(v), initial=x)
    return [value, math.prod(df(v) for df, v in zip(dfs, inputs))]
""",
        "stack": """\
def backprop_chain(fs, dfs, x):
    stack = []
    for f, df in zip(fs, dfs):
        stack.append((df, x))
        x = f(x)
    gradient = np.float64(1)
    while stack:
        df, at = stack.pop()
        gradient *= df(at)
    return np.array([x, gradient])
""",
        "class": """\
class Tape:
    def __init__(self, fs, dfs):
        self.fs, self.dfs = fs, dfs

    def forward(self, x):
        self.saved = []
        for f in self.fs:
            self.saved.append(x)
            x = f(x)
        return x

    def backward(self):
        gradient = 1.0
        for df, x in reversed(list(zip(self.dfs, self.saved))):
            gradient = df(x) * gradient
        return gradient

def backprop_chain(fs, dfs, x):
    tape = Tape(fs, dfs)
    return tape.forward(x), tape.backward()
""",
    },
    "chain_rule.d_fanout": {
        "plain": """\
def d_fanout(x):
    return 2 * x + math.sin(x) + x * math.cos(x)
""",
        "path by path": """\
def d_fanout(x):
    paths = [x, x, math.sin(x), x * math.cos(x)]
    return sum(paths)
""",
        "numpy": "d_fanout = lambda x: x + x + np.sin(x) + x * np.cos(x)",
        "factored": """\
def d_fanout(x):
    return x * (2 + math.cos(x)) + math.sin(x)
""",
        "float32 tensor": """\
def d_fanout(x):
    x = torch.tensor(x)
    gradient = torch.zeros(())
    gradient += x
    gradient += x
    gradient += torch.sin(x)
    gradient += x * torch.cos(x)
    return gradient
""",
        "product rule twice": """\
def product_rule(u, du, v, dv):
    return du * v + u * dv

def d_fanout(x):
    return product_rule(x, 1, x, 1) + product_rule(x, 1, math.sin(x), math.cos(x))
""",
    },
    "chain_rule.grad_fanout": {
        "plain": """\
def grad_fanout(x):
    x = torch.tensor(x, requires_grad=True)
    z = x * x + x * torch.sin(x)
    z.backward()
    return x.grad.item()
""",
        "factored": """\
def grad_fanout(x):
    x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (x * (x + x.sin())).backward()
    return x.grad
""",
        "autograd.grad": """\
from torch.autograd import grad

def grad_fanout(x):
    x = torch.tensor(x, requires_grad=True)
    return grad(x**2 + x * torch.sin(x), x)[0].item()
""",
        "term by term, summed in the buffer": """\
def grad_fanout(x):
    x = torch.tensor(x, requires_grad=True)
    (x * x).backward()
    (x * torch.sin(x)).backward()
    return x.grad.item()
""",
        "a leaf for each path": """\
def grad_fanout(x):
    paths = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for _ in range(4)]
    a, b, c, d = paths
    (a * b + c * torch.sin(d)).backward()
    return sum(path.grad.item() for path in paths)
""",
        "torch.func": """\
def grad_fanout(x):
    return torch.func.grad(lambda t: t * t + t * torch.sin(t))(torch.tensor(x)).item()
""",
    },
    "chain_rule.op_names": {
        "plain": """\
def op_names(t):
    names = []
    node = t.grad_fn
    while node is not None:
        names.append(node.name().split("::")[-1])
        parents = [parent for parent, _ in node.next_functions if parent is not None]
        node = parents[0] if parents else None
    return names
""",
        "class names": """\
def op_names(t):
    names, node = [], t.grad_fn
    while node:
        names.append(type(node).__name__)
        node = next((parent for parent, index in node.next_functions if parent), None)
    return names
""",
        "recursive": """\
def names_from(node):
    if node is None:
        return []
    for parent, _ in node.next_functions:
        if parent is not None:
            return [node.name()] + names_from(parent)
    return [node.name().rpartition("::")[2]]

def op_names(t):
    return names_from(t.grad_fn)
""",
        "generator in a tuple": """\
def walk(node):
    while True:
        yield node.name().removeprefix("torch::autograd::")
        for parent, _ in node.next_functions:
            if parent is not None:
                node = parent
                break
        else:
            return

def op_names(t):
    return tuple(walk(t.grad_fn))
""",
        "printing": """\
import re

def op_names(t):
    node = t.grad_fn
    names = [node.name()]
    while node.next_functions:
        node = [pair[0] for pair in node.next_functions if pair[0] is not None][0]
        print(node.name())
        names += [re.sub(".*::", "", node.name())]
    return names
""",
    },
    "chain_rule.buggy_lines": {
        "plain": 'buggy_lines = {"E", "G"}',
        "list": 'buggy_lines = ["G", "E"]',
        "tuple": "buggy_lines = 'E', 'G'",
        "from a string": 'buggy_lines = set("EG")',
        "frozenset": 'buggy_lines = frozenset(["E"]) | {"G"}',
        "filled in": """\
buggy_lines = {...}
buggy_lines = set()
buggy_lines.add("E")
buggy_lines.add("G")
""",
    },
    "chain_rule.repaired_backward": {
        "two lines": _program(),
        "one formula": """\
def repaired_backward(x):
    a = x * x
    z = x * math.sin(a) + math.exp(a)
    return z, math.sin(a) + 2 * x * (x * math.cos(a) + math.exp(a))
""",
        "numpy": """\
def repaired_backward(x):
    a = np.square(x)
    b, d = np.sin(a), np.exp(a)
    gradient = np.array([b, 2 * x**2 * np.cos(a), 2 * x * d]).sum()
    return [x * b + d, gradient]
""",
    },
}

WRONG: dict[str, dict[str, str]] = {
    "chain_rule.predicted_signs": {
        "slope-for-sign": "predicted_signs = {3: -5.4668, 4: -7.6613}",
        "slope-for-sign:one of them": "predicted_signs = {3: -1, 4: -8}",
        "value-for-derivative": "predicted_signs = {3: 1, 4: -1}",
        "inner-only": "predicted_signs = {3: 1, 4: 1}",
        "flat-everywhere": "predicted_signs = {3: 0, 4: 0}",
    },
    "chain_rule.local_derivatives": {
        "outer-at-x": """\
def local_derivatives(x):
    return {"dy_dx": 2 * x, "dz_dy": math.cos(x)}
""",
        "already-multiplied": """\
def local_derivatives(x):
    dy_dx = 2 * x
    return {"dy_dx": dy_dx, "dz_dy": dy_dx * math.cos(x**2)}
""",
        "value-for-derivative": """\
def local_derivatives(x):
    y = x**2
    return {"dy_dx": y, "dz_dy": math.sin(y)}
""",
        "kept-sine": """\
def local_derivatives(x):
    return {"dy_dx": 2 * x, "dz_dy": math.sin(x**2)}
""",
        "sign-of-cosine": """\
def local_derivatives(x):
    return {"dy_dx": 2 * x, "dz_dy": -math.cos(x**2)}
""",
        "degrees": """\
def local_derivatives(x):
    y = x**2
    return {"dy_dx": 2 * x, "dz_dy": math.cos(math.radians(y))}
""",
        "degrees:numpy": """\
def local_derivatives(x):
    return {"dy_dx": 2 * x, "dz_dy": np.cos(np.deg2rad(x**2))}
""",
        "forgot-factor": """\
def local_derivatives(x):
    return {"dy_dx": x, "dz_dy": math.cos(x**2)}
""",
        "kept-power": """\
def local_derivatives(x):
    return {"dy_dx": 2 * x**2, "dz_dy": math.cos(x**2)}
""",
        "opposite-sign": """\
def local_derivatives(x):
    return {"dy_dx": -2 * x, "dz_dy": -math.cos(x**2)}
""",
        "autograd-by-hand": """\
def local_derivatives(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    (dy_dx,) = torch.autograd.grad(y, x)
    return {"dy_dx": dy_dx.item(), "dz_dy": math.cos(y.item())}
""",
        "finite-difference": """\
def slope(f, x, h=1e-6):
    return (f(x + h) - f(x - h)) / (2 * h)

def local_derivatives(x):
    return {"dy_dx": slope(lambda t: t**2, x), "dz_dy": slope(math.sin, x**2)}
""",
        "still-tracked": """\
def local_derivatives(x):
    x = torch.tensor(x, requires_grad=True)
    return {"dy_dx": 2 * x, "dz_dy": torch.cos(x**2)}
""",
        "math-on-tensor": """\
def local_derivatives(x):
    return {"dy_dx": 2 * x, "dz_dy": torch.cos(x**2)}
""",
    },
    "chain_rule.dz_dx": {
        "inner-dropped": """\
def dz_dx(x):
    return math.cos(x**2)
""",
        "outer-dropped": """\
def dz_dx(x):
    return 2 * x
""",
        "outer-at-x": """\
def dz_dx(x):
    return 2 * x * math.cos(x)
""",
        "derivative-inside": """\
def dz_dx(x):
    return math.cos(2 * x)
""",
        "added": """\
def dz_dx(x):
    return 2 * x + math.cos(x**2)
""",
        "product-rule": """\
def dz_dx(x):
    return 2 * x * math.sin(x) + x**2 * math.cos(x)
""",
        "square-of-sine": """\
def dz_dx(x):
    return 2 * math.sin(x) * math.cos(x)
""",
        "kept-sine": """\
def dz_dx(x):
    return 2 * x * math.sin(x**2)
""",
        "kept-power": """\
def dz_dx(x):
    return 2 * x**2 * math.cos(x**2)
""",
        "kept-power:taken at y": """\
def d_inner(x):
    return 2 * x

def dz_dx(x):
    y = x**2
    return math.cos(y) * d_inner(y)
""",
        "degrees": """\
def dz_dx(x):
    return 2 * x * math.cos(math.radians(x**2))
""",
        "value-for-derivative": """\
def dz_dx(x):
    return math.sin(x**2)
""",
        "opposite-sign": """\
def dz_dx(x):
    return -2 * x * math.cos(x**2)
""",
        "factor-1n": """\
def dz_dx(x):
    return x * math.cos(x**2)
""",
        "autograd-by-hand": """\
def dz_dx(x):
    x = torch.tensor(x, requires_grad=True)
    torch.sin(x**2).backward()
    return x.grad.item()
""",
        "finite-difference": """\
def dz_dx(x, h=1e-6):
    return (math.sin((x + h) ** 2) - math.sin((x - h) ** 2)) / (2 * h)
""",
        "still-tracked": """\
def dz_dx(x):
    x = torch.tensor(x, requires_grad=True)
    return 2 * x * torch.cos(x**2)
""",
        "math-on-tensor": """\
def dz_dx(x):
    return 2 * x * torch.cos(x**2)
""",
    },
    "chain_rule.dz_dx_autograd": {
        "rewrapped": """\
def dz_dx_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    y = torch.tensor(x**2, requires_grad=True)
    z = torch.sin(y)
    z.backward()
    return {"z": z.item(), "dz_dy": y.grad.item(), "dz_dx": x.grad.item()}
""",
        "rewrapped:None kept": """\
def dz_dx_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    y = torch.tensor(x**2, requires_grad=True)
    z = torch.sin(y)
    z.backward()
    return {"z": z.item(), "dz_dy": y.grad, "dz_dx": x.grad}
""",
        "formula-for-a-link": """\
def dz_dx_autograd(x):
    leaf = torch.tensor(x, requires_grad=True)
    z = torch.sin(leaf**2)
    z.backward()
    return {"z": z.item(), "dz_dy": math.cos(x**2), "dz_dx": leaf.grad.item()}
""",
        "formula-for-a-link:as a sine": """\
def dz_dx_autograd(x):
    t = torch.tensor(float(x), requires_grad=True)
    z = torch.sin(t**2)
    z.backward()
    return {"z": z.item(), "dz_dy": math.sin(x**2 + math.pi / 2), "dz_dx": t.grad.item()}
""",
        "backward-returns-none:as a gradient": """\
def dz_dx_autograd(x):
    x = torch.tensor(float(x), requires_grad=True)
    y = x**2
    y.retain_grad()
    z = torch.sin(y)
    gradient = z.backward()
    return {"z": z.item(), "dz_dy": y.grad.item(), "dz_dx": gradient}
""",
        "no-grad-yet:no pass": """\
def dz_dx_autograd(x):
    x = torch.tensor(float(x), requires_grad=True)
    y = x**2
    y.retain_grad()
    z = torch.sin(y)
    return {"z": z.item(), "dz_dy": y.grad.item(), "dz_dx": x.grad.item()}
""",
        "gradient-of-result": """\
def dz_dx_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    z = torch.sin(x**2)
    z.retain_grad()
    z.backward()
    return {"z": z.item(), "dz_dy": z.grad.item(), "dz_dx": x.grad.item()}
""",
        "other-link": """\
def dz_dx_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    (link,) = torch.autograd.grad(y, x, retain_graph=True)
    z.backward()
    return {"z": z.item(), "dz_dy": link.item(), "dz_dx": x.grad.item()}
""",
        "multiplied-again": """\
def dz_dx_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.retain_grad()
    z = torch.sin(y)
    z.backward()
    return {"z": z.item(), "dz_dy": y.grad.item(), "dz_dx": (y.grad * x.grad).item()}
""",
        "both-backwards": """\
def dz_dx_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.retain_grad()
    z = torch.sin(y)
    y.backward(retain_graph=True)
    z.backward()
    return {"z": z.item(), "dz_dy": y.grad.item(), "dz_dx": x.grad.item()}
""",
        "grad-of-non-leaf": """\
def dz_dx_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    z.backward()
    return {"z": z.item(), "dz_dy": y.grad, "dz_dx": x.grad.item()}
""",
        "grad-of-non-leaf:item": """\
def dz_dx_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    z.backward()
    return {"z": z.item(), "dz_dy": y.grad.item(), "dz_dx": x.grad.item()}
""",
        "grad-of-non-leaf:item of a vanished None": """\
def dz_dx_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    z.backward()
    return {"z": z.item(), "dz_dy": float(y.grad), "dz_dx": float(x.grad)}
""",
        "retained-too-late": """\
def dz_dx_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    z.backward()
    y.retain_grad()
    return {"z": z.item(), "dz_dy": y.grad.item(), "dz_dx": x.grad.item()}
""",
        "second-backward": """\
def dz_dx_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.retain_grad()
    z = torch.sin(y)
    z.backward()
    y.backward()
    return {"z": z.item(), "dz_dy": y.grad.item(), "dz_dx": x.grad.item()}
""",
        "still-tracked": """\
def dz_dx_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.retain_grad()
    z = torch.sin(y)
    z.backward()
    return {"z": z, "dz_dy": y.grad, "dz_dx": x.grad}
""",
        "backward-on-number": """\
def dz_dx_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.retain_grad()
    z = math.sin(y)
    z.backward()
    return {"z": z, "dz_dy": y.grad.item(), "dz_dx": x.grad.item()}
""",
        "retained-too-late:None kept": """\
def dz_dx_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    z = torch.sin(y)
    z.backward()
    y.retain_grad()
    return dict(z=z.item(), dz_dy=y.grad, dz_dx=x.grad)
""",
        "retained-too-late:detached": """\
def dz_dx_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    y = (x**2).detach().requires_grad_()
    z = torch.sin(y)
    z.backward()
    return {"z": float(z), "dz_dy": float(y.grad), "dz_dx": float(x.grad)}
""",
        "untracked": """\
def dz_dx_autograd(x):
    x = torch.tensor(x)
    y = x**2
    z = torch.sin(y)
    z.backward()
    return {"z": z.item(), "dz_dy": y.grad.item(), "dz_dx": x.grad.item()}
""",
        "formula-by-autograd": """\
def dz_dx_autograd(x):
    y = x * x
    d_outer = math.sin(y + math.pi / 2)
    return {"z": math.sin(y), "dz_dy": d_outer, "dz_dx": 2 * x * d_outer}
""",
        "factor-n": """\
def dz_dx_autograd(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y.retain_grad()
    z = torch.sin(y)
    z.backward(torch.tensor(2.0))
    return {"z": 2 * z.item(), "dz_dy": y.grad.item(), "dz_dx": x.grad.item()}
""",
    },
    "chain_rule.backprop_chain": {
        "argument-changed:derivatives turned around": """\
def backprop_chain(fs, dfs, x):
    kept = []
    for f in fs:
        kept.append(x)
        x = f(x)
    gradient = 1.0
    dfs.reverse()
    for i, df in enumerate(dfs):
        gradient *= df(kept[-1 - i])
    return x, gradient
""",
        "no-backward-pass": """\
def backprop_chain(fs, dfs, x):
    gradient = 1.0
    for f, df in zip(fs, dfs):
        gradient *= df(x)
        x = f(x)
    return x, gradient
""",
        "no-backward-pass:local derivatives on the way": """\
def backprop_chain(fs, dfs, x):
    slopes = np.ones(len(fs))
    for i, f in enumerate(fs):
        slopes[i] = dfs[i](x)
        x = f(x)
    return x, slopes.prod()
""",
        "computed-again": """\
def backprop_chain(fs, dfs, x):
    def value(k):
        result = x
        for f in fs[:k]:
            result = f(result)
        return result

    gradient = 1.0
    for k, df in enumerate(dfs):
        gradient *= df(value(k))
    return value(len(fs)), gradient
""",
        "computed-again:last function": """\
def backprop_chain(fs, dfs, x):
    gradient = 1.0
    for f, df in zip(fs, dfs):
        before = x
        x = f(before)
        gradient *= df(before)
    return fs[-1](before), gradient
""",
        "swapped": """\
def backprop_chain(fs, dfs, x):
    kept = []
    for f in fs:
        kept.append(x)
        x = f(x)
    return math.prod(df(at) for df, at in zip(dfs, kept)), x
""",
        "last-to-first": """\
def backprop_chain(fs, dfs, x):
    kept = []
    for f in fs[::-1]:
        kept.append(x)
        x = f(x)
    return x, math.prod(df(at) for df, at in zip(dfs, kept[::-1]))
""",
        "one-function-short": """\
def backprop_chain(fs, dfs, x):
    kept = []
    for f in fs:
        kept.append(x)
        x = f(x)
    return kept[-1], math.prod(df(at) for df, at in zip(dfs, kept))
""",
        "all-at-x": """\
def backprop_chain(fs, dfs, x):
    value, gradient = x, 1.0
    for f in fs:
        value = f(value)
    for df in reversed(dfs):
        gradient *= df(x)
    return value, gradient
""",
        "at-outputs": """\
def backprop_chain(fs, dfs, x):
    kept = []
    for f in fs:
        x = f(x)
        kept.append(x)
    gradient = 1.0
    for df, at in zip(reversed(dfs), reversed(kept)):
        gradient *= df(at)
    return x, gradient
""",
        "mismatched": """\
def backprop_chain(fs, dfs, x):
    kept = []
    for f in fs:
        kept.append(x)
        x = f(x)
    gradient = 1.0
    for df, at in zip(reversed(dfs), kept):
        gradient *= df(at)
    return x, gradient
""",
        "added": """\
def backprop_chain(fs, dfs, x):
    kept = []
    for f in fs:
        kept.append(x)
        x = f(x)
    return x, sum(df(at) for df, at in zip(dfs, kept))
""",
        "last-link-only": """\
def backprop_chain(fs, dfs, x):
    kept = []
    for f in fs:
        kept.append(x)
        x = f(x)
    return x, dfs[-1](kept[-1])
""",
        "first-link-only": """\
def backprop_chain(fs, dfs, x):
    kept = []
    for f in fs:
        kept.append(x)
        x = f(x)
    return x, dfs[0](kept[0])
""",
        "argument-changed": """\
def backprop_chain(fs, dfs, x):
    kept = []
    for f in fs:
        kept.append(x)
        x = f(x)
    gradient = 1.0
    while dfs:
        gradient *= dfs.pop()(kept.pop())
    return x, gradient
""",
        "finite-difference": """\
def backprop_chain(fs, dfs, x):
    def value(x):
        for f in fs:
            x = f(x)
        return x

    h = 1e-6
    return value(x), (value(x + h) - value(x - h)) / (2 * h)
""",
        "autograd-by-hand": """\
def backprop_chain(fs, dfs, x):
    value, kept = x, []
    for f in fs:
        kept.append(value)
        value = f(value)
    gradient = math.prod(df(at) for df, at in zip(dfs, kept))
    leaf = torch.tensor(x, requires_grad=True)
    (leaf * gradient).backward()
    return value, leaf.grad.item()
""",
    },
    "chain_rule.d_fanout": {
        "kept-sum:an attribute of a class": """\
class Grad:
    total = 0.0
    @classmethod
    def add(cls, share):
        cls.total += share
        return cls
def d_fanout(x):
    return Grad.add(x).add(x).add(math.sin(x)).add(x * math.cos(x)).total
""",
        "kept-sum:a list as a default": """\
def d_fanout(x, paths=[]):
    paths.append(2 * x)
    paths.append(math.sin(x))
    paths.append(x * math.cos(x))
    return sum(paths)
""",
        "one-path-of-square": """\
def d_fanout(x):
    return x + math.sin(x) + x * math.cos(x)
""",
        "no-path-through-sine": """\
def d_fanout(x):
    return 2 * x + math.sin(x)
""",
        "no-path-beside-sine": """\
def d_fanout(x):
    return 2 * x + x * math.cos(x)
""",
        "one-path-each": """\
def d_fanout(x):
    return x + math.sin(x)
""",
        "product-of-derivatives": """\
def d_fanout(x):
    return 1 * 1 + 1 * math.cos(x)
""",
        "value-for-derivative": """\
def d_fanout(x):
    return x * x + x * math.sin(x)
""",
        "opposite-sign": """\
def d_fanout(x):
    return -(2 * x + math.sin(x) + x * math.cos(x))
""",
        "autograd-by-hand": """\
def d_fanout(x):
    x = torch.tensor(x, requires_grad=True)
    (x * x + x * torch.sin(x)).backward()
    return x.grad.item()
""",
        "finite-difference": """\
def d_fanout(x):
    f = lambda t: t * t + t * math.sin(t)
    return (f(x + 1e-6) - f(x - 1e-6)) / 2e-6
""",
        "still-tracked": """\
def d_fanout(x):
    x = torch.tensor(x, requires_grad=True)
    return 2 * x + torch.sin(x) + x * torch.cos(x)
""",
    },
    "chain_rule.grad_fanout": {
        "one-path-of-square": """\
def grad_fanout(x):
    x = torch.tensor(x, requires_grad=True)
    z = x.item() * x + x * torch.sin(x)
    z.backward()
    return x.grad.item()
""",
        "no-path-through-sine": """\
def grad_fanout(x):
    x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    z = x * x + x * math.sin(x)
    z.backward()
    return x.grad.item()
""",
        "no-path-through-sine:detached": """\
def grad_fanout(x):
    x = torch.tensor(x, requires_grad=True)
    z = x * x + x * torch.sin(x.detach())
    z.backward()
    return x.grad.item()
""",
        "no-path-beside-sine": """\
def grad_fanout(x):
    leaf = torch.tensor(x, requires_grad=True)
    z = leaf * leaf + x * torch.sin(leaf)
    z.backward()
    return leaf.grad.item()
""",
        "one-path-each": """\
def grad_fanout(x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    z = leaf * x + leaf * math.sin(x)
    z.backward()
    return leaf.grad.item()
""",
        "value-for-derivative": """\
def grad_fanout(x):
    x = torch.tensor(x, requires_grad=True)
    z = x * x + x * torch.sin(x)
    z.backward()
    return z.item()
""",
        "stale-accumulation": """\
leaf = torch.tensor(0.0, requires_grad=True)

def grad_fanout(x):
    with torch.no_grad():
        leaf.fill_(x)
    (leaf * leaf + leaf * torch.sin(leaf)).backward()
    return leaf.grad.item()
""",
        "opposite-sign": """\
def grad_fanout(x):
    x = torch.tensor(x, requires_grad=True)
    (-x * (x + torch.sin(x))).backward()
    return x.grad.item()
""",
        "factor-n": """\
def grad_fanout(x):
    x = torch.tensor(x, requires_grad=True)
    for _ in range(2):
        (x * x + x * torch.sin(x)).backward()
    return x.grad.item()
""",
        "formula-by-autograd": """\
def grad_fanout(x):
    return 2 * x + math.sin(x) + x * math.cos(x)
""",
        "formula-by-autograd:pointless backward": """\
def grad_fanout(x):
    t = torch.tensor(x, requires_grad=True)
    (t * t + t * torch.sin(t)).backward()
    return 2 * x + math.sin(x) + x * math.cos(x)
""",
        "backward-returns-none": """\
def grad_fanout(x):
    x = torch.tensor(x, requires_grad=True)
    return (x * x + x * torch.sin(x)).backward()
""",
        "grad-returns-tuple": """\
def grad_fanout(x):
    x = torch.tensor(x, requires_grad=True)
    return torch.autograd.grad(x * x + x * torch.sin(x), x)
""",
        "untracked": """\
def grad_fanout(x):
    x = torch.tensor(x)
    (x * x + x * torch.sin(x)).backward()
    return x.grad.item()
""",
        "math-on-tensor": """\
def grad_fanout(x):
    z = x * x + x * torch.sin(x)
    z.backward()
    return x.grad.item()
""",
    },
    "chain_rule.op_names": {
        "none-parent": """\
def op_names(t):
    names, node = [], t.grad_fn
    while True:
        names.append(node.name().split("::")[-1])
        if not node.next_functions:
            return names
        node = node.next_functions[0][0]
""",
        "past-the-leaf": """\
def op_names(t):
    names, node = [], t.grad_fn
    while node:
        names.append(node.name().split("::")[-1])
        node = [parent for parent, _ in node.next_functions if parent][0]
    return names
""",
        "nodes-for-names": """\
def op_names(t):
    nodes, node = [], t.grad_fn
    while node is not None:
        nodes.append(node)
        node = next((parent for parent, _ in node.next_functions if parent is not None), None)
    return nodes
""",
        "nodes-for-names:without parentheses": """\
def op_names(t):
    names, node = [], t.grad_fn
    while node is not None:
        names.append(node.name)
        node = next((parent for parent, _ in node.next_functions if parent is not None), None)
    return names
""",
        "addresses": """\
def op_names(t):
    names, node = [], t.grad_fn
    while node is not None:
        names.append(str(node))
        node = next((parent for parent, _ in node.next_functions if parent is not None), None)
    return names
""",
        "module-prefix": """\
def op_names(t):
    names, node = [], t.grad_fn
    while node is not None:
        names.append(node.name())
        node = next((parent for parent, _ in node.next_functions if parent is not None), None)
    return names
""",
        "every-branch": """\
def op_names(t):
    names, waiting = [], [t.grad_fn]
    while waiting:
        node = waiting.pop(0)
        names.append(type(node).__name__)
        waiting += [parent for parent, _ in node.next_functions if parent is not None]
    return names
""",
        "last-parent": """\
def op_names(t):
    names, node = [], t.grad_fn
    while node is not None:
        names.append(type(node).__name__)
        parents = [parent for parent, _ in node.next_functions if parent is not None]
        node = parents[-1] if parents else None
    return names
""",
        "leaf-left-out": """\
def op_names(t):
    names, node = [], t.grad_fn
    while node.next_functions:
        names.append(node.name())
        node = next(parent for parent, _ in node.next_functions if parent is not None)
    return names
""",
        "leaf-left-out:ends at a None": """\
def op_names(t):
    names, node = [], t.grad_fn
    while node is not None:
        names.append(type(node).__name__)
        node = node.next_functions[0][0] if node.next_functions else None
    return names
""",
        "leaf-twice": """\
def op_names(t):
    names, node = [], t.grad_fn
    while node is not None:
        names.append(type(node).__name__)
        node = next((parent for parent, _ in node.next_functions if parent is not None), None)
    return [*names, "AccumulateGrad"]
""",
        "leaf-to-root": """\
def op_names(t):
    names, node = [], t.grad_fn
    while node is not None:
        names.insert(0, type(node).__name__)
        node = next((parent for parent, _ in node.next_functions if parent is not None), None)
    return names
""",
        "root-left-out": """\
def op_names(t):
    names, node = [], t.grad_fn
    while node.next_functions:
        node = next(parent for parent, _ in node.next_functions if parent is not None)
        names.append(type(node).__name__)
    return names
""",
    },
    "chain_rule.buggy_lines": {
        "not-a-label": 'buggy_lines = {"e", "g"}',
        "not-a-label:numbers": "buggy_lines = {5, 7}",
        "not-a-label:variables": 'buggy_lines = ["da", "dx"]',
        "not-two": 'buggy_lines = {"E"}',
        "not-two:the other": 'buggy_lines = ["G"]',
        "not-two:three": 'buggy_lines = {"E", "F", "G"}',
        "right-line-blamed": 'buggy_lines = {"B", "E"}',
        "right-line-blamed:the other one is wrong": 'buggy_lines = {"D", "G"}',
        "right-line-blamed:both": 'buggy_lines = {"C", "D"}',
        "right-line-blamed:another": 'buggy_lines = {"F", "G"}',
    },
    "chain_rule.repaired_backward": {
        "nothing-repaired": _program(point="b", joins="="),
        "wrong-point-left": _program(point="b"),
        "overwriting-left": _program(joins="="),
        "swapped": _program(given="dx, z"),
    },
}
