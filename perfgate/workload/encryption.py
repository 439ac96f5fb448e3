"""`config.tls`: how the service proves who it is, and how the load does."""

from __future__ import annotations

from pathlib import Path

from perfgate.model import TlsFiles
from perfgate.workload.files import path_beside
from perfgate.workload.place import Place

_FILES = ("ca", "cert", "key")
_UNSUPPORTED = {
    "pfx": "turn it into PEM files, with openssl pkcs12, and name them under cert and key",
    "checkServerIdentity": "remove it: names are checked unless rejectUnauthorized is false",
    "ciphers": "remove it: both ends choose the strongest they have in common",
    "minVersion": "remove it: TLS 1.2 or newer is spoken",
    "maxVersion": "remove it: TLS 1.2 or newer is spoken",
}


def read_tls(place: Place) -> tuple[TlsFiles, bool]:
    """The files and the name `config.tls` gives, and whether any certificate is accepted.

    Raises:
        UsageError: a key that cannot be used, a file that is not there, a key without its certificate.
    """
    entries = place.fields((*_FILES, "rejectUnauthorized", "passphrase", "servername"), _UNSUPPORTED)
    insecure = "rejectUnauthorized" in entries and not entries["rejectUnauthorized"].flag()
    if insecure and "ca" in entries:
        raise entries["ca"].fail(
            "rejectUnauthorized: false accepts any certificate, so 'ca' means nothing", "remove one of them"
        )
    for key, needed in (("key", "cert"), ("passphrase", "cert")):
        if key in entries and needed not in entries:
            raise entries[key].fail(f"{key!r} without {needed!r}", f"name the certificate under {needed}")
    found = {key: str(_file(entries[key])) if key in entries else "" for key in _FILES}
    return TlsFiles(
        ca_file=found["ca"],
        cert_file=found["cert"],
        key_file=found["key"],
        passphrase=str(entries["passphrase"].scalar()) if "passphrase" in entries else "",
        server_name=entries["servername"].text() if "servername" in entries else "",
    ), insecure


def _file(place: Place) -> Path:
    if place.text().lstrip().startswith("-----BEGIN"):
        raise place.fail("the certificate or key itself stands here", "save it as a file, and name that")
    return path_beside(place, "file")
