"""Leaves timers of every kind that go off later; they must end with the submission."""

CELL = """
import threading
signal.signal(signal.SIGALRM, signal.SIG_IGN)
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
signal.alarm(1)
threading.Timer(0.5, lambda: print("ESCAPED")).start()
"""
AFTER = """
time.sleep(1)
if signal.getitimer(signal.ITIMER_REAL) != (0.0, 0.0):
    print("ESCAPED")
"""
UNPROVEN = "a timer ends with its process in every tier"
