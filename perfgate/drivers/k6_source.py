"""What can be told from the text of k6 scripts: the modules they import and the origins they name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from perfgate.errors import UsageError

_WORDS = re.compile(
    r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|//[^\n]*|/\*.*?\*/""", re.S
)
_IMPORT = re.compile(r"""(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(["'])([^"'\n]+)\1""")
_ORIGIN = re.compile(r"""(?<=["'`])(https?://)(?:[^/"'`?#\s$\\{}@]*@)?([^/"'`?#\s$\\{}@]+)""", re.I)

_REFUSED = {
    "k6/browser": "a browser's timings are none of HTTP requests",
    "k6/experimental/browser": "a browser's timings are none of HTTP requests",
    "k6/net/grpc": "perfgate measures HTTP requests, and cannot redirect gRPC",
    "k6/experimental/grpc": "perfgate measures HTTP requests, and cannot redirect gRPC",
    "k6/ws": "perfgate measures HTTP requests, and cannot redirect WebSockets",
    "k6/websockets": "perfgate measures HTTP requests, and cannot redirect WebSockets",
    "k6/experimental/websockets": "perfgate measures HTTP requests, and cannot redirect WebSockets",
    "k6/experimental/redis": "perfgate measures HTTP requests, and cannot redirect Redis",
}
_INSTEAD = "move the scenarios that use it to a script of their own, and run that with k6 itself"


def without_comments(source: str) -> str:
    """The source with every comment blanked out, lines and columns as they were."""
    return _WORDS.sub(lambda m: m[0] if m[1] else re.sub(r"[^\n]", " ", m[0]), source)


def check_imports(path: Path, source: str) -> None:
    """Refuse modules whose requests perfgate can neither redirect nor time.

    Raises:
        UsageError: there is one; the message begins with file:line:column.
    """
    code = without_comments(source)
    for match in _IMPORT.finditer(code):
        name, at = match[2], match.start(2)
        reason = _REFUSED.get(name)
        if name.startswith("k6/x/"):
            reason = "extensions need a k6 of their own build"
        if reason:
            line, column = code.count("\n", 0, at) + 1, at - code.rfind("\n", 0, at)
            raise UsageError(f"{path}:{line}:{column}: {name} is not supported: {reason}", _INSTEAD)


def origins(sources: Mapping[Path, str]) -> tuple[str, ...]:
    """The http(s) origins written in the sources, imports of remote modules left out."""
    found: dict[str, None] = {}
    for source in sources.values():
        code = without_comments(source)
        imported = {match.start(2) for match in _IMPORT.finditer(code)}
        found |= dict.fromkeys(m[1] + m[2] for m in _ORIGIN.finditer(code) if m.start() not in imported)
    return tuple(found)


def with_imports(source: str, rename: Callable[[str], str]) -> str:
    """The source with every imported module under the name that `rename` gives; lines stay where they are."""

    def renamed(match: re.Match[str]) -> str:
        return f"{match[0][: match.start(2) - match.start()]}{rename(match[2])}{match[1]}"

    return _IMPORT.sub(renamed, source)
