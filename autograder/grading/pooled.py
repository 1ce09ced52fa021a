"""Imported by the server that a local pool's processes are forked from, so that none of them imports it again.

What is imported stays: to look for garbage in it meanwhile takes a sixth of the time.
"""

import gc

gc.disable()

from . import engines, job  # noqa: E402, F401

gc.enable()
gc.freeze()
