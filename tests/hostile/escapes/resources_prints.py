"""Prints a gigabyte; a little of it must be kept, and the run go on."""

CELL = """
line = "x" * (1 << 20)
for _ in range(1 << 10):
    print(line)
"""
UNPROVEN = "in every tier it is cut where it is caught"
