"""Credentials that are code, as `requests` calls them: an object that puts headers on a request."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from perfgate.users.exceptions import UnsupportedError

_HINT = "give (user, password), an object that sets headers, or set the header"


def is_signer(auth: Any) -> bool:
    """Whether credentials are code to call anew for each request, and not a user and a password."""
    known = sys.modules.get("requests.auth")
    return callable(auth) and not (known is not None and type(auth) is known.HTTPBasicAuth)


def signed(
    auth: Any, method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes
) -> Mapping[str, Any]:
    """The headers of a request after the user's code saw it.

    Raises:
        UnsupportedError: code that asks for the answer first, like digest, or changes more than headers.
    """
    from requests import PreparedRequest
    from requests.auth import HTTPDigestAuth
    from requests.structures import CaseInsensitiveDict

    if isinstance(auth, HTTPDigestAuth):
        raise UnsupportedError("digest authentication", _HINT)
    request = PreparedRequest()
    request.method, request.url, request.body = method, url, body or None
    request.headers = CaseInsensitiveDict(headers)
    before = (method, url, body or None)
    answer = auth(request)
    if not isinstance(answer, PreparedRequest):
        raise TypeError(f"auth returned {type(answer).__name__}: return the request it was given")
    if (answer.method, answer.url, answer.body) != before or any(answer.hooks.values()):
        raise UnsupportedError("authentication that changes more than headers", _HINT)
    return answer.headers
