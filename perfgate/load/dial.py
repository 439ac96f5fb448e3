"""Opening a connection: name, TCP or unix socket, TLS, each bounded and timed."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from perfgate.load.address import Address
from perfgate.load.stream import PlainStream, Stream
from perfgate.model import Opening

if TYPE_CHECKING:
    import ssl


class Dialled(NamedTuple):
    """An open stream, how long its phases took, and whether HTTP/2 is spoken on it."""

    stream: Stream
    opening: Opening
    http2: bool


def dial(
    address: Address,
    context: ssl.SSLContext | None,
    *,
    timeout_ns: int,
    transmit_stamps: bool,
    hold: Callable[[socket.socket], None],
) -> Dialled:
    """Connect to the first address that takes us.

    Args:
        address: where to.
        context: how to encrypt, None for plain bytes.
        timeout_ns: bound of all phases together.
        transmit_stamps: whether the kernel shall stamp what is sent, too.
        hold: is given each socket before it connects, so that another thread can shut it
            (`socket.create_connection` would keep it to itself while it waits).

    Raises:
        OSError: a phase failed or took too long.
    """
    begun_ns = time.monotonic_ns()
    give_up_ns = begun_ns + timeout_ns
    candidates = _resolve(address)
    resolved_ns = time.monotonic_ns()
    connected = _connect(candidates, give_up_ns, hold)
    try:
        stream = PlainStream(connected, transmit_stamps=transmit_stamps)
        connected_ns = time.monotonic_ns()
        opening = Opening(
            dns_ns=0 if _is_literal(address) else resolved_ns - begun_ns,
            connect_ns=connected_ns - resolved_ns,
        )
        if context is None:
            return Dialled(stream, opening, address.http2)
        return _encrypt(stream, address, context, opening, give_up_ns)
    except BaseException:
        connected.close()
        raise


def _encrypt(
    stream: PlainStream, address: Address, context: ssl.SSLContext, opening: Opening, give_up_ns: int
) -> Dialled:
    from perfgate.load.tls import handshake

    begun_ns = time.monotonic_ns()
    stream.limit(max(give_up_ns - begun_ns, 1))
    encrypted = handshake(stream, context, server_name(address), give_up_ns)
    return Dialled(encrypted, opening._replace(tls_ns=time.monotonic_ns() - begun_ns), encrypted.http2)


def server_name(address: Address) -> str:
    """The host a certificate must be for: that of the Host header, unless another is given."""
    if address.tls is not None and address.tls.server_name:
        return address.tls.server_name
    if not address.authority:
        return address.host
    return address.authority.rpartition("]")[0].strip("[") or address.authority.partition(":")[0]


Where = str | tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
Candidate = tuple[socket.AddressFamily, Where]


def _resolve(address: Address) -> list[Candidate]:
    if address.unix_path:
        return [(socket.AF_UNIX, address.unix_path)]
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    return [(family, where) for family, _, _, _, where in found]


def _is_literal(address: Address) -> bool:
    with contextlib.suppress(ValueError):
        return bool(address.unix_path or ipaddress.ip_address(address.host))
    return False


def _connect(
    candidates: list[Candidate], give_up_ns: int, hold: Callable[[socket.socket], None]
) -> socket.socket:
    """A connection to the first candidate that takes us.

    The last one's failure leaves as it came: kept in a variable, it would be part of a cycle with this frame,
    and the collector, which is off during a load, would never free the 2 KB that are in it.
    """
    for family, where in candidates[:-1]:
        with contextlib.suppress(OSError):
            return _connect_to(family, where, give_up_ns, hold)
    if not candidates:
        raise OSError("the name has no address")
    return _connect_to(*candidates[-1], give_up_ns, hold)


def _connect_to(
    family: socket.AddressFamily, where: Where, give_up_ns: int, hold: Callable[[socket.socket], None]
) -> socket.socket:
    left_ns = give_up_ns - time.monotonic_ns()
    if left_ns <= 0:
        raise TimeoutError
    connected = socket.socket(family, socket.SOCK_STREAM)
    try:
        hold(connected)
        connected.settimeout(left_ns / 1e9)
        connected.connect(where)
        connected.setblocking(True)
        if family != socket.AF_UNIX:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        connected.close()
        raise
    return connected
