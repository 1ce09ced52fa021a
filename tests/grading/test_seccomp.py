"""The filter of system calls, run here step by step as the kernel would, for both processors."""

from __future__ import annotations

import errno

import pytest

from autograder.grading.sandbox.seccomp import ARCHITECTURES, Architecture, Instruction, program

ALLOWED, REFUSED, NO_SUCH_CALL, KILLED = 0x7FFF0000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS, 0x80000000
ALONE = 4321
X86_64, AARCH64 = ARCHITECTURES["x86_64"], ARCHITECTURES["aarch64"]


def answer(steps: list[Instruction], audit: int, number: int, *arguments: int) -> int:
    """Return what a filter answers to one system call."""
    data = {0: number, 4: audit, **{16 + 8 * index: value for index, value in enumerate(arguments)}}
    at = value = 0
    while True:
        code, then, otherwise, operand = steps[at]
        at += 1
        match code:
            case 0x20:
                value = data.get(operand, 0)
            case 0x15:
                at += then if value == operand else otherwise
            case 0x35:
                at += then if value >= operand else otherwise
            case 0x45:
                at += then if value & operand else otherwise
            case 0x06:
                return operand


@pytest.fixture(params=[X86_64, AARCH64], ids=lambda one: one.name)
def architecture(request: pytest.FixtureRequest) -> Architecture:
    return request.param


# Numbers from the kernel's own headers, x86_64 and aarch64.
@pytest.mark.parametrize(
    ("numbers", "arguments", "with_namespaces", "alone"),
    [
        ((0, 63), (), ALLOWED, ALLOWED),  # read
        ((101, 117), (), REFUSED, REFUSED),  # ptrace
        ((425, 425), (), REFUSED, REFUSED),  # io_uring_setup
        ((272, 97), (), REFUSED, REFUSED),  # unshare
        ((460, 460), (), REFUSED, REFUSED),  # the last of a list
        ((56, 220), (0x10000000 | 17,), REFUSED, REFUSED),  # clone into a new namespace of users
        ((56, 220), (17,), ALLOWED, REFUSED),  # a new process
        ((56, 220), (0x10000 | 0x100,), ALLOWED, ALLOWED),  # a new thread
        ((435, 435), (), NO_SUCH_CALL, NO_SUCH_CALL),  # clone3
        ((467, 467), (), NO_SUCH_CALL, NO_SUCH_CALL),  # newer than the list
        ((59, 221), (), ALLOWED, REFUSED),  # execve
        ((41, 198), (2, 1), ALLOWED, REFUSED),  # an IPv4 socket
        ((41, 198), (40, 1), REFUSED, REFUSED),  # a socket to the host of a virtual machine
        ((53, 199), (1, 1 | 0x80000), ALLOWED, ALLOWED),  # a pair of streams
        ((53, 199), (30, 1), REFUSED, REFUSED),  # a pair of another family
        ((53, 199), (1, 2), ALLOWED, REFUSED),  # a pair for datagrams
        ((62, 129), (ALONE, 9), ALLOWED, ALLOWED),  # a signal to itself
        ((62, 129), (ALONE + 1, 9), ALLOWED, REFUSED),  # a signal to another
        ((62, 129), (0, 9), ALLOWED, REFUSED),  # a signal to its group
        ((302, 261), (0,), ALLOWED, ALLOWED),  # its own limits
        ((302, 261), (1,), ALLOWED, REFUSED),  # another's limits
        ((16, 29), (0, 0x5412), REFUSED, REFUSED),  # characters into a terminal
        ((72, 25), (3, 8), ALLOWED, REFUSED),  # who gets a file's signals
        ((72, 25), (3, 1), ALLOWED, ALLOWED),  # F_GETFD
        ((157, 167), (1, 0), REFUSED, REFUSED),  # to outlive its parent
        ((157, 167), (15, 0), ALLOWED, ALLOWED),  # its name
        ((268, 53), (), ALLOWED, REFUSED),  # fchmodat
        ((29, 194), (), REFUSED, REFUSED),  # a segment of shared memory
        ((319, 279), (), REFUSED, REFUSED),  # a file in memory
        ((162, 81), (), REFUSED, REFUSED),  # to write all files to the disk
        ((285, 47), (3, 0), ALLOWED, ALLOWED),  # room for a file
        ((285, 47), (3, 1), REFUSED, REFUSED),  # room past a file's end
        ((9, 222), (0, 1, 3, 0x22), ALLOWED, ALLOWED),  # memory of its own
        ((9, 222), (0, 1, 3, 0x01), ALLOWED, ALLOWED),  # a file that is mapped
        ((9, 222), (0, 1, 3, 0x21), REFUSED, REFUSED),  # memory that no file holds, and is shared
    ],
)
def test_a_call_is_answered(
    architecture: Architecture, numbers: tuple[int, int], arguments: tuple[int, ...], with_namespaces: int, alone: int
) -> None:
    number = numbers[architecture.column]
    for steps, expected in (
        (program(architecture, None, processes=True), with_namespaces),
        (program(architecture, ALONE, processes=False), alone),
    ):
        assert answer(steps, architecture.audit, number, *arguments) == expected


def test_other_numberings_end_the_process(architecture: Architecture) -> None:
    steps = program(architecture, None, processes=True)
    assert answer(steps, 0x40000003, 1) == KILLED
    assert answer(steps, architecture.audit, 0x40000000 | 1) == KILLED


def test_a_process_can_be_refused_with_namespaces_too(architecture: Architecture) -> None:
    steps = program(architecture, None, processes=False)
    assert answer(steps, architecture.audit, (56, 220)[architecture.column], 17) == REFUSED
    assert answer(steps, architecture.audit, (41, 198)[architecture.column], 2) == ALLOWED
