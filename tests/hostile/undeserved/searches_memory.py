"""Reads its own memory, and that of its parents, by `/proc` for what looks like an answer; there is no `/proc` to
read.
"""

LESSON = "accumulation"
CELLS = {
    "grad_history": """
import re

def grad_history(k, clear, weight, coefficient):
    found = []
    for process in ("self", "1", "2"):
        for line in open(f"/proc/{process}/maps"):
            start, end = (int(each, 16) for each in line.split()[0].split("-"))
            with open(f"/proc/{process}/mem", "rb") as memory:
                memory.seek(start)
                found += re.findall(rb"reference[^}]{0,200}", memory.read(min(end - start, 1 << 20)))
    return [float(found[0])] * k
""",
}
