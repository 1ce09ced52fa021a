"""Says of itself that it is of a version that is a list, or a text; it must be told."""

from __future__ import annotations

from nbformat import NotebookNode

REASON = "no notebook"


def notebook(answered: NotebookNode) -> bytes:
    return b'{"nbformat": [4], "nbformat_minor": {}, "cells": []}'
