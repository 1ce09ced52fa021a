"""Runs a program that has more rights than who runs it; such rights must be void."""

CELL = """
# PR_GET_NO_NEW_PRIVS
if libc.prctl(39, 0, 0, 0, 0) == 0:
    print("ESCAPED")
"""
