"""`cookie`, `auth` and `gzip`: keys of a request that stand for a header."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from perfgate.workload.body import compiled, compiled_key
from perfgate.workload.headers import is_sendable, is_token
from perfgate.workload.place import Place
from perfgate.workload.scope import Scope
from perfgate.workload.template import Names, Template, as_text, resolve

ACCEPTED_CODINGS = "gzip, deflate, br"
"""What Artillery's HTTP client asks for, less what only some versions of Node can read."""

_AUTH_UNSUPPORTED = {
    "bearer": 'Artillery does not know it: write authorization: "Bearer {{ token }}", under headers',
    "username": "call it user",
    "password": "call it pass",
}


def compile_cookies(defaults: Mapping[str, Place], own: Place | None, names: Names) -> str | Template:
    """The Cookie header of a request: its own cookies and the default ones it does not replace.

    Raises:
        UsageError: a name or value that cannot be a cookie.
    """
    places = {**defaults, **(own.entries() if own else {})}
    pairs = [_cookie(name, place, names) for name, place in places.items()]

    def render(scope: Scope) -> str:
        return "; ".join(
            [
                _one_cookie(as_text(resolve(name, scope)), resolve(value, scope), scope)
                for name, value in pairs
            ]
        )

    return _rendered(render, [part for pair in pairs for part in pair])


def compile_auth(place: Place, names: Names) -> str | Template:
    """The Authorization header of HTTP Basic.

    Raises:
        UsageError: no user, or a key that is none of user and pass.
    """
    fields = place.fields(("user", "pass"), _AUTH_UNSUPPORTED)
    if "user" not in fields:
        raise place.fail("'auth' has no user", "add user and pass")
    user, password = (
        compiled(fields[key], fields[key].scalar(), names) if key in fields else ""
        for key in ("user", "pass")
    )

    def render(scope: Scope) -> str:
        pair = f"{as_text(resolve(user, scope))}:{as_text(resolve(password, scope))}"
        return "Basic " + base64.b64encode(pair.encode("utf-8", "replace")).decode("ascii")

    return _rendered(render, [user, password])


def _rendered(render: Callable[[Scope], str], values: list[Any]) -> str | Template:
    varies = any(isinstance(value, Template) for value in values)
    return Template(render) if varies else render(Scope({}, 0))


def _cookie(written: str, place: Place, names: Names) -> tuple[str | Template, Any]:
    name = compiled_key(place, written, names)
    if not isinstance(name, Template) and not is_token(name):
        raise place.fail(f"{name!r} cannot name a cookie", "use letters, digits, _ and -")
    value = compiled(place, place.scalar(), names)
    if isinstance(value, str):
        value = value.rstrip("; ")
    if not isinstance(value, Template) and (";" in as_text(value) or not is_sendable(as_text(value))):
        raise place.fail(f"the cookie {name!r} holds a character that cannot be sent", "percent-encode it")
    return name, value


def _one_cookie(name: str, value: Any, scope: Scope) -> str:
    text = as_text(value)
    if not is_token(name):
        scope.trouble("unsendable cookie name")
        name = "unsendable"
    if ";" in text:
        scope.trouble(f"unsendable cookie {name}")
        text = text.replace(";", "?")
    return f"{name}={text}"
