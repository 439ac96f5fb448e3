"""What counts: tolerances, requirements and error rates of the gate, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

DEFAULT_TOLERANCE = {"p50": 0.03, "p95": 0.05, "p99": 0.10, "cpu": 0.03, "errors": 0.001}
DEFAULT_REQUIREMENT = {"p50": 0.05, "p95": 0.15, "p99": 0.40, "cpu": 0.05}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a pull request is judged.

    `tolerance`: the least change of a statistic that regresses. `requirement`: the largest change that may
    go unseen if the verdict is to be PASS; statistics without one (errors) never make it INCONCLUSIVE.

    A regression has to be flagged and then confirmed on fresh rounds, so false alarms are at most the
    product of the two rates: two looks at `screen_alpha` (before and after the extension) and one at
    `confirm_alpha`, (0.125 + 0.125) x 0.04 = 1 %. New error classes are judged apart (`screen`).
    """

    tolerance: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_TOLERANCE))
    requirement: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_REQUIREMENT))
    cpu_level: Literal["error", "warn", "off"] = "error"
    screen_rounds: int = 13
    max_screen_rounds: int = 26
    confirm_rounds: int = 13
    screen_alpha: float = 0.125
    confirm_alpha: float = 0.04
    improved_alpha: float = 0.05
    power: float = 0.80
    confidence: float = 0.90
    flips: int = 10_000
    min_rounds: int = 8
    max_dropped_ratio: float = 0.20
    max_base_error_ratio: float = 0.50
    min_error_rounds: int = 3
