"""Sends a signal to every process that it may; there must be none."""

CELL = """
os.kill(-1, 0)
print("ESCAPED")
"""
