"""Sends a signal by a process's handle, and takes a descriptor out of it; both must be refused."""

CELL = """
handle = os.pidfd_open(PID)
signal.pidfd_send_signal(handle, signal.SIGCONT)
print("ESCAPED")
"""
