"""Sends a datagram to this machine; it must not arrive."""

CELL = """
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"here", ("127.0.0.1", UDP))
"""
