"""Hands in a hundred thousand cells; it must be told, before any is run."""

from __future__ import annotations

from nbformat import NotebookNode

REASON = "100,000 cells"


def notebook(answered: NotebookNode) -> bytes:
    cell = b'{"cell_type":"code","source":""}'
    return b'{"nbformat": 4, "cells": [' + b",".join([cell] * 100_000) + b"]}"
