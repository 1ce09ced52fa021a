"""Asks for memory in segments, which no limit counts; it must be refused."""

CELL = """
segment = checked(libc.shmget(0, ctypes.c_size_t(4 << 30), 0o1600))
print("ESCAPED")
libc.shmctl(segment, 0, None)
"""
