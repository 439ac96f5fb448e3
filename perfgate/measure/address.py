"""Which hosts load may be sent to: this machine, and those the user allows by name."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Collection, Sequence
from urllib.parse import urlsplit

from perfgate.errors import MeasureError, UsageError
from perfgate.load.address import Address


def load_address(url: str, *, flag: str, allowed_hosts: Collection[str]) -> Address:
    """The address to load for a service that already runs at `url`.

    A name that resolves to loopback today may resolve elsewhere a moment later, so what is returned is the
    address that was checked, not the name.

    Raises:
        UsageError: not a plain http URL, or a host beyond this machine that was not allowed.
        MeasureError: the host has no address.
    """
    if "@" in url:
        raise UsageError(f"{flag}: the URL holds a user or password", "write http://HOST:PORT")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"{flag} {url!r}: {error}", "write http://HOST:PORT") from error
    if parts.scheme == "https":
        raise UsageError(f"{flag} {url!r}: TLS is not supported yet", "use the service's plain http port")
    extra = parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme != "http" or not host or extra:
        raise UsageError(
            f"{flag} {url!r}: not a plain service address",
            "write http://HOST:PORT, paths come from the workload",
        )
    try:
        found = socket.getaddrinfo(host, port or 80, type=socket.SOCK_STREAM)
    except OSError as error:
        raise MeasureError(
            f"{flag} {url!r}: {host} has no address ({error.strerror})", "check the name"
        ) from error
    addresses = [str(entry[4][0]) for entry in found]
    if host not in allowed_hosts and not all(ipaddress.ip_address(a).is_loopback for a in addresses):
        raise UsageError(
            f"{flag} {url!r}: {host} is not this machine",
            f"load goes to loopback only; if you may load that host, add --allow-host {host}",
        )
    return Address(_first_that_answers(addresses, port or 80), port or 80, parts.netloc.lower())


def _first_that_answers(addresses: Sequence[str], port: int) -> str:
    """A name may have an IPv6 address that nobody listens on; if none answers, the load will say so."""
    for address in addresses:
        with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=2.0):
            return address
    return addresses[0]
