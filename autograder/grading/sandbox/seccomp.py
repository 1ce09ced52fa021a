"""The system calls that a submission may not make: a filter in the kernel's own small language, put on before it starts.

What is refused answers EPERM, as if one had no right to it. `clone3`, whose arguments no filter can read, and calls newer
than this list answer ENOSYS, and the C library then takes an older one. A call in another architecture's numbering ends
the process, because these numbers would mean something else there.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from .kernel import checked, libc

# Each call with its number on x86_64 and on aarch64; - where it has none there.
_NO_ONE_NEEDS = """
    ptrace=101/117 process_vm_readv=310/270 process_vm_writev=311/271 process_madvise=440/440 process_mrelease=448/448
    kcmp=312/272 pidfd_getfd=438/438 move_pages=279/239 migrate_pages=256/238 add_key=248/217 request_key=249/218
    keyctl=250/219 bpf=321/280 perf_event_open=298/241 userfaultfd=323/282 io_uring_setup=425/425 io_uring_enter=426/426
    io_uring_register=427/427 memfd_secret=447/447 mount=165/40 umount2=166/39 pivot_root=155/41 chroot=161/51
    move_mount=429/429 open_tree=428/428 fsopen=430/430 fsconfig=431/431 fsmount=432/432 fspick=433/433
    mount_setattr=442/442 statmount=457/457 listmount=458/458 unshare=272/97 setns=308/268 name_to_handle_at=303/264
    open_by_handle_at=304/265 fanotify_init=300/262 fanotify_mark=301/263 quotactl=179/60 quotactl_fd=443/443
    acct=163/89 swapon=167/224 swapoff=168/225 kexec_load=246/104 kexec_file_load=320/294 init_module=175/105
    finit_module=313/273 delete_module=176/106 create_module=174/- reboot=169/142 syslog=103/116 vhangup=153/58
    nfsservctl=180/42 lookup_dcookie=212/18 settimeofday=164/170 clock_settime=227/112 clock_adjtime=305/266
    adjtimex=159/171 sethostname=170/161 setdomainname=171/162 personality=135/92 modify_ldt=154/- iopl=172/- ioperm=173/-
    uselib=134/- ustat=136/- sysfs=139/- _sysctl=156/- seccomp=317/277 sync=162/81 syncfs=306/267
    lsm_set_self_attr=460/460
"""
# Memory that is nobody's own: no limit counts it once it is not mapped.
_UNCOUNTED = """
    memfd_create=319/279 shmget=29/194 shmat=30/196 shmctl=31/195 shmdt=67/197 semget=64/190 semop=65/193 semctl=66/191
    semtimedop=220/192 msgget=68/186 msgsnd=69/189 msgrcv=70/188 msgctl=71/187
"""
_NEW_PROCESSES = "fork=57/- vfork=58/- execve=59/221 execveat=322/281"
# Without namespaces these reach what is not the submission's own: sockets, processes, the owner's files, message queues.
_BEYOND_ITSELF = """
    pidfd_open=434/434 pidfd_send_signal=424/424 socket=41/198 connect=42/203 bind=49/200 listen=50/201 accept=43/202
    accept4=288/242 chmod=90/- fchmod=91/52 fchmodat=268/53 fchmodat2=452/452 chown=92/- fchown=93/55 lchown=94/-
    fchownat=260/54 utime=132/- utimes=235/- futimesat=261/- utimensat=280/88 setxattr=188/5 lsetxattr=189/6
    fsetxattr=190/7 removexattr=197/14 lremovexattr=198/15 fremovexattr=199/16 inotify_init=253/- inotify_init1=294/26
    inotify_add_watch=254/27 setuid=105/146 setgid=106/144 setreuid=113/145 setregid=114/143 setresuid=117/147
    setresgid=119/149 setfsuid=122/151 setfsgid=123/152 setgroups=116/159 capset=126/91 ioprio_set=251/30
    setpriority=141/140 mq_open=240/180 mq_unlink=241/181 mq_timedsend=242/182 mq_timedreceive=243/183
    mq_notify=244/184 mq_getsetattr=245/185
"""
_SOMETIMES = """
    clone=56/220 clone3=435/435 socket=41/198 socketpair=53/199 ioctl=16/29 fcntl=72/25 prctl=157/167 kill=62/129
    tkill=200/130 tgkill=234/131 rt_sigqueueinfo=129/138 rt_tgsigqueueinfo=297/240 prlimit64=302/261
    sched_setaffinity=203/122 sched_setscheduler=144/119 sched_setparam=142/118 sched_setattr=314/274
    fallocate=285/47 mmap=9/222
"""
_NEWER_THAN_THIS_LIST = 463
_X32 = 0x40000000

_CLONE_THREAD = 0x00010000
# CLONE_NEWTIME is not among them: to `clone` its bit is part of a signal's number.
_CLONE_NEW = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
# To put characters into a terminal's input, and to have signals sent to whom one likes.
_TIOCSTI, _TIOCLINUX, _FIOSETOWN, _SIOCSPGRP = 0x5412, 0x541C, 0x8901, 0x8902
_F_SETOWN, _F_SETSIG, _F_SETOWN_EX, _F_SETLEASE, _F_NOTIFY = 8, 10, 15, 1024, 1026
_PR_SET_PDEATHSIG = 1
_AF_UNIX, _AF_INET, _AF_INET6 = 1, 2, 10
_MAP_SHARED, _MAP_ANONYMOUS = 0x01, 0x20

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_REFUSE, _NO_SUCH_CALL = 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
_AT_NUMBER, _AT_ARCHITECTURE, _AT_ARGUMENTS = 0, 4, 16
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2

Instruction = tuple[int, int, int, int]


@dataclass(frozen=True)
class Architecture:
    """A processor's name for `uname`, the kernel's number for it, and its column in the lists above."""

    name: str
    audit: int
    column: int


ARCHITECTURES = {
    one.name: one for one in (Architecture("x86_64", 0xC000003E, 0), Architecture("aarch64", 0xC00000B7, 1))
}


def known_architecture() -> bool:
    """Return whether there is a filter for this machine's processor."""
    return platform.machine() in ARCHITECTURES


def program(architecture: Architecture, alone: int | None, processes: bool) -> list[Instruction]:
    """Return the filter's program.

    Parameters
    ----------
    alone
        The process id of a submission without namespaces. It may make no socket, and send signals to itself only.
        None for one that has namespaces.
    processes
        Whether new processes may be started. New threads may be in any case.
    """

    def numbers(text: str) -> dict[str, int]:
        found = (match.groups() for match in re.finditer(r"(\w+)=(\d+|-)/(\d+|-)", text))
        by_name = {name: columns[architecture.column] for name, *columns in found}
        return {name: int(number) for name, number in by_name.items() if number != "-"}

    refused = numbers(_NO_ONE_NEEDS + _UNCOUNTED)
    if not processes:
        refused |= numbers(_NEW_PROCESSES)
    if alone is not None:
        refused |= numbers(_BEYOND_ITSELF)
    checks = {"clone": _clone(processes), "prctl": _one_of(0, (_PR_SET_PDEATHSIG,), _REFUSE, _ALLOW)}
    checks["clone3"] = [_return(_NO_SUCH_CALL)]
    # With any other mode a file can be given more room than a file may have.
    checks["fallocate"] = _one_of(1, (0,), _ALLOW, _REFUSE)
    # Of shared memory that no file holds, a page that stays mapped keeps all the others, and counts for one.
    shared = [(_ANY_BIT, 0, 2, _MAP_ANONYMOUS), (_ANY_BIT, 0, 1, _MAP_SHARED), _return(_REFUSE)]
    checks["mmap"] = [_argument(3), *shared, _return(_ALLOW)]
    if alone is None:
        # Unix, IPv4 and IPv6, which are the namespace's own. Others, such as a virtual machine's way to its host, are not.
        checks["socket"] = _one_of(0, (_AF_UNIX, _AF_INET, _AF_INET6), _ALLOW, _REFUSE)
        checks["socketpair"] = _one_of(0, (_AF_UNIX,), _ALLOW, _REFUSE)
        checks["ioctl"] = _one_of(1, (_TIOCSTI, _TIOCLINUX), _REFUSE, _ALLOW)
    else:
        # A stream only: a datagram of a pair can be sent to any socket's address.
        streams = _one_of(1, tuple(1 | flags for flags in (0, 0x800, 0x80000, 0x80800)), _ALLOW, _REFUSE)
        checks["socketpair"] = [_argument(0), (_EQUAL, 1, 0, _AF_UNIX), _return(_REFUSE), *streams]
        checks["ioctl"] = _one_of(1, (_TIOCSTI, _TIOCLINUX, _FIOSETOWN, _SIOCSPGRP), _REFUSE, _ALLOW)
        owners = (_F_SETOWN, _F_SETSIG, _F_SETOWN_EX, _F_SETLEASE, _F_NOTIFY)
        checks["fcntl"] = _one_of(1, owners, _REFUSE, _ALLOW)
        for name in ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"):
            checks[name] = _one_of(0, (alone,), _ALLOW, _REFUSE)
        for name in ("prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr"):
            checks[name] = _one_of(0, (0, alone), _ALLOW, _REFUSE)
    sometimes = numbers(_SOMETIMES)
    return [
        (_LOAD, 0, 0, _AT_ARCHITECTURE),
        (_EQUAL, 1, 0, architecture.audit),
        _return(_KILL),
        (_LOAD, 0, 0, _AT_NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        _return(_KILL),
        (_AT_LEAST, 0, 1, _NEWER_THAN_THIS_LIST),
        _return(_NO_SUCH_CALL),
        *(step for number in refused.values() for step in ((_EQUAL, 0, 1, number), _return(_REFUSE))),
        *(step for name, steps in checks.items() for step in ((_EQUAL, 0, len(steps), sometimes[name]), *steps)),
        _return(_ALLOW),
    ]


def install(alone: bool, processes: bool) -> None:
    """Put the filter on this process, for good; `no_new_privs` must be set. See `program`."""
    steps = program(ARCHITECTURES[platform.machine()], os.getpid() if alone else None, processes)
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    head = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(code)))
    checked(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, head, 0, 0), "seccomp")


def _return(answer: int) -> Instruction:
    return _RETURN, 0, 0, answer


def _argument(position: int) -> Instruction:
    # The lower half: all arguments that are looked at are the kernel's `int`, which has no other.
    return _LOAD, 0, 0, _AT_ARGUMENTS + 8 * position


def _one_of(position: int, values: Sequence[int], then: int, otherwise: int) -> list[Instruction]:
    jumps = [(_EQUAL, len(values) - index, 0, value) for index, value in enumerate(values)]
    return [_argument(position), *jumps, _return(otherwise), _return(then)]


def _clone(processes: bool) -> list[Instruction]:
    """Refuse new namespaces and, unless `processes`, all that is no thread."""
    if processes:
        return [_argument(0), (_ANY_BIT, 0, 1, _CLONE_NEW), _return(_REFUSE), _return(_ALLOW)]
    jumps = [(_ANY_BIT, 1, 0, _CLONE_NEW), (_ANY_BIT, 1, 0, _CLONE_THREAD)]
    return [_argument(0), *jumps, _return(_REFUSE), _return(_ALLOW)]
