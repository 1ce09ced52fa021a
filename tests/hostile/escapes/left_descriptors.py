"""Sends open files to the grader with its answers, until that can open no more; the grader must not keep them."""

CELL = """
for number in range(3, 64):
    try:
        for _ in range(50):
            socket.send_fds(socket.socket(fileno=os.dup(number)), [b"x"], [0] * 9)
    except OSError:
        pass
"""
UNPROVEN = "nobody keeps them in any tier"
