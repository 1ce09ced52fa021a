"""Ends its own process; the run must end and say so."""

CELL = """
os._exit(7)
"""
NOTE = "ended itself with status 7"
