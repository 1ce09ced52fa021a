"""Variants of an answer's text, each with one thing changed. They are made from text, as text, and nothing is run here.

An edit is a pair of byte positions in the text and what stands between them instead. Its rank says how likely it is: what
people mix up comes first, what merely makes numbers agree comes last.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import combinations, islice, pairwise

from .text import Text, parameters

_MOST = 2000
# Of longer texts, and into longer expressions, nothing is put in: it would be work without an end.
_LONGEST_TEXT = 6_000
_LONGEST = 200
_MOST_NAMES = 12
_MOST_PARTS = 10
_MOST_CALLS = 10
_LONGEST_PART = 40
_MOST_LINKS = 8
# The least rank of what `_Maker._missing` makes.
_MISSING = 3.2
_NAME = re.compile(rb"[A-Za-z_]\w*")

# Functions that are taken for one another.
_NEIGHBOURS = tuple(
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
_WITH_A_SIGN = {"sin": b"cos", "cos": b"sin"}
_OF_EXPONENTS = frozenset(["exp", "exp2", "expm1", "sigmoid"])
_MODULES = frozenset(["math", "np", "numpy", "torch", "F", "nn", "functional", "random"])
# What changes the shape of an array, and no number in it.
_RESHAPING = frozenset(
    ["reshape", "view", "unsqueeze", "squeeze", "flatten", "ravel", "expand_dims", "atleast_1d", "atleast_2d"]
)
# Functions of one argument that are left out, by the module that an answer computes with.
_LEFT_OUT = {
    b"math": (b"sin", b"cos", b"exp", b"log", b"sqrt"),
    b"np": (b"sin", b"cos", b"exp", b"log", b"sqrt"),
    b"torch": (b"sin", b"cos", b"exp", b"log", b"sqrt", b"sigmoid", b"tanh"),
}
# What is done to a tensor by a statement of its own.
_DONE_TO_TENSORS = (b"backward()", b"requires_grad_()", b"retain_grad()", b"grad.zero_()", b"grad = None")
# What a number loses little by.
_TRIMMING = frozenset(["round", "around", "clip", "clamp", "nan_to_num"])
# Of these, what is done to a tensor right after it was made.
_DONE_AT_ONCE = frozenset([b"requires_grad_()", b"retain_grad()"])
_METHODS_OF_STATEMENTS = frozenset(["backward", "zero_", "append", "step", "zero_grad", "eval", "train"])
_OPERATORS: dict[type[ast.operator], str] = {
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
_EXCHANGES: dict[str, tuple[tuple[str, str, float], ...]] = {
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
_COMPARED: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", (">", "<=")),
    ast.LtE: ("<=", (">=", "<")),
    ast.Gt: (">", ("<", ">=")),
    ast.GtE: (">=", ("<=", ">")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Is: ("is", ("is not",)),
    ast.In: ("in", ("not in",)),
}


@dataclass(frozen=True, slots=True)
class Variant:
    """A text with one thing changed: the kind of slip that it mends, the text, and the student's words around it.

    `adds` says that the edit puts in an expression, which makes numbers agree more easily than to take one away.
    """

    kind: str
    source: str
    shown: ast.expr | ast.stmt
    rank: float
    adds: bool


@dataclass(frozen=True)
class Aim:
    """What is known of a mistake, for the order of trying.

    `functions` are those in which it is likely, `name` belongs into the text, and `kinds` are slips that fit the numbers.
    Functions and classes that are `borrowed` stay as they are.
    """

    functions: frozenset[str] = frozenset()
    name: str = ""
    kinds: frozenset[str] = frozenset()
    borrowed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Edit:
    kind: str
    start: int
    end: int
    new: bytes
    shown: ast.expr | ast.stmt
    rank: float
    adds: bool = False


def variants(text: Text, aim: Aim = Aim()) -> Iterator[Variant]:
    """Yield the variants of a text, the likeliest first, and no two that are the same."""
    if len(text.source) > _LONGEST_TEXT:
        return
    maker = _maker(text)
    seen = {text.source}
    for edit in islice(maker.by_rank(aim), _MOST):
        source = (maker.source[: edit.start] + edit.new + maker.source[edit.end :]).decode(errors="replace")
        if source not in seen:
            seen.add(source)
            yield Variant(edit.kind, source, edit.shown, edit.rank, edit.adds)


def enclosing(text: Text, nodes: Sequence[ast.expr | ast.stmt]) -> ast.expr | ast.stmt:
    """Return the smallest expression or statement that holds all of these."""
    spans = [_span(node) for node in nodes]
    start, end = min(one[0] for one in spans), max(one[1] for one in spans)
    around = [
        node
        for node in ast.walk(text.tree)
        if isinstance(node, ast.expr | ast.stmt) and _span(node)[0] <= start and _span(node)[1] >= end
    ]
    return min(around, key=lambda node: _size(text, node), default=nodes[0])


def _span(node: ast.expr | ast.stmt) -> tuple[tuple[int, int], tuple[int, int]]:
    return (node.lineno, node.col_offset), (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)


def _size(text: Text, node: ast.expr | ast.stmt) -> int:
    return len(text.segment(node))


# A short wrong answer is the same text from several students.
@lru_cache(maxsize=32)
def _maker(text: Text) -> _Maker:
    return _Maker(text)


class _Maker:
    """Makes the edits of one text."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.source = text.source.encode()
        self._lines = [0]
        for line in text.source.split("\n"):
            self._lines.append(self._lines[-1] + len(line.encode()) + 1)
        self._functions: tuple[str, ...] = tuple(
            node.name for node in ast.walk(text.tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)
        )
        self._calls = self._functions_in_sight()
        given = Counter(map(self._words, _targets(text.tree)))
        loops = (node for node in ast.walk(text.tree) if isinstance(node, ast.For | ast.While))
        # What may be set again: in another place, or in a loop.
        self._again = {words for words, times in given.items() if times > 1}
        self._again.update(self._words(target) for loop in loops for target in _targets(loop))
        self._tensors = b"torch" in self.source or b".grad" in self.source
        # By the units that were gone through: their likely edits, and what makes those that may be wanted after them.
        self._made: dict[tuple[int, ...], tuple[list[_Edit], list[Callable[[], Iterator[_Edit]]]]] = {}

    def by_rank(self, aim: Aim) -> Iterator[_Edit]:
        """Yield the edits, the likeliest first. What is less likely is not made before it is wanted."""
        units = list(_units(self.text.tree, aim.borrowed))
        near = [one for one in units if isinstance(one, ast.FunctionDef) and one.name in aim.functions]
        for group in (near, [one for one in units if one not in near]):
            yield from self._ranked(group, aim)

    def _ranked(self, units: Sequence[ast.stmt], aim: Aim) -> Iterator[_Edit]:
        # The answer stands before the functions that it calls, and what it does last is the likeliest.
        starts = [one.lineno for one in units]
        key = tuple(starts)
        if key not in self._made:
            self._later: list[Callable[[], Iterator[_Edit]]] = []
            found = sorted(self._all_edits(units), key=lambda edit: edit.rank)
            self._made[key] = found, self._later
        edits, later = self._made[key]
        wanted = re.compile(rb"\b%b\b" % re.escape(aim.name.encode())) if aim.name else None

        def fits(edit: _Edit) -> bool:
            return edit.kind in aim.kinds or bool(wanted and wanted.search(edit.new))

        def unlikely(edit: _Edit) -> tuple[float, int, int]:
            return edit.rank, bisect(starts, edit.shown.lineno), -edit.shown.lineno

        likely = bisect(edits, _MISSING, key=lambda edit: edit.rank)
        # What puts in an expression makes numbers agree more easily: it never comes before what is likely.
        yield from sorted((edit for edit in edits[:likely] if fits(edit) and not edit.adds), key=unlikely)
        yield from sorted((edit for edit in edits[:likely] if edit.adds or not fits(edit)), key=unlikely)
        missing = [*edits[likely:], *(edit for make in later for edit in make())]
        yield from sorted(filter(fits, missing), key=unlikely)
        yield from sorted((edit for edit in missing if not fits(edit)), key=unlikely)

    def _all_edits(self, units: Sequence[ast.stmt]) -> Iterator[_Edit]:
        for unit in units:
            names = self._names_in_sight(unit)
            self._parts = self._parts_in_sight(unit, names)
            yield from self._walk(unit, names, None, ())

    def _names_in_sight(self, top: ast.stmt) -> tuple[str, ...]:
        """Return the names of parameters and of what is assigned, those that are met first, first."""
        found: dict[str, None] = {}
        for node in ast.walk(top):
            match node:
                case ast.FunctionDef() | ast.Lambda():
                    found |= dict.fromkeys(one.arg for one in parameters(node))
                case ast.Name(name, ast.Store()):
                    found[name] = None
        for name in (*self._functions, "self", "_"):
            found.pop(name, None)
        return tuple(found)[:_MOST_NAMES]

    def _functions_in_sight(self) -> tuple[bytes, ...]:
        """Return the functions of one argument that the text calls, and those that belong beside them."""
        called: dict[bytes, None] = {}
        for node in ast.walk(self.text.tree):
            match node:
                case ast.Call(ast.Name(name), [_], []) if name not in ("range", "len", "print", "zip", "enumerate"):
                    called[name.encode()] = None
                case ast.Call(ast.Attribute(ast.Name(module), name), [_], []) if module in ("math", "np", "torch"):
                    called[f"{module}.{name}".encode()] = None
        for origin, names in _LEFT_OUT.items():
            if re.search(rb"\b%b\." % origin, self.source):
                called |= dict.fromkeys(origin + b"." + name for name in names)
        return tuple(called)[:_MOST_CALLS]

    def _parts_in_sight(self, top: ast.stmt, names: tuple[str, ...]) -> tuple[bytes, ...]:
        """Return short expressions that may be missing elsewhere: those that stand in the text, and functions of names."""
        parts: dict[bytes, None] = {}
        for node in ast.walk(top):
            match node:
                case (
                    ast.Call(_, [_, *_], _)
                    | ast.BinOp()
                    | ast.Subscript(ctx=ast.Load())
                    | ast.Attribute(ctx=ast.Load())
                ):
                    words = self._group(node)
                    if len(words) <= _LONGEST_PART and b"\n" not in words:
                        parts[words] = None
        one_minus = [b"(1-%b)" % name.encode() for name in names[:4]]
        found = [*one_minus, *list(parts)[:_MOST_PARTS]]
        called = [one for one in self._calls if re.search(rb"\b%b\(" % re.escape(one), self.source)]
        found += [b"%b(%b)" % (one, name.encode()) for one in called[:3] for name in names[:3]]
        found += [b"%b%b" % (one, name) for one in called[:3] for name in one_minus[:3]]
        return tuple(dict.fromkeys(found))

    # Positions

    def _start(self, node: ast.expr | ast.stmt) -> int:
        return self._lines[node.lineno - 1] + node.col_offset

    def _end(self, node: ast.expr | ast.stmt) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._lines[node.end_lineno - 1] + node.end_col_offset

    def _words(self, node: ast.expr | ast.stmt) -> bytes:
        return self.source[self._start(node) : self._end(node)]

    def _group(self, node: ast.expr) -> bytes:
        """Return the words of an expression in brackets where it needs any."""
        words = self._words(node)
        return (
            words
            if isinstance(node, ast.Name | ast.Constant | ast.Call | ast.Attribute | ast.Subscript)
            else b"(%b)" % words
        )

    def _between(self, left: ast.expr, right: ast.expr, token: str) -> tuple[int, int] | None:
        """Return where a token stands between two expressions."""
        start, end = self._end(left), self._start(right)
        found = re.search(rb"(?<![*/<>=!])" + re.escape(token.encode()) + rb"(?![*/=])", self.source[start:end])
        return None if found is None else (start + found.start(), start + found.end())

    # The walk

    def _walk(
        self, node: ast.AST, names: tuple[str, ...], parent: ast.AST | None, within: tuple[str, ...]
    ) -> Iterator[_Edit]:
        if isinstance(node, ast.JoinedStr | ast.arguments | ast.arg | ast.alias):
            return
        if isinstance(node, ast.expr):
            yield from self._expression(node, names, parent, within)
        elif isinstance(node, ast.stmt):
            yield from self._statement(node, names)
        below = within
        match node:
            case ast.Subscript():
                below = (*within, "index")
            case ast.Call(ast.Name("range")):
                below = (*within, "index")
        decorators = getattr(node, "decorator_list", [])
        hints = [one for one in (getattr(node, "annotation", None), getattr(node, "returns", None)) if one is not None]
        for child in ast.iter_child_nodes(node):
            if child in decorators or child in hints:
                continue
            if isinstance(child, ast.keyword) and isinstance(child.value, ast.Constant):
                # The number of an option says little without its call.
                yield from self._constant(
                    child.value, node if isinstance(node, ast.expr) else child.value, ("keyword",)
                )
                continue
            yield from self._walk(child, names, node, below)

    def _replace(
        self, kind: str, node: ast.expr, new: bytes, rank: float, shown: ast.expr | None = None, adds: bool = False
    ) -> _Edit:
        # What stood there needed no brackets among its neighbours; what is made of it may.
        if not _NAME.fullmatch(new):
            new = b"(%b)" % new
        return _Edit(kind, self._start(node), self._end(node), new, shown or node, rank, adds)

    def _expression(
        self, node: ast.expr, names: tuple[str, ...], parent: ast.AST | None, within: tuple[str, ...]
    ) -> Iterator[_Edit]:
        shown = _shown(node, parent)
        match node:
            case ast.BinOp():
                yield from self._operation(node, parent)
            case ast.UnaryOp(ast.USub(), operand):
                yield self._replace("slip.sign", node, self._words(operand), 1.0, shown)
                match operand:
                    case ast.BinOp(left, ast.Pow(), right):
                        new = b"(-%b)**%b" % (self._group(left), self._group(right))
                        yield self._replace("slip.brackets", node, new, 1.5)
            case ast.UnaryOp(ast.Not(), operand):
                yield self._replace("slip.comparison", node, self._words(operand), 1.0)
            case ast.Constant():
                yield from self._constant(node, shown, within)
            case ast.Name(name, ast.Load()) if name in names:
                yield from self._name(node, names, shown)
            case ast.Call():
                yield from self._call(node)
            case ast.Compare(left, [op], [right]) if type(op) in _COMPARED:
                token, others = _COMPARED[type(op)]
                at = self._between(left, right, token)
                if at is not None:
                    for other in others:
                        yield _Edit("slip.comparison", *at, other.encode(), node, 1.5)
            case ast.BoolOp(op, [first, second, *_]):
                token, other = ("and", "or") if isinstance(op, ast.And) else ("or", "and")
                at = self._between(first, second, token)
                if at is not None:
                    yield _Edit("slip.comparison", *at, other.encode(), node, 2.0)
            case ast.IfExp(test, _, _):
                yield self._replace("slip.comparison", test, b"not (%b)" % self._words(test), 1.5, node)
            case ast.Tuple(items, ast.Load()) | ast.List(items, ast.Load()):
                if len(items) == 1 and not isinstance(items[0], ast.Starred):
                    yield self._replace("slip.shape", node, self._group(items[0]), 1.9, shown)
                yield from self._exchange(node, items, "slip.exchanged-entries", 1.5)
            case ast.Dict(_, items):
                yield from self._exchange(node, items, "slip.exchanged-entries", 1.5)
            case ast.Subscript(value, slice_, ast.Load()):
                yield self._replace("slip.index", node, self._words(value), 3.0)
                yield from self._slice(node, slice_)
            case ast.Attribute(value, name, ast.Load()):
                yield from self._attribute(node, value, name)
                if not (isinstance(parent, ast.Call) and parent.func is node) and not isinstance(parent, ast.Attribute):
                    yield self._replace("slip.dropped-call", node, self._words(node) + b"()", 3.1, shown)
        if _is_number_like(node, parent):
            yield from self._put_in(node, names, parent)

    def _operation(self, node: ast.BinOp, parent: ast.AST | None) -> Iterator[_Edit]:
        token = _OPERATORS.get(type(node.op))
        at = None if token is None else self._between(node.left, node.right, token)
        if token is None or at is None:
            return
        left, right = self._group(node.left), self._group(node.right)
        for kind, other, rank in _EXCHANGES.get(token, ()):
            yield _Edit(kind, *at, other.encode(), node, rank)
        product = token in "*/@//"
        kind = "slip.extra-factor" if product else "slip.extra-term" if token in "+-" else "slip.extra-power"
        # A product with 1 and a sum with 0 change no number: what they change is that the result is no leaf.
        match node.right:
            case ast.Constant(0 | 1 as neutral) if (
                self._tensors and neutral == int(product) and type(neutral) is not bool
            ):
                yield self._replace("slip.no-leaf", node, left, 1.4)
        yield self._replace(kind, node, left, 1.5)
        rest = {"-": b"-%b", "/": b"1/%b"}.get(token, b"%b") % right
        yield self._replace(kind, node, rest, 2.0 if kind == "slip.extra-factor" else 3.1)
        match node.left, node.op, node.right:
            # A power is taken for a product, and the other way round.
            case ast.Constant(), ast.Mult(), _:
                yield self._replace("slip.operator", node, b"%b**%b" % (right, left), 2.5)
            case _, ast.Pow(), ast.Constant():
                yield self._replace("slip.operator", node, b"%b*%b" % (right, left), 2.5)
        match node.left, node.right:
            case (
                (ast.Call(ast.Name(f), [a], []) | ast.Call(ast.Attribute(ast.Name(), f), [a], [])),
                (ast.Call(ast.Name(g), [b], []) | ast.Call(ast.Attribute(ast.Name(), g), [b], [])),
            ) if f == g and token in "+-":
                new = b"%b(%b%b%b)" % (self._words(node.left.func), self._words(a), token.encode(), self._group(b))
                yield self._replace("slip.brackets", node, new, 1.9)
        if token in ("-", "/", "**", "@"):
            yield self._replace("slip.exchanged-operands", node, right + token.encode() + left, 1.5)
        yield from self._brackets(node, parent)

    def _brackets(self, node: ast.BinOp, parent: ast.AST | None) -> Iterator[_Edit]:
        """Yield the other ways to set the brackets in a chain of operations: one pair more, or one less."""
        around = self._pair_around(node)
        if around is not None:
            start, end = around
            # `return(a + b)` and `(x + 2).sum()` need a space there.
            before = b" " if self.source[start - 1 : start].isalnum() else b""
            new = b"%b%b " % (before, self.source[start + 1 : end - 1])
            yield _Edit("slip.brackets", start, end, new, node, 1.5)
        yield from self._taken_in(node)
        if around is None and isinstance(parent, ast.BinOp):
            return
        links = list(self._links(node))[:_MOST_LINKS]
        for i, j in combinations(range(len(links)), 2):
            if (i, j) != (0, len(links) - 1):
                start, end = links[i][0], links[j][1]
                yield _Edit("slip.brackets", start, end, b"(%b)" % self.source[start:end], node, 1.5)

    def _taken_in(self, node: ast.BinOp) -> Iterator[_Edit]:
        """Yield a call with the operand beside it taken into its brackets, or the last one in them left outside."""
        for side, other in ((node.left, node.right), (node.right, node.left)):
            match side:
                case ast.Call(_, [argument], []) if side is node.left and not isinstance(argument, ast.GeneratorExp):
                    end = self._end(argument)
                    new = self.source[self._end(side) : self._end(other)] + b")"
                    yield _Edit("slip.brackets", end, self._end(other), new, node, 1.9)
                case ast.Call(_, [ast.BinOp(a)], []):
                    new = b")" + self.source[self._end(a) : self._end(side) - 1]
                    yield _Edit("slip.brackets", self._end(a), self._end(side), new, node, 1.9)
                case ast.Call(ast.Attribute(inner), [], _) if side is node.right:
                    new = b"(%b)" % self.source[self._start(node) : self._end(inner)]
                    yield _Edit("slip.brackets", self._start(node), self._end(inner), new, node, 1.9)

    def _split(self, node: ast.Call, argument: ast.BinOp) -> Iterator[_Edit]:
        """Yield a call whose brackets end earlier: `f(a * b * c)` as `f(a * b) * c`."""
        before: ast.expr = argument
        while isinstance(before, ast.BinOp) and self._pair_around(before) is None:
            before = before.left
            end = self._end(before)
            new = b"%b)%b" % (self.source[self._start(node) : end], self.source[end : self._end(argument)])
            yield self._replace("slip.brackets", node, new, 1.9)

    def _links(self, node: ast.expr) -> Iterator[tuple[int, int]]:
        """Yield the operands of a chain of operations, those in brackets of their own as one."""
        for side in (node.left, node.right) if isinstance(node, ast.BinOp) else ():
            around = self._pair_around(side)
            if around is not None:
                yield around
            elif isinstance(side, ast.BinOp):
                yield from self._links(side)
            else:
                yield self._start(side), self._end(side)

    def _pair_around(self, node: ast.expr) -> tuple[int, int] | None:
        """Return where the brackets around an expression stand; None where it has none of its own."""
        before = self.source[: self._start(node)].rstrip()
        after = self.source[self._end(node) :]
        gap = len(after) - len(after.lstrip())
        if not before.endswith(b"(") or not after.lstrip().startswith(b")"):
            return None
        if re.search(rb"[\w\])]$", before[:-1].rstrip()) and not re.search(
            rb"\b(return|in|and|or|not|if|else)$", before[:-1].rstrip()
        ):
            return None
        return len(before) - 1, self._end(node) + gap + 1

    def _constant(self, node: ast.Constant, shown: ast.expr, within: tuple[str, ...]) -> Iterator[_Edit]:
        value = node.value
        if isinstance(value, bool):
            yield self._replace("slip.keyword", node, str(not value).encode(), 1.0, shown)
        elif isinstance(value, int | float) and abs(value) < 1e6:
            kind = "slip.index" if "index" in within else "slip.keyword" if "keyword" in within else "slip.number"
            others: dict[int | float, float] = {}
            for number, rank in (
                (value + 1, 1.5),
                (value - 1, 1.5),
                (-value, 2.5),
                (2 * value, 2.0),
                (value / 2, 2.0),
                (0, 3.0),
                (1, 3.0),
                (2, 3.0),
                (3, 3.5),
                (value * 10, 4.0),
                (value / 10, 4.0),
            ):
                if kind != "slip.number" and isinstance(value, int) and number != int(number):
                    continue
                others.setdefault(int(number) if number == int(number) and isinstance(value, int) else number, rank)
            for other, rank in others.items():
                if other != value:
                    said = "slip.sign" if kind == "slip.number" and other == -value else kind
                    yield self._replace(said, node, repr(other).encode(), rank, shown)

    def _name(self, node: ast.Name, names: tuple[str, ...], shown: ast.expr) -> Iterator[_Edit]:
        for other in names:
            if other != node.id:
                yield self._replace("slip.name", node, other.encode(), 2.5, shown)
        if shown is not node and isinstance(shown, ast.Call | ast.BinOp | ast.UnaryOp):
            yield self._replace("slip.dropped-term", node, b"1-%b" % node.id.encode(), 4.4, shown, adds=True)

    def _call(self, node: ast.Call) -> Iterator[_Edit]:
        match node.func:
            case ast.Attribute(value, name):
                end = self._end(node.func)
                start = end - len(name.encode())
                yield from self._neighbours(node, name, start, end)
                # Of a function of a module there is no object that could stand for the call.
                if not (isinstance(value, ast.Name) and value.id in _MODULES and node.args):
                    kind = "slip.shape" if name in _RESHAPING else "slip.extra-call"
                    yield self._replace(kind, node, self._words(value), 1.9)
                yield from self._first_argument(node, name)
                if name.endswith("_") and not name.endswith("__") and isinstance(value, ast.Name):
                    at = self._end(value)
                    yield _Edit("slip.in-place", at, at, b".detach().clone()", node, 1.9, True)
                if name == "backward" and not node.keywords:
                    inner = b", ".join([*(self._words(one) for one in node.args), b"retain_graph=True"])
                    new = b"%b(%b)" % (self._words(node.func), inner)
                    yield self._replace("slip.keyword", node, new, 3.0, adds=True)
                if name == "tensor" and node.args and not node.keywords:
                    new = b"%b(%b, requires_grad=True)" % (self._words(node.func), self._words(node.args[0]))
                    yield self._replace("slip.keyword", node, new, 3.0, adds=True)
            case ast.Name(name):
                yield from self._neighbours(node, name, self._start(node.func), self._end(node.func))
                yield from self._first_argument(node, name)
                if name == "range":
                    last = node.args[-1:] or []
                    for one in last:
                        for change in (b"+1", b"-1"):
                            yield self._replace("slip.index", one, self._group(one) + change, 2.0, node)
                    if len(node.args) == 1:
                        new = b"range(1, %b+1)" % self._group(node.args[0])
                        yield self._replace("slip.index", node, new, 1.9)
        match node.args, node.keywords:
            case [ast.BinOp() as argument], []:
                yield from self._split(node, argument)
                yield from self._spread(node, argument)
        yield from self._exchange(node, node.args, "slip.exchanged-arguments", 1.5)
        for keyword in node.keywords:
            before = [*node.args, *(one.value for one in node.keywords if one is not keyword)]
            if keyword.arg is None or not all(self._end(one) < self._start(keyword.value) for one in before):
                continue
            start = max((self._end(one) for one in before), default=self._end(node.func) + 1)
            if b"\n" not in self.source[start : self._end(keyword.value)]:
                yield _Edit("slip.keyword", start, self._end(keyword.value), b"", node, 2.5)

    def _first_argument(self, node: ast.Call, name: str) -> Iterator[_Edit]:
        """Yield the first argument in place of a call that has no other, or that only trims a number."""
        trims = name in _TRIMMING
        if node.args and (trims or len(node.args) == 1) and not isinstance(node.args[0], ast.Starred):
            yield self._replace("slip.extra-call", node, self._group(node.args[0]), 1.2 if trims else 1.5)

    def _spread(self, node: ast.Call, argument: ast.BinOp) -> Iterator[_Edit]:
        """Yield a call of a sum as a sum of calls, which it is for straight lines only."""
        if isinstance(argument.op, ast.Add | ast.Sub):
            function, between = self._words(node.func), b"+" if isinstance(argument.op, ast.Add) else b"-"
            parts = (self._words(argument.left), self._words(argument.right))
            new = b"%b(%b)%b%b(%b)" % (function, parts[0], between, function, parts[1])
            yield self._replace("slip.brackets", node, new, 1.9)

    def _neighbours(self, node: ast.Call, name: str, start: int, end: int) -> Iterator[_Edit]:
        others = dict.fromkeys(one for group in _NEIGHBOURS if name in group for one in sorted(group))
        for other in others:
            if other != name:
                yield _Edit("slip.function", start, end, other.encode(), node, 2.0)
        # The sine and the cosine are taken for one another together with the sign of a derivative.
        if name in _WITH_A_SIGN:
            words = self._words(node)
            at = start - self._start(node)
            new = words[:at] + _WITH_A_SIGN[name] + words[at + len(name) :]
            yield self._replace("slip.function", node, b"-" + new, 2.1)

    def _exchange(self, node: ast.expr, items: Sequence[ast.expr], kind: str, rank: float) -> Iterator[_Edit]:
        for a, b in combinations(items[:5], 2):
            # What is asked and what is taken are not mixed up.
            if isinstance(a, ast.Starred | ast.Compare) or isinstance(b, ast.Starred | ast.Compare):
                continue
            middle = self.source[self._end(a) : self._start(b)]
            new = self._words(b) + middle + self._words(a)
            yield _Edit(kind, self._start(a), self._end(b), new, node, rank)

    def _slice(self, node: ast.Subscript, slice_: ast.expr) -> Iterator[_Edit]:
        if isinstance(slice_, ast.Name):
            for change in (b"-1", b"+1"):
                yield self._replace("slip.index", slice_, self._words(slice_) + change, 2.0, node)
        if isinstance(slice_, ast.Slice):
            value = self._group(node.value)
            lower, upper = (b"" if one is None else self._words(one) for one in (slice_.lower, slice_.upper))
            for new in (b"[%b:]" % lower, b"[:%b]" % upper, b"[::-1]"):
                yield self._replace("slip.index", node, value + new, 3.0)

    def _attribute(self, node: ast.Attribute, value: ast.expr, name: str) -> Iterator[_Edit]:
        if name in ("T", "data", "mT"):
            yield self._replace(
                "slip.transpose" if name != "data" else "slip.extra-call", node, self._words(value), 1.5
            )
        if name in ("float32", "float64"):
            other = b"float64" if name == "float32" else b"float32"
            yield self._replace("slip.keyword", node, self._words(value) + b"." + other, 3.0)
        if name == "grad":
            yield self._replace("slip.alias", node, self._words(node) + b".clone()", 1.9, adds=True)

    def _put_in(self, node: ast.expr, names: tuple[str, ...], parent: ast.AST | None) -> Iterator[_Edit]:
        """Yield what is likely to be missing at an expression, as a sign. Leave for later what may be missing too."""
        words = self._group(node)
        if len(words) > _LONGEST:
            return
        whole = not isinstance(parent, ast.expr) or isinstance(parent, ast.Dict | ast.Tuple | ast.List)
        shown = _shown(node, parent)
        self._later.append(partial(self._missing, node, names, parent, shown, whole, self._parts))
        if not isinstance(node, ast.UnaryOp):
            # The sign that is lost most often is the one in an exponent.
            rank = 1.2 if _is_call_of(parent, _OF_EXPONENTS) else 2.6 if whole or isinstance(parent, ast.Call) else 3.1
            yield self._replace("slip.sign", node, b"-" + words, rank, shown)
        if self._tensors and isinstance(parent, ast.Call) and isinstance(node, ast.Name):
            yield self._replace("slip.dropped-call", node, b"float(%b)" % words, 2.5, shown, adds=True)
        if self._tensors and isinstance(parent, ast.Assign) and not isinstance(node, ast.Constant):
            new = b"torch.tensor(%b, requires_grad=True)" % self._words(node)
            yield self._replace("slip.dropped-call", node, new, 2.5, shown, adds=True)

    def _missing(
        self,
        node: ast.expr,
        names: tuple[str, ...],
        parent: ast.AST | None,
        shown: ast.expr,
        whole: bool,
        parts: tuple[bytes, ...],
    ) -> Iterator[_Edit]:
        """Yield what may be missing at an expression: a factor, a term, a power, a call, a step of an array."""
        words, late = self._group(node), 0.0 if whole else 1.0
        for factor in (b"2", *(name.encode() for name in names)):
            if factor == words:
                continue
            yield self._replace("slip.dropped-factor", node, b"%b*%b" % (words, factor), 3.5 + late, shown, adds=True)
            yield self._replace("slip.dropped-factor", node, b"%b/%b" % (words, factor), 4.0 + late, shown, adds=True)
        for name in names[:4]:
            new = b"%b/len(%b)" % (words, name.encode())
            yield self._replace("slip.dropped-factor", node, new, 4.0 + late, shown, adds=True)
        for term in (b"1", *(name.encode() for name in names)):
            for sign in (b"+", b"-"):
                new = b"%b%b%b" % (words, sign, term)
                yield self._replace("slip.dropped-term", node, new, 5.0 + late, shown, adds=True)
        yield self._replace("slip.dropped-power", node, b"%b**2" % words, 3.5 + late, shown, adds=True)
        if not isinstance(node, ast.Constant):
            for call in self._calls:
                new = b"%b(%b)" % (call, self._words(node))
                yield self._replace("slip.dropped-call", node, new, 5.2 + late, shown, adds=True)
        if whole or isinstance(node, ast.BinOp | ast.Call) or isinstance(parent, ast.BinOp):
            for part in parts:
                if part == words:
                    continue
                for kind, sign in (
                    ("slip.dropped-factor", b"*"),
                    ("slip.dropped-factor", b"/"),
                    ("slip.dropped-term", b"+"),
                    ("slip.dropped-term", b"-"),
                ):
                    rank = 6.0 + late + (0.5 if sign in b"/-" else 0.0)
                    yield self._replace(kind, node, b"%b%b%b" % (words, sign, part), rank, shown, adds=True)
        if not whole:
            yield self._replace("slip.dropped-call", node, b"abs(%b)" % self._words(node), 5.0, shown, adds=True)
        if whole and (self._tensors or b"np" in self.source):
            for name in names[:4]:
                for new in (b"%b.T@%b", b"%b@%b"):
                    factor = new % (name.encode(), words)
                    yield self._replace("slip.dropped-factor", node, factor, 5.0, shown, adds=True)
        if (whole or isinstance(parent, ast.BinOp)) and not isinstance(node, ast.Constant):
            for more in (
                b".sum(0)",
                b".T",
                b".sum()",
                b".mean()",
                b".prod()",
                b"[::-1]",
                b".detach()",
                b".item()",
                b".clone()",
                b"[0]",
                *((b".ravel()",) if whole else ()),
            ):
                kind = {b".T": "slip.transpose", b".ravel()": "slip.shape"}.get(more, "slip.dropped-call")
                rank = {b".T": 3.2, b".ravel()": 6.0}.get(more, 4.5)
                yield self._replace(kind, node, words + more, rank + late, shown, adds=True)

    # Statements

    def _exchanged_functions(self, node: ast.Return | ast.Assign | ast.AugAssign) -> Iterator[_Edit]:
        """Yield a statement in which two functions that are taken for one another stand in each other's place."""
        called: dict[str, list[tuple[int, int]]] = {}
        for call in ast.walk(node):
            match call:
                case ast.Call(ast.Name(name) | ast.Attribute(_, name) as function):
                    end = self._end(function)
                    called.setdefault(name, []).append((end - len(name.encode()), end))
        for one, other in combinations(sorted(called), 2):
            if any(one in group and other in group for group in _NEIGHBOURS):
                places = sorted([*((at, other) for at in called[one]), *((at, one) for at in called[other])])
                new, last = b"", self._start(node)
                for (start, end), name in places:
                    new, last = new + self.source[last:start] + name.encode(), end
                yield _Edit("slip.exchanged-functions", self._start(node), last, new, node, 2.0)

    def _statement(self, node: ast.stmt, names: tuple[str, ...]) -> Iterator[_Edit]:
        if isinstance(node, ast.Return | ast.Assign | ast.AugAssign):
            yield from self._exchanged_functions(node)
        match node:
            case ast.Expr(ast.Attribute(_, name) as value) if name in _METHODS_OF_STATEMENTS:
                yield self._replace("slip.dropped-call", value, self._words(value) + b"()", 1.0)
            case ast.Expr(ast.Call(ast.Attribute(ast.Name(owner), name))) if name.endswith("_"):
                start, rest = owner.encode(), self._words(node)[len(owner.encode()) :]
                new = b"%b = %b.detach().clone()%b" % (start, start, rest)
                yield _Edit("slip.in-place", self._start(node), self._end(node), new, node, 1.9, True)
            case ast.Expr(ast.Name() | ast.BinOp() | ast.UnaryOp() | ast.Attribute() | ast.Call() as value):
                if self._tensors:
                    new = b"(%b).backward()" % self._words(value)
                    yield self._replace("slip.dropped-call", value, new, 1.5, adds=True)
            case ast.Assign([ast.Name() | ast.Subscript() as target], value) if self._words(target) in self._again:
                between = self.source[self._end(target) : self._start(value)]
                at = self._end(target) + between.find(b"=")
                yield _Edit("slip.accumulate", at, at + 1, b"+=", node, 2.0)
            case ast.AugAssign(target, op, value) if type(op) in _OPERATORS:
                between = self.source[self._end(target) : self._start(value)]
                token = _OPERATORS[type(op)].encode() + b"="
                at = self._end(target) + between.find(token)
                if isinstance(target, ast.Name):
                    new = b"%b = %b %b (%b)" % (
                        self._words(target),
                        self._words(target),
                        _OPERATORS[type(op)].encode(),
                        self._words(value),
                    )
                    yield _Edit("slip.in-place", self._start(node), self._end(node), new, node, 1.9)
                other = {"+=": b"-=", "-=": b"+=", "*=": b"/=", "/=": b"*="}.get(token.decode())
                yield _Edit("slip.accumulate", at, at + len(token), b"=", node, 1.5)
                if other is not None:
                    yield _Edit(
                        "slip.sign" if token in (b"+=", b"-=") else "slip.operator", at, at + 2, other, node, 1.0
                    )
            case ast.If(test, _, _) | ast.While(test, _, _):
                yield self._replace("slip.comparison", test, b"not (%b)" % self._words(test), 1.5)
        for body in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
            if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
                yield from self._block(node, body)
                yield from self._left_out(node, body, names)

    def _block(self, around: ast.stmt, body: list[ast.stmt]) -> Iterator[_Edit]:
        lines = [self._whole_lines(one) for one in body]
        for statement, at in zip(body, lines, strict=True):
            if isinstance(statement, ast.Pass) and isinstance(around, ast.If):
                span = self._start(statement), self._end(statement)
                yield _Edit("slip.dropped-statement", *span, b"raise ValueError", statement, 1.5, True)
            if at is None or isinstance(statement, ast.FunctionDef | ast.ClassDef):
                continue
            indent = b" " * statement.col_offset
            if not isinstance(statement, ast.Return):
                yield _Edit("slip.statement", *at, indent + b"pass\n", statement, 2.5)
        for (first, one), (second, two) in pairwise(zip(body, lines, strict=True)):
            if one is not None and two is not None and one[1] <= two[0]:
                middle = self.source[one[1] : two[0]]
                new = _ended(self.source[slice(*two)]) + middle + self.source[slice(*one)]
                if not isinstance(second, ast.Return):
                    yield _Edit("slip.order", one[0], two[1], new, first, 1.9)
            if isinstance(first, ast.For | ast.While | ast.With) and two is not None and one is not None:
                inside = first.body[0].col_offset - second.col_offset
                if inside > 0 and first.body[0].lineno > first.lineno:
                    new = self._indented(two, b" " * inside)
                    yield _Edit("slip.indent", *two, new, second, 3.0)
        last = lines[-1]
        # No `elif` can be moved out, and no statement that stands before an `else`.
        movable = body[-1].end_lineno == around.end_lineno and not self._is_elif(body[-1])
        if isinstance(around, ast.For | ast.While | ast.With | ast.If) and last is not None and movable:
            outside = body[-1].col_offset - around.col_offset
            words = self.source[slice(*last)]
            moved = b"".join(line.removeprefix(b" " * outside) for line in words.splitlines(keepends=True))
            left = b"" if len(body) > 1 else b" " * body[-1].col_offset + b"pass\n"
            yield _Edit("slip.indent", *last, left + moved, body[-1], 2.0)

    def _left_out(self, around: ast.stmt, body: list[ast.stmt], names: tuple[str, ...]) -> Iterator[_Edit]:
        """Yield blocks with one more statement: what is done to a tensor, or a return at the end."""
        indent = b"\n" + b" " * body[0].col_offset
        last = body[-1]
        if isinstance(around, ast.FunctionDef) and not isinstance(last, ast.Return):
            match last:
                case ast.Expr(ast.Call(ast.Name("print"), [value])) | ast.Expr(value):
                    new = b"return " + self._words(value)
                    yield _Edit("slip.dropped-return", self._start(last), self._end(last), new, last, 1.0, True)
                case ast.Assign([ast.Name(name)]) | ast.AugAssign(ast.Name(name)):
                    new = indent + b"return " + name.encode()
                    yield _Edit("slip.dropped-return", self._end(last), self._end(last), new, last, 1.0, True)
        if not self._tensors:
            return
        made: dict[str, ast.stmt] = {}
        for statement in body:
            at = self._whole_lines(statement)
            match statement:
                case ast.Assign([ast.Name(target)]):
                    made[target] = statement
            # Right before an `elif`, or between a decorator and its function, no statement can stand.
            parted = isinstance(statement, ast.FunctionDef | ast.ClassDef) or self._is_elif(statement)
            if at is None or parted:
                continue
            empty = isinstance(statement, ast.Pass)
            for name in names:
                for done in _DONE_TO_TENSORS:
                    new = b"%b.%b" % (name.encode(), done)
                    if empty:
                        where = (self._start(statement), self._end(statement))
                    else:
                        new, where = new + indent, (self._start(statement), self._start(statement))
                    # It is missing before what reads its effect, or right after what it is done to.
                    near = name.encode() in self.source[slice(*at)]
                    rank = 1.5 if empty else 4.2 if near else 5.2
                    shown = made.get(name, statement) if done in _DONE_AT_ONCE else statement
                    yield _Edit("slip.dropped-statement", *where, new, shown, rank, True)
            match statement:
                case ast.AugAssign() | ast.Expr(ast.Call(ast.Attribute())):
                    new = b"with torch.no_grad(): " + self._words(statement)
                    where = (self._start(statement), self._end(statement))
                    yield _Edit("slip.dropped-statement", *where, new, statement, 3.0, True)

    def _is_elif(self, statement: ast.stmt) -> bool:
        return isinstance(statement, ast.If) and self._words(statement).startswith(b"elif")

    def _whole_lines(self, statement: ast.stmt) -> tuple[int, int] | None:
        """Return the lines of a statement that has them for itself; None of another."""
        assert statement.end_lineno is not None
        start, end = self._lines[statement.lineno - 1], min(self._lines[statement.end_lineno], len(self.source))
        before = self.source[start : self._start(statement)]
        after = self.source[self._end(statement) : end].strip()
        if before.strip() or (after and not after.startswith(b"#")):
            return None
        return start, end

    def _indented(self, at: tuple[int, int], indent: bytes) -> bytes:
        return b"".join(indent + line for line in self.source[slice(*at)].splitlines(keepends=True))


def _shown(node: ast.expr, parent: ast.AST | None) -> ast.expr:
    """Return what is shown where an expression changes: what it is an operand or an argument of, and not a whole list or dict."""
    if isinstance(parent, ast.expr) and not isinstance(parent, ast.Dict | ast.Tuple | ast.List | ast.Set):
        return parent
    return node


def _targets(tree: ast.AST) -> Iterator[ast.Name | ast.Subscript]:
    """Yield the names and the entries that statements of a tree give a value."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (one for one in targets if isinstance(one, ast.Name | ast.Subscript))


def _units(tree: ast.Module, borrowed: frozenset[str]) -> Iterator[ast.stmt]:
    """Yield what has names of its own: the statements at the top of a text, and those of a class in place of the class."""
    for top in tree.body:
        if isinstance(top, ast.FunctionDef | ast.ClassDef) and top.name in borrowed:
            continue
        if isinstance(top, ast.ClassDef):
            yield from top.body
        else:
            yield top


def _is_call_of(node: ast.AST | None, names: frozenset[str]) -> bool:
    match node:
        case ast.Call(ast.Name(name) | ast.Attribute(_, name)):
            return name in names
    return False


def _ended(lines: bytes) -> bytes:
    return lines if lines.endswith(b"\n") else lines + b"\n"


def _is_number_like(node: ast.expr, parent: ast.AST | None) -> bool:
    """Whether something may be put in at an expression: at values, and not at what is called or assigned to."""
    if not isinstance(
        node, ast.BinOp | ast.Call | ast.Name | ast.Attribute | ast.Subscript | ast.UnaryOp | ast.Constant
    ):
        return False
    if isinstance(node, ast.Constant) and (isinstance(node.value, bool) or not isinstance(node.value, int | float)):
        return False
    if isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
        return False
    match parent:
        case ast.Call(function, _, _) if function is node:
            return False
        case ast.Attribute() | ast.Subscript() | ast.Expr() | ast.For() | ast.keyword() | ast.Compare() | ast.Slice():
            return False
        case ast.With() | ast.withitem() | ast.If() | ast.While() | ast.comprehension() | ast.Starred():
            return False
    return True
