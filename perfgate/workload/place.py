"""One value of a workload file and where it stands, so that every refusal names file, line and column."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from perfgate.errors import UsageError
from perfgate.units import parse_duration_ns
from perfgate.yamlfile import Document, KeyPath

_NUMBER = re.compile(r"\d+(\.\d+)?")
_LARGEST = 1e9
_WORDY = re.compile(r"(\d+(?:\.\d+)?)\s*([a-zA-Z]{2,12})", re.ASCII)
_UNITS = {
    **dict.fromkeys(("msec", "msecs", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "h"),
}
"""How Artillery lets units be written out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A value, the keys that lead to it, and the document it is in."""

    document: Document
    keys: KeyPath
    value: Any

    def fail(self, what: str, hint: str) -> UsageError:
        """The error to raise about this value."""
        return self.document.error(self.keys, what, hint)

    def items(self) -> list[Place]:
        """The items of a list that has at least one."""
        if not isinstance(self.value, list):
            raise self.fail(f"{self._name} must be a list", "begin each item with a dash")
        if not self.value:
            raise self.fail(f"{self._name} is empty", "give it at least one item, or remove it")
        return [self._at(index, item) for index, item in enumerate(self.value)]

    def one_or_more(self) -> list[Place]:
        """The items of a list, or the value itself where a list of one was meant."""
        return self.items() if isinstance(self.value, list) else [self]

    def entries(self) -> dict[str, Place]:
        """The entries of a mapping whose keys are the user's own names."""
        if not isinstance(self.value, dict):
            raise self.fail(f"{self._name} must be a mapping", "write keys with values below it, indented")
        return {key: self._at(key, value) for key, value in self.value.items()}

    def fields(
        self, known: Collection[str], unsupported: Mapping[str, str] | None = None
    ) -> dict[str, Place]:
        """The entries of a mapping whose keys have a meaning.

        `unsupported` maps keys that Artillery has and perfgate does not (yet) to what to do instead.

        Raises:
            UsageError: not a mapping, or a key that is unknown or unsupported.
        """
        entries = self.entries()
        for key, entry in entries.items():
            if unsupported and key in unsupported:
                raise entry.fail(f"{key!r} is not supported by perfgate", unsupported[key])
            if key not in known:
                raise self.document.unknown_key(entry.keys, known)
        return entries

    def text(self) -> str:
        """A text that is not empty."""
        if not isinstance(self.value, str) or not self.value:
            raise self.fail(f"{self._name} must be text", "write it in quotes")
        return self.value

    def scalar(self) -> str | int | float | bool:
        """A text, number or boolean."""
        if not isinstance(self.value, str | int | float):
            raise self.fail(f"{self._name} must be a single value", "write text, a number, true or false")
        return self.value

    def number(self) -> float:
        """A number of zero or more, bare or (as Artillery allows) in quotes."""
        value = self.value
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            value = float(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LARGEST:
            raise self.fail(f"{self._name} must be a number of 0 or more", "write a number, like 10")
        return float(value)

    def whole(self) -> int:
        """A whole number of zero or more."""
        value = self.number()
        if not value.is_integer():
            raise self.fail(f"{self._name} must be a whole number", "write it without a fraction")
        return int(value)

    def flag(self) -> bool:
        """True or false, bare or (as Artillery allows) in quotes."""
        value = {"true": True, "false": False}.get(self.value) if isinstance(self.value, str) else self.value
        if not isinstance(value, bool):
            raise self.fail(f"{self._name} must be true or false", "write true or false")
        return value

    def duration_ns(self) -> int:
        """A duration: a number of seconds, or text with a unit such as `500ms` or `10 min`."""
        if isinstance(self.value, str) and not _NUMBER.fullmatch(self.value):
            try:
                seconds = parse_duration_ns(_abbreviated(self.value[:40])) / 1e9
            except (ValueError, OverflowError):
                seconds = math.inf
            if seconds > _LARGEST:
                raise self.fail(
                    f"{self._name} is not a duration", "write seconds, like 2, or a unit, like 500ms or 2m"
                )
            return round(seconds * 1e9)
        return round(self.number() * 1e9)

    def choice(self, valid: Collection[str]) -> str:
        """One of a few words."""
        if self.value not in list(valid):
            raise self.fail(f"{self._name} must be one of: {', '.join(valid)}", "pick one of them")
        return str(self.value)

    @property
    def _name(self) -> str:
        return next((repr(key) for key in reversed(self.keys) if isinstance(key, str)), "the file")

    def _at(self, key: str | int, value: Any) -> Place:
        return Place(document=self.document, keys=(*self.keys, key), value=value)


def _abbreviated(duration: str) -> str:
    match = _WORDY.fullmatch(duration.strip())
    unit = _UNITS.get(match[2].lower()) if match else None
    return f"{match[1]}{unit}" if match and unit else duration
