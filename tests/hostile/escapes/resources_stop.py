"""Stops its own process, so that it never answers; the run must end or go on."""

CELL = """
os.kill(os.getpid(), signal.SIGSTOP)
"""
UNPROVEN = "in every tier it stops its own process"
