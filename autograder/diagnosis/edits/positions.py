"""Where the parts of a text stand, in bytes, and an edit of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from ..text import Text

_NAME = re.compile(rb"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Edit:
    """The bytes from `start` to `end` make way for `new`; the rest is as in a variant."""

    kind: str
    start: int
    end: int
    new: bytes
    shown: ast.expr | ast.stmt
    rank: float
    adds: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """An expression, what it stands in, and its role where it has one: "index", or "keyword" for the value of an option."""

    node: ast.expr
    parent: ast.AST | None
    role: str = ""

    @property
    def shown(self) -> ast.expr:
        """What is shown where it changes: what it is an operand or an argument of, and not a whole list or dict."""
        if isinstance(self.parent, ast.expr) and not isinstance(self.parent, ast.Dict | ast.Tuple | ast.List | ast.Set):
            return self.parent
        return self.node

    @property
    def whole(self) -> bool:
        """Whether it is all of what a statement or an entry of a list or dict has."""
        return not isinstance(self.parent, ast.expr) or isinstance(self.parent, ast.Dict | ast.Tuple | ast.List)


@dataclass(frozen=True, eq=False)
class Code:
    """The bytes of a text, its tree, and where each line of it begins."""

    data: bytes
    tree: ast.Module
    lines: tuple[int, ...]

    def start(self, node: ast.expr | ast.stmt) -> int:
        """Return where a part begins."""
        return self.lines[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt) -> int:
        """Return where a part ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.lines[node.end_lineno - 1] + node.end_col_offset

    def words(self, node: ast.expr | ast.stmt) -> bytes:
        """Return the words of a part, verbatim."""
        return self.data[self.start(node) : self.end(node)]

    def group(self, node: ast.expr) -> bytes:
        """Return the words of an expression in brackets where it needs any."""
        words = self.words(node)
        return (
            words
            if isinstance(node, ast.Name | ast.Constant | ast.Call | ast.Attribute | ast.Subscript)
            else b"(%b)" % words
        )

    def between(self, left: ast.expr, right: ast.expr, token: str) -> tuple[int, int] | None:
        """Return where a token stands between two expressions."""
        start, end = self.end(left), self.start(right)
        found = re.search(rb"(?<![*/<>=!])" + re.escape(token.encode()) + rb"(?![*/=])", self.data[start:end])
        return None if found is None else (start + found.start(), start + found.end())

    def replace(
        self, kind: str, node: ast.expr, new: bytes, rank: float, shown: ast.expr | None = None, adds: bool = False
    ) -> Edit:
        """Return the edit that puts something else in an expression's place."""
        # What stood there needed no brackets among its neighbours; what is made of it may.
        if not _NAME.fullmatch(new):
            new = b"(%b)" % new
        return Edit(kind, self.start(node), self.end(node), new, shown or node, rank, adds)

    def links(self, node: ast.expr) -> Iterator[tuple[int, int]]:
        """Yield the operands of a chain of operations, those in brackets of their own as one."""
        for side in (node.left, node.right) if isinstance(node, ast.BinOp) else ():
            around = self.pair_around(side)
            if around is not None:
                yield around
            elif isinstance(side, ast.BinOp):
                yield from self.links(side)
            else:
                yield self.start(side), self.end(side)

    def pair_around(self, node: ast.expr) -> tuple[int, int] | None:
        """Return where the brackets around an expression stand; None where it has none of its own."""
        before = self.data[: self.start(node)].rstrip()
        after = self.data[self.end(node) :]
        gap = len(after) - len(after.lstrip())
        if not before.endswith(b"(") or not after.lstrip().startswith(b")"):
            return None
        if re.search(rb"[\w\])]$", before[:-1].rstrip()) and not re.search(
            rb"\b(return|in|and|or|not|if|else)$", before[:-1].rstrip()
        ):
            return None
        return len(before) - 1, self.end(node) + gap + 1

    def is_elif(self, statement: ast.stmt) -> bool:
        """Whether a statement is an `elif`."""
        return isinstance(statement, ast.If) and self.words(statement).startswith(b"elif")

    def whole_lines(self, statement: ast.stmt) -> tuple[int, int] | None:
        """Return the lines of a statement that has them for itself; None of another."""
        assert statement.end_lineno is not None
        start, end = self.lines[statement.lineno - 1], min(self.lines[statement.end_lineno], len(self.data))
        before = self.data[start : self.start(statement)]
        after = self.data[self.end(statement) : end].strip()
        if before.strip() or (after and not after.startswith(b"#")):
            return None
        return start, end


# A short wrong answer is the same text from several students.
@lru_cache(maxsize=32)
def code_of(text: Text) -> Code:
    """Return the bytes of a text, and where its lines begin."""
    lengths = (len(line.encode()) + 1 for line in text.source.split("\n"))
    return Code(text.source.encode(), text.tree, tuple(accumulate(lengths, initial=0)))
