"""Leaves a message for the next submission in a POSIX queue; there must be none."""

CELL = """
queue = checked(ctypes.CDLL("librt.so.1", use_errno=True).mq_open(f"/{MARK}".encode(), os.O_CREAT | os.O_RDWR, 0o600, None))
"""
AFTER = """
runtime = ctypes.CDLL("librt.so.1", use_errno=True)
if runtime.mq_open(f"/{MARK}".encode(), os.O_RDWR, 0o600, None) >= 0:
    print("ESCAPED")
    runtime.mq_unlink(f"/{MARK}".encode())
"""
