"""Asks the kernel which networks this machine is on; it must not see them."""

CELL = """
names = [name for _, name in socket.if_nameindex()]
if names != ["lo"]:
    print("ESCAPED", names)
"""
DEPENDS = "whether the machine is on a network"
