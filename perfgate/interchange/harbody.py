"""What a recorded request sent, as one of the bodies a workload may have."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email import policy
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qsl

from perfgate.interchange.draft import BodyKind, LeftOutError
from perfgate.interchange.har import HarBody, HarEntry
from perfgate.interchange.scrub import Scrubber

_BOUNDARY = re.compile(r'boundary="?([^";,\s]{1,200})"?', re.IGNORECASE)


def body_of(entry: HarEntry, scrubber: Scrubber) -> tuple[BodyKind, Any, str]:
    """The kind of body, the body, and the content type that has to be said (nothing: it goes without saying).

    Raises:
        LeftOutError: the recording does not hold the body, or perfgate cannot send it.
    """
    body = entry.body
    written = entry.header("content-type") or body.mime
    mime = written.partition(";")[0].strip().lower()
    if not body.text and not body.params and not body.is_binary:
        if _sent_bytes(entry):
            raise LeftOutError("its body is not in the recording")
        return "", None, ""
    if entry.method in ("GET", "HEAD"):
        raise LeftOutError(f"a {entry.method} request with a body, which perfgate does not send")
    if mime == "multipart/form-data":
        return "formData", _form_data(body, written, scrubber), ""
    if body.is_binary:
        raise LeftOutError(f"its body ({mime or 'of no type'}) is not text")
    if mime == "application/x-www-form-urlencoded":
        kind, form = scrubber.pairs(_pairs(body))
        return kind, form, written if kind == "body" else ""
    if not body.text:
        raise LeftOutError(f"its body ({mime or 'of no type'}) is not in the recording as text")
    if mime == "application/json" or mime.endswith("+json") or (not mime and body.text[:1] in "{["):
        value = _parsed(body.text)
        if value is not None:
            kind, found = scrubber.json(value)
            goes_without = kind == "json" and mime in ("application/json", "")
            return kind, found, "" if goes_without else written or "application/json"
    return "body", scrubber.text(body.text), written


def _sent_bytes(entry: HarEntry) -> bool:
    length = entry.header("content-length")
    return length.isdecimal() and int(length) > 0


def _parsed(text: str) -> Any:
    """The JSON value, or None where the text is none, or holds what JSON cannot say twice (a key)."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError
        return found

    try:
        return json.loads(text, object_pairs_hook=unique)
    except (ValueError, RecursionError):
        return None


def _pairs(body: HarBody) -> list[tuple[str, str]]:
    if body.text:
        return parse_qsl(body.text, keep_blank_values=True)
    return [(str(p.get("name") or ""), str(p.get("value") or "")) for p in body.params]


def _form_data(body: HarBody, content_type: str, scrubber: Scrubber) -> dict[str, Any]:
    fields = _listed(body.params) if body.params else _parts(body.text, content_type or body.mime)
    form: dict[str, Any] = {}
    for name, value in fields:
        if name in form:
            raise LeftOutError(f"its form has the field {name[:60]!r} more than once")
        form[name] = scrubber.value(name, value)
    if not form:
        raise LeftOutError("the fields of its form are not in the recording")
    if any("{{" in name for name in form):
        raise LeftOutError("the name of a field holds '{{', which would be taken for a template")
    return form


def _listed(params: tuple[Mapping[str, Any], ...]) -> list[tuple[str, str]]:
    fields = []
    for param in params:
        name = str(param.get("name") or "")
        if param.get("fileName"):
            raise _file(name)
        fields.append((name, str(param.get("value") or "")))
    return fields


def _parts(text: str, content_type: str) -> list[tuple[str, str]]:
    boundary = _BOUNDARY.search(content_type)
    if not boundary:
        raise LeftOutError("the boundary of its form is not in the recording")
    head = f"Content-Type: multipart/form-data; boundary={boundary[1]}\r\n\r\n"
    message = BytesParser(policy=policy.HTTP).parsebytes((head + text).encode("utf-8", "replace"))
    fields = []
    for part in message.iter_parts() if message.is_multipart() else ():
        name = str(part.get_param("name", "", header="content-disposition"))
        if part.get_filename() is not None:
            raise _file(name)
        payload = part.get_payload(decode=True)
        fields.append((name, payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""))
    return fields


def _file(name: str) -> LeftOutError:
    return LeftOutError(
        f"it uploads a file ({name[:60]!r}), which no recording holds: write it with fromFile"
    )
