"""The names of endpoints and of errors, made from what Locust reports so that no side's port is in them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_ABSOLUTE = re.compile(r"(?:https?|wss?)://[^/?#\s]*", re.I)
_ADDRESS = re.compile(
    r"(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.%\w]+\]|localhost|[\w-]+(?:\.[\w-]+)+):\d{2,5}(?!\d|:)", re.I
)
_PAIR = re.compile(r"\(?'[^']+', (?:port=)?\d{2,5}\)?")
_HOST_PORT = re.compile(r"host='[^']*', port=\d+")
_OBJECT = re.compile(r"<([\w.]+)[^<>]* at 0x[0-9a-f]+>: ?", re.I)
_STATUS = re.compile(r"(\d{3}) (?:Client|Server) Error: ")
_CODE = re.compile(r"\bcode=(\d{3})\b")
_MOST_CHARS = 200

_CLASSES = {
    "ConnectionRefusedError": "connection refused",
    "ConnectionResetError": "reset",
    "ConnectionAbortedError": "reset",
    "BrokenPipeError": "reset",
    "RemoteDisconnected": "closed early",
    "HTTPConnectionClosed": "closed early",
    "IncompleteRead": "closed early",
    "ReadTimeout": "timeout",
    "ReadTimeoutError": "timeout",
    "TimeoutError": "timeout",
    "timeout": "timeout",
    "ConnectTimeout": "connect timeout",
    "ConnectTimeoutError": "connect timeout",
}
"""Errors of the connection under the short names perfgate has for them everywhere."""

_REFUSED = "Connection refused"


def endpoint_name(method: str, name: str, address: str) -> str:
    """`METHOD name`; of an absolute URL the origin is left out, and so is the service's own address."""
    short = _ABSOLUTE.sub("", name, count=1) if _ABSOLUTE.match(name) else name
    if address in short:
        short = short.replace(address, "HOST")
    return " ".join(f"{method} {short or '/'}".split())[:_MOST_CHARS] or "request"


def error_name(kind: str, text: str, status: int) -> str:
    """The error class of a failed request: `status 503`, a short name, or the file's own text."""
    if kind == "HTTPError" and (match := _STATUS.match(text)):
        return f"status {match[1]}"
    if kind == "LocustBadStatusCode":
        match = _CODE.search(text)
        return f"status {status or (match[1] if match else 0)}"
    if kind in _CLASSES:
        return _CLASSES[kind]
    if kind == "NewConnectionError" and _REFUSED in text:
        return _CLASSES["ConnectionRefusedError"]
    cleaned = _OBJECT.sub("", text)
    cleaned = _PAIR.sub("HOST", _HOST_PORT.sub("HOST", cleaned))
    cleaned = " ".join(_ADDRESS.sub("HOST", cleaned).split())
    # A text given to failure() says it all; other exceptions are known by their class.
    own = kind in ("", "CatchResponseError", "ResponseError")
    return (cleaned if own and cleaned else f"{kind}: {cleaned}" if cleaned else kind or "failure")[
        :_MOST_CHARS
    ]


def address_of(url: str) -> str:
    """The host and port of a service."""
    return urlsplit(url).netloc
