"""Asks for more memory than it may have, all at once; it must be refused and told."""

CELL = """
x = bytearray(8 << 30)
"""
NOTE = "of memory"
