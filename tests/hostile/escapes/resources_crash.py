"""Crashes its own process; the run must end and say so."""

CELL = """
ctypes.string_at(0)
"""
NOTE = "crashed"
