"""Exercises in automatic differentiation with PyTorch, checked in the notebook.

A notebook needs `from autograder import check, compare, hint, progress`, and besides it `autograder.figures`.
"""

from .notebook import check, compare, hint, progress

__all__ = ["check", "compare", "hint", "progress"]
