"""Makes sockets and pairs of rare families, for which the kernel loads code on demand; none must be made."""

CELL = """
def made():
    for family in (16, 17, 3, 9, 21, 29, 30, 31, 38, 39, 40, 42, 43, 44):
        for make in (socket.socket, socket.socketpair):
            for kind in (1, 2, 3, 5):
                try:
                    make(family, kind)
                    return f"ESCAPED {family}"
                except OSError:
                    pass
print(made())
"""
