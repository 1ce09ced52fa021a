"""Has the kernel send a signal to another process when a socket becomes readable; none must come."""

CELL = """
import fcntl
one, other = socket.socketpair()
fcntl.fcntl(one, fcntl.F_SETOWN, PID)
fcntl.fcntl(one, 10, signal.SIGCONT)
if fcntl.fcntl(one, fcntl.F_GETOWN) == PID:
    print("ESCAPED")
"""
