"""Has a built-in function count for ever, which nothing can interrupt; the run must end and say so."""

CELL = """
sum(range(10**13))
"""
NOTE = "could not be interrupted"
