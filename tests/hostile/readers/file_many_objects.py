"""Hands in millions of empty lists where cells should be; it must be told."""

from __future__ import annotations

from nbformat import NotebookNode

REASON = "5,000 are the most"


def notebook(answered: NotebookNode) -> bytes:
    return b'{"nbformat": 4, "cells": [' + b"[]," * 3_000_000 + b"[]]}"
