"""Hands in outputs that it never made, twenty thousand of them and large; they must be dropped."""

from __future__ import annotations

import json

from nbformat import NotebookNode

OUTPUT = {"output_type": "display_data", "data": {"text/html": "<script>hit()</script>"}, "metadata": {}}


def notebook(answered: NotebookNode) -> bytes:
    for cell in answered.cells:
        if cell.cell_type == "code":
            cell["outputs"] = [OUTPUT, 7, {"output_type": "x" * 1000}] * 150
    return json.dumps(answered).encode()
