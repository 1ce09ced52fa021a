"""Writes numbers that no computer counts in, and no numbers, where small ones belong; it must be graded."""

from __future__ import annotations

from nbformat import NotebookNode, writes


def notebook(answered: NotebookNode) -> bytes:
    text = writes(answered).replace('"execution_count": null', '"execution_count": 1e999, "n": -Infinity, "m": NaN')
    return text.replace('"nbformat_minor": 5', f'"nbformat_minor": {"9" * 4000}').encode()
