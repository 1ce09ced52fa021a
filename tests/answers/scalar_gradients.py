"""Answers to lesson 1, scalar gradients."""

RIGHT: dict[str, dict[str, str]] = {
    "scalar_gradients.predictions": {
        "plain": "predictions = {3: 6, 0: 0, -2: -4}",
        "with a ruler": "predictions = {3: 5.5, 0: 0, -2: -4.3}",
        "a near secant": "predictions = {3: 6.001, 0: 0.001, -2: -3.999}",
        "other order": "predictions = {-2: -4.0, 0: 0.0, 3: 6.0}",
        "computed": "predictions = {x: 2 * x for x in (3, 0, -2)}",
        "dict()": "predictions = dict([(3, 6.0), (0, 0.0), (-2, -4.0)])",
        "numpy ints": "predictions = {int(x): np.int64(2 * x) for x in [3, 0, -2]}",
        "numpy keys": "predictions = dict(zip(np.array([3, 0, -2]), np.array([6, 0, -4])))",
        "float keys": "predictions = {3.0: 6.0, 0.0: 0.0, -2.0: -4.0}",
        "tensors": "predictions = {3: torch.tensor(6.), 0: torch.tensor(0.), -2: torch.tensor(-4.)}",
        "filled in": """\
predictions = {3: ..., 0: ..., -2: ...}
predictions[3] = 6
predictions[0] = -0.0
predictions[-2] = -4
""",
    },
    "scalar_gradients.d_square": {
        "a table of derivatives": """\
RULES = {"square": {"f": lambda v: v ** 2, "derivative": lambda v: 2 * v}}
def d_square(x):
    derivative = RULES["square"]["derivative"]
    return derivative(x)
""",
        "a local function named derivative": """\
def d_square(x):
    derivative = lambda v: 2 * v
    return derivative(x)
""",
        "plain": """\
def d_square(x):
    return 2 * x
""",
        "lambda": "d_square = lambda x: x + x",
        "power": """\
def d_square(x: float) -> float:
    n = 2
    return n * x ** (n - 1)
""",
        "math": """\
def d_square(x):
    # the slope of x**n is n * x**(n - 1)
    return 2 * math.copysign(math.sqrt(x * x), x)
""",
        "class": """\
class Derivative:
    def __init__(self, n):
        self.n = n

    def __call__(self, x):
        return self.n * x ** (self.n - 1)

d_square = Derivative(2)
""",
        "partial": """\
from functools import partial

def d_power(n, x):
    return n * x ** (n - 1)

d_square = partial(d_power, 2)
""",
        "numpy scalar": """\
def d_square(x):
    return np.float64(2.0) * x
""",
        "0-d array": """\
def d_square(x):
    return np.asarray(2 * x)
""",
        "float32 tensor": """\
def d_square(x):
    x = torch.tensor(x)
    return 2 * x
""",
        "in place and printing": """\
def d_square(x):
    slope = x
    slope *= 2
    print("slope at", x, "is", slope)
    return slope
""",
        "keyword with a default": """\
def d_square(x, *, factor=2.0, power=1):
    return factor * x**power
""",
        "decorated": """\
from functools import lru_cache

@lru_cache
def d_square(x):
    return 2 * x
""",
    },
    "scalar_gradients.grad_square": {
        "cached": """\
from functools import lru_cache
@lru_cache(maxsize=None)
def grad_square(x):
    t = torch.tensor(float(x), dtype=torch.float64, requires_grad=True)
    (t * t).backward()
    return t.grad.item()
""",
        "plain": """\
def grad_square(x):
    x = torch.tensor(float(x), requires_grad=True)
    y = x**2
    y.backward()
    return x.grad.item()
""",
        "dtype": """\
def grad_square(x):
    x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (x * x).backward()
    return float(x.grad)
""",
        "leaf in two steps": """\
def grad_square(x):
    leaf = torch.tensor(float(x))
    leaf.requires_grad_()
    leaf.pow(2).backward()
    return leaf.grad
""",
        "torch.autograd.grad": """\
def grad_square(x):
    x = torch.tensor(float(x), requires_grad=True)
    return torch.autograd.grad(x**2, x)[0].item()
""",
        "imported grad": """\
from torch.autograd import grad

def grad_square(x):
    leaf = torch.tensor(x + 0.0, requires_grad=True)
    (slope,) = grad(leaf * leaf, leaf)
    return slope.numpy()
""",
        "torch.func.grad": """\
def grad_square(x):
    return torch.func.grad(lambda t: t**2)(torch.tensor(float(x))).item()
""",
        "torch.func.jvp": """\
from torch.func import jvp

def grad_square(x):
    x = torch.tensor(float(x))
    value, slope = jvp(torch.square, (x,), (torch.ones_like(x),))
    return slope
""",
        "forward mode by hand": """\
from torch.autograd.forward_ad import dual_level, make_dual, unpack_dual

def grad_square(x):
    with dual_level():
        dual = make_dual(torch.tensor(float(x)), torch.tensor(1.0))
        return unpack_dual(dual**2).tangent.item()
""",
        "functional.jacobian": """\
def grad_square(x):
    return torch.autograd.functional.jacobian(lambda t: t**2, torch.tensor(float(x))).item()
""",
        "global leaf, cleared": """\
leaf = torch.zeros((), requires_grad=True)

def grad_square(x):
    leaf.grad = None
    with torch.no_grad():
        leaf.fill_(x)
    (leaf**2).backward()
    return leaf.grad.item()
""",
        "array of one, then indexed": """\
def grad_square(x):
    x = torch.tensor([float(x)], requires_grad=True)
    (x**2).sum().backward()
    return x.grad[0].item()
""",
        "printing on the way": """\
def grad_square(x):
    x = torch.tensor(x, dtype=torch.float32, requires_grad=True)
    y = x**2
    print(y, y.grad_fn.name())
    y.backward()
    print("slope:", x.grad)
    return x.grad.item()
""",
        "grad mode switched off outside": """\
torch.set_grad_enabled(True)

def grad_square(x):
    with torch.enable_grad():
        x = torch.tensor(float(x), requires_grad=True)
        (x**2).backward(retain_graph=True, create_graph=False)
    return x.grad.detach().numpy()
""",
    },
    "scalar_gradients.d_poly": {
        "plain": """\
def d_poly(x):
    return 6 * x - 4
""",
        "factored": """\
def d_poly(x):
    return 2 * (3 * x - 2)
""",
        "np.polyder": """\
def d_poly(x):
    return np.polyval(np.polyder([3, -4, 5]), x)
""",
        "coefficients": """\
coefficients = [5, -4, 3]

def d_poly(x):
    return sum(n * c * x ** (n - 1) for n, c in enumerate(coefficients) if n > 0)
""",
        "helper": """\
def d_term(c, n, x):
    return c * n * x ** (n - 1)

def d_poly(x):
    return d_term(3, 2, x) + d_term(-4, 1, x) + 0
""",
        "lambda": "d_poly = lambda x: 3 * 2 * x - 4 * 1",
        "0-d tensor": """\
def d_poly(x):
    with torch.no_grad():
        x = torch.tensor(x, dtype=torch.float64)
        return x.mul(6).sub(4)
""",
        "float32 numpy": """\
def d_poly(x):
    x = np.float32(x)
    return np.float32(6) * x - np.float32(4)
""",
    },
    "scalar_gradients.grad_poly": {
        "plain": """\
def grad_poly(x):
    x = torch.tensor(x, requires_grad=True)
    y = 3 * x**2 - 4 * x + 5
    y.backward()
    return x.grad.item()
""",
        "Horner": """\
def grad_poly(x):
    x = torch.tensor(float(x), requires_grad=True)
    ((3 * x - 4) * x + 5).backward()
    return x.grad.item()
""",
        "helper and autograd.grad": """\
def poly(x):
    return 3 * torch.square(x) - 4 * x + 5

def grad_poly(x):
    x = torch.as_tensor(x, dtype=torch.float64).requires_grad_()
    return torch.autograd.grad(outputs=poly(x), inputs=x)[0]
""",
        "torch.func": """\
f = lambda x: 3 * x * x - 4 * x + 5
grad_poly = lambda x: torch.func.grad(f)(torch.tensor(x))
""",
        "jacrev": """\
def grad_poly(x):
    jacobian = torch.func.jacrev(lambda t: 3 * t**2 - 4 * t + 5)
    return jacobian(torch.tensor(x)).item()
""",
        "in place": """\
def grad_poly(x):
    x = torch.tensor(x, requires_grad=True)
    y = x**2
    y *= 3
    y -= 4 * x
    y += 5
    y.backward()
    return x.grad.item()
""",
        "class": """\
class GradPoly:
    def forward(self, x):
        return 3 * x**2 - 4 * x + 5

    def __call__(self, x):
        leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        self.forward(leaf).backward()
        return leaf.grad.item()

grad_poly = GradPoly()
""",
        "term by term, summed in the buffer": """\
def grad_poly(x):
    x = torch.tensor(x, requires_grad=True)
    (3 * x**2).backward()
    (-4 * x).backward()
    return x.grad.item()
""",
    },
    "scalar_gradients.central_difference": {
        "plain": """\
def central_difference(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / (2 * h)
""",
        "steps": """\
def central_difference(f, x, h=1e-5):
    right = f(x + h)
    left = f(x - h)
    rise = right - left
    run = 2 * h
    return rise / run
""",
        "lambda": "central_difference = lambda f, x, h=1e-5: 0.5 * (f(x + h) - f(x - h)) / h",
        "run from the points": """\
def central_difference(f, x, h=1e-5):
    a, b = x - h, x + h
    return (f(b) - f(a)) / (b - a)
""",
        "mean of two": """\
def forward_difference(f, x, h):
    return (f(x + h) - f(x)) / h

def central_difference(f, x, h=1e-5):
    return (forward_difference(f, x, h) + forward_difference(f, x, -h)) / 2
""",
        "numpy": """\
def central_difference(f, x, h=1e-5):
    values = np.array([f(t) for t in (x - h, x + h)])
    return np.diff(values)[0] / (2 * h)
""",
        "0-d array": """\
def central_difference(f, x, h=0.00001):
    return np.array((f(x + h) - f(x - h)) / 2 / h)
""",
        "default in the body": """\
def central_difference(f, x, h=None):
    if h is None:
        h = 1e-5
    print("h =", h)
    return (f(x + h) - f(x - h)) / (2 * h)
""",
    },
    "scalar_gradients.grad_of": {
        "plain": """\
def grad_of(f, x):
    x = torch.tensor(float(x), requires_grad=True)
    f(x).backward()
    return x.grad.item()
""",
        "float64": """\
def grad_of(f, x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = f(leaf)
    y.backward()
    return leaf.grad.numpy()
""",
        "imported grad": """\
from torch.autograd import grad

def grad_of(f, x):
    x = torch.tensor(x, requires_grad=True)
    return grad(f(x), x)[0].item()
""",
        "create_graph": """\
def grad_of(f, x):
    x = torch.tensor(x, requires_grad=True)
    (slope,) = torch.autograd.grad(f(x), x, create_graph=True)
    return slope.detach()
""",
        "forward mode": """\
import torch.autograd.forward_ad as fwAD

def grad_of(f, x):
    with fwAD.dual_level():
        y = f(fwAD.make_dual(torch.tensor(x), torch.tensor(1.0)))
        return float(fwAD.unpack_dual(y).tangent)
""",
        "parameter": """\
def grad_of(f, x):
    leaf = torch.nn.Parameter(torch.tensor(x))
    f(leaf).backward()
    return leaf.grad.item()
""",
        "clear before": """\
def grad_of(f, x):
    x = torch.tensor(x, requires_grad=True)
    if x.grad is not None:
        x.grad.zero_()
    f(x).backward(torch.tensor(1.0))
    return x.grad.item()
""",
        "hook": """\
def grad_of(f, x):
    seen = []
    x = torch.tensor(x, requires_grad=True)
    x.register_hook(seen.append)
    f(x).backward()
    return seen[-1].item()
""",
    },
    "scalar_gradients.tangent": {
        "plain": """\
def tangent(f, x0):
    x = torch.tensor(x0, requires_grad=True)
    y = f(x)
    y.backward()
    slope = x.grad.item()
    return slope, y.item() - slope * x0
""",
        "with grad_of": """\
def grad_of(f, x):
    x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    f(x).backward()
    return x.grad.item()

def tangent(f, x0):
    slope = grad_of(f, x0)
    height = f(torch.tensor(x0, dtype=torch.float64)).item()
    return slope, height - slope * x0
""",
        "list": """\
def tangent(f, x0):
    x = torch.tensor(x0, requires_grad=True)
    y = f(x)
    (slope,) = torch.autograd.grad(y, x)
    return [slope.item(), (y - slope * x).item()]
""",
        "array": """\
def tangent(f, x0):
    x = torch.tensor(x0, dtype=torch.float64, requires_grad=True)
    y = f(x)
    y.backward()
    m = x.grad.numpy()
    return np.array([m, y.detach().numpy() - m * x0])
""",
        "tensors": """\
def tangent(f, x0):
    x = torch.tensor(x0, requires_grad=True)
    y = f(x)
    y.backward()
    with torch.no_grad():
        return x.grad, y - x.grad * x
""",
        "named tuple": """\
from collections import namedtuple
Line = namedtuple("Line", "slope intercept")

def tangent(f, x0):
    value, slope = torch.func.jvp(f, (torch.tensor(x0),), (torch.tensor(1.0),))
    return Line(slope.item(), (value - slope * x0).item())
""",
        "value_and_grad": """\
def tangent(f, x0):
    slope, y = torch.func.grad_and_value(f)(torch.tensor(x0, dtype=torch.float64))
    print(f"y = {slope:.3f} x + {y - slope * x0:.3f}")
    return float(slope), float(y - slope * x0)
""",
    },
}

WRONG: dict[str, dict[str, str]] = {
    "scalar_gradients.predictions": {
        "value-for-derivative": "predictions = {3: 9, 0: 0, -2: 4}",
        "lost-sign": "predictions = {3: 6, 0: 0, -2: 4}",
        "constant-slope": "predictions = {3: 2, 0: 2, -2: 2}",
        "halved": "predictions = {3: 3, 0: 0, -2: -2}",
        "opposite-sign": "predictions = {3: -6, 0: 0, -2: 4}",
        "factor-n": "predictions = {3: 18, 0: 0, -2: -12}",
    },
    "scalar_gradients.d_square": {
        "finite-difference:over a distance of one": """\
def d_square(x):
    f = lambda t: t ** 2
    return f(x + 0.5) - f(x - 0.5)
""",
        "forgot-factor": """\
def d_square(x):
    return x
""",
        "kept-power": """\
def d_square(x):
    return 2 * x**2
""",
        "second-derivative": """\
def d_square(x):
    return 2
""",
        "second-derivative:numpy": """\
def d_square(x):
    return np.float32(2.0)
""",
        "value-for-derivative": """\
def d_square(x):
    return x**2
""",
        "value-for-derivative:tensor": """\
def d_square(x):
    return torch.tensor(x).square()
""",
        "opposite-sign": """\
def d_square(x):
    return -2 * x
""",
        "factor-n": """\
def d_square(x):
    return 2 * (x + x)
""",
        "still-tracked": """\
def d_square(x):
    x = torch.tensor(x, requires_grad=True)
    return 2 * x
""",
        "autograd-by-hand": """\
def d_square(x):
    x = torch.tensor(x, requires_grad=True)
    (x**2).backward()
    return x.grad.item()
""",
        "autograd-by-hand:func": """\
def d_square(x):
    return torch.func.grad(torch.square)(torch.tensor(x)).item()
""",
        "autograd-by-hand:forward mode": """\
from torch.func import jvp

def d_square(x):
    return jvp(torch.square, (torch.tensor(x),), (torch.tensor(1.0),))[1].item()
""",
        "autograd-by-hand:imported make_dual": """\
from torch.autograd.forward_ad import dual_level, make_dual, unpack_dual

def d_square(x):
    with dual_level():
        y = make_dual(torch.tensor(x), torch.tensor(1.0)) ** 2
        return unpack_dual(y).tangent.item()
""",
        "finite-difference": """\
def d_square(x):
    h = 1e-6
    return ((x + h) ** 2 - (x - h) ** 2) / (2 * h)
""",
        "finite-difference:forward": """\
def d_square(x, h=1e-7):
    return ((x + h) ** 2 - x**2) / h
""",
        "finite-difference:via-helper": """\
def central_difference(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / (2 * h)

def d_square(x):
    return central_difference(lambda t: t * t, x)
""",
        "finite-difference:helper with a bare step": """\
def slope(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)

def d_square(x):
    return slope(lambda t: t * t, x, 1e-6)
""",
        "finite-difference:partial of a helper": """\
from functools import partial

def slope(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / h / 2

d_square = partial(slope, lambda t: t**2)
""",
        "finite-difference:class": """\
class Slope:
    h = 1e-5

    def __init__(self, f):
        self.f = f

    def __call__(self, x):
        h = self.h
        return (self.f(x + h) - self.f(x - h)) / (2 * h)

d_square = Slope(lambda t: t**2)
""",
        "finite-difference:step by step": """\
def d_square(x):
    dx = 0.00001
    left = (x - dx) ** 2
    right = (x + dx) ** 2
    rise = right - left
    run = 2 * dx
    return rise / run
""",
        "finite-difference:lambda": """\
f = lambda t: t**2
d_square = lambda x: (f(x + 1e-5) - f(x - 1e-5)) / 2e-5
""",
        "finite-difference:half of it": """\
def d_square(x):
    eps = 1e-5
    return 0.5 * ((x + eps) ** 2 - (x - eps) ** 2) / eps
""",
        "finite-difference:in a comprehension": """\
def quotient(x, h):
    return ((x + h) ** 2 - (x - h) ** 2) / (2 * h)

def d_square(x):
    return [quotient(x, h) for h in (0.1, 0.01, 1e-5)][-1]
""",
        "finite-difference:made by another function": """\
def derivative_of(f):
    h = 1e-6

    def derivative(x):
        return (f(x + h) - f(x - h)) / (2 * h)

    return derivative

d_square = derivative_of(lambda t: t**2)
""",
        "finite-difference:np.gradient": """\
def d_square(x):
    points = np.array([x - 1e-4, x, x + 1e-4])
    return np.gradient(points**2, points)[1]
""",
        "numpy-on-tracked": """\
def d_square(x):
    x = torch.tensor(x, requires_grad=True)
    return (2 * x).numpy()
""",
    },
    "scalar_gradients.grad_square": {
        "value-for-derivative": """\
def grad_square(x):
    x = torch.tensor(float(x), requires_grad=True)
    y = x**2
    y.backward()
    return y.item()
""",
        "opposite-sign": """\
def grad_square(x):
    x = torch.tensor(float(x), requires_grad=True)
    (x**2).backward()
    return -x.grad.item()
""",
        "factor-n": """\
def grad_square(x):
    x = torch.tensor(float(x), requires_grad=True)
    y = x**2
    y.backward(retain_graph=True)
    y.backward()
    return x.grad.item()
""",
        "stale-accumulation": """\
leaf = torch.tensor(0.0, requires_grad=True)

def grad_square(x):
    leaf.data.fill_(x)
    (leaf**2).backward()
    return leaf.grad.item()
""",
        "stale-accumulation:tried before": """\
leaf = torch.tensor(0.0, requires_grad=True)

def grad_square(x):
    leaf.data = torch.tensor(float(x))
    y = leaf**2
    y.backward()
    return leaf.grad.item()

print(grad_square(3), grad_square(-2.5))
""",
        "still-tracked": """\
def grad_square(x):
    x = torch.tensor(float(x), requires_grad=True)
    return torch.autograd.grad(x**2, x, create_graph=True)[0]
""",
        "untracked": """\
def grad_square(x):
    x = torch.tensor(float(x))
    y = x**2
    y.backward()
    return x.grad.item()
""",
        "untracked:item": """\
def grad_square(x):
    x = torch.tensor(float(x), requires_grad=True)
    y = torch.tensor(x.item() ** 2)
    y.backward()
    return x.grad
""",
        "untracked:no_grad": """\
def grad_square(x):
    x = torch.tensor(float(x), requires_grad=True)
    with torch.no_grad():
        y = x**2
    return torch.autograd.grad(y, x)[0].item()
""",
        "integer-tensor": """\
def grad_square(x):
    x = torch.tensor(x, requires_grad=True)
    (x**2).backward()
    return x.grad.item()
""",
        "second-backward": """\
def grad_square(x):
    x = torch.tensor(float(x), requires_grad=True)
    y = x**2
    y.backward()
    y.backward()
    return x.grad.item()
""",
        "backward-returns-none": """\
def grad_square(x):
    x = torch.tensor(float(x), requires_grad=True)
    y = x**2
    return y.backward()
""",
        "backward-returns-none:no return": """\
def grad_square(x):
    x = torch.tensor(float(x), requires_grad=True)
    (x**2).backward()
    print(x.grad)
""",
        "grad-returns-tuple": """\
def grad_square(x):
    x = torch.tensor(float(x), requires_grad=True)
    return torch.autograd.grad(x**2, x)
""",
        "grad-of-non-leaf": """\
def grad_square(x):
    x = torch.tensor(float(x), requires_grad=True)
    y = x**2
    y.backward()
    return y.grad
""",
        "grad-of-non-leaf:converted": """\
def grad_square(x):
    x = torch.tensor([float(x)], requires_grad=True).double()
    y = x**2
    y.backward()
    return x.grad.item()
""",
        "formula-by-autograd": """\
def grad_square(x):
    return 2 * x
""",
        "formula-by-autograd:pointless backward": """\
def grad_square(x):
    t = torch.tensor(float(x), requires_grad=True)
    (t**2).backward()
    return 2 * x
""",
        "formula-by-autograd:difference": """\
def grad_square(x):
    h = 1e-5
    return ((x + h) ** 2 - (x - h) ** 2) / (2 * h)
""",
        "formula-by-autograd:tensor formula": """\
def grad_square(x):
    x = torch.tensor(float(x), requires_grad=True)
    y = 2 * x
    y.backward()
    return y.item()
""",
        "backward-on-number": """\
def grad_square(x):
    y = float(x) ** 2
    y.backward()
    return x.grad
""",
        "numpy-on-tracked": """\
def grad_square(x):
    x = torch.tensor(float(x), requires_grad=True)
    y = torch.from_numpy(np.square(x.numpy()))
    y.backward()
    return x.grad.item()
""",
        "backward-on-vector": """\
def grad_square(x):
    x = torch.tensor([x, x], dtype=torch.float32, requires_grad=True)
    (x**2).backward()
    return x.grad[0].item()
""",
        "inplace-on-leaf": """\
def grad_square(x):
    x = torch.tensor(float(x), requires_grad=True)
    x *= x
    x.backward()
    return x.grad.item()
""",
        "inplace-on-saved": """\
def grad_square(x):
    x = torch.tensor(float(x), requires_grad=True)
    root = x * 1.0
    y = root**2
    root += 1
    y.backward()
    return x.grad.item()
""",
        "unused-in-graph": """\
def grad_square(x):
    leaf = torch.tensor(float(x), requires_grad=True)
    other = torch.tensor(float(x), requires_grad=True)
    y = other**2
    return torch.autograd.grad(y, leaf)[0].item()
""",
        "no-grad-yet": """\
def grad_square(x):
    x = torch.tensor(float(x), requires_grad=True)
    x.grad.zero_()
    (x**2).backward()
    return x.grad.item()
""",
        "none-as-number": """\
def grad_square(x):
    x = torch.tensor(float(x), requires_grad=True)
    y = x**2
    return float(x.grad)
""",
    },
    "scalar_gradients.d_poly": {
        "kept-sum:a global": """\
TOTAL = 0
def d_poly(x):
    global TOTAL
    for c, n in ((3, 2), (-4, 1)):
        TOTAL += c * n * x ** (n - 1)
    return TOTAL
""",
        "kept-constant": """\
def d_poly(x):
    return 6 * x - 4 + 5
""",
        "dropped-linear-term": """\
def d_poly(x):
    return 6 * x
""",
        "kept-linear-term": """\
def d_poly(x):
    return 6 * x - 4 * x
""",
        "forgot-factor": """\
def d_poly(x):
    return 3 * x - 4
""",
        "kept-power": """\
def d_poly(x):
    return 6 * x**2 - 4
""",
        "value-for-derivative": """\
def d_poly(x):
    return 3 * x**2 - 4 * x + 5
""",
        "opposite-sign": """\
def d_poly(x):
    return 4 - 6 * x
""",
        "factor-n": """\
def d_poly(x):
    return 12 * x - 8
""",
        "factor-1n": """\
def d_poly(x):
    return 3 * x - 2
""",
        "still-tracked": """\
def d_poly(x):
    x = torch.tensor(x, requires_grad=True)
    return 6 * x - 4
""",
        "autograd-by-hand": """\
def d_poly(x):
    x = torch.tensor(x, requires_grad=True)
    (slope,) = torch.autograd.grad(3 * x**2 - 4 * x + 5, x)
    return slope.item()
""",
        "autograd-by-hand:own grad_poly": """\
def grad_poly(x):
    x = torch.tensor(x, requires_grad=True)
    (3 * x**2 - 4 * x + 5).backward()
    return x.grad.item()

def d_poly(x):
    return grad_poly(x)
""",
        "finite-difference": """\
def d_poly(x):
    def f(x):
        return 3 * x**2 - 4 * x + 5

    h = 1e-5
    return (f(x + h) - f(x - h)) / (2 * h)
""",
        "finite-difference:via-helper": """\
STEP = 1e-5

def poly(x):
    return 3 * x**2 - 4 * x + 5

def central_difference(f, x, h=STEP):
    up = f(x + h)
    down = f(x - h)
    return (up - down) / (2 * h)

def d_poly(x):
    return central_difference(poly, x)
""",
        "finite-difference:two helpers deep": """\
def quotient(f, a, b):
    return (f(b) - f(a)) / (b - a)

def slope(f, x):
    a, b = x - 1e-6, x + 1e-6
    return (f(b) - f(a)) / (b - a)

def d_poly(x):
    return slope(lambda t: (3 * t - 4) * t + 5, x)
""",
        "finite-difference:times the inverse": """\
def d_poly(x):
    f = lambda t: 3 * t**2 - 4 * t + 5
    h = 1e-6
    return (f(x + h) - f(x - h)) * (1 / (2 * h))
""",
        "finite-difference:five points": """\
def d_poly(x):
    f = lambda t: 3 * t**2 - 4 * t + 5
    h = 1e-3
    return (-f(x + 2 * h) + 8 * f(x + h) - 8 * f(x - h) + f(x - 2 * h)) / (12 * h)
""",
    },
    "scalar_gradients.grad_poly": {
        "value-for-derivative": """\
def grad_poly(x):
    x = torch.tensor(x, requires_grad=True)
    y = 3 * x**2 - 4 * x + 5
    y.backward()
    return y.detach()
""",
        "opposite-sign": """\
def grad_poly(x):
    x = torch.tensor(x, requires_grad=True)
    y = 3 * x**2 - 4 * x + 5
    (-y).backward()
    return x.grad.item()
""",
        "factor-n": """\
def grad_poly(x):
    x = torch.tensor(x, requires_grad=True)
    y = 3 * x**2 - 4 * x + 5
    for _ in range(3):
        y.backward(retain_graph=True)
    return x.grad.item()
""",
        "stale-accumulation": """\
t = torch.tensor(0.0, requires_grad=True)

def grad_poly(x):
    with torch.no_grad():
        t.copy_(torch.tensor(x))
    y = 3 * t**2 - 4 * t + 5
    y.backward()
    return t.grad.clone()
""",
        "still-tracked": """\
def grad_poly(x):
    x = torch.tensor(x, requires_grad=True)
    y = 3 * x**2 - 4 * x + 5
    y.backward(create_graph=True)
    return x.grad
""",
        "untracked": """\
def grad_poly(x):
    x = torch.tensor(x)
    y = 3 * x**2 - 4 * x + 5
    y.backward()
    return x.grad.item()
""",
        "second-backward": """\
def grad_poly(x):
    x = torch.tensor(x, requires_grad=True)
    y = 3 * x**2 - 4 * x + 5
    y.backward()
    x.grad.zero_()
    y.backward()
    return x.grad.item()
""",
        "backward-returns-none": """\
def grad_poly(x):
    x = torch.tensor(x, requires_grad=True)
    gradient = (3 * x**2 - 4 * x + 5).backward()
    return gradient
""",
        "grad-returns-tuple": """\
from torch.autograd import grad

def grad_poly(x):
    x = torch.tensor(x, requires_grad=True)
    return grad(3 * x**2 - 4 * x + 5, x)
""",
        "grad-of-non-leaf": """\
def grad_poly(x):
    x = torch.tensor(x, requires_grad=True)
    y = 3 * x**2 - 4 * x + 5
    y.backward()
    return y.grad
""",
        "formula-by-autograd": """\
def grad_poly(x):
    x = torch.tensor(x)
    return (6 * x - 4).item()
""",
        "formula-by-autograd:pointless backward": """\
def grad_poly(x):
    t = torch.tensor(x, requires_grad=True)
    y = 3 * t**2 - 4 * t + 5
    y.backward()
    slope = 6 * t - 4
    return slope.item()
""",
        "backward-on-number": """\
def poly(x):
    return 3 * x**2 - 4 * x + 5

def grad_poly(x):
    y = poly(x)
    y.backward()
    return x.grad
""",
        "no-grad-yet": """\
def grad_poly(x):
    x = torch.tensor(x, requires_grad=True)
    y = 3 * x**2 - 4 * x + 5
    return x.grad.item()
""",
    },
    "scalar_gradients.central_difference": {
        "half-step": """\
def central_difference(f, x, h=1e-5):
    return (f(x + h / 2) - f(x - h / 2)) / h
""",
        "forward-difference": """\
def central_difference(f, x, h=1e-5):
    return (f(x + h) - f(x)) / h
""",
        "backward-difference": """\
def central_difference(f, x, h=1e-5):
    return (f(x) - f(x - h)) / h
""",
        "divided-by-h": """\
def central_difference(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / h
""",
        "multiplied-by-h": """\
def central_difference(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / 2 * h
""",
        "not-divided": """\
def central_difference(f, x, h=1e-5):
    return f(x + h) - f(x - h)
""",
        "five-points": """\
def central_difference(f, x, h=1e-5):
    return (f(x - 2 * h) - 8 * f(x - h) + 8 * f(x + h) - f(x + 2 * h)) / (12 * h)
""",
        "extrapolated": """\
def central_difference(f, x, h=1e-5):
    def slope(h):
        return (f(x + h) - f(x - h)) / (2 * h)

    return slope(h / 2) + (slope(h / 2) - slope(h)) / 3
""",
        "ignored-h": """\
def central_difference(f, x, h=1e-5):
    h = 1e-5
    return (f(x + h) - f(x - h)) / (2 * h)
""",
        "opposite-sign": """\
def central_difference(f, x, h=1e-5):
    return (f(x - h) - f(x + h)) / (2 * h)
""",
        "factor-1n": """\
def central_difference(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / (4 * h)
""",
    },
    "scalar_gradients.grad_of": {
        "value-for-derivative": """\
def grad_of(f, x):
    x = torch.tensor(x, requires_grad=True)
    y = f(x)
    y.backward()
    return y.item()
""",
        "opposite-sign": """\
def grad_of(f, x):
    x = torch.tensor(x, requires_grad=True)
    f(x).backward(torch.tensor(-1.0))
    return x.grad.item()
""",
        "factor-n": """\
def grad_of(f, x):
    x = torch.tensor(x, requires_grad=True)
    f(x).backward()
    f(x).backward()
    return x.grad.item()
""",
        "stale-accumulation": """\
leaf = torch.zeros((), requires_grad=True)

def grad_of(f, x):
    with torch.no_grad():
        leaf.fill_(x)
    f(leaf).backward()
    return leaf.grad.item()
""",
        "still-tracked": """\
def grad_of(f, x):
    x = torch.tensor(x, requires_grad=True)
    return torch.autograd.grad(f(x), x, create_graph=True)[0]
""",
        "untracked": """\
def grad_of(f, x):
    x = torch.tensor(x)
    f(x).backward()
    return x.grad.item()
""",
        "untracked:detached": """\
def grad_of(f, x):
    x = torch.tensor(x, requires_grad=True)
    y = f(x.detach())
    y.backward()
    return x.grad.item()
""",
        "math-on-tensor": """\
def grad_of(f, x):
    y = f(abs(x) if x > 5 else x)
    y.backward()
    return x.grad
""",
        "backward-returns-none": """\
def grad_of(f, x):
    x = torch.tensor(x, requires_grad=True)
    return f(x).backward()
""",
        "grad-returns-tuple": """\
def grad_of(f, x):
    x = torch.tensor(x, requires_grad=True)
    return torch.autograd.grad(f(x), x)
""",
        "grad-of-non-leaf": """\
def grad_of(f, x):
    x = torch.tensor(x, requires_grad=True) * 1.0
    f(x).backward()
    return x.grad
""",
        "formula-by-autograd": """\
def grad_of(f, x):
    h = 1e-6
    x = torch.tensor(x, dtype=torch.float64)
    return ((f(x + h) - f(x - h)) / (2 * h)).item()
""",
        "formula-by-autograd:pointless backward": """\
def grad_of(f, x):
    t = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    f(t).backward()
    h = 1e-6
    with torch.no_grad():
        return ((f(t + h) - f(t - h)) / (2 * h)).item()
""",
        "numpy-on-tracked": """\
def grad_of(f, x):
    x = torch.tensor(x, requires_grad=True)
    y = f(x)
    y.backward()
    return y.numpy()
""",
        "unused-in-graph": """\
def grad_of(f, x):
    x = torch.tensor(x, requires_grad=True)
    y = f(torch.tensor(x.item(), requires_grad=True))
    return torch.autograd.grad(y, x)[0].item()
""",
        "none-as-number": """\
def grad_of(f, x):
    x = torch.tensor(x, requires_grad=True)
    f(torch.tensor(x.item(), requires_grad=True)).backward()
    return 1.0 * x.grad
""",
    },
    "scalar_gradients.tangent": {
        "value-for-intercept": """\
def tangent(f, x0):
    x = torch.tensor(x0, requires_grad=True)
    y = f(x)
    y.backward()
    return x.grad.item(), y.item()
""",
        "value-for-intercept:slope by differences": """\
def tangent(f, x0):
    h = 1e-6
    f(torch.tensor(x0, requires_grad=True)).backward()
    g = lambda t: f(torch.tensor(t, dtype=torch.float64)).item()
    return (g(x0 + h) - g(x0 - h)) / (2 * h), g(x0)
""",
        "sign-of-intercept": """\
def tangent(f, x0):
    x = torch.tensor(x0, requires_grad=True)
    y = f(x)
    y.backward()
    slope = x.grad.item()
    return slope, y.item() + slope * x0
""",
        "swapped": """\
def tangent(f, x0):
    x = torch.tensor(x0, requires_grad=True)
    y = f(x)
    y.backward()
    slope = x.grad.item()
    intercept = y.item() - slope * x0
    return intercept, slope
""",
        "through-origin": """\
def tangent(f, x0):
    x = torch.tensor(x0, requires_grad=True)
    f(x).backward()
    return x.grad.item(), 0
""",
        "opposite-sign": """\
def tangent(f, x0):
    x = torch.tensor(x0, requires_grad=True)
    y = -f(x)
    y.backward()
    slope = x.grad.item()
    return slope, y.item() - slope * x0
""",
        "factor-n": """\
def tangent(f, x0):
    x = torch.tensor(x0, requires_grad=True)
    y = f(x) * 2
    y.backward()
    slope = x.grad.item()
    return slope, y.item() - slope * x0
""",
        "still-tracked": """\
def tangent(f, x0):
    x = torch.tensor(x0, requires_grad=True)
    y = f(x)
    y.backward()
    return x.grad, y - x.grad * x
""",
        "untracked": """\
def tangent(f, x0):
    x = torch.tensor(x0)
    y = f(x)
    y.backward()
    return x.grad.item(), (y - x.grad * x).item()
""",
        "grad-of-non-leaf": """\
def tangent(f, x0):
    x = torch.tensor(x0, requires_grad=True)
    y = f(x)
    y.backward()
    return y.grad, y.item()
""",
        "backward-returns-none": """\
def tangent(f, x0):
    x = torch.tensor(x0, requires_grad=True)
    f(x).backward()
    slope = x.grad.item()
    print(slope, f(x).item() - slope * x0)
""",
        "formula-by-autograd": """\
def tangent(f, x0):
    h = 1e-6
    g = lambda t: f(torch.tensor(t, dtype=torch.float64)).item()
    slope = (g(x0 + h) - g(x0 - h)) / (2 * h)
    return slope, g(x0) - slope * x0
""",
        "formula-by-autograd:pointless backward": """\
def tangent(f, x0):
    h = 1e-6
    f(torch.tensor(x0, requires_grad=True)).backward()
    g = lambda t: f(torch.tensor(t, dtype=torch.float64)).item()
    slope = (g(x0 + h) - g(x0 - h)) / (2 * h)
    return slope, g(x0) - slope * x0
""",
        "none-as-number": """\
def tangent(f, x0):
    x = torch.tensor(x0, requires_grad=True)
    y = f(x)
    return x.grad, y.item() - x.grad * x0
""",
        "backward-returns-none:used": """\
def tangent(f, x0):
    x = torch.tensor(x0, requires_grad=True)
    y = f(x)
    slope = y.backward()
    return slope, y.item() - slope * x0
""",
        "numpy-on-tracked": """\
def tangent(f, x0):
    x = torch.tensor(x0, requires_grad=True)
    y = f(x)
    y.backward()
    return x.grad.numpy(), y.numpy() - x.grad.numpy() * x0
""",
    },
}
