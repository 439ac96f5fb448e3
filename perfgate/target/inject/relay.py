"""One connection, passed on byte by byte in both directions, the first bytes of each answer later.

It knows nothing of HTTP: an answer begins with the first bytes from the service after bytes from the client.
Each direction holds at most one piece of 64 KiB and is not read before that is gone.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from contextlib import suppress

from perfgate.target.inject.delay import Delayer

_PIECE = 65_536
_RESET = struct.pack("ii", 1, 0)


class _Way:
    """One direction: bytes read from `source` and not yet taken by `sink`."""

    def __init__(self, source: socket.socket, sink: socket.socket) -> None:
        self.source = source
        self.sink = sink
        self.pending = memoryview(b"")
        self.is_open = True

    def read(self) -> bytes:
        """The next piece; b"" at the end, which is passed on. The caller has seen that there is something."""
        piece = self.source.recv(_PIECE)
        if not piece:
            self.is_open = False
            with suppress(OSError):
                self.sink.shutdown(socket.SHUT_WR)
        return piece

    def write(self) -> None:
        """Pass on as much as is taken without waiting."""
        while self.pending:
            try:
                sent = self.sink.send(self.pending)
            except BlockingIOError:
                return
            self.pending = self.pending[sent:]


class Relay:
    """A client's connection and the one to the service that belongs to it; `run` ends when both have."""

    def __init__(self, client: socket.socket, service: socket.socket, delayer: Delayer) -> None:
        self._delayer = delayer
        self._request = _Way(client, service)
        self._answer = _Way(service, client)
        self._poll = select.poll()
        self._interest: dict[int, int] = {}
        self._sockets = (client, service)
        self._kind = b""
        self._asked_ns = 0
        self._is_answer_due = False

    def run(self) -> None:
        """Pass everything on until both ends have closed; a reset of one end becomes a reset of the other."""
        for each in self._sockets:
            each.setblocking(False)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while self._watch():
                ready = dict(self._poll.poll())
                with suppress(BlockingIOError):  # the kernel may say "readable" and change its mind
                    self._move_request(ready)
                    self._move_answer(ready)
        except OSError:
            for each in self._sockets:
                with suppress(OSError):
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        finally:
            for each in self._sockets:
                each.close()

    def _watch(self) -> bool:
        """Watch what can move now, and nothing else; False when nothing ever will."""
        wanted = dict.fromkeys((each.fileno() for each in self._sockets), 0)
        for way in (self._request, self._answer):
            if way.pending:
                wanted[way.sink.fileno()] |= select.POLLOUT
            elif way.is_open:
                wanted[way.source.fileno()] |= select.POLLIN
        if wanted != self._interest:
            for number, events in wanted.items():
                # A socket that nothing is wanted of would report its hang-up again and again.
                if events:
                    self._poll.register(number, events)
                elif self._interest.get(number):
                    self._poll.unregister(number)
            self._interest = wanted
        return any(wanted.values())

    def _move_request(self, ready: dict[int, int]) -> None:
        way = self._request
        if way.pending:
            if not ready.get(way.sink.fileno()):
                return
        else:
            if not (way.is_open and ready.get(way.source.fileno(), 0) & ~select.POLLOUT):
                return
            piece = way.read()
            if piece and not self._is_answer_due:
                self._is_answer_due = True
                self._kind = self._delayer.kind_of(piece)
            way.pending = memoryview(piece)
        # Before the last bytes go, not after: where one CPU is all there is, the service runs, and may have
        # answered, before this thread is back.
        self._asked_ns = time.perf_counter_ns()
        way.write()

    def _move_answer(self, ready: dict[int, int]) -> None:
        way = self._answer
        if way.pending:
            if ready.get(way.sink.fileno()):
                way.write()
            return
        if not (way.is_open and ready.get(way.source.fileno(), 0) & ~select.POLLOUT):
            return
        piece = way.read()
        if self._is_answer_due and piece:
            answered_ns = time.perf_counter_ns()
            self._is_answer_due = False
            if not self._delayer.is_idle:
                self._delayer.hold(self._kind, self._asked_ns, answered_ns)
        way.pending = memoryview(piece)
        way.write()
