"""JSONPaths as JSONPath-Plus reads them, which Artillery uses, said in the words of RFC 9535."""

from __future__ import annotations

import re

_QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")
_MEMBER = re.compile(r"\.([^\s.\[\]()*'\"^~@?]+)")
_SHORTHAND = re.compile(r"[A-Za-z_\u0080-\U0010ffff][\w\u0080-\U0010ffff]*", re.ASCII)
_FROM_END = re.compile(r"\[\(\s*@\.length\s*-\s*(\d{1,9})\s*\)\]")
_REFUSED = (
    (re.compile(r"\^"), "the parent selector ^"),
    (re.compile(r"~"), "the name selector ~"),
    (re.compile(r"@(?:path|parent|property|parentProperty|root)\b"), "a name such as @property"),
    (re.compile(r"@\w+\(\)"), "a type selector such as @number()"),
    (re.compile(r"\[\("), "a script expression [( )]"),
    (re.compile(r"@[\w.\[\]]*\.(?:length\b|\w+\()"), "JavaScript in a filter"),
    (re.compile(r"/[^/]+/[a-z]*\.(?:test|exec)\("), "JavaScript in a filter"),
)


def in_rfc_words(source: str) -> str:
    """The same path for a reader of RFC 9535; one that is a path of the RFC stays as it is.

    Put into its words are a missing `$`, names such as `.user-id` and `.0`, `===`, `!==`, `[(@.length-1)]`.

    Raises:
        ValueError: it uses what only JavaScript can evaluate; the message names it.
    """
    text = source.strip()
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\0{len(kept) - 1}\0"

    text = _FROM_END.sub(r"[-\1]", _QUOTED.sub(keep, text))
    for pattern, name in _REFUSED:
        if pattern.search(text):
            raise ValueError(f"{name} is not supported")
    if not text.startswith("$"):
        text = "$" + (text if text[:1] in (".", "[") else f".{text}")
    text = text.replace("!==", "!=").replace("===", "==")
    outside = [part if depth else _MEMBER.sub(_member, part) for depth, part in _by_brackets(text)]
    return re.sub("\0(\\d+)\0", lambda match: kept[int(match[1])], "".join(outside))


def _by_brackets(text: str) -> list[tuple[int, str]]:
    """The text in parts that are outside (0) and inside brackets."""
    parts: list[tuple[int, str]] = []
    depth, start = 0, 0
    for at, char in enumerate(text):
        if char == "[":
            if depth == 0:
                parts.append((0, text[start:at]))
                start = at
            depth += 1
        elif char == "]" and depth:
            depth -= 1
            if depth == 0:
                parts.append((1, text[start : at + 1]))
                start = at + 1
    return [*parts, (depth, text[start:])]


def _member(match: re.Match[str]) -> str:
    name = match[1]
    if _SHORTHAND.fullmatch(name):
        return match[0]
    if re.fullmatch(r"0|[1-9][0-9]{0,8}", name):
        return f"['{name}',{name}]"
    return f"['{name}']"
