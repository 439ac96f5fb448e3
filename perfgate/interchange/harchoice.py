"""Which entries of a recording become requests, and why each of the others does not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from perfgate.errors import UsageError
from perfgate.interchange.har import HarEntry, Recording

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_STATIC_TYPES = ("script", "stylesheet", "image", "font", "media", "manifest", "texttrack", "signed-exchange")
_STATIC_MIMES = re.compile(
    r"(?:image|font|audio|video)/.*|text/css|(?:text|application)/(?:x-)?(?:java|ecma)script"
    r"|application/(?:wasm|font-.*|x-font-.*|manifest\+json|vnd\.ms-fontobject)"
)
_STATIC_PATHS = re.compile(
    r".*\.(?:m?js|css|map|png|jpe?g|gif|svg|webp|avif|ico|bmp|woff2?|ttf|otf|eot|mp[34]|webm|ogg|wav|wasm"
    r"|webmanifest)",
    re.IGNORECASE,
)
_KEEPS_UNSENT = re.compile(r"insomnia|postman|hoppscotch|bruno", re.IGNORECASE)
_MOST_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The entries of one origin that become requests, and what was left out, in words."""

    origin: str
    entries: tuple[HarEntry, ...]
    notes: tuple[str, ...]


def choose(recording: Recording, host: str | None, *, include_static: bool) -> Choice:
    """The entries of `host` (a host, host:port or origin), or of the origin with the most requests.

    Raises:
        UsageError: no entry of that host, or none at all, can become a request.
    """
    keeps_unsent = bool(_KEEPS_UNSENT.search(recording.creator))
    reasons: dict[int, str] = {}
    for entry in recording.entries:
        reason = _left_out(entry, include_static=include_static, keeps_unsent=keeps_unsent)
        if reason:
            reasons[entry.number] = reason
    usable = [entry for entry in recording.entries if entry.number not in reasons]
    origins = Counter(entry.origin for entry in usable)
    origin = _origin(origins, host, reasons)
    kept = [entry for entry in usable if entry.origin == origin]
    notes = [
        f"left out: {count} {reason}"
        for reason, count in Counter(
            reasons[e.number] for e in recording.entries if e.number in reasons
        ).most_common()
    ]
    others = [f"{name} ({count})" for name, count in origins.most_common() if name != origin]
    if others:
        more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
        notes.insert(
            0, f"other hosts left out: {', '.join(others[:_MOST_NAMED])}{more} (choose one with --host)"
        )
    return Choice(origin=origin, entries=tuple(kept), notes=tuple(notes))


def _origin(origins: Counter[str], host: str | None, reasons: dict[int, str]) -> str:
    if not origins:
        why = ", ".join(f"{count} {reason}" for reason, count in Counter(reasons.values()).most_common())
        raise UsageError(f"nothing in the recording can become a request: {why}", "record the API calls too")
    if host is None:
        return origins.most_common(1)[0][0]
    wanted = host.lower().rstrip("/")
    found = [name for name in origins if wanted in (name, urlsplit(name).netloc, urlsplit(name).hostname)]
    if not found:
        known = ", ".join(name for name, _ in origins.most_common(_MOST_NAMED))
        raise UsageError(f"--host {host!r}: no request to it was recorded", f"there are {known}")
    if len(found) > 1:
        raise UsageError(f"--host {host!r} is more than one: {', '.join(found)}", "name one of them in full")
    return found[0]


def _left_out(entry: HarEntry, *, include_static: bool, keeps_unsent: bool) -> str:
    """Why an entry does not become a request; nothing where it does."""
    scheme = entry.url.scheme.lower()
    kind = str(entry.extra.get("_resourceType") or "").lower()
    if (
        scheme in ("ws", "wss")
        or kind == "websocket"
        or "_webSocketMessages" in entry.extra
        or entry.status == 101
    ):
        return "websocket connections (perfgate sends HTTP only)"
    if scheme not in ("http", "https") or not entry.url.hostname:
        return f"{scheme or 'relative'}: URLs, which no server sees"
    if entry.method not in METHODS:
        return f"requests with the method {entry.method[:20]}, which perfgate does not send"
    if kind == "preflight" or (entry.method == "OPTIONS" and entry.header("access-control-request-method")):
        return "preflight requests, which only browsers send"
    if _from_cache(entry):
        return "answers from the browser's cache, which the server did not see"
    if entry.status == 0 and not keeps_unsent:
        return "requests without an answer (failed, blocked or aborted)"
    if kind == "eventsource" or entry.mime == "text/event-stream":
        return "event streams, which do not end"
    if not include_static and entry.method in ("GET", "HEAD") and _is_static(entry, kind):
        return "static files (keep them with --include-static)"
    return ""


def _from_cache(entry: HarEntry) -> bool:
    fetched = str(entry.extra.get("_fetchType") or "").lower()
    return bool(entry.extra.get("_fromCache")) or "cache" in fetched


def _is_static(entry: HarEntry, kind: str) -> bool:
    if kind in ("xhr", "fetch", "document"):
        return False
    return (
        kind in _STATIC_TYPES
        or _STATIC_MIMES.fullmatch(entry.mime) is not None
        or _STATIC_PATHS.fullmatch(entry.url.path) is not None
    )


def numbered(entries: Sequence[HarEntry]) -> str:
    """The places of entries in their file, for a note."""
    shown = ", ".join(str(entry.number) for entry in entries[:_MOST_NAMED])
    return shown + (f" and {len(entries) - _MOST_NAMED} more" if len(entries) > _MOST_NAMED else "")
