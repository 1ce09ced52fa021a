"""Sends a signal to a process of the grader's; it must live on."""

CELL = """
os.kill(PID, signal.SIGCONT)
print("ESCAPED")
"""
