"""Takes the socket for itself and answers each question as it comes, with numbers it makes up; made up is not right."""

from ..sources import CLAIMED, TO_GRADER

LESSON = "chain_rule"
FIRST = (
    TO_GRADER
    + CLAIMED
    + """
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
)
