"""Writes scripts into the metadata: the title, the language, the kernel, tags and names of cells; none must get into a page."""

from __future__ import annotations

from nbformat import NotebookNode, writes

SCRIPT = "</title><script>hit()</script>"


def notebook(answered: NotebookNode) -> bytes:
    language = {"name": SCRIPT, "pygments_lexer": SCRIPT, "codemirror_mode": {"name": SCRIPT}}
    answered.metadata.update(title=SCRIPT, authors=[{"name": SCRIPT}], language_info=language)
    answered.metadata["kernelspec"] = {"name": SCRIPT, "display_name": SCRIPT, "language": SCRIPT}
    answered.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {SCRIPT: SCRIPT}}}
    answered.metadata["autograder"] = {"notes": [SCRIPT], "sandbox": SCRIPT}
    for n, cell in enumerate(answered.cells):
        cell.metadata.update(tags=[SCRIPT], name=SCRIPT, slideshow={"slide_type": SCRIPT})
        cell["id"] = f'"><script>hit({n})</script>'
    return writes(answered).encode()
