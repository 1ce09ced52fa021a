"""Connects to a Unix socket by its file; it must not be reached."""

CELL = """
socket.socket(socket.AF_UNIX).connect(UNIX)
"""
