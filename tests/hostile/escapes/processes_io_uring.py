"""Makes a ring by which system calls are made past every filter; it must be refused."""

CELL = """
system_call(425, 425, 4, ctypes.create_string_buffer(120))
print("ESCAPED")
"""
DEPENDS = "whether the kernel has such rings"
