"""What a redirect asks for next, kept on the host the load is meant for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

if TYPE_CHECKING:
    from perfgate.model import Request, Response

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""The statuses that `follow` is for; 300 leaves a choice, and 304 is no redirect."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SAFE = "%/?:@!$&'()*+,;=[]-._~"


def follow(request: Request, response: Response, *, origin: str, authority: str) -> Request | str:
    """The request a redirect leads to, or the error class of one that cannot be followed.

    For a `request` that follows redirects, and an answer whose status is one of `REDIRECTS`. `origin` is
    scheme, host and port of the side (`http://127.0.0.1:8001`), `authority` what its Host header says: a
    Location that names neither is never followed. What is sent on only ever gets a new target, and where
    301, 302 and 303 ask for it another method and no content.
    """
    location = response.headers.get("location", "").strip()
    if not location:
        return "redirect without location"
    if request.redirects <= 0:
        return "too many redirects"
    target = _target(request.target, location, origin, authority)
    if target is None:
        return "redirect elsewhere"
    if not _becomes_get(request.method, response.status):
        return replace(request, target=target, redirects=request.redirects - 1)
    headers = tuple(pair for pair in request.headers if not _describes_content(pair[0]))
    return replace(
        request, method="GET", target=target, headers=headers, body=b"", redirects=request.redirects - 1
    )


def _becomes_get(method: str, status: int) -> bool:
    """301 and 302 turn only POST into GET, as browsers do; 303 turns everything but HEAD."""
    if status == 303:
        return method not in ("GET", "HEAD")
    return status in (301, 302) and method == "POST"


def _describes_content(name: str) -> bool:
    return name.lower().startswith("content-") or name.lower() == "transfer-encoding"


def _target(current: str, location: str, origin: str, authority: str) -> str | None:
    """Path and query of a Location, resolved against the current target; None when it leads elsewhere."""
    try:
        parts = urlsplit(urljoin(origin + current, location))
        leads_home = _endpoint(f"{parts.scheme}://{parts.netloc}") in _homes(origin, authority)
    except ValueError:
        return None
    if not leads_home:
        return None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    # Headers are read as Latin-1, so this gives back the bytes the service wrote.
    return quote(path, safe=_SAFE, encoding="latin-1", errors="replace")


def _homes(origin: str, authority: str) -> list[tuple[str, str, int]]:
    own = _endpoint(origin)
    return [own, _endpoint(f"{own[0]}://{authority}")] if authority else [own]


def _endpoint(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a URL.

    Raises:
        ValueError: it has none that could be compared, or a user's name before the host.
    """
    parts = urlsplit(url)
    if "@" in parts.netloc or not parts.hostname or parts.scheme not in _DEFAULT_PORTS:
        raise ValueError(url)
    port = _DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
    return parts.scheme, parts.hostname, port
