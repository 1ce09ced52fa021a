"""Takes out of HTML what could run or call out, for feedback pages and for formgrader.

nbconvert has a switch for this, `sanitize_html`. nbgrader's templates leave markdown cells out of it, and its list of
what is safe has no place for a verdict's panel. The filters here replace nbconvert's in both. What is too long for a
page is cut.
"""

from __future__ import annotations

import copy
import html
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote

import bleach
import jinja2
from bleach.css_sanitizer import CSSSanitizer
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import Highlight2HTML
from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode

from .formulas import mathml
from .pictures import is_picture

# What keeps neither a parser nor a browser busy for long: some take a time that grows as the square of what they read.
# In characters: of a cell, of a line of code, and of all cells and all outputs of a page.
MAX_SOURCE = 20_000
MAX_LINE = 1_000
MAX_SOURCES = 500_000
MAX_OUTPUTS = 2_000_000
# HTML is longer than what was written.
MAX_TEXT = 4_000_000
MAX_TAGS = 5_000

# fmt: off
_TAGS = frozenset([
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "del", "details", "div",
    "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd",
    "li", "mark", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span", "strong", "sub", "summary",
    "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var",
    # Shapes of a drawing, and nothing of one that links, loads, moves, or holds HTML.
    "svg", "circle", "line", "path", "rect", "text"
])
# Nothing by which a cell could lie over another one, or fetch something.
_STYLES = frozenset([
    "background-color", "border", "border-bottom", "border-collapse", "border-left", "border-left-width",
    "border-radius", "border-right", "border-top", "color", "display", "font-size", "font-style", "font-weight",
    "height", "line-height", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top", "max-width",
    "min-width", "overflow-wrap", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top",
    "text-align", "vertical-align", "white-space", "width"
])
_PLAIN = frozenset([
    "align", "alt", "aria-hidden", "aria-label", "colspan", "height", "lang", "open", "role", "rowspan", "scope",
    "start", "title", "width"
])
_SHAPES = frozenset([
    "aria-hidden", "aria-label", "cx", "cy", "d", "fill", "fill-opacity", "font-size", "height", "r", "role", "stroke",
    "stroke-dasharray", "stroke-opacity", "stroke-width", "text-anchor", "viewbox", "width", "x", "x1", "x2", "y", "y1",
    "y2"
])
# fmt: on
# `highlight`, and Pygments' names of tokens. All others belong to the page: to formgrader's buttons, for one.
_CLASS = re.compile(r"highlight|hl-[a-z]+|[a-z][a-z0-9]?")
# What stands for an attached picture while a cell is made into HTML: no base64 has this sign.
_STAND_IN = re.compile(r"data:image/png;base64,picture-(\d{1,4})")
# What stands for a formula. It is an element, because in an attribute its first sign would be written as `&lt;`.
_FORMULA = re.compile(r'<var lang="formula-(\d{1,5})"></var>')
_ATTACHED = re.compile(r"attachment:([^)\s\"'<>]+)")
# A picture without a text, for those who can't see it.
_NAMELESS = re.compile(r'<img(?!(?: [a-z-]+="[^"]*")* alt=)')
_FROM_ELSEWHERE = re.compile(r"""<script src=["']https?://[^>]*>\s*</script>""")
_SPACE = re.compile(r"[\s\x00-\x20\x7f-\xa0]+")


def _allowed(tag: str, name: str, value: str) -> bool:
    if tag in ("svg", "circle", "line", "path", "rect", "text"):
        # A colour by its name or number: `url(…)` would fetch something.
        return name.lower() in _SHAPES and "(" not in value
    target = _SPACE.sub("", value).lower()
    if name in _PLAIN:
        return True
    if name == "style":
        # A negative margin lays a cell over its neighbour.
        return not re.search(r"-\s*[.\d]|\(", value)
    if name == "class":
        return all(_CLASS.fullmatch(one) for one in value.split())
    if (tag, name) == ("a", "href"):
        # `#` leads to a place in the same page.
        return target.startswith(("http://", "https://", "mailto:", "#"))
    # A picture from elsewhere would tell its server who reads the page, and when.
    return (tag, name) == ("img", "src") and (is_picture(value) or _STAND_IN.fullmatch(value) is not None)


@cache
def _cleaner() -> bleach.Cleaner:
    return bleach.Cleaner(
        tags=_TAGS,
        attributes=_allowed,
        protocols=["http", "https", "mailto", "data"],
        css_sanitizer=CSSSanitizer(allowed_css_properties=_STYLES, allowed_svg_properties=[]),
    )


# The instructor's cells are the same in every submission.
@lru_cache(maxsize=512)
def _clean(text: str) -> str:
    if "<" not in text and "&" not in text:
        return html.escape(text, quote=False)
    return _NAMELESS.sub('<img alt="A picture without a description"', str(_cleaner().clean(text)))


def clean_html(element: Any) -> str:
    """Return HTML in which nothing runs and nothing is fetched; a tag that is not allowed is shown as text."""
    text = element.decode(errors="replace") if isinstance(element, bytes) else str(element)
    if _is_bottomless(text):
        return _as_text(text)
    return _clean(text)


def _is_bottomless(text: str) -> bool:
    return len(text) > MAX_TEXT or len(re.findall(r"<[a-z]", text, re.IGNORECASE)) > MAX_TAGS


def _as_text(text: str) -> str:
    return f"<pre>{html.escape(text[:MAX_TEXT], quote=False)}</pre>"


class _Renderer(IPythonRenderer):
    """nbconvert's own, but it collects the formulas and puts a stand-in into the place of each."""

    def __init__(self, attachments: dict[str, dict[str, str]]) -> None:
        super().__init__(escape=False, attachments=attachments, exclude_anchor_links=True)
        self.formulas: list[str] = []

    def inline_math(self, body: str) -> str:
        return self._drawn(body, "inline", super().inline_math(body))

    def block_math(self, body: str) -> str:
        return self._drawn(body, "block", super().block_math(body))

    def latex_environment(self, name: str, body: str) -> str:
        latex = f"\\begin{{{name}}}{body}\\end{{{name}}}"
        return self._drawn(latex, "block", super().latex_environment(name, body))

    def _drawn(self, latex: str, display: str, text: str) -> str:
        formula = mathml(latex, display)
        if not formula:
            return str(text)
        self.formulas.append(formula)
        return f'<var lang="formula-{len(self.formulas) - 1}"></var>'


@jinja2.pass_context
def markdown2html(context: jinja2.runtime.Context, source: str) -> str:
    """Return the HTML of a markdown cell, cleaned; where there is no making sense of it, as the text that it is."""
    attached = context.get("cell", {}).get("attachments", {})
    pictures = {name: address for name, bundle in attached.items() if is_picture(address := _address(bundle))}
    stand_ins: dict[str, dict[str, str]] = {}
    for number, name in enumerate(pictures):
        stand_ins[name] = stand_ins[quote(name)] = {"image/png": f"picture-{number}"}
    # A picture that was pasted, and has got lost since, would cost the whole page.
    shown = _ATTACHED.sub(lambda found: found[0] if found[1] in stand_ins else found[1], source)
    # So would a parser's end of patience.
    with suppress(InvalidNotebook, RecursionError):
        renderer = _Renderer(stand_ins)
        cleaned = clean_html(MarkdownWithMath(renderer=renderer).render(shown))
        return _with(_FORMULA, _with(_STAND_IN, cleaned, list(pictures.values())), renderer.formulas)
    return _as_text(source)


def _address(bundle: Mapping[str, str]) -> str:
    return next((f"data:{kind};base64,{data}" for kind, data in bundle.items()), "")


def _with(stand_in: re.Pattern[str], text: str, parts: Sequence[str]) -> str:
    """Put parts in the places of what stands for them, each once: a page must not grow without an end."""
    left = dict(enumerate(parts))
    return stand_in.sub(lambda found: left.pop(int(found[1]), ""), text)


def strip_files_prefix(text: str) -> str:
    """Return the text as it is. nbconvert's own looks for links of ten years ago, and takes minutes for many brackets."""
    return text


def without_mathjax(header: str) -> str:
    """Return the head of a page without the scripts that come from another server: nbconvert's templates load MathJax."""
    return _FROM_ELSEWHERE.sub("", header)


class _Compiled(jinja2.BytecodeCache):
    """Keeps compiled templates for the next page: nbgrader makes an exporter for each submission."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


_compiled = _Compiled()


# The instructor's cells are the same in every submission.
@lru_cache(maxsize=256)
def _highlighted(source: str) -> str:
    return str(Highlight2HTML(pygments_lexer="ipython3")(source))


class FeedbackExporter(HTMLExporter):
    """Makes feedback pages. nbgrader and formgrader set the template of `HTMLExporter` themselves; this has one of its own."""

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return a notebook's page.

        nbconvert's own parses the page once more, for JupyterLab's template. That would take half of the time.
        """
        self.environment.bytecode_cache = _compiled
        self.register_filter("highlight_code", lambda source, **_: _highlighted(source))
        page: tuple[str, dict[str, Any]] = super(HTMLExporter, self).from_notebook_node(nb, resources, **options)
        return page


class EscapeNames(Preprocessor):
    """Escapes the names of students, which formgrader's template writes into the page as they are."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Escape them in `resources`; the notebook stays as it is."""
        for name in ("student", "first_name", "last_name", "notebook_path"):
            if isinstance(resources.get(name), str):
                resources[name] = html.escape(resources[name])
        return nb, resources


class Shorten(Preprocessor):
    """Cuts what is too long to be shown. The graded notebook itself has all of it."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Return a copy of the notebook with its end, and that of its cells and lines, cut off."""
        sources, outputs = MAX_SOURCES, MAX_OUTPUTS
        cells = []
        for cell in nb["cells"]:
            cell = copy.copy(cell)
            cell["source"] = _shortened(cell["source"], cell["cell_type"] == "code", sources)
            sources -= len(cell["source"])
            if "outputs" in cell:
                kept, length = _first(cell["outputs"], outputs)
                outputs -= length
                cell["outputs"] = kept
            cells.append(cell)
        nb = copy.copy(nb)
        nb["cells"] = cells
        return nb, resources


def _shortened(source: str, is_code: bool, left: int) -> str:
    most = max(0, min(MAX_SOURCE, left))
    cut = source[:most]
    if is_code:
        cut = "\n".join(line if len(line) <= MAX_LINE else f"{line[:MAX_LINE]} …" for line in cut.split("\n"))
    if len(source) <= most:
        return cut
    rest = f"[{len(source) - most:,} characters more are not shown]"
    return f"{cut}\n# {rest}" if is_code else f"{cut}\n\n{rest}"


def _first(outputs: Sequence[NotebookNode], left: int) -> tuple[list[NotebookNode], int]:
    """Return as many of a cell's outputs as there is room for, and how long they are."""
    used = 0
    for number, output in enumerate(outputs):
        used += len(str(output))
        if used > left:
            more = NotebookNode(output_type="stream", name="stdout", text="[more outputs are not shown]\n")
            return [*outputs[:number], more], left
    return list(outputs), used
