"""Starts a thousand threads; it must be stopped and told."""

CELL = """
import threading
for _ in range(1000):
    threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
"""
NOTE = "processes and threads"
