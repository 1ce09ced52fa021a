"""Leaves a named semaphore that the next submission would wait for; there must be none."""

CELL = """
libc.sem_open.restype = ctypes.c_void_p
if not libc.sem_open(f"/{MARK}".encode(), os.O_CREAT, 0o600, 0):
    raise OSError(ctypes.get_errno(), "refused")
"""
