"""A verdict together with the results it was reached from, for the reports that show both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfgate.model import Result, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """`base` is None where only head was measured; both are where nothing was."""

    verdict: Verdict
    base: Result | None = None
    head: Result | None = None
