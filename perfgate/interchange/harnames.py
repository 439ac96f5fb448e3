"""Names of recorded requests: method and path, with what differs from call to call collapsed."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

from perfgate.interchange.har import HarEntry
from perfgate.interchange.secretnames import secret_values

_IDENTIFIER = re.compile(
    r"\d+"
    r"|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
    r"|(?=[0-9a-f]*\d)[0-9a-f]{8,}|(?=[0-9A-F]*\d)[0-9A-F]{8,}"
    r"|(?=[^.]*\d)(?=[^.]*[A-Za-z])[\w-]{16,}"
    r"|\w{1,8}[_-](?=\w*\d)[A-Za-z0-9]{8,}"
)
_MOST = 200


def endpoint_name(entry: HarEntry) -> str:
    """Such as `GET /items/{id}`; a GraphQL operation is named after the path."""
    parts = ["{id}" if _is_identifier(part) else part for part in entry.url.path.split("/")]
    path = "/".join(parts)[:_MOST].replace("{{", "(") or "/"
    return f"{entry.method} {path}{_operation(entry)}"


def _is_identifier(part: str) -> bool:
    text = unquote(part)
    return bool(_IDENTIFIER.fullmatch(text) or "@" in text or secret_values(text) or len(text) > 60)


def _operation(entry: HarEntry) -> str:
    if "graphql" not in entry.url.path.lower() or not entry.body.text.startswith("{"):
        return ""
    try:
        name = json.loads(entry.body.text).get("operationName")
    except (ValueError, RecursionError):
        return ""
    return f" {name}" if isinstance(name, str) and re.fullmatch(r"\w{1,60}", name) else ""
