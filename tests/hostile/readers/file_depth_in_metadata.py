"""Hides brackets within brackets in the metadata, just as many as can be read; it must be graded."""

from __future__ import annotations

import json

from nbformat import NotebookNode


def notebook(answered: NotebookNode) -> bytes:
    deep = json.loads('{"a":' * 200 + "1" + "}" * 200)
    for place in (answered, *answered.cells[:5]):
        place["metadata"]["deep"] = deep
    return json.dumps(answered).encode()
