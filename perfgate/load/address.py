"""Where a side is, as far as opening a connection to it needs to know."""

from __future__ import annotations

from typing import NamedTuple


class Tls(NamedTuple):
    """How a side proves who it is, and how we do; the name asked for (SNI) is the authority's host.

    `ca_file` replaces the system's certificates. `insecure` accepts any certificate. `passphrase` opens the
    key. `server_name` is asked for, and looked for in the certificate, in place of the host.
    """

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    insecure: bool = False
    passphrase: str = ""
    server_name: str = ""


class Address(NamedTuple):
    """Where to connect, and how to speak there.

    `authority` is what the Host header says if that is not `host` and `port` (a name that was resolved
    before). `unix_path` connects to a unix socket instead. `http2` speaks HTTP/2 where the side agrees to
    it (ALPN), and over plain TCP without asking (prior knowledge).
    """

    host: str
    port: int
    authority: str = ""
    unix_path: str = ""
    tls: Tls | None = None
    http2: bool = False
    reuse: bool = True
    """Whether a connection carries more than one request."""


class Timeouts(NamedTuple):
    """How long each phase may take, in nanoseconds; 0 leaves it to `total_ns`.

    `connect_ns` bounds name, connection and TLS handshake together, `waiting_ns` the time from the request
    to the first byte of the answer, `total_ns` the whole exchange.
    """

    total_ns: int
    connect_ns: int = 0
    waiting_ns: int = 0


def default_authority(address: Address) -> str:
    """What the Host header says where nothing else is given."""
    if address.unix_path:
        return "localhost"
    default = 443 if address.tls else 80
    host = f"[{address.host}]" if ":" in address.host else address.host
    return host if address.port == default else f"{host}:{address.port}"


def url_of(address: Address) -> str:
    """The root of a side as a client of somebody else's would write it."""
    scheme = "https" if address.tls else "http"
    return f"{scheme}://{address.authority or default_authority(address)}"
