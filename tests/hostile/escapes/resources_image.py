"""Draws a picture of a hundred thousand times a hundred thousand points; it must be refused and told."""

CELL = """
import numpy as np
np.zeros((100_000, 100_000, 3)).astype("uint8")
"""
NOTE = "of memory"
