"""Where an OpenAPI document says its service is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

DEFAULT = "http://127.0.0.1:8000"
NO_HOST = "the document names no host"
_VARIABLE = re.compile(r"\{([^{}]+)\}")


def target_of(document: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The URL of the first server with the defaults of its variables, and what there is to say about it."""
    listed = document.get("servers")
    servers = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    notes = []
    if len(servers) > 1:
        others = ", ".join(str(each.get("url")) for each in servers[1:9])
        notes.append(f"other servers, not used: {others} (write one as --target)")
    notes += _own_servers(document)
    url = _filled(servers[0], notes) if servers else "/"
    parts = urlsplit(url if "://" in url or url.startswith("/") else f"/{url}")
    if parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc:
        return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}", notes
    notes.append(f"{NO_HOST}: the target is {DEFAULT} until you say another with --target")
    return DEFAULT + (parts.path.rstrip("/") if not parts.scheme else ""), notes


def _filled(server: Mapping[str, Any], notes: list[str]) -> str:
    variables = server.get("variables")
    known = variables if isinstance(variables, dict) else {}

    def fill(match: re.Match[str]) -> str:
        variable = known.get(match[1])
        if isinstance(variable, dict) and "default" in variable:
            return str(variable["default"])
        notes.append(f"the server's variable {match[1][:60]!r} has no default and is left out")
        return ""

    return _VARIABLE.sub(fill, str(server.get("url") or "/"))


def _own_servers(document: Mapping[str, Any]) -> list[str]:
    paths = document.get("paths")
    own = [
        path
        for path, item in (paths.items() if isinstance(paths, dict) else ())
        if isinstance(item, dict)
        and (
            item.get("servers")
            or any(isinstance(each, dict) and each.get("servers") for each in item.values())
        )
    ]
    return [f"servers of their own, not used: {', '.join(own[:8])}"] if own else []
