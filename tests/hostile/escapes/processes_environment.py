"""Reads what another process was started with; it must not be seen."""

CELL = """
if TREASURE in open(f"/proc/{PID}/environ").read():
    print("ESCAPED")
"""
