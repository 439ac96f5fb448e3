"""Servers on loopback for these tests: each connection gets a thread that behaves as the test says."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def read_request(peer: socket.socket) -> bytes:
    """The head of one request and its body; empty when the client has closed."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = peer.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        piece = peer.recv(65536)
        if not piece:
            return b""
        body += piece
    return head + b"\r\n\r\n" + body


def reset(peer: socket.socket) -> None:
    """Close so that the client sees a reset."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


class LocalServer:
    """`behave(peer, server)` runs for each connection in a thread of its own; all end with the block.

    `over` is set at the end: a behaviour that hangs waits for it. It listens on 127.0.0.1 unless it is
    given a listener of its own.
    """

    def __init__(
        self,
        behave: Callable[[socket.socket, LocalServer], None],
        *,
        backlog: int = 512,
        listener: socket.socket | None = None,
    ) -> None:
        self._behave = behave
        self._listener = listener or socket.create_server(("127.0.0.1", 0), backlog=backlog)
        self._peers: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, name="test-server")
        self.over = threading.Event()
        self.requests: list[bytes] = []

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._listener.getsockname()[:2]
        return host, port

    @property
    def connections(self) -> int:
        return len(self._peers)

    def request(self, peer: socket.socket) -> bytes:
        """The next request of a connection, kept in `requests`; empty when the client has closed."""
        request = read_request(peer)
        if request:
            self.requests.append(request)
        return request

    def __enter__(self) -> LocalServer:
        self._accepting.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        for peer in self._peers:
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self._listener.accept()
                self._peers.append(peer)
                thread = threading.Thread(target=self._serve, args=(peer,), name="test-server")
                self._threads.append(thread)
                thread.start()

    def _serve(self, peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError):
            self._behave(peer, self)


def answering(answer: bytes = OK) -> Callable[[socket.socket, LocalServer], None]:
    """Answer every request of a connection with the same bytes."""

    def behave(peer: socket.socket, server: LocalServer) -> None:
        while server.request(peer):
            peer.sendall(answer)

    return behave


def slow(seconds: float) -> Callable[[socket.socket, LocalServer], None]:
    """Answer every request so late."""

    def behave(peer: socket.socket, server: LocalServer) -> None:
        while server.request(peer):
            server.over.wait(seconds)
            peer.sendall(OK)

    return behave


def hanging(peer: socket.socket, server: LocalServer) -> None:
    """Take the request and never answer."""
    server.request(peer)
    server.over.wait()
