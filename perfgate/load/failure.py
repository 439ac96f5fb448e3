"""The short names that failures of the network are counted under."""

from __future__ import annotations

import errno
import socket


def error_class(error: OSError, prefix: str) -> str:
    """The short name a failure of the network is counted under."""
    match error:
        case ConnectionRefusedError():
            return "connection refused"
        case ConnectionAbortedError():
            return "aborted"
        case ConnectionResetError() | BrokenPipeError():
            return f"{prefix}reset"
        case TimeoutError() | BlockingIOError():
            return f"{prefix}timeout"
        case socket.gaierror():
            return f"{prefix}name not found"
        case _ if type(error).__module__ in ("ssl", "perfgate.load.tls_errors"):
            from perfgate.load.tls_errors import tls_error_class

            return tls_error_class(error)
        case _:
            return f"{prefix}{errno.errorcode.get(error.errno or 0, 'failed').lower()}"
