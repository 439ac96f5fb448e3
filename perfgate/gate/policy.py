"""What counts: tolerances, requirements, levels and error rates of the gate, as one value."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from perfgate.model import Level, Metric, Statistic

DEFAULT_TOLERANCE: Mapping[Statistic, float] = {
    "p50": 0.03,
    "p95": 0.05,
    "p99": 0.10,
    "cpu": 0.03,
    "throughput": 0.05,
    "memory": 256.0,
    "errors": 0.001,
}
DEFAULT_REQUIREMENT: Mapping[Statistic, float] = {
    "p50": 0.05,
    "p95": 0.15,
    "p99": 0.40,
    "cpu": 0.05,
    "throughput": 0.15,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Limits for the metrics of endpoints whose name matches a glob (`*`: any text, `?`: any character)."""

    endpoint: str
    tolerance: Mapping[Statistic, float] = field(default_factory=dict)
    requirement: Mapping[Statistic, float] = field(default_factory=dict)
    level: Mapping[Statistic, Level] = field(default_factory=dict)

    def matches(self, endpoint: str) -> bool:
        """Whether the rule speaks of an endpoint; brackets and braces in the glob stand for themselves."""
        pattern = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in self.endpoint)
        return re.fullmatch(pattern, endpoint, re.DOTALL) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a pull request is judged.

    `tolerance`: the least change of a statistic that regresses. `requirement`: the largest change that may
    go unseen if the verdict is to be PASS; statistics without one (errors, memory) never make it
    INCONCLUSIVE. `asked_for` are conditional statistics that get a row even where they do not exist.
    `rules` say otherwise for single endpoints; the last one that matches and speaks of the statistic holds.

    A regression has to be flagged and then confirmed on fresh rounds, so false alarms are at most the
    product of the two rates, whatever the number of fresh rounds (`confirm_rounds` or as many as were
    screened, whichever is more): two looks at `screen_alpha` (before and after the extension) and one at
    `confirm_alpha`, (0.125 + 0.125) x 0.04 = 1 %. New error classes are judged apart (`screen`).
    """

    tolerance: Mapping[Statistic, float] = field(default_factory=lambda: dict(DEFAULT_TOLERANCE))
    requirement: Mapping[Statistic, float] = field(default_factory=lambda: dict(DEFAULT_REQUIREMENT))
    level: Mapping[Statistic, Level] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    asked_for: frozenset[Statistic] = frozenset()
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

    def tolerance_of(self, metric: Metric) -> float:
        """The least change of the metric that regresses, in the unit of `Comparison.change`."""
        for rule in self._speaking(metric):
            if metric.statistic in rule.tolerance:
                return rule.tolerance[metric.statistic]
        return self.tolerance[metric.statistic]

    def requirement_of(self, metric: Metric) -> float:
        """The largest change of the metric that may go unseen; infinity where any may."""
        for rule in self._speaking(metric):
            if metric.statistic in rule.requirement:
                return rule.requirement[metric.statistic]
        return self.requirement.get(metric.statistic, math.inf)

    def level_of(self, metric: Metric) -> Level:
        """What a regression of the metric does; `error` unless said otherwise."""
        for rule in self._speaking(metric):
            if metric.statistic in rule.level:
                return rule.level[metric.statistic]
        return self.level.get(metric.statistic, "error")

    def _speaking(self, metric: Metric) -> tuple[Rule, ...]:
        return tuple(rule for rule in reversed(self.rules) if rule.matches(metric.endpoint))
