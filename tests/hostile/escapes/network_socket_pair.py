"""Makes a pair of sockets, which needs no `socket` call, and sends from it to others' names; nothing must arrive."""

CELL = """
one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
for name in (ABSTRACT_DATAGRAM, UNIX_DATAGRAM):
    try:
        one.sendto(b"here", name)
    except OSError as refused:
        print(refused)
"""
