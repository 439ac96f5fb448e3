"""A workload in the making: what a recording or an API description becomes before it is written as YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

BodyKind = Literal["", "json", "form", "formData", "body"]
MARKER = "{{"
"""What begins a template: text from outside may not hold it, or it would become one."""


class LeftOutError(Exception):
    """A request that cannot be part of the workload; the message says why, in words for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRequest:
    """One request in the words of Artillery; `url` begins with `/`, `notes` become comments above it."""

    method: str
    url: str
    name: str
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    auth: Mapping[str, str] = field(default_factory=dict)
    gzip: bool = False
    body_kind: BodyKind = ""
    body: Any = None
    captures: tuple[tuple[str, str], ...] = ()
    statuses: tuple[int, ...] = ()
    follows_redirects: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftScenario:
    """Steps in order: requests, and pauses in seconds."""

    name: str
    steps: tuple[DraftRequest | float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A workload; `notes` stand at the top of the file and on stderr, `headers` go with every request."""

    target: str
    scenarios: tuple[DraftScenario, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def requests(self) -> int:
        """How many requests there are in all scenarios."""
        return sum(isinstance(step, DraftRequest) for s in self.scenarios for step in s.steps)


class Hole(str):
    """A template that perfgate itself put into a value made for a schema."""

    __slots__ = ()


def environment(name: str) -> str:
    """The template of an environment variable."""
    return f"{MARKER} $env.{name} }}}}"
