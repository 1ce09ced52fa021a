"""Claims to be a notebook of version 3, and holds lists and texts where that has dictionaries; it must be told."""

from __future__ import annotations

from nbformat import NotebookNode

REASON = "claims to be a notebook of version 3"


def notebook(answered: NotebookNode) -> bytes:
    return b'{"nbformat": 3, "nbformat_minor": "x", "metadata": [], "worksheets": [[], {"cells": 7}, null]}'
