"""Attaches to another process as a debugger does; it must be refused."""

CELL = """
checked(libc.ptrace(0x4206, PID, None, None))
print("ESCAPED")
"""
DEPENDS = "whether one is root"
