"""Slows other processes down, by their priority and by the processors that they may use; both must stay."""

CELL = """
for slow in (lambda: os.setpriority(os.PRIO_PROCESS, PID, 19), lambda: os.sched_setaffinity(PID, {0})):
    try:
        slow()
        print("ESCAPED")
    except OSError as refused:
        print(refused)
"""
