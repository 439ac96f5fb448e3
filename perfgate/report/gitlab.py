"""The verdict as OpenMetrics text, for the metrics report of GitLab's merge requests.

GitLab splits each line as a shell would and takes the rest of a line from `#` on for a comment, also inside
a quoted label: so names hold none here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from perfgate.model import QUANTILES, Comparison, Outcome, Statistic, Verdict
from perfgate.report.distinct import distinct_names
from perfgate.report.words import is_number, worst_first

_VERDICTS = [outcome for outcome in Outcome if outcome is not Outcome.NOT_MEASURED]
_FULLWIDTH_NUMBER_SIGN = "\uff03"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Family:
    """A metric as Prometheus and its kin name it; `scale` makes its unit of perfgate's."""

    name: str
    unit: str
    text: str
    scale: float = 1.0


_SERVICE_TIME = _Family(
    name="perfgate_service_time_seconds",
    unit="seconds",
    text="quantiles of the time from sending a request to the last byte of its answer",
    scale=1e-9,
)
_FAMILIES: dict[Statistic, _Family] = {
    **dict.fromkeys(QUANTILES, _SERVICE_TIME),
    "cpu": _Family(
        name="perfgate_cpu_seconds", unit="seconds", text="CPU time of the service per request", scale=1e-9
    ),
    "throughput": _Family(
        name="perfgate_throughput_requests_per_second",
        unit="requests_per_second",
        text="answers of the saturated service",
    ),
    "memory": _Family(
        name="perfgate_memory_growth_bytes", unit="bytes", text="growth of resident memory per request"
    ),
    "errors": _Family(name="perfgate_failed_ratio", unit="ratio", text="share of requests that failed"),
}
_CHANGE = _Family(
    name="perfgate_change",
    unit="",
    text="head / base - 1; of failed requests and memory head - base",
)


def render_metrics(verdict: Verdict) -> str:
    """The verdict, the values of both sides, and every change, with four significant digits."""
    return "\n".join([*_verdict(verdict), *_levels(verdict), *_changes(verdict), "# EOF"]) + "\n"


def _verdict(verdict: Verdict) -> Iterator[str]:
    yield "# TYPE perfgate_verdict stateset"
    yield "# HELP perfgate_verdict what perfgate says of the change"
    for outcome in _VERDICTS:
        yield f'perfgate_verdict{{perfgate_verdict="{outcome}"}} {int(outcome is verdict.outcome)}'


def _levels(verdict: Verdict) -> Iterator[str]:
    ordered = worst_first(verdict.comparisons)
    names = distinct_names((c.metric for c in ordered), _without_comments)
    for family in dict.fromkeys(_FAMILIES.values()):
        lines = []
        for comparison in ordered:
            if _FAMILIES[comparison.metric.statistic] is family:
                labels = _labels(comparison, names[comparison.metric.endpoint])
                for side, value in (("base", comparison.base), ("head", comparison.head)):
                    if is_number(value):
                        lines.append(f'{family.name}{{{labels},side="{side}"}} {value * family.scale:.4g}')
        yield from _with_head(family, lines)


def _changes(verdict: Verdict) -> Iterator[str]:
    ordered = worst_first(verdict.comparisons)
    names = distinct_names((c.metric for c in ordered), _without_comments)
    lines = [
        f"{_CHANGE.name}{{{_labels(c, names[c.metric.endpoint])}}} {c.change:.4g}"
        for c in ordered
        if is_number(c.change)
    ]
    yield from _with_head(_CHANGE, lines)


def _with_head(family: _Family, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"# TYPE {family.name} gauge"
        if family.unit:
            yield f"# UNIT {family.name} {family.unit}"
        yield f"# HELP {family.name} {family.text}"
        yield from lines


def _labels(comparison: Comparison, endpoint: str) -> str:
    return f'endpoint="{_escaped(endpoint)}",statistic="{comparison.metric.statistic}"'


def _without_comments(text: str) -> str:
    return text.replace("#", _FULLWIDTH_NUMBER_SIGN)


def _escaped(text: str) -> str:
    """A label's value by the rules of OpenMetrics."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
