"""Leaves memory for the next submission under a System V key; there must be none."""

CELL = """
open(os.path.join(tempfile.gettempdir(), "key"), "w").close()
key = int(MARK[-6:], 16)
checked(libc.shmget(key, ctypes.c_size_t(4096), 0o1600))
"""
AFTER = """
found = libc.shmget(int(MARK[-6:], 16), ctypes.c_size_t(4096), 0o600)
if found >= 0:
    print("ESCAPED")
    libc.shmctl(found, 0, None)
"""
