"""Arguments of a request as bytes and text, encoded as requests does: forms, bodies, cookies, credentials."""

from __future__ import annotations

import json as jsontext
import sys
from base64 import b64encode
from collections.abc import Iterable, Mapping
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode

from perfgate.users.exceptions import UnsupportedError

JSON = "application/json"


def form_text(data: Any) -> str:
    """A mapping or list of pairs, urlencoded; a list repeats its name and None leaves it out.

    Raises:
        TypeError, ValueError: it is neither.
    """
    if isinstance(data, str):
        return data
    if isinstance(data, bytes):
        return data.decode()
    return urlencode([(name, value) for name, value in pairs_of(data) if value is not None])


def pairs_of(data: Any) -> list[tuple[Any, Any]]:
    """A mapping or list of pairs as a list of pairs with one value each."""
    found = []
    for name, values in data.items() if isinstance(data, Mapping) else data:
        if isinstance(values, str | bytes) or not isinstance(values, Iterable):
            found.append((name, values))
        else:
            found += [(name, value) for value in values]
    return found


def body_of(data: Any) -> tuple[bytes, str]:
    """The bytes of `data=`, and what they are: "text", "bytes" or "form".

    Raises:
        UnsupportedError: data of unknown length.
        TypeError: no kind of data.
    """
    if isinstance(data, str):
        return data.encode(), "text"
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data), "bytes"
    if hasattr(data, "read"):
        return body_of(data.read())
    if isinstance(data, Mapping | list | tuple):
        return form_text(data).encode(), "form"
    if hasattr(data, "__iter__"):
        raise UnsupportedError("data of unknown length", "give text, bytes, a mapping or a list of pairs")
    raise TypeError(f"data={type(data).__name__}: give text, bytes, a mapping or a list of pairs")


def json_of(value: Any) -> bytes:
    """The bytes of `json=`.

    Raises:
        ValueError, TypeError: it is no JSON.
    """
    return jsontext.dumps(value, allow_nan=False).encode()


def cookie_header(cookies: Any) -> str:
    """The Cookie header of a mapping of names and values, or of a cookie jar."""
    if isinstance(cookies, CookieJar):
        pairs: Iterable[tuple[str, Any]] = ((cookie.name, cookie.value) for cookie in cookies)
    else:
        pairs = cookies.items()
    return "; ".join(name if value is None else f"{name}={value}" for name, value in pairs)


def basic_auth(auth: Any) -> str:
    """The Authorization header of a user and a password: a pair, or `requests.auth.HTTPBasicAuth`.

    Raises:
        UnsupportedError: another kind of authentication.
    """
    known = sys.modules.get("requests.auth")
    if known is not None and type(auth) is known.HTTPBasicAuth:
        auth = (auth.username, auth.password)
    if not isinstance(auth, tuple | list) or len(auth) != 2:
        raise UnsupportedError("authentication other than basic", "give (user, password), or set the header")
    user, password = (part if isinstance(part, bytes) else str(part).encode("latin-1") for part in auth)
    return "Basic " + b64encode(user + b":" + password).decode()
