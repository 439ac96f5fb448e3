"""Owns text from GitHub or about a change as one bounded line without anything invisible."""

import unicodedata

_HIDDEN = {"Cc", "Cf"}
_MEANINGLESS = {"Cs", "Co", "Cn"}


def plain(text: object, limit: int = 200) -> str:
    """One line of at most `limit` characters: no control, invisible or bidirectional mark."""
    kept = "".join(_visible(character) for character in str(text)[: 4 * limit])
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category in _HIDDEN:
        return ""
    return "\ufffd" if category in _MEANINGLESS else character
