"""Lesson 8: an engine of one's own, and a network that is trained with it."""

from __future__ import annotations

import contextlib
import copy
import functools
import importlib
import math
import random
import sys
import weakref
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..exercise import Array, Build, Case, Exercise, Input, Lesson, case, gradient
from ..expressions import GRADIENT, VALUE, Missing, Results, asked, building_on, prior, right
from ..mistake import Mistake, effect, measured, raising, wrong_effect, wrong_value
from ..observation import Call

# --- shared ---------------------------------------------------------------------------------------

Names = Mapping[str, Any]


def _recording(ask: Callable[..., Results]) -> Callable[..., Results]:
    """Return a way to ask at which the engine records at first, whatever a wrong `no_grad` left, and afterwards too."""

    @functools.wraps(ask)
    def asks(names: Names, *arguments: Any) -> Results:
        _record(names)
        try:
            return ask(names, *arguments)
        finally:
            _record(names)

    return asks


def _record(names: Names) -> None:
    engine = names.get("Tensor")
    if isinstance(engine, type) and vars(engine).get("recording") is False:
        engine.recording = True  # type: ignore[attr-defined]


def _at(text: str, *entries: tuple[str, float | str]) -> Callable[[Call], bool]:
    """Return what finds an expression of which some entries are these: each a number, or the name of another entry."""

    def shows(call: Call) -> bool:
        if effect(call, "expression") != text:
            return False
        for key, expected in entries:
            got = effect(call, key)
            number = effect(call, expected) if isinstance(expected, str) else expected
            if (
                not isinstance(got, float)
                or not isinstance(number, float)
                or not math.isclose(got, number, rel_tol=1e-6)
            ):
                return False
        return True

    return shows


def _any_of(*shows: Callable[[Call], bool]) -> Callable[[Call], bool]:
    return lambda call: any(one(call) for one in shows)


def _among(*texts: str) -> Callable[[Call], bool]:
    """Return what finds one of these expressions, if it raised nothing."""
    return lambda call: effect(call, "expression") in texts and effect(call, "raised") is None


def _of_group(program: Sequence[tuple[str, str]], group: str) -> Callable[[Call], bool]:
    return _among(*(text for one, text in program if one == group))


def _arriving(text: str) -> Mistake:
    """Return the mistake of an operator that loses the gradient that arrives; this is the first expression to show it."""
    return Mistake(
        "arriving-gradient",
        "Alone it is right. Look at what your function does with the gradient that arrives.",
        shows=_among(text),
    )


def _of_an_engine(
    program: Sequence[tuple[str, str]], used_twice: Callable[[Call], bool], more: str = ""
) -> tuple[Mistake, ...]:
    """Return the mistakes of a backward pass, for numbers and for arrays.

    `used_twice` finds a gradient overwritten, and `more` is another question about a value that is used in two places.
    """
    return (
        Mistake(
            "arriving-gradient",
            "Each part of it is right when it stands alone. Look at what becomes of the gradient that arrives at the result of an "
            "operator, on its way to the parents.",
            shows=_of_group(program, "one in another"),
        ),
        Mistake(
            "overwritten",
            "A value is used twice here, and one use does not count. Does each use reach `.grad`, and is it added there?",
            shows=used_twice,
        ),
        Mistake(
            "passed-on-too-early",
            "A value is used in two places here, and one way to it is longer than the other. Is its gradient passed on only when all "
            f"of it has arrived, and once?{more}",
            shows=lambda call: ":=" in str(effect(call, "expression")) and effect(call, "raised") is None,
        ),
        Mistake(
            "one-pass-counts",
            "There are two backward passes here. Each adds to the `.grad` of the leaves. In yours only one counts.",
            shows=_of_group(program, "two passes"),
        ),
    )


# --- 8.1 · Each node after what it is made of -----------------------------------------------------


class Node:
    """A node of a graph: its name, and the nodes that it was made of."""

    def __init__(self, name: str, parents: tuple[Node, ...]) -> None:
        self.name = name
        self.parents = parents

    def __repr__(self) -> str:
        return self.name


# The nodes of the graphs that were handed in. A copy of such a node is none of them.
_HANDED_IN: weakref.WeakSet[Node] = weakref.WeakSet()


# The same graph twice in a row is the same one: an order that is asked again must not depend on the first time.
@functools.lru_cache(maxsize=1)
def graph(*parents: tuple[int, ...]) -> Node:
    """Return the last node of a graph. Node i has the parents with these numbers, each smaller than i."""
    nodes: list[Node] = []
    for i, numbers in enumerate(parents):
        nodes.append(Node(f"n{i}", tuple(nodes[number] for number in numbers)))
    _HANDED_IN.update(nodes)
    return nodes[-1]


def _reachable(root: Node) -> list[Node]:
    found = [root]
    for node in found:
        found += [parent for parent in dict.fromkeys(node.parents) if all(parent is not one for one in found)]
    return found


def measure_order(root: Node) -> Callable[[Any], Any]:
    """Return the function that counts what is wrong with an order of the nodes."""
    nodes = _reachable(root)

    def after(result: Any) -> Any:
        given: list[Any] = list(result) if isinstance(result, list | tuple) else [None]
        if not all(isinstance(one, Node) for one in given):
            return "no list of nodes"
        place = {id(one): i for i, one in reversed(list(enumerate(given)))}
        return {
            "missing nodes": sum(id(one) not in place for one in nodes),
            "nodes of another graph": sum(one in _HANDED_IN and one not in nodes for one in given),
            "nodes of your own": sum(one not in _HANDED_IN for one in given),
            "nodes that come twice": len(given) - len(place),
            "nodes that come before a parent": sum(
                id(parent) in place and place[id(parent)] > place[id(one)] for one in given for parent in one.parents
            )
            > 0,
            "the root is last": bool(given) and given[-1] is root,
        }

    return after


def _random_graphs(rng: random.Random) -> tuple[Case, ...]:
    """Draw two graphs in which every node leads to the root."""

    def one() -> Case:
        parents: list[tuple[int, ...]] = [()]
        for i in range(1, rng.randint(8, 14)):
            parents.append(tuple(sorted(rng.sample(range(i), min(i, rng.randint(1, 3))))))
        open_ends = set(range(len(parents))) - {number for row in parents for number in row}
        return case(Build("graph", (*parents, tuple(sorted(open_ends)))), exact=True)

    return one(), one()


TOPOLOGICAL_ORDER = Exercise(
    id="own_engine.topological_order",
    number="8.1",
    title="Each node after what it is made of",
    way="any",
    difficulty=2,
    importance=5,
    minutes=7,
    points=1,
    builders={"graph": graph},
    cases=(
        # A chain, a diamond, and a diamond with one long side and one short side.
        case(Build("graph", ((), (0,), (1,), (2,)))),
        case(Build("graph", ((), (0,), (0,), (1, 2)))),
        case(Build("graph", ((), (0,), (1,), (1, 2)))),
        case(Build("graph", ((), (0,), (1,), (2, 1), (3, 0)))),
        case(Build("graph", ((), (0,), (1,), (2, 1), (3, 0)))),
        # A ladder: 2 ** 12 ways lead from its end to its beginning.
        case(Build("graph", ((), *((i, i) for i in range(12))))),
    ),
    more_cases=_random_graphs,
    measure=measure_order,
    reference=lambda root: {
        "missing nodes": 0,
        "nodes of another graph": 0,
        "nodes of your own": 0,
        "nodes that come twice": 0,
        "nodes that come before a parent": False,
        "the root is last": True,
    },
    mistakes=(
        Mistake(
            "no-list",
            "Your function did not return a list of nodes. Return a list of the nodes themselves, not of their names.",
            shows=lambda call: call.value is not None and call.value.kind != "mapping",
        ),
        Mistake(
            "kept-from-before",
            "Your list holds nodes of a graph that came in an earlier call. Something of that call is still there: make a new list and "
            "a new set in each call.",
            shows=lambda call: (effect(call, "nodes of another graph") or 0) > 0,
        ),
        Mistake(
            "copied-nodes",
            "Your list holds nodes that are not in the graph, such as copies. Return the nodes themselves.",
            shows=lambda call: (effect(call, "nodes of your own") or 0) > 0,
        ),
        Mistake(
            "every-path",
            "Your list holds a node more than once. Two ways can lead to one node. Remember which nodes you have visited.",
            shows=lambda call: (effect(call, "nodes that come twice") or 0) > 0,
        ),
        Mistake(
            "nodes-missing",
            "Your list lacks a node. The root belongs to the list, and so does every node that it was made of, near or far.",
            shows=lambda call: (effect(call, "missing nodes") or 0) > 0,
        ),
        wrong_effect(
            "root-not-last",
            "The root is not the last node of your list. Each node comes after all of its parents, so the root comes last.",
            {"the root is last": False},
        ),
        wrong_effect(
            "child-before-parent",
            "In your list a node comes before one of its parents. Add a node to the list only when all of its parents are in it, also "
            "where one way to it is longer than another.",
            {"nodes that come before a parent": True},
        ),
    ),
    hints=(
        "The argument is a node, and `node.parents` is a tuple of nodes. The result is a list of nodes that ends with the root.",
        "A node may enter the list only when everything that it was made of is in the list. And it enters once.",
        "A recipe works like this: to make a cake, first make the dough, unless it is made. To make the dough, first fetch "
        "the flour, unless it is there.",
        "Read the section 'In which order' again. The picture shows a graph where the order matters.",
    ),
    after=(
        "PyTorch does the same with counters: a node runs when everything that leads to it has arrived. Build "
        "systems and spreadsheets put their work in order in this way too."
    ),
)


# --- 8.2 · An engine for numbers ------------------------------------------------------------------

SCALARS: tuple[tuple[str, str], ...] = (
    ("+", "a + b"),
    ("+", "a + 2.5"),
    ("+", "2.5 + a"),
    ("*", "a * b"),
    ("*", "a * 2.5"),
    ("*", "2.5 * a"),
    ("**", "a ** 3"),
    ("**", "b ** 2"),
    ("**", "b ** 3"),
    ("**", "a ** -1.5"),
    ("**", "b ** -1"),
    ("exp", "a.exp()"),
    ("exp", "b.exp()"),
    ("log", "a.log()"),
    ("log", "c.log()"),
    ("relu", "a.relu()"),
    ("relu", "b.relu()"),
    ("tanh", "c.tanh()"),
    ("tanh", "b.tanh()"),
    ("one in another", "(a + b) * c"),
    ("one in another", "(a * b) * c"),
    ("one in another", "a * b + c"),
    ("one in another", "(a * c) ** 3"),
    ("one in another", "a ** 2 * b"),
    ("one in another", "a.exp() * b"),
    ("one in another", "c.log() * b"),
    ("one in another", "a.relu() * b"),
    ("one in another", "c.tanh() * b"),
    ("used twice", "(a + b) * a"),
    ("used twice", "a.exp() * a"),
    ("used twice", "a + a"),
    ("used twice", "a * a"),
    ("used twice", "a * b + a"),
    ("used twice", "(d := a * b) + d.tanh()"),
    ("used twice", "(d := a * b).tanh() + d"),
    ("used twice", "(d := a + c) * (e := d * b) + e * d"),
    ("two passes", "a * b; a + b"),
    ("mixed", "a - 2.5"),
    ("mixed", "2.5 - a"),
    ("mixed", "a / 2.5"),
    ("mixed", "(a * b + c).tanh() * (b - c)"),
    ("mixed", "((a - b) / c).log() + (b * c).exp().relu()"),
)


def _random_scalars(rng: random.Random) -> tuple[tuple[str, str], ...]:
    """Draw an expression of three names, and return it with every smaller one in it."""
    found: list[str] = []

    def grow(depth: int) -> str:
        if depth == 0:
            return rng.choice("abc")
        form = rng.choice(
            ("({} + {})", "({} * {})", "({} - {})", "{}.tanh()", "({}.tanh() * 1.5).exp()", "({} ** 2 + 1.3).log()")
        )
        text = form.format(*(grow(rng.randint(max(depth - 2, 0), depth - 1)) for _ in range(form.count("{}"))))
        found.append(text)
        return text

    for _ in range(3):
        grow(4)
    return tuple(("mixed", text) for text in dict.fromkeys(found))


def _with_scalars(program: tuple[tuple[str, str], ...], a: float, b: float, c: float) -> Case:
    return case(program, (("a", a), ("b", b), ("c", c)))


def _more_scalars(rng: random.Random) -> tuple[Case, ...]:
    signs = [rng.choice((-1, 1)) for _ in range(3)]
    numbers = [round(sign * rng.uniform(0.3, 1.7), 3) for sign in signs]
    while True:
        drawn = _with_scalars(_random_scalars(rng), *numbers)
        # Some right rules for a power divide by its base, so a 0 would cost points in some of the drawings only.
        if all(abs(found[VALUE]) > 1e-9 for found in _right_value(*drawn.arguments)["mixed"].values()):
            return (drawn,)


def visits_of(make: Callable[[float], Any], steps: int) -> int:
    """Return how many functions run in the backward pass of a ladder, in which every node is used twice by the next."""
    node = make(0.5)
    for _ in range(steps):
        node = node + node
    count = 0

    def profile(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        node.backward()
    finally:
        sys.setprofile(before)
    return count


def ask_value(names: Names, program: Any, leaves: Any) -> dict[str, Any]:
    """Ask a student's `Value` in expressions, and watch whether its backward pass visits a node once."""
    found: dict[str, Any] = dict(asked(names["Value"], program, leaves, {}))
    if "+" not in found:
        return found
    try:
        once = visits_of(names["Value"], 10) < 6 * visits_of(names["Value"], 5)
    except Exception:
        once = False
    return {**found, "visits each node once": once}


def _right_value(program: Any, leaves: Any) -> dict[str, Any]:
    found: dict[str, Any] = dict(right(program, leaves, {}))
    return {**found, "visits each node once": True} if "+" in found else found


VALUE_CLASS = Exercise(
    id="own_engine.Value",
    number="8.2",
    title="An engine for numbers",
    way="hand",
    difficulty=4,
    importance=5,
    minutes=25,
    points=4,
    partial=True,
    cases=(
        _with_scalars(SCALARS, 1.7, -0.6, 0.8),
        _with_scalars(SCALARS, 0.4, -1.9, 1.3),
        _with_scalars(SCALARS, 2.2, -1.2, 0.3),
    ),
    more_cases=_more_scalars,
    ask=building_on("Value", ask_value),
    reference=_right_value,
    mistakes=(
        Mistake(
            "plain-number",
            "A plain number has no `.data`. A number in a sum or a product becomes a `Value` first. An exponent stays a number.",
            shows=lambda call: any(
                f"'{kind}' object has no attribute 'data'"
                in f"{effect(call, 'raised')} {call.raised and call.raised.text}"
                for kind in ("float", "int")
            ),
        ),
        Mistake(
            "no-seed",
            "No gradient arrives at `a`. Does the result know its parents? And does it get a gradient itself before the pass begins?",
            shows=_any_of(
                *(
                    _at(text, (f"{GRADIENT}a", 0.0))
                    for text in ("a + b", "a + 2.5", "2.5 + a", "a * b", "a ** 3", "a.exp()")
                )
            ),
        ),
        Mistake(
            "factors-exchanged",
            "Ask what a small step of one factor does to the product.",
            shows=_at("a * b", (f"{GRADIENT}a", "a"), (f"{GRADIENT}b", "b")),
        ),
        Mistake(
            "gradient-is-value",
            "This is the value of the result. Expected the slope.",
            shows=_any_of(*(_at(text, (f"{GRADIENT}a", VALUE)) for text in ("a ** 3", "a.log()", "a * b"))),
        ),
        Mistake(
            "order-of-the-pass",
            "The gradient does not get beyond the last operation. A node passes on what has arrived at it. Look at the order "
            "in which `backward` comes to the nodes.",
            # A difference is made of two operations too: it adds the product with -1.
            shows=_any_of(
                _at("(a + b) * c", (f"{GRADIENT}a", 0.0), (f"{GRADIENT}b", 0.0)),
                _at("2.5 - a", (f"{GRADIENT}a", 0.0)),
                *(_at(f"({x} - {y})", (f"{GRADIENT}{y}", 0.0)) for x in "abc" for y in "abc" if x != y),
            ),
        ),
        *_of_an_engine(SCALARS, _any_of(_at("a + a", (f"{GRADIENT}a", 1.0)), _at("a * a", (f"{GRADIENT}a", "a")))),
        Mistake(
            "every-path",
            "All values and gradients are right. But `backward()` visits a node once for each way that leads to it, and the "
            "number of ways doubles with each step of `x = x + x`. Visit each node once, in the order of 8.1.",
            shows=lambda call: effect(call, "visits each node once") is False and effect(call, "expression") is None,
        ),
    ),
    hints=(
        "`a * b` returns a new `Value`. It holds the product, the two parents, and for each parent the local derivative.",
        "Write `backward` and `+` first, and run the check: it tells the first operator that is missing or wrong.",
        "For a new operator, such as the sine, it looks like this: "
        "`return Value(math.sin(self.data), (self,), (math.cos(self.data),))`.",
        "Read the section 'A number that remembers' again. The local derivatives are those of lessons 1 and 2.",
    ),
    after=(
        "A few dozen lines hold all that `backward()` means. The rest of a library is speed, shapes, and many "
        "more operators of the same form."
    ),
)


# --- 8.3 · Undo broadcasting ----------------------------------------------------------------------


def shape(*lengths: int) -> tuple[int, ...]:
    """Return a shape."""
    return lengths


def _broadcast_gradient(grad: Any, to: tuple[int, ...]) -> Any:
    return gradient(lambda x: (x.expand(grad.shape) * torch.as_tensor(grad)).sum())(np.zeros(to))


UNBROADCAST = Exercise(
    id="own_engine.unbroadcast",
    number="8.3",
    title="Undo broadcasting",
    way="hand",
    difficulty=3,
    importance=4,
    minutes=10,
    points=2,
    builders={"shape": shape},
    cases=(
        case(Array(((1.2, -0.7, 0.4), (0.3, 2.1, -1.6))), Build("shape", (3,))),
        case(Array(((0.9, -0.2, 1.4), (1.3, 0.6, -1.1))), Build("shape", (2, 1))),
        case(Array(((0.5, -1.7), (0.8, 2.3), (1.9, -0.4))), Build("shape", (1,))),
        case(Array(((1.1, 0.2, -0.8), (0.7, -1.4, 2.6))), Build("shape", ())),
        case(Array(((0.4, 1.5), (-2.2, 0.9))), Build("shape", (2, 2))),
        case(Array(((1.7, -0.5, 0.8), (-1.9, 0.3, 2.2))), Build("shape", (1, 1))),
        case(
            Array((((0.6, -0.3), (1.8, 0.7)), ((2.4, -1.3), (0.2, 1.6)), ((0.1, 0.5), (-0.9, 1.2)))),
            Build("shape", (1, 2)),
        ),
        # Two axes were added, and a middle one was stretched.
        case(
            Array((((0.8, -1.1), (0.4, 2.2)), ((1.5, 0.9), (-0.7, 0.3)), ((-1.8, 0.6), (1.2, -0.5)))),
            Build("shape", (2,)),
        ),
        case(
            Array((((1.3, -0.4), (0.9, 1.7)), ((-0.6, 2.1), (0.5, -1.4)), ((0.7, 0.2), (-1.6, 1.1)))),
            Build("shape", (3, 1, 2)),
        ),
    ),
    reference=_broadcast_gradient,
    mistakes=(
        wrong_value(
            "mean-for-sum",
            "Your answer is a mean. Each copy of the number has its own effect on the result. What do the effects give together?",
            lambda right, grad, to: right * (max(int(np.prod(to)), 1) / grad.size),
        ),
        wrong_value(
            "first-copy",
            "Your answer is the gradient of the first copy only. The other copies count too.",
            lambda right, grad, to: _first_copy(grad, to),
        ),
    ),
    hints=(
        "`grad` is an array, and `shape` is a tuple. The result is an array of that shape. For the shape `()` it is one number.",
        "There are two cases: axes that the array did not have, at the front, and axes of length 1 that were stretched.",
        "If one number was copied into three places and the gradients there are 5, 7 and 1, the gradient of the number is 13.",
        "Read the section 'Broadcasting, and back' again. `array.sum(axis=0)` removes an axis, and `keepdims=True` keeps it with length 1.",
    ),
    after=(
        "Broadcasting copies a number without saying so, and a copied number has many paths to the loss. So "
        "its gradient is a sum over them."
    ),
)


def _first_copy(grad: Any, to: tuple[int, ...]) -> Any:
    first = grad[(0,) * (grad.ndim - len(to))]
    index = tuple(slice(0, 1) if length == 1 else slice(None) for length in to)
    return first[index] if to else float(first)


# --- 8.4a · An engine for arrays ------------------------------------------------------------------

ARRAYS: tuple[tuple[str, str], ...] = (
    ("sum", "a.sum()"),
    ("sum", "v.sum()"),
    ("+", "(a + b).sum()"),
    ("*", "(a * b).sum()"),
    ("mean", "a.mean()"),
    ("mean", "v.mean()"),
    ("mean", "(a * b).mean()"),
    ("numbers", "(a * 2.5).sum()"),
    ("numbers", "(1.5 + a * b).mean()"),
    ("broadcasting", "(a + v).sum()"),
    ("broadcasting", "(a * v).sum()"),
    ("broadcasting", "(u * a).sum()"),
    ("broadcasting", "(s * a).mean()"),
    ("broadcasting", "(a * k).sum()"),
    ("broadcasting", "((a + u) * b).sum()"),
    ("one in another", "((a + v) * b).sum()"),
    ("one in another", "a.sum() * k"),
    ("one in another", "a.mean() * k"),
    ("used twice", "(a + a).sum()"),
    ("used twice", "(a * a).sum()"),
    ("used twice", "((d := a * b) + d * a).sum()"),
    ("used twice", "((d := a * b) * a + d).mean()"),
    ("two passes", "(a * b).sum(); (a + b).sum()"),
)
# What `a - b` gives is made of the rest, by the lines that the stub gives.
_A, _B = ((0.7, -1.2, 0.5), (1.8, 0.4, -0.9)), ((-0.6, 1.1, 2.3), (0.8, -1.7, 1.3))


def _with_arrays(program: tuple[tuple[str, str], ...], **leaves: Input) -> Case:
    return case(
        program, tuple((name, Array(start) if isinstance(start, tuple) else start) for name, start in leaves.items())
    )


def _array_case(scale: float) -> Case:
    def scaled(rows: tuple[tuple[float, ...], ...]) -> Input:
        return tuple(tuple(round(x * scale, 3) for x in row) for row in rows)

    return _with_arrays(ARRAYS, a=scaled(_A), b=scaled(_B), v=(0.9, -0.4, 1.6), u=((1.4,), (-0.7,)), s=(1.3,), k=-0.8)


# What is asked besides the expressions.
_NEW = "the `.grad` of a new tensor is None"


def _random_arrays(rng: random.Random) -> tuple[Case, ...]:
    """Draw an expression of arrays of several shapes, with every smaller one in it, each summed with its own weights."""
    found: list[str] = []

    def grow(depth: int) -> str:
        if depth == 0:
            return rng.choice("abuvs")
        text = rng.choice(("({} + {})", "({} * {})", "({} - {})")).format(
            grow(depth - 1), grow(rng.randint(0, depth - 1))
        )
        found.append(text)
        return text

    grow(4)
    program = tuple(("mixed", f"({text} * b).{rng.choice(('sum', 'mean'))}()") for text in dict.fromkeys(found))

    def rows(n: int, m: int) -> tuple[tuple[float, ...], ...]:
        return tuple(tuple(round(rng.uniform(-1.5, 1.5), 3) for _ in range(m)) for _ in range(n))

    return (_with_arrays(program, a=rows(3, 2), b=rows(3, 2), v=rows(1, 2)[0], u=rows(3, 1), s=rows(1, 1)[0]),)


@_recording
def ask_tensor(names: Names, program: Any, leaves: Any) -> dict[str, Any]:
    """Ask a student's `Tensor` in expressions, and look at the `.grad` of a new one."""
    found: dict[str, Any] = dict(asked(names["Tensor"], program, leaves, {}))
    return {**found, _NEW: names["Tensor"]([1.5]).grad is None} if "sum" in found else found


def _right_tensor(program: Any, leaves: Any) -> dict[str, Any]:
    found: dict[str, Any] = dict(right(program, leaves, {}))
    return {**found, _NEW: True} if "sum" in found else found


TENSOR = Exercise(
    id="own_engine.Tensor",
    number="8.4a",
    title="An engine for arrays",
    way="hand",
    difficulty=4,
    importance=5,
    minutes=18,
    points=2,
    partial=True,
    cases=(_array_case(1.0), _array_case(0.7), _array_case(-1.4)),
    more_cases=_random_arrays,
    ask=building_on("Tensor", ask_tensor),
    reference=_right_tensor,
    mistakes=(
        Mistake(
            "mean-as-sum",
            "The numbers of the tensor share the mean among them. Each has a smaller part in it than in a sum. If your mean is made of "
            "your sum: what does the pull of the sum do with the gradient that arrives?",
            shows=lambda call: _among("a.mean()")(call) and set(measured(call, f"{GRADIENT}a").numbers) == {1.0},
        ),
        *_of_an_engine(
            ARRAYS,
            _among("(a + a).sum()", "(a * a).sum()"),
            " And if you add with `+=`: does another tensor hold the same array?",
        ),
        Mistake(
            "gradient-from-the-start",
            "All values and gradients are right. But a new tensor has a `.grad` before any gradient arrives. Expected None there.",
            shows=lambda call: effect(call, _NEW) is False and effect(call, "expression") is None,
        ),
    ),
    hints=(
        "`a * b` returns a new `Tensor` with `.data`, its parents, and for each parent a function: it takes the gradient of "
        "the result and returns the gradient of this parent.",
        "Each gradient has the shape of its own `.data`. Where broadcasting copied an array, undo it.",
        "For the sine it looks like this: `Tensor(np.sin(x.data), (x,), (lambda g: g * np.cos(x.data),))`.",
        "Read the section 'From numbers to arrays' again. Lesson 4 calls such a function a vector–Jacobian product.",
    ),
    after=(
        "One node now stands for a whole array. This is why libraries work on arrays: the graph stays small, "
        "and the work goes into a few large operations."
    ),
)


# --- 8.4b · The product of two matrices -----------------------------------------------------------

PRODUCTS: tuple[tuple[str, str], ...] = (
    ("matmul", "matmul(a, b).sum()"),
    ("matmul", "(matmul(a, b) * w).sum()"),
    ("matmul", "(matmul(a, b) + v).mean()"),
    ("matmul", "(matmul(matmul(a, b), c) * w).sum()"),
    ("matmul", "(matmul(a, b) * matmul(a, b)).sum()"),
)


def _product_case(sign: float) -> Case:
    return _with_arrays(
        PRODUCTS,
        a=tuple(tuple(round(sign * x, 3) for x in row) for row in _A),
        # No two lengths that may be mixed up are equal: 2, 3 and 4.
        b=((0.3, 1.2, -0.9, 2.4), (-0.8, 0.5, 1.9, -0.2), (1.7, -0.4, 0.6, 1.1)),
        c=((0.6, -1.3, 0.2, 1.5), (2.1, 0.9, -0.7, 0.4), (-1.8, 0.5, 1.2, -0.6), (0.3, 1.6, -0.1, 0.8)),
        v=(0.7, -1.6, 1.3, 0.4),
        w=((1.4, -0.3, 0.9, -1.2), (0.8, 2.2, -0.6, 0.5)),
    )


@_recording
def ask_matmul(names: Names, program: Any, leaves: Any) -> Results:
    """Ask a student's `matmul` in expressions of the student's own tensors."""
    return asked(prior(names, "Tensor"), program, leaves, {"matmul": names["matmul"]})


MATMUL = Exercise(
    id="own_engine.matmul",
    number="8.4b",
    title="The product of two matrices",
    way="hand",
    difficulty=3,
    importance=5,
    minutes=5,
    points=1,
    cases=(_product_case(1.0), _product_case(-0.6), _product_case(1.3)),
    ask=building_on("matmul", ask_matmul),
    reference=lambda program, leaves: right(program, leaves, {"matmul": torch.matmul}),
    mistakes=(
        Mistake(
            "shapes-do-not-fit",
            "Two arrays do not fit together. Write the shapes beside `a`, `b`, their product and the arriving gradient: which product "
            "gives the shape that you need? Each gradient has the shape of its own matrix.",
            shows=lambda call: (
                "ValueError" in str(effect(call, "raised"))
                or (call.raised is not None and "ValueError" in call.raised.types)
            ),
        ),
        _arriving("(matmul(a, b) * w).sum()"),
    ),
    hints=(
        "The arguments are two tensors. The result is a tensor, with a function for each of the two parents.",
        "The arriving gradient has the shape of the product. The gradient of `a` has the shape of `a`. Only one product fits.",
        "In lesson 4 the gradient of M x in x was Mᵀ v. Here x is a matrix, and so is v. `array.T` is the transpose.",
        "Read the section 'The product of two matrices' again, with the shapes in its table.",
    ),
    after=(
        "Almost all the time of training goes into this product and its two gradients. The gradients are "
        "products too, so training costs about three times as much as prediction."
    ),
)


# --- 8.4c · A bend --------------------------------------------------------------------------------

BENDS: tuple[tuple[str, str], ...] = (
    ("relu", "relu(a).sum()"),
    ("relu", "(relu(a) * b).sum()"),
    ("relu", "relu(a * b).mean()"),
    ("relu", "(relu(a + v) * a).sum()"),
    # Neither the argument nor the arriving gradient is changed.
    ("relu", "(relu(a) + a).sum()"),
    ("relu", "(a + relu(b)).sum()"),
    ("relu", "(relu(v) * v).sum()"),
    ("relu", "(relu(t) * t).sum()"),
)


@_recording
def ask_relu(names: Names, program: Any, leaves: Any) -> Results:
    """Ask a student's `relu` in expressions of the student's own tensors."""
    return asked(prior(names, "Tensor"), program, leaves, {"relu": names["relu"]})


def _bend_case(sign: float) -> Case:
    return _with_arrays(
        BENDS,
        a=tuple(tuple(round(sign * x, 3) for x in row) for row in _A),
        b=_B,
        v=(0.35, -0.45, 0.25),
        t=(((0.9, -1.4), (-0.3, 1.7)), ((1.2, 0.6), (-0.8, -2.1))),
    )


RELU = Exercise(
    id="own_engine.relu",
    number="8.4c",
    title="A bend",
    way="hand",
    difficulty=2,
    importance=4,
    minutes=3,
    points=1,
    cases=(_bend_case(1.0), _bend_case(-0.8), _bend_case(1.2)),
    ask=building_on("relu", ask_relu),
    reference=lambda program, leaves: right(program, leaves, {"relu": torch.relu}),
    mistakes=(_arriving("(relu(a) * b).sum()"),),
    hints=(
        "The argument is a tensor. The result is a tensor of the same shape, with one parent and one function.",
        "Where the input is negative, the output does not move. What arrives there goes nowhere.",
        "For the absolute value it looks like this: `Tensor(np.abs(x.data), (x,), (lambda g: g * np.sign(x.data),))`.",
        "Read the cell with `relu` by hand in the section 'A bend'.",
    ),
    after=(
        "At 0 the function has no derivative, and an engine has to choose one. The choice hardly matters, "
        "since almost no number is exactly 0."
    ),
)


# --- 8.4d · A loss for two classes ----------------------------------------------------------------

LOSSES: tuple[tuple[str, str], ...] = (
    ("loss", "bce_with_logits(z, labels)"),
    ("loss", "bce_with_logits(z, labels) * k"),
    ("loss", "bce_with_logits(z * z, labels)"),
)


@_recording
def ask_loss(names: Names, program: Any, leaves: Any, labels: Any) -> Results:
    """Ask a student's loss in expressions of the student's own tensors; the labels are an array."""
    known = {"bce_with_logits": names["bce_with_logits"], "labels": labels}
    return asked(prior(names, "Tensor"), program, leaves, known)


def _right_loss(program: Any, leaves: Any, labels: Any) -> Results:
    known = {"bce_with_logits": functional.binary_cross_entropy_with_logits, "labels": torch.as_tensor(labels)}
    return right(program, leaves, known)


def _loss_case(logits: tuple[Any, ...], labels: tuple[Any, ...], exact: bool = False) -> Case:
    (program, leaves) = _with_arrays(LOSSES, z=logits, k=1.7).arguments
    return case(program, leaves, Array(labels), exact=exact)


def _column(*numbers: float) -> tuple[tuple[float], ...]:
    return tuple((one,) for one in numbers)


def _raised_or_warned(call: Call) -> bool:
    return any("RuntimeWarning" in warning for warning in call.warnings)


BCE_WITH_LOGITS = Exercise(
    id="own_engine.bce_with_logits",
    number="8.4d",
    title="A loss for two classes",
    way="hand",
    difficulty=3,
    importance=4,
    minutes=8,
    points=2,
    atol=1e-7,  # the largest loss is 250,000
    cases=(
        _loss_case(_column(0.7, -1.3, 2.1), _column(1, 1, 0)),
        _loss_case((-0.4, 1.6), (0, 1)),
        _loss_case(((1.4, -0.6, 0.3), (-2.2, 0.8, -1.7)), ((0, 0, 1), (1, 1, 0))),
        # Of logits that are right and far out, little is left of the loss.
        _loss_case(_column(5.3, -7.6, 3.9), _column(1, 0, 1)),
        _loss_case(_column(1000.0, -900.0, 0.9, -0.8), _column(0, 1, 1, 0), exact=True),
    ),
    ask=building_on("bce_with_logits", ask_loss),
    reference=_right_loss,
    mistakes=(
        Mistake(
            "not-the-mean",
            "Expected the mean over all labels. Is yours the sum?",
            shows=lambda call: (
                _among("bce_with_logits(z, labels)")(call)
                and effect(call, "the value is right") is False
                and _has_large_slopes(call)
            ),
        ),
        _arriving("bce_with_logits(z, labels) * k"),
        Mistake(
            "overflow",
            "NumPy warns of an overflow. Write the loss and its gradient so that no large number goes into `exp`, as in lesson 3.",
            shows=_raised_or_warned,
        ),
    ),
    hints=(
        "`z` is a tensor of logits, and `y` is an array of zeros and ones of the same shape. The result is a tensor with one number.",
        "The loss is the mean of the stable form of lesson 3. Its slope in a logit has a short form, which lesson 3 found too.",
        "The mean of squares has the gradient `g * 2 * z.data / z.data.size`: the arriving number, the slope, and the share.",
        "Read the section 'A loss for two classes' again, and 3.6 and 3.7 of lesson 3.",
    ),
    after=(
        "One node for the whole loss is faster than a chain of small ones, and it never overflows. Libraries "
        "call this a fused operation."
    ),
)


def _has_large_slopes(call: Call) -> bool:
    """Whether a slope is too large for the mean of as many losses as there are logits."""
    gradients = np.abs(measured(call, f"{GRADIENT}z").numbers)
    # In the mean of n labels no slope is greater than 1/n.
    return gradients.size > 1 and bool(gradients.max() > 1 / gradients.size)


# --- 8.5 · Stop recording -------------------------------------------------------------------------


def _gradient_of(tensor: Any) -> bool:
    """Whether a gradient other than 0 has arrived."""
    return tensor.grad is not None and bool(np.any(np.asarray(tensor.grad)))


@_recording
def ask_no_grad(names: Names, a: Any, b: Any) -> dict[str, Any]:
    """Use a student's `no_grad`, and tell what was recorded: in the block, and after it."""
    make, block = prior(names, "Tensor"), names["no_grad"]

    def records() -> bool:
        x = make(a.copy())
        (x * x).sum().backward()
        return _gradient_of(x)

    x, y = make(a.copy()), make(b.copy())
    with block():
        inside = x * y
    after = records()
    factor = make(b.copy())
    (inside * factor).sum().backward()
    in_block = _gradient_of(x) or _gradient_of(y)
    z, deep = make(a.copy()), make(b.copy())
    with block():
        with block():
            innermost = deep * deep
        inner = z * z
    after_both = records()
    _record(names)
    (inner * factor).sum().backward()
    (innermost * factor).sum().backward()
    passed_on = False
    try:
        with block():
            raise ArithmeticError("an error in the block")
    except ArithmeticError:
        passed_on = True
    after_error = records()
    _record(names)
    late = make(a.copy())
    with block():
        with contextlib.suppress(ArithmeticError), block():
            raise ArithmeticError("an error in the inner block")
        after_inner_error = late * late
    _record(names)
    (after_inner_error * factor).sum().backward()
    return {
        "the value computed in the block": np.asarray(inside.data),
        "recorded in the block": in_block,
        "recorded after the block": after,
        "recorded in an inner block": _gradient_of(deep),
        "recorded in an outer block, after an inner one": _gradient_of(z),
        "recorded after both blocks": after_both,
        "recorded after an error in the block": after_error,
        "recorded in an outer block, after an error in an inner one": _gradient_of(late),
        "the error of the block passed on": passed_on,
    }


NO_GRAD = Exercise(
    id="own_engine.no_grad",
    number="8.5",
    title="Stop recording",
    way="any",
    difficulty=3,
    importance=4,
    minutes=7,
    points=1,
    cases=(
        case(Array(((0.7, -1.3), (2.1, 0.4))), Array(((1.6, 0.9), (-0.5, 1.2)))),
        case(Array((1.4, -0.8)), Array((0.3, 2.2))),
        case(Array(((0.6, 1.9, -1.1),)), Array(((-0.7, 0.5, 1.8),))),
    ),
    ask=building_on("no_grad", ask_no_grad),
    reference=lambda a, b: {
        "the value computed in the block": a * b,
        "recorded in the block": False,
        "recorded after the block": True,
        "recorded in an inner block": False,
        "recorded in an outer block, after an inner one": False,
        "recorded after both blocks": True,
        "recorded after an error in the block": True,
        "recorded in an outer block, after an error in an inner one": False,
        "the error of the block passed on": True,
    },
    mistakes=(
        raising(
            "no-block",
            "What `no_grad()` returns can't be used in a `with` line. Make it a context manager: write "
            "`@contextlib.contextmanager` above it, and a `yield` where the block runs. If it returns a class of yours: return an object "
            "of the class.",
            "TypeError",
            "context manager protocol",
        ),
        raising(
            "no-yield",
            "Your function runs to its end at once, and leaves no place for the block. Write a `yield` where the block runs.",
            "TypeError",
            "is not an iterator",
        ),
        wrong_effect(
            "never-on-again",
            "After the block nothing is recorded any more. Turn recording on again at the end of the block.",
            {"recorded after the block": False},
        ),
        wrong_effect(
            "still-recorded",
            "A product that was computed in the block still has its parents: a backward pass went through it. Nothing may be "
            "recorded in the block.",
            {"recorded in the block": True},
        ),
        wrong_effect(
            "error-swallowed",
            "An error in the block disappeared. Let it pass on.",
            {"the error of the block passed on": False},
        ),
        wrong_effect(
            "not-after-error",
            "After an error in the block nothing is recorded any more. The end of the block must be reached after an error too: "
            "use `try` and `finally`.",
            {"recorded after an error in the block": False},
        ),
        wrong_effect(
            "recorded-in-inner-block",
            "In a block inside another one something is recorded. Turn recording off there too, whatever it was before.",
            {"recorded in an inner block": True},
        ),
        wrong_effect(
            "one-memory-for-all-blocks",
            "After a block inside another one nothing is recorded any more. Each block has to remember for itself what was there "
            "before it.",
            {"recorded after both blocks": False, "recorded in an outer block, after an inner one": False},
        ),
        wrong_effect(
            "inner-block",
            "A block inside another one turned recording on when it ended, and the outer block was not over. Set back what was "
            "there before.",
            {"recorded in an outer block, after an inner one": True},
        ),
        wrong_effect(
            "inner-block-after-error",
            "A block inside another one turned recording on when an error ended it, and the outer block was not over. Set back what "
            "was there before, also after an error.",
            {"recorded in an outer block, after an error in an inner one": True},
        ),
    ),
    hints=(
        "`no_grad()` is used as `with no_grad():`. So it is a context manager, made by `contextlib.contextmanager` or by a class.",
        "One setting decides whether parents are kept. Note what it was, switch it off, and set it back, whatever happens in the block.",
        "A context manager for the working directory does the same: note the old one, change, `yield`, and in `finally` go back.",
        "Read the section 'Stop recording' again, and in lesson 6 'Everything in a block'.",
    ),
    after=("A setting that is put back even after an error is a context manager. `torch.no_grad()` is one too."),
)


# --- 8.6a · A network -----------------------------------------------------------------------------


def _shapes(sizes: Sequence[int]) -> list[tuple[int, ...]]:
    return [shape for before, after in pairwise(sizes) for shape in ((before, after), (after,))]


def numbers_for(sizes: Sequence[int], start: float) -> list[Any]:
    """Return weights and biases for a network of these sizes."""
    return [
        np.sin(start * (i + 1) * np.arange(1, np.prod(each, dtype=np.int64) + 1)).reshape(each)
        for i, each in enumerate(_shapes(sizes))
    ]


def network_of(names: Names, sizes: Sequence[int], start: float) -> Any:
    """Return a student's network of these sizes, with weights that are set from outside."""
    model = names["MLP"](tuple(sizes), 0)
    for parameter, numbers in zip(model.parameters(), numbers_for(sizes, start), strict=True):
        parameter.data = numbers
    return model


# No weight is this large that is drawn with a standard deviation of 1.
_LARGE = 10.0


@_recording
def ask_mlp(names: Names, sizes: Any, start: float, inputs: Any, weights: Any) -> dict[str, Any]:
    """Ask a student's network for its shapes, and, with weights set from outside, for its outputs and gradients."""
    fresh = names["MLP"](tuple(sizes), 3)
    found = [np.shape(parameter.data) for parameter in fresh.parameters()]
    shapes = ", ".join(map(str, found))
    if found != _shapes(sizes):
        return {"shapes": shapes, "hidden neurons differ": False, "output": 0.0, "gradients": 0.0}
    again, other = names["MLP"](tuple(sizes), 3), names["MLP"](tuple(sizes), 4)
    hidden = [np.asarray(parameter.data) for parameter in fresh.parameters()[:-2:2]]
    model = network_of(names, sizes, start)
    output = model(inputs.copy())
    (output * weights.copy()).sum().backward()
    return {
        "shapes": shapes,
        "hidden neurons differ": all(np.ptp(matrix, axis=1).max() > 0 for matrix in hidden),
        "two networks of one seed are equal": _are_equal(_numbers_of(fresh), _numbers_of(again)),
        "two networks of two seeds are equal": _are_equal(_numbers_of(fresh), _numbers_of(other)),
        "the weights are small enough": all(np.abs(numbers).max() < _LARGE for numbers in _numbers_of(fresh)),
        "output": np.asarray(output.data),
        "gradients": [parameter.grad for parameter in model.parameters()],
    }


def _are_equal(arrays: Sequence[Any], others: Sequence[Any]) -> bool:
    """Whether the arrays of two lists hold the same numbers, one by one."""
    return all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in zip(arrays, others, strict=True))


def _numbers_of(model: Any) -> list[Any]:
    return [parameter.data for parameter in model.parameters()]


def _forward(inputs: Any, parameters: Sequence[Tensor]) -> Tensor:
    hidden = torch.as_tensor(inputs, dtype=torch.float64)
    for i in range(0, len(parameters), 2):
        hidden = hidden @ parameters[i] + parameters[i + 1]
        hidden = torch.relu(hidden) if i + 2 < len(parameters) else hidden
    return hidden


def _leaves_of(sizes: Sequence[int], start: float) -> list[Tensor]:
    return [torch.tensor(numbers, requires_grad=True) for numbers in numbers_for(sizes, start)]


def _right_mlp(sizes: Any, start: float, inputs: Any, weights: Any) -> dict[str, Any]:
    with torch.enable_grad():
        parameters = _leaves_of(sizes, start)
        output = _forward(inputs, parameters)
        torch.autograd.backward((output * torch.as_tensor(weights)).sum())
    return {
        "shapes": ", ".join(map(str, _shapes(sizes))),
        "hidden neurons differ": True,
        "two networks of one seed are equal": True,
        "two networks of two seeds are equal": False,
        "the weights are small enough": True,
        "output": output.detach().numpy(),
        "gradients": [np.zeros(each.shape) if each.grad is None else each.grad.numpy() for each in parameters],
    }


_FIVE = (1.2, 0.5, -0.8, 0.3, -1.4)
_POINTS = ((0.8, -0.5), (-1.2, 0.3), (0.4, 1.1), (-0.7, -0.9), (1.5, 0.6))

MLP = Exercise(
    id="own_engine.MLP",
    number="8.6a",
    title="A network",
    way="any",
    difficulty=3,
    importance=5,
    minutes=10,
    points=1,
    cases=(
        case((2, 3, 4, 1), 0.7, Array(_POINTS), Array(((0.6,), (-1.1,), (0.9,), (1.7,), (-0.4,)))),
        # Among so many logits some are negative, whatever is drawn.
        case((2, 4, 5), 1.3, Array(_POINTS), Array(tuple(tuple(x * y for x in _FIVE) for y in _FIVE))),
        case((2, 3, 3, 2), 0.9, Array(_POINTS[1:]), Array(((0.4, -0.6), (1.3, 0.2), (-0.9, 1.8), (0.7, -1.4)))),
    ),
    ask=building_on("MLP", ask_mlp),
    reference=_right_mlp,
    mistakes=(
        Mistake(
            "shapes",
            "The parameters do not have the shapes that are asked for. For each layer there is a matrix (in, out) and then a "
            "vector (out,), in the order of the layers.",
            shows=lambda call: effect(call, "output") == 0.0 and measured(call, "gradients").kind == "number",
        ),
        Mistake(
            "unused-parameter",
            "A parameter gets no gradient. Either the output does not depend on it, or the graph is cut between the two. Each layer "
            "multiplies by its matrix and adds its vector, and computes with the tensors themselves, not with their `.data`.",
            shows=lambda call: any(item.kind == "nothing" for item in measured(call, "gradients").items),
        ),
        wrong_effect(
            "all-neurons-alike",
            "All neurons of a hidden layer start alike, so they get the same gradients and stay alike. Draw the weights at random.",
            {"hidden neurons differ": False},
        ),
        wrong_effect(
            "not-of-the-seed",
            "Two networks of the same seed begin with different numbers. Draw them from `np.random.default_rng(seed)`.",
            {"two networks of one seed are equal": False},
        ),
        wrong_effect(
            "seed-unused",
            "Two networks of different seeds begin with the same numbers. Draw them from `np.random.default_rng(seed)`.",
            {"two networks of two seeds are equal": True},
        ),
        wrong_effect(
            "large-weights",
            "The weights of a new network are so large that the numbers grow from layer to layer. Draw smaller ones.",
            {"the weights are small enough": False},
        ),
        wrong_value(
            "relu-at-the-end",
            "There is a ReLU behind the last layer. A logit may be negative.",
            lambda right, *arguments: _bent_mlp(right, last=True)(*arguments),
        ),
        wrong_value(
            "no-relu",
            "There is no ReLU between the layers. Without it all layers together are one linear layer.",
            lambda right, *arguments: _bent_mlp(right, last=None)(*arguments),
        ),
    ),
    hints=(
        "`MLP((2, 16, 16, 1), seed)` has six parameters. `model(X)` takes an array (n, 2) and returns a `Tensor` (n, 1).",
        "Behind each layer but the last there is a ReLU. Draw the weights from `np.random.default_rng(seed)`; biases may start at 0.",
        "One linear layer looks like this: `W = Tensor(rng.normal(size=(3, 2)))`, `b = Tensor(np.zeros(2))`, and then `X @ W + b`.",
        "Read the section 'A network' again.",
    ),
    after=(
        "Everything that a network knows is in these six arrays. Their first values are random, since equal "
        "neurons would stay equal for ever."
    ),
)


def _bent_mlp(right: dict[str, Any], last: bool | None) -> Callable[..., dict[str, Any]]:
    """Return the network with a ReLU behind the last layer too, or with none at all."""

    def wrong(sizes: Any, start: float, inputs: Any, weights: Any) -> dict[str, Any]:
        with torch.enable_grad():
            parameters = _leaves_of(sizes, start)
            if last:
                output = torch.relu(_forward(inputs, parameters))
            else:
                output = torch.as_tensor(inputs)
                for weight, bias in zip(parameters[::2], parameters[1::2], strict=True):
                    output = output @ weight + bias
            torch.autograd.backward((output * torch.as_tensor(weights)).sum())
        gradients = [torch.zeros_like(each) if each.grad is None else each.grad for each in parameters]
        return {**right, "output": output.detach().numpy(), "gradients": [each.numpy() for each in gradients]}

    return wrong


# --- 8.6b · One step of training ------------------------------------------------------------------

_STEPS = 3


@_recording
def ask_train_step(names: Names, sizes: Any, start: float, inputs: Any, labels: Any, lr: float) -> dict[str, Any]:
    """Take a few of a student's training steps with a student's network, from weights that are set from outside."""
    try:
        model = network_of(names, sizes, start) if "MLP" in names else Missing("MLP")
    except NotImplementedError:
        model = Missing("MLP", "is still to be written, and `train_step` is asked together with it")
    losses = [names["train_step"](model, inputs.copy(), labels.copy(), lr) for _ in range(_STEPS)]
    return {"losses": losses, "parameters": [np.asarray(parameter.data) for parameter in model.parameters()]}


def _course(
    sizes: Any,
    start: float,
    inputs: Any,
    labels: Any,
    lr: float,
    *,
    kept: float = 0.0,
    speed: float = 1.0,
    late: bool = False,
    biases: float = 1.0,
    steps: int = _STEPS,
) -> dict[str, Any]:
    """Return the losses and parameters of a few training steps.

    Parameters
    ----------
    kept
        The share of the previous gradient that is added to each new one.
    speed, biases
        Factors for all steps, and for those of the biases.
    late
        Whether a loss is measured after its step.
    """
    parameters = _leaves_of(sizes, start)
    before = [torch.zeros_like(each) for each in parameters]
    losses: list[float] = []
    with torch.enable_grad():
        for _ in range(steps):
            loss = functional.binary_cross_entropy_with_logits(_forward(inputs, parameters), torch.as_tensor(labels))
            losses.append(loss.item())
            gradients = torch.autograd.grad(loss, parameters)
            before = [kept * old + new for old, new in zip(before, gradients, strict=True)]
            parameters = [
                (each - lr * speed * (biases if each.ndim == 1 else 1.0) * step).detach().requires_grad_()
                for each, step in zip(parameters, before, strict=True)
            ]
        last = functional.binary_cross_entropy_with_logits(_forward(inputs, parameters), torch.as_tensor(labels)).item()
    return {
        "losses": [*losses[1:], last] if late else losses,
        "parameters": [each.detach().numpy() for each in parameters],
    }


def _of_a_step(course: Callable[..., dict[str, Any]]) -> tuple[Mistake, ...]:
    """Return the mistakes of a training, with the numbers that `course` gives for them."""
    return (
        wrong_value(
            "forgot-to-clear",
            "From the second step on, your gradient is the sum of all gradients so far. Clear it in each step.",
            lambda right, *arguments: course(*arguments, kept=1.0),
        ),
        wrong_value(
            "logged-after-the-step",
            "You measured the loss after the step. The exercise asks for the loss before it.",
            lambda right, *arguments: course(*arguments, late=True),
        ),
    )


_LABELS = ((1,), (0,), (1,), (0,), (1,))

TRAIN_STEP = Exercise(
    id="own_engine.train_step",
    number="8.6b",
    title="One step of training",
    way="any",
    difficulty=3,
    importance=5,
    minutes=8,
    points=2,
    cases=(
        case((2, 3, 1), 0.7, Array(_POINTS), Array(_LABELS), 0.3),
        case((2, 4, 1), 1.3, Array(_POINTS[:3]), Array(_LABELS[:3]), 0.5),
        case((2, 3, 3, 1), 0.9, Array(_POINTS[1:]), Array(_LABELS[1:]), 0.2),
    ),
    ask=building_on("train_step", ask_train_step),
    reference=_course,
    mistakes=(
        *_of_a_step(_course),
        wrong_value(
            "nothing-learned",
            "The parameters of the model did not move. A step changes `p.data`, by a gradient that a backward pass has brought. A new "
            "tensor with the name `p` leaves the model as it is.",
            lambda right, *arguments: _course(*arguments, speed=0.0),
        ),
        wrong_value(
            "uphill",
            "Your loss grows from step to step. Check the sign of your step.",
            lambda right, *arguments: _course(*arguments, speed=-1.0),
        ),
        wrong_value(
            "biases-not-trained",
            "Only the matrices moved. The biases are parameters too.",
            lambda right, *arguments: _course(*arguments, biases=0.0),
        ),
        wrong_value(
            "ignored-rate",
            "Your step does not depend on the learning rate. Use the argument `lr`.",
            lambda right, sizes, start, inputs, labels, lr: _course(sizes, start, inputs, labels, 1.0),
        ),
    ),
    hints=(
        "`X` and `y` are arrays, and `lr` is a number. The result is the loss before the step, as a float.",
        "The five parts of lesson 6: forward, log, backward, update, clear. The model is to keep its parameters and see them moved.",
        "For one parameter p the update in place is `p.data -= lr * p.grad`. Think of what would be recorded if p itself stood there.",
        "Read the section 'One step of training' again, and 6.8 of lesson 6.",
    ),
    after=(
        "This is your own engine at work, from the first sum to the trained network. Larger models change the "
        "sizes and not the steps."
    ),
)


# --- 8.7 · The same with nn.Module ----------------------------------------------------------------


def ask_train_in_torch(
    names: Names, sizes: Any, start: float, inputs: Any, labels: Any, lr: float, steps: int
) -> dict[str, Any]:
    """Call a student's training in PyTorch; watch the linear layers that ran and the steps that an optimizer took."""
    counted = {"layers": 0, "steps": 0}
    dtypes: set[torch.dtype] = set()

    def layer_ran(module: nn.Module, _: object, output: Tensor) -> None:
        if isinstance(module, nn.Linear):
            counted["layers"] += 1
            dtypes.add(output.dtype)

    def stepped(*_: object) -> None:
        counted["steps"] += 1

    watches = (
        nn.modules.module.register_module_forward_hook(layer_ran),
        importlib.import_module("torch.optim.optimizer").register_optimizer_step_post_hook(stepped),
    )
    try:
        given = numbers_for(sizes, start)
        result = names["train_in_torch"](given, inputs.copy(), labels.copy(), lr, steps)
    finally:
        for watch in watches:
            watch.remove()
    losses, parameters = result if isinstance(result, tuple | list) and len(result) == 2 else (result, None)
    return {
        "losses": losses,
        "weights": parameters,
        "runs of nn.Linear": "enough" if counted["layers"] >= steps * (len(sizes) - 1) else "too few",
        "precision": "float64" if dtypes <= {torch.float64} else "another one",
        "steps of an optimizer": counted["steps"],
        "the weights that came in": "as they came" if _are_equal(given, numbers_for(sizes, start)) else "changed",
    }


def _right_in_torch(
    sizes: Any, start: float, inputs: Any, labels: Any, lr: float, steps: int, **changes: Any
) -> dict[str, Any]:
    found = _course(sizes, start, inputs, labels, lr, steps=steps, **changes)
    return {
        "losses": found["losses"],
        "weights": found["parameters"],
        "runs of nn.Linear": "enough",
        "precision": "float64",
        "steps of an optimizer": steps,
        "the weights that came in": "as they came",
    }


def _out_in(call: Call) -> bool:
    """Whether the first matrix that came back has as many rows as there are neurons, and two columns, one for each input."""
    shapes = [item.shape for item in measured(call, "weights").items[:2]]
    return len(shapes) == 2 and len(shapes[1]) == 1 and shapes[0] == (shapes[1][0], 2)


TRAIN_IN_TORCH = Exercise(
    id="own_engine.train_in_torch",
    number="8.7",
    title="The same with nn.Module",
    way="any",
    difficulty=3,
    importance=5,
    minutes=12,
    points=1,
    cases=(
        case((2, 3, 3, 1), 0.7, Array(_POINTS), Array(_LABELS), 0.3, 3),
        case((2, 4, 4, 3, 1), 1.3, Array(_POINTS[:3]), Array(_LABELS[:3]), 0.5, 4),
        case((2, 5, 1), 0.9, Array(_POINTS[1:]), Array(_LABELS[1:]), 0.2, 2),
    ),
    ask=ask_train_in_torch,
    reference=_right_in_torch,
    mistakes=(
        Mistake(
            "none-returned",
            "Expected two results: the list of losses, and the list of weights after the last step.",
            shows=lambda call: measured(call, "weights").kind == "nothing",
        ),
        wrong_effect(
            "no-linear-layers",
            "Expected a network of `nn.Linear` layers. They did not run in each step.",
            {"runs of nn.Linear": "too few"},
        ),
        wrong_effect(
            "single-precision",
            "Your layers compute in float32. Make them, and the tensors that go in, of float64: then the result agrees with your own engine.",
            {"precision": "another one"},
        ),
        Mistake(
            "no-optimizer",
            "Expected one `step()` of an optimizer of `torch.optim` in each step.",
            shows=lambda call: effect(call, "steps of an optimizer") == 0.0,
        ),
        wrong_effect(
            "weights-changed",
            "Your training changed the arrays that came in. Copy their numbers into the layers.",
            {"the weights that came in": "changed"},
        ),
        *_of_a_step(_right_in_torch),
        Mistake(
            "transposed-weights",
            "Your weights have rows and columns exchanged. `nn.Linear` keeps its weight as (out, in). The exercise asks for (in, out).",
            shows=_out_in,
        ),
    ),
    hints=(
        "The results are a list of `steps` floats, and a list of arrays in the order and the shapes of the argument `weights`.",
        "`nn.Linear(2, 16)` keeps a weight of shape (16, 2). Copy the weights in, transposed, without recording it.",
        "To set a layer by hand: `with torch.no_grad(): layer.bias.copy_(torch.tensor([1.0, 2.0]))`.",
        "Read the section 'The same in PyTorch' again, with its table of what replaces what.",
    ),
    after=(
        "Same weights, same gradients: you know now what the library does, and that it does no more. It adds "
        "speed, many operators, and processors of other kinds."
    ),
)


# --- 8.8 · Repair a training loop -----------------------------------------------------------------


def normalizing(start: float, outputs: int) -> nn.Module:
    """Return a network in training mode with a batch norm, which differs between the modes."""
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, outputs)).double()
    with torch.no_grad():
        for i, parameter in enumerate(model.parameters()):
            count = torch.arange(1, parameter.numel() + 1, dtype=torch.float64)
            parameter.copy_(torch.sin(start * (i + 1) * count).reshape(parameter.shape))
    return model


def ask_repaired_loop(names: Names, model: nn.Module, inputs: Tensor, targets: Tensor, lr: float, steps: int) -> Any:
    """Call a student's loop, and watch the mode of each tracked pass, the gradients, and the model's own parameters."""
    modes: list[bool] = []
    arrived: dict[int, Tensor] = {}
    stale: list[bool] = []
    parameters = list(model.parameters())
    before = [parameter.detach().clone() for parameter in parameters]

    def ran(module: nn.Module, *_: object) -> None:
        if torch.is_grad_enabled():
            modes.append(all(part.training for part in module.modules()))

    def arrives(gradient_: Tensor, parameter: Tensor) -> None:
        arrived[id(parameter)] = gradient_.detach().clone()

    def added(parameter: Tensor) -> None:
        assert parameter.grad is not None
        stale.append(not torch.allclose(parameter.grad, arrived[id(parameter)], rtol=1e-6, atol=1e-12))

    model.register_forward_hook(ran)
    for parameter in parameters:
        parameter.register_hook(functools.partial(arrives, parameter=parameter))  # type: ignore[no-untyped-call]
        parameter.register_post_accumulate_grad_hook(added)  # type: ignore[no-untyped-call]
    losses, watched = names["repaired_loop"](model, inputs, targets, lr, steps)
    moved = [not torch.equal(old, new.detach()) for old, new in zip(before, parameters, strict=True)]
    return {
        "first loss": losses[0],
        "gradients at each update": "of more than one pass" if any(stale) else "of one pass",
        "the mode of the model while it trains": _mode(modes),
        "the model's own parameters": "moved" if any(moved) else "as before",
        "all losses": [*losses, *watched],
    }


def _mode(modes: Sequence[bool]) -> str:
    """Say in which mode the passes ran that were recorded."""
    if not modes:
        return "unknown, because no forward pass was recorded"
    return (
        "training mode in each pass"
        if all(modes)
        else f"evaluation mode in {modes.count(False)} of {len(modes)} passes"
    )


def _rows_loss(output: Tensor, targets: Tensor) -> Tensor:
    return ((output - targets) ** 2).sum(dim=1).mean()


def _right_loop(
    model: nn.Module,
    inputs: Tensor,
    targets: Tensor,
    lr: float,
    steps: int,
    loss_of: Callable[[Tensor, Tensor], Tensor] = _rows_loss,
) -> dict[str, Any]:
    losses, watched = [], []
    with torch.enable_grad():
        for _ in range(steps):
            model.train()
            loss = loss_of(model(inputs), targets)
            losses.append(loss.item())
            gradients = torch.autograd.grad(loss, list(model.parameters()))
            with torch.no_grad():
                for parameter, step in zip(model.parameters(), gradients, strict=True):
                    parameter.sub_(lr * step)
                watched.append(loss_of(model.eval()(inputs), targets).item())
    return {
        "first loss": losses[0],
        "gradients at each update": "of one pass",
        "the mode of the model while it trains": _mode([True]),
        "the model's own parameters": "moved",
        "all losses": [*losses, *watched],
    }


REPAIRED_LOOP = Exercise(
    id="own_engine.repaired_loop",
    number="8.8",
    title="Repair a training loop",
    way="any",
    difficulty=4,
    importance=5,
    minutes=12,
    points=2,
    partial=True,
    builders={"normalizing": normalizing},
    changes=True,
    cases=(
        case(
            Build("normalizing", (0.7, 2)),
            Array(_POINTS, "torch"),
            Array(((0.3, 1.2), (-0.8, 0.5), (1.7, -0.4), (0.2, 0.9), (-1.1, 0.6)), "torch"),
            0.05,
            4,
        ),
        case(
            Build("normalizing", (1.3, 2)),
            Array(_POINTS[:3], "torch"),
            Array(((1.4, -0.3), (0.8, 0.2), (-0.6, 1.5)), "torch"),
            0.1,
            3,
        ),
        case(
            Build("normalizing", (0.9, 3)),
            Array(_POINTS[1:], "torch"),
            Array(((0.5, -0.7, 1.3), (1.1, 0.4, -0.9), (-0.2, 1.6, 0.6), (0.8, -1.3, 0.2)), "torch"),
            0.08,
            5,
        ),
    ),
    ask=ask_repaired_loop,
    reference=_right_loop,
    mistakes=(
        wrong_value(
            "mean-over-all",
            "Your loss is the mean over all numbers. Expected the sum over each row, and the mean over the rows.",
            lambda right, model, x, y, lr, n: _right_loop(copy.deepcopy(model), x, y, lr, n, functional.mse_loss),
        ),
    ),
    hints=(
        "The result is a tuple of two lists of floats, as in the broken loop: the losses before each step, and the watched losses after it.",
        "Take the symptoms one at a time. Each has one line that causes it. Repair it, and look whether its symptom has gone.",
        "For a table of marks, `marks.sum(dim=1)` has one number for each student, and `marks.sum(dim=0)` one for each exam.",
        "Read the section 'Four symptoms' again. Lessons 3 and 4 have the mean, lesson 5 the clearing, and lesson 6 the other two.",
    ),
    after=(
        "None of the bugs raised an error. In real training it is the same: look at the loss, at the sizes of "
        "gradients, and at what the parameters do, before you look at the code."
    ),
)


LESSON = Lesson(
    number=8,
    name="own_engine",
    title="An engine of your own",
    teaches="How to build an autograd engine, train a network with it, and find the same in PyTorch",
    exercises=(
        TOPOLOGICAL_ORDER,
        VALUE_CLASS,
        UNBROADCAST,
        TENSOR,
        MATMUL,
        RELU,
        BCE_WITH_LOGITS,
        NO_GRAD,
        MLP,
        TRAIN_STEP,
        TRAIN_IN_TORCH,
        REPAIRED_LOOP,
    ),
)
