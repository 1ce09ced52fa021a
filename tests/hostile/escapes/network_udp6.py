"""Sends a datagram over IPv6 to an IPv4 address; it must not arrive."""

CELL = """
socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b"here", ("::ffff:127.0.0.1", UDP))
"""
DEPENDS = "whether the machine has IPv6"
