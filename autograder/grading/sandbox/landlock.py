"""Landlock: what a process may do with files, without being root and without namespaces.

Landlock does not hide that a file is there: who knows a path can ask for its size and times, and nothing more.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

from .kernel import checked, libc

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG, _PATH_BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = (1 << bit for bit in range(6))
_MAKE_DIR, _MAKE_REG, _MAKE_SYM, _REFER, _TRUNCATE = 1 << 7, 1 << 8, 1 << 12, 1 << 13, 1 << 14

_READ = _EXECUTE | _READ_FILE | _READ_DIR
_CHANGE = _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _MAKE_SYM | _REFER | _TRUNCATE
_FOR_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE

# Without the third version a file that may not be written may still be emptied.
OLDEST = 3


def version() -> int:
    """Return the version of Landlock that this kernel has, 0 for none."""
    return max(0, int(libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG)))


def restrict(readable: Iterable[Path], listed: Iterable[Path], writable: Iterable[Path]) -> None:
    """Let this process, for good, read only what is below `readable` and `writable`, and change only the latter.

    What is below `listed` can be listed and not read.

    From the fourth version on it is refused TCP too, and from the sixth the signals and abstract Unix sockets of others.
    `no_new_privs` must be set. A path that is not there is left out.

    Raises
    ------
    OSError
        When the kernel has no Landlock, or an older one than `OLDEST`.
    """
    at_hand = version()
    if at_hand < OLDEST:
        raise OSError(f"this kernel has version {at_hand} of Landlock; the walls need {OLDEST}")
    files = (1 << (16 if at_hand >= 5 else 15)) - 1
    rights = [files, 0b11 if at_hand >= 4 else 0, 0b11 if at_hand >= 6 else 0]
    # Each version knows one field more, and an older one refuses a longer structure.
    known = 1 + (at_hand >= 4) + (at_hand >= 6)
    attributes = struct.pack(f"{known}Q", *rights[:known])
    ruleset = checked(libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0), "Landlock")
    try:
        for paths, allowed in ((readable, _READ), (listed, _READ_DIR), (writable, _READ | _CHANGE)):
            for path in paths:
                _allow(ruleset, path, allowed)
        checked(libc.syscall(_RESTRICT_SELF, ruleset, 0), "Landlock")
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, allowed: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            allowed &= _FOR_A_FILE
        rule = struct.pack("=Qi", allowed, place)
        checked(libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0), f"Landlock, {path}")
    finally:
        os.close(place)
