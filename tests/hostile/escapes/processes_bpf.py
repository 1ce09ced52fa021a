"""Loads a program into the kernel, and counts what other processes do; both must be refused."""

CELL = """
attributes = ctypes.create_string_buffer(struct.pack("IIII", 2, 4, 8, 1) + bytes(112))
events = ctypes.create_string_buffer(struct.pack("IIQ", 1, 112, 0) + bytes(96))
for call in ((321, 280, 0, attributes, 128), (298, 241, events, 0, -1, -1, 0)):
    try:
        system_call(*call)
        print("ESCAPED")
    except OSError as refused:
        print(refused)
"""
DEPENDS = "whether the kernel lets one"
