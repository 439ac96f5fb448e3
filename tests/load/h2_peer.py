"""An HTTP/2 server as bytes, and one on loopback, for these tests."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, RequestReceived, StreamEnded, StreamReset
from load_servers import LocalServer

Behaviour = Callable[[socket.socket, LocalServer], None]

Pairs = list[tuple[str, str]]


class Peer:
    """The other end of an `Http2Speaker`; what it was asked is in `requests`, by stream."""

    def __init__(self, **settings: int) -> None:
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding="latin-1"))
        self.h2.initiate_connection()
        if settings:
            from h2.settings import SettingCodes

            self.h2.update_settings({SettingCodes[name]: value for name, value in settings.items()})
        self.requests: dict[int, dict[str, str]] = {}
        self.bodies: dict[int, bytes] = {}
        self.ended: list[int] = []
        self.reset: dict[int, int] = {}

    def hear(self, data: bytes, *, open_window: bool = True) -> list[Event]:
        events = self.h2.receive_data(data)
        for event in events:
            match event:
                case RequestReceived():
                    self.requests[event.stream_id] = dict(event.headers)  # type: ignore[arg-type]
                    self.bodies[event.stream_id] = b""
                case DataReceived():
                    self.bodies[event.stream_id] += event.data
                    if open_window:
                        self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                case StreamEnded():
                    self.ended.append(event.stream_id)
                case StreamReset():
                    self.reset[event.stream_id] = int(event.error_code or 0)
        return events

    def says(self) -> bytes:
        return self.h2.data_to_send()

    def answer(
        self,
        stream: int = 1,
        *,
        status: int = 200,
        headers: Iterable[tuple[str, str | bytes]] = (),
        body: bytes = b"",
        trailers: Pairs | None = None,
        interim: Iterable[int] = (),
        frame_bytes: int = 16384,
    ) -> bytes:
        for code in interim:
            self.h2.send_headers(stream, [(":status", str(code))])
        bare = not body and trailers is None
        self.h2.send_headers(stream, [(":status", str(status)), *headers], end_stream=bare)
        for start in range(0, len(body), frame_bytes):
            piece = body[start : start + frame_bytes]
            last = start + frame_bytes >= len(body) and trailers is None
            self.h2.send_data(stream, piece, end_stream=last)
        if trailers is not None:
            self.h2.send_headers(stream, trailers, end_stream=True)
        return self.says()


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def echoing(wrap: Callable[[socket.socket], socket.socket] | None = None) -> Behaviour:
    """Response every request with its own body."""

    def behave(plain: socket.socket, server: LocalServer) -> None:
        plain.settimeout(5)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with wrap(plain) if wrap else plain as peer:
            _echo(peer, Peer())

    return behave


def _echo(sock: socket.socket, peer: Peer) -> None:
    left: dict[int, memoryview] = {}
    sock.sendall(peer.says())
    while data := sock.recv(65536):
        peer.hear(data)
        while peer.ended:
            stream = peer.ended.pop()
            peer.h2.send_headers(stream, [(":status", "200"), ("x-path", peer.requests[stream][":path"])])
            left[stream] = memoryview(peer.bodies[stream])
        for stream in list(left):
            _send_body(peer.h2, stream, left)
        sock.sendall(peer.says())


def _send_body(h2: H2Connection, stream: int, left: dict[int, memoryview]) -> None:
    """As much of what is left as there is room for."""
    while stream in left and (room := min(h2.local_flow_control_window(stream), 16384)) > 0:
        piece, left[stream] = left[stream][:room], left[stream][room:]
        h2.send_data(stream, piece.tobytes(), end_stream=not left[stream])
        if not left[stream]:
            del left[stream]
