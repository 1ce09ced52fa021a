"""Length-capped JSON frames over a socket: all that passes between the grader and the place where student code runs."""

from __future__ import annotations

import json
import socket
import struct
import time
from typing import Any

MAX_FRAME = 8_000_000

Message = dict[str, Any]


class WireError(Exception):
    """The other side closed the socket, or sent something that is no frame, or too much."""


class ClosedError(WireError):
    """The other side closed the socket."""


class Wire:
    """One end of a connection. What came of an unfinished frame is kept over a timeout.

    Parameters
    ----------
    connection
        A stream socket; the wire closes it.
    most
        How many bytes may be received altogether.
    takes_fds
        Whether file descriptors that come are kept. Where student code is on the other side they must not be: they would
        pile up.
    """

    def __init__(self, connection: socket.socket, most: int | None = None, takes_fds: bool = False) -> None:
        self._connection = connection
        self._buffer = bytearray()
        self._most = most
        self._left = most
        self._takes_fds = takes_fds
        self._fds: list[int] = []

    def fileno(self) -> int:
        """Return the socket's file descriptor."""
        return self._connection.fileno()

    def is_open(self) -> bool:
        """Return whether the other side is there; what it has sent stays to be received."""
        if self._connection.fileno() < 0:
            return False
        self._connection.setblocking(False)
        try:
            return self._connection.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def close(self) -> None:
        """Close the socket."""
        self._connection.close()

    def send(self, *messages: Message, fd: int | None = None, timeout: float | None = None) -> None:
        """Send messages, and with the first a file descriptor, within `timeout` seconds.

        Raises
        ------
        WireError
            When a message is too large or the socket is closed.
        TimeoutError
            When the time is over. The connection is of no more use then: half a message may have gone.
        """
        frames = b"".join(_framed(message) for message in messages)
        self._connection.settimeout(timeout)
        try:
            if fd is None:
                self._connection.sendall(frames)
            else:
                sent = socket.send_fds(self._connection, [frames], [fd])
                self._connection.sendall(frames[sent:])
        except TimeoutError:
            raise
        except OSError as error:
            raise ClosedError(f"the socket is closed: {error.strerror}") from None

    def receive(self, timeout: float | None = None) -> Message:
        """Receive one message, within `timeout` seconds.

        Raises
        ------
        WireError
            When the socket is closed, or what comes is too large or is no JSON object.
        TimeoutError
            When the time is over.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while (body := self._frame()) is None:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError
            self._connection.settimeout(left)
            self._read()
        try:
            message = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise WireError(f"a message that is not JSON: {error}"[:200]) from None
        if not isinstance(message, dict):
            raise WireError("a message that is not a JSON object")
        return message

    def holds_message(self) -> bool:
        """Return whether a message has come already that was not received yet."""
        return len(self._buffer) >= 4 and len(self._buffer) >= 4 + struct.unpack("!I", self._buffer[:4])[0]

    def take_fd(self) -> int | None:
        """Return the oldest file descriptor that came and was not taken yet."""
        return self._fds.pop(0) if self._fds else None

    def _read(self) -> None:
        try:
            if self._takes_fds:
                part, fds, _, _ = socket.recv_fds(self._connection, 65536, 4)
                self._fds.extend(fds)
            else:
                part = self._connection.recv(65536)
        except TimeoutError:
            raise
        except OSError as error:
            raise ClosedError(f"the socket is closed: {error.strerror}") from None
        if not part:
            raise ClosedError("the socket is closed")
        if self._left is not None and self._most is not None:
            self._left -= len(part)
            if self._left < 0:
                raise WireError(f"more than {self._most / 2**20:g} MiB of output")
        self._buffer += part

    def _frame(self) -> bytes | None:
        if len(self._buffer) < 4:
            return None
        (length,) = struct.unpack("!I", self._buffer[:4])
        if length > MAX_FRAME:
            raise WireError(f"a message of {length} bytes; {MAX_FRAME} is the most")
        if len(self._buffer) < 4 + length:
            return None
        body = bytes(self._buffer[4 : 4 + length])
        del self._buffer[: 4 + length]
        return body


def _framed(message: Message) -> bytes:
    body = json.dumps(message).encode()
    if len(body) > MAX_FRAME:
        raise WireError(f"a message of {len(body)} bytes; {MAX_FRAME} is the most")
    return struct.pack("!I", len(body)) + body
