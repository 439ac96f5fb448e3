"""Where a workload file says its service is, and which request URLs belong to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from perfgate.workload.place import Place

_CLEAN = re.compile(r"/[!$%&'()*+,\-./0-9:;=?@A-Z_a-z~\[\]]*")
_SAFE = "%/?:@!$&'()*+,;=[]-._~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A URL split at its path: `origin` is scheme and host, `prefix` goes before every request's path."""

    origin: str = ""
    prefix: str = ""

    @property
    def url(self) -> str | None:
        """The whole URL, or None when the file names none."""
        return self.origin + self.prefix or None

    def path_of(self, url: str) -> str | None:
        """The path to request for a URL of the file, or None when it leads elsewhere."""
        if url.startswith("/") and not url.startswith("//"):
            return self.prefix + url
        if not self.origin or url[: len(self.origin)].lower() != self.origin:
            return None
        rest = url[len(self.origin) :]
        if rest[:1] in ("/", ""):
            return rest or "/"
        return "/" + rest if rest[0] in "?#" else None


def read_target(place: Place, url: str) -> Target:
    """Split `config.target`, whose templates have been filled in.

    Raises:
        UsageError: no http or https URL, or one with a query, a fragment or a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise place.fail("'target' is not a URL", "write it like http://127.0.0.1:8000") from error
    if parts.scheme in ("ws", "wss"):
        raise place.fail(
            "'target' is a WebSocket, which needs another engine",
            "let Artillery itself run the file: driver: artillery",
        )
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise place.fail("'target' must be an http or https URL", "write it like http://127.0.0.1:8000")
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise place.fail(
            "'target' may hold no query, fragment or password", "keep scheme, host, port and path"
        )
    return Target(origin=f"{parts.scheme}://{parts.netloc}".lower(), prefix=parts.path.rstrip("/"))


def sendable(path: str) -> str:
    """A path as it can stand in a request line: no fragment, everything unsafe percent-encoded as UTF-8."""
    if _CLEAN.fullmatch(path):
        return path
    # Half a surrogate pair, which JSON can smuggle in, becomes U+FFFD as in a browser.
    whole = path.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return quote(whole.partition("#")[0], safe=_SAFE)
