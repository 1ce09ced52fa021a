"""Empties the gradebook without opening it; it must stay whole."""

CELL = """
os.truncate(COURSE + "/gradebook.db", 0)
"""
