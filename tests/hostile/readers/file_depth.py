"""Hands in brackets within brackets, a hundred thousand of them; it must be told, and nobody else be kept waiting."""

from __future__ import annotations

from nbformat import NotebookNode

REASON = "nested too deeply"


def notebook(answered: NotebookNode) -> bytes:
    return b'{"nbformat": 4, "cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
