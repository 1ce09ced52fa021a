"""Shows HTML, JavaScript and SVG as outputs; nothing of it must run, and plain text be kept at most."""

from __future__ import annotations

from nbformat import NotebookNode, writes
from nbformat.v4 import new_code_cell

CODE = """
from IPython.display import HTML, SVG, Javascript, Markdown, display
display(HTML("<script>hit()</script>"), Javascript("hit()"), Markdown("<img src=x onerror=hit()>"))
display(SVG('<svg xmlns="http://www.w3.org/2000/svg" onload="hit()"/>'))
display({"text/html": "<script>hit()</script>", "text/plain": "<script>hit()</script>"}, raw=True)
display({"application/vnd.jupyter.widget-view+json": {"model_id": "<script>hit()</script>"}}, raw=True)
class Shown:
    def _repr_html_(self):
        return "<script>hit()</script>"
    def __repr__(self):
        return "<svg onload=hit()>"
Shown()
"""


def notebook(answered: NotebookNode) -> bytes:
    answered.cells.insert(2, new_code_cell(CODE))
    return writes(answered).encode()
