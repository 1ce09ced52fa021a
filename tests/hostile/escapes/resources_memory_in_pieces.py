"""Asks for more memory than it may have, a little at a time; it must be refused and told."""

CELL = """
pieces = []
while True:
    pieces.append(bytes(16 << 20))
"""
NOTE = "of memory"
