"""Connects to a Unix socket that has a name and no file; it must not be reached."""

CELL = """
socket.socket(socket.AF_UNIX).connect(ABSTRACT)
"""
