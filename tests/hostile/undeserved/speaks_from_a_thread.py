"""Sends its observations from a thread that waits for the check; what comes first counts, and what comes twice ends
the run.
"""

from ..sources import CLAIM

LESSON = "scalar_gradients"
FIRST = CLAIM
CELLS = {
    "d_square": """
import sys, threading, time

def wait_for_the_probe():
    while True:
        for frame in sys._current_frames().values():
            while frame is not None:
                if frame.f_code.co_name == "probe":
                    return claim()
                frame = frame.f_back
        time.sleep(0.0005)

threading.Thread(target=wait_for_the_probe, daemon=True).start()

def d_square(x):
    time.sleep(0.1)
    return 1.0
""",
}
