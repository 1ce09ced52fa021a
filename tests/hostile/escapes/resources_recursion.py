"""Calls itself without end where Python is told to let it; the process may end, and nothing else."""

CELL = """
class Deep:
    def __add__(self, other):
        return self + other
sys.setrecursionlimit(10**9)
Deep() + 1
"""
UNPROVEN = "in every tier it ends its own process"
