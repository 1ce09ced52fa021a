"""Sends a datagram to a Unix socket by its file; it must not arrive."""

CELL = """
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"here", UNIX_DATAGRAM)
"""
