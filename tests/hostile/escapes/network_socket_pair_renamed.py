"""Makes a pair of datagram sockets and connects it anew to another's name; nothing must arrive."""

CELL = """
one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
one.connect(UNIX_DATAGRAM)
one.send(b"here")
"""
