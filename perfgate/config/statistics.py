"""Names of statistics in a file: the known ones, and what is said of every other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from perfgate.config.kinds import Kind, refuse
from perfgate.model import ENDPOINT_STATISTICS, STATISTICS, Statistic
from perfgate.units import parse_bytes, parse_ratio
from perfgate.yamlfile import nearest


@dataclass(frozen=True, slots=True)
class StatisticName(Kind):
    """The name of a statistic, of those that may be spoken of here."""

    valid: tuple[str, ...]

    def read(self, value: Any) -> str:  # noqa: D102 - says what Kind says
        if value in self.valid:
            return str(value)
        listed = f"use one of: {', '.join(self.valid)}"
        if value in STATISTICS and value not in ENDPOINT_STATISTICS:
            raise refuse(
                f"{value} is measured of the whole service, not of one endpoint",
                f"write it under gate.tolerance, gate.require or gate.level; here {listed}",
            )
        guess = nearest(str(value), self.valid)
        did_you_mean = f", did you mean {guess!r}?" if guess else ""
        raise refuse(f"unknown statistic {str(value)!r}{did_you_mean}", listed)

    def schema(self) -> dict[str, Any]:  # noqa: D102 - says what Kind says
        return {"enum": list(self.valid)}


def parse_change(statistic: Statistic, text: str) -> float:
    """The size of a change of a statistic as people write it: `12%`, of memory `1KB`.

    Raises:
        ValueError: it has another unit, or none.
    """
    return parse_bytes(text) if statistic == "memory" else parse_ratio(text)


def change_text(statistic: Statistic, size: float) -> str:
    """What `parse_change` reads."""
    return f"{size:.10g}B" if statistic == "memory" else f"{size * 100:.10g}%"
