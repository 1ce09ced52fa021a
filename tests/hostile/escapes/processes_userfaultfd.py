"""Takes over the kernel's page faults, as many attacks on it begin; it must be refused."""

CELL = """
system_call(323, 282, 1)
print("ESCAPED")
"""
DEPENDS = "whether the kernel lets one"
