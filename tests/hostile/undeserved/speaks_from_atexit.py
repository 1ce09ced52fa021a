"""Sends its observations when the process ends, from `atexit` and a patched `os._exit`; by then nobody asks."""

from ..sources import CLAIM

LESSON = "scalar_gradients"
FIRST = (
    CLAIM
    + """
import atexit

atexit.register(claim)
leave = os._exit

def claim_and_leave(code):
    claim()
    leave(code)

os._exit = claim_and_leave
"""
)
LAST = """
raise SystemExit
"""
