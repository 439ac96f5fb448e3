"""The options that say how a running service is reached, for the commands that load one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfgate.errors import UsageError

if TYPE_CHECKING:
    from perfgate.measure.address import Approach

_OPTIONS = (
    click.option(
        "--allow-host",
        "allowed_hosts",
        multiple=True,
        metavar="HOST",
        help="Permit load on a host beyond this machine; may be repeated.",
    ),
    click.option(
        "--resolve",
        multiple=True,
        metavar="HOST:PORT:ADDRESS",
        help="Use this address for a name; may be repeated.",
    ),
    click.option("--insecure", is_flag=True, help="Accept any certificate."),
    click.option(
        "--cacert", type=click.Path(path_type=Path), help="Trust these certificates, not the system's."
    ),
    click.option("--cert", type=click.Path(path_type=Path), help="Our certificate, for services that ask."),
    click.option("--key", type=click.Path(path_type=Path), help="The private key of --cert."),
    click.option("--http2", is_flag=True, help="Speak HTTP/2."),
    click.option("--no-reuse", is_flag=True, help="Open a new connection for each request."),
)
NAMES = ("allowed_hosts", "resolve", "insecure", "cacert", "cert", "key", "http2", "no_reuse")


def approach_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options; they arrive by the names in `NAMES`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def approach_of(given: dict[str, Any], *, allowed_hosts: Collection[str] = ()) -> Approach:
    """What the options say; `allowed_hosts` are those of the configuration.

    Raises:
        UsageError: options that do not go together, or cannot be read.
    """
    from perfgate.load.address import Tls
    from perfgate.measure.address import Approach, parse_pins

    if given["insecure"] and given["cacert"]:
        raise UsageError("--insecure accepts any certificate, so --cacert means nothing", "drop one")
    if bool(given["key"]) and not given["cert"]:
        raise UsageError("--key without --cert", "give the certificate too")
    return Approach(
        allowed_hosts=(*allowed_hosts, *given["allowed_hosts"]),
        pins=parse_pins(given["resolve"]),
        tls=Tls(
            ca_file=str(given["cacert"] or ""),
            cert_file=str(given["cert"] or ""),
            key_file=str(given["key"] or ""),
            insecure=given["insecure"],
        ),
        http2=given["http2"],
        reuse=not given["no_reuse"],
    )
