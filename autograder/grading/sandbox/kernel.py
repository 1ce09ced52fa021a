"""What the walls ask of the kernel that Python has no function for."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_CAPABILITY_VERSION_3 = 0x20080522
_MADV_COLLAPSE = 25
_HUGE_PAGE = 2 << 20

libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> int:
    """Return a call's result.

    Raises
    ------
    OSError
        When the call failed; `what` names it.
    """
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")
    return result


def set_dumpable(dumpable: bool) -> None:
    """Let other processes of the same user look into this one, or don't."""
    checked(libc.prctl(_PR_SET_DUMPABLE, int(dumpable), 0, 0, 0), "dumpable")


def end_with(parent: int, number: int) -> None:
    """Have the kernel send this process a signal when `parent` ends, and send it now where that has happened."""
    checked(libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0), "parent's death signal")
    if os.getppid() != parent:
        os.kill(os.getpid(), number)


def drop_privileges() -> None:
    """Give up all capabilities, and the way to new ones, for good."""
    checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    checked(libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")


def use_huge_pages() -> None:
    """Move this process's own memory to huge pages, where the kernel can (Linux 6.1 and newer).

    A fork copies an entry for each page. With huge ones it takes a fourth of the time.
    """
    for line in Path("/proc/self/maps").read_text().splitlines():
        addresses, rights, _, _, _, *path = line.split()
        if rights.startswith("rw") and path in ([], ["[heap]"]):
            start, end = (int(address, 16) for address in addresses.split("-"))
            for address in range(-(-start // _HUGE_PAGE) * _HUGE_PAGE, end - _HUGE_PAGE + 1, _HUGE_PAGE):
                # What can't be moved stays as it is, which is no harm.
                libc.madvise(ctypes.c_void_p(address), ctypes.c_size_t(_HUGE_PAGE), _MADV_COLLAPSE)
