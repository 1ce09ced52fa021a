"""Writes an integer of a million digits, which takes minutes to read; it must be told."""

from __future__ import annotations

from nbformat import NotebookNode

REASON = "not valid JSON"


def notebook(answered: NotebookNode) -> bytes:
    return b'{"nbformat": 4, "cells": [], "n": ' + b"9" * 1_000_000 + b"}"
