"""Reads the machine's list of users; it must not be there."""

CELL = """
print("ESCAPED", len(open("/etc/passwd").read()))
"""
