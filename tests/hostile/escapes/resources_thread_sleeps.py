"""Starts a thread that outlives its cell and the run; neither the run nor the next one must wait for it."""

CELL = """
import threading
threading.Thread(target=time.sleep, args=(60,)).start()
"""
AFTER = """
import threading
if threading.active_count() > 1:
    print("ESCAPED")
"""
UNPROVEN = "a thread ends with its process in every tier"
