"""One open byte stream to a side: bytes out, bytes in, and exactly when each crossed the kernel's border."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import time
from collections.abc import Callable
from functools import partial
from operator import call
from typing import Protocol

from perfgate.load import clock

RECEIVE_BYTES = 64 * 1024
"""Of the buffer that each stream keeps; a larger answer takes several receives."""


ONE_PACKET_BYTES = 1200
"""What surely fits into one packet, whatever the way."""

_call: Callable[[Callable[[], int]], int] = call


class Stream(Protocol):
    """What a connection needs of a stream, plain or encrypted. Failures are `OSError`."""

    def send(self, payload: bytes, timeout_ns: int) -> tuple[int, int]:
        """Send everything.

        Args:
            payload: what to send.
            timeout_ns: how long after the first piece no further one is sent.

        Returns:
            Wall-clock nanoseconds when the first byte left, and when the last had been handed over.
        """

    def receive(self) -> tuple[bytes, int, bool]:
        """The next bytes (none when the peer has closed), when they came, and whether the kernel says so."""

    def left_ns(self, since_ns: int) -> int:
        """When the first packet sent at `since_ns` or later left, by the kernel; 0 if it does not say."""

    def limit(self, timeout_ns: int) -> None:
        """Bound every later wait for the peer."""

    def is_quiet(self) -> bool:
        """Whether the peer has neither closed nor sent anything since the last answer."""

    def shut(self) -> None:
        """End every wait on this stream, now and later; may be called from another thread."""

    def close(self) -> None:
        """Let go of the socket."""


class PlainStream:
    """A stream over a connected, blocking TCP or unix socket, which it owns."""

    __slots__ = (
        "_buffer",
        "_parts",
        "_payload",
        "_poll",
        "_receive_into",
        "_send",
        "_socket",
        "_transmit_stamps",
        "_view",
    )

    def __init__(self, connected: socket.socket, *, transmit_stamps: bool = False) -> None:
        self._socket = connected
        self._buffer = bytearray(RECEIVE_BYTES)
        self._view = memoryview(self._buffer)
        self._parts = [self._view]
        self._receive_into = connected.recvmsg_into
        self._payload: bytes | None = None
        self._send: tuple[Callable[[], int], ...] = ()
        self._poll = select.poll()
        self._poll.register(connected, select.POLLIN)
        self._transmit_stamps = transmit_stamps and clock.ask_for_stamps(connected, transmit=True)
        if not self._transmit_stamps:
            clock.ask_for_stamps(connected)

    def send(self, payload: bytes, timeout_ns: int) -> tuple[int, int]:
        """Send everything, in one system call where the kernel takes it.

        `map(call, …)` runs clock, send and clock inside C. In plain Python the thread could be made to give
        up the interpreter between reading the clock and sending (after any call), and the wait to get it
        back, 5 ms and more beside a busy thread, would be charged to the service.
        """
        if payload is not self._payload:
            self._payload = payload
            self._send = (clock.now_ns, partial(self._socket.send, payload), clock.now_ns)
        before_ns, sent, after_ns = map(_call, self._send)
        if sent < len(payload):
            after_ns = self._send_rest(memoryview(payload)[sent:], timeout_ns)
        return before_ns, after_ns

    def _send_rest(self, rest: memoryview, timeout_ns: int) -> int:
        """`sendall` would go on for as long as the peer reads a byte now and then."""
        give_up_ns = time.monotonic_ns() + timeout_ns
        while rest:
            if time.monotonic_ns() > give_up_ns:
                raise TimeoutError
            rest = rest[self._socket.send(rest) :]
        return clock.now_ns()

    def receive(self) -> tuple[bytes, int, bool]:
        """The next bytes with the kernel's receive stamp, or our own clock's reading where there is none."""
        count, ancillary, _, _ = self._receive_into(self._parts, clock.ANCILLARY_BYTES)
        user_ns = clock.now_ns()
        data = self._view[:count].tobytes()
        for _, kind, stamp in ancillary:
            if kind == clock.SO_TIMESTAMPING:
                seconds, nanoseconds = clock.read_stamp(stamp)
                stamp_ns = seconds * 1_000_000_000 + nanoseconds
                # A stamp of the future means a stepped clock: then our own reading is better.
                if 0 < stamp_ns <= user_ns:
                    return data, stamp_ns, True
        return data, user_ns, False

    def left_ns(self, since_ns: int) -> int:
        """The kernel's transmit stamp; a payload of several packets has one for the last only, so no use."""
        if not self._transmit_stamps or self._payload is None or len(self._payload) > ONE_PACKET_BYTES:
            return 0
        return clock.transmit_stamp(self._socket, since_ns)

    def limit(self, timeout_ns: int) -> None:
        """Bound every later wait, by the kernel: Python's own timeouts add a poll to every receive."""
        # All zeros would mean no limit at all.
        limit = struct.pack("@qq", *divmod(max(timeout_ns // 1000, 1), 1_000_000))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)

    def is_quiet(self) -> bool:
        """Whether another request may be sent: nothing to read means open, and nothing unasked-for."""
        # A transmit stamp that nobody has read shows as an error alone, a broken connection never does.
        return not any(event & ~select.POLLERR for _, event in self._poll.poll(0))

    def shut(self) -> None:
        """Shut the socket down both ways."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
