"""Where requests go: a path, or a URL of the host the load test was written for, and nowhere else."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from perfgate.users.exceptions import UnsupportedError

_PATH = re.compile(r"/[A-Za-z0-9\-._~!$&'()*+,;=:@/]*(\?[A-Za-z0-9\-._~!$&'()*+,;=:@/?]+)?")
_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}


class OutsideTargetError(Exception):
    """A URL leads to another host."""


class Base:
    """The host of a load test, split: what goes before every path, and which credentials came with it.

    Attributes:
        url: the host as written, without credentials.
        auth: user and password, if the URL had them.

    Raises:
        ValueError: no http or https URL.
    """

    def __init__(self, host: str) -> None:
        parts = urlsplit(host)
        if not _is_usable(parts):
            raise ValueError(f"host {host!r}: write an http or https URL, like http://127.0.0.1:8000")
        netloc = parts.netloc.rpartition("@")[2]
        self.auth: tuple[str, str] | None = None
        if parts.username and parts.password:
            self.auth = unquote(parts.username), unquote(parts.password)
        self.url = parts._replace(netloc=netloc).geturl()
        self.origin = f"{parts.scheme}://{netloc}"
        self._place = _place_of(self.url)
        self._prefix = self.url[len(self.origin) :]

    def target_of(self, url: str, params: Any, query: str) -> str:
        """The request target of a path or URL with its parameters, which `query` has in encoded form.

        Raises:
            OutsideTargetError: the URL leads elsewhere.
        """
        path = self._prefix + url
        # Dots may be path segments to resolve, and so may encoded ones: both are left to requests.
        plain = url[:1] == "/" and _PATH.fullmatch(path) and "/." not in path
        if not plain or isinstance(params, str | bytes):
            return self._prepared(url, params)
        return f"{path}{'&' if '?' in path else '?'}{query}" if query else path

    def _prepared(self, url: str, params: Any) -> str:
        """As `requests` would understand and encode it."""
        from requests import PreparedRequest

        prepared = PreparedRequest()
        prepared.prepare_url(url if _ABSOLUTE.match(url) else self.url + url, params)
        if _place_of(prepared.url or "") != self._place:
            raise OutsideTargetError(url)
        if "@" in urlsplit(prepared.url or "").netloc:
            raise UnsupportedError("a password in a URL", "use auth=")
        return prepared.path_url


def _is_usable(parts: SplitResult) -> bool:
    try:
        port = parts.port
    except ValueError:
        return False
    known = parts.scheme in _PORTS and bool(parts.hostname) and port != 0
    return known and not parts.query and not parts.fragment


def _place_of(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)


def redirected(host: str, url: str) -> str:
    """A host as a file wrote it (a URL, or a name with a port), with another one in its place."""
    scheme, has_scheme, rest = host.partition("://")
    if not has_scheme:
        return url.partition("://")[2]
    _, slash, path = rest.partition("/")
    return (
        f"{url}{slash}{path}"
        if scheme.startswith("http")
        else f"{scheme}://{url.partition('://')[2]}{slash}{path}"
    )
