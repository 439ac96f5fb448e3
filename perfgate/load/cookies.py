"""The cookies one virtual user has from one side, kept and given back as RFC 6265 says."""

from __future__ import annotations

import ipaddress
import math
import re
import time
from email.utils import mktime_tz, parsedate_tz
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_COOKIES = 100
MAX_COOKIE_BYTES = 4096
_MAX_REMEMBERED_PATHS = 256

_UNSENDABLE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
_MAX_AGE = re.compile(r"-?[0-9]{1,15}")


class _Cookie(NamedTuple):
    name: str
    value: str
    domain: str
    path: str
    secure: bool
    expires_s: float


class CookieJar:
    """Cookies of the one host in `authority`; a jar without any is false, and costs only that truth test.

    `now_s` is the wall clock that Max-Age and Expires count by.
    """

    __slots__ = ("_cookies", "_host", "_lines", "_next_expiry_s", "_now_s")

    def __init__(self, authority: str, *, now_s: Callable[[], float] = time.time) -> None:
        self._host = _host_of(authority)
        self._now_s = now_s
        self._cookies: dict[tuple[str, str, str], _Cookie] = {}
        self._lines: dict[tuple[str, bool], str] = {}
        self._next_expiry_s = math.inf

    def __bool__(self) -> bool:
        return bool(self._cookies)

    def clear(self) -> None:
        """Forget everything, as a new user would."""
        self._cookies.clear()
        self._changed()

    def header(self, target: str, *, secure: bool) -> str:
        """The value of the Cookie header for a request target, or "" when no cookie is meant for it.

        Made once for each path and then remembered until the jar changes: about 0.3 µs instead of 1.5 µs.
        """
        if not self._cookies:
            return ""
        if self._next_expiry_s < math.inf and self._now_s() >= self._next_expiry_s:
            self._drop_expired()
        key = (target.partition("?")[0], secure)
        line = self._lines.get(key)
        if line is None:
            if len(self._lines) >= _MAX_REMEMBERED_PATHS:
                self._lines.clear()
            line = self._lines[key] = self._line(*key)
        return line

    def by_name(self) -> dict[str, str]:
        """Values by name; of several with one name that of the youngest."""
        self._drop_expired()
        return {cookie.name: cookie.value for cookie in self._cookies.values()}

    def take(self, headers: Mapping[str, str], target: str) -> None:
        """Keep, replace or delete what an answer to `target` says in Set-Cookie, one cookie a line.

        A cookie that is malformed, too large or of another domain is passed over.
        """
        written = headers.get("set-cookie")
        if not written:
            return
        for line in written.split("\n"):
            cookie = self._parse(line, target)
            if cookie is not None:
                self._keep(cookie)
        self._changed()

    def put(self, line: str, target: str) -> None:
        """Keep what a Cookie header would say, as if an answer to `target` had set it."""
        for pair in line.split("; "):
            cookie = self._parse(pair, target)
            if cookie is not None:
                self._keep(cookie)
        self._changed()

    def _keep(self, cookie: _Cookie) -> None:
        key = (cookie.name, cookie.domain, cookie.path)
        if cookie.expires_s <= self._now_s():
            self._cookies.pop(key, None)
            return
        # A replaced cookie keeps its place: the order of the header goes by age.
        self._cookies[key] = cookie
        if len(self._cookies) > MAX_COOKIES:
            del self._cookies[next(iter(self._cookies))]

    def _changed(self) -> None:
        self._lines.clear()
        # Branches of one user share the jar, so another thread may add a cookie meanwhile.
        cookies = list(self._cookies.values())
        self._next_expiry_s = min((cookie.expires_s for cookie in cookies), default=math.inf)

    def _drop_expired(self) -> None:
        now_s = self._now_s()
        self._cookies = {
            key: cookie for key, cookie in list(self._cookies.items()) if cookie.expires_s > now_s
        }
        self._changed()

    def _line(self, path: str, secure: bool) -> str:
        meant = [
            cookie
            for cookie in list(self._cookies.values())
            if _path_matches(path, cookie.path) and (secure or not cookie.secure)
        ]
        meant.sort(key=lambda cookie: -len(cookie.path))
        return "; ".join([f"{cookie.name}={cookie.value}" for cookie in meant])

    def _parse(self, line: str, target: str) -> _Cookie | None:
        pair, _, rest = line.partition(";")
        name, equals, value = pair.partition("=")
        name, value = name.strip(" \t"), value.strip(" \t")
        if not equals or not name or len(name) + len(value) > MAX_COOKIE_BYTES or _UNSENDABLE.search(pair):
            return None
        attributes = _attributes(rest)
        domain = attributes.get("domain", "").lower().removeprefix(".")
        if domain and not self._is_of(domain):
            return None
        path = attributes.get("path", "")
        return _Cookie(
            name=name,
            value=value,
            domain=domain,
            path=path if path.startswith("/") else _default_path(target),
            secure="secure" in attributes,
            expires_s=self._expiry_s(attributes),
        )

    def _is_of(self, domain: str) -> bool:
        return self._host == domain or (self._host.endswith(f".{domain}") and not _is_ip(self._host))

    def _expiry_s(self, attributes: Mapping[str, str]) -> float:
        """When the cookie ends, on the wall clock; Max-Age goes before Expires, and neither means never."""
        max_age = attributes.get("max-age", "")
        if _MAX_AGE.fullmatch(max_age):
            return self._now_s() + int(max_age) if int(max_age) > 0 else -math.inf
        return _date_s(attributes.get("expires", ""))


def beside(own: str, kept: str) -> str:
    """A request's own Cookie header with the jar's after it; its own replace those of the same name."""
    if not own or not kept:
        return own or kept
    named = {pair.partition("=")[0].strip() for pair in own.split(";")}
    others = [pair for pair in kept.split("; ") if pair.partition("=")[0] not in named]
    return "; ".join([own, *others])


def _attributes(text: str) -> dict[str, str]:
    """The attributes after a cookie, by lower-case name; of a repeated one the last counts."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        found[name.strip(" \t").lower()] = value.strip(" \t")
    return found


def _date_s(text: str) -> float:
    """Seconds since 1970 of a date in any of HTTP's forms; what is none counts as never."""
    try:
        parsed = parsedate_tz(text)
        return math.inf if parsed is None else float(mktime_tz(parsed))
    except (ValueError, OverflowError, IndexError, TypeError):
        return math.inf


def _default_path(target: str) -> str:
    """The folder of the request's path, which a cookie without a path is meant for."""
    folder = target.partition("?")[0].rpartition("/")[0]
    return folder if folder.startswith("/") else "/"


def _path_matches(path: str, cookie_path: str) -> bool:
    if not path.startswith(cookie_path):
        return False
    return len(path) == len(cookie_path) or cookie_path.endswith("/") or path[len(cookie_path)] == "/"


def _host_of(authority: str) -> str:
    host = authority.rpartition("@")[2].lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
