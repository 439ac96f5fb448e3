"""One recorded entry as a request of a workload: cleaned, without secrets, with what it has to answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from perfgate.interchange.draft import MARKER, DraftRequest, LeftOutError
from perfgate.interchange.har import HarEntry
from perfgate.interchange.harbody import body_of
from perfgate.interchange.harlinks import Link
from perfgate.interchange.harnames import endpoint_name
from perfgate.interchange.scrub import Scrubber
from perfgate.interchange.secretnames import is_secret_name
from perfgate.interchange.vault import Vault

_DROPPED = re.compile(
    r"host|content-length|connection|keep-alive|proxy-.*|transfer-encoding|expect|upgrade|te|trailer|http2-settings"
    r"|if-(?:match|none-match|modified-since|unmodified-since|range)"
    r"|sec-.*|accept-encoding|user-agent|cache-control|pragma|dnt|priority|purpose|upgrade-insecure-requests"
    r"|save-data|downlink|rtt|ect|device-memory|dpr|width|viewport-width|x-client-data|alt-used|origin|referer|cookie"
    r"|traceparent|tracestate|baggage|sentry-trace|newrelic|b3|x-b3-.*|x-datadog-.*|x-amzn-trace-id|x-cloud-trace-context"
    r"|postman-token|content-md5"
)
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_COOKIE_PREFIX = ("__host-", "__secure-")
_SESSION_COOKIE = re.compile(r"sess|remember|login|user|identity|\.sid|^sid", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class Cleaned:
    """What was done to the entries of a recording, for the notes."""

    cookies: dict[str, None] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    redirects: int = 0
    unmodified: int = 0
    failures: list[HarEntry] = field(default_factory=list)
    set_by_answers: set[str] = field(default_factory=set)


def request_of(
    entry: HarEntry, scrubber: Scrubber, vault: Vault, links: Sequence[Link], cleaned: Cleaned
) -> DraftRequest:
    """The request.

    Raises:
        LeftOutError: part of it is not in the recording, or cannot be sent.
    """
    kind, body, content_type = body_of(entry, scrubber)
    query = scrubber.query(entry.url.query)
    url = (scrubber.path(entry.url.path) or "/") + (f"?{query}" if query else "")
    if url.startswith("//"):
        raise LeftOutError("its path begins with //, which is another host in a workload")
    headers = _headers(entry, scrubber, cleaned)
    if content_type:
        headers["content-type"] = scrubber.header("content-type", content_type)
    cookies = _cookies(entry, vault, cleaned)
    cleaned.set_by_answers |= _set_cookies(entry)
    redirects = 300 <= entry.status < 400 and entry.status != 304
    cleaned.redirects += redirects
    cleaned.unmodified += entry.status == 304
    if entry.status >= 400:
        cleaned.failures.append(entry)
    return DraftRequest(
        method=entry.method.lower(),
        url=url,
        name=vault.hidden(endpoint_name(entry)),
        auth=_auth(entry, vault, headers),
        headers=headers,
        cookies=cookies,
        gzip="gzip" in entry.header("accept-encoding"),
        body_kind=kind,
        body=body,
        captures=tuple((link.path, link.variable) for link in links),
        statuses=(200 if entry.status == 304 else entry.status,) if entry.status else (),
        follows_redirects=not redirects,
    )


def _headers(entry: HarEntry, scrubber: Scrubber, cleaned: Cleaned) -> dict[str, str]:
    """The headers an API looks at; those of the connection, of the cache and of the browser are left out."""
    found: dict[str, str] = {}
    for name, value in entry.headers:
        if name == "content-type" or _DROPPED.fullmatch(name):
            continue
        if not _TOKEN.fullmatch(name):
            cleaned.headers[name] = "no name of a header"
            continue
        try:
            clean = scrubber.header(name, value)
        except LeftOutError as error:
            cleaned.headers[name] = str(error)
            continue
        found[name] = f"{found[name]}, {clean}" if name in found else clean
    return found


def _cookies(entry: HarEntry, vault: Vault, cleaned: Cleaned) -> dict[str, str]:
    """Cookies of a session that began before the recording; answers set others, or they do not matter."""
    kept: dict[str, str] = {}
    written = "; ".join(value for name, value in entry.headers if name == "cookie")
    for part in written.split(";"):
        name, _, value = part.strip().partition("=")
        if not name or name in cleaned.set_by_answers:
            continue
        if _is_session(name) and _TOKEN.fullmatch(name) and value and MARKER not in name:
            kept[name] = vault.hole(value, f"COOKIE_{name}", f"the cookie {name}")
        else:
            cleaned.cookies[name] = None
    return kept


def _auth(entry: HarEntry, vault: Vault, headers: Mapping[str, str]) -> dict[str, str]:
    """Credentials that stood in the URL."""
    if not entry.url.username or "authorization" in headers:
        return {}
    where = f"the URL of entry {entry.number}"
    return {
        "user": vault.hole(entry.url.username, "API_USER", where),
        "pass": vault.hole(entry.url.password or "", "API_PASSWORD", where),
    }


def _is_session(name: str) -> bool:
    return bool(
        name.lower().startswith(_COOKIE_PREFIX) or is_secret_name(name) or _SESSION_COOKIE.search(name)
    )


def _set_cookies(entry: HarEntry) -> set[str]:
    lines = [
        line for name, value in entry.answer_headers if name == "set-cookie" for line in value.split("\n")
    ]
    return {line.partition("=")[0].strip() for line in lines}
