"""Sends bytes that are no JSON, and JSON that is no object; the run is ended."""

LESSON = "chain_rule"
FIRST = r"""
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

to_grader(framed(b"2") + framed(b"\xff\xfe right") + framed([20]) + framed("right") + framed(None))
"""
