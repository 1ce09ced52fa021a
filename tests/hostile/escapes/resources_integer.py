"""Computes an integer of a hundred million digits; it must be stopped and told."""

CELL = """
x = 10 ** (10**8)
"""
NOTE = "did not come to an end"
