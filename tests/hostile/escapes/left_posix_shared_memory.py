"""Leaves memory for the next submission under a POSIX name; there must be none."""

CELL = """
import _posixshmem
os.ftruncate(_posixshmem.shm_open("/" + MARK, os.O_CREAT | os.O_RDWR, mode=0o600), 4096)
"""
AFTER = """
import _posixshmem
_posixshmem.shm_open("/" + MARK, os.O_RDWR, mode=0o600)
print("ESCAPED")
_posixshmem.shm_unlink("/" + MARK)
"""
