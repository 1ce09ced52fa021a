"""Namespaces of a submission's own: what it sees of files, processes, names and the network is made for it alone."""

from __future__ import annotations

import ctypes
import os

from .kernel import checked, libc, set_dumpable
from .visible import visible

_CLONE_NEWNS, _CLONE_NEWUTS, _CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
_CLONE_NEWUSER, _CLONE_NEWPID, _CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_BIND, _MS_REC = 1, 2, 4, 8, 4096, 16384


def enter(disk: int) -> None:
    """Enter namespaces of one's own: users, mounts, processes, IPC, names, network. The next fork is process 1 in them.

    Parameters
    ----------
    disk
        How many bytes /tmp in there holds.
    """
    uid, gid = os.getuid(), os.getgid()
    set_dumpable(True)
    flags = _CLONE_NEWUSER | _CLONE_NEWNS | _CLONE_NEWPID | _CLONE_NEWIPC | _CLONE_NEWUTS | _CLONE_NEWNET
    checked(libc.unshare(flags), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123
            file.write(text)
    _private_tmp(disk)
    _mount("/dev/shm", "size=16m,nr_inodes=64", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    # Terminals of its own, for programs that want one.
    _mount("/dev/pts", "newinstance,ptmxmode=0666", _MS_NOSUID | _MS_NOEXEC, kind="devpts")
    # A fresh /proc can't be mounted in here, and the one there is lists the sandbox's other processes: hide it.
    _mount("/proc", "size=0,nr_inodes=2", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC | _MS_RDONLY)


def _private_tmp(disk: int) -> None:
    """Put an empty /tmp over the sandbox's; where the environment itself lies below /tmp, it is seen in there again."""
    kept = {path.parts[2] for path in visible().shown if path.is_relative_to("/tmp")}
    place = "/mnt" if kept else "/tmp"
    _mount(place, f"size={disk},nr_inodes=4096", _MS_NOSUID | _MS_NODEV)
    for name in kept:
        os.mkdir(f"{place}/{name}")  # noqa: PTH102
        _bind(f"/tmp/{name}", f"{place}/{name}")
    if kept:
        _bind(place, "/tmp")


def _bind(source: str, target: str) -> None:
    result = libc.mount(source.encode(), target.encode(), None, _MS_BIND | _MS_REC, None)
    checked(result, f"bind {source} at {target}")


def _mount(path: str, options: str, flags: int, kind: str = "tmpfs") -> None:
    result = libc.mount(kind.encode(), path.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode())
    checked(result, f"mount {path}")
