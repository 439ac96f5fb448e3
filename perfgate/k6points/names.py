"""The names of endpoints and of errors, made from k6's tags so that no port and no id is in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

_ID = re.compile(
    r"[0-9]+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?=[a-f]*[0-9])[0-9a-f]{16,}", re.I
)
_ORIGIN = re.compile(r"(?:https?|wss?)://", re.I)
_ADDRESS = re.compile(r"(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.%\w]+\]|[\w.-]+):\d+(?:->\S+:\d+)?", re.I)
_QUOTED_URL = re.compile(r'"(?:https?|wss?)://[^"]*"', re.I)


def endpoint_name(tags: Mapping[str, str]) -> str:
    """`METHOD name` of a request.

    k6's tag `name` is the whole URL unless the script gives another: of a URL only the path counts, with
    numbers, UUIDs and long hexadecimal words as `{id}`, since every value of them would be an endpoint.
    """
    name = tags.get("name") or tags.get("url") or ""
    method = tags.get("method") or ""
    return f"{method} {_short(name)}".strip() or "request"


def _short(name: str) -> str:
    if not _ORIGIN.match(name):
        # http.url`${BASE}/users/${id}` is named ${}/users/${}: its base is no part of the endpoint.
        return name.removeprefix("${}") if name.startswith("${}/") else name
    try:
        path = urlsplit(name).path
    except ValueError:
        return name
    return "/".join("{id}" if _ID.fullmatch(part) else part for part in path.split("/")) or "/"


def error_name(tags: Mapping[str, str], failed: bool | None) -> str:
    """The error class of a request, or "" if k6 counted it as expected.

    `failed` is k6's own http_req_failed, None where the script switched it off.
    """
    text = tags.get("error") or ""
    status = _number(tags.get("status"))
    if failed is None:
        expected = tags.get("expected_response")
        failed = expected == "false" if expected else status == 0
    if not failed:
        return ""
    if text:
        return _ADDRESS.sub("HOST", _QUOTED_URL.sub("URL", text)).strip()[:200]
    code = _number(tags.get("error_code"))
    if status:
        return f"status {status}" if status >= 400 else f"unexpected status {status}"
    return f"k6 error {code}" if code else "no answer"


def status_of(tags: Mapping[str, str]) -> int:
    """The status of the answer, 0 if there was none."""
    return _number(tags.get("status"))


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else 0
