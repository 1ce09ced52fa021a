"""Hands in millions of empty lists where cells should be; it must be told before they take a gigabyte."""

from __future__ import annotations

from nbformat import NotebookNode

REASON = "more than 1,000,000 values"


def notebook(answered: NotebookNode) -> bytes:
    return b'{"nbformat": 4, "cells": [' + b"[]," * 16_000_000 + b"[]]}"
