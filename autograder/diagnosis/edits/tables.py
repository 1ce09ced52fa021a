"""What is taken for what: functions, operators and comparisons, and the names of functions that matter to an edit."""

from __future__ import annotations

import ast

# Functions that are taken for one another.
NEIGHBOURS = tuple(
    frozenset(group.split())
    for group in (
        "sin cos tan",
        "sinh cosh tanh",
        "exp log sqrt square",
        "log log2 log10 log1p",
        "exp expm1",
        "sum mean max min prod",
        "zeros ones empty",
        "zeros_like ones_like",
        "floor ceil round trunc int",
        "argmax argmin",
        "maximum minimum",
        "sigmoid tanh relu exp logsigmoid",
        "matmul outer dot multiply mul",
        "stack cat concatenate",
        "append extend",
        "add sub mul div",
        "diag eye",
        "triu tril",
        "flip sort",
        "item detach clone",
        "vjp jvp",
        "train eval",
    )
)
WITH_A_SIGN = {"sin": b"cos", "cos": b"sin"}
OF_EXPONENTS = frozenset(["exp", "exp2", "expm1", "sigmoid"])
MODULES = frozenset(["math", "np", "numpy", "torch", "F", "nn", "functional", "random"])
# What changes the shape of an array, and no number in it.
RESHAPING = frozenset(
    ["reshape", "view", "unsqueeze", "squeeze", "flatten", "ravel", "expand_dims", "atleast_1d", "atleast_2d"]
)
# What a number loses little by.
TRIMMING = frozenset(["round", "around", "clip", "clamp", "nan_to_num"])
# Functions of one argument that are left out, by the module that an answer computes with.
LEFT_OUT = {
    b"math": (b"sin", b"cos", b"exp", b"log", b"sqrt"),
    b"np": (b"sin", b"cos", b"exp", b"log", b"sqrt"),
    b"torch": (b"sin", b"cos", b"exp", b"log", b"sqrt", b"sigmoid", b"tanh"),
}
# What is done to a tensor by a statement of its own.
DONE_TO_TENSORS = (b"backward()", b"requires_grad_()", b"retain_grad()", b"grad.zero_()", b"grad = None")
# Of these, what is done to a tensor right after it was made.
DONE_AT_ONCE = frozenset([b"requires_grad_()", b"retain_grad()"])
METHODS_OF_STATEMENTS = frozenset(["backward", "zero_", "append", "step", "zero_grad", "eval", "train"])
OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.BitXor: "^",
}
# What may be meant by an operator: the kind of slip, the other operator, and the rank.
EXCHANGES: dict[str, tuple[tuple[str, str, float], ...]] = {
    "+": (("slip.sign", "-", 1.0), ("slip.operator", "*", 2.2)),
    "-": (("slip.sign", "+", 1.0), ("slip.operator", "*", 4.0)),
    "*": (
        ("slip.operator", "/", 1.5),
        ("slip.operator", "+", 2.2),
        ("slip.operator", "**", 3.5),
        ("slip.operator", "@", 2.5),
    ),
    "/": (("slip.operator", "*", 1.5), ("slip.operator", "//", 5.0)),
    "//": (("slip.operator", "/", 1.0),),
    "%": (("slip.operator", "/", 2.0),),
    "**": (("slip.operator", "*", 2.0),),
    "@": (("slip.operator", "*", 2.0),),
    "^": (("slip.operator", "**", 0.5),),
}
COMPARED: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", (">", "<=")),
    ast.LtE: ("<=", (">=", "<")),
    ast.Gt: (">", ("<", ">=")),
    ast.GtE: (">=", ("<=", ">")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Is: ("is", ("is not",)),
    ast.In: ("in", ("not in",)),
}
