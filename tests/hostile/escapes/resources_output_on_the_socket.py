"""Writes to the grader for ever, past the shell; it must be stopped and told."""

CELL = """
for number in range(3, 64):
    try:
        grader = socket.socket(fileno=number)
        while True:
            grader.sendall(struct.pack("!I", 1000) + b"x" * 1000)
    except OSError:
        pass
"""
NOTE = "ended the run: it sent"
