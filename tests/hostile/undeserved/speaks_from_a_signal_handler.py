"""Sends its observations from handlers of signals and timers, and takes interrupts for a reason to; no handler knows
the inputs.
"""

from ..sources import CLAIM

LESSON = "scalar_gradients"
FIRST = (
    CLAIM
    + """
import signal

for number in (signal.SIGALRM, signal.SIGVTALRM, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
    signal.signal(number, lambda *_: claim())
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
"""
)
CELLS = {
    "d_square": """
def d_square(x):
    while True:
        pass
""",
}
