"""The `ssl.SSLContext` of a side, made from the user's files; what is wrong with those is said here."""

from __future__ import annotations

import ssl
from pathlib import Path

from perfgate.errors import UsageError
from perfgate.load.address import Tls


def tls_context(tls: Tls, *, http2: bool) -> ssl.SSLContext:
    """The settings for every connection to a side, read from its files once.

    Built from nothing rather than by `ssl.create_default_context`, whose strictness changes with the version
    of Python: a certificate that is accepted today must be accepted after an upgrade of the machine.

    Raises:
        UsageError: a file is missing or holds no certificate or key, or key and certificate do not match.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Services under test have self-made certificates, and an intermediate one may be all there is to trust.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if tls.ca_file:
        _trust(context, tls.ca_file)
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if tls.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.cert_file:
        _identify(context, tls.cert_file, tls.key_file, tls.passphrase)
        # HTTP/2 forbids to be asked for a certificate after the handshake (RFC 8740).
        context.post_handshake_auth = not http2
    elif tls.key_file:
        raise UsageError(
            f"{tls.key_file}: a key without a certificate", "name the client certificate it belongs to, too"
        )
    context.set_alpn_protocols(["h2", "http/1.1"] if http2 else ["http/1.1"])
    return context


def _trust(context: ssl.SSLContext, ca_file: str) -> None:
    _check_readable(ca_file, "CA file")
    try:
        context.load_verify_locations(cafile=ca_file)
    except (ssl.SSLError, OSError) as error:
        raise UsageError(
            f"{ca_file}: no certificates in this CA file", "give a file with PEM certificates"
        ) from error


def _identify(context: ssl.SSLContext, cert_file: str, key_file: str, passphrase: str) -> None:
    """Show this certificate to who asks; the key may be in the same file."""
    _check_readable(cert_file, "client certificate")
    if key_file:
        _check_readable(key_file, "key of the client certificate")
    where = key_file or cert_file

    def password() -> str:
        """Without this OpenSSL would ask on the terminal, and wait there for ever."""
        if not passphrase:
            raise UsageError(f"{where}: the key is protected by a password", "give a key without one")
        return passphrase

    try:
        context.load_cert_chain(cert_file, key_file or None, password=password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise UsageError(
                f"{where}: this key does not belong to the certificate in {cert_file}",
                "give the two files that were made together",
            ) from error
        both = f"{cert_file} and {key_file}" if key_file else cert_file
        raise UsageError(
            f"{both}: no usable client certificate with its key", "give a PEM certificate and its PEM key"
        ) from error


def _check_readable(file: str, what: str) -> None:
    """OpenSSL's own errors do not say which file they are about."""
    try:
        with Path(file).open("rb"):
            pass
    except OSError as error:
        raise UsageError(f"{file}: cannot read the {what}: {error.strerror}", "check the path") from error
