"""Sends an observation with more fields, calls and points than there are; it has exactly one form."""

LESSON = "scalar_gradients"
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

value = {"kind": "number", "type": "float", "dtype": "float", "numbers": [2.0], "equals": True, "reference": 2.0}
many = {"exercise": "scalar_gradients.d_square", "answer": {"kind": "callable", "type": "f"}, "calls": [{"value": value}] * 100, "right": True}
to_grader(b"".join(framed({"id": n, "outputs": [], "observation": json.dumps(many)}) for n in range(1, 200)))
"""
