"""Certificates made for a test, and servers that speak TLS with them."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme
from load_servers import LocalServer

from perfgate.load.address import Tls
from perfgate.load.stream import PlainStream
from perfgate.load.tls import TlsStream, handshake
from perfgate.load.tls_context import tls_context

SECOND_NS = 1_000_000_000

Behaviour = Callable[[socket.socket, LocalServer], None]
Talk = Callable[[ssl.SSLSocket, LocalServer], None]


class Certificates:
    """A CA, what it issued for localhost, and the files of both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = trustme.CA()
        self.ca_file = str(folder / "ca.pem")
        self.ca.cert_pem.write_to_path(self.ca_file)
        self.server = self.ca.issue_cert("localhost", "127.0.0.1")
        client = self.ca.issue_cert("somebody@example.org")
        self.client_cert_file = str(folder / "client.pem")
        self.client_key_file = str(folder / "client.key")
        client.cert_chain_pems[0].write_to_path(self.client_cert_file)
        client.private_key_pem.write_to_path(self.client_key_file)

    @property
    def trusting(self) -> Tls:
        return Tls(ca_file=self.ca_file)

    @property
    def identified(self) -> Tls:
        return Tls(self.ca_file, self.client_cert_file, self.client_key_file)

    def server_context(
        self, *, version: ssl.TLSVersion | None = None, alpn: tuple[str, ...] = (), ask_client: bool = False
    ) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.configure_cert(context)
        if version is not None:
            context.minimum_version = context.maximum_version = version
        if alpn:
            context.set_alpn_protocols(list(alpn))
        if ask_client:
            self.ca.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


def speaking_tls(context: ssl.SSLContext, talk: Talk) -> Behaviour:
    """Shake hands, then behave as `talk` says; a close without close-notify is an error there."""

    def behave(peer: socket.socket, server: LocalServer) -> None:
        peer.settimeout(5)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with context.wrap_socket(peer, server_side=True, suppress_ragged_eofs=False) as secure:
            talk(secure, server)

    return behave


def echo(secure: ssl.SSLSocket, server: LocalServer) -> None:
    while data := secure.recv(65536):
        secure.sendall(data)


def hang(secure: ssl.SSLSocket, server: LocalServer) -> None:
    server.over.wait(5)


@contextmanager
def plain_stream(server: LocalServer) -> Iterator[PlainStream]:
    connected = socket.create_connection(server.address)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stream = PlainStream(connected)
    stream.limit(5 * SECOND_NS)
    try:
        yield stream
    finally:
        stream.close()


@contextmanager
def tls_stream(
    server: LocalServer,
    tls: Tls,
    *,
    name: str = "localhost",
    http2: bool = False,
    within_ns: int = 5 * SECOND_NS,
) -> Iterator[TlsStream]:
    """A stream to the server whose handshake is done."""
    with plain_stream(server) as plain:
        context = tls_context(tls, http2=http2)
        stream = handshake(plain, context, name, time.monotonic_ns() + within_ns)
        stream.limit(5 * SECOND_NS)
        try:
            yield stream
        finally:
            stream.close()


PATIENCE_NS = 5 * SECOND_NS


def receive_all(stream: TlsStream, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece, _, _ = stream.receive()
        assert piece, "closed early"
        data += piece
    return data
