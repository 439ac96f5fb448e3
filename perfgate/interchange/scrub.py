"""Recorded text, JSON and pairs made fit for a workload: no secret, no template that nobody wrote."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from perfgate.interchange.draft import MARKER, BodyKind, Hole, LeftOutError
from perfgate.interchange.secretnames import is_secret_container, is_secret_name, is_single_use
from perfgate.interchange.vault import Vault

MAX_DEPTH = 40
_BIGGEST = 1 << 63
_TAGGED = re.compile(r"(<(?:\w+:)?([\w.-]+)(?:\s[^<>]*)?>)([^<>]+)(?=</)")
_ASSIGNED = re.compile(r"""(["']?([\w.-]+)["']?\s*[:=]\s*["']?)([^\s"'&<>,;]+)""")
_SENDABLE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class Scrubber:
    """Replaces captured values by their variables and secrets by holes; `captured` maps values to names."""

    def __init__(self, vault: Vault, captured: Mapping[str, str]) -> None:
        self._vault = vault
        self._captured = captured
        self._inside = {value: self._variable(value) for value in captured if not value.isdecimal()}

    def header(self, name: str, value: str) -> str:
        """The value of a header.

        Raises:
            LeftOutError: it holds what cannot be sent, or a template.
        """
        scheme, space, rest = value.partition(" ")
        if space and rest in self._captured and scheme.isalnum():
            return f"{scheme} {self._variable(rest)}"
        if value in self._captured:
            return self._variable(value)
        where = f"the header {name}"
        if name == "authorization" and space and scheme.lower() in ("bearer", "basic", "token", "apikey"):
            hint = {"bearer": "API_TOKEN", "basic": "BASIC_CREDENTIALS"}.get(scheme.lower(), "API_TOKEN")
            return f"{scheme} {self._vault.hole(rest, hint, where)}"
        if is_secret_name(name):
            return self._vault.hole(value, name, where)
        if not _SENDABLE.fullmatch(value):
            raise LeftOutError("a character that cannot be sent")
        return self._text(value, where, _refused)

    def path(self, path: str) -> str:
        """A path, percent-encoded as it was; braces that would begin a template are percent-encoded."""
        return "/".join(self._component(part, unquote(part), "a path") for part in path.split("/"))

    def query(self, query: str) -> str:
        """A query string, its order and encoding kept."""
        parts = query.split("&")
        names = {part.partition("=")[0] for part in parts}
        return "&".join(self._pair(part, names) for part in parts) if query else ""

    def pairs(self, pairs: list[tuple[str, str]]) -> tuple[BodyKind, Any]:
        """A form: as a mapping, or as encoded text where a value could not stand in one."""
        if any(MARKER in name or MARKER in value for name, value in pairs):
            encoded = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)
            return "body", self.query(encoded)
        form: dict[str, Any] = {}
        for name, value in pairs:
            clean = (
                self._vault.hole(value, name, f"the field {name}")
                if is_single_use(name, dict(pairs)) and value not in self._captured
                else self.value(name, value)
            )
            if name in form:
                form[name] = [*(form[name] if isinstance(form[name], list) else [form[name]]), clean]
            else:
                form[name] = clean
        return "form", form

    def value(self, name: str, value: str) -> str:
        """The value of a field that may hold no template.

        Raises:
            LeftOutError: it holds one.
        """
        if value in self._captured:
            return self._variable(value)
        where = f"the field {name}"
        return (
            self._vault.hole(value, name, where)
            if value and is_secret_name(name)
            else self._text(value, where, _refused)
        )

    def json(self, value: Any) -> tuple[BodyKind, Any]:
        """JSON as a value, or as text where YAML or a template could not hold it."""
        holes: list[str] = []
        fits = _fits(value, 0)
        clean = self._json(value, "", holes if not fits else None, inherits=False)
        if fits:
            return "json", clean
        text = json.dumps(clean, ensure_ascii=True, separators=(",", ":")).replace(MARKER, "\\u007b\\u007b")
        for number, hole in enumerate(holes):
            text = text.replace(f"\\ue000{number}\\ue001", hole)
        return "body", text

    def text(self, text: str) -> str:
        """A body of any other kind, with what is named like a secret in XML, JSON or pairs taken out.

        Raises:
            LeftOutError: it holds a template.
        """
        if MARKER in text:
            raise LeftOutError("its body holds '{{', which would be taken for a template")
        for pattern in (_TAGGED, _ASSIGNED):
            text = pattern.sub(self._named, text)
        return self._text(text, "a body", _as_is)

    def _named(self, match: re.Match[str]) -> str:
        if not is_secret_name(match[2]) or MARKER in match[3] or not match[3].strip():
            return match[0]
        return match[1] + self._vault.hole(match[3], match[2], f"the field {match[2]}")

    def _json(self, value: Any, name: str, holes: list[str] | None, *, inherits: bool) -> Any:
        def mark(hole: str) -> str:
            if holes is None:
                return hole
            holes.append(hole)
            return f"\ue000{len(holes) - 1}\ue001"

        if isinstance(value, dict):
            named = _named_by_its_neighbour(value)
            return {
                key: self._json(
                    item,
                    named if key == "value" else key,
                    holes,
                    inherits=inherits or is_secret_container(key),
                )
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._json(item, name, holes, inherits=inherits) for item in value]
        if isinstance(value, Hole):
            return mark(str(value))
        if isinstance(value, bool) or value is None or value == "":
            return value
        written = value if isinstance(value, str) else json.dumps(value)
        if written in self._captured:
            return mark(self._variable(written))
        if inherits or is_secret_name(name):
            return mark(self._vault.hole(written, name, f"the field {name}"))
        if not isinstance(value, str):
            return value
        parts = self._vault.parts(value, f"the field {name}", self._inside)
        return "".join(mark(part) if number % 2 else part for number, part in enumerate(parts))

    def _pair(self, part: str, names: set[str]) -> str:
        name, equals, value = part.partition("=")
        if value and is_single_use(name, names) and unquote_plus(value) not in self._captured:
            return f"{name}={self._vault.hole(value, name, f'the query parameter {name}')}"
        return _braces(name) + equals + self._component(value, unquote_plus(value), unquote_plus(name))

    def _component(self, written: str, decoded: str, name: str) -> str:
        if decoded in self._captured:
            return self._variable(decoded)
        if name != "a path" and written and is_secret_name(name):
            return self._vault.hole(decoded, name, f"the query parameter {name}")
        return self._text(written, "a URL", _braces)

    def _text(self, text: str, where: str, literal: Callable[[str], str]) -> str:
        parts = self._vault.parts(text, where, self._inside)
        found = "".join(part if number % 2 else literal(part) for number, part in enumerate(parts))
        if "{{{" in found or "}}}" in found:
            raise LeftOutError("a brace stands beside a secret, and would be taken for a template")
        return found

    def _variable(self, value: str) -> str:
        return f"{MARKER} {self._captured[value]} }}}}"


def _named_by_its_neighbour(pair: Mapping[str, Any]) -> str:
    """The name of `value` in an object such as {"name": "password", "value": "…"}."""
    names = [pair.get(key) for key in ("name", "key", "field", "id")]
    return next((name for name in names if isinstance(name, str) and is_secret_name(name)), "value")


def _braces(text: str) -> str:
    return quote(text, safe="%/?:@!$&'()*+,;=[]-._~")


def _refused(text: str) -> str:
    if MARKER in text:
        raise LeftOutError("it holds '{{', which would be taken for a template")
    return text


def _as_is(text: str) -> str:
    return text


def _fits(value: Any, depth: int) -> bool:
    """Whether YAML and `json:` can hold the value as it is."""
    if depth > MAX_DEPTH:
        return False
    if isinstance(value, dict):
        return all(_plain_text(key) and _fits(item, depth + 1) for key, item in value.items())
    if isinstance(value, list):
        return all(_fits(item, depth + 1) for item in value)
    if isinstance(value, str):
        return isinstance(value, Hole) or _plain_text(value)
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or abs(value) < _BIGGEST


def _plain_text(text: str) -> bool:
    return MARKER not in text and not any("\ud800" <= c <= "\udfff" or c in "\ue000\ue001" for c in text)
