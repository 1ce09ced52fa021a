"""Makes a tensor of a terabyte; it must be refused and told."""

CELL = """
import torch
torch.ones(1 << 38)
"""
NOTE = "of memory"
