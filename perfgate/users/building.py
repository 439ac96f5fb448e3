"""One call of a client made into a `Request`: target, headers and body from requests' arguments."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from perfgate.model import Request
from perfgate.users.address import Base
from perfgate.users.encoding import JSON, basic_auth, body_of, cookie_header, form_text, json_of
from perfgate.users.exceptions import UnsupportedError
from perfgate.users.headers import SessionHeaders, checked
from perfgate.users.multipart import multipart_of
from perfgate.users.signing import is_signer, signed

_METHOD = re.compile(r"[A-Z][A-Z\-]*")
_REFUSED = {
    "cert": "name the certificate in perfgate.yml",
    "proxies": "load goes straight to the service",
    "hooks": "look at the response where you get it",
}
_KNOWN = frozenset(
    {"params", "data", "json", "headers", "cookies", "files", "auth", "timeout", "allow_redirects", "verify"}
    | {"stream", "context", *_REFUSED}
)
_MAX_TIMEOUT_S = 86_400

Headers = dict[str, tuple[str, str]]


@dataclass(slots=True, kw_only=True)
class Manners:
    """What one kind of client does where requests and Locust's fast client differ, and a user's settings."""

    redirects: int
    timeout_ns: int | None
    content_types: Mapping[str, str]
    json_asks_for_json: bool
    named_by_target: bool


@dataclass(slots=True, kw_only=True)
class Builder:
    """Makes the requests of one client; `auth` goes with every one that has none of its own."""

    base: Base
    headers: SessionHeaders
    manners: Manners
    rng: random.Random
    auth: Any

    def build(
        self, method: str, url: str, options: dict[str, Any], endpoint_of: Callable[[str], int]
    ) -> Request:
        """The request a call asks for; `endpoint_of` knows the endpoint of a request target.

        Raises:
            OutsideTargetError: the URL leads to another host.
            UnsupportedError: an argument perfgate has no use for.
            TypeError, ValueError: an argument that makes no sense.
        """
        refuse(options)
        if not _METHOD.fullmatch(method):
            raise ValueError(f"{method[:40]!r} is no HTTP method")
        params = options.get("params")
        target = self.base.target_of(url, params, form_text(params) if params else "")
        items = self.headers.merged((options.get("headers") or {}).items())
        body = self._body(options, items)
        items = self._identify(options, items, (method, self.base.origin + target, body))
        timeout, follow = options.get("timeout"), options.get("allow_redirects", True)
        return Request(
            endpoint=endpoint_of(target),
            method=method,
            target=target,
            headers=tuple(items.values()),
            body=body,
            timeout_ns=self.manners.timeout_ns if timeout is None else timeout_ns(timeout),
            redirects=self.manners.redirects if follow else 0,
        )

    def _body(self, options: dict[str, Any], items: Headers) -> bytes:
        """The body; its content type, and what a JSON body asks for, go where no header says otherwise."""
        data, json, files = options.get("data"), options.get("json"), options.get("files")
        if files:
            body, content_type = multipart_of(files, data, self.rng)
        elif data:
            body, kind = body_of(data)
            content_type = self.manners.content_types.get(kind, "")
        elif json is not None:
            body, content_type = json_of(json), JSON
            if self.manners.json_asks_for_json:
                items.setdefault("accept", ("Accept", JSON))
        else:
            return b""
        if content_type:
            items.setdefault("content-type", ("Content-Type", content_type))
        return body

    def _identify(self, options: dict[str, Any], items: Headers, asked: tuple[str, str, bytes]) -> Headers:
        auth = options.get("auth") or self.auth
        cookies = options.get("cookies")
        if cookies and "cookie" not in items and (pair := checked("Cookie", cookie_header(cookies))):
            items["cookie"] = pair
        if is_signer(auth):
            method, url, body = asked
            return SessionHeaders(signed(auth, method, url, items.values(), body), lambda: None).merged(())
        if auth:
            items["authorization"] = ("Authorization", basic_auth(auth))
        return items


def refuse(options: dict[str, Any]) -> None:
    """Refuse arguments that mean something perfgate does not do.

    Raises:
        TypeError: a name nobody knows.
        UnsupportedError: a name that is known, and not supported.
    """
    for name in options.keys() - _KNOWN:
        raise TypeError(f"a request has no argument {name!r}")
    for name, hint in _REFUSED.items():
        if options.get(name):
            raise UnsupportedError(f"argument {name}", hint)
    if isinstance(options.get("verify"), str):
        raise UnsupportedError("argument verify with a path", "name the certificates in perfgate.yml")


def timeout_ns(timeout: Any) -> int | None:
    """Nanoseconds of `timeout=`: of a pair, those for reading.

    Raises:
        TypeError, ValueError: it is no positive number of seconds.
    """
    seconds = timeout[1] if isinstance(timeout, tuple) else timeout
    if seconds is None:
        return None
    if not isinstance(seconds, int | float) or not math.isfinite(seconds) or seconds <= 0:
        raise ValueError(f"timeout={timeout!r}: give seconds as a number above 0")
    return max(round(min(seconds, _MAX_TIMEOUT_S) * 1e9), 1)
