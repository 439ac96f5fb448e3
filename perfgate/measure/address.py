"""Which hosts load may be sent to: this machine, and those the user allows by name."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from perfgate.errors import MeasureError, UsageError
from perfgate.load.address import Address, Tls

_PORTS = {"http": 80, "https": 443}
_ANSWERS_WITHIN_S = 2.0
_PIN = re.compile(r"(?P<host>[^:\[\]]+|\[[^\]]+\]):(?P<port>\d{1,5}):(?P<address>.+)")

Pins = Mapping[tuple[str, int], str]
"""Addresses given for names: what `--resolve HOST:PORT:ADDRESS` says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """How a service is reached, beyond its URL; `tls` counts where the URL says https."""

    allowed_hosts: Collection[str] = ()
    pins: Pins = field(default_factory=dict)
    tls: Tls = field(default_factory=Tls)
    http2: bool = False
    reuse: bool = True


class Located(NamedTuple):
    """A checked address, and how long finding it took (0: there was nothing to look up)."""

    address: Address
    dns_ns: int


def parse_pins(texts: Sequence[str]) -> Pins:
    """Read `HOST:PORT:ADDRESS` texts, curl's form of an entry for a name.

    Raises:
        UsageError: one of them is of another form, or its address is a name.
    """
    pins = {}
    for text in texts:
        match = _PIN.fullmatch(text)
        address = match["address"].strip("[]") if match else ""
        try:
            ipaddress.ip_address(address)
        except ValueError as error:
            raise UsageError(
                f"--resolve {text!r}: not HOST:PORT:ADDRESS",
                "write it like api.example.com:443:127.0.0.1",
            ) from error
        assert match is not None  # noqa: S101 - an address was found in it
        pins[match["host"].strip("[]").lower(), int(match["port"])] = address
    return pins


def locate(url: str, *, flag: str, approach: Approach) -> Located:
    """The address to load for a service that runs at `url`.

    A name that resolves to loopback today may resolve elsewhere a moment later, so what is returned is the
    address that was checked, not the name.

    Raises:
        UsageError: not a plain service URL, or a host beyond this machine that was not allowed.
        MeasureError: the host has no address.
    """
    if url.startswith("unix:"):
        return Located(_unix(url, flag, approach), 0)
    parts = _split(url, flag)
    host = str(parts.hostname)
    port = parts.port or _PORTS[parts.scheme]
    pinned = approach.pins.get((host.lower(), port))
    begun_ns = time.monotonic_ns()
    addresses = [pinned] if pinned else _resolve(url, flag, host, port)
    dns_ns = 0 if pinned or _is_literal(host) else time.monotonic_ns() - begun_ns
    _require_allowed(url, flag, host, addresses, approach)
    address = Address(
        host=_first_that_answers(addresses, port),
        port=port,
        authority=_authority(parts),
        tls=approach.tls if parts.scheme == "https" else None,
        http2=approach.http2,
        reuse=approach.reuse,
    )
    return Located(address, dns_ns)


def require_listener(address: Address, place: str) -> None:
    """Find out at once that a service was not started, not after a minute of refused connections.

    Raises:
        MeasureError: nobody takes connections there; `place` says what named the address.
    """
    family = (
        socket.AF_UNIX if address.unix_path else socket.AF_INET6 if ":" in address.host else socket.AF_INET
    )
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(_ANSWERS_WITHIN_S)
        try:
            probe.connect(address.unix_path or (address.host, address.port))
        except (ConnectionRefusedError, FileNotFoundError) as error:
            raise MeasureError(
                f"{place}: nothing listens there", "start the service first, or correct the address"
            ) from error
        except OSError:
            # A service that is merely slow to accept: the load will show it.
            return


def _split(url: str, flag: str) -> SplitResult:
    if "@" in url:
        raise UsageError(f"{flag}: the URL holds a user or password", "write http://HOST:PORT")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise UsageError(f"{flag} {url!r}: {error}", "write http://HOST:PORT") from error
    extra = parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme not in _PORTS or not parts.hostname or extra or parts.port == 0:
        raise UsageError(
            f"{flag} {url!r}: not a plain service address",
            "write http://HOST:PORT or https://HOST:PORT, paths come from the workload",
        )
    return parts


def _authority(parts: SplitResult) -> str:
    """What the Host header says: the name and port as written, without the scheme's own port."""
    name = parts.netloc.lower()
    return name.removesuffix(f":{_PORTS[parts.scheme]}") if parts.port == _PORTS[parts.scheme] else name


def _unix(url: str, flag: str, approach: Approach) -> Address:
    path = unquote(url.removeprefix("unix:")).replace("//", "/", 1)
    # The kernel's limit for the name of a unix socket.
    if not path.startswith("/") or not 1 < len(path.encode()) < 108 or "\0" in path:
        raise UsageError(f"{flag} {url!r}: not a unix socket", "write unix:/path/to/socket")
    return Address(host="", port=0, unix_path=path, http2=approach.http2, reuse=approach.reuse)


def _resolve(url: str, flag: str, host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "not a name"
        raise MeasureError(
            f"{flag} {url!r}: {host} has no address ({reason})",
            "check the name, or give its address with --resolve HOST:PORT:ADDRESS",
        ) from error
    return [str(entry[4][0]) for entry in found]


def _require_allowed(url: str, flag: str, host: str, addresses: Sequence[str], approach: Approach) -> None:
    if host in approach.allowed_hosts:
        return
    if not all(ipaddress.ip_address(address.partition("%")[0]).is_loopback for address in addresses):
        raise UsageError(
            f"{flag} {url!r}: {host} is not this machine",
            f"load goes to loopback only; if you may load that host, add --allow-host {host}",
        )


def _is_literal(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return bool(ipaddress.ip_address(host))
    return False


def _first_that_answers(addresses: Sequence[str], port: int) -> str:
    """A name may have an IPv6 address that nobody listens on; if none answers, the load will say so."""
    for address in addresses:
        with (
            contextlib.suppress(OSError),
            socket.create_connection((address, port), timeout=_ANSWERS_WITHIN_S),
        ):
            return address
    return addresses[0]
