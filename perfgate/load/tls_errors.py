"""The short, fixed names under which failures of TLS are counted; nothing a peer writes gets into them."""

from __future__ import annotations

import ssl

_CERTIFICATE = {
    9: "tls certificate not yet valid",
    10: "tls certificate expired",
    18: "tls certificate unknown issuer",
    19: "tls certificate unknown issuer",
    20: "tls certificate unknown issuer",
    21: "tls certificate unknown issuer",
    62: "tls certificate wrong name",
    64: "tls certificate wrong name",
}
"""By OpenSSL's X509_V_ERR_*: the four mistakes people make; all others are just "tls certificate"."""

_ALERTS = frozenset(
    {
        "access denied",
        "bad certificate",
        "bad record mac",
        "certificate expired",
        "certificate required",
        "certificate revoked",
        "certificate unknown",
        "decode error",
        "decrypt error",
        "handshake failure",
        "illegal parameter",
        "insufficient security",
        "internal error",
        "no application protocol",
        "protocol version",
        "unexpected message",
        "unknown ca",
        "unsupported certificate",
        "user cancelled",
    }
)

_VERSION_REASONS = frozenset({"UNSUPPORTED_PROTOCOL", "VERSION_TOO_LOW", "WRONG_SSL_VERSION"})

_GARBAGE_REASONS = frozenset(
    {
        "BAD_RECORD_TYPE",
        "DATA_LENGTH_TOO_LONG",
        "DECRYPTION_FAILED_OR_BAD_RECORD_MAC",
        "ENCRYPTED_LENGTH_TOO_LONG",
        "HTTPS_PROXY_REQUEST",
        "HTTP_REQUEST",
        "LENGTH_MISMATCH",
        "NOT_SSL_RECORD_OR_TLS",
        "PACKET_LENGTH_TOO_LONG",
        "RECORD_LAYER_FAILURE",
        "UNEXPECTED_MESSAGE",
        "UNEXPECTED_RECORD",
        "WRONG_VERSION_NUMBER",
    }
)


class TlsError(OSError):
    """The encrypted stream cannot go on for a reason OpenSSL does not report; `error_class` names it."""

    def __init__(self, error_class: str) -> None:
        super().__init__(error_class)
        self.error_class = error_class


def tls_error_class(error: OSError) -> str:
    """The name under which a failure of TLS is counted, "" for an error of the socket below it."""
    if isinstance(error, TlsError):
        return error.error_class
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATE.get(error.verify_code, "tls certificate")
    if isinstance(error, (ssl.SSLZeroReturnError, ssl.SSLEOFError)):
        return "tls closed"
    if isinstance(error, ssl.SSLError):
        return _reason_class(error)
    return ""


def _reason_class(error: ssl.SSLError) -> str:
    """OpenSSL calls alerts `TLSV1_ALERT_UNKNOWN_CA`; where Python lacks that name, it still has the words."""
    reason = error.reason or ""
    said = (reason or str(error)).replace("_", " ").lower()
    _, is_alert, rest = said.partition(" alert ")
    if is_alert:
        alert = rest.partition(" (")[0]
        return f"tls alert {alert}" if alert in _ALERTS else "tls alert"
    if reason == "TLSV1_UNRECOGNIZED_NAME":  # the one alert that is spelled otherwise
        return "tls alert unrecognized name"
    if reason in _VERSION_REASONS:
        return "tls version"
    return "tls garbage" if reason in _GARBAGE_REASONS else "tls failed"
