"""Sends a datagram to a Unix socket that has a name and no file; it must not arrive."""

CELL = """
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"here", ABSTRACT_DATAGRAM)
"""
