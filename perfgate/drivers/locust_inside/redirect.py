"""Where requests go: to the service under test, whatever host the locustfile names."""

from __future__ import annotations

import re
from typing import Any

_ABSOLUTE = re.compile(r"(https?|wss?)://(?:([^/?#@\s]*)@)?([^/?#\s]*)", re.IGNORECASE)
_BARE = re.compile(r"[A-Za-z0-9_.-]+(?::\d+)?$|\[[0-9A-Fa-f:.]+\](?::\d+)?$")


class Redirect:
    """Puts the service's scheme, host and port in the place of others, and keeps note of those."""

    def __init__(self, url: str, report: dict[str, Any]) -> None:
        parts = _ABSOLUTE.match(url)
        if parts is None:
            raise ValueError(f"{url} is no URL of a service")
        self.secure = parts[1].lower().endswith("s")
        self.address = parts[3]
        self.origin = f"{parts[1].lower()}://{parts[3]}"
        self._report = report

    def moved(self, url: str) -> str:
        """An absolute URL, at the service: its path, query and credentials stay."""
        parts = _ABSOLUTE.match(url)
        if parts is None:
            return url
        origin = f"{parts[1].lower()}://{parts[3]}"
        if origin == self.origin:
            return url
        self._seen(origin)
        web = parts[1].lower() in ("http", "https")
        scheme = ("https" if web else "wss") if self.secure else ("http" if web else "ws")
        credentials = f"{parts[2]}@" if parts[2] else ""
        return f"{scheme}://{credentials}{self.address}{url[parts.end() :]}"

    def moved_host(self, host: str | None) -> str | None:
        """A `host` as files write it: a URL, or an address of a client that speaks something else."""
        if not host:
            return self.origin
        if _ABSOLUTE.match(host):
            return self.moved(host)
        if _BARE.match(host):
            self._seen(host)
            return self.address
        note = f"host {host!r} was left as it is: perfgate redirects http, https, ws and wss"
        if note not in self._report["notes"]:
            self._report["notes"].append(note)
        return host

    def outside(self, url: str) -> None:
        """Keep note of a request that a client of the file's own sent elsewhere."""
        parts = _ABSOLUTE.match(url)
        if parts is not None:
            origin = f"{parts[1].lower()}://{parts[3]}"
            if origin != self.origin:
                self._report["outside"][origin] = self._report["outside"].get(origin, 0) + 1

    def _seen(self, origin: str) -> None:
        known = self._report["origins"]
        if origin not in known and len(known) < 50:
            known.append(origin)
