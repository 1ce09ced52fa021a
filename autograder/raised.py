"""What an exception means, in a sentence, whatever the exercise. A known mistake says more, and comes first."""

from __future__ import annotations

from collections.abc import Sequence

_SHAPES = "The shapes of two arrays do not fit together here. Print both shapes just before."
_ONE = "An array or a tensor with several numbers stands where one number is needed."
_OPERATOR = "An operator stands between two values that it can't combine. Print the type of each."
_ARGUMENTS = "A function was called with more or fewer arguments than it takes."

# The class of an exception, parts of its text, and what it means. Python and PyTorch change their texts: the parts are short.
_MEANINGS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "Exception",
        (
            "could not be broadcast",
            "must match the size",
            "cannot be multiplied",
            "core dimension",
            "not aligned",
            "size mismatch",
            "matmul: input operand",
            "inconsistent tensor size",
        ),
        _SHAPES,
    ),
    (
        "Exception",
        (
            "only one element tensors",
            "cannot be converted to scalar",
            "only length-1 arrays",
            "only size-1 arrays",
            "only 0-dimensional arrays",
        ),
        _ONE,
    ),
    (
        "ValueError",
        ("truth value of an array",),
        "An array stands in a condition. It holds several answers, and a condition needs one.",
    ),
    (
        "RuntimeError",
        ("boolean value of tensor",),
        "A tensor stands in a condition. It holds several answers, and a condition needs one.",
    ),
    (
        "ValueError",
        ("math domain error", "expected a positive input", "expected a nonnegative input"),
        "A function of `math` got a number for which it has no value, such as 0 or a negative number for a logarithm.",
    ),
    (
        "TypeError",
        ("indices must be integers",),
        "A list, a tuple or an array was asked for an entry by its name. Its entries have numbers, and those of a dict have names.",
    ),
    ("ZeroDivisionError", (), "A number was divided by 0 here."),
    ("OverflowError", (), "A number became too large for Python here."),
    ("RecursionError", (), "A function called itself again and again, without an end."),
    ("UnboundLocalError", (), "A name was read in the function before it was given a value there."),
    (
        "NameError",
        (),
        "Python does not know a name that stands here. Check how it is written, and run the cell that defines it.",
    ),
    (
        "TypeError",
        ("is not callable",),
        "Something that is no function is called here as one. Does a value stand where a function is expected, or is a `*` "
        "missing before round brackets?",
    ),
    ("TypeError", ("positional argument", "unexpected keyword", "takes no arguments"), _ARGUMENTS),
    ("TypeError", ("unsupported operand", "can only concatenate", "can't multiply sequence"), _OPERATOR),
    (
        "TypeError",
        ("is not subscriptable", "invalid index"),
        "Square brackets stand behind something that has no entries.",
    ),
    (
        "TypeError",
        ("is not iterable", "iteration over a 0-d"),
        "One value stands where several are needed, such as in a loop or an unpacking.",
    ),
    (
        "ValueError",
        ("to unpack",),
        "There are more or fewer values than names to give them to.",
    ),
    (
        "IndexError",
        (),
        "There is no entry with this index. The first entry has the index 0, and the last one the length minus 1.",
    ),
    ("KeyError", (), "The dict has no entry with this key. Print its keys."),
    (
        "AttributeError",
        ("has no attribute",),
        "What stands before the dot has nothing of that name. Print its type, and check how the name is written.",
    ),
)


def meaning(types: Sequence[str], text: str) -> str:
    """Return what an exception of these classes means; "" where there is nothing to say beyond its text."""
    said = text.lower()
    return next(
        (
            sentence
            for kind, parts, sentence in _MEANINGS
            if kind in types and (not parts or any(part in said for part in parts))
        ),
        "",
    )
