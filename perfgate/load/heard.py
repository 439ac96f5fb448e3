"""What has come in of an answer in several pieces, and the memory that all such answers together may take."""

from __future__ import annotations

import threading

from perfgate.load.head import ProtocolError

MAX_ROOM_BYTES = 1 << 30
_STEP_BYTES = 1 << 20


class Room:
    """Bytes that may be taken, and have to be given back; shared by the threads of this process."""

    def __init__(self, most_bytes: int) -> None:
        self.left_bytes = most_bytes
        self._lock = threading.Lock()

    def take(self, wanted_bytes: int) -> bool:
        """Whether there was room."""
        with self._lock:
            if wanted_bytes > self.left_bytes:
                return False
            self.left_bytes -= wanted_bytes
            return True

    def give_back(self, taken_bytes: int) -> None:
        """Let others have what was taken."""
        with self._lock:
            self.left_bytes += taken_bytes


room = Room(MAX_ROOM_BYTES)
"""One answer may take 64 MiB, but a thousand users together must not take 64 GiB."""


class Heard:
    """How much of an answer came in, and when the last of it did."""

    __slots__ = ("_taken_bytes", "bytes", "last_ns", "stamped")

    def __init__(self, last_ns: int, received: int, *, stamped: bool) -> None:
        self.last_ns = last_ns
        self.bytes = received
        self.stamped = stamped
        self._taken_bytes = 0

    def add(self, received: int) -> None:
        """Count more bytes; an answer takes room from its first MiB on.

        Raises:
            ProtocolError: there is none left.
        """
        self.bytes += received
        if self.bytes - self._taken_bytes > _STEP_BYTES:
            if not room.take(_STEP_BYTES):
                raise ProtocolError("answers too large together")
            self._taken_bytes += _STEP_BYTES

    def leave(self) -> None:
        """Give the room back."""
        if self._taken_bytes:
            room.give_back(self._taken_bytes)
            self._taken_bytes = 0
