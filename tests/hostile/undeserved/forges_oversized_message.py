"""Announces a message of four gigabytes, and sends one of nine megabytes; the run is ended."""

LESSON = "vector_backward"
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

to_grader(struct.pack("!I", 0xFFFFFFFF) + b"{" * 1000)
to_grader(framed(b'{"id": 1, "observation": "' + b"2" * 9_000_000 + b'"}'))
"""
