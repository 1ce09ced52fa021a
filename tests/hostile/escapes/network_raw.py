"""Writes packets past the protocols; it must be refused."""

CELL = """
socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).sendto(bytes(8), ("127.0.0.1", 0))
print("ESCAPED")
"""
DEPENDS = "whether one is root"
