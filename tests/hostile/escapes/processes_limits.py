"""Gives another process other limits, so that it fails; they must stay."""

CELL = """
import resource
resource.prlimit(PID, resource.RLIMIT_CORE, (0, 0))
print("ESCAPED")
"""
