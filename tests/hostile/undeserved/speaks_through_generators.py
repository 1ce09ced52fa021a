"""Leaves coroutines and tasks behind that answer when the shell next runs them; they run, and know no right answer."""

from ..sources import CLAIMED, SAY

LESSON = "chain_rule"
FIRST = (
    SAY
    + CLAIMED
    + """
import asyncio

async def later():
    while True:
        say(claimed("chain_rule.dz_dx", 3, 1.0))
        await asyncio.sleep(0)

asyncio.get_event_loop().create_task(later())
"""
)
CELLS = {
    "dz_dx": """
await asyncio.sleep(0)

def dz_dx(x):
    return 1.0
""",
}
