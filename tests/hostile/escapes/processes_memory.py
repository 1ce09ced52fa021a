"""Reads another process's memory; it must be refused."""

CELL = """
for process in (PID, os.getppid(), GRADER):
    try:
        line = next(line for line in open(f"/proc/{process}/maps") if "[stack]" in line)
        start, end = (int(one, 16) for one in line.split()[0].split("-"))
        with open(f"/proc/{process}/mem", "rb") as memory:
            memory.seek(start)
            print("ESCAPED", len(memory.read(end - start)))
    except OSError as refused:
        print(refused)
"""
DEPENDS = "whether one is root"
