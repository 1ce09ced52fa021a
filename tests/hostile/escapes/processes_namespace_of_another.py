"""Enters the network of another process; it must be refused."""

CELL = """
system_call(308, 268, os.open(f"/proc/{PID}/ns/net", os.O_RDONLY), 0)
print("ESCAPED")
"""
DEPENDS = "whether one is root"
