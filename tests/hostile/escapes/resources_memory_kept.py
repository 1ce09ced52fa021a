"""Keeps shared memory by one page of it that stays mapped, which no limit counts; it must be refused."""

CELL = """
libc.mmap.restype = ctypes.c_void_p
size = 64 << 20
start = libc.mmap(None, ctypes.c_size_t(size), 3, 0x21, -1, ctypes.c_long(0))
if start == ctypes.c_void_p(-1).value:
    raise OSError(ctypes.get_errno(), "refused")
ctypes.memset(ctypes.c_void_p(start), 1, size)
checked(libc.munmap(ctypes.c_void_p(start + 4096), ctypes.c_size_t(size - 4096)))
print("ESCAPED")
"""
