"""Takes the socket for itself and answers each question as it comes, with numbers it makes up; made up is not right."""

LESSON = "chain_rule"
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

def claimed(exercise, calls, number):
    value = {"kind": "number", "type": "float", "dtype": "float", "numbers": [number]}
    answer = {"kind": "callable", "type": "function"}
    return json.dumps({"exercise": exercise, "answer": answer, "calls": [{"value": value}] * calls})

import threading

def receive(grader, size):
    data = b""
    while len(data) < size:
        data += grader.recv(size - len(data))
    return data

def answer(grader):
    while True:
        message = json.loads(receive(grader, struct.unpack("!I", receive(grader, 4))[0]))
        reply = {"id": message["id"], "outputs": []}
        if "exercise" in message:
            reply["observation"] = claimed(message["exercise"], len(message["cases"]), 1.0)
        grader.sendall(framed(reply))

for fd in range(3, 64):
    try:
        grader = socket.socket(fileno=os.dup(fd))
        grader.getpeername()
    except OSError:
        continue
    thread = threading.Thread(target=answer, args=(grader,), daemon=True)
    thread.start()
"""
