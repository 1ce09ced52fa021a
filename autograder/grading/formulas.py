"""Turns formulas into MathML, which a browser draws without a script and without a network.

A student writes formulas too. So what the converter returns is not trusted: only elements, attributes and values from the
lists below are written, and all text is escaped. Any other formula stays the text that it is.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element

# In characters of one formula, and in elements of what becomes of it.
MAX_FORMULA = 2_000
MAX_ELEMENTS = 2_000

# fmt: off
_TAGS = frozenset([
    "math", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mroot", "mrow", "mspace",
    "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover"
])
_ATTRIBUTES = frozenset([
    "accent", "columnalign", "display", "displaystyle", "fence", "form", "linethickness", "mathvariant", "separator",
    "scriptlevel", "stretchy", "symmetric"
])
# fmt: on
_VALUE = re.compile(r"[a-z0-9 .-]{1,40}")
# A macro can grow without an end.
_DEFINES = re.compile(r"\\(?:def|let|newcommand|renewcommand|providecommand)(?![a-zA-Z])")
# The converter knows these environments by another name only.
_ALIGNED = re.compile(r"\\(begin|end)\{(?:aligned|align|split)\}")


class _RefusedError(ValueError):
    """A formula that is not drawn."""


@lru_cache(maxsize=2048)
def mathml(latex: str, display: str) -> str:
    """Return a formula as one `math` element; "" where it can't be drawn, or is not safe to draw.

    Parameters
    ----------
    latex
        The formula without its dollar signs.
    display
        `inline` or `block`.
    """
    if len(latex) > MAX_FORMULA or _DEFINES.search(latex):
        return ""
    try:
        root = convert_to_element(_ALIGNED.sub(r"\\\1{align*}", latex), display=display)
        if sum(1 for _ in root.iter()) > MAX_ELEMENTS:
            return ""
        return _written(root)
    except Exception:
        # Whatever a converter makes of a student's text, the page has to be written.
        return ""


def _written(element: Element) -> str:
    if element.tag not in _TAGS:
        raise _RefusedError(element.tag)
    attributes = "".join(
        f' {name}="{value}"'
        for name, value in element.attrib.items()
        if name in _ATTRIBUTES and _VALUE.fullmatch(value)
    )
    # The converter's text has signs written as `&#x0003C;`.
    text = html.unescape(element.text or "")
    if text == "&" and element.tag == "mi":
        raise _RefusedError("an alignment that was not understood")
    inside = "".join(_written(child) for child in element)
    return f"<{element.tag}{attributes}>{html.escape(text)}{inside}</{element.tag}>"
