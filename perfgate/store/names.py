"""Names from outside as file names that cannot leave their folder, and as text that stays on one line."""

import hashlib
import re

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_UNSAFE_RUN = re.compile(r"[^A-Za-z0-9._-]+")
_MAX_SHOWN = 200


def slug(name: str) -> str:
    """A file name (without its suffix) for a name from outside; at most 60 characters.

    A name that is a safe file name already is kept. Any other is cleaned and gets a short digest of the
    original, so that `a/b` and `a b` never share a file.
    """
    if _SAFE.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    cleaned = _UNSAFE_RUN.sub("-", name).strip("-._")[:51].rstrip("-._")
    return f"{cleaned}-{digest}" if cleaned else digest


def shown(text: object) -> str:
    """The text on one line of at most 200 characters, its ends kept, what cannot be printed escaped."""
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(text))
    half = _MAX_SHOWN // 2
    return line if len(line) <= _MAX_SHOWN else f"{line[:half]}…{line[1 - half :]}"
