"""Reading HAR 1.2 as browsers, proxies and API clients write it."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit

from perfgate.errors import UsageError

MAX_ENTRIES = 100_000
_HINT = "export the recording again as HAR 1.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class HarBody:
    """What a request sent: its text, or its parameters where the recorder kept only those."""

    mime: str = ""
    text: str = ""
    params: tuple[Mapping[str, Any], ...] = ()
    is_binary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HarEntry:
    """One request and what came back; `number` counts from 1, `status` is 0 where there was no answer.

    `extra` holds what only some recorders say, under their own names.
    """

    number: int
    method: str
    url: SplitResult
    headers: tuple[tuple[str, str], ...]
    body: HarBody
    started: datetime | None
    took_s: float
    status: int
    mime: str
    answer: str
    answer_headers: tuple[tuple[str, str], ...]
    extra: Mapping[str, Any]

    @property
    def origin(self) -> str:
        """Scheme, host and port, without a port that the scheme implies and without credentials."""
        host = (self.url.hostname or "").lower()
        host = f"[{host}]" if ":" in host else host
        port = self.url.port
        implied = {"http": 80, "https": 443}.get(self.url.scheme.lower())
        return f"{self.url.scheme.lower()}://{host}" + (f":{port}" if port and port != implied else "")

    def header(self, name: str) -> str:
        """The first request header of that name (in lower case), or nothing."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A HAR file: who wrote it, and its entries in order of their start where every one says it."""

    creator: str
    title: str
    entries: tuple[HarEntry, ...]


def is_har(document: Any) -> bool:
    """Whether a JSON document has the outer form of a HAR."""
    return (
        isinstance(document, dict) and isinstance(document.get("log"), dict) and "entries" in document["log"]
    )


def read_har(document: Mapping[str, Any], name: str) -> Recording:
    """The recording in a parsed document; `name` is what errors call the file.

    Raises:
        UsageError: an entry is not what HAR 1.2 says; the message names it.
    """
    log = document["log"]
    raw = log["entries"]
    if not isinstance(raw, list):
        raise UsageError(f"{name}: log.entries is no list", _HINT)
    if not raw:
        raise UsageError(
            f"{name}: no request was recorded", "reload the page with the recorder open, and export again"
        )
    if len(raw) > MAX_ENTRIES:
        raise UsageError(f"{name}: more than {MAX_ENTRIES} entries", "record less at once")
    entries = [_entry(each, number, name) for number, each in enumerate(raw, start=1)]
    starts = [entry.started for entry in entries]
    if all(start is not None for start in starts):
        entries.sort(key=lambda entry: entry.started.timestamp() if entry.started else 0.0)
    creator = log.get("creator")
    pages = log.get("pages")
    return Recording(
        creator=_text(creator.get("name")) if isinstance(creator, dict) else "",
        title=_text(pages[0].get("title"))
        if isinstance(pages, list) and pages and isinstance(pages[0], dict)
        else "",
        entries=tuple(entries),
    )


def _entry(raw: Any, number: int, name: str) -> HarEntry:
    where = f"{name}: log.entries[{number - 1}]"
    request = raw.get("request") if isinstance(raw, dict) else None
    if not isinstance(request, dict):
        raise UsageError(f"{where} has no request", _HINT)
    method, url = request.get("method"), request.get("url")
    if not isinstance(method, str) or not isinstance(url, str) or not method:
        raise UsageError(f"{where}.request has no method and url", _HINT)
    try:
        split = urlsplit(url)
        _ = split.port
    except ValueError as error:
        raise UsageError(f"{where}.request.url is no URL", _HINT) from error
    response = _mapping(raw.get("response"))
    content = _mapping(response.get("content"))
    return HarEntry(
        number=number,
        method=method.upper(),
        url=split,
        headers=_pairs(request.get("headers")),
        body=_body(request.get("postData")),
        started=_instant(raw.get("startedDateTime")),
        took_s=max(0.0, _number(raw.get("time"))) / 1e3,
        status=int(_number(response.get("status"))) if 100 <= _number(response.get("status")) <= 999 else 0,
        mime=_text(content.get("mimeType")).partition(";")[0].strip().lower(),
        answer=_answer(content),
        answer_headers=_pairs(response.get("headers")),
        extra={
            **{key: value for key, value in response.items() if str(key).startswith("_")},
            **{key: value for key, value in raw.items() if str(key).startswith("_")},
        },
    )


def _mapping(raw: Any) -> dict[str, Any]:
    return raw if isinstance(raw, dict) else {}


def _pairs(raw: Any) -> tuple[tuple[str, str], ...]:
    """Headers with lower-case names; HTTP/2's own (`:method`) are none."""
    found = raw if isinstance(raw, Sequence) and not isinstance(raw, str) else ()
    return tuple(
        (str(each["name"]).strip().lower(), _text(each.get("value")))
        for each in found
        if isinstance(each, dict) and isinstance(each.get("name"), str) and not each["name"].startswith(":")
    )


def _body(raw: Any) -> HarBody:
    if not isinstance(raw, dict):
        return HarBody()
    text = _text(raw.get("text"))
    is_binary = False
    if str(raw.get("encoding") or raw.get("_encoding") or "").lower() == "base64":
        text, is_binary = _decoded(text)
    params = raw.get("params")
    return HarBody(
        mime=_text(raw.get("mimeType")),
        text=text,
        params=tuple(each for each in params if isinstance(each, dict)) if isinstance(params, list) else (),
        is_binary=is_binary or "\ufffd" in text or any(c < " " and c not in "\t\r\n\f" for c in text),
    )


def _decoded(text: str) -> tuple[str, bool]:
    """Text that was base64, and whether it is none."""
    try:
        return base64.b64decode(text, validate=False).decode("utf-8"), False
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", True


def _answer(content: Mapping[str, Any]) -> str:
    text = _text(content.get("text"))
    return _decoded(text)[0] if str(content.get("encoding") or "").lower() == "base64" else text


def _instant(raw: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(raw) if isinstance(raw, str) else None
        return found if found is None or found.tzinfo else found.astimezone()
    except (ValueError, OverflowError):
        return None


def _number(raw: Any) -> float:
    return (
        float(raw) if isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) < 1e15 else 0.0
    )


def _text(raw: Any) -> str:
    return raw if isinstance(raw, str) else "" if raw is None else json.dumps(raw)
