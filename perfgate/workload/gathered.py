"""What the scenarios of one file have in common, gathered while they are compiled."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Gathered:
    """Endpoints by number, in the order they were met, and the SHA-256 of every file that is sent.

    `choices` are the values that a variable may have, where lists and payloads say which.
    """

    endpoints: dict[str, int] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    choices: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def endpoint(self, name: str) -> int:
        """The number of an endpoint, the next one if it is new."""
        return self.endpoints.setdefault(name, len(self.endpoints))

    def file(self, path: str, content: bytes) -> None:
        """Note a file that is sent."""
        self.files[path] = hashlib.sha256(content).hexdigest()
