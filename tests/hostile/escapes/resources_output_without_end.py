"""Announces a message to the grader and sends a byte of it now and then; it must be stopped and told."""

CELL = """
for number in range(3, 64):
    try:
        grader = socket.socket(fileno=number)
        grader.sendall(struct.pack("!I", 1000))
        while True:
            time.sleep(0.1)
            grader.sendall(b"x")
    except (OSError, KeyboardInterrupt):
        pass
while True:
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        pass
"""
NOTE = "could not be interrupted"
