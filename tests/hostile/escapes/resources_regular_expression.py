"""Matches a regular expression that takes longer than the world is old; it must be stopped and told."""

CELL = """
import re
re.match(r"(a+)+$", "a" * 60 + "b")
"""
NOTE = "did not come to an end"
