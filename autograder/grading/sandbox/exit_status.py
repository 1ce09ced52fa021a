"""How a submission ended: the exit statuses that its guard gives, and what they mean in words."""

from __future__ import annotations

import errno
import socket

from .tiers import MIB, Limits

UNHEARD, TOO_MANY_PROCESSES, TOO_MUCH_DISK = 74, 75, 76
# The engine's own: the template process has ended too, so no status came.
LOST = -1
_SIGNAL = 128
_KILLED, _TIME_UP, _FOREIGN_CALL = _SIGNAL + 9, _SIGNAL + 24, _SIGNAL + 31
_CRASHES = {_SIGNAL + number for number in (4, 5, 6, 7, 8, 11)}

_NOT_ALLOWED = (
    "asked the system for something that the grader does not allow: a new process, a connection, shared memory, or a "
    "file that is not its own"
)
_NETWORK = (errno.ENETUNREACH, errno.EHOSTUNREACH, socket.EAI_AGAIN, socket.EAI_NONAME)


def why_it_ended(status: int, cpu: float, limits: Limits, said: str) -> str:
    """Return why a submission's process ended before it was told to.

    Parameters
    ----------
    status
        Its exit status; 128 and a signal's number for one that a signal ended.
    cpu
        How many seconds of processor time it had used.
    said
        What was heard, or not, on its socket.
    """
    if status == _TIME_UP or (status == _KILLED and cpu >= limits.cpu):
        return f"it used up its {limits.cpu} s of processor time"
    if status in _CRASHES:
        return "its process crashed"
    words = {
        UNHEARD: said,
        TOO_MANY_PROCESSES: f"it had more than {limits.processes} processes and threads",
        TOO_MUCH_DISK: f"it kept more than {limits.disk // MIB} MiB, or too many files, on the disk",
        _KILLED: "its process was killed, most likely because the machine ran out of memory",
        LOST: "the sandbox itself came to an end, so grade it again",
        _FOREIGN_CALL: "it made a system call in another processor's numbering",
    }
    return words.get(status) or f"its process ended itself with status {status}"


def limit_met(name: str, text: str, limits: Limits) -> str:
    """Return which limit an exception tells of, in words; "" for none."""
    told = f"{name}: {text}"
    for sign, words in (
        ("MemoryError", f"asked for more than {limits.memory // MIB} MiB of memory"),
        ("can't allocate memory", f"asked for more than {limits.memory // MIB} MiB of memory"),
        ("[Errno 12]", f"asked for more than {limits.memory // MIB} MiB of memory"),
        ("[Errno 27]", f"wrote a file of more than {limits.file_size // MIB} MiB"),
        ("[Errno 24]", f"had more than {limits.open_files} files open"),
        ("[Errno 28]", f"kept more than {limits.disk // MIB} MiB, or too many files, on the disk"),
        ("BlockingIOError: [Errno 11]", f"started more than {limits.processes} processes and threads"),
        ("can't start new thread", f"started more than {limits.processes} processes and threads"),
    ):
        if sign in told:
            return words
    return ""


def refusal(name: str, text: str, limits: Limits) -> str:
    """Return which limit or wall an exception tells of, in words; "" for none. The system's error number says it."""
    told = f"{name}: {text}"
    for numbers, words in (
        ((errno.EPERM, errno.EACCES, errno.ENOSYS), _NOT_ALLOWED),
        ((errno.EROFS,), "wrote to a place where the grader does not allow it"),
        (_NETWORK, "asked for the network, which the grader does not allow"),
    ):
        if any(f"[Errno {number}]" in told for number in numbers):
            return words
    return limit_met(name, text, limits)
