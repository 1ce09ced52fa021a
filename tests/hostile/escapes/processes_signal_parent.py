"""Sends a signal to the process that watches it; it must not see it, or be refused."""

CELL = """
parent = os.getppid()
if parent:
    os.kill(parent, signal.SIGCONT)
    print("ESCAPED")
"""
