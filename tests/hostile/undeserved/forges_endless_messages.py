"""Sends small messages without an end; there is an end to what may be sent."""

from ..sources import TO_GRADER

LESSON = "scalar_gradients"
FIRST = (
    TO_GRADER
    + """
import threading

def flood():
    while True:
        to_grader(framed({"id": 0, "observation": "2"}) * 1000)

threading.Thread(target=flood, daemon=True).start()
"""
)
